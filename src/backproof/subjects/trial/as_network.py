"""The Network of code that was tried and understood: rows in, rows out, whatever the code's own layout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.subject import Network
from backproof.subjects.trial import implied
from backproof.subjects.trial.fit import Fit, factor_of, scale_words
from backproof.subjects.trial.matching import SIZES, short
from backproof.subjects.trial.one_network import Trial

_MOST_NUMBERS = 40  # of parameters that are single numbers, one by one


def as_network(trial: Trial, fit: Fit) -> Network:
    """What was tried as a Network, with the loss and the places of the gradients that fit."""
    runner, way = trial.runner, trial.way
    paths = _to_prove(trial, fit)
    rng = np.random.default_rng(2)
    descends = way.descends() or (way.trains and trial.updates)
    factor = factor_of(fit, trial.updates, descends, way.errors)
    names = {path: short(path) for path in trial.params}
    if len(set(names.values())) < len(names):
        names = {path: path for path in trial.params}
    penalised = [trial.params[p] for p in paths if fit.penalty and _is_penalised(trial, p, fit)]

    def loss(x: Array, t: Array) -> float:
        t = runner.rows_of(t)
        if fit.loss in way.losses:
            value = runner.own_loss(fit.loss, x, t)
        else:
            value = implied.LOSSES[fit.loss](runner.scores(x), x if way.rebuilds else t)
        value += 0.5 * fit.penalty * sum(float(np.vdot(a, a)) for a in penalised)
        return factor(len(x)) * value

    def gradient(x: Array, t: Array) -> dict[str, Any]:
        found = runner.gradients(x, runner.rows_of(t))
        still = {
            name: np.zeros_like(trial.params[name]) for name, p in paths.items() if p.startswith("update of ")
        }
        return {names[name]: found.get(place, still.get(name)) for name, place in paths.items()}

    t = runner.targets(SIZES[0], rng) if runner.hints.t is None else runner.rows_of(runner.hints.t)
    if runner.classes == 1 and runner.hints.t is None:
        t = t.astype(np.int64)
    return Network(
        name=way.name,
        understood=_understood(trial, fit, names) + _left_out(fit, paths),
        owner=way.roots if len(way.roots) > 1 else way.owner,
        parameters=lambda: {names[path]: trial.params[path] for path in paths},
        loss=loss,
        gradient=gradient,
        layers={},
        x=runner.inputs(SIZES[0], rng) if runner.hints.x is None else runner.hints.x,
        t=t,
        classes=runner.classes,
        predict=runner.scores if way.classes is None else None,
        source=way.source,
        rebuilds=way.rebuilds,
        functions=way.functions,
        scale=_scale(trial, fit),
        samples=SIZES if trial.layout.steps else None,
    )


def _scale(trial: Trial, fit: Fit) -> str:
    """The common factor between the gradients and the code's own loss; "" for 1, or where a rate is in it."""
    classes = trial.runner.classes
    if fit.loss not in trial.way.losses or trial.updates:
        return ""
    words = scale_words(fit).removeprefix(" times ")
    number, _, rest = words.partition(" ")
    for name, value in (
        ("the number of outputs", classes),
        ("2 / the number of outputs", 2 / classes),
    ):
        if words[:1].isdigit() and classes > 2 and math.isclose(float(number), value, rel_tol=1e-3):
            return f"{name} {rest}".strip()
    return words


def _is_penalised(trial: Trial, path: str, fit: Fit) -> bool:
    """Whether the penalty is on this parameter: its gradient says so, or it is weights, as others are."""
    shape = trial.params[path].shape
    return path in fit.penalised or (len(shape) > 1 and min(shape) > 1)


def _to_prove(trial: Trial, fit: Fit) -> dict[str, str]:
    """The parameters to prove: of very many single numbers first those that fit no common factor."""
    single = [path for path in fit.paths if trial.params[path].ndim == 0]
    wrong_first = sorted(single, key=lambda path: path in fit.agreeing)
    left_out = set(wrong_first[_MOST_NUMBERS:])
    return {path: place for path, place in fit.paths.items() if path not in left_out}


def _left_out(fit: Fit, paths: Mapping[str, str]) -> str:
    shown = len(paths), len(fit.paths)
    return "" if shown[0] == shown[1] else f"; proved for {shown[0]} of its {shown[1]} parameters, tried for all"


def _understood(trial: Trial, fit: Fit, names: Mapping[str, str]) -> str:
    first = next(iter(fit.paths.values()))
    place = "the update of the parameters" if first.startswith("update of ") else first
    loss = (
        f"its own {fit.loss}"
        if fit.loss in trial.way.losses
        else f"{fit.loss}{' against its input' * trial.way.rebuilds}, implied"
    )
    scale = scale_words(fit)
    missing = [names[path] for path in trial.params if path not in fit.paths]
    form = trial.runner.form
    numbers = "-1 or 1" if trial.way.predicts_signs() else "0 or 1"
    wanted = {"one-hot": "one-hot" if trial.runner.classes > 1 else numbers}.get(form, form)
    return (
        f"{trial.way.described}, {trial.layout.words}, gradients in {place}, loss: {loss}{scale}"
        + (f" (the gradients are exactly those of {trial.instead})" if trial.instead else "")
        + (", with an L2 penalty" if fit.penalty else "")
        + (f", labels: {wanted}" if trial.way.takes_labels else "")
        + (f"; no gradient found for {', '.join(missing[:4])}" if missing else "")
    )
