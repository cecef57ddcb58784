"""Build, prove and see neural networks whose backpropagation is written by hand in NumPy."""

from backproof import functions, layers
from backproof.differences import numerical_gradient, numerical_gradient_2d
from backproof.errors import BackproofError
from backproof.networks import MatrixTwoLayerNet, Sequential, TwoLayerNet

__version__ = "0.1.0"

__all__ = [
    "BackproofError",
    "MatrixTwoLayerNet",
    "Sequential",
    "TwoLayerNet",
    "functions",
    "layers",
    "numerical_gradient",
    "numerical_gradient_2d",
]
