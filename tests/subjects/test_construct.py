"""Arguments for constructors: they construct, they are small and unequal, they tell the size of the data."""

import numpy as np
import pytest

from backproof.subjects.argument_roles import unpacked
from backproof.subjects.construct import ConstructError, build, made_class, make, propose
from backproof.subjects.hints import Hints

SAMPLES = {3, 5, 6, 10}  # as many samples as a check uses: no width may equal one of them


class Remembers:
    """Keeps its arguments."""

    def keep(self, **given):
        self.given = given


class TwoLayerNet(Remembers):
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.keep(sizes=(input_size, hidden_size, output_size), std=weight_init_std)


class MultiLayerNet(Remembers):
    def __init__(self, input_size, hidden_size_list, output_size, activation="relu"):
        self.keep(sizes=(input_size, *hidden_size_list, output_size))


class Sizes(Remembers):
    def __init__(self, layer_sizes):
        self.keep(sizes=tuple(layer_sizes))


class Defaults(Remembers):
    def __init__(self, n_inputs=784, n_hidden=128, n_classes=10, learning_rate=0.1, iterations=1000):
        self.keep(sizes=(n_inputs, n_hidden, n_classes), rate=learning_rate, iterations=iterations)


class KeywordOnly(Remembers):
    def __init__(self, *, in_features, out_features):
        self.keep(sizes=(in_features, out_features))


class Counted(Remembers):
    def __init__(self, n_in, hidden_layers, n_out):
        self.keep(sizes=[n_in] + [4] * hidden_layers + [n_out])  # a count: a list would raise


@pytest.mark.parametrize("cls", [TwoLayerNet, MultiLayerNet, Sizes, Defaults, KeywordOnly])
def test_sizes_are_small_unequal_and_no_number_of_samples(cls):
    instance, proposal = next(build(cls))
    sizes = instance.given["sizes"]
    assert len(set(sizes)) == len(sizes)
    assert not SAMPLES & set(sizes)
    assert max(sizes) < 16
    assert proposal.hints == Hints(features=sizes[0], classes=sizes[-1])


def test_the_call_reads_as_a_person_would_write_it():
    assert next(propose(TwoLayerNet)).text == "TwoLayerNet(7, 8, 4)"
    assert next(propose(MultiLayerNet)).text == "MultiLayerNet(7, [8, 9], 4)"
    assert next(propose(KeywordOnly)).text == "KeywordOnly(in_features=7, out_features=4)"


def test_lists_of_sizes_get_two_hidden_layers():
    assert len(next(build(MultiLayerNet))[0].given["sizes"]) == 4
    assert len(next(build(Sizes))[0].given["sizes"]) == 4


def test_other_defaults_are_left_alone():
    given = next(build(Defaults))[0].given
    assert given["rate"] == 0.1
    assert given["iterations"] == 1000


def test_a_count_where_a_list_was_guessed_is_the_next_try():
    assert next(build(Counted))[1].text == "Counted(7, 2, 4)"


class Affine(Remembers):
    def __init__(self, W, b):
        self.W, self.b = W, b


class Columns(Remembers):
    def __init__(self, W, b):
        assert b.shape == (len(W), 1)
        self.W, self.b = W, b


class Convolution(Remembers):
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        return FN, FH, FW, N, C, H, W


class SizedConvolution(Remembers):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.keep(all=(in_channels, out_channels, kernel_size, stride, padding))


class Pooling(Remembers):
    def __init__(self, pool_h, pool_w, stride=1, pad=0):
        self.keep(all=(pool_h, pool_w, stride, pad))

    def forward(self, x):
        N, C, H, W = x.shape
        return N, C, H, W


class BatchNormalization(Remembers):
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None):
        self.gamma, self.beta = gamma, beta


