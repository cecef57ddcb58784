"""Local derivative rules: what a layer is meant to be by its name, its formulas, and its numbers for one sample.

A rule is only what the name promises: each number it gives is set beside the one that the code gave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import words_of
from backproof.xray import mathml as m
from backproof.xray.graph import Edge, Graph, Node
from backproof.xray.values import Value
from backproof.xray.words import exact, figure, shape

TERMS = 3  # of a long sum that are written out
SAMPLE = 0  # the chosen sample: the first


@dataclass(frozen=True)
class Equation:
    """One entry computed: `symbols` names what from what, `numbers` puts the numbers in.

    rule is what the formula gives, code what the code gave; None where the code kept no such number.
    """

    symbols: str
    numbers: str
    rule: float | None = None
    code: float | None = None

    @property
    def agrees(self) -> bool:
        """To the four figures that are shown; float32 code, and a sum in another order, stay within that."""
        if self.code is None or self.rule is None:
            return True
        if math.isnan(self.code) or math.isnan(self.rule):
            return math.isnan(self.code) and math.isnan(self.rule)
        return self.rule == self.code or abs(self.rule - self.code) <= 1e-3 * max(abs(self.rule), abs(self.code))


@dataclass(frozen=True)
class Rule:
    """formulas(seen): MathML lines. forward, backward: the equations of one sample, [] where there are none."""

    name: str
    formulas: Callable[[Seen], list[str]]
    forward: Callable[[Seen], Iterator[Equation]]
    backward: Callable[[Seen], Iterator[Equation]]


class Seen:
    """One node with what went through it, under short names."""

    def __init__(self, graph: Graph, node: Node) -> None:
        self.node = node
        self.edges: list[Edge] = graph.into(node)
        call = node.call
        self.inputs = [v for v in call.inputs if isinstance(v, Value)] if call else []
        self.output: Value | None = call.output if call and isinstance(call.output, Value) else None
        self.upstream: Value | None = call.upstream if call and isinstance(call.upstream, Value) else None
        several = (
            call.returned if call and isinstance(call.returned, tuple) else (call.returned if call else None,)
        )
        self.returned = [v if isinstance(v, Value) else None for v in several]
        self.makes = node.makes or {"operation": "z", "loss": "L"}.get(node.kind, "y")
        self.parameters = {p.key: p for p in node.parameters}

    @property
    def weights(self) -> tuple[Any, Any]:
        """(the matrix, the bias) among the parameters; None for what is not there."""
        matrix = next((p for p in self.parameters.values() if len(p.value.shape) == 2), None)
        width = matrix.value.shape[-1] if matrix else -1
        bias = next((p for p in self.parameters.values() if p is not matrix and p.value.size == width), None)
        return matrix, bias


def rule_of(seen: Seen) -> Rule:
    """The rule that the class or variable name promises, where the shapes fit; else the chain rule in general."""
    words = words_of(seen.node.class_name) | words_of(seen.node.name)
    two, keeps_shape = len(seen.inputs) == 2, _keeps_shape(seen)
    is_loss = bool(words & {"loss", "cross", "entropy"})
    promised = [
        (SOFTMAX_LOSS, bool(words & {"softmax"}) and is_loss, two and len(seen.inputs[0].shape) <= 2),
        (AFFINE, bool(words & {"affine", "linear", "dense", "fc", "fullyconnected"}), seen.weights[0] is not None),
        (RELU, bool(words & {"relu"}) and not words & {"leaky", "p", "e", "s", "g"}, keeps_shape),
        (SIGMOID, bool(words & {"sigmoid", "logistic"}), keeps_shape),
        (TANH, "tanh" in words, keeps_shape),
        (MULTIPLY, bool(words & {"mul", "multiply", "times", "product"}), two),
        (ADD, bool(words & {"add", "plus", "sum"}), two),
    ]
    named = [(rule, fits) for rule, is_named, fits in promised if is_named]
    return named[0][0] if len(named) == 1 and named[0][1] else GENERAL  # affine_relu is neither


def _keeps_shape(seen: Seen) -> bool:
    return len(seen.inputs) == 1 and (seen.output is None or seen.output.shape == seen.inputs[0].shape)


# Numbers


def _shown(value: float, seen: Seen) -> str:
    return exact(value) if seen.node.kind == "operation" else figure(value)


def _factor(text: str) -> str:
    """A number as a factor or a term: in parentheses where it is negative."""
    return f"({text})" if text.startswith("−") else text


def _entry(value: Value | None, index: tuple[int, ...]) -> float:
    assert value is not None
    return float(value.array[index])


def _is_there(*values: Value | None) -> bool:
    """Whether the entries themselves were kept."""
    return all(
        value is not None and value.is_whole and value.size and value.array.dtype.kind in "fiub"
        for value in values
    )


def _largest(row: Array) -> int:
    return int(np.nanargmax(np.abs(row))) if row.size and not np.isnan(row).all() else 0


def _entry_of_sample(value: Value) -> tuple[int, ...]:
    """The index of the largest entry of the chosen sample, or of all where there is one row."""
    if len(value.shape) < 2:
        return tuple(int(i) for i in np.unravel_index(_largest(value.array.reshape(-1)), value.shape))
    row = value.array[SAMPLE]
    return (SAMPLE, *(int(i) for i in np.unravel_index(_largest(row.reshape(-1)), row.shape)))


def _sub(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _sum_of_products(a: Array, b: Array) -> str:
    """ "0.16 · 0.14 + 0.2 · 0.1 + … (782 more)", the largest products first."""
    products = a * b
    order = np.argsort(-np.abs(np.nan_to_num(products)), kind="stable")
    shown = [f"{_factor(figure(float(a[i])))} · {_factor(figure(float(b[i])))}" for i in order[:TERMS]]
    left = len(order) - len(shown)
    return " + ".join(shown) + (f" + … ({left} more)" if left else "")


# Affine


def _affine_formulas(seen: Seen) -> list[str]:
    matrix, bias = seen.weights
    W, b = matrix.name, bias.name if bias else ""
    x, y = _rows(seen.inputs[0].shape, matrix.value.shape[0]), _rows_out(seen)
    flat = [m.sign("+"), m.under(m.name(b), shape(bias.value.shape))] if bias else []
    lines = [
        m.math(
            m.under(m.name("y"), shape(y)), m.sign("="), m.under(m.name("x"), shape(x)),
            m.under(m.name(W), shape(matrix.value.shape)), *flat,
        ),
        m.math(
            m.under(m.partial("x"), shape(x)), m.sign("="), m.under(m.partial("y"), shape(y)),
            m.under(m.transposed(m.name(W)), shape(matrix.value.shape[::-1])),
        ),
        m.math(
            m.under(m.partial(W), shape(matrix.value.shape)), m.sign("="),
            m.under(m.transposed(m.name("x")), shape(x[::-1])), m.under(m.partial("y"), shape(y)),
        ),
    ]  # fmt: skip
    if bias:
        total = [m.sum_over("n"), m.sub(m.partial("y"), m.name("n"))] if len(y) > 1 else [m.partial("y")]
        lines.append(m.math(m.under(m.partial(b), shape(bias.value.shape)), m.sign("="), *total))
    return lines


def _rows(of: tuple[int, ...], features: int) -> tuple[int, ...]:
    return (of[0], features) if len(of) > 1 else of


def _rows_out(seen: Seen) -> tuple[int, ...]:
    matrix, _ = seen.weights
    x = seen.inputs[0].shape
    return (x[0], matrix.value.shape[1]) if len(x) > 1 else (matrix.value.shape[1],)


def _affine_parts(seen: Seen) -> tuple[Array, Array, Array | None] | None:
    """(x of all samples as rows, W, b), where their entries were kept and fit."""
    matrix, bias = seen.weights
    x = seen.inputs[0]
    if not _is_there(x, matrix.value) or x.size % matrix.value.shape[0]:
        return None
    rows = x.array.reshape(-1, matrix.value.shape[0])
    return rows, matrix.value.array, bias.value.array.reshape(-1) if bias and _is_there(bias.value) else None


def _affine_forward(seen: Seen) -> Iterator[Equation]:
    parts = _affine_parts(seen)
    if parts is None or not _is_there(seen.output):
        return
    x, W, b = parts
    assert seen.output is not None
    y = seen.output.array.reshape(len(x), -1)
    if y.shape[1] != W.shape[1]:
        return
    matrix, bias = seen.weights
    j = _largest(y[SAMPLE])
    at = _at(seen.output, SAMPLE, j)
    last = f" + {_factor(figure(float(b[j])))}" if b is not None else ""
    rule = float(x[SAMPLE] @ W[:, j]) + (float(b[j]) if b is not None else 0.0)
    yield Equation(
        f"{_sub('y', at)} = Σᵢ {_sub('x', _at(seen.inputs[0], SAMPLE, 'i'))} · {matrix.name}[i, {j}]"
        + (f" + {bias.name}[{j}]" if b is not None else ""),
        f"{figure(float(y[SAMPLE, j]))} = {_sum_of_products(x[SAMPLE], W[:, j])}{last}",
        rule,
        float(y[SAMPLE, j]),
    )


def _at(value: Value, *index: Any) -> tuple[Any, ...]:
    """The index of an entry, without the sample's where there is only one sample."""
    return index if len(value.shape) > 1 else index[1:]


