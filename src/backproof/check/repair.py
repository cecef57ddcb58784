"""Tries small changes of the user's own lines until one makes it right: then place, cause and mend are certain.

The user's functions get other code for the length of one try, and their own back whatever happens. Only functions
that the check runs anyway are changed, never a loop's condition, a call that reads or writes files, or anything in
a function with a `while`. How many changes are tried is counted, not timed: the answer depends on no clock.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, takewhile
from types import CodeType
from typing import Any

from backproof.check import mends, naming, plausible
from backproof.check.changes import (
    FORMS,
    Kind,
    by_cause,
    by_rule,
    factors,
    other_names,
    ranks_held,
    remembers,
    text_of,
    windows,
    written_elsewhere,
)
from backproof.check.locate import Spot
from backproof.check.naming import Way
from backproof.check.quantities import suspects, works
from backproof.check.syntax import Function, Ran, Ranks, Step, called_name, read, reads_of
from backproof.subjects.precision import doubled, speaks_of_single

DEPTH = 2  # helpers called by helpers
FURTHER, LOOKED_AT = 60, 300  # changes tried, and thought of at a place, after one was found, for a simpler one
# What reaches beyond the program: a statement that calls one of these is left alone.
_OUTSIDE = {
    "open", "print", "input", "exec", "eval", "compile", "save", "savez", "savetxt", "tofile", "load", "dump",
    "write", "remove", "unlink", "rename", "replace", "mkdir", "makedirs", "rmdir", "system", "run", "Popen",
    "call", "kill", "exit", "quit", "sleep", "show", "savefig", "urlopen", "get", "post", "send",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Functions whose lines may be changed, on which way they are, and when a change of them is right.

    order: statements to begin with; ranks: of each function's locals, where they are known; keeps: nothing may
    just be taken away, since what is computed was meant to be; begins: the line at which values were found to go
    wrong, where these could be followed.
    """

    way: Way
    functions: Sequence[Function]
    right: Callable[[], bool]
    order: Sequence[Step] = ()
    ranks: Ranks = field(default_factory=dict)
    keeps: bool = False
    begins: int | None = None

    def ranks_of(self, function: Function) -> Mapping[str, int] | None:
        """The numbers of dimensions of a function's locals, by name; what is missing is no array and no number."""
        code = function.function.__code__
        return self.ranks.get((code.co_filename, code.co_firstlineno))


@dataclass(frozen=True)
class Repair:
    """A change of one statement, whose text is `old` and begins at (line, column) of the function's file."""

    group: Group
    function: Function
    old: str
    at: tuple[int, int]
    edit: mends.Edit
    by_cause: bool = False  # whether it is what the cause calls for

    @property
    def new(self) -> str:
        """The statement's text with the change."""
        return self.edit.apply(self.old)

    @property
    def spot(self) -> Spot:
        """What is changed, on its first line."""
        number, start = self._start
        replaced = self.old[self.edit.start : self.edit.end].partition("\n")[0]
        return Spot(self.function.file, number, replaced, (start, start + len(replaced)))

    @property
    def line(self) -> str:
        """The line as it then reads."""
        start, end = self.spot.columns
        source = self.function.line(self.spot.line)
        return source[:start] + self.edit.new + source[end:]

    @property
    def _start(self) -> tuple[int, int]:
        """Line and column where the change begins."""
        before = self.old[: self.edit.start]
        lines = before.count("\n")
        return self.at[0] + lines, len(before) - before.rfind("\n") - 1 if lines else self.at[1] + len(before)

    @cached_property
    def code(self) -> CodeType | None:
        """The function compiled with the change; None where it is no Python."""
        return _compiled(self.function, self.old, self.new, *self.at)

    @cached_property
    def cost(self) -> int:
        """How implausible the change is."""
        begins = self.group.begins
        own = self.group.functions[0] is self.function
        elsewhere = (
            own and begins is not None and begins not in range(self.at[0], self.at[0] + self.old.count("\n") + 1)
        )
        # Where all that is known is that the two disagree, it is more often the way back that is wrong.
        other_way = 1 if self.group.keeps else 0
        change = plausible.cost(self.old, self.new, self.function, back=self.group.way != "forward")
        return 2 * elsewhere + other_way + change

    def cause(self, kind: str, is_loss: bool) -> str:
        """The mistake that the change takes back; "" where it says nothing clear."""
        tests = [s.node for s in self.function.steps if isinstance(s.node, ast.If) and self.at[0] in s.lines]
        if self.group.way == "cache" and any(remembers(node) for node in tests):
            return "stale-cache"
        return naming.cause_of(self.old, self.new, naming.Setting(self.function, self.group.way, kind, is_loss))


