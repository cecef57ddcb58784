import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from backproof import TwoLayerNet
from backproof.errors import BackproofError, ShapeError
from backproof.optimizers import SGD
from backproof.training import CheckpointError, DivergenceError, Trainer, threads
from backproof.training.batches import Batches
from backproof.training.checkpoint import Checkpoint
from backproof.training.threads import blas_threads


class Crash(Exception):
    pass


def crash_at(step):
    def on_step(number):
        if number == step:
            raise Crash

    return on_step


def same_run(network, history, other_network, other_history):
    return (
        all(np.array_equal(network.params[k], other_network.params[k]) for k in ("W", "b"))
        and history.loss == other_history.loss
        and history.steps == other_history.steps
        and history.train_accuracy == other_history.train_accuracy
        and history.test_accuracy == other_history.test_accuracy
    )


def test_every_step_is_the_plain_update_on_its_batch(new_network, data):
    (x, t), _ = data
    network, by_hand = new_network(), new_network()
    history = Trainer(network, (x, t), optimizer=SGD(0.3), batch_size=7, seed=5).fit(iterations=40, progress=False)
    batches, losses = Batches(x, t, 7, 5, "replacement"), []
    for i in range(40):
        loss, grads = by_hand.loss_and_gradients(x[batches.indices(i)], t[batches.indices(i)])
        losses.append(loss)
        for name in grads:
            by_hand.params[name] -= 0.3 * grads[name]
    assert history.loss == losses
    assert np.array_equal(network.params["W"], by_hand.params["W"])
    assert np.array_equal(network.params["b"], by_hand.params["b"])
    assert history.steps == history.train_accuracy == []


def test_full_batches_find_the_minimum_that_scipy_finds(new_network, data):
    (x, t), _ = data
    network, other = new_network(), new_network()
    trainer = Trainer(network, (x, t), optimizer=SGD(0.5), batch_size=len(x), sampling="shuffled", seed=0)
    trainer.fit(epochs=3000, progress=False)

    def loss(flat):
        other.params = {"W": flat[:12].reshape(4, 3), "b": flat[12:]}
        return other.loss(x, t)

    assert network.loss(x, t) == pytest.approx(minimize(loss, np.zeros(15)).fun, abs=1e-6)