def _affine_backward(seen: Seen) -> Iterator[Equation]:
    parts = _affine_parts(seen)
    if parts is None or not _is_there(seen.upstream):
        return
    x, W, _ = parts
    assert seen.upstream is not None
    dout = seen.upstream.array.reshape(len(x), -1)
    if dout.shape[1] != W.shape[1]:
        return
    matrix, bias = seen.weights
    dx = seen.returned[0]
    if dx is not None and _is_there(dx) and dx.size == x.size:
        given = dx.array.reshape(x.shape)[SAMPLE]
        i = _largest(given)
        yield Equation(
            f"∂L/∂x{list(_at(dx, SAMPLE, i))} = Σⱼ ∂L/∂y{_list(_at(dx, SAMPLE, 'j'))} · {matrix.name}[{i}, j]",
            f"{figure(float(given[i]))} = {_sum_of_products(dout[SAMPLE], W[i])}",
            float(dout[SAMPLE] @ W[i]),
            float(given[i]),
        )
    if matrix.gradient is not None and _is_there(matrix.gradient) and matrix.gradient.shape == W.shape:
        dW = matrix.gradient.array
        i, j = (int(k) for k in np.unravel_index(_largest(dW.reshape(-1)), dW.shape))
        yield Equation(
            f"∂L/∂{matrix.name}[{i}, {j}] = Σₙ x[n, {i}] · ∂L/∂y[n, {j}]",
            f"{figure(float(dW[i, j]))} = {_sum_of_products(x[:, i], dout[:, j])}",
            float(x[:, i] @ dout[:, j]),
            float(dW[i, j]),
        )
    if bias and bias.gradient is not None and _is_there(bias.gradient) and bias.gradient.size == dout.shape[1]:
        db = bias.gradient.array.reshape(-1)
        j = _largest(db)
        column = dout[:, j]
        order = np.argsort(-np.abs(np.nan_to_num(column)), kind="stable")[:TERMS]
        shown = " + ".join(_factor(figure(float(column[n]))) for n in order)
        left = len(column) - len(order)
        yield Equation(
            f"∂L/∂{bias.name}[{j}] = Σₙ ∂L/∂y[n, {j}]",
            f"{figure(float(db[j]))} = {shown}" + (f" + … ({left} more)" if left > 0 else ""),
            float(column.sum()),
            float(db[j]),
        )


