"""(a) The time of a training step, and (c) of the prediction of 10,000 images: python -m benchmarks.training."""

from __future__ import annotations

import benchmarks.environment  # noqa: F401 - before NumPy

# isort: split
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof import SGD, Trainer
from backproof.layers import Affine, Layer, Relu
from backproof.networks import Sequential
from backproof.training.batches import Batches
from benchmarks import peers, seeds
from benchmarks.contest import Bar, Contestant, Outcome, Times, contest
from benchmarks.peers import Array, Training, Work

OURS = "Backproof"
OURS_COMPILED = "Backproof, compiled"
FLOAT_IMAGES = "Backproof, float32 images"
BARE = "the bare matrix products"
SEEDS = "the seeds' formulation"
TORCH, COMPILED = "PyTorch eager", "PyTorch compiled"
JAX_STEP, JAX_SCAN = "JAX, a jitted step", "JAX, an epoch in one scan"
SKLEARN = "scikit-learn MLPClassifier"
PEERS: dict[str, Callable[[Work], Training]] = {
    TORCH: peers.torch_eager,
    COMPILED: peers.torch_compiled,
    JAX_STEP: peers.jax_step,
    JAX_SCAN: peers.jax_scan,
    SKLEARN: peers.sklearn_mlp,
}
BOTH = ((OURS, ""), (OURS_COMPILED, ", compiled"))  # each bar is shown for the step by NumPy and the optional one
IMAGES = 60_000