def search(groups: Sequence[Group], cause: str, left: Callable[[], bool]) -> Repair | None:
    """The most plausible change under which its group's `right()` holds, of those tried while `left()` says so.

    The likeliest are tried first; once one is right, some simpler ones are, the simplest first. cause: what to
    begin with.
    """
    attempts = _in_order(groups, cause)
    best = next((a for a in takewhile(lambda _: left(), attempts) if _is_right(a)), None)
    if best is None or not best.cost or best.by_cause:
        return best
    others = [_in_order([group], cause) for group in groups if group.keeps and group is not best.group]
    simpler = [a for each in (*others, attempts) for a in islice(each, LOOKED_AT) if a.cost < best.cost]
    simpler.sort(key=lambda attempt: attempt.cost)
    return next((a for a in takewhile(lambda _: left(), simpler[:FURTHER]) if _is_right(a)), best)


def _is_right(attempt: Repair) -> bool:
    if attempt.group.keeps and plausible.takes_away(attempt.old, attempt.new):
        return False
    return _holds_under(attempt)


def _in_order(groups: Sequence[Group], cause: str) -> Iterator[Repair]:
    places = [(group, *_places(group)) for group in groups]
    # Which factor or term is missing is known; a sign or a number may be mended anywhere.
    known = (cause in FORMS and cause not in ("wrong-factor", "wrong-sign")) or cause == "sign-flipped"
    specific: list[Kind] = [by_cause, factors] if known else [by_cause]
    if cause == "derivative-at-wrong-point":
        specific = [by_cause, other_names]
    exchanged: list[Kind] = [windows, other_names, factors]
    elsewhere = written_elsewhere([function for group in groups for function in group.functions])
    main, bent = places[:1], [each for each in places[1:] if each[0].keeps]
    beside = [each for each in places[1:] if not each[0].keeps]
    rounds: list[tuple[Sequence[Kind], list[tuple[Group, _Places, _Places]]]] = [(specific, main + beside)]
    rounds += [([elsewhere], places)]
    rounds += [([by_rule], main), (specific, bent), ([by_rule], [each for each in bent if each[0].order])]
    rounds += [([by_rule], beside), (exchanged, main), ([by_rule], bent)]
    whole = [each for each in bent if each[0].way == "wiring"]  # another name there makes another loss
    rounds += [(exchanged, beside), (exchanged, [each for each in bent if each not in whole])]
    steps = [
        (number, kinds, group, first) for number, (kinds, some) in enumerate(rounds) for group, first, _ in some
    ]
    for group, first, others in main:  # where values are known to go wrong, everything is tried before the rest
        there = [place for place in (*first, *others) if _begins(group, *place)]
        steps[:0] = [(0, specific, group, there), (1, [by_rule, *exchanged], group, there)] if there else []
    for each in places:
        late = [by_cause, by_rule] if each in whole else [by_cause, by_rule, *exchanged]
        steps.append((len(rounds), late, each[0], each[2]))
    seen: set[tuple[int, str]] = set()
    for number, kinds, group, chosen in steps:
        for kind in kinds:
            if kind is factors:  # where something is missing, a bare `dx = dout` is the likeliest place
                chosen = sorted(chosen, key=lambda place: _is_bare(place[1], group.way))
            for function, step in chosen:
                edits = kind(function, step, cause, group.ranks_of(function))
                yield from _attempts(group, function, step, edits, seen, known and number == 0)


def again(repair: Repair, right: Callable[[], bool]) -> bool:
    """Whether a change that helped one layer helps another of its class."""
    with _swapped(repair):
        return _holds(right)


def _holds_under(attempt: Repair) -> bool:
    if attempt.code is None:
        return False
    with _swapped(attempt):
        found = _holds(attempt.group.right)
    # Where the code as it was is right as well by now, the try has changed what it remembers.
    return found and not _holds(attempt.group.right)


def _holds(right: Callable[[], bool]) -> bool:
    try:
        return right()
    except (Exception, SystemExit):  # most changes make no sense, and some make the code leave
        return False


def _places(group: Group) -> tuple[_Places, _Places]:
    """The statements that may be changed: those suspected, with the helpers they call, and the others."""
    likely = {step.node: i for i, step in enumerate(group.order)}
    helpers: list[Function] = []
    for function in group.functions:
        for step in function.steps:
            if step.node in likely or any(function.function is h.function for h in helpers):
                calls = [part for part in step.parts() if isinstance(part, ast.Call)]
                helpers += [helper for call in calls if (helper := function.called(call)) is not None]
    first: _Places = []
    others: _Places = []
    every = not likely
    for function in group.functions:
        helps = any(function.function is h.function for h in helpers)
        for step in function.steps:
            if _reaches_outside(step) or (group.keeps and _asks_layers(step)):
                continue
            (first if every or step.node in likely or helps else others).append((function, step))
    if every:
        first.reverse()  # what is missing is missed where it is needed
    for places in (first, others):
        places.sort(
            key=lambda place: (isinstance(place[1].node, ast.Return), likely.get(place[1].node, len(likely)))
        )
        places.sort(key=lambda place: not works(place[1]))
    return first, others


def _begins(group: Group, function: Function, step: Step) -> bool:
    return group.begins in step.lines and function is group.functions[0]


