"""The networks: gradients against autograd, the two forms against each other, ownership, refusals."""

import copy
import inspect

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof import BackproofError, MatrixTwoLayerNet, Sequential, TwoLayerNet
from backproof.errors import DtypeError, LabelError, ShapeError
from backproof.layers import Affine, Layer, Relu, Sigmoid, SoftmaxWithLoss

seeds = st.integers(0, 2**32 - 1)
KEYS = ["W1", "b1", "W2", "b2"]
NETWORKS = {
    "relu": lambda *sizes, **kw: TwoLayerNet(*sizes, activation="relu", **kw),
    "sigmoid": lambda *sizes, **kw: TwoLayerNet(*sizes, activation="sigmoid", **kw),
    "matrix": MatrixTwoLayerNet,
}
each_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


def sample(rng, N=5, D=6, K=3, dtype=np.float64):
    return rng.normal(size=(N, D)).astype(dtype), rng.integers(0, K, N)


def loss_formula(params, x, one_hot, activation):
    a1 = x @ params["W1"] + params["b1"]
    z1 = anp.maximum(a1, 0) if activation == "relu" else (anp.tanh(a1 / 2) + 1) / 2
    scores = z1 @ params["W2"] + params["b2"]
    log_y = scores - anp.log(anp.sum(anp.exp(scores), axis=1, keepdims=True))
    return -anp.mean(anp.sum(one_hot * log_y, axis=1))


@each_network
@given(seed=seeds)
def test_loss_and_gradient_are_those_of_the_formula(make, seed):
    rng = np.random.default_rng(seed)
    network = make(6, 4, 3, weight_init_std=0.5, seed=seed)
    for bias in ("b1", "b2"):
        network.params[bias] = rng.normal(size=network.params[bias].shape)
    x, t = sample(rng)
    activation = "relu" if make is NETWORKS["relu"] else "sigmoid"
    arguments = dict(network.params), x, np.eye(3)[t], activation
    want = autograd.grad(loss_formula)(*arguments)

    loss, grads = network.loss_and_gradients(x, t)
    assert loss == pytest.approx(loss_formula(*arguments), rel=1e-12)
    assert network.loss(x, t) == pytest.approx(loss, rel=1e-15)
    for gradients in (grads, network.gradient(x, t), network.gradient(x, np.eye(3)[t])):
        assert list(gradients) == KEYS
        for name in KEYS:
            np.testing.assert_allclose(gradients[name], want[name], rtol=1e-9, atol=1e-13)


@given(seed=seeds, std=st.sampled_from([0.01, 1.0, 100.0]), one_hot=st.booleans())
def test_the_matrix_form_and_the_layers_agree_to_rounding(seed, std, one_hot):
    rng = np.random.default_rng(seed)
    x, t = sample(rng)
    t = np.eye(3)[t] if one_hot else t
    layers = TwoLayerNet(6, 4, 3, weight_init_std=std, activation="sigmoid", seed=seed)
    matrix = MatrixTwoLayerNet(6, 4, 3, weight_init_std=std, seed=seed)
    (loss, grads), (matrix_loss, matrix_grads) = (net.loss_and_gradients(x, t) for net in (layers, matrix))
    assert loss == pytest.approx(matrix_loss, rel=1e-12, abs=1e-14)
    assert layers.accuracy(x, t) == matrix.accuracy(x, t)
    for name in KEYS:
        scale = max(1.0, abs(grads[name]).max())
        np.testing.assert_allclose(grads[name], matrix_grads[name], rtol=1e-9, atol=1e-13 * scale)


def test_gradient_check_on_three_images_is_as_exact_as_the_seeds_saw_it():
    """Done-when 3 of the first milestone: the seeds saw 4e-10, 2e-9, 5e-9 and 1.4e-7."""
    from backproof.datasets import load_mnist

    (x, t), _ = load_mnist(name="mnist-sample")
    network = TwoLayerNet(784, 50, 10, seed=0)
    numeric, analytic = network.numerical_gradient(x[:3], t[:3]), network.gradient(x[:3], t[:3])
    for name, most in {"W1": 1e-9, "b1": 1e-8, "W2": 1e-8, "b2": 5e-7}.items():
        assert np.abs(numeric[name] - analytic[name]).mean() <= most


