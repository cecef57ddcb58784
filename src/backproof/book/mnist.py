"""What the book's `dataset.mnist` offers."""

from backproof.datasets import load_mnist

__all__ = ["load_mnist"]
