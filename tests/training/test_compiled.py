"""The compiled step: its functions against SciPy and NumPy, and whole runs against the step by NumPy."""

import os
import signal
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logsumexp, softmax

import backproof.training
from backproof import SGD, TwoLayerNet
from backproof.errors import BackproofError, LabelError, ShapeError
from backproof.layers import Affine, Relu, Sigmoid, SoftmaxWithLoss
from backproof.networks import MatrixTwoLayerNet, Sequential
from backproof.training import CheckpointError, DivergenceError, Trainer
from backproof.training.compiled import CompiledStep, load_kernels

CLASSES = 3


def network(widths, activations=(Relu,), dtype="float64", seed=0):
    """Affine layers from width to width, all activations after each but the last."""
    draw = np.random.default_rng(seed)
    layers = []
    for ins, outs in zip(widths, [*widths[1:], CLASSES], strict=True):
        W, b = draw.normal(0, ins**-0.5, (ins, outs)), draw.normal(0, 0.1, outs)
        layers += [Affine(W.astype(dtype), b.astype(dtype)), *(kind() for kind in activations)]
    return Sequential(layers[: len(layers) - len(activations)])


def samples(count=40, shape=(4,), dtype="float64", seed=0):
    draw = np.random.default_rng(seed)
    if dtype == "uint8":
        x = draw.integers(0, 256, (count, *shape), dtype=np.uint8)
    else:
        x = draw.normal(size=(count, *shape)).astype(dtype)
    return x, draw.integers(0, CLASSES, count)


def trainer(net, data, compiled=True, **settings):
    return Trainer(
        net, data, **{"optimizer": SGD(0.1), "batch_size": 7, "seed": 5, "compiled": compiled, **settings}
    )


def same_bits(one, other):
    return all(np.array_equal(one.params[name], other.params[name]) for name in one.params)


def same_history(one, other):
    names = ("loss", "steps", "train_accuracy", "test_accuracy")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.fixture(params=["compiled", "as Python"])
def kernel(request):
    """The function of that name: as numba compiles it, and as it is written."""
    kernels = load_kernels()
    return lambda name: getattr(kernels, name) if request.param == "compiled" else getattr(kernels, name).py_func


@pytest.mark.parametrize("source", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gather_takes_rows_and_divides_in_the_type_of_the_parameters(kernel, source, dtype):
    pixels, _ = samples(9, (5,), source)
    indices = np.array([8, 0, 3, 3])
    x = np.empty((4, 5), dtype)
    kernel("gather")(pixels, indices, x.dtype.type(255), x)
    assert np.array_equal(x, pixels[indices].astype(dtype) / x.dtype.type(255))


def test_biases_are_added_to_rows_and_their_gradient_sums_them(kernel):
    y, b = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0, 30.0])
    kernel("add_bias")(y, b)
    assert y.tolist() == [[10, 21, 32], [13, 24, 35]]
    kernel("sum_rows")(y, b)
    assert b.tolist() == [23, 45, 67]


def test_relu_is_zero_below_zero_and_lets_nan_through(kernel):
    x = np.array([-2.0, 0.0, 3.0, np.nan, np.inf, -np.inf])
    y, dy = np.empty_like(x), np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    kernel("relu")(x, y)
    assert np.array_equal(y, np.maximum(x, 0), equal_nan=True)
    kernel("relu_backward")(y, dy)
    assert dy.tolist() == [0, 0, 3, 0, 5, 0]


