"""Inputs that work, and labels in the form that the code accepts."""

import numpy as np
import pytest

from backproof.book.functions import cross_entropy_error, softmax
from backproof.subjects.hints import Hints
from backproof.subjects.inputs import find_inputs
from backproof.subjects.samples import find_sample, labels
from backproof.subjects.shapes import arrays_within
from backproof.subjects.tried import SampleError


class Linear:
    """A network of one matrix; `takes` says which labels its loss accepts."""

    def __init__(self, takes, rows=7, columns=4):
        self.params = {"W": np.random.default_rng(0).normal(size=(rows, columns))}
        self.takes = takes

    def predict(self, x):
        return x @ self.params["W"]

    def loss(self, x, t):
        y = softmax(self.predict(x))
        if self.takes == "rows":
            return -np.sum(t * np.log(y)) / len(x)
        if self.takes == "indices":
            return -np.mean(np.log(y[np.arange(len(x)), t]))
        return cross_entropy_error(y, t)


@pytest.mark.parametrize(
    ("takes", "form", "accepted"),
    [
        ("rows", "one-hot", {"one-hot", "one-hot integers"}),
        ("indices", "indices", {"indices"}),
        ("both", "one-hot", {"one-hot", "one-hot integers", "indices"}),
    ],
)
def test_labels_come_in_an_accepted_form_rows_first(takes, form, accepted):
    network = Linear(takes)
    sample = find_sample(network.loss, Hints(features=7, classes=4))
    assert sample.form == form
    assert set(sample.accepted) == accepted
    assert sample.x.shape == (3, 7)
    assert sample.x.dtype == np.float64
    assert np.isfinite(network.loss(sample.x, sample.t))


def test_sizes_are_found_from_the_parameters_where_nobody_tells():
    sample = find_sample((network := Linear("both", 784, 10)).loss, n=5, holder=network)
    assert sample.x.shape == (5, 784)
    assert sample.t.shape == (5, 10)


def test_images_and_flattened_images():
    hints = Hints(classes=4, image=(2, 8, 8))
    four = find_sample(lambda x, t: float(x.transpose(0, 3, 1, 2).sum() + t.sum()), hints)
    assert four.x.shape == (3, 2, 8, 8)

    def flat(x, t):
        rows, columns = x.shape
        return float(x.sum()) / rows / columns

    assert find_sample(flat, hints).x.shape == (3, 128)


def test_classes_differ_between_the_samples():
    rng = np.random.default_rng(1)
    assert len(set(labels("indices", 3, 4, rng))) == 3
    assert labels("one-hot", 3, 4, rng).sum() == 3
    assert set(labels("one-hot", 3, 1, rng).ravel()) == {0.0, 1.0}
    assert labels("indices", 3, 1, rng).shape == (3, 1)


def test_a_refusal_says_what_was_tried():
    def loss(x, t):
        raise ValueError("never")

    with pytest.raises(SampleError, match=r"\(3, 7\).*ValueError: never"):
        find_sample(loss)
    with pytest.raises(SampleError) as caught:
        find_inputs(loss)
    assert isinstance(caught.value.error, ValueError)
    with pytest.raises(SampleError, match="NoneType as its result"):
        find_sample(lambda x, t: None)
    with pytest.raises(SampleError, match="not finite"):
        find_inputs(lambda x: x * np.nan)


def test_what_the_code_prints_or_exits_with_stays_inside(capsys):
    def forward(x):
        print("loud")
        if x.ndim == 2:
            raise SystemExit
        return x

    assert find_inputs(forward)[0].ndim == 4
    assert capsys.readouterr().out == ""


def test_inputs_follow_the_names_of_the_arguments():
    def affine_forward(x, w, b):
        return x @ w + b, None

    x, w, b = find_inputs(affine_forward)
    assert (x.shape, w.shape, b.shape) == ((3, 7), (7, 4), (4,))

    def conv_forward_naive(x, w, b, conv_param):
        n, c, height, width = x.shape
        return w[:, :c].sum() * b.sum() * conv_param["stride"] / n / height / width

    x, w, b, conv = find_inputs(conv_forward_naive)
    assert x.shape[1] == w.shape[1]
    assert conv == {"stride": 2, "pad": 1}

    def batchnorm_forward(x, gamma, beta, bn_param):
        assert bn_param["mode"] == "train"
        return x * gamma + beta

    assert find_inputs(batchnorm_forward)[1].shape == (7,)

    def rnn_step_forward(x, prev_h, Wx, Wh, b):
        return np.tanh(x @ Wx + prev_h @ Wh)

    assert find_inputs(rnn_step_forward)[3].shape == (8, 8)

    def max_pool_forward(x, pool_param, stride):
        return x[:, :, :: pool_param["pool_height"], ::stride]

    assert find_inputs(max_pool_forward)[0].shape == (3, 2, 6, 8)


def test_two_inputs_and_labels_are_told_apart():
    x, y = find_inputs(lambda x, y: x * y)
    assert x.shape == y.shape
    assert not np.isin(y, (0, 1)).all()

    def softmax_loss(x, y):
        return -np.log(softmax(x)[np.arange(len(x)), y]).mean()

    assert find_inputs(softmax_loss)[1].dtype.kind == "i"


def test_probabilities_where_scores_make_a_logarithm_fail():
    y, t = find_inputs(cross_entropy_error)
    assert y.sum(axis=1) == pytest.approx(1.0)
    assert t.shape == y.shape


def test_samples_in_columns_are_not_taken_for_one_broadcast_sample():
    weights, bias = np.ones((4, 7)), np.ones((4, 1))
    with pytest.raises(SampleError):
        find_inputs(lambda x: weights @ x + bias)


def test_what_a_failed_try_left_behind_spoils_no_later_one():
    class Norm:
        def __init__(self):
            self.gamma, self.mean = np.ones(9), None

        def forward(self, x):
            if self.mean is None:
                self.mean = np.zeros(x.shape[1])
            return (x - self.mean) * self.gamma

    norm = Norm()
    assert find_inputs(norm.forward, Hints(features=7), holder=norm)[0].shape == (3, 9)


def test_arrays_are_found_wherever_an_object_keeps_them():
    inner = Linear("rows")
    inner.again = inner

    class Outer:
        def __init__(self):
            self.layers = [inner, {"b": (np.ones(2), np.arange(3))}]

    assert [a.shape for a in arrays_within(Outer())] == [(7, 4), (2,)]
    assert list(arrays_within(3)) == []
