"""What the book's `common.layers` offers for its chapter 5, with the functions, as its `import *` does."""

from backproof.book import functions
from backproof.book.functions import *  # noqa: F403
from backproof.layers import AddLayer, Affine, MulLayer, Relu, Sigmoid, SoftmaxWithLoss

__all__ = ["AddLayer", "Affine", "MulLayer", "Relu", "Sigmoid", "SoftmaxWithLoss", *functions.__all__]
