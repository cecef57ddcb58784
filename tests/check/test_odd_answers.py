"""Whatever the user's methods answer, the check ends in a report, and never calls agreed what it could not see."""

import json
import operator

import numpy as np
import pytest
import wrong_layers as w

from backproof import check
from backproof.errors import LabelError, ShapeError
from backproof.subjects.subject import NotRecognised
from backproof.subjects.tried import SampleError


def boom(*arguments):
    raise RuntimeError("midway")


def layer(**methods):
    return type("Odd", (w.Affine,), methods)()


def network(**methods):
    return type("OddNet", (w.TwoLayers,), methods)()


LAYERS = {
    "forward None": ({"forward": lambda s, x: None}, 2, "no-output"),
    "forward text": ({"forward": lambda s, x: "y"}, 2, "no-output"),
    "forward dict": ({"forward": lambda s, x: {"y": x}}, 2, "no-output"),
    "forward objects": ({"forward": lambda s, x: np.array([None, x], dtype=object)}, 2, "no-output"),
    "forward ragged": ({"forward": lambda s, x: [[1], [1, 2]]}, 2, None),
    "forward complex": ({"forward": lambda s, x: x @ s.W + 1j}, 2, "no-output"),
    "forward NaN": ({"forward": lambda s, x: w.Affine.forward(s, x) * np.nan}, 2, "cannot-tell"),
    "forward raises": ({"forward": boom}, 2, "raises"),
    "backward None": ({"backward": lambda s, d: None}, 1, "gradient-missing"),
    "backward text": ({"backward": lambda s, d: "dx"}, 1, "not-a-number-array"),
    "backward ragged": ({"backward": lambda s, d: [[1], [1, 2]]}, 1, None),
    "backward raises": ({"backward": boom}, 2, "raises"),
    "backward stumbles": ({"backward": lambda s, d: s.no_such_thing}, 1, "raises"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_odd_layers_end_in_a_report(name):
    methods, code, cause = LAYERS[name]
    report = check(layer(**methods), w.X2)
    assert report.exit_code == code
    assert cause in (None, report.findings[0].cause)
    json.dumps(report.to_dict())


def test_a_relu_that_returns_its_mask_is_no_relu():
    class Relu(w.Relu):
        def forward(self, x):
            self.mask = x <= 0
            return self.mask

    (found,) = check(Relu()).findings
    assert (found.kind, found.quantity) == ("forward", "output")


def test_lists_are_arrays_too():
    assert check(layer(forward=lambda s, x: w.Affine.forward(s, x).tolist()), w.X2).ok


NETWORKS = {
    "gradient None": ({"gradient": lambda s, x, t: None}, 2, "no-gradients"),
    "gradient list": ({"gradient": lambda s, x, t: [1, 2]}, 2, "no-gradients"),
    "gradient of text": ({"gradient": lambda s, x, t: dict.fromkeys(s.params, "g")}, 1, "not-a-number-array"),
    "gradient of objects": (
        {"gradient": lambda s, x, t: {k: g.astype(object) for k, g in w.TwoLayers.gradient(s, x, t).items()}},
        1,
        "not-a-number-array",
    ),
    "gradient misshapen": ({"gradient": lambda s, x, t: dict.fromkeys(s.params, np.ones(2))}, 1, "wrong-shape"),
    "gradient empty": ({"gradient": lambda s, x, t: {}}, 1, "gradient-missing"),
    "gradient raises": ({"gradient": boom}, 2, "raises"),
    "loss in an array": ({"loss": lambda s, x, t: np.array([w.TwoLayers.loss(s, x, t)])}, 0, None),
    "loss None": ({"loss": lambda s, x, t: (w.TwoLayers.loss(s, x, t), None)[1]}, 2, "no-output"),
    "loss text": ({"loss": lambda s, x, t: (w.TwoLayers.loss(s, x, t), "l")[1]}, 2, "no-output"),
    "loss of each": ({"loss": lambda s, x, t: w.TwoLayers.loss(s, x, t) * np.ones(3)}, 2, "no-output"),
    "loss NaN": ({"loss": lambda s, x, t: w.TwoLayers.loss(s, x, t) * np.nan}, 2, "cannot-tell"),
    "loss raises": ({"loss": boom}, 2, "raises"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_odd_networks_end_in_a_report(name):
    methods, code, cause = NETWORKS[name]
    report = check(network(**methods), w.X2, w.ONE_HOT)
    assert report.exit_code == code
    assert cause is None or report.findings[0].cause == cause
    json.dumps(report.to_dict())


@pytest.mark.parametrize(
    "x", [np.zeros((0, 4)), 3.0, "x", [[1], [1, 2]]], ids=["empty", "number", "text", "ragged"]
)
def test_inputs_that_hold_no_sample_are_refused(x):
    for subject in (w.Affine(), w.TwoLayers(), (np.sin, np.cos)):
        with pytest.raises(ShapeError, match="x must"):
            check(subject, x, w.ONE_HOT if isinstance(subject, w.TwoLayers) else None)


def test_labels_that_are_none_are_refused():
    with pytest.raises(LabelError, match="t must"):
        check(w.TwoLayers(), w.X2, np.zeros((0, 3)))


@pytest.mark.parametrize("item", [3, None, "text", (1, 2, 3), (np.sin, 5), object(), w.Affine])
def test_what_is_not_recognised_is_named_with_what_to_write(item):
    with pytest.raises(NotRecognised) as caught:
        check(item)
    said = str(caught.value)
    assert (item.__name__ if isinstance(item, type) else type(item).__name__) in said
    assert "pass an object of it" in said if isinstance(item, type) else "def gradient(self, x, t)" in said


def test_functions_that_do_not_say_what_they_take_are_judged_with_one_input():
    class Squares:
        def forward(self, *inputs):
            self.x = inputs[0]
            return self.x**2

        def backward(self, dout):
            return 2 * self.x * dout

    assert check(Squares()).ok
    assert check((operator.methodcaller("clip", 0), lambda x: np.where(x > 0, 1.0, 0.0))).ok
    assert not check((operator.methodcaller("clip", 0), np.ones_like)).ok


@pytest.mark.parametrize("function", [lambda: 1.0, lambda *, x=1.0: x])
def test_a_function_that_takes_no_input_is_told_so(function):
    with pytest.raises(SampleError, match=r"asks for no input\. Write it as"):
        check(function)


def test_noise_that_no_generator_holds_cannot_be_judged():
    calls = iter(range(10**6))
    report = check(layer(forward=lambda s, x: w.Affine.forward(s, x) + next(calls)), w.X2)
    assert (report.exit_code, report.findings[0].cause) == (2, "not-repeatable")


def test_whole_number_inputs_are_fine_and_whole_number_parameters_are_not():
    assert check(w.Affine(), np.arange(12).reshape(3, 4)).ok
    (found,) = check(w.WholeWeights()).findings
    assert (found.kind, found.cause, found.quantity) == ("dtype", "integer-parameters", "W1")