@each_network
def test_numerical_gradient_works_in_float64_and_leaves_the_float32_network_as_it_was(make):
    network = make(6, 4, 3, weight_init_std=0.5, dtype="float32", seed=1)
    x, t = sample(np.random.default_rng(0), dtype=np.float32)
    own = dict(network.params)
    kept = copy.deepcopy(own)
    numeric, analytic = network.numerical_gradient(x, t), network.gradient(x, t)
    for name in KEYS:
        assert numeric[name].dtype == np.float64
        assert network.params[name] is own[name]
        np.testing.assert_array_equal(own[name], kept[name])
        np.testing.assert_allclose(numeric[name], analytic[name], atol=1e-5)


@each_network
def test_numerical_gradient_puts_everything_back_when_the_loss_raises(make):
    network = make(6, 4, 3, dtype="float32", seed=1)
    own = dict(network.params)
    with pytest.raises(LabelError):
        network.numerical_gradient(np.ones((2, 6)), np.array([0, 9]))
    for name in KEYS:
        assert network.params[name] is own[name]
    assert network.loss_and_gradients(np.ones((2, 6), np.float32), np.array([0, 1]))[1]["W1"].dtype == np.float32


@pytest.mark.parametrize("base", [TwoLayerNet, MatrixTwoLayerNet])
def test_numerical_gradient_sees_a_loss_with_weight_decay(base):
    class Decayed(base):
        def loss(self, x, t):
            return super().loss(x, t) + 0.5 * sum(float((p**2).sum()) for p in self.params.values())

    network = Decayed(6, 4, 3, weight_init_std=1.0, seed=0)
    x, t = sample(np.random.default_rng(0))
    numeric, without = network.numerical_gradient(x, t), network.gradient(x, t)
    for name in KEYS:
        np.testing.assert_allclose(numeric[name], without[name] + network.params[name], atol=1e-7)


def test_numerical_gradient_is_that_of_the_loss_the_network_really_has():
    class Doubled(SoftmaxWithLoss):
        def forward(self, x, t):
            return 2 * super().forward(x, t)

    network = TwoLayerNet(6, 4, 3, weight_init_std=1.0, activation="sigmoid", seed=0)
    x, t = sample(np.random.default_rng(0))
    plain = network.numerical_gradient(x, t)
    for name, doubled in (
        ("last_layer", Doubled()),
        ("loss", lambda x, t, loss=network.loss: 2 * loss(x, t)),
    ):
        kept = getattr(network, name)
        setattr(network, name, doubled)
        for parameter, gradient in network.numerical_gradient(x, t).items():
            np.testing.assert_allclose(gradient, 2 * plain[parameter], atol=1e-8)
        setattr(network, name, kept)


@each_network
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_stay(make, dtype):
    network = make(6, 4, 3, dtype=dtype, seed=0)
    x, t = sample(np.random.default_rng(0), dtype=dtype)
    assert network.predict(x).dtype == dtype
    for labels in (t, t.astype(np.uint8), np.eye(3)[t], np.eye(3, dtype=np.int64)[t]):
        for gradients in (network.gradient(x, labels), network.loss_and_gradients(x, labels)[1]):
            assert {g.dtype for g in gradients.values()} == {np.dtype(dtype)}


@each_network
def test_nothing_given_is_written_to_and_nothing_returned_changes_later(make):
    network = make(6, 4, 3, weight_init_std=0.5, seed=0)
    rng = np.random.default_rng(0)
    x, t = sample(rng)
    given_arrays = [x, t, *network.params.values()]
    returned = [
        network.predict(x),
        *network.gradient(x, t).values(),
        *network.loss_and_gradients(x, t)[1].values(),
    ]
    kept = copy.deepcopy([*given_arrays, *returned])
    for call in (network.gradient, network.loss_and_gradients, network.numerical_gradient, network.accuracy):
        call(*sample(rng))
    for array, before in zip([*given_arrays, *returned], kept, strict=True):
        np.testing.assert_array_equal(array, before)


@each_network
def test_one_sample_is_a_batch_of_one(make):
    network = make(6, 4, 3, weight_init_std=0.5, seed=0)
    x = np.random.default_rng(0).normal(size=6)
    np.testing.assert_allclose(network.predict(x), network.predict(x[None])[0], rtol=1e-14)
    for t in (2, np.uint8(2), np.array([0, 0, 1.0])):
        loss, grads = network.loss_and_gradients(x, t)
        batch_loss, batch_grads = network.loss_and_gradients(x[None], np.asarray(t)[None])
        assert loss == pytest.approx(batch_loss, rel=1e-14)
        assert network.accuracy(x, t) in (0.0, 1.0)
        for name in KEYS:
            assert grads[name].shape == network.params[name].shape
            np.testing.assert_allclose(grads[name], batch_grads[name], rtol=1e-12, atol=1e-16)


