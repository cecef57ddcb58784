"""An array as a picture: a heat map, a sheet of images, or columns of weights; with the words for its caption."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backproof.protocols import Array
from backproof.xray.colours import COOL_WARM, GREY, LEVELS, VIRIDIS, levels, png, png_rgb
from backproof.xray.values import Value
from backproof.xray.words import count

SMALLEST_IMAGE = 8  # pixels a side, from which a row of numbers is taken for a picture
MOST_IMAGES = 60  # on one sheet
NO_COLOUR = LEVELS + 1  # the index of what lies between pictures


@dataclass(frozen=True)
class Picture:
    """address: the data address of a PNG of width × height pixels, each as large as it should be shown.

    scale: the colours' name for the legend ("viridis", "cool-warm", "grey", "" for colour images); low and high:
    its ends. says: what it shows and what was left out or averaged.
    """

    address: str
    width: int
    height: int
    scale: str
    low: float
    high: float
    says: str


@dataclass(frozen=True)
class ImageShape:
    """How one sample is a picture: channels × height × width."""

    channels: int
    height: int
    width: int


def heat_map(value: Value, most: int) -> Picture | None:
    """The array as at most `most` × `most` cells: rows are the first axis; None for what has no cells to show."""
    a = value.array
    if a.size < 2 or a.dtype.kind not in "fiub":
        return None
    rows = a.reshape(1, -1) if a.ndim == 1 else a.reshape(len(a), -1)
    cells, blocks = _averaged(rows, most)
    scale, low, high = _scale(value)
    notes = _words(value, blocks)
    name = "viridis" if scale == VIRIDIS else "cool-warm"
    height, width = cells.shape
    says = f"{count(rows.shape[0], 'row')} × {count(rows.shape[1], 'column')}. {notes}".strip()
    return Picture(png(levels(cells, low, high), scale), width, height, name, low, high, says)


def _scale(value: Value, about_zero: bool = False) -> tuple[str, float, float]:
    """Viridis where all entries have one sign, else the diverging scale with its middle at zero."""
    low, high = value.low or 0.0, value.high or 0.0
    if low < 0 < high or about_zero:
        far = max(abs(low), abs(high))
        return COOL_WARM, -far, far
    return VIRIDIS, low, high


def _averaged(rows: Array, most: int) -> tuple[Array, tuple[int, int]]:
    """The mean of blocks of rows and columns, so that at most `most` are left each way, and the blocks' size."""
    rows = rows.astype(np.float64)
    blocks = (math.ceil(rows.shape[0] / most), math.ceil(rows.shape[1] / most))
    for axis, block in enumerate(blocks):
        if block > 1:
            starts = np.arange(0, rows.shape[axis], block)
            lengths = np.diff([*starts, rows.shape[axis]])
            with np.errstate(all="ignore"):
                rows = np.add.reduceat(rows, starts, axis=axis) / np.expand_dims(lengths, 1 - axis)
    return rows, blocks


def _words(value: Value, blocks: tuple[int, int]) -> str:
    said = []
    if not value.is_whole:
        said.append(f"{value.array.size:,} of {value.size:,} entries, evenly spaced")
    if blocks != (1, 1):
        said.append(f"each cell is the mean of {blocks[0]} × {blocks[1]} entries")
    if value.nan + value.inf:
        said.append("magenta where not finite")
    return f"{'; '.join(said).capitalize()}." if said else ""


def image_shape(value: Value, is_data: bool) -> ImageShape | None:
    """How each sample of an array is a picture; is_data: what the network was given; flat rows may be."""
    shape = value.shape
    if not value.is_whole or not value.size or value.array.dtype.kind not in "fiub":
        return None
    if len(shape) == 4 and min(shape[2:]) >= SMALLEST_IMAGE:
        return ImageShape(*shape[1:])
    if not is_data or len(shape) < 2:
        return None
    if len(shape) == 3 and min(shape[1:]) >= SMALLEST_IMAGE:
        return ImageShape(1, *shape[1:])
    if len(shape) == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if side >= SMALLEST_IMAGE and channels * side * side == shape[1]:
                return ImageShape(channels, side, side)
    return None


