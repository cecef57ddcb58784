"""Which causes are right: for each fault by hand, and for a mutant by what was edited and where.

The sets are derived from the edit alone. One rule settles which slugs are equivalent: a slug is right where
its page describes the edit and its mend, carried out there, undoes it. A fault for which the catalogue has no
such slug has an empty set, and only "unknown" is honest.

SYMPTOMS say what is seen and not why ("not-softmax", "raises"); they count as "unknown", unless a set holds them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from .mutants import Mutant
from .subjects import PROGRAM

Causes = tuple[str, ...]

SYMPTOMS = frozenset(
    {
        "unknown",
        "raises",
        "wrong-shape",
        "not-a-number-array",
        "gradient-missing",
        "entries-zeroed",
        "extra-term",
        "mixes-samples",
        "depends-on-earlier-calls",
    }
)


def is_symptom(cause: str) -> bool:
    return cause in SYMPTOMS or cause.startswith("not-")


def about_forward(cause: str) -> bool:
    """A symptom that blames the forward: false where the forward is right."""
    return (cause.startswith("not-") and cause != "not-a-number-array") or cause == "mixes-samples"


# what arrays averaged once too often look like; a loss averages them the first time
AVERAGED = ("averaged-twice", "averaged-instead-of-summed")
OVER_BATCH = ("softmax-over-batch", "sum-without-axis")
OVER_COLUMNS = ("softmax-wrong-axis", "wrong-axis")
NO_AXIS = ("sum-without-axis", "wrong-axis")
STALE = ("stale-cache", "depends-on-earlier-calls")
SHARED = ("disturbed-between", "stale-cache")
REORDERED = ("axes-permuted", "order-not-restored", "transposed")
TERM = ("batch-norm-term-missing", "statistics-as-constants")
SIGN = ("wrong-sign", "sign-flipped")
LOSS_TIMES_N = ("loss-scale", "wrong-factor", "missing-batch-mean", *AVERAGED)
DECAY = ("regulariser-missing", "regulariser-factor")

HAND: dict[str, Causes] = {
    # backward
    "relu-without-mask": ("mask-missing", "dout-passed-through"),
    "relu-mask-inverted": ("mask-inverted",),
    "relu-mask-from-dout": ("mask-from-dout",),
    "bias-gradient-over-units": ("wrong-axis",),
    "bias-gradient-without-axis": NO_AXIS,
    "bias-gradient-mean": AVERAGED,
    "bias-gradient-first-row": ("one-row-only",),
    "weight-gradient-averaged-again": AVERAGED,
    "weight-gradient-doubled": ("wrong-factor",),
    "weight-gradient-transposed": ("operands-swapped", "transposed"),
    "loss-gradient-not-averaged": ("missing-batch-mean",),
    "loss-gradient-averaged-twice": AVERAGED,
    "loss-gradient-over-all-entries": ("wrong-factor",),
    "loss-gradient-sign": ("wrong-sign",),
    "sigmoid-derivative-at-input": ("derivative-at-wrong-point",),
    "sigmoid-derivative-of-output": ("derivative-at-wrong-point",),
    "sigmoid-derivative-half": ("derivative-factor-missing",),
    "sigmoid-with-tanh-derivative": (),
    "label-columns-not-paired": ("labels-not-subtracted",),
    "label-not-subtracted": ("labels-not-subtracted",),
    "bias-gradient-last-row": ("one-row-only", "overlaps-overwritten"),
    "batch-norm-mean-constant": TERM,
    "batch-norm-variance-constant": TERM,
    "batch-norm-statistics-constant": TERM,
    "batch-norm-variance-factor": ("wrong-factor",),
    "batch-norm-gamma-forgotten": ("gamma-not-used", "derivative-factor-missing"),
    "gamma-gradient-from-centred": ("derivative-at-wrong-point", "derivative-factor-missing"),
    "beta-gradient-mean": AVERAGED,
    "filter-gradient-not-transposed": REORDERED,
    "filters-flipped-in-dx": ("kernel-flipped", "order-not-restored"),
    "col2im-overwrites": ("overlaps-overwritten",),
    "conv-bias-gradient-before-reshape": ("wrong-axis",),
    "pool-gradient-spread": ("pooling-gradient-spread",),
    "pool-gradient-to-minimum": ("minimum-taken",),
    "pool-gradient-axes": REORDERED,
    "flatten-restored-in-other-order": ("order-not-restored", "axes-permuted"),
    "shortcut-gradient-forgotten": ("branch-forgotten",),
    "shortcut-gradient-unmasked": ("mask-missing",),
    "weights-not-transposed": ("transposed",),
    "weight-gradient-before-activation": ("derivative-at-wrong-point", "mask-missing", "input-not-used"),
    "mask-of-the-other-relu": ("derivative-at-wrong-point",),
    "upstream-forgotten": ("ignores-dout",),
    "tanh-square-forgotten": ("derivative-factor-missing",),
    "composed-layer-skips-relu": ("mask-missing", "layer-skipped"),
    "layernorm-projection-missing": TERM,
    "svm-correct-class-counted-once": (),
    "softmax-gradient-not-averaged": ("missing-batch-mean",),
    "mean-over-features": ("wrong-factor",),
    "conv-dx-overwrites": ("overlaps-overwritten",),
    "mean-pool-not-divided": ("wrong-factor", "derivative-factor-missing"),
    "softmax-backward-diagonal": ("softmax-jacobian-diagonal",),
    "leak-forgotten": ("entries-zeroed", "derivative-factor-missing"),
    "dropout-scale-forgotten": ("derivative-factor-missing", "wrong-factor"),
    "dropout-mask-redrawn": ("mask-redrawn",),
    "gradient-cropped-at-one-end": (),
    "pool-blocks-not-moved-back": REORDERED,
    # forward, and backward does not go with it
    "softmax-over-everything": OVER_BATCH,
    "softmax-over-samples": OVER_COLUMNS,
    "loss-summed": ("loss-scale", "missing-batch-mean", *AVERAGED),
    "log-to-base-ten": ("log10",),
    "loss-sign": SIGN,
    "labels-off-by-one": ("labels-off-by-one",),
    "bias-not-added": ("affine-without-bias",),
    "label-pairs-all-picked": (),
    "sigmoid-precedence": ("sigmoid-missing-parentheses",),
    "sigmoid-sign": ("sigmoid-sign-flipped",),
    "variance-of-all-features": NO_AXIS,
    "normalised-by-variance": ("variance-without-root",),
    "squared-error-not-halved": ("wrong-factor", "loss-scale"),
    "window-axes-exchanged": REORDERED,
    "pool-image-scrambled": REORDERED,
    "pool-takes-the-mean": ("max-and-mean-confused",),
    "shortcut-not-added": ("branch-forgotten", "extra-term"),
    "layernorm-over-samples": ("wrong-axis",),
    "filters-flipped-in-forward": ("kernel-flipped",),
    "softmax-sums-over-samples": OVER_COLUMNS,
    # forward, and backward goes wrong with it
    "bias-forgotten-twice": ("affine-without-bias",),
    "log-to-base-ten-twice": ("log10",),
    "loss-of-the-first-sample": ("first-row-only", "one-row-only"),
    "ascent": SIGN,
    "relu-turned-round": ("relu-sign-flipped", "mask-inverted"),
    "sigmoid-precedence-twice": ("sigmoid-missing-parentheses",),
    "absolute-value": ("absolute-value",),
    "batch-norm-without-variance": ("not-divided-by-deviation",),
    "everyone-gets-the-first-target": ("first-row-only", "one-row-only"),
    "labels-ignored": ("ignores-labels",),
    "softmax-over-samples-twice": OVER_BATCH,
    "mean-not-subtracted": ("mean-not-subtracted",),
    "softmax-over-samples-everywhere": OVER_COLUMNS,
    "softmax-not-normalised": ("softmax-not-normalised", "softmax-forgotten"),
    "conv-bias-forgotten-twice": ("convolution-without-bias", "affine-without-bias"),
    # state and aliasing
    "relu-writes-into-its-input": ("writes-into-input",),
    "input-remembered-once": STALE,
    "gradients-accumulate": ("accumulates",),
    "layer-copies-its-weights": ("parameter-disconnected",),
    "weights-drawn-again": ("parameter-disconnected",),
    "updates-inside-backward": ("updates-parameters",),
    "labels-overwritten": ("writes-into-input", "disturbed-between"),
    "activations-in-one-list": (*STALE, "disturbed-between"),
    "mask-shared-by-all": SHARED,
    "block-adds-in-place": ("writes-into-input",),
    "blocks-share-a-cache": SHARED,
    "batch-size-remembered-once": STALE,
    "gradients-added-up": ("accumulates",),
    "gradient-list-rebound": ("gradient-rebound",),
    "forward-scales-its-input": ("writes-into-input",),
    # dtype
    "half-precision-inside": ("float16-inside", "rounds-inside"),
    "integer-weights": ("integer-parameters",),
    "gradient-in-half-precision": ("float16-inside",),
    "gradient-as-truth-values": ("integer-gradient", "rounds-inside"),
    "windows-as-integers": ("rounds-inside",),
    "pool-gradient-as-integers": ("integer-gradient", "rounds-inside"),
    "bias-gradient-as-integers": ("integer-gradient", "rounds-inside"),
    # wiring
    "bias-of-the-other-layer": ("wrong-layers-gradient",),
    "weight-and-bias-swapped": ("keys-swapped",),
    "gradient-of-the-last-batch": STALE,
    "activation-left-out": ("layer-skipped",),
    "bias-key-missing": ("gradient-missing",),
    "decay-missing": ("regulariser-missing",),
    "decay-doubled": ("regulariser-factor",),
    "decay-forgets-the-last-layer": DECAY,
    "starts-from-the-loss": ("wrong-start",),
    "gamma-and-beta-swapped": ("keys-swapped",),
    "blocks-swapped": ("keys-swapped", "wrong-layers-gradient"),
    "derivative-at-the-activation": ("derivative-at-wrong-point",),
    "chain-broken": ("ignores-dout",),
    "not-averaged": ("missing-batch-mean",),
    "first-layer-never-reached": ("layer-skipped", "gradient-missing"),
}

# ---- mutants ---------------------------------------------------------------------------------------------

COUNT = re.compile(r"batch_size|batch_num|\bN\b|\bn\b|shape\[[01]\]|\blen\(")
UPSTREAM = re.compile(r"^\(?(self\.)?(dout|grad|g|d(h|y|s|a|z1|xn|xc|std|var|x_?hat|ivar|sqrtvar|sq|mu))\b(?!\()")
DEVIATION = re.compile(r"\bstd\b|ivar|inv_std|sqrt")
SHAPES = re.compile(r"\bpad\b|stride|out_[hw]\b|\bH - ph|\bW - pw")
FAMILIES = {
    "loss": r"loss|cross_?entropy|squared",
    "softmax": r"softmax",
    "relu": r"relu",
    "sigmoid": r"sigmoid",
    "tanh": r"tanh",
    "norm": r"norm(?!net)",
    "conv": r"conv(?!net)|im2col|col2im",
    "pool": r"pool",
    "dropout": r"dropout",
    "network": r"net$",
}


def mutant_causes(mutant: Mutant) -> Causes:
    """The slugs that are right for a mutant, from its operator, its place and its text."""
    return tuple(dict.fromkeys(RULES[mutant.operator](_Place(mutant))))


class _Place:
    """Where a mutant was edited: the layer's family, its way, and the nodes around the edit, innermost first."""

    def __init__(self, mutant: Mutant) -> None:
        self.before, self.after = mutant.before, mutant.after
        scope = mutant.scope.lower()
        self.family = next((name for name, pattern in FAMILIES.items() if re.search(pattern, scope)), "")
        text = PROGRAM[mutant.program].text
        self.around = list(_around(text, _first_difference(text, mutant.text)))
        self.statement = ast.unparse(next(node for node in self.around if isinstance(node, ast.stmt)))
        joint = mutant.method in ("softmax_loss", "svm_loss")
        self.forward = (
            not re.match(r"(dx|num_pos)\b", self.statement)
            if joint
            else not re.search(r"backward|gradient|grad$|col2im", mutant.method)
        )
        self.loss_value = self.forward and (
            (
                self.family == "loss"
                and bool(re.search(r"log\(|log_|margins\) */|\*\* 2|picked|diff", self.statement))
            )
            or mutant.method == "loss"
        )
        self.decay = "weight_decay" in self.statement

    def operation(self) -> ast.BinOp | None:
        """The edited sum or product."""
        tree = ast.parse(self.before).body[0]
        return tree.value if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.BinOp) else None