def network(parameters: dict[str, Array]) -> Sequential:
    layers: list[Layer] = []
    for i in range(1, len(parameters) // 2 + 1):
        layers += [Affine(parameters[f"W{i}"].copy(), parameters[f"b{i}"].copy()), Relu()]
    return Sequential(layers[:-1])


def images(count: int) -> tuple[Array, Array]:
    """Random pixels, 784 a row, and labels, uint8: what is in them does not change the time of a step."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 784), dtype=np.uint8), rng.integers(0, 10, count, dtype=np.uint8)


def bare_products(work: Work) -> Callable[[int], None]:
    """Forward, weight gradients and the gradients passed on, without the first: nothing else of a step."""
    batch = work.indices.shape[1]
    rng = np.random.default_rng(0)
    weights = [work.parameters[f"W{i}"] for i in range(1, work.depth + 1)]
    inputs = [rng.random((batch, len(W)), np.float32) for W in weights]
    upstream = [rng.standard_normal((batch, W.shape[1])).astype(np.float32) for W in weights]

    def run(steps: int) -> None:
        for _ in range(steps):
            for x, W in zip(inputs, weights, strict=True):
                x @ W
            for i in reversed(range(len(weights))):
                inputs[i].T @ upstream[i]
                if i:
                    upstream[i] @ weights[i].T

    return run


def seeds_training(work: Work) -> Callable[[int], None]:
    shapes = [work.parameters[f"W{i}"].shape for i in range(1, work.depth + 1)]
    net = seeds.TwoLayerNet(shapes[0][0], *(shape[1] for shape in shapes))
    for name, array in work.parameters.items():
        net.params[name][...] = array
    one_hot = np.eye(10)[work.t]
    losses: list[float] = []
    return lambda steps: seeds.train(net, work.x, one_hot, steps, work.indices.shape[1], losses)


def race(sizes: tuple[int, ...], batch: int, steps: int, rounds: int) -> Times:
    """All contestants at one network, `steps` a turn."""
    pixels, t = images(IMAGES)
    x = np.divide(pixels, np.float32(255), dtype=np.float32)
    parameters = peers.initial_parameters(sizes)
    source = Batches(x, t, batch, 0, "replacement")
    work = Work(parameters, x, t, np.array([source.indices(i) for i in range(steps * (rounds + 1))]))
    makers: dict[str, Any] = {name: make(work) for name, make in PEERS.items()}
    settings: dict[str, Any] = {"batch_size": batch, "seed": 0}
    ours = Trainer(network(parameters), (pixels, t), optimizer=SGD(work.learning_rate), divide_by=255, **settings)
    compiled = Trainer(
        network(parameters),
        (pixels, t),
        optimizer=SGD(work.learning_rate),
        divide_by=255,
        compiled=True,
        **settings,
    )
    floats = Trainer(network(parameters), (x, t), optimizer=SGD(work.learning_rate), **settings)
    bare, seed_steps = bare_products(work), seeds_training(work)
    contestants = [
        Contestant(OURS, lambda: ours.fit(iterations=steps, progress=False), steps),
        Contestant(OURS_COMPILED, lambda: compiled.fit(iterations=steps, progress=False), steps),
        Contestant(FLOAT_IMAGES, lambda: floats.fit(iterations=steps, progress=False), steps),
        Contestant(BARE, lambda: bare(steps), steps),
        Contestant(SEEDS, lambda: seed_steps(steps), steps),
        *(Contestant(name, lambda made=made: made.run(steps), steps) for name, made in makers.items()),
    ]
    return contest(f"{'-'.join(map(str, sizes))}, batch {batch}", contestants, rounds)


def agreement(sizes: tuple[int, ...], batch: int, steps: int) -> float:
    """Is it the same work? The largest difference of any parameter after it, relative to its tensor."""
    pixels, t = images(6_000)
    x = np.divide(pixels, np.float32(255), dtype=np.float32)
    parameters = peers.initial_parameters(sizes)
    source = Batches(x, t, batch, 0, "replacement")
    work = Work(parameters, x, t, np.array([source.indices(i) for i in range(steps)]))
    net, compiled = network(parameters), network(parameters)
    for ours in (net, compiled):
        Trainer(
            ours,
            (x, t),
            optimizer=SGD(work.learning_rate),
            batch_size=batch,
            seed=0,
            compiled=ours is compiled,
        ).fit(iterations=steps, progress=False)
    others = [compiled.params]
    for name, make in PEERS.items():
        if name == SKLEARN:
            continue  # draws its own batches
        made = make(work)
        made.run(steps)
        others.append(made.parameters())
    worst = 0.0
    for parameters in others:
        for key, theirs in parameters.items():
            mine = net.params[key]
            worst = max(worst, float(np.abs(theirs - mine).max() / np.abs(mine).max()))
    return worst


def predictions(rounds: int) -> Times:
    """Classes of 10,000 images by the network 784-50-10."""
    import jax
    import torch
    from sklearn.neural_network import MLPClassifier

    pixels, t = images(10_000)
    x = np.divide(pixels, np.float32(255), dtype=np.float32)
    parameters = peers.initial_parameters((784, 50, 10))
    ours = network(parameters)
    theirs = seeds.TwoLayerNet(784, 50, 10)
    W1, b1, W2, b2 = (torch.from_numpy(parameters[name]) for name in ("W1", "b1", "W2", "b2"))
    model = torch.nn.Sequential(torch.nn.Linear(784, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10))
    with torch.no_grad():
        for mine, value in zip(model.parameters(), (W1.T, b1, W2.T, b2), strict=True):
            mine.copy_(value)
    sk = MLPClassifier([50], solver="sgd", batch_size=100, max_iter=1).partial_fit(x, t, classes=np.arange(10))
    sk.coefs_ = [parameters["W1"], parameters["W2"]]
    sk.intercepts_ = [parameters["b1"], parameters["b2"]]
    p = {name: jax.numpy.asarray(array) for name, array in parameters.items()}
    compiled = jax.jit(lambda p, x: (jax.nn.relu(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]).argmax(axis=1))
    for name, array in parameters.items():
        theirs.params[name][...] = array

    def by_torch() -> Array:
        with torch.inference_mode():
            return model(torch.from_numpy(x)).argmax(dim=1).numpy()

    answers: dict[str, Callable[[], Array]] = {
        OURS: lambda: ours.predict(x).argmax(axis=1),
        SEEDS: lambda: np.argmax(theirs.predict(x), axis=1),
        TORCH: by_torch,
        "JAX, jitted": lambda: np.asarray(compiled(p, x)),
        SKLEARN: lambda: sk.predict(x),
    }
    first = answers[OURS]()
    for name, answer in answers.items():
        if (different := int((answer() != first).sum())) > 5:  # near ties round differently
            raise RuntimeError(f"{name} predicts otherwise for {different} of 10,000 images")
    contestants = [
        Contestant(name, lambda answer=answer: [answer() for _ in range(5)], 5) for name, answer in answers.items()
    ]
    return contest("prediction of 10,000 images", contestants, rounds, "10,000 images")


def main() -> None:
    outcome = Outcome("training")
    small = race((784, 50, 10), 100, 600, 15)
    middle = race((784, 512, 10), 128, 60, 11)
    large = race((784, 1024, 1024, 10), 512, 8, 9)
    outcome.contests = [small, middle, large, predictions(15)]
    for what, limit, other in (
        ("the seeds' formulation", 0.30, SEEDS),
        ("PyTorch eager", 0.52, TORCH),
        ("scikit-learn", 0.35, SKLEARN),
        ("JAX scan", 1.00, JAX_SCAN),
        ("the bare matrix products", 1.70, BARE),
    ):
        for ours, told in BOTH:
            outcome.bars.append(Bar.of(f"(a) {small.title}{told}: of {what}", limit, small.ratios(ours, other)))
    for times, limit in ((middle, 1.20), (large, 1.10)):
        best = times.fastest(list(PEERS))
        for ours, told in BOTH:
            outcome.bars.append(
                Bar.of(f"(a) {times.title}{told}: of the fastest peer ({best})", limit, times.ratios(ours, best))
            )
    worst = agreement((784, 50, 10), 100, 60)
    outcome.notes.append(
        "Same work: after the same 60 steps from the same parameters, Backproof, compiled or not, PyTorch and JAX "
        "have parameters "
        f"that differ by at most {worst:.0e} of the largest entry of their tensor."
    )
    outcome.save()


if __name__ == "__main__":
    main()