def test_images_need_no_flattening():
    network = TwoLayerNet(12, 4, 3, seed=0)
    images, t = np.random.default_rng(0).normal(size=(5, 1, 3, 4)), np.arange(5) % 3
    rows = images.reshape(5, 12)
    np.testing.assert_array_equal(network.predict(images), network.predict(rows))
    assert network.accuracy(images, t) == network.accuracy(rows, t)
    for name, gradient in network.gradient(images, t).items():
        np.testing.assert_array_equal(gradient, network.gradient(rows, t)[name])


@each_network
def test_accuracy_counts_the_largest_score(make):
    network = make(2, 4, 3, seed=0)
    x = np.random.default_rng(0).normal(size=(30, 2))
    best = network.predict(x).argmax(axis=1)
    wrong = np.where(np.arange(30) < 12, (best + 1) % 3, best)
    assert network.accuracy(x, best) == 1.0
    assert network.accuracy(x, wrong) == pytest.approx(18 / 30)
    assert network.accuracy(x, np.eye(3)[wrong]) == pytest.approx(18 / 30)


@each_network
def test_parameters_are_updated_in_place_and_never_rebound(make):
    network = make(6, 4, 3, dtype="float32", seed=0)
    x, t = sample(np.random.default_rng(0))
    W1, b1 = network.params["W1"], network.params["b1"]
    before = network.loss(x, t)
    for _ in range(20):
        for name, gradient in network.gradient(x, t).items():
            network.params[name] -= 0.5 * gradient
    assert network.loss(x, t) < before
    network.params["W1"] = np.zeros((6, 4))
    network.params.update({"b1": np.ones(4)})
    assert network.params["W1"] is W1
    assert W1.dtype == np.float32
    np.testing.assert_array_equal(W1, 0)
    assert network.params["b1"] is b1
    np.testing.assert_array_equal(b1, 1)
    with pytest.raises(ShapeError, match=r"parameter b1 has shape \(4,\).*\(3,\)"):
        network.params["b1"] = np.zeros(3)
    with pytest.raises(KeyError, match="W3"):
        network.params["W3"] = np.zeros(3)
    with pytest.raises(TypeError):
        network.params |= {"b1": np.zeros(4)}


@each_network
def test_a_deep_copy_stands_on_its_own(make):
    network = make(6, 4, 3, weight_init_std=0.5, seed=0)
    x, t = sample(np.random.default_rng(0))
    twin = copy.deepcopy(network)
    assert twin.loss(x, t) == network.loss(x, t)
    twin.params["W1"] = np.zeros((6, 4))
    assert network.params["W1"].any()
    if isinstance(twin, Sequential):
        assert twin.params["W1"] is twin.layers["Affine1"].W


def test_two_layer_net_has_the_books_parts():
    network = TwoLayerNet(6, 4, 3)
    assert list(network.layers) == ["Affine1", "Relu1", "Affine2"]
    assert list(TwoLayerNet(6, 4, 3, activation="sigmoid").layers) == ["Affine1", "Sigmoid1", "Affine2"]
    assert network.lastLayer is network.last_layer
    assert list(network.params) == KEYS
    for name, shape in zip(KEYS, [(6, 4), (4,), (4, 3), (3,)], strict=True):
        assert network.params[name].shape == shape
        layer = network.layers[f"Affine{name[1]}"]
        assert network.params[name] is layer.params[name[0]]
    assert not network.params["b1"].any()
    assert not network.params["b2"].any()


def test_the_signature_outside_programs_use():
    parameters = inspect.signature(TwoLayerNet).parameters.values()
    assert [(p.name, p.default) for p in parameters if p.default is not p.empty] == [
        ("weight_init_std", 0.01),
        ("activation", "relu"),
        ("dtype", "float64"),
        ("seed", None),
    ]
    assert [p.name for p in parameters][:3] == ["input_size", "hidden_size", "output_size"]


@each_network
def test_seeds_decide_the_weights_and_none_means_the_global_generator(make):
    def weights(**kw):
        return make(40, 30, 3, weight_init_std=0.2, **kw).params["W1"]

    np.testing.assert_array_equal(weights(seed=3), weights(seed=3))
    assert (weights(seed=3) != weights(seed=4)).any()
    np.random.seed(5)
    first = weights()
    second = weights()
    np.random.seed(5)
    np.testing.assert_array_equal(weights(), first)
    assert (first != second).any()
    assert weights(seed=0).std() == pytest.approx(0.2, rel=0.1)
    assert make(40, 500, 3, weight_init_std=0.2, seed=0).params["W2"].std() == pytest.approx(0.2, rel=0.1)


