"""The cause that a mend itself names: what was changed between the author's statement and the one that is right.

The two statements are compared as trees down to the smallest part that differs; what that part is, where it
stands and what its names hold in the function around it say which mistake it was. A change that says nothing
clear has no name.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from backproof.check.meanings import PENALTY, Meanings
from backproof.check.statements import (
    axis_of,
    difference,
    last_name,
    names,
    only,
    reduction,
    reversed_slices,
    same,
    same_side,
    sides,
    values,
    without_transpose,
)
from backproof.check.syntax import Function, called_name, counters_of, dotted, reads_of

Way = Literal["forward", "backward", "cache", "wiring"]  # cache: what a right forward remembers for backward
_BENDING = ("exp", "tanh", "log", "log1p", "sqrt", "sin", "cos", "maximum", "minimum", "where", "abs")
_SMALLEST = {"min": "max", "amin": "amax", "argmin": "argmax", "minimum": "maximum"}


@dataclass(frozen=True)
class Setting:
    """Where a statement stands: in which function, on which way, in an operation meant to be what.

    kind: "softmax loss", "relu" ...; "" where it is not known.
    """

    function: Function
    way: Way
    kind: str = ""
    is_loss: bool = False

    def loss_value(self, statement: str) -> bool:
        """Whether a factor in the statement is a factor of the loss."""
        plain = re.search(r"\blog|^return|loss|error", statement) and self.function.node.name != "softmax"
        return self.way == "forward" and self.is_loss and bool(plain)


def cause_of(old: str, new: str, setting: Setting) -> str:
    """The slug of the mistake that turns the statement `new` into `old`; "" where the change names none."""
    try:
        before, after = ast.parse(old).body[0], ast.parse(new).body[0]
    except (SyntaxError, IndexError):
        return ""
    change = difference(before, after, ())
    if change is None:
        return ""
    old_part, new_part, above = change
    return _Change(old_part, new_part, above, setting).name()


@dataclass(frozen=True)
class _Change:
    """From `old` to `new`, inside of `above`."""

    old: ast.AST
    new: ast.AST
    above: tuple[ast.AST, ...]
    at: Setting

    @property
    def names(self) -> Meanings:
        return Meanings(self.at.function)

    def name(self) -> str:
        for rule in (
            self._stale,
            self._axis,
            self._renamed,
            self._sign,
            self._mask,
            self._type,
            self._order,
            self._side_by_side,
            self._operator,
            self._added,
            self._dropped,
            self._assignment,
            self._number,
            self._index,
            self._exchanged,
        ):
            cause = rule()
            if cause is not None:
                return cause
        return ""

    # Each rule answers a slug, "" where the change is of its sort and says nothing, None where it is of another.

    def _stale(self) -> str | None:
        """`if self.x is None:` -> always."""
        return "stale-cache" if isinstance(self.new, ast.Constant) and self.new.value is True else None

    def _axis(self) -> str | None:
        old, new = reduction(self.old), reduction(self.new)
        if old is None or new is None:
            inner = [n for n in self.above if isinstance(n, ast.keyword | ast.Call)]
            keyword = inner[-1] if inner else None
            call = next((n for n in reversed(inner) if isinstance(n, ast.Call)), None)
            if isinstance(keyword, ast.keyword) and keyword.arg == "axis" and call is not None:
                return "softmax-wrong-axis" if self._in_softmax(call) else "wrong-axis"
            return None
        if called_name(old) != called_name(new) or not same(old.func, new.func):
            return None
        mine, theirs = axis_of(old), axis_of(new)
        if (theirs is None and mine is None) or same(mine, theirs):
            return None
        if mine is None:
            return "softmax-over-batch" if self._in_softmax(old) else "sum-without-axis"
        return "softmax-wrong-axis" if self._in_softmax(old) else "wrong-axis"

    def _in_softmax(self, call: ast.Call) -> bool:
        """A sum or a maximum of the exponentials in a forward."""
        if self.at.way != "forward" or called_name(call) not in ("sum", "mean", "max", "amax", "logsumexp"):
            return False
        if not re.search("softmax|entropy", f"{self.at.kind} {self.at.function.node.name}"):
            return False
        inside = {called_name(part) for part in ast.walk(call)}
        return not inside & {"log", "log2", "log10"}

    def _renamed(self) -> str | None:
        """np.mean(x) -> np.sum(x) and other functions of the same arguments."""
        call = self.above[-1] if self.above else None
        if not isinstance(call, ast.Call) or call.func is not self.old:
            return None
        old, new = last_name(self.old), last_name(self.new)
        at = self.at
        if {old, new} == {"sum", "mean"}:
            if self._decays():
                return "regulariser-factor"
            if self._in_softmax(call):
                return "softmax-not-normalised"
            if self._in_loss_value():
                return "loss-scale"
            if at.way == "forward":
                return "wrong-factor"
            if old == "mean":
                return "averaged-twice" if at.is_loss else "averaged-instead-of-summed"
            return "missing-batch-mean" if at.is_loss else "wrong-factor"
        if old in ("log10", "log2") and new == "log":
            return old
        if _SMALLEST.get(old, old) == _SMALLEST.get(new, new):
            if at.kind == "pooling" or "pool" in self._names_around():
                return "minimum-taken"
            return "relu-sign-flipped" if "relu" in at.kind and at.way == "forward" else ""
        if {old, new} <= {"max", "amax", "mean"}:
            return "max-and-mean-confused"
        return "variance-without-root" if (old, new) == ("var", "std") else ""

    def _sign(self) -> str | None:
        """A minus too few or too many."""
        for one, other in ((self.old, self.new), (self.new, self.old)):
            if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.USub) and same(one.operand, other):
                return self._signed()
        return None

    def _signed(self) -> str:
        if self._decays():
            return "regulariser-factor"
        inside_exp = any(called_name(n) == "exp" for n in self.above)
        if self.at.way == "forward" and inside_exp and "sigmoid" in f"{self.at.kind} {self._names_around()}":
            return "sigmoid-sign-flipped"
        if any(called_name(n) in _BENDING for n in self.above):
            return ""  # it flips an argument, not a gradient
        slices = any(isinstance(n, ast.Slice | ast.Subscript) for n in self.above)
        if slices:
            return ""
        return "sign-flipped" if self._in_loss_value() else "wrong-sign"

    def _mask(self) -> str | None:
        """Which entries are let through."""
        forward_relu = self.at.way == "forward" and "relu" in self.at.kind
        for one, other in ((self.old, self.new), (self.new, self.old)):
            if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.Invert) and same(one.operand, other):
                return "relu-sign-flipped" if forward_relu else "mask-inverted"
        if isinstance(self.old, ast.Compare) and isinstance(self.new, ast.Compare):
            up = (ast.Gt, ast.GtE)
            if same(self.old.left, self.new.left) and len(self.old.ops) == len(self.new.ops) == 1:
                if isinstance(self.old.ops[0], up) == isinstance(self.new.ops[0], up):
                    return ""  # > and >= differ on the edge alone
                if any(isinstance(p, ast.Constant | ast.Attribute) for p in self.old.comparators):
                    return "relu-sign-flipped" if forward_relu else "mask-inverted"
                return ""
        compared = self.old if isinstance(self.old, ast.Compare) else self._inside(ast.Compare)
        if compared is not None and self.at.way == "backward" and self.names.is_mask(self.new, loosely=True):
            return "mask-from-dout" if self.names.is_upstream(self.old) else "derivative-at-wrong-point"
        return None

    def _type(self) -> str | None:
        """A number type that loses digits, gone; a copy that was missing."""
        if isinstance(self.old, ast.Call) and called_name(self.old) == "astype":
            narrowed = ast.unparse(self.old)
        elif isinstance(self.old, ast.Call) and isinstance(self.new, ast.Call):
            said = next((k for k in self.old.keywords if k.arg == "dtype"), None)
            if said is None or any(k.arg == "dtype" for k in self.new.keywords):
                return None
            narrowed = ast.unparse(said)
        elif isinstance(self.new, ast.Call) and called_name(self.new) == "copy":
            return "writes-into-input"
        else:
            return None
        if re.search(r"float16|half", narrowed):
            return "float16-inside"
        return "rounds-inside" if self.at.way == "forward" else "integer-gradient"

    def _order(self) -> str | None:
        """Axes, transposes, reversed slices."""
        if self.at.kind == "flatten":
            return ""
        for one, other in ((self.old, self.new), (self.new, self.old)):
            if isinstance(one, ast.Attribute) and one.attr == "T" and same(one.value, other):
                return "transposed"
            moves = called_name(one) in ("transpose", "swapaxes")
            if moves and same(getattr(getattr(one, "func", None), "value", None), other):
                return "axes-permuted"
        for node in (self.old, *reversed(self.above[-2:])):
            if called_name(node) in ("transpose", "swapaxes", "moveaxis"):
                return "axes-permuted"
        if called_name(self.old) == "reshape" and isinstance(self.old, ast.Call):
            return "order-not-restored" if last_name(self.new) or isinstance(self.new, ast.Call) else None
        backwards = (reversed_slices(self.old), reversed_slices(self.new))
        if backwards[0] != backwards[1]:
            return "kernel-flipped"
        return None

    def _side_by_side(self) -> str | None:
        """The two sides of an operation exchanged."""
        old, new = sides(self.old), sides(self.new)
        if old is None or new is None or old[0] != new[0]:
            return None
        _, a, b = old
        _, c, d = new
        if same(a, d) and same(b, c):
            if old[0] == "/" and all(self.names.is_count(n) for n in values(self.old)):
                return "wrong-factor"
            return {"-": "wrong-sign", "@": "operands-swapped"}.get(old[0], "")
        if old[0] == "@" and (without_transpose(a), without_transpose(b)) in (
            (without_transpose(c), without_transpose(d)),
            (without_transpose(d), without_transpose(c)),
        ):
            return (
                "transposed"
                if (without_transpose(a), without_transpose(b)) == (without_transpose(c), without_transpose(d))
                else "operands-swapped"
            )
        return None

    def _operator(self) -> str | None:
        """a + b -> a - b, a * b -> a / b, another power."""
        old, new = self.old, self.new
        if isinstance(old, ast.AugAssign) and isinstance(new, ast.AugAssign):
            if not (same(old.target, new.target) and same(old.value, new.value)):
                return None
            left: ast.expr = old.target
            right = old.value
        elif isinstance(old, ast.BinOp) and isinstance(new, ast.BinOp):
            if not (same(old.left, new.left) and same(old.right, new.right)):
                return None
            left, right = old.left, old.right
        else:
            return None
        if isinstance(old.op, ast.Add | ast.Sub) and isinstance(new.op, ast.Add | ast.Sub):
            if self.names.is_named(right, r"b\d*|bias|beta") and isinstance(new.op, ast.Add):
                return "bias-subtracted"
            if (
                self.at.way == "forward"
                and self.names.is_named(right, r"mu|mean|avg")
                and isinstance(new.op, ast.Sub)
            ):
                return "mean-not-subtracted"
            exponential = any(called_name(n) == "exp" for n in ast.walk(right))
            if (
                exponential
                and isinstance(new.op, ast.Add)
                and "sigmoid" in f"{self.at.kind} {self._names_around()}"
            ):
                return "sigmoid-minus-one"
            if isinstance(right, ast.Constant) and isinstance(right.value, float) and right.value < 1e-3:
                return ""
            if any(isinstance(n, ast.Subscript) for n in self.above):
                return ""
            if self._decays():
                return "regulariser-factor"
            return "" if self.at.way == "wiring" and re.search(r"\blog", self._statement()) else "wrong-sign"
        if isinstance(new.op, ast.Mult | ast.Div):
            if self._decays():
                return "regulariser-factor"
            if isinstance(left, ast.Constant) and isinstance(new.op, ast.Div):
                return "sigmoid-missing-parentheses" if "sigmoid" in self.at.kind else ""
            if isinstance(new.op, ast.Mult):
                return self._scaled(right)
            cause = self._divides(right)
            return "" if cause == "derivative-factor-missing" else cause
        return ""

    def _added(self) -> str | None:
        """A factor, a divisor, a term or a root that was missing."""
        old, new = self.old, self.new
        if called_name(new) == "sqrt" and isinstance(new, ast.Call) and same(new.args[0], old):
            return "variance-without-root"
        if isinstance(new, ast.BinOp) and isinstance(new.op, ast.Pow) and same(new.left, old):
            return "derivative-factor-missing" if self.at.way == "backward" else ""
        if not isinstance(new, ast.BinOp) or not any(same(side, old) for side in (new.left, new.right)):
            return None
        extra = new.right if same(new.left, old) else new.left
        if isinstance(new.op, ast.Mult):
            return self._multiplied(extra)
        if isinstance(new.op, ast.Div):
            return self._divides(extra)
        if isinstance(new.op, ast.Add | ast.Sub):
            return self._with_term(extra)
        return ""

    def _in_index(self) -> bool:
        """Whether the change is in an index, or in a number that loops count."""
        chain = [*self.above, self.old]
        if any(isinstance(a, ast.Subscript) and b is a.slice for a, b in pairwise(chain)):
            return True
        counters = counters_of(ast.walk(self.at.function.node))
        return any(isinstance(n, ast.Name) and n.id in counters for n in ast.walk(self.new))

    def _in_loop(self) -> bool:
        """Whether the statement is run again and again."""
        text = self._statement()
        loops = (ast.For, ast.While)
        return any(
            ast.unparse(s.node) == text and any(isinstance(n, loops) for n in s.around)
            for s in self.at.function.steps
        )

    def _multiplied(self, factor: ast.expr) -> str:
        forward = self.at.way == "forward"
        if self._in_index():
            return ""
        if isinstance(factor, ast.Constant) or self.names.is_count(factor):
            return self._scaled(factor)
        if self._decays():
            return "regulariser-factor"
        if self.names.is_mask(factor):
            return ("relu-not-applied" if "relu" in self.at.kind else "") if forward else "mask-missing"
        if self.names.is_named(factor, r"gamma|scale"):
            return "gamma-forgotten" if forward else "gamma-not-used"
        if forward:
            return "ignores-labels" if self.at.is_loss and self.names.is_named(factor, r"t|labels?|y_true") else ""
        if self.names.is_upstream(factor) and not self.at.is_loss:
            return "" if self.names.is_upstream(self.above[0] if self.above else self.old) else "ignores-dout"
        if self.names.is_named(factor, r"w\d*|weights?"):
            return "weights-not-used"
        return "derivative-factor-missing"

    def _divides(self, divisor: ast.expr) -> str:
        forward = self.at.way == "forward"
        if self._decays():
            return "regulariser-factor"
        if self.names.is_count(divisor):
            if self._in_loss_value():
                return "loss-scale"
            batch = self.names.is_batch(divisor) and not forward
            return "missing-batch-mean" if batch and same_side(self.old, divisor) is False else "wrong-factor"
        if isinstance(divisor, ast.Constant):
            return "loss-scale" if self._in_loss_value() else "wrong-factor"
        if any(called_name(n) == "exp" for n in ast.walk(divisor)) or self.names.made_by(divisor, r"exp\("):
            return "softmax-not-normalised" if forward and "softmax" in self._softmaxes() else ""
        if self.names.is_named(divisor, r"std|sqrt_?var|deviation|sigma") or self.names.made_by(
            divisor, r"sqrt|std\("
        ):
            return "not-divided-by-deviation" if forward else "derivative-factor-missing"
        if not any(isinstance(n, ast.Name | ast.Attribute) for n in ast.walk(divisor)):
            return "wrong-factor"
        return "derivative-factor-missing" if not forward and isinstance(self.new, ast.BinOp) else ""

    def _scaled(self, factor: ast.expr) -> str:
        """A number is missing as a factor, or one too many divides."""
        if self._decays():
            return "regulariser-factor"
        if self._in_loss_value():
            return "loss-scale"
        if self.names.is_batch(factor) and self.at.way == "backward" and not isinstance(self.old, ast.BinOp):
            return "averaged-twice" if self.at.is_loss else "averaged-instead-of-summed"
        if isinstance(factor, ast.Constant) or self.names.is_count(factor) or self.names.is_number(factor):
            return "wrong-factor"
        return ""

    def _with_term(self, term: ast.expr) -> str:
        if self.names.is_named(term, r"b\d*|bias"):
            return "convolution-without-bias" if self.at.kind == "convolution" else "affine-without-bias"
        if self.names.is_named(term, r"beta"):
            return "beta-forgotten"
        if self.at.way == "wiring":
            return "regulariser-missing" if any(self.names.is_named(n, r"W\d*|w\d*") for n in names(term)) else ""
        if self.at.way == "forward":
            if self.names.is_named(term, r"mu|mean|avg"):
                return "mean-not-subtracted"
            return "branch-forgotten" if not self.at.kind and not self.at.is_loss else ""
        if self.at.is_loss:
            return "labels-not-subtracted" if self.names.is_named(term, r"t|labels?|targets?|y_true") else ""
        if "normalisation" in self.at.kind:
            return "batch-norm-term-missing"
        return "branch-forgotten" if self.names.is_upstream(term) else ""

    def _dropped(self) -> str | None:
        """A factor, a divisor or a term too many."""
        old, new = self.old, self.new
        if isinstance(new, ast.Call) and isinstance(old, ast.Subscript) and called_name(new) == "sum":
            return "one-row-only" if self.at.way == "backward" else "first-row-only"
        if called_name(old) and isinstance(old, ast.Call) and old.args and same(old.args[0], new):
            return "derivative-at-wrong-point" if self.at.way == "backward" else ""
        if not isinstance(old, ast.BinOp) or not any(same(side, new) for side in (old.left, old.right)):
            return None
        extra = old.right if same(old.left, new) else old.left
        if isinstance(old.op, ast.Div) and same(old.left, new):
            return self._scaled(extra) if not self.names.is_batch(extra) else self._averaged()
        if isinstance(old.op, ast.Mult):
            return self._scaled(extra)
        if isinstance(old.op, ast.Add | ast.Sub):
            if any(isinstance(n, ast.Subscript) for n in self.above) and self._in_loss_value():
                return "labels-off-by-one"
            return "extra-term" if self.at.way != "forward" else ""
        return ""

    def _averaged(self) -> str:
        if self._in_loss_value():
            return "loss-scale"
        if self.at.way == "backward":
            return "averaged-twice" if self.at.is_loss else "averaged-instead-of-summed"
        return "wrong-factor"

    def _assignment(self) -> str | None:
        """`=` -> `+=`, and back."""
        old, new = self.old, self.new
        if isinstance(old, ast.Assign) and isinstance(new, ast.AugAssign):
            if self._decays():
                return "regulariser-missing"
            if isinstance(old.value, ast.Constant) and old.value.value == 0:
                return ""  # adding nothing: it should not be there at all
            if isinstance(new.target, ast.Subscript):
                if isinstance(new.op, ast.Sub):
                    return "labels-not-subtracted"
                return "" if self.at.is_loss else "overlaps-overwritten"
            if self.at.way == "backward":
                if self._in_loop():
                    return "overlaps-overwritten"
                return "batch-norm-term-missing" if "normalisation" in self.at.kind else "branch-forgotten"
            return ""
        if isinstance(old, ast.AugAssign) and isinstance(new, ast.Assign):
            return "accumulates" if self.at.way == "backward" and "self." in ast.unparse(old.target) else ""
        return None

    def _number(self) -> str | None:
        """Another number."""
        if not isinstance(self.old, ast.Constant) or not isinstance(self.old.value, int | float):
            return None
        for inner, node in zip((*self.above[1:], self.old), self.above, strict=True):
            if isinstance(node, ast.Subscript) and inner is node.slice:
                shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
                return ("loss-scale" if self._in_loss_value() else "wrong-factor") if shape else None
            if isinstance(node, ast.Slice) or called_name(node) in ("range", "where", "maximum", "clip"):
                return ""
        around = self.above[-1] if self.above else None
        if isinstance(around, ast.BinOp | ast.AugAssign) and isinstance(around.op, ast.Mult | ast.Div):
            if self._decays():
                return "regulariser-factor"
            return "loss-scale" if self._in_loss_value() else "wrong-factor"
        if isinstance(around, ast.AugAssign) and isinstance(self.new, ast.Constant):
            return "wrong-factor"
        return ""

    def _index(self) -> str | None:
        """Another row, another key, a slice too many."""
        old, new = self.old, self.new
        if isinstance(old, ast.Subscript) and same(old.value, new):
            if isinstance(getattr(old.slice, "value", None), int):
                if not isinstance(old.value, ast.Name | ast.Attribute):
                    return ""  # a row of what was computed is no sample
                return "one-row-only" if self.at.way == "backward" else "first-row-only"
            return "layer-skipped" if self.at.way == "wiring" else ""
        pairs = isinstance(old, ast.Tuple) and isinstance(new, ast.Tuple) and "arange" in ast.unparse(new)
        if pairs or (isinstance(old, ast.Slice) and "arange" in ast.unparse(new)):
            return "labels-not-subtracted" if self.at.way == "backward" else ""
        if isinstance(old, ast.Constant) and isinstance(old.value, str):
            return "wrong-layers-gradient" if self.at.way == "wiring" else ""
        return None

    def _exchanged(self) -> str | None:
        """One name in place of another."""
        old, new = self.old, self.new
        if not isinstance(old, ast.expr) or not isinstance(new, ast.expr):
            return None
        if self.names.is_count(old) and self.names.is_count(new):
            around = self.above[-1] if self.above else None
            plain = isinstance(around, ast.BinOp | ast.AugAssign) and isinstance(around.op, ast.Mult | ast.Div)
            return ("loss-scale" if self._in_loss_value() else "wrong-factor") if plain or only(self.above) else ""
        if self.at.way == "wiring" and self._are_gradients(old, new):
            attributes = isinstance(old, ast.Attribute) and isinstance(new, ast.Attribute)
            if attributes and same(old.value, new.value):  # type: ignore[attr-defined]
                return "keys-swapped"
            return "wrong-layers-gradient" if attributes else ""
        if self.at.way == "forward":
            return ""
        if "backward" in called_name(new) and isinstance(new, ast.Call) and any(same(old, a) for a in new.args):
            return "layer-skipped"
        if self.names.is_upstream(old) and self.names.is_upstream(new):
            return self._further_on(old, new)
        if (
            dotted(old) is not None
            and dotted(new) is not None
            and self.names.is_kept(old)
            and self.names.is_kept(new)
        ):
            return "derivative-at-wrong-point"
        return ""

    def _are_gradients(self, *names: ast.expr) -> bool:
        """Whether what is exchanged are gradients or the layers that hold them, and no values of the forward."""
        return all(
            re.match(r"d_?[A-Za-z]\w*$|.*grad", last_name(n)) or isinstance(n, ast.Subscript) for n in names
        )

    def _further_on(self, old: ast.expr, new: ast.expr) -> str:
        """The gradient behind a mask where the one before it was taken."""
        made = self.at.function.definition(dotted(new) or "")
        if made is None or dotted(old) not in reads_of(made):
            return ""
        if isinstance(made, ast.Call) and "backward" in called_name(made):
            return "layer-skipped"
        masks = any(self.names.is_mask(part) for part in ast.walk(made) if isinstance(part, ast.expr))
        return "mask-missing" if masks else ""

    def _in_loss_value(self) -> bool:
        return self.at.loss_value(self._statement())

    def _statement(self) -> str:
        return ast.unparse(self.above[0] if self.above else self.old)

    def _names_around(self) -> str:
        owner = type(self.at.function.owner).__name__ if self.at.function.owner is not None else ""
        return f"{self.at.function.node.name} {owner}".lower()

    def _softmaxes(self) -> str:
        return f"{self.at.kind} {self._names_around()} {'softmax' if 'entropy' in self.at.kind else ''}"

    def _decays(self) -> bool:
        """Whether the statement is about a penalty on the weights."""
        return self.at.way == "wiring" and bool(PENALTY.search(self._statement()))

    def _inside(self, kind: type[ast.AST]) -> ast.AST | None:
        return next((n for n in reversed(self.above) if isinstance(n, kind)), None)