def test_sigmoid_is_scipys_and_does_not_overflow(kernel):
    x = np.array([-1e4, -3.0, 0.0, 0.5, 1e4, np.nan])
    y, dy = np.empty_like(x), np.full_like(x, 2.0)
    kernel("sigmoid")(x, y)
    np.testing.assert_allclose(y, expit(x), rtol=1e-15)
    kernel("sigmoid_backward")(y, dy)
    np.testing.assert_allclose(dy, 2 * expit(x) * expit(-x), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("shift", [0.0, 1e3, -1e3])
def test_softmax_loss_and_its_gradient_are_scipys(kernel, shift):
    draw = np.random.default_rng(0)
    x, labels, indices = draw.normal(0, 3, (4, 5)) + shift, np.array([4, 0, 2]), np.array([0, 2, 2, 1])
    t, dx = labels[indices], np.empty_like(x)
    loss = kernel("softmax_loss")(x, labels, indices, dx)
    assert loss == pytest.approx((logsumexp(x, axis=1) - x[range(4), t]).mean(), rel=1e-12)
    np.testing.assert_allclose(dx, (softmax(x, axis=1) - np.eye(5)[t]) / 4, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_score_that_is_not_finite_shows_in_the_loss(kernel, bad, column):
    x, dx = np.zeros((2, 3)), np.empty((2, 3))
    x[1, column] = bad
    with np.errstate(invalid="ignore"):
        assert np.isnan(kernel("softmax_loss")(x, np.array([0, 1]), np.array([0, 1]), dx))


def test_descend_goes_against_the_gradient(kernel):
    parameter = np.array([1.0, 2.0])
    kernel("descend")(parameter, np.array([4.0, -8.0]), 0.25)
    assert parameter.tolist() == [0, 4]


@given(
    widths=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    activations=st.lists(st.sampled_from([Relu, Sigmoid]), max_size=2),
    first=st.sampled_from([None, Relu, Sigmoid]),
    dtype=st.sampled_from(["float32", "float64"]),
    source=st.sampled_from(["uint8", "float32", "float64"]),
    divide_by=st.sampled_from([None, 2.5, 255]),
    sampling=st.sampled_from(["replacement", "shuffled"]),
    batch_size=st.integers(1, 50),
    seed=st.integers(0, 10),
)
@settings(deadline=None, max_examples=60)
def test_it_trains_as_numpy_does(widths, activations, first, dtype, source, divide_by, sampling, batch_size, seed):
    data = samples(dtype=source, shape=(widths[0],), seed=seed)
    if source == "uint8" and divide_by != 255:
        data = data[0] // 100, data[1]  # larger ones diverge
    steps = 100 if dtype == "float64" else 20
    nets, losses = [], []
    for compiled in (False, True):
        net = network(widths, activations, dtype, seed)
        if first is not None:
            net = Sequential([first(), *net.layers.values()])
        parameters = dict(net.params)
        run = trainer(net, data, compiled, sampling=sampling, batch_size=batch_size, divide_by=divide_by)
        losses.append(run.fit(iterations=steps, progress=False).loss)
        assert all(net.params[name] is array for name, array in parameters.items())
        nets.append(net)
    tolerance = 1e-10 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(losses[1], losses[0], rtol=tolerance)
    for name, expected in nets[0].params.items():
        np.testing.assert_allclose(
            nets[1].params[name], expected, rtol=0, atol=tolerance * max(np.abs(expected).max(), 0.1)
        )


def test_images_are_taken_as_rows_and_two_layer_nets_train(tmp_path):
    x, t = samples(60, (2, 3), "uint8")
    histories = []
    for compiled in (False, True):
        net = TwoLayerNet(6, 5, CLASSES, weight_init_std=0.3, activation="sigmoid", seed=0)
        run = trainer(net, ((x, t), (x[:20], t[:20])), compiled, divide_by=255)
        histories.append(run.fit(epochs=3, progress=False))
    assert histories[1].steps == histories[0].steps
    np.testing.assert_allclose(histories[1].loss, histories[0].loss, rtol=1e-10)
    assert histories[1].test_accuracy == histories[0].test_accuracy


def test_layers_that_share_their_parameters_get_both_updates():
    nets = []
    for compiled in (False, True):
        W, b = np.random.default_rng(0).normal(size=(CLASSES, CLASSES)), np.zeros(CLASSES)
        nets.append(Sequential([Affine(W, b), Sigmoid(), Affine(W, b)]))
        trainer(nets[-1], samples(shape=(CLASSES,)), compiled).fit(iterations=30, progress=False)
    np.testing.assert_allclose(nets[1].params["W1"], nets[0].params["W1"], rtol=1e-10)


def test_memory_maps_are_trained_in_place_and_from(tmp_path):
    x, t = samples(dtype="uint8")
    np.save(tmp_path / "x.npy", x)
    W = np.memmap(tmp_path / "W", "float64", "w+", shape=(4, CLASSES))
    net = Sequential([Affine(W, np.zeros(CLASSES))])
    plain = Sequential([Affine(np.zeros((4, CLASSES)), np.zeros(CLASSES))])
    trainer(net, (np.load(tmp_path / "x.npy", mmap_mode="r"), t), divide_by=255).fit(iterations=9, progress=False)
    trainer(plain, (x, t), divide_by=255).fit(iterations=9, progress=False)
    assert np.array_equal(W, plain.params["W1"])
    assert W.any()


def test_a_learning_rate_set_anew_counts():
    nets = [network((4, 5)), network((4, 5))]
    for net, compiled in zip(nets, (False, True), strict=True):
        optimizer = SGD(0.1)
        run = trainer(net, samples(), compiled, optimizer=optimizer)
        run.fit(iterations=3, progress=False)
        optimizer.learning_rate = 0.01
        run.fit(iterations=3, progress=False)
    np.testing.assert_allclose(nets[1].params["W1"], nets[0].params["W1"], rtol=1e-12)


def test_the_same_seed_gives_the_same_bits():
    nets = [network((4, 5), dtype="float32") for _ in range(2)]
    histories = [trainer(net, (samples(), samples(seed=1))).fit(iterations=50, progress=False) for net in nets]
    assert same_bits(*nets)
    assert same_history(*histories)


class Crash(Exception):
    pass


@pytest.fixture
def at_step(monkeypatch):
    """Let something happen after step i of whatever compiled run."""

    def install(i, action):
        step = CompiledStep.__call__

        def with_action(self, number):
            loss = step(self, number)
            if number == i:
                action()
            return loss

        monkeypatch.setattr(CompiledStep, "__call__", with_action)

    def crash():
        raise Crash

    install.crash = crash
    return install


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stop", [3, 4, 11, 17])
def test_a_crashed_run_resumes_to_the_same_bits(tmp_path, monkeypatch, at_step, stop, dtype):
    data = samples(dtype=dtype), samples(dtype=dtype, seed=1)
    undisturbed, killed, resumed = (network((4, 6, 5), (Relu,), dtype) for _ in range(3))
    expected = trainer(undisturbed, data).fit(iterations=20, progress=False)
    file = tmp_path / "run.safetensors"
    with monkeypatch.context():
        at_step(stop, at_step.crash)
        with pytest.raises(Crash):
            trainer(killed, data, checkpoint=file, checkpoint_every=4).fit(iterations=20, progress=False)
        monkeypatch.undo()
    history = trainer(resumed, data, checkpoint=file).resume(progress=False)
    assert same_bits(resumed, undisturbed)
    assert same_history(history, expected)


def test_ctrl_c_ends_the_step_and_saves(tmp_path, monkeypatch, at_step):
    undisturbed, stopped, resumed = (network((4, 5)) for _ in range(3))
    trainer(undisturbed, samples()).fit(iterations=20, progress=False)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        at_step(8, lambda: os.kill(os.getpid(), signal.SIGINT))
        run = trainer(stopped, samples(), checkpoint=tmp_path / "run.safetensors")
        with pytest.raises(KeyboardInterrupt):
            run.fit(iterations=20, progress=False)
    finally:
        signal.signal(signal.SIGINT, previous)
    monkeypatch.undo()
    assert run.step == 9
    trainer(resumed, samples(), checkpoint=tmp_path / "run.safetensors").resume(progress=False)
    assert same_bits(resumed, undisturbed)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_run_is_not_resumed_by_the_other_step(tmp_path, compiled):
    file = tmp_path / "run.safetensors"
    trainer(network((4, 5)), samples(), compiled, checkpoint=file).fit(iterations=3, progress=False)
    net, untouched = network((4, 5), seed=1), network((4, 5), seed=1)
    with pytest.raises(CheckpointError, match=f"compiled={compiled}, this one has compiled={not compiled}"):
        trainer(net, samples(), not compiled, checkpoint=file).resume(progress=False)
    assert same_bits(net, untouched)


def test_divergence_is_an_error_without_warnings(tmp_path):
    run = trainer(network((4, 5)), samples(), optimizer=SGD(1e200))
    with pytest.raises(DivergenceError, match="smaller learning rate"):
        run.fit(iterations=50, progress=False)


def test_data_that_is_not_finite_changes_no_parameter():
    x, t = samples()
    x[:] = np.nan
    net = network((4, 5))
    with pytest.raises(DivergenceError, match="the loss is nan at step 1"):
        trainer(net, (x, t)).fit(iterations=5, progress=False)
    assert same_bits(net, network((4, 5)))


@pytest.mark.parametrize("label", [-1, CLASSES])
def test_labels_that_name_no_class_are_refused_when_made_and_when_changed_later(label):
    x, t = samples()
    run = trainer(network((4, 5)), (x, t))
    t[-1] = label
    for attempt in (lambda: run.fit(iterations=1), lambda: trainer(network((4, 5)), (x, t))):
        with pytest.raises(LabelError, match=f"label {label} is out of range"):
            attempt()


def test_wrong_features_are_named_by_their_layer():
    with pytest.raises(ShapeError, match=r"Affine.*expected 6 features"):
        trainer(network((6, 5)), samples())


class OwnLoss(Sequential):
    def loss(self, x, t):
        return super().loss(x, t) + 1


class OwnConstructor(Sequential):
    def __init__(self):
        super().__init__(network((4, 5)).layers)


class Leaky(Relu):
    pass


class Momentum(SGD):
    pass


class WeightedLoss(SoftmaxWithLoss):
    pass


def test_a_subclass_that_only_builds_itself_is_trained():
    net, plain = OwnConstructor(), network((4, 5))
    trainer(net, samples()).fit(iterations=5, progress=False)
    trainer(plain, samples()).fit(iterations=5, progress=False)
    assert same_bits(net, plain)


def with_own_forward():
    net = network((4, 5))
    net.layers["Relu1"].forward = lambda x: x
    return net


def with_other_arrays():
    net = network((4, 5))
    net.params = {name: array.copy() for name, array in net.params.items()}
    return net


def affine(change, b=None):
    return Sequential([Affine(change(np.ones((4, CLASSES))), np.ones(CLASSES) if b is None else b)])


def read_only(W):
    W.flags.writeable = False
    return W


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net": MatrixTwoLayerNet(4, 5, CLASSES)}, "the network .MatrixTwoLayerNet."),
        ({"net": OwnLoss(network((4, 5)).layers)}, "the network .OwnLoss."),
        ({"net": with_own_forward()}, "layer Relu1"),
        (
            {"net": Sequential([*network((4,)).layers.values(), Leaky()])},
            "layer Leaky1 .Leaky.: only Affine, Relu",
        ),
        ({"net": Sequential(network((4, 5)).layers, WeightedLoss())}, "the loss layer .WeightedLoss."),
        ({"net": Sequential([Relu()])}, "without an Affine layer"),
        ({"net": with_other_arrays()}, "not those in network.params"),
        ({"net": network((4, 5), dtype="float16")}, "parameter W1 of type float16"),
        ({"net": affine(np.asarray, np.ones(CLASSES, "float32"))}, "parameter b1 of type float32"),
        ({"net": affine(lambda W: W.astype(">f8"))}, "parameter W1 of type >f8"),
        ({"net": affine(np.asfortranarray)}, "parameter W1: its array must be contiguous"),
        ({"net": affine(read_only)}, "parameter W1: .* writeable"),
        ({"optimizer": Momentum(0.1)}, "the optimizer .Momentum."),
        ({"data": samples(dtype="int64")}, "x of type int64"),
        ({"data": samples(dtype=">f4")}, "x of type >f4"),
        ({"data": (np.ones((40, 8))[:, ::2], np.zeros(40, int))}, "np.ascontiguousarray"),
        ({"data": (np.ones(40), np.zeros(40, int))}, r"x of shape \(40,\)"),
        ({"data": (np.ones((40, 4)), np.eye(CLASSES)[np.zeros(40, int)])}, "t.argmax"),
    ],
)
def test_what_it_does_not_support_is_named_and_numpy_is_offered(change, message):
    given = {"net": network((4, 5)), "data": samples(), **change}
    with pytest.raises(BackproofError, match=message) as refused:
        trainer(given.pop("net"), given.pop("data"), **given)
    assert "without `compiled` NumPy trains it" in str(refused.value)


def test_without_numba_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "backproof.training.kernels", raising=False)
    monkeypatch.delattr(backproof.training, "kernels", raising=False)
    with pytest.raises(BackproofError, match=r"needs numba .*pip install numba"):
        trainer(network((4, 5)), samples())
    trainer(network((4, 5)), samples(), compiled=False).fit(iterations=2, progress=False)
