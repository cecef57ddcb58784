"""Build, prove and see neural networks whose backpropagation is written by hand in NumPy."""

from backproof import datasets, functions, layers
from backproof.check.checker import check
from backproof.differences import numerical_gradient, numerical_gradient_2d
from backproof.errors import BackproofError
from backproof.networks import MatrixTwoLayerNet, Sequential, TwoLayerNet
from backproof.optimizers import SGD
from backproof.subjects.told import subject
from backproof.training import History, Trainer
from backproof.xray.watch import watch
from backproof.xray.xray import Xray, xray

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "BackproofError",
    "History",
    "MatrixTwoLayerNet",
    "Sequential",
    "Trainer",
    "TwoLayerNet",
    "Xray",
    "check",
    "datasets",
    "functions",
    "layers",
    "numerical_gradient",
    "numerical_gradient_2d",
    "subject",
    "watch",
    "xray",
]
