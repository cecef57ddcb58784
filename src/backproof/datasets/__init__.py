"""The data: MNIST and its relatives by name, and the IDX files that they come in."""

from backproof.datasets.idx import IdxError, read_idx, write_idx
from backproof.datasets.mnist import load_images, load_mnist
from backproof.datasets.registry import DATASETS, DataFile, Dataset, DatasetError, find_dataset

__all__ = [
    "DATASETS",
    "DataFile",
    "Dataset",
    "DatasetError",
    "IdxError",
    "find_dataset",
    "load_images",
    "load_mnist",
    "read_idx",
    "write_idx",
]
