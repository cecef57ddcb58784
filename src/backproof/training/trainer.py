"""The training loop: data, batch, loss and gradients, optimizer, history."""

from __future__ import annotations

import math
import operator
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from backproof.blas import limited
from backproof.errors import BackproofError, ShapeError
from backproof.files import remove_unfinished
from backproof.optimizers import Optimizer
from backproof.protocols import Array, Network
from backproof.training.batches import Batches, Sampling, as_inputs
from backproof.training.checkpoint import Checkpoint, CheckpointError
from backproof.training.compiled import CompiledStep
from backproof.training.history import History
from backproof.training.interrupts import Held
from backproof.training.progress import Progress
from backproof.training.threads import blas_threads, measured_threads

Samples: TypeAlias = tuple[Array, Array]

_EVALUATED_AT_ONCE = 1 << 20  # entries of x; 4 MB of float32


class DivergenceError(BackproofError, ArithmeticError):
    """The loss or a parameter stopped being a finite number."""


class Trainer:
    """Trains a network on mini-batches: any object that has what `protocols.Network` lists.

    network: its parameters are changed in place.
    data: (x, t), or ((x_train, t_train), (x_test, t_test)); x: (N, ...), t: (N, ...). Floating arrays reach the
        network in the dtype of its parameters, batch by batch; nothing is copied whole.
    optimizer: `SGD(0.1)`, or any object with `update(params, grads)`.
    seed: chooses the batches; the same seed, machine and number of threads give the same bits. Where it is None
        it comes from NumPy's global generator, so that `np.random.seed` is honoured.
    sampling: "replacement" or "shuffled" (see `Batches`).
    divide_by: what x is divided by on its way to the network: 255 for pixels that are left as uint8, which need a
        quarter of the memory of float32 and give the same bits, faster.
    threads: of BLAS. None takes a fixed function of the shapes (see `blas_threads`); "auto" measures a few steps
        when `fit` begins and takes what is faster then, which gives up that the same seed gives the same bits.
    compiled: let numba compile what a step does between its matrix products; the same to rounding, and faster for
        small networks. `CompiledStep` says which ones; it needs the extra `backproof[compiled]`.
    checkpoint: a file to save to at the start, every `checkpoint_every` steps, at the end and when interrupted.
    about: JSON-ready facts to keep in the checkpoint, for whoever resumes the run.

    Attributes: `history`, `step` (steps done), `total` (where the last `fit` ends), `seed`, `threads`.
    Raises BackproofError for arguments that it cannot use, ShapeError where x and t do not belong together.
    """

    def __init__(
        self,
        network: Network,
        data: Samples | tuple[Samples, Samples],
        *,
        optimizer: Optimizer,
        batch_size: int = 100,
        seed: int | None = None,
        sampling: Sampling = "replacement",
        divide_by: float | None = None,
        threads: int | Literal["auto"] | None = None,
        compiled: bool = False,
        checkpoint: str | Path | None = None,
        checkpoint_every: int = 1000,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        _require(network, ("params", "predict", "loss", "accuracy", "loss_and_gradients"), "network")
        _require(optimizer, ("update",) if checkpoint is None else ("update", "state", "restore"), "optimizer")
        if sampling not in get_args(Sampling):
            raise BackproofError(f"sampling must be one of {', '.join(get_args(Sampling))}, got {sampling!r}")
        self.network = network
        self.optimizer = optimizer
        self._train, self._test = _train_and_test(data)
        self._batch_size = _whole(batch_size, "batch_size", least=1)
        self._sampling = sampling
        if divide_by is not None and not (math.isfinite(divide_by) and divide_by > 0):
            raise BackproofError(f"divide_by must be a positive number such as 255, got {divide_by!r}")
        self._divide_by = divide_by
        self._checkpoint = None if checkpoint is None else Path(checkpoint)
        self._checkpoint_every = _whole(checkpoint_every, "checkpoint_every", least=1)
        self._saved: int | None = None  # the step in the checkpoint file, once that is ours
        self._about = dict(about or {})
        self._seed_was_given = seed is not None
        self.seed = _whole(np.random.randint(2**31) if seed is None else seed, "seed", least=0)
        self.history = History()
        self.step = 0
        self.total = 0
        self._measures_threads = threads == "auto"
        if threads is None or threads == "auto":
            self.threads = blas_threads(network.params, self._batch_size)
        else:
            self.threads = _whole(threads, 'threads, if not "auto",', least=1)
        self._seconds = 0.0
        self._compiled = bool(compiled)
        if compiled:
            self._compiled_step()  # what it cannot train is said now

    def fit(self, *, iterations: int | None = None, epochs: int | None = None, progress: bool = True) -> History:
        """Train for that many *more* steps, or epochs, and return a copy of the whole history.

        An epoch is as many steps as it takes to draw as many samples as there are. Where test data was given,
        both accuracies are measured before the first step, after each epoch and at the end. Loss and gradients
        come from one forward pass.

        Ctrl-C and SIGTERM end the step, save the checkpoint, and are then raised as usual.
        Raises DivergenceError where the loss or a parameter is no longer finite (the last good checkpoint is
        kept), CheckpointError where the checkpoint file belongs to an earlier run, OSError.
        """
        if (iterations is None) == (epochs is None):
            raise BackproofError("give either iterations=... or epochs=..., one of the two")
        if iterations is not None:
            end = self.step + _whole(iterations, "iterations", least=1)
        else:
            end = self._after_epochs(_whole(epochs, "epochs", least=1))
        self._refuse_to_overwrite()
        self.total = end
        if self._measures_threads:
            x, t = self._batches()[self.step]
            self.threads = measured_threads(lambda: self.network.loss_and_gradients(x, t))
            self._measures_threads = False
        return self._run(progress)

    def resume(self, path: str | Path | None = None, *, progress: bool = True) -> History:
        """Take up the run in the checkpoint file (by default this trainer's own) and go on to its stored total.

        Gives bit for bit what never stopping would have given. The network, the data, the optimizer's class, the
        batch size and the sampling must be those of the run. Raises as `fit` does, and CheckpointError for a file
        that is missing, damaged, foreign or of another run; nothing has been changed then.
        """
        source = self._checkpoint if path is None else Path(path)
        if source is None:
            raise BackproofError("resume() needs the path of a checkpoint: Trainer was given none either")
        if source != self._checkpoint:
            self._refuse_to_overwrite()
        self._load(source)
        return self._run(progress)

    def save(self, path: str | Path) -> None:
        """Write the run as it stands into a checkpoint file, whole or not at all.

        Raises DivergenceError, before touching the file, where a parameter is not finite; OSError.
        """
        self._check_parameters()
        _require(self.optimizer, ("state", "restore"), "optimizer")
        facts = {
            **self._identity,
            "seed": self.seed,
            "step": self.step,
            "total": self.total,
            "threads": self.threads,
            "compiled": self._compiled,
            "seconds": self._seconds,
            "about": self._about,
        }
        Checkpoint(dict(self.network.params), self.optimizer.state(), self.history.tensors(), facts).save(path)

    def _run(self, progress: bool) -> History:
        """The loop, from `step` to `total`."""
        history = self.history
        losses = history.loss
        step = self._compiled_step() if self._compiled else self._numpy_step()
        if self._checkpoint is not None:
            remove_unfinished(self._checkpoint)
        next_save = self.step
        began = perf_counter() - self._seconds
        with (
            limited(self.threads),
            np.errstate(over="ignore", invalid="ignore", divide="ignore"),  # what is not finite is looked for
            Progress(self.step, self.total, progress) as shown,
            Held() as held,
        ):
            while held.signal is None:
                if self._evaluation_is_due():
                    self._check_parameters()
                    self._evaluate()
                    self._seconds = perf_counter() - began
                    history.seconds.append(self._seconds)
                if perf_counter() >= shown.due:
                    shown.show(self.step, history)
                if self.step >= self.total:
                    break
                if self.step == next_save:
                    next_save = self.step - self.step % self._checkpoint_every + self._checkpoint_every
                    self._seconds = perf_counter() - began
                    self._save_checkpoint()
                if isinstance(step, CompiledStep) and not step.is_compiled:
                    shown.note("compiling the step, once in a process")
                loss = step(self.step)
                if not math.isfinite(loss):
                    raise self._divergence(f"the loss is {loss} at step {self.step + 1}")
                losses.append(loss)
                self.step += 1
            self._seconds = perf_counter() - began
            self._check_parameters()
            self._save_checkpoint()
            shown.show(self.step, history)
        return history.copy()

    def _numpy_step(self) -> Callable[[int], float]:
        """step(i): the loss on batch i, and the update, unless the loss is not finite."""
        network, optimizer, params, batches = self.network, self.optimizer, self.network.params, self._batches()

        def step(i: int) -> float:
            x, t = batches[i]
            loss, grads = network.loss_and_gradients(x, t)
            loss = float(loss)
            if math.isfinite(loss):
                optimizer.update(params, grads)
            return loss

        return step

    def _compiled_step(self) -> CompiledStep:
        return CompiledStep(self.network, self.optimizer, *self._train, self._batches(), self._divide_by)

    def _batches(self) -> Batches:
        dtype = _common_float(self.network.params.values())
        return Batches(*self._train, self._batch_size, self.seed, self._sampling, dtype, self._divide_by)

    def _evaluation_is_due(self) -> bool:
        if self._test is None or (self.history.steps and self.history.steps[-1] == self.step):
            return False
        return self.step in (0, self.total) or self._is_end_of_epoch(self.step)

    def _epochs_at(self, step: int) -> int:
        return step * self._batch_size // len(self._train[0])

    def _is_end_of_epoch(self, step: int) -> bool:
        return self._epochs_at(step) > self._epochs_at(step - 1)

    def _after_epochs(self, epochs: int) -> int:
        """The step at which that many more epochs are over, counted from the last one where one just ended."""
        samples = len(self._train[0])
        seen = self.step * self._batch_size
        if self._is_end_of_epoch(self.step):
            seen = self._epochs_at(self.step) * samples
        return -(-(seen + epochs * samples) // self._batch_size)

    def _evaluate(self) -> None:
        assert self._test is not None
        accuracies = [self._accuracy(*self._train), self._accuracy(*self._test)]
        self.history.steps.append(self.step)
        self.history.train_accuracy.append(accuracies[0])
        self.history.test_accuracy.append(accuracies[1])

    def _accuracy(self, x: Array, t: Array) -> float:
        """Over all samples, a few at a time so that memory does not grow with the data."""
        rows = max(1, _EVALUATED_AT_ONCE * len(x) // max(x.size, 1))
        dtype = _common_float(self.network.params.values())
        parts = []
        for start in range(0, len(x), rows):
            part = as_inputs(x[start : start + rows], dtype, self._divide_by)
            parts.append(len(part) * self.network.accuracy(part, t[start : start + rows]))
        return math.fsum(parts) / len(x)

    def _check_parameters(self) -> None:
        for name, array in self.network.params.items():
            if not np.isfinite(array).all():
                raise self._divergence(f"parameter {name} is no longer finite after step {self.step}")

    def _divergence(self, what: str) -> DivergenceError:
        if self.step == 0:
            mend = "no step has been made yet, so look at the data and at the initial parameters"
        else:
            rate = getattr(self.optimizer, "learning_rate", None)
            mend = "try a smaller learning rate"
            if rate is not None:
                mend += f" ({rate / 10:g} instead of {rate:g})"
            mend += ", inputs scaled to 0..1, or smaller initial weights"
        kept = ""
        if self._saved is not None:
            kept = f"; the checkpoint of step {self._saved} is kept in {self._checkpoint}"
        return DivergenceError(f"{what}: {mend}{kept}")

    def _save_checkpoint(self) -> None:
        if self._checkpoint is not None:
            self.save(self._checkpoint)
            self._saved = self.step

    def _refuse_to_overwrite(self) -> None:
        if self._checkpoint is not None and self._saved is None and self._checkpoint.exists():
            raise CheckpointError(
                f"{self._checkpoint} holds an earlier run: resume() it, choose another name, or delete it"
            )

    def _load(self, path: Path) -> None:
        saved = Checkpoint.load(path)
        facts, params = saved.facts, self.network.params
        for name, value in self._identity.items():
            if facts.get(name) != value:
                raise CheckpointError(f"{path} is of a run with {name} {facts.get(name)}, this one has {value}")
        if self._seed_was_given and facts["seed"] != self.seed:
            raise CheckpointError(f"{path} is of a run with seed {facts['seed']}, this one has {self.seed}")
        if facts.get("compiled", False) != self._compiled:
            raise CheckpointError(
                f"{path} is of a run with compiled={not self._compiled}, this one has compiled={self._compiled}, "
                "which rounds differently: give the trainer the option of the run"
            )
        try:
            self.optimizer.restore(saved.optimizer)
        except (KeyError, BackproofError) as error:
            raise CheckpointError(f"{path} does not hold the state of this optimizer: {error}") from error
        for name, array in saved.parameters.items():
            params[name][...] = array
        self.history = History.from_tensors(saved.history)
        self.seed, self.step, self.total = facts["seed"], facts["step"], facts["total"]
        self.threads, self._seconds, self._about = facts["threads"], facts["seconds"], facts["about"]
        if path == self._checkpoint:
            self._saved = self.step

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to be taken up again, JSON-ready."""
        return {
            "parameters": {name: [str(a.dtype), *a.shape] for name, a in self.network.params.items()},
            "optimizer": type(self.optimizer).__name__,
            "batch_size": self._batch_size,
            "sampling": self._sampling,
            "divide by": self._divide_by,
            "training data": _fingerprint(*self._train),
            "test data": None if self._test is None else _fingerprint(*self._test),
        }


def _require(thing: object, names: Sequence[str], role: str) -> None:
    missing = [name for name in names if not hasattr(thing, name)]
    if missing:
        raise BackproofError(
            f"the {role} ({type(thing).__name__}) lacks {', '.join(missing)}: "
            f"backproof.protocols.Network and backproof.optimizers.Optimizer say what each is"
        )


def _whole(value: Any, name: str, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise BackproofError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return number


def _train_and_test(data: Any) -> tuple[Samples, Samples | None]:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise BackproofError(
            f"data must be (x, t) or ((x_train, t_train), (x_test, t_test)), got {type(data).__name__}"
        )
    if isinstance(data[0], tuple):
        return _samples(data[0], "training"), _samples(data[1], "test")
    return _samples(data, "training"), None


def _samples(pair: Any, which: str) -> Samples:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise BackproofError(f"the {which} data must be a pair (x, t), got {type(pair).__name__}")
    x, t = np.asarray(pair[0]), np.asarray(pair[1])
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t) or len(x) == 0:
        raise ShapeError(
            f"the {which} data needs one or more samples along the first axis, as many in x as in t; "
            f"got x {x.shape} and t {t.shape}"
        )
    return x, t


def _common_float(params: Any) -> np.dtype[Any] | None:
    """The one floating dtype of all parameters, or None."""
    kinds = {array.dtype for array in params}
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind is not None and kind.kind == "f" else None


def _fingerprint(x: Array, t: Array) -> str:
    """Shapes, types and a checksum of all labels and of about a thousand samples: quick, and tells sets apart."""
    some = np.ascontiguousarray(x[:: max(1, len(x) // 1000)])
    checksum = zlib.crc32(some.tobytes(), zlib.crc32(np.ascontiguousarray(t).tobytes()))
    return f"x {x.dtype} {x.shape}, t {t.dtype} {t.shape}, checksum {checksum:08x}"