class Scale(Layer):
    """A learner's own layer: `forward` and `backward`, nothing more."""

    def __init__(self, size):
        super().__init__(s=np.full(size, 2.0))

    def forward(self, x):
        self._x = x
        return x * self.params["s"]

    def backward(self, dout):
        self.grads["s"] = (dout * self._saved()).sum(axis=0)
        return dout * self.params["s"]


def deep(rng):
    return Sequential(
        [
            Relu(),
            Scale(6),
            Affine(rng.normal(size=(6, 5)), rng.normal(size=5)),
            Sigmoid(),
            Affine(rng.normal(size=(5, 4)), rng.normal(size=4)),
            Sigmoid(),
            Affine(rng.normal(size=(4, 3)), rng.normal(size=3)),
        ]
    )


@given(seed=seeds)
def test_any_depth_and_a_layer_of_ones_own(seed):
    rng = np.random.default_rng(seed)
    network = deep(rng)
    x, t = sample(rng)
    assert list(network.layers) == ["Relu1", "Scale1", "Affine1", "Sigmoid1", "Affine2", "Sigmoid2", "Affine3"]
    assert list(network.params) == ["s1", "W2", "b2", "W3", "b3", "W4", "b4"]
    loss, quick = network.loss_and_gradients(x, t)
    gradient = network.gradient(x, t)
    numeric = network.numerical_gradient(x, t)
    assert loss == network.loss(x, t)
    for name in network.params:
        np.testing.assert_array_equal(gradient[name], quick[name])
        np.testing.assert_allclose(gradient[name], numeric[name], atol=1e-7)


def test_the_way_back_stops_at_the_first_layer_with_parameters():
    called = []

    class Watched(Relu):
        def backward(self, dout):
            called.append("below")
            return super().backward(dout)

    network = Sequential([Watched(), Affine(np.ones((2, 3)), np.ones(3))])
    network.loss_and_gradients(np.ones((1, 2)), np.array([0]))
    assert called == []
    network.gradient(np.ones((1, 2)), np.array([0]))
    assert called == ["below"]


def test_a_network_without_parameters_has_no_gradients():
    loss, gradients = Sequential([Relu()]).loss_and_gradients(np.zeros((2, 4)), np.array([0, 1]))
    assert gradients == {}
    assert loss == pytest.approx(np.log(4))


def test_layers_may_be_named():
    network = Sequential({"in": Affine(np.ones((2, 3)), np.ones(3)), "act": Relu()})
    assert list(network.layers) == ["in", "act"]
    assert list(network.params) == ["W1", "b1"]


def test_one_layer_object_in_two_places_is_refused():
    relu = Relu()
    with pytest.raises(BackproofError, match=r"two places of Affine1, Relu1, Affine2, Relu2.*one object for each"):
        Sequential([Affine(np.ones((2, 2)), np.ones(2)), relu, Affine(np.ones((2, 2)), np.ones(2)), relu])


@each_network
@pytest.mark.parametrize("shape", [(5, 7), (7,), (2, 3, 3)])
def test_a_wrong_input_is_named(make, shape):
    network = make(6, 4, 3)
    with pytest.raises(ShapeError, match=r"6.*\(" + str(shape[0])):
        network.predict(np.ones(shape))


@each_network
def test_wrong_labels_are_named(make):
    network = make(6, 4, 3)
    calls = (network.loss, network.accuracy, network.gradient, network.loss_and_gradients)
    for call in calls:
        for t in (np.zeros((5, 1), int), np.full(5, 3), np.zeros(5), np.zeros(4, int)):
            with pytest.raises(LabelError):
                call(np.ones((5, 6)), t)
        with pytest.raises(LabelError, match="at least one sample"):
            call(np.ones((0, 6)), np.zeros(0, int))


@each_network
def test_wrong_sizes_and_types_are_named(make):
    for sizes, words in (
        ((0, 4, 3), "input_size.*got 0"),
        ((6, 4.5, 3), "hidden_size.*4.5"),
        ((6, 4, "3"), "'3'"),
    ):
        with pytest.raises(BackproofError, match=words):
            make(*sizes)
    for dtype in ("float16", "int64", "float99"):
        with pytest.raises(DtypeError, match=rf"float32 or float64, got '{dtype}'"):
            make(6, 4, 3, dtype=dtype)


def test_an_unknown_activation_is_named():
    with pytest.raises(BackproofError, match="relu, sigmoid, got 'tanh'"):
        TwoLayerNet(6, 4, 3, activation="tanh")