class ConvNet(Remembers):
    def __init__(
        self,
        input_dim=(1, 28, 28),
        conv_param={"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1},  # noqa: B006 (as in the book)
        hidden_size=100,
        output_size=10,
    ):
        out = (input_dim[1] - conv_param["filter_size"]) / conv_param["stride"] + 1
        assert out % 2 == 0
        self.keep(input_dim=input_dim, conv=conv_param, sizes=(hidden_size, output_size))


class Rows(Remembers):
    def __init__(self, W1, b1, W2, b2):
        self.product = (np.ones(len(W1)) @ W1 + b1) @ W2 + b2


def test_weights_and_biases_fit_each_other():
    layer, proposal = next(build(Affine))
    assert layer.W.shape == (proposal.hints.features, layer.b.size)
    assert layer.W.dtype == np.float64
    assert next(build(Columns))[0].W.shape[0] == 4
    assert next(build(Rows))[0].product.shape == (4,)


def test_convolutions_are_known_by_use_and_bent():
    layer, proposal = next(build(Convolution))
    filters, channels, height, width = layer.W.shape
    assert channels > 1
    assert height != width
    assert layer.stride < height  # windows overlap
    assert layer.pad > 0
    assert layer.b.shape == (filters,)
    assert proposal.hints.image[0] == channels
    assert proposal.hints.image[1] != proposal.hints.image[2]
    for size, kernel in zip(proposal.hints.image[1:], (height, width), strict=True):
        assert (size + 2 * layer.pad - kernel) % layer.stride == 0


def test_sized_convolutions_pooling_and_normalisation():
    assert next(build(SizedConvolution))[0].given["all"] == (2, 8, 3, 2, 1)
    pooling, proposal = next(build(Pooling))
    assert pooling.given["all"] == (2, 2, 2, 0)
    assert proposal.hints.image == (2, 6, 8)
    normal, proposal = next(build(BatchNormalization))
    assert normal.gamma.shape == normal.beta.shape == (proposal.hints.features,)


def test_the_books_convolutional_network_gets_a_small_image():
    network, proposal = next(build(ConvNet))
    assert proposal.hints == Hints(classes=4, image=(2, 8, 8))
    assert network.given["conv"]["filter_size"] == 3
    assert [p.text for p in propose(ConvNet)][-1] == "ConvNet()"


def test_what_cannot_be_constructed_says_what_was_tried():
    class Refuses:
        def __init__(self, size):
            raise ValueError(f"no {size}")

    with pytest.raises(ConstructError, match=r"Refuses\(7\) raised ValueError: no 7.*--make"):
        list(build(Refuses))


def test_no_argument_constructors():
    class Relu: ...

    assert next(build(Relu))[1].text == "Relu()"


def test_make_evaluates_the_call_in_the_modules_names():
    network, proposal = make("TwoLayerNet(6, hidden_size=5, output_size=4)", {"TwoLayerNet": TwoLayerNet})
    assert network.given["sizes"] == (6, 5, 4)
    assert proposal.hints == Hints(features=6, classes=4)
    _, proposal = make("Affine(np.ones((6, 2)), np.zeros(2))", {"Affine": Affine})
    assert proposal.hints.features == 6
    assert made_class("nets.TwoLayerNet(6)") == "TwoLayerNet"
    assert made_class("TwoLayerNet") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("TwoLayerNet(", "no Python expression"),
        ("3 + 4", "no call"),
        ("TwoLayerNet(1)", "TypeError"),
        ("No(1)", "NameError"),
    ],
)
def test_a_bad_make_says_so(text, message):
    with pytest.raises(ConstructError, match=message):
        make(text, {"TwoLayerNet": TwoLayerNet})


def test_axes_are_counted_from_unpacked_shapes():
    assert unpacked(Convolution) == {"W": 4, "x": 4}
    assert unpacked(Convolution, "__init__") == {}
    assert unpacked(int) == {}


class Steps:
    """Goes through lists of arrays, a matrix and a column a layer."""

    def __init__(self, weights, biases):
        self.weights, self.biases = weights, biases

    def forward(self, a):
        for w, b in zip(self.weights, self.biases, strict=True):
            a = np.tanh(w @ a + b)
        return a


def test_a_list_of_arrays_is_given_where_the_class_goes_through_one():
    made = [proposal.build(Steps) for proposal in propose(Steps)]
    in_columns = [steps for steps in made if isinstance(steps.biases, list) and steps.biases[0].shape == (8, 1)]
    assert isinstance(made[0].weights, list)
    assert {steps.forward(np.ones((7, 1))).shape for steps in in_columns} == {(4, 1)}


class Around:
    def __init__(self, inner, prepare):
        self.inner, self.prepare = inner, prepare

    def forward(self, x):
        return x + self.inner(self.prepare(x))

    def backward(self, dout):
        return dout + self.inner.backward(dout)


def test_what_is_called_and_asked_for_more_is_no_function():
    first = next(propose(Around))
    assert callable(first.args[1])
    assert not callable(first.args[0])