def _first_difference(a: str, b: str) -> int:
    return next(i for i, (left, right) in enumerate(zip(a, b, strict=False)) if left != right)


def _around(text: str, offset: int) -> Iterator[ast.AST]:
    """The nodes whose source holds this offset, from the smallest to the largest."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def width(node: ast.AST) -> int:
        return span(node)[1] - span(node)[0]

    def span(node: ast.AST) -> tuple[int, int]:
        lines = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        columns = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
        return starts[lines[0] - 1] + columns[0], starts[lines[1] - 1] + columns[1]

    nodes = [n for n in ast.walk(ast.parse(text)) if hasattr(n, "lineno")]
    yield from sorted((n for n in nodes if span(n)[0] <= offset < span(n)[1]), key=width)


def _axis(place: _Place) -> Causes:
    everything = "axis=" not in place.after
    if place.forward and place.family in ("softmax", "loss") and re.search(r"max\(|exp|^e\.", place.before):
        return OVER_BATCH if everything else OVER_COLUMNS
    return NO_AXIS if everything else ("wrong-axis",)


def _reduction(place: _Place) -> Causes:
    if "min" in place.after:
        return ("minimum-taken",) if place.family == "pool" else ()
    if "std(" in place.after:
        return ()
    if place.loss_value and not place.decay:
        return LOSS_TIMES_N
    if place.decay:
        return ("regulariser-factor",)
    if place.forward and place.family in ("softmax", "loss"):  # the sum of exponentials
        return ("softmax-not-normalised", "wrong-factor", *AVERAGED)
    return ("wrong-factor", *(AVERAGED if "mean" in place.after else ("missing-batch-mean",)))


def _transpose(place: _Place) -> Causes:
    return ("operands-swapped", *REORDERED)


def _operands(place: _Place) -> Causes:
    operation = place.operation()
    if operation is None or isinstance(operation.op, ast.MatMult):
        return ("operands-swapped", "transposed")
    if isinstance(operation.op, ast.Sub):
        return () if SHAPES.search(place.before) else SIGN
    if place.forward and place.family == "sigmoid":
        return ("sigmoid-missing-parentheses",)  # (1 + exp(-x)) / 1 is 1 / 1 + exp(-x)
    if place.forward and DEVIATION.search(place.before):
        return ("not-divided-by-deviation",)
    numbers = isinstance(operation.left, ast.Constant) and COUNT.search(ast.unparse(operation.right))
    return ("wrong-factor", "missing-batch-mean") if numbers or "np.ones" in place.before else ()


def _copy(place: _Place) -> Causes:
    return ("writes-into-input", "writes-into-dout", "disturbed-between")


def _factor(place: _Place) -> Causes:
    operation = place.operation()
    if operation is None:  # 2 * in front
        if (
            place.forward
            and place.family in ("softmax", "loss")
            and "exp" in place.before
            and "log" not in place.before
        ):
            return ("softmax-not-normalised", "wrong-factor")
        return ("wrong-factor", "loss-scale") if place.loss_value else ("wrong-factor",)
    left, right = ast.unparse(operation.left), ast.unparse(operation.right)
    if isinstance(operation.op, ast.Div):
        return _divisor_dropped(place, right)
    dropped = right if place.after.strip("()") == left.strip("()") else left
    return _factor_dropped(place, operation, dropped)


def _divisor_dropped(place: _Place, divisor: str) -> Causes:
    if place.forward and place.family in ("softmax", "loss") and re.search(r"exp|e\.sum", divisor):
        return ("softmax-not-normalised",)
    if DEVIATION.search(divisor):
        return ("not-divided-by-deviation",) if place.forward else ("derivative-factor-missing", *TERM)
    if place.family == "dropout":
        return ("derivative-factor-missing", "wrong-factor")
    if COUNT.search(divisor):
        return LOSS_TIMES_N if place.loss_value else ("missing-batch-mean", "wrong-factor")
    return ("wrong-factor",) if re.search(r"\b[DHW]\b", divisor) else ()


def _factor_dropped(place: _Place, operation: ast.BinOp, dropped: str) -> Causes:
    if place.decay:
        return DECAY
    if SHAPES.search(place.before):
        return ()
    if re.fullmatch(r"[\d.]+", dropped):
        return ("wrong-factor", "loss-scale") if place.loss_value else ("wrong-factor",)
    if "np.log" in place.before:
        return ("ignores-labels",) if dropped in ("t", "self.t") else ("log-forgotten", "ignores-labels")
    if "gamma" in dropped:
        return ("gamma-forgotten",) if place.forward else ("gamma-not-used", "derivative-factor-missing")
    if place.forward:
        if place.family == "relu":
            return ("relu-not-applied",) if "mask" in dropped or "slope" in dropped else ("relu-as-step",)
        return ("weights-not-used",) if dropped.startswith("w") else ("input-not-used",)
    inside = TERM if place.family == "norm" else ()
    if UPSTREAM.match(dropped):
        return ("ignores-dout", *inside)
    if "mask" in dropped or ">" in dropped or "where" in dropped:
        return ("mask-missing", "dout-passed-through")
    if re.match(r"window|self\.x\b|(self\.)?x_?n|x_?hat|self\.diff|xmu", dropped):
        return ("input-not-used", "derivative-factor-missing", *inside)
    if dropped.startswith("w"):
        return ("weights-not-used",)
    passed = ("dout-passed-through",) if isinstance(operation.left, ast.Name) and place.family == "tanh" else ()
    return ("derivative-factor-missing", *passed, *inside)


def _comparison(place: _Place) -> Causes:
    if "=" in place.after and "=" not in place.before:  # > relaxed to >=: every hinge that is exactly zero counts
        return ("mask-missing",) if place.family == "loss" else ()
    return ("mask-inverted", "relu-sign-flipped") if place.family != "network" else ("gradient-missing",)


def _constant(place: _Place) -> Causes:
    node, *outer = place.around
    parent = next(n for n in outer if not isinstance(n, ast.UnaryOp | ast.Tuple))
    if isinstance(parent, ast.keyword) or _is_axis(node, outer):
        return ("wrong-axis", "softmax-wrong-axis") if place.forward else ("wrong-axis",)
    if SHAPES.search(place.statement):
        return ()
    if isinstance(parent, ast.Call):
        called = ast.unparse(parent.func)
        if called == "range":
            return DECAY if place.decay or place.loss_value else ("gradient-missing", "layer-skipped")
        if called.endswith("backward"):
            return ("wrong-factor", "wrong-start")
        return ("wrong-factor",) if called.endswith("where") and place.before == "1.0" else ()
    if isinstance(parent, ast.AugAssign) or (place.family == "dropout" and isinstance(parent, ast.BinOp)):
        return ("wrong-factor",)
    if isinstance(parent, ast.Compare) and "ndim" in ast.unparse(parent):  # a batch taken for one sample
        return OVER_BATCH if place.family == "softmax" else ("first-row-only", "one-row-only")
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult | ast.Div):
        factor = ("regulariser-factor",) if place.decay else ("wrong-factor",)
        return (*factor, "loss-scale") if place.loss_value else factor
    hinge = isinstance(parent, ast.Assign) and place.before == "1" and not place.forward
    return ("wrong-factor",) if hinge else ()


def _is_axis(node: ast.AST, outer: list[ast.AST]) -> bool:
    """Whether a number is (part of) the value of `axis=`, whose keyword has a place of its own in the tree."""
    call = next((n for n in outer if isinstance(n, ast.Call)), None)
    values = [k.value for k in call.keywords if k.arg == "axis"] if call is not None else []
    return any(node is inner for value in values for inner in ast.walk(value))


def _sign(place: _Place) -> Causes:
    operation = place.operation()
    if operation is None:  # a minus dropped
        if place.family == "sigmoid" and place.forward:
            return ("sigmoid-sign-flipped",)
        return () if SHAPES.search(place.statement) or place.before == "-p" else SIGN
    left, right = ast.unparse(operation.left), ast.unparse(operation.right)
    if SHAPES.search(place.before):
        return ()
    if isinstance(operation.op, ast.Add | ast.Sub):
        return _other_sign(place, left, right)
    return _other_way(place, operation, right)


def _other_sign(place: _Place, left: str, right: str) -> Causes:
    """+ for -, or - for +."""
    if place.decay:
        return (*DECAY, "wrong-sign")
    if place.family == "sigmoid" and place.forward:
        return ("sigmoid-minus-one",)
    if re.match(r"(self\.)?(b\d?|beta|bias|params\['b'\])(\[.*\])?$", right):
        return ("bias-subtracted", "wrong-sign")
    if right in ("t", "self.t"):
        return ("wrong-sign", "labels-not-subtracted")
    if place.family == "norm" and right == "mu":
        return ("mean-not-subtracted", *SIGN)
    if "log" in right:
        return ("softmax-not-normalised", *SIGN)
    if place.family == "dropout":
        return ("wrong-factor", *SIGN)
    if left in ("1", "1.0"):
        return ("wrong-sign", "derivative-factor-missing")
    return () if re.fullmatch(r"eps|1e-\d+", right) else SIGN


def _other_way(place: _Place, operation: ast.BinOp, right: str) -> Causes:
    """* for /, or / for *."""
    if place.decay:
        return DECAY
    if place.family == "sigmoid" and place.forward:
        return ("sigmoid-missing-parentheses",)  # 1 * (1 + exp(-x)) is 1 / 1 + exp(-x)
    if place.forward and place.family in ("softmax", "loss") and re.search(r"exp|e\.sum", right):
        return ("softmax-not-normalised",)
    if place.forward and DEVIATION.search(right):
        return ("not-divided-by-deviation",)
    if place.family == "dropout":
        return ("wrong-factor", "derivative-factor-missing") if "rate" in right else ()
    if isinstance(operation.op, ast.Div) and (COUNT.search(right) or re.search(r"\b[DHW]\b", right)):
        return LOSS_TIMES_N if place.loss_value else ("wrong-factor", "missing-batch-mean")
    return ("wrong-factor",) if place.before == "H * W" else ()


def _augmented(place: _Place) -> Causes:
    if place.decay:
        return (*DECAY, "wrong-sign")
    set_instead = not re.search(r"[+-]=", place.after)
    labels = "arange" in place.before
    if labels:
        return ("labels-not-subtracted",) if set_instead else ("labels-not-subtracted", "wrong-sign")
    if not set_instead:
        return ("wrong-sign",)
    return TERM if place.family == "norm" else ("overlaps-overwritten", "one-row-only")


def _index(place: _Place) -> Causes:
    if "shape" in place.before:
        in_loss = place.forward and place.family == "loss"
        return ("wrong-factor", "loss-scale") if in_loss else ("wrong-factor",)
    if not place.before.startswith(("grads", "self.layers")):
        return ("parameter-disconnected", "wrong-layers-gradient", "keys-swapped", "gradient-rebound")
    return ("wrong-layers-gradient", "keys-swapped", "gradient-missing")


def _statement(place: _Place) -> Causes:
    before = place.before
    if place.decay and place.loss_value:
        return DECAY
    if re.match(r"grads\[|self\.(db|dW|dbeta|dgamma|grad_|grads)", before) and "transpose" not in before:
        return ("gradient-missing", *STALE)
    if "self.loss(" in before or "self.mask =" in before:
        return STALE
    if "layer.backward(" in before:
        return ("layer-skipped",)
    if before.startswith("block ="):
        return ("wrong-layers-gradient", "keys-swapped")
    if "mask]" in before:
        return ("relu-not-applied", "mask-missing") if place.forward else ("mask-missing", "dout-passed-through")
    if re.match(r"(dx|dscores)\[.*-= 1$", before):
        return ("labels-not-subtracted",)
    if re.match(r"dx (/=|\*=|= dx /)", before):
        return ("missing-batch-mean",)
    if "transpose" in before:
        return REORDERED
    if before.startswith("dxc +="):
        return TERM
    return () if place.forward else ("entries-zeroed",)


RULES: dict[str, Callable[[_Place], Causes]] = {
    "axis": _axis,
    "reduction": _reduction,
    "transpose": _transpose,
    "operands": _operands,
    "copy": _copy,
    "factor": _factor,
    "comparison": _comparison,
    "constant": _constant,
    "sign": _sign,
    "augmented": _augmented,
    "index": _index,
    "statement": _statement,
}
