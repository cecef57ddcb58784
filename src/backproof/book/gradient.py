"""What the book's `common.gradient` offers."""

from backproof.differences import numerical_gradient, numerical_gradient_2d

__all__ = ["numerical_gradient", "numerical_gradient_2d"]