def images(value: Value, like: ImageShape, gradient: bool) -> Picture:
    """The first samples side by side; where they have many channels, the channels of the first sample."""
    a = value.array.reshape(-1, like.channels, like.height, like.width).astype(np.float64)
    low, high = value.low or 0.0, value.high or 0.0
    size = f"{like.height} × {like.width} pixels"
    if like.channels == 3 and not gradient:
        shown = a[:MOST_IMAGES]
        pixels = np.clip((shown - low) / ((high - low) or 1.0), 0, 1)
        pixels = np.rint(255 * np.nan_to_num(pixels)).astype(np.uint8)
        sheets = [_sheet(pixels[:, c], 0) for c in range(3)]
        opaque = _sheet(np.full(pixels[:, 0].shape, 255, dtype=np.uint8), 0)
        height, width = sheets[0].shape
        says = f"{_first(len(shown), len(a), 'image')} of {size}, in colour."
        return Picture(png_rgb(np.stack([*sheets, opaque], axis=2)), width, height, "", low, high, says)
    if like.channels == 1:
        shown = a[:MOST_IMAGES, 0]
        says = f"{_first(len(shown), len(a), 'image')} of {size}."
    else:
        shown = a[0, :MOST_IMAGES]
        says = f"{_first(len(shown), like.channels, 'channel')} of the first sample, {size} each."
    scale, low, high = _scale(value)
    if not gradient and like.channels == 1 and scale == VIRIDIS:
        scale = GREY
    sheet = _sheet(levels(shown, low, high), NO_COLOUR)
    name = {GREY: "grey", VIRIDIS: "viridis", COOL_WARM: "cool-warm"}[scale]
    return Picture(png(sheet, scale), sheet.shape[1], sheet.shape[0], name, low, high, says)


def _first(shown: int, of: int, one: str) -> str:
    """ "All 50 columns", "The first 60 of 100 images"."""
    if shown == of:
        return f"All {count(of, one)}" if of > 1 else f"The one {one}"
    return f"The first {shown} of {count(of, one)}"


def columns(value: Value, like: ImageShape) -> Picture | None:
    """The columns of a weight matrix as pictures: what each unit looks for in an image."""
    if not value.is_whole or len(value.shape) != 2 or value.shape[0] != like.channels * like.height * like.width:
        return None
    pictures = value.array.T.reshape(-1, like.channels, like.height, like.width).astype(np.float64).mean(axis=1)
    shown = pictures[:MOST_IMAGES]
    scale, low, high = _scale(value, about_zero=True)
    sheet = _sheet(levels(shown, low, high), NO_COLOUR)
    says = f"{_first(len(shown), len(pictures), 'column')}, each laid out as the image it weighs."
    if like.channels > 1:
        says += f" The mean over {like.channels} channels."
    return Picture(png(sheet, scale), sheet.shape[1], sheet.shape[0], "cool-warm", low, high, says)


def thumbnail(value: Value, like: ImageShape) -> str:
    """The first sample alone, as a data address."""
    first = value.array.reshape(-1, like.channels, like.height, like.width)[0].astype(np.float64)
    low, high = value.low or 0.0, value.high or 0.0
    if like.channels == 3:
        pixels = np.rint(255 * np.nan_to_num((first - low) / ((high - low) or 1.0))).astype(np.uint8)
        return png_rgb(np.moveaxis(pixels, 0, 2))
    return png(levels(first[0], low, high), GREY)


def _sheet(pictures: Array, gap: int) -> Array:
    """Pictures (n, height, width) in rows, one pixel apart."""
    n, height, width = pictures.shape
    across = min(n, max(1, round(math.sqrt(n * 2.2 * height / width))))
    down = math.ceil(n / across)
    sheet = np.full((down * (height + 1) - 1, across * (width + 1) - 1), gap, dtype=np.uint8)
    for i, picture in enumerate(pictures):
        y, x = i // across * (height + 1), i % across * (width + 1)
        sheet[y : y + height, x : x + width] = picture
    return sheet
