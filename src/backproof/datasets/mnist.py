"""MNIST and the sets that took over its format: 28 x 28 pixels, ten classes, a training and a test part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from backproof.datasets.idx import decode, read_idx
from backproof.datasets.registry import FILE_NAMES, DatasetError, find_dataset, obtain

Split: TypeAlias = tuple[npt.NDArray[Any], npt.NDArray[Any]]
"""Images and labels, one row per sample."""


def load_mnist(
    normalize: bool = True,
    flatten: bool = True,
    one_hot_label: bool = False,
    name: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> tuple[Split, Split]:
    """Images and labels as the book's `dataset.mnist.load_mnist` gives them: (x_train, t_train), (x_test, t_test).

    normalize: pixels as float32 in 0..1, else uint8 in 0..255.
    flatten: images as (N, 784), else (N, 1, 28, 28).
    one_hot_label: labels as float32 rows (N, 10), else uint8 classes (N,).
    name: one of `backproof.datasets.DATASETS`; without it the environment variable BACKPROOF_DATASET decides, else
        it is `mnist`. A set that is not on this machine is fetched once and kept.
    data_dir: a folder of your own with the four IDX files, gzipped or plain; then nothing is fetched or compared
        with published checksums, and `name` is not looked at.

    The arrays are fresh and writable. Raises DatasetError if the set is unknown, cannot be had or its files do not
    belong together, IdxError (a ValueError) for a file of your own that is no IDX file.
    """
    train, test = load_images(name, data_dir)
    return _prepare(train, normalize, flatten, one_hot_label), _prepare(test, normalize, flatten, one_hot_label)


def load_images(name: str | None = None, data_dir: str | os.PathLike[str] | None = None) -> tuple[Split, Split]:
    """The same as stored: images (N, 28, 28) and labels (N,), uint8. Parameters and errors as `load_mnist`."""
    if data_dir is not None:
        sources = own_files(Path(data_dir))
        arrays = [read_idx(path) for path in sources]
    else:
        found = obtain(find_dataset(name))
        sources = [path for path, _ in found]
        arrays = [decode(plain, path) for path, plain in found]
    x_train, t_train, x_test, t_test = arrays
    _check_split(x_train, t_train, sources[0], sources[1])
    _check_split(x_test, t_test, sources[2], sources[3])
    return (x_train, t_train), (x_test, t_test)


def own_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError(f"data folder {folder}: {'not a folder' if folder.exists() else 'does not exist'}")
    candidates = [(folder / name, folder / name.removesuffix(".gz")) for name in FILE_NAMES]
    missing = [packed.name for packed, plain in candidates if not (packed.exists() or plain.exists())]
    if missing:
        raise DatasetError(f"data folder {folder} lacks {', '.join(missing)} (with or without .gz)")
    return [plain if plain.exists() else packed for packed, plain in candidates]


def _check_split(images: npt.NDArray[Any], labels: npt.NDArray[Any], image_path: Path, label_path: Path) -> None:
    """Do these two files belong together? Raises DatasetError if not."""
    if images.ndim == 1 and labels.ndim == 3:
        raise DatasetError(
            f"swapped: {image_path} holds labels and {label_path} holds images; give each the other's name"
        )
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise DatasetError(
            f"{image_path}: expected images, uint8 of shape (N, 28, 28); it holds {images.dtype} {images.shape}"
        )
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise DatasetError(
            f"{label_path}: expected labels, uint8 of shape (N,); it holds {labels.dtype} {labels.shape}"
        )
    if len(images) != len(labels) or not len(labels):
        raise DatasetError(
            f"{image_path} holds {len(images):,} images, {label_path} {len(labels):,} labels; "
            "one label per image is expected, and at least one"
        )
    if labels.max() > 9:
        raise DatasetError(f"{label_path}: label {labels.max()} at sample {labels.argmax()}; expected 0 to 9")


def _prepare(split: Split, normalize: bool, flatten: bool, one_hot_label: bool) -> Split:
    x, t = split
    x = x.reshape(len(x), -1) if flatten else x.reshape(len(x), 1, 28, 28)
    if normalize:
        x = np.divide(x, np.float32(255), dtype=np.float32)
    if one_hot_label:
        t = (t[:, None] == np.arange(10)).astype(np.float32)
    return x, t
