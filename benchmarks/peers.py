"""The same training in PyTorch, JAX and scikit-learn, as their manuals show it, each with the same batches.

Each maker takes the parameters (W1, b1, W2 ...), the images and labels, and the indices of all batches, and
returns what takes the next `steps` steps, and what gives the parameters as they stand. scikit-learn draws its own
batches and weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Work(NamedTuple):
    """What is trained, on what, in which order: indices (batches, batch size)."""

    parameters: dict[str, Array]
    x: Array
    t: Array
    indices: Array
    learning_rate: float = 0.1

    @property
    def depth(self) -> int:
        return len(self.parameters) // 2


class Training(NamedTuple):
    run: Callable[[int], None]
    parameters: Callable[[], dict[str, Array]]


class _Batches:
    """The next so many rows of the indices."""

    def __init__(self, indices: Array) -> None:
        self.indices, self.at = indices, 0

    def next(self, steps: int) -> Array:
        if self.at + steps > len(self.indices):
            self.at = 0
        self.at += steps
        return self.indices[self.at - steps : self.at]


def torch_eager(work: Work, compiled: bool = False) -> Training:
    import torch

    torch.set_num_threads(1)
    linears = []
    for i in range(1, work.depth + 1):
        linear = torch.nn.Linear(*work.parameters[f"W{i}"].shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(work.parameters[f"W{i}"].T.copy()))
            linear.bias.copy_(torch.from_numpy(work.parameters[f"b{i}"]))
        linears += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*linears[:-1])
    forward = torch.compile(model) if compiled else model
    optimizer = torch.optim.SGD(model.parameters(), lr=work.learning_rate)
    loss_of = torch.nn.CrossEntropyLoss()
    x, t = torch.from_numpy(work.x), torch.from_numpy(work.t.astype(np.int64))
    batches = _Batches(work.indices)
    losses: list[float] = []

    def run(steps: int) -> None:
        for index in torch.from_numpy(batches.next(steps)):
            optimizer.zero_grad()
            loss = loss_of(forward(x[index]), t[index])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

    def parameters() -> dict[str, Array]:
        return {
            name: array
            for i, linear in enumerate(linears[::2], start=1)
            for name, array in (
                (f"W{i}", linear.weight.detach().numpy().T),
                (f"b{i}", linear.bias.detach().numpy()),
            )
        }

    return Training(run, parameters)


def torch_compiled(work: Work) -> Training:
    return torch_eager(work, compiled=True)


def _jax_update(work: Work) -> Any:
    import jax
    import jax.numpy as jnp

    def loss(p: Any, x: Any, t: Any) -> Any:
        for i in range(1, work.depth + 1):
            x = x @ p[f"W{i}"] + p[f"b{i}"]
            if i < work.depth:
                x = jax.nn.relu(x)
        return -jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1).mean()

    def update(p: Any, x: Any, t: Any) -> Any:
        value, grads = jax.value_and_grad(loss)(p, x, t)
        return jax.tree.map(lambda a, g: a - work.learning_rate * g, p, grads), value

    return update


def jax_step(work: Work) -> Training:
    """One compiled step, called from Python with a batch that NumPy gathered."""
    import jax

    update = jax.jit(_jax_update(work), donate_argnums=0)
    p = {name: jax.numpy.asarray(array) for name, array in work.parameters.items()}
    t = work.t.astype(np.int32)
    batches = _Batches(work.indices)
    losses: list[float] = []

    def run(steps: int) -> None:
        nonlocal p
        for index in batches.next(steps):
            p, loss = update(p, work.x[index], t[index])
            losses.append(float(loss))

    return Training(run, lambda: {name: np.asarray(array) for name, array in p.items()})


def jax_scan(work: Work) -> Training:
    """All steps of a turn in one compiled loop, the data on the device."""
    import jax

    update = _jax_update(work)

    @jax.jit
    def turn(p: Any, x: Any, t: Any, indices: Any) -> Any:
        return jax.lax.scan(lambda p, index: update(p, x[index], t[index]), p, indices)

    p = {name: jax.numpy.asarray(array) for name, array in work.parameters.items()}
    x, t = jax.numpy.asarray(work.x), jax.numpy.asarray(work.t.astype(np.int32))
    batches = _Batches(work.indices)
    losses: list[float] = []

    def run(steps: int) -> None:
        nonlocal p
        p, values = turn(p, x, t, batches.next(steps))
        losses.extend(np.asarray(values).tolist())

    return Training(run, lambda: {name: np.asarray(array) for name, array in p.items()})


def sklearn_mlp(work: Work) -> Training:
    """MLPClassifier with plain descent. It checks nothing for NaN here, which spares it a pass over the data."""
    import sklearn
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    batch_size = work.indices.shape[1]
    hidden = [work.parameters[f"b{i}"].size for i in range(1, work.depth)]
    model = MLPClassifier(
        hidden, activation="relu", solver="sgd", alpha=0, batch_size=batch_size, momentum=0,
        learning_rate_init=work.learning_rate, nesterovs_momentum=False,
    )  # fmt: skip
    classes = np.arange(10)

    def run(steps: int) -> None:
        rows = steps * batch_size
        if rows > len(work.x):
            raise ValueError("a turn of scikit-learn is one pass over the data at most")
        with sklearn.config_context(assume_finite=True):
            model.partial_fit(work.x[:rows], work.t[:rows], classes=classes)

    def parameters() -> dict[str, Array]:
        pairs = zip(model.coefs_, model.intercepts_, strict=True)
        return {k: a for i, (W, b) in enumerate(pairs, 1) for k, a in ((f"W{i}", W), (f"b{i}", b))}

    return Training(run, parameters)


def initial_parameters(sizes: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> dict[str, Array]:
    """N(0, 2/D) weights, zero biases."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, Array] = {}
    for i, (before, after) in enumerate(pairwise(sizes), start=1):
        arrays[f"W{i}"] = (rng.standard_normal((before, after)) * np.sqrt(2 / before)).astype(dtype)
        arrays[f"b{i}"] = np.zeros(after, dtype)
    return arrays