def _list(index: tuple[Any, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


AFFINE = Rule("affine", _affine_formulas, _affine_forward, _affine_backward)


# Activations


def _elementwise(
    name: str,
    forward_formula: list[str],
    slope_formula: list[str],
    f: Callable[[float], float],
    words: Callable[[str], str],
    slope: Callable[[float, float], float],
    slope_words: Callable[[str, str], str],
) -> Rule:
    """A rule for y = f(x) entry by entry; slope(x, y) is dy/dx, words(x) and slope_words(x, y) put numbers in."""

    def formulas(seen: Seen) -> list[str]:
        size = shape(seen.inputs[0].shape)
        return [
            m.math(m.under(m.name("y"), size), m.sign("="), *forward_formula),
            m.math(m.under(m.partial("x"), size), m.sign("="), m.partial("y"), m.sign("⊙"), *slope_formula),
        ]

    def forward(seen: Seen) -> Iterator[Equation]:
        if not _is_there(seen.inputs[0], seen.output):
            return
        index = _entry_of_sample(seen.inputs[0])
        x, y = _entry(seen.inputs[0], index), _entry(seen.output, index)
        yield Equation(
            f"{_sub('y', index)} = {words(_sub('x', index))}", f"{figure(y)} = {words(figure(x))}", f(x), y
        )

    def backward(seen: Seen) -> Iterator[Equation]:
        dx = seen.returned[0]
        if dx is None or not _is_there(seen.inputs[0], seen.output, seen.upstream, dx):
            return
        if seen.upstream is None or not seen.inputs[0].shape == dx.shape == seen.upstream.shape:
            return
        index = _entry_of_sample(seen.upstream)
        x, y = _entry(seen.inputs[0], index), _entry(seen.output, index)
        dout, given = _entry(seen.upstream, index), _entry(dx, index)
        symbols = slope_words(_sub("x", index), _sub("y", index))
        yield Equation(
            f"∂L/∂{_sub('x', index)} = ∂L/∂{_sub('y', index)} · {symbols}",
            f"{figure(given)} = {_factor(figure(dout))} · {slope_words(figure(x), figure(y))}",
            dout * slope(x, y),
            given,
        )

    return Rule(name, formulas, forward, backward)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


RELU = _elementwise(
    "relu",
    [m.name("max"), m.sign("("), m.number("0"), m.sign(","), m.name("x"), m.sign(")")],
    [m.sign("["), m.name("x"), m.sign(">"), m.number("0"), m.sign("]")],
    lambda x: max(0.0, x) if not math.isnan(x) else x,
    lambda x: f"max(0, {x})",
    lambda x, y: float(x > 0),
    lambda x, y: f"[{x} > 0]",
)
_ONE_MINUS_Y = [m.sign("("), m.number("1"), m.sign("−"), m.name("y"), m.sign(")")]
SIGMOID = _elementwise(
    "sigmoid",
    [
        m.fraction(
            m.number("1"),
            m.row(m.number("1"), m.sign("+"), m.sup(m.name("e"), m.row(m.sign("−"), m.name("x")))),
        )
    ],
    [m.name("y"), m.sign("⊙"), *_ONE_MINUS_Y],
    _logistic,
    lambda x: f"1 / (1 + e^(−{_factor(x)}))",
    lambda x, y: y * (1 - y),
    lambda x, y: f"{y} · (1 − {y})",
)
TANH = _elementwise(
    "tanh",
    [m.name("tanh"), m.sign("("), m.name("x"), m.sign(")")],
    [m.sign("("), m.number("1"), m.sign("−"), m.sup(m.name("y"), m.number("2")), m.sign(")")],
    math.tanh,
    lambda x: f"tanh({x})",
    lambda x, y: 1 - y * y,
    lambda x, y: f"(1 − {_factor(y)}²)",
)


# Softmax with loss


def _softmax_formulas(seen: Seen) -> list[str]:
    x, t = seen.inputs
    samples = x.shape[0] if len(x.shape) > 1 else 1

    def at(name: str, *index: str) -> str:
        return m.sub(m.name(name), m.row(*map(m.name, index)))

    size = shape(x.shape)
    rows = t.size == x.size
    label = [m.sum_over("k"), m.under(at("t", "n", "k"), shape(t.shape))] if rows else []
    chosen = at("p", "n", "k") if rows else m.sub(m.name("p"), m.row(m.name("n"), at("t", "n")))
    over = m.fraction(m.number("1"), m.number(str(samples)))
    bottom = m.row(m.sum_over("j"), m.sup(m.name("e"), at("x", "n", "j")))
    return [
        m.math(m.under(at("p", "n", "k"), size), m.sign("="),
               m.fraction(m.sup(m.name("e"), at("x", "n", "k")), bottom)),
        m.math(m.name("L"), m.sign("="), m.sign("−"), over, m.sum_over("n"), *label, m.name("log"), chosen),
        m.math(m.under(m.partial("x"), size), m.sign("="),
               m.fraction(m.row(m.name("p"), m.sign("−"), m.name("t")), m.number(str(samples)))),
    ]  # fmt: skip


def _softmax_parts(seen: Seen) -> tuple[Array, Array, Array] | None:
    """(probabilities, labels as rows, log of the probabilities), where the entries were kept and fit."""
    x, t = seen.inputs
    if not _is_there(x, t):
        return None
    scores = np.atleast_2d(x.array.astype(np.float64))
    if t.size == scores.size:
        labels = t.array.reshape(scores.shape).astype(np.float64)
    elif (
        t.size == len(scores)
        and t.array.dtype.kind in "iu"
        and t.array.max() < scores.shape[1]
        and t.array.min() >= 0
    ):
        labels = np.eye(scores.shape[1])[t.array.reshape(-1)]
    else:
        return None
    with np.errstate(all="ignore"):
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.exp(log_p), labels, log_p


def _softmax_forward(seen: Seen) -> Iterator[Equation]:
    parts = _softmax_parts(seen)
    if parts is None or seen.output is None or not seen.output.is_number:
        return
    p, t, log_p = parts
    with np.errstate(all="ignore"):
        losses = -(np.where(t != 0, t * log_p, 0.0)).sum(axis=1)
    k, loss = int(t[SAMPLE].argmax()), seen.output.number
    with np.errstate(all="ignore"):
        powers = np.exp(np.atleast_2d(seen.inputs[0].array.astype(np.float64))[SAMPLE])
    at, every = _list(_at(seen.inputs[0], SAMPLE, k)), _list(_at(seen.inputs[0], SAMPLE, "j"))
    if np.isfinite(powers.sum()) and powers[k]:
        share = f"{figure(float(powers[k]))} / {figure(float(powers.sum()))}"
        yield Equation(f"p{at} = e^x{at} / Σⱼ e^x{every}", f"{figure(float(p[SAMPLE, k]))} = {share}")
    if t[SAMPLE, k] == 1:
        yield Equation(
            f"loss of sample {SAMPLE} = −log p{at}",
            f"{figure(float(losses[SAMPLE]))} = −log({figure(float(p[SAMPLE, k]))})",
        )
    shown = " + ".join(_factor(figure(float(v))) for v in losses[:TERMS])
    left = len(losses) - TERMS
    yield Equation(
        f"L = (1/{len(losses)}) Σₙ (−log p of n's class)",
        f"{figure(loss)} = ({shown}" + (f" + … ({left} more)" if left > 0 else "") + f") / {len(losses)}",
        float(losses.mean()),
        loss,
    )


def _softmax_backward(seen: Seen) -> Iterator[Equation]:
    parts, dx = _softmax_parts(seen), seen.returned[0]
    if parts is None or dx is None or not _is_there(dx) or dx.size != parts[0].size:
        return
    p, t, _ = parts
    given = dx.array.reshape(p.shape)
    k, samples = int(t[SAMPLE].argmax()), len(p)
    upstream = seen.upstream.number if seen.upstream is not None and seen.upstream.is_number else 1.0
    times = f" · {_factor(figure(upstream))}" if upstream != 1 else ""
    at = _list(_at(dx, SAMPLE, k))
    yield Equation(
        f"∂L/∂x{at} = (p{at} − t{at}) / {samples}" + (" · dout" if times else ""),
        f"{figure(float(given[SAMPLE, k]))} = ({figure(float(p[SAMPLE, k]))} − {figure(float(t[SAMPLE, k]))}) "
        f"/ {samples}{times}",
        float((p[SAMPLE, k] * t[SAMPLE].sum() - t[SAMPLE, k]) / samples * upstream),
        float(given[SAMPLE, k]),
    )


SOFTMAX_LOSS = Rule("softmax with loss", _softmax_formulas, _softmax_forward, _softmax_backward)


# Two values into one


def _names(seen: Seen) -> tuple[str, str]:
    names = [edge.name or "x" for edge in seen.edges][:2]
    return (names[0], names[1]) if len(names) == 2 else ("x", "y")


def _binary(
    name: str,
    operator: str,
    f: Callable[[float, float], float],
    slopes: Callable[[float, float], tuple[float, float]],
    slope_names: Callable[[str, str], tuple[str, str]],
) -> Rule:
    def formulas(seen: Seen) -> list[str]:
        a, b = _names(seen)
        slope_a, slope_b = slope_names(a, b)
        lines = [m.math(m.name(seen.makes), m.sign("="), m.name(a), m.sign(operator), m.name(b))]
        for of, slope in ((a, slope_a), (b, slope_b)):
            factor = m.number(slope) if slope.isdigit() else m.name(slope)
            lines.append(m.math(m.partial(of), m.sign("="), m.partial(seen.makes), m.sign("·"), factor))
        return lines

    def entries(seen: Seen) -> tuple[tuple[int, ...], float, float] | None:
        if not _is_there(*seen.inputs) or seen.inputs[0].shape != seen.inputs[1].shape:
            return None
        index = _entry_of_sample(seen.inputs[0])
        return index, _entry(seen.inputs[0], index), _entry(seen.inputs[1], index)

    def forward(seen: Seen) -> Iterator[Equation]:
        found = entries(seen)
        if found is None or not _is_there(seen.output):
            return
        index, a, b = found
        z = _entry(seen.output, index)
        first, second = (_sub(n, index) for n in _names(seen))
        yield Equation(
            f"{_sub(seen.makes, index)} = {first} {operator} {second}",
            f"{_shown(z, seen)} = {_factor(_shown(a, seen))} {operator} {_factor(_shown(b, seen))}",
            f(a, b),
            z,
        )

    def backward(seen: Seen) -> Iterator[Equation]:
        found = entries(seen)
        if found is None or not _is_there(seen.upstream) or seen.upstream is None:
            return
        index, a, b = found
        spread = np.broadcast_to(seen.upstream.array, seen.inputs[0].shape)
        dout = float(spread[index])
        names, slope_words = _names(seen), slope_names(*(_sub(n, index) for n in _names(seen)))
        for i, slope in enumerate(slopes(a, b)):
            given = seen.returned[i] if i < len(seen.returned) else None
            if given is None or not _is_there(given) or given.shape != seen.inputs[0].shape:
                continue
            back = _entry(given, index)
            yield Equation(
                f"∂L/∂{_sub(names[i], index)} = ∂L/∂{_sub(seen.makes, index)} · {slope_words[i]}",
                f"{_shown(back, seen)} = {_factor(_shown(dout, seen))} · {_factor(_shown(slope, seen))}",
                dout * slope,
                back,
            )

    return Rule(name, formulas, forward, backward)


MULTIPLY = _binary("multiply", "·", lambda a, b: a * b, lambda a, b: (b, a), lambda a, b: (b, a))
ADD = _binary("add", "+", lambda a, b: a + b, lambda a, b: (1.0, 1.0), lambda a, b: ("1", "1"))


# Anything else


def _general_formulas(seen: Seen) -> list[str]:
    names = [edge.name or "x" for edge in seen.edges if edge.gradient is not None] or ["x"]
    sizes = {edge.name or "x": edge.value.shape for edge in seen.edges if edge.value is not None}
    y = shape(seen.output.shape) if seen.output is not None else ""
    arguments = [part for n in names for part in (m.sign(","), m.under(m.name(n), shape(sizes.get(n, ()))))][1:]
    lines = [m.math(m.under(m.name("y"), y), m.sign("="), m.name("f"), m.sign("("), *arguments, m.sign(")"))]
    wanted = [(n, shape(sizes.get(n, ()))) for n in names]
    wanted += [(p.name, shape(p.value.shape)) for p in seen.node.parameters]
    for n, size in wanted:
        jacobian = m.fraction(m.row(m.sign("∂"), m.name("y")), m.row(m.sign("∂"), m.name(n)))
        turned = m.transposed(m.row(m.sign("("), jacobian, m.sign(")")))
        lines.append(m.math(m.under(m.partial(n), size), m.sign("="), turned, m.under(m.partial("y"), y)))
    return lines


def _no_equations(seen: Seen) -> Iterator[Equation]:
    return iter(())


GENERAL = Rule("chain rule", _general_formulas, _no_equations, _no_equations)
