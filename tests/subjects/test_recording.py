"""A recording keeps what passed between layers, and leaves no trace of having listened."""

import numpy as np
import pytest

from backproof.subjects.recording import changed, copied, listening, record


class Double:
    def __init__(self):
        self.W = np.array([2.0])

    def forward(self, x, factor=1):
        self.x = x
        return self.W * x * factor

    def backward(self, dout):
        self.dW = np.array([(self.x * dout).sum()])
        return self.W * dout


class Loss:
    def forward(self, y, t):
        self.y, self.t = y, t
        return ((y - t) ** 2).sum()

    def backward(self, dout=1):
        return 2 * dout * (self.y - self.t)


@pytest.fixture
def chain():
    return {"first": Double(), "second": Double(), "loss": Loss()}


def run(layers, x, t):
    y = layers["second"].forward(layers["first"].forward(x), factor=3)
    layers["loss"].forward(y, t)
    dout = layers["loss"].backward()
    return layers["first"].backward(layers["second"].backward(dout))


def test_calls_stand_in_the_order_of_their_forward_with_what_came_and_went(chain):
    x, t = np.array([1.0, 2.0]), np.zeros(2)
    recording = record(chain, lambda: run(chain, x, t), lambda name: {"W": getattr(chain[name], "dW", None)})
    first, second, loss = recording.calls
    assert [c.layer for c in recording.calls] == ["first", "second", "loss"]
    assert first.order < second.order < loss.order < loss.backward_order
    assert loss.backward_order < second.backward_order < first.backward_order
    assert first.result is second.arguments[0]
    assert second.keywords == {"factor": 3}
    assert loss.upstream == 1.0
    assert second.upstream_object is loss.returned_objects
    np.testing.assert_array_equal(first.output, [2.0, 4.0])
    np.testing.assert_array_equal(loss.inputs[0], [12.0, 24.0])
    np.testing.assert_array_equal(second.upstream, [24.0, 48.0])
    np.testing.assert_array_equal(first.gradients["W"], [(x * first.upstream).sum()])
    np.testing.assert_array_equal(recording.gradients, first.returned)
    assert recording.error is None


def test_the_layers_are_as_before(chain):
    before = {name: dict(vars(layer)) for name, layer in chain.items()}
    record(chain, lambda: None)
    assert {name: vars(layer) for name, layer in chain.items()} == before
    with pytest.raises(KeyError), listening(chain):
        raise KeyError("inside")
    assert {name: vars(layer) for name, layer in chain.items()} == before


def test_what_a_layer_raises_is_kept_on_its_call_and_on_the_recording(chain):
    chain["second"].backward = lambda dout: 1 / 0
    recording = record(chain, lambda: run(chain, np.ones(2), np.zeros(2)))
    assert isinstance(recording.error, ZeroDivisionError)
    assert recording.last("second").error is recording.error
    assert recording.last("first").error is None
    assert recording.gradients is None

    chain["first"].forward = lambda x: [][0]
    recording = record(chain, lambda: run(chain, np.ones(2), np.zeros(2)))
    (call,) = recording.calls
    assert call.error is recording.error
    assert call.output is None


def test_a_layer_that_is_called_twice_is_answered_last_call_first(chain):
    layer = chain["first"]

    def twice():
        a = layer.forward(np.ones(1))
        b = layer.forward(np.array([5.0]))
        layer.backward(np.array([7.0]))
        layer.backward(np.array([8.0]))
        return a + b

    recording = record({"first": layer}, twice)
    one, two = recording.calls
    assert (one.number, two.number) == (0, 1)
    assert (float(two.upstream[0]), float(one.upstream[0])) == (7.0, 8.0)
    assert recording.last("first") is two
    assert recording.last("nobody") is None


def test_an_unanswered_call_is_the_last_where_none_was_answered(chain):
    layer = chain["first"]
    recording = record({"first": layer}, lambda: (layer.forward(np.ones(1)), layer.forward(np.ones(1))))
    assert recording.last("first") is recording.calls[1]


def test_backward_before_any_forward_is_the_layers_own_business(chain):
    recording = record(chain, lambda: chain["first"].backward(np.ones(1)))
    assert isinstance(recording.error, AttributeError)
    assert recording.calls == []


def test_a_layer_within_a_layer_names_the_outer_call():
    class Block:
        def __init__(self):
            self.inner = Double()

        def forward(self, x):
            return self.inner.forward(x)

        def backward(self, dout):
            return self.inner.backward(dout)

    block = Block()
    recording = record({"block": block, "inner": block.inner}, lambda: block.forward(np.ones(1)))
    outer, inner = recording.calls
    assert (outer.inside, inner.inside) == (None, outer)


@pytest.mark.parametrize(
    ("method", "wrote"),
    [("x", ["x"]), ("t", ["t"]), ("dout", ["dout"]), ("W", ["W"]), ("later", ["x"]), ("nothing", [])],
)
def test_what_a_layer_writes_into_is_noticed(method, wrote):
    class Writer(Double):
        def forward(self, x, t):
            y = super().forward(x)
            if method == "x":
                x += 1
            elif method == "t":
                t[0] = 5
            return y

        def backward(self, dout):
            dx = super().backward(dout).copy()
            if method == "dout":
                dout *= 0
            elif method == "W":
                self.W -= 0.1
            elif method == "later":
                self.x[0] = 9
            return dx

    layer = Writer()

    def go():
        layer.forward(np.ones(2), np.zeros(2))
        layer.backward(np.ones(2))

    recording = record(
        {"w": layer},
        go,
        lambda name: {"W": layer.dW},
        marks_of=lambda name: {"W": float(layer.W.sum()), "dW": id(getattr(layer, "dW", None))},
    )
    assert recording.error is None
    assert recording.calls[0].wrote == wrote


def test_kept_values_are_copies_and_the_objects_themselves_are_there_too(chain):
    x = np.ones(2)
    recording = record(chain, lambda: chain["first"].forward(x))
    x[:] = 7
    (call,) = recording.calls
    np.testing.assert_array_equal(call.inputs[0], [1.0, 1.0])
    assert call.arguments[0] is x


def test_copies_go_into_tuples_lists_and_dicts():
    a = np.zeros(1)
    value = (a, [a, {"k": a}], "text")
    kept = copied(value)
    assert not changed(value, kept)
    a += 1
    assert kept == (np.zeros(1), [np.zeros(1), {"k": np.zeros(1)}], "text")
    assert changed(value, kept)


@pytest.mark.parametrize(
    ("now", "before", "differs"),
    [
        (np.ones(2), np.ones(2), False),
        (np.ones(3), np.ones(2), True),
        (np.array([np.nan]), np.array([np.nan]), False),
        (np.array(["b"]), np.array(["a"]), True),
        ([np.ones(1)], [np.ones(1), np.ones(1)], True),
        (3, 4, False),  # numbers cannot be written into
    ],
)
def test_changed(now, before, differs):
    assert changed(now, before) is differs


def test_layers_with_slots_are_listened_to_and_restored():
    class Slotted:
        __slots__ = ("x",)

        def forward(self, x):
            self.x = x
            return 2 * x

        def backward(self, dout):
            return 2 * dout

    layer = Slotted()
    recording = record({"s": layer}, lambda: layer.backward(layer.forward(np.ones(2))))
    assert recording.error is None
    (call,) = recording.calls
    np.testing.assert_array_equal(call.returned, [4.0, 4.0])
    assert Slotted.forward(layer, np.ones(1))[0] == 2
