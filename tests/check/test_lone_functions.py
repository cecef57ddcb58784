"""Functions that shift their input in place, and those that are named for two layers in one."""

import numpy as np

from backproof.check.checker import check_subject
from backproof.subjects.adapters import recognise


def findings(item):
    return [(f.kind, f.cause) for f in check_subject(recognise(item)).findings]


def softmax(scores):
    scores -= scores.max(axis=1, keepdims=True)
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def cross_entropy_loss(scores, y):
    p = softmax(scores)
    gradient = p.copy()
    gradient[np.arange(len(y)), y] -= 1
    return -np.log(p[np.arange(len(y)), y]).mean(), gradient / len(y)


def test_a_lone_function_that_shifts_its_input_in_place_gets_a_note():
    assert findings(softmax) == [("note", "writes-into-input")]


def test_so_does_a_loss_whose_value_and_gradient_are_right():
    assert findings(cross_entropy_loss) == [("note", "writes-into-input")]


def linear_relu_forward(x, w, b):
    z = x @ w + b
    return np.maximum(z, 0), (x, w, z)


def linear_relu_backward(dout, cache):
    x, w, z = cache
    dz = dout * (z > 0)
    return dz @ w.T, x.T @ dz, dz.sum(axis=0)


def test_two_layers_in_one_function_are_not_taken_for_the_second():
    assert findings((linear_relu_forward, linear_relu_backward)) == []
