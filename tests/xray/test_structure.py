"""Networks and layers that were not run: `summary()` and what a notebook shows."""

import re

import numpy as np
import pytest

import backproof
from backproof.layers import AddLayer, Affine, MulLayer, Relu, Sigmoid, SoftmaxWithLoss


def summary_of(network, capsys):
    network.summary()
    lines = capsys.readouterr().out.splitlines()
    return {line.split()[0]: re.split(r"\s{2,}", line) for line in lines[2:-1]}, lines[-1]


def test_a_summary_lists_layers_shapes_and_parameters(capsys):
    rows, total = summary_of(backproof.TwoLayerNet(784, 50, 10, seed=0), capsys)
    assert rows["Affine1"][1:] == ["Affine", "(N, 50)", "W 784×50, b 50", "–"]
    assert rows["Relu1"][1:] == ["Relu", "(N, 50)", "–", "–"]
    assert rows["Affine2"][2] == "(N, 10)"
    assert rows["SoftmaxWithLoss"][2] == "()"
    assert total == "TwoLayerNet: 39,760 parameters in 4 layers"


def test_after_a_run_it_has_the_norms_of_the_gradients(capsys):
    network = backproof.TwoLayerNet(7, 5, 3, seed=0)
    gradients = network.gradient(np.random.default_rng(0).normal(size=(4, 7)), np.array([0, 1, 2, 0]))
    rows, _ = summary_of(network, capsys)
    norms = {key: float(text.split()[1]) for key, text in zip("Wb", rows["Affine2"][4].split(", "), strict=True)}
    assert norms == pytest.approx(
        {"W": np.linalg.norm(gradients["W2"]), "b": np.linalg.norm(gradients["b2"])}, rel=5e-3
    )


def test_the_matrix_form_has_a_summary_too(capsys):
    rows, total = summary_of(backproof.MatrixTwoLayerNet(7, 5, 3), capsys)
    assert "W1 7×5, b1 5, W2 5×3, b2 3" in rows["matrix"]
    assert total == "MatrixTwoLayerNet: 58 parameters in 1 layer"


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (backproof.TwoLayerNet(7, 5, 3), ["Affine1", "Relu1", "SoftmaxWithLoss", ">t<", ">L<", "7 × 5"]),
        (backproof.MatrixTwoLayerNet(7, 5, 3), ["MatrixTwoLayerNet", "W2", ">y<"]),
        (Affine(np.ones((3, 2)), np.zeros(2)), ["Affine", ">W<", "3 × 2"]),
        (Relu(), ["Relu", ">x<", ">y<"]),
        (Sigmoid(), ["Sigmoid"]),
        (MulLayer(), ["MulLayer", ">x<", ">y<"]),
        (AddLayer(), ["AddLayer"]),
        (SoftmaxWithLoss(), ["SoftmaxWithLoss", ">t<", ">L<"]),
    ],
)
def test_a_notebook_draws_networks_and_layers(thing, words):
    shown = thing._repr_html_()
    for word in words:
        assert word in shown
    assert "<script" not in shown