def _asks_layers(step: Step) -> bool:
    """Whether a statement of a network hands its values from layer to layer, or goes through them."""
    return isinstance(step.node, ast.For) or any(called_name(p) in ("forward", "predict") for p in step.parts())


def _reaches_outside(step: Step) -> bool:
    return any(called_name(part) in _OUTSIDE for part in step.parts())


def _is_bare(step: Step, way: Way) -> int:
    """`dx = dout` first, `return dx` late: where something is missing."""
    if not isinstance(step.value, ast.Name | ast.Attribute):
        return 1 if works(step) or way != "forward" else 3
    return {ast.Assign: 0, ast.Return: 2}.get(type(step.node), 1)


def with_helpers(functions: Sequence[Callable[..., Any] | None], ran: Ran | None = None) -> list[Function]:
    """The functions that have source, and the user's own that they call, each once; none with a `while` in it."""
    found: list[Function] = []
    stack = [(f, 0) for f in (read(each, ran) for each in functions) if f is not None]
    while stack:
        function, depth = stack.pop(0)
        if any(function.function is other.function for other in found):
            continue
        found.append(function)
        if depth < DEPTH:
            calls = [n for n in ast.walk(function.node) if isinstance(n, ast.Call)]
            stack += [(helper, depth + 1) for call in calls if (helper := function.called(call)) is not None]
    if any(isinstance(node, ast.While) for f in found for node in ast.walk(f.node)):
        return []  # what is changed before such a loop might never let it end
    return [f for f in found if f.function.__code__.co_freevars in ((), ("__class__",))]


def of_backward(functions: Sequence[Function], wrong: Sequence[str]) -> list[Step]:
    """The statements of a backward that the wrong quantities come from, the likeliest first."""
    return suspects(functions[0], wrong) if functions else []


# One try -------------------------------------------------------------------------------------------------------


@contextmanager
def _swapped(attempt: Repair) -> Iterator[None]:
    """The function with other code, and the object that it belongs to with its own attributes again afterwards."""
    function, owner = attempt.function.function, attempt.function.owner
    own = function.__code__
    held = dict(vars(owner)) if hasattr(owner, "__dict__") and not isinstance(owner, type) else None
    function.__code__ = attempt.code or own
    try:
        yield
    finally:
        function.__code__ = own
        if held is not None:
            vars(owner).clear()
            vars(owner).update(held)


def _attempts(
    group: Group,
    function: Function,
    step: Step,
    edits: Iterator[mends.Edit],
    seen: set[tuple[int, str]],
    by_cause: bool,
) -> Iterator[Repair]:
    """The function compiled with each edit of one statement's text."""
    text, line, column = text_of(function, step)
    for edit in edits:
        changed = edit.apply(text)
        if (id(step.node), changed) in seen or _may_explode(group, function, step, changed):
            continue
        seen.add((id(step.node), changed))
        yield Repair(group, function, text, (line, column), edit, by_cause)


def _may_explode(group: Group, function: Function, step: Step, changed: str) -> bool:
    """Whether a change makes a whole number out of itself: squared from call to call, it would know no end."""
    ranks = group.ranks_of(function)
    known = {**(ranks or {}), **ranks_held(function)}
    whole = {n for n in step.rebinds | step.changes if known.get(n, -2 if ranks is None else 0) == -2}
    if not whole:
        return False
    try:
        new = ast.parse(changed).body[0]
    except (SyntaxError, IndexError):
        return True
    value = getattr(new, "value", None)
    return isinstance(new, ast.AugAssign) or (value is not None and bool(reads_of(value) & whole))


def _compiled(function: Function, old: str, new: str, line: int, column: int) -> CodeType | None:
    first = min([function.node.lineno, *(d.lineno for d in function.node.decorator_list)])
    last = function.node.end_lineno or first
    lines = [function.line(n) for n in range(first, last + 1)]
    text = "\n".join(lines)
    at = sum(len(each) + 1 for each in lines[: line - first]) + column
    if text[at : at + len(old)] != old:
        return None
    text = text[:at] + new + text[at + len(old) :]
    own = function.function.__code__
    # Inside of a class as the method was: `super()` and names with two underscores mean what they meant.
    head = f"class {function.function.__qualname__.split('.')[-2:][0]}:\n" if text[:1].isspace() else "\n"
    try:
        source = head + text
        module = compile(doubled(ast.parse(source)) if speaks_of_single(text) else source, function.file, "exec")
    except (SyntaxError, ValueError):
        return None
    found = _code_of(module, function.node.name)
    if found is None or found.co_freevars != own.co_freevars:
        return None
    return found.replace(co_firstlineno=first)


def _code_of(module: CodeType, name: str) -> CodeType | None:
    """The code of a function in a module, or in the class in it."""
    inner = [c for c in module.co_consts if isinstance(c, CodeType)]
    inner += [c for each in inner for c in each.co_consts if isinstance(c, CodeType)]
    return next((c for c in inner if c.co_name == name), None)


_Places = list[tuple[Function, Step]]
