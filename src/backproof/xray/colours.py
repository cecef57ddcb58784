"""Colour scales, and small PNG pictures made of them.

Both scales are perceptually even and keep their order for colour-blind readers. They are interpolated linearly
between 17 published colours: viridis (S. van der Walt, N. Smith, 2015, CC0) for values of one sign, the smooth
cool-warm map (K. Moreland, "Diverging Color Maps for Scientific Visualization", 2009) about zero for both signs.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

from backproof.protocols import Array

VIRIDIS = (
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 "
    "d8e219 fde725"
)
COOL_WARM = (
    "3b4cc0 4e68d8 6282ea 779af7 8db0fe a3c2fe b9d0f9 ccd9ed dddcdc ecd3c5 f5c4ac f7b093 f4987a eb7d62 dd5f4b "
    "ca3b37 b40426"
)
GREY = "000000 ffffff"
NOT_A_NUMBER = (255, 0, 200)  # in no scale: NaN and inf must not look like a value
GAP = (0, 0, 0)  # between pictures on one sheet; drawn transparent
LEVELS = 254  # the two indices left are for the above

Indices = npt.NDArray[np.uint8]


def colours(scale: str, number: int = LEVELS) -> npt.NDArray[np.uint8]:
    """`number` colours evenly along the scale, (number, 3)."""
    anchors = np.array([list(bytes.fromhex(colour)) for colour in scale.split()], dtype=np.float64)
    at = np.linspace(0, len(anchors) - 1, number)
    mixed = [np.interp(at, np.arange(len(anchors)), anchors[:, i]) for i in range(3)]
    return np.rint(np.stack(mixed, axis=1)).astype(np.uint8)


def levels(a: Array, low: float, high: float) -> Indices:
    """Each entry's place on a scale from low to high, 0 to LEVELS − 1; LEVELS where it is not finite."""
    a = np.asarray(a, dtype=np.float64)
    width = high / 2 - low / 2
    with np.errstate(all="ignore"):
        place = (a / 2 - low / 2) / width if width > 0 else np.full(a.shape, 0.5)
        whole = np.rint(np.clip(place, 0, 1) * (LEVELS - 1))
    finite = np.isfinite(a)
    return np.where(finite, np.nan_to_num(whole), LEVELS).astype(np.uint8)


def png(indices: Indices, scale: str) -> str:
    """A picture of indices into the scale, (height, width), as a data address."""
    palette = np.vstack([colours(scale), [NOT_A_NUMBER], [GAP]]).astype(np.uint8)
    opaque = bytes([255] * (LEVELS + 1) + [0])
    return _address(indices, 3, [(b"PLTE", palette.tobytes()), (b"tRNS", opaque)])


def png_rgb(pixels: npt.NDArray[np.uint8]) -> str:
    """A picture of (height, width, 3 or 4) red, green, blue and opacity, as a data address."""
    return _address(pixels.reshape(len(pixels), -1), {3: 2, 4: 6}[pixels.shape[2]], [], pixels.shape[1])


def _address(rows: Indices, kind: int, chunks: list[tuple[bytes, bytes]], width: int | None = None) -> str:
    """PNG, as in its specification (ISO/IEC 15948): header, chunks, deflated rows each after a filter byte."""
    header = struct.pack(">IIBBBBB", width or rows.shape[1], len(rows), 8, kind, 0, 0, 0)
    lines = np.zeros((len(rows), rows.shape[1] + 1), dtype=np.uint8)
    lines[:, 1:] = rows
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(lines.tobytes(), 4)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in body
    )
    return "data:image/png;base64," + base64.b64encode(data).decode()