@given(
    samples=st.integers(1, 40),
    batch_size=st.integers(1, 60),
    runs=st.lists(st.integers(1, 30), min_size=1, max_size=3),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_evaluates_before_the_first_step_after_each_epoch_and_at_the_end(
    new_network, samples, batch_size, runs
):
    x, t = np.ones((samples, 4)), np.zeros(samples, int)
    trainer = Trainer(new_network(), ((x, t), (x, t)), optimizer=SGD(0.1), batch_size=batch_size, seed=0)
    ends, end = {0}, 0
    for iterations in runs:
        history = trainer.fit(iterations=iterations, progress=False)
        end += iterations
        ends.add(end)
    epochs = {-(-k * samples // batch_size) for k in range(1, end * batch_size // samples + 1)}
    assert history.steps == sorted(ends | epochs)
    assert len(history.loss) == end
    assert len(history.train_accuracy) == len(history.test_accuracy) == len(history.seconds) == len(history.steps)
    assert history.seconds == sorted(history.seconds)


@given(samples=st.integers(1, 40), batch_size=st.integers(1, 60), parts=st.lists(st.integers(1, 3), min_size=1))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_epochs_add_up(new_network, samples, batch_size, parts):
    data = np.ones((samples, 4)), np.zeros(samples, int)
    trainer = Trainer(new_network(), data, optimizer=SGD(0.1), batch_size=batch_size, seed=0)
    done = 0
    for epochs in parts:
        trainer.fit(epochs=epochs, progress=False)
        done += epochs
        if batch_size <= samples:
            assert trainer.step == -(-done * samples // batch_size)
    assert trainer.step >= done * samples / batch_size


def test_an_epoch_begun_in_the_middle_of_one_is_a_whole_one(network, data):
    trainer = Trainer(network, data[0], optimizer=SGD(0.1), batch_size=10, seed=0)
    trainer.fit(iterations=2, progress=False)
    trainer.fit(epochs=1, progress=False)
    assert trainer.step == 8


def test_accuracies_are_those_of_all_samples(network):
    draw = np.random.default_rng(0)
    network.params = {"W": draw.normal(size=(700, 3)), "b": np.zeros(3)}
    train, test = ((draw.normal(size=(n, 700)), draw.integers(3, size=n)) for n in (4001, 1603))  # several parts
    trainer = Trainer(network, (train, test), optimizer=SGD(1e-3), seed=0)
    history = trainer.fit(iterations=1, progress=False)
    assert history.train_accuracy[-1] == pytest.approx(network.accuracy(*train), abs=1e-15)
    assert history.test_accuracy[-1] == pytest.approx(network.accuracy(*test), abs=1e-15)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(new_network, data):
    runs = []
    for seed in (3, 3, 4):
        network = new_network()
        runs.append(
            (network, Trainer(network, data, optimizer=SGD(0.1), seed=seed).fit(iterations=30, progress=False))
        )
    assert same_run(*runs[0], *runs[1])
    assert not same_run(*runs[0], *runs[2])


def test_without_a_seed_numpys_own_decides(network, data):
    seeds = []
    for global_seed in (1, 1, 2):
        np.random.seed(global_seed)
        seeds.append(Trainer(network, data, optimizer=SGD(0.1)).seed)
    assert seeds[0] == seeds[1] != seeds[2]


def test_the_history_returned_does_not_change_later(network, data):
    trainer = Trainer(network, data, optimizer=SGD(0.1), seed=0)
    first = trainer.fit(iterations=5, progress=False)
    both = trainer.fit(iterations=5, progress=False)
    assert (len(first.loss), len(both.loss)) == (5, 10)
    assert both.loss[:5] == first.loss


def test_data_reaches_the_network_in_the_dtype_of_its_parameters(new_network, data):
    (x, t), test = data
    network = new_network(dtype="float32")
    seen = []
    step = network.loss_and_gradients
    network.loss_and_gradients = lambda x, t: seen.append((x.dtype, t.dtype)) or step(x, t)
    accuracy = network.accuracy
    network.accuracy = lambda x, t: seen.append((x.dtype, t.dtype)) or accuracy(x, t)
    Trainer(network, ((x, t), test), optimizer=SGD(0.1), seed=0).fit(iterations=2, progress=False)
    assert set(seen) == {(np.dtype("float32"), t.dtype)}
    assert network.params["W"].dtype == np.float32
    assert x.dtype == np.float64


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixels_of_one_byte_give_the_bits_of_pixels_divided_before(dtype):
    rng = np.random.default_rng(0)
    pixels, t = rng.integers(0, 256, (40, 6), dtype=np.uint8), rng.integers(0, 3, 40)
    floats = (pixels / np.asarray(255, dtype)).astype(dtype)
    runs = []
    for x, divide_by in ((pixels, 255), (floats, None)):
        network = TwoLayerNet(6, 4, 3, dtype=dtype, seed=0)
        trainer = Trainer(network, ((x, t), (x, t)), optimizer=SGD(0.5), batch_size=9, seed=1, divide_by=divide_by)
        history = trainer.fit(iterations=30, progress=False)
        runs.append((history.loss, history.train_accuracy, network.params["W1"].tolist()))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("divide_by", [0, -255, float("nan"), float("inf")])
def test_a_divisor_must_be_a_positive_number(network, data, divide_by):
    with pytest.raises(BackproofError, match="divide_by must be a positive number"):
        Trainer(network, data, optimizer=SGD(0.1), divide_by=divide_by)


def test_our_own_network_learns_and_float32_stays_float32(data):
    network = TwoLayerNet(4, 30, 3, weight_init_std=0.3, dtype="float32", seed=0)
    history = Trainer(network, data, optimizer=SGD(0.2), batch_size=20, seed=0).fit(iterations=600, progress=False)
    assert history.train_accuracy[-1] > 0.85
    assert {array.dtype.name for array in network.params.values()} == {"float32"}


@given(stop=st.integers(1, 50), every=st.integers(1, 60), sampling=st.sampled_from(["replacement", "shuffled"]))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_crashed_run_resumes_to_the_same_bits(tmp_path_factory, new_network, data, stop, every, sampling):
    path = tmp_path_factory.mktemp("run") / "checkpoint"
    options = {"batch_size": 7, "sampling": sampling, "checkpoint": path, "checkpoint_every": every}
    network = new_network()
    undisturbed = Trainer(network, data, optimizer=SGD(0.1), batch_size=7, sampling=sampling, seed=9)
    expected = undisturbed.fit(iterations=50, progress=False)

    crashed = new_network()
    crashed.on_step = crash_at(stop)
    with pytest.raises(Crash):
        Trainer(crashed, data, optimizer=SGD(0.1), seed=9, **options).fit(iterations=50, progress=False)
    resumed = new_network(seed=99)
    trainer = Trainer(resumed, data, optimizer=SGD(0.7), **options)
    history = trainer.resume(progress=False)
    assert same_run(resumed, history, network, expected)
    assert resumed.steps == 50 - (stop - 1) // every * every
    assert (trainer.step, trainer.seed, trainer.optimizer.learning_rate) == (50, 9, 0.1)
    assert same_run(resumed, trainer.resume(progress=False), network, expected)  # nothing left to do


def test_a_run_goes_on_after_its_end(new_network, data, tmp_path):
    network, other = new_network(), new_network()
    trainer = Trainer(network, data, optimizer=SGD(0.1), seed=0, checkpoint=tmp_path / "run")
    trainer.fit(iterations=20, progress=False)
    trainer.fit(iterations=20, progress=False)
    again = Trainer(other, data, optimizer=SGD(0.1), checkpoint=tmp_path / "run")
    assert again.resume(progress=False) == trainer.history
    assert again.total == 40


def test_a_checkpoint_can_be_taken_over_into_another_file(new_network, data, tmp_path):
    trainer = Trainer(new_network(), data, optimizer=SGD(0.1), seed=0)
    trainer.fit(iterations=5, progress=False)
    trainer.save(tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    second = Trainer(new_network(), data, optimizer=SGD(0.1), checkpoint=tmp_path / "b")
    second.resume(tmp_path / "a", progress=False)
    second.fit(iterations=5, progress=False)
    assert (tmp_path / "a").read_bytes() == content
    assert Checkpoint.load(tmp_path / "b").facts["step"] == 10
    third = Trainer(new_network(), data, optimizer=SGD(0.1), checkpoint=tmp_path / "b")
    with pytest.raises(CheckpointError, match="earlier run"):
        third.resume(tmp_path / "a", progress=False)


def test_facts_of_ones_own_are_kept(network, data, tmp_path):
    path = tmp_path / "run"
    Trainer(network, data, optimizer=SGD(0.1), checkpoint=path, about={"why": "é"}).fit(
        iterations=1, progress=False
    )
    assert json.loads(json.dumps(Checkpoint.load(path).facts))["about"] == {"why": "é"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_step_and_saves_before_it_is_raised(new_network, data, tmp_path, number):
    class Terminated(Exception):
        pass

    def terminate(*_):
        raise Terminated

    def strike(step):
        if step == 13:
            signal.raise_signal(number)

    path = tmp_path / "run"
    network, struck = new_network(), new_network()
    expected = Trainer(network, data, optimizer=SGD(0.1), seed=2).fit(iterations=30, progress=False)
    struck.on_step = strike
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else Terminated):
            Trainer(struck, data, optimizer=SGD(0.1), seed=2, checkpoint=path).fit(iterations=30, progress=False)
        assert signal.getsignal(signal.SIGTERM) is terminate
    finally:
        signal.signal(signal.SIGTERM, before)
    assert Checkpoint.load(path).facts["step"] == 13
    resumed = new_network()
    history = Trainer(resumed, data, optimizer=SGD(0.1), checkpoint=path).resume(progress=False)
    assert same_run(resumed, history, network, expected)


def test_the_second_ctrl_c_acts_at_once(network, data):
    def strike(step):
        if step == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    network.on_step = strike
    trainer = Trainer(network, data, optimizer=SGD(0.1))
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(iterations=30, progress=False)
    assert trainer.step == 2


def test_it_trains_outside_the_main_thread(network, data):
    trainer = Trainer(network, data, optimizer=SGD(0.1), seed=0)
    thread = threading.Thread(target=lambda: trainer.fit(iterations=5, progress=False))
    thread.start()
    thread.join()
    assert trainer.step == 5


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_good_checkpoint(new_network, data, tmp_path):
    (x, t), test = data
    path = tmp_path / "run"
    network = new_network(dtype="float32")
    trainer = Trainer(network, ((x, t), test), optimizer=SGD(0.1), seed=0, checkpoint=path, checkpoint_every=4)
    step = network.loss_and_gradients
    network.loss_and_gradients = lambda x, t: (float("nan"), {}) if trainer.step == 9 else step(x, t)
    with pytest.raises(
        DivergenceError, match=r"nan at step 10.*smaller learning rate \(0.01 .*step 8 is kept in .*run"
    ):
        trainer.fit(iterations=30, progress=False)
    assert Checkpoint.load(path).facts["step"] == 8
    assert len(trainer.history.loss) == 9


def test_real_divergence_is_an_error_without_warnings(data):
    network = TwoLayerNet(4, 8, 3, dtype="float32", seed=0)
    with pytest.raises(DivergenceError, match="step"):
        Trainer(network, data, optimizer=SGD(1e30), seed=0).fit(iterations=50, progress=False)


def test_bad_data_is_not_blamed_on_the_learning_rate(network, data):
    (x, t), _ = data
    x[:] = np.nan
    with pytest.raises(DivergenceError, match="look at the data") as raised:
        Trainer(network, (x, t), optimizer=SGD(0.1)).fit(iterations=5, progress=False)
    assert "learning rate" not in str(raised.value)


def test_a_checkpoint_with_parameters_that_are_not_finite_is_never_written(network, data, tmp_path):
    class Spoiler(SGD):
        def update(self, params, grads):
            super().update(params, grads)
            if trainer.step == 5:
                params["b"][0] = np.inf

    path = tmp_path / "run"
    trainer = Trainer(network, data[0], optimizer=Spoiler(0.1), checkpoint=path, checkpoint_every=2)
    with pytest.raises(DivergenceError, match=r"parameter b .*step 4 is kept"):
        trainer.fit(iterations=6, progress=False)
    assert Checkpoint.load(path).facts["step"] == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 9}, "batch_size 10, this one has 9"),
        ({"sampling": "shuffled"}, "sampling"),
        ({"seed": 1}, "seed 0, this one has 1"),
        ({"data": "other"}, "training data"),
        ({"data": "no test"}, "test data"),
        ({"network": "other"}, "parameters"),
        ({"optimizer": "other"}, "optimizer SGD, this one has Momentum"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_nothing_changed(new_network, data, tmp_path, change, message):
    class Momentum(SGD):
        pass

    path = tmp_path / "run"
    Trainer(new_network(), data, optimizer=SGD(0.1), batch_size=10, seed=0, checkpoint=path).fit(
        iterations=5, progress=False
    )
    content = path.read_bytes()
    (x, t), test = data
    change = dict(change)
    given = change.pop("data", None)
    data = ((x, (t + 1) % 3), test) if given == "other" else (x, t) if given == "no test" else data
    network = new_network(dtype="float32") if change.pop("network", None) else new_network(seed=8)
    optimizer = Momentum(0.9) if change.pop("optimizer", None) else SGD(0.9)
    before = network.params["W"].copy()
    trainer = Trainer(network, data, optimizer=optimizer, checkpoint=path, **{"batch_size": 10, **change})
    with pytest.raises(CheckpointError, match=message):
        trainer.resume(progress=False)
    assert path.read_bytes() == content
    assert np.array_equal(network.params["W"], before)
    assert (trainer.step, optimizer.learning_rate, trainer.history.loss) == (0, optimizer.learning_rate, [])


def test_the_state_of_another_version_of_the_optimizer_is_refused(new_network, data, tmp_path):
    class Stateless(SGD):
        def state(self):
            return {}

    Stateless.__name__ = "SGD"
    path = tmp_path / "run"
    Trainer(new_network(), data, optimizer=Stateless(0.1), checkpoint=path).fit(iterations=1, progress=False)
    with pytest.raises(CheckpointError, match="state of this optimizer"):
        Trainer(new_network(), data, optimizer=SGD(0.1)).resume(path)


def test_an_earlier_run_is_not_overwritten(network, data, tmp_path):
    path = tmp_path / "run"
    path.write_bytes(b"something of value")
    with pytest.raises(CheckpointError, match="earlier run"):
        Trainer(network, data, optimizer=SGD(0.1), checkpoint=path).fit(iterations=1, progress=False)
    assert path.read_bytes() == b"something of value"


def test_resume_needs_a_file(network, data):
    with pytest.raises(BackproofError, match="path of a checkpoint"):
        Trainer(network, data, optimizer=SGD(0.1)).resume()


def test_any_optimizer_with_update_trains_and_saves_only_with_its_state(network, data, tmp_path):
    class Bare:
        def update(self, params, grads):
            for name in params:
                params[name] -= 0.1 * grads[name]

    trainer = Trainer(network, data, optimizer=Bare())
    before = network.loss(*data[0])
    trainer.fit(iterations=20, progress=False)
    assert network.loss(*data[0]) < before
    with pytest.raises(BackproofError, match="lacks state, restore"):
        Trainer(network, data, optimizer=Bare(), checkpoint=tmp_path / "run")
    with pytest.raises(BackproofError, match="lacks state, restore"):
        trainer.save(tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"batch_size": 2.5}, "got 2.5"),
        ({"seed": -1}, "seed must be"),
        ({"seed": "x"}, "seed must be"),
        ({"sampling": "random"}, "replacement, shuffled, got 'random'"),
        ({"checkpoint_every": 0}, "checkpoint_every"),
        ({"optimizer": 0.1}, r"optimizer \(float\) lacks update"),
    ],
)
def test_bad_arguments_are_named(network, data, arguments, message):
    with pytest.raises(BackproofError, match=message):
        Trainer(network, data, **{"optimizer": SGD(0.1), **arguments})


@pytest.mark.parametrize("arguments", [{}, {"iterations": 1, "epochs": 1}, {"iterations": 0}, {"epochs": 1.5}])
def test_fit_needs_one_length(network, data, arguments):
    with pytest.raises(BackproofError, match=r"iterations|epochs"):
        Trainer(network, data, optimizer=SGD(0.1)).fit(**arguments)


def test_a_network_without_loss_and_gradients_is_told_so(data):
    class Books:
        params = None
        predict = loss = accuracy = gradient = None

    with pytest.raises(BackproofError, match=r"network \(Books\) lacks loss_and_gradients"):
        Trainer(Books(), data, optimizer=SGD(0.1))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (np.ones((4, 4)), BackproofError),
        ((np.ones((4, 4)),), BackproofError),
        (((np.ones((4, 4)), np.zeros(4, int)), np.ones(3)), BackproofError),
        ((np.ones((4, 4)), np.zeros(3, int)), ShapeError),
        ((np.ones((0, 4)), np.zeros(0, int)), ShapeError),
        ((1.0, 2.0), ShapeError),
    ],
)
def test_data_of_another_form_is_refused(network, data, error):
    with pytest.raises(error, match="data"):
        Trainer(network, data, optimizer=SGD(0.1))


