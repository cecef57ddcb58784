"""Constructors that want objects, functions or data: they are made from what stands beside the class."""

import numpy as np
import pytest

from backproof.subjects.construct import ConstructError, build


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.ones((n_in, n_out))

    def forward(self, x):
        return x @ self.W

    def backward(self, dout):
        return dout @ self.W.T


class Relu:
    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout


class SquaredLoss:
    def forward(self, y, t):
        return 0.5 * np.sum((y - t) ** 2)

    def backward(self, y, t):
        return y - t


class Descent:
    def __init__(self, rate):
        self.rate = rate


class Model:
    def __init__(self, layers, loss, optimizer):
        self.sizes = [layer.W.shape for layer in layers if isinstance(layer, Dense)]
        self.layers, self.loss, self.rate = layers, loss, optimizer.rate
        assert isinstance(loss, SquaredLoss)


class Perceptron:
    def __init__(self, sizes, activation, activation_prime):
        z = np.linspace(-1, 1, 5)
        self.slopes = activation_prime(z)
        self.expected = (activation(z + 1e-6) - activation(z - 1e-6)) / 2e-6


class HoldsData:
    def __init__(self, inputs, target):
        self.x, self.y = inputs.copy(), target.copy()
        assert len(self.x) == len(self.y) > 1


class BuiltLater:
    def __init__(self, units):
        self.units = units

    def build(self, input_shape):
        self.W = np.zeros((input_shape[-1], self.units))


class Demanding:
    def __init__(self, layers, loss):
        raise ValueError("never good enough")


def test_layers_a_loss_and_an_optimizer_are_the_ones_beside_the_class():
    model, _ = next(build(Model))
    (first_in, first_out), (last_in, last_out) = model.sizes
    assert first_out == last_in
    assert len({first_in, first_out, last_out}) == 3
    assert [type(layer) for layer in model.layers] == [Dense, Relu, Dense]
    assert model.rate > 0


def test_an_activation_comes_with_its_derivative():
    made, _ = next(build(Perceptron))
    np.testing.assert_allclose(made.slopes, made.expected, atol=1e-8)


def test_data_are_arrays_with_as_many_rows():
    made, _ = next(build(HoldsData))
    assert made.x.ndim == 2


def test_weights_that_are_made_in_a_second_step_are_there():
    made, _ = next(build(BuiltLater))
    assert made.W.ndim == 2


def test_what_no_arguments_satisfy_says_what_was_tried():
    with pytest.raises(ConstructError, match=r"Demanding\(.*never good enough.*--make") as caught:
        next(build(Demanding))
    assert "Relu" in str(caught.value) or "raised" in str(caught.value)


def test_a_constructor_that_cannot_be_read_is_told():
    with pytest.raises(ConstructError, match="cannot be read"):
        next(build(dict))
