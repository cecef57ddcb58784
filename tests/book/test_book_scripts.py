"""Programs of the shape of the book repository's chapters 4 and 5 run on the stand-in modules."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import backproof
from backproof.book import functions, gradient, layers, mnist

HERE = Path(__file__).parent


def run(script, chapter, folder):
    """What chapter 5's `script` prints beside the `two_layer_net.py` of `chapter`."""
    shutil.copy(HERE / "ch05" / script, folder)
    shutil.copy(HERE / chapter / "two_layer_net.py", folder)
    environment = {**os.environ, "BACKPROOF_DATASET": "mnist-sample", "PYTHONWARNINGS": "error"}
    result = subprocess.run([sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.splitlines()


@pytest.mark.parametrize("chapter", ["ch04", "ch05"])
def test_gradient_check_prints_differences_of_rounding_size(chapter, tmp_path):
    printed = dict(line.split(":") for line in run("gradient_check.py", chapter, tmp_path))
    assert list(printed) == ["W1", "b1", "W2", "b2"]
    for key, most in {"W1": 1e-9, "b1": 1e-8, "W2": 1e-8, "b2": 5e-7}.items():
        assert 0 < float(printed[key]) <= most


@pytest.mark.parametrize(("chapter", "least"), [("ch04", 0.5), ("ch05", 0.8)])
def test_training_learns(chapter, least, tmp_path):
    lines = [tuple(map(float, line.split())) for line in run("train_neuralnet.py", chapter, tmp_path)]
    assert len(lines) == 30  # 1200 iterations, 40 to an epoch
    assert max(lines[0]) < 0.35
    assert min(lines[-1]) > least


def test_star_imports_bring_what_the_scripts_use():
    names: dict[str, object] = {}
    exec("from backproof.book.layers import *\nfrom backproof.book.gradient import *", names)
    for name in ("Affine", "Relu", "Sigmoid", "SoftmaxWithLoss", "AddLayer", "MulLayer"):
        assert names[name] is getattr(backproof.layers, name)
    for name in ("softmax", "cross_entropy_error", "sigmoid", "relu", "sum_squared_error", "numerical_gradient"):
        assert callable(names[name])


def test_the_stand_ins_are_the_public_functions():
    for name in functions.__all__:
        assert getattr(functions, name) is getattr(layers, name)
    assert gradient.numerical_gradient is backproof.numerical_gradient
    assert functions.sum_squared_error(np.array([1.0]), np.array([3.0])) == 2.0


def test_load_mnist_takes_the_books_arguments(monkeypatch):
    monkeypatch.setenv("BACKPROOF_DATASET", "mnist-sample")
    (x_train, t_train), (x_test, t_test) = mnist.load_mnist(normalize=False, flatten=False, one_hot_label=True)
    assert x_train.shape == (4000, 1, 28, 28)
    assert x_train.dtype == np.uint8
    assert t_test.shape == (1000, 10)
    assert len(t_train) == 4000
    assert len(x_test) == 1000
