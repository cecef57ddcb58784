"""Layers with a hand-written `backward`: one family a file."""

from backproof.layers.activations import Relu, Sigmoid
from backproof.layers.affine import Affine
from backproof.layers.arithmetic import AddLayer, MulLayer
from backproof.layers.base import Layer
from backproof.layers.losses import SoftmaxWithLoss

__all__ = ["AddLayer", "Affine", "Layer", "MulLayer", "Relu", "Sigmoid", "SoftmaxWithLoss"]