def test_auto_takes_the_number_of_threads_that_is_faster_and_keeps_it(network, data, tmp_path):
    path = tmp_path / "run.safetensors"
    trainer = Trainer(network, data, optimizer=SGD(0.1), threads="auto", checkpoint=path)
    trainer.fit(iterations=3, progress=False)
    assert 1 <= trainer.threads <= (os.cpu_count() or 1)
    assert Checkpoint.load(path).facts["threads"] == trainer.threads


@pytest.mark.parametrize(("seconds", "expected"), [({1: 1.0, 2: 1.2}, 1), ({1: 1.2, 2: 0.7}, 2)])
def test_the_faster_number_of_threads_is_found(monkeypatch, seconds, expected):
    limits, clock = [1], [0.0]
    monkeypatch.setattr(threads, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(threads, "limited", lambda number: (limits.append(number), nullcontext())[1])

    def step():
        clock[0] += seconds[limits[-1]]

    assert threads.measured_threads(step) == expected


def test_small_shapes_get_one_thread_and_the_number_is_kept(network, data, tmp_path):
    assert blas_threads({"W": np.broadcast_to(np.float32(0), (784, 512))}, 128) == 1
    assert blas_threads({"W": np.broadcast_to(np.float32(0), (1 << 15, 1 << 15))}, 1024) == 2
    trainer = Trainer(network, data, optimizer=SGD(0.1), checkpoint=tmp_path / "run")
    trainer.threads = 2
    trainer.fit(iterations=1, progress=False)
    resumed = Trainer(network, data, optimizer=SGD(0.1), checkpoint=tmp_path / "run")
    resumed.resume(progress=False)
    assert resumed.threads == 2


def test_matplotlib_is_not_imported_before_a_plot_is_drawn():
    program = "import sys, backproof.training; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env=os.environ).returncode == 0
