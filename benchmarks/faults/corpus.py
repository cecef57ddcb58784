"""The variants with what is true of each: by hand, by operator, and the base programs themselves."""

from __future__ import annotations

import functools
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .causes import HAND, mutant_causes
from .hand import FAULTS, Fault
from .lines import right_lines
from .mutants import Mutant, mutants
from .outcome import Truth
from .subjects import PROGRAM, PROGRAM_LIST, Program, Subject, load
from .truth import Difference, differences, quiet

SEED = 20


@contextmanager
def written(text: str, name: str) -> Iterator[Path]:
    """The text as a file of its own, in a temporary folder that goes with all that was left in it."""
    with tempfile.TemporaryDirectory(prefix="backproof-faults-") as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        yield path


@functools.cache
def _list_names(program: str) -> dict[str, tuple[str, ...]]:
    """What a layer in a list may be called, having no name of its own: its place, its class, or the class
    with its number among its likes.
    """
    seen: dict[str, int] = defaultdict(int)
    names = {}
    for unit in PROGRAM[program].build(load(PROGRAM[program].path)).units:
        if unit.name.startswith("layers["):
            seen[unit.owner] += 1
            names[unit.name] = (unit.name, unit.owner, f"{unit.owner}{seen[unit.owner]}")
    return names


def _named(program: str, layers: Iterable[str]) -> tuple[str, ...]:
    names = _list_names(program)
    return tuple(dict.fromkeys(name for layer in layers for name in names.get(layer, (layer,))))


def hand_truth(fault: Fault) -> Truth:
    if fault.benign:
        return Truth(fault.name, fault.program, "benign")
    layers = _named(fault.program, fault.layers)
    return Truth(
        fault.name,
        fault.program,
        fault.category,
        fault.kinds,
        layers,
        fault.quantities,
        fault.cause,
        fault.line,
        HAND[fault.name],
        tuple(sorted({fault.line, *right_lines(PROGRAM[fault.program].text, fault.text)})),
    )


def base_truth(program: Program) -> Truth:
    return Truth(program.name, program.name, "correct")


@functools.cache
def mutants_of(program: str) -> list[Mutant]:
    return mutants(PROGRAM[program])


@dataclass(frozen=True)
class Survey:
    """What became of one mutant: "live", "equivalent" or "crashing"; a live one's truth."""

    program: str
    place: int
    operator: str
    status: str
    truth: Truth | None = None


def survey(program: str) -> list[Survey]:
    """Every mutant of a program beside the twins."""
    found = []
    for place, mutant in enumerate(mutants_of(program)):
        try:
            with written(mutant.text, program) as path:
                with quiet():
                    subject = PROGRAM[program].build(load(path))
                leaves = differences(PROGRAM[program], subject)
        except Exception:
            found.append(Survey(program, place, mutant.operator, "crashing"))
            continue
        if leaves:
            found.append(Survey(program, place, mutant.operator, "live", mutant_truth(mutant, subject, leaves)))
        else:
            found.append(Survey(program, place, mutant.operator, "equivalent"))
    return found


def mutant_truth(mutant: Mutant, subject: Subject, leaves: list[Difference]) -> Truth:
    """The layers are those whose own values leave their twins'; where none does, it is the network's wiring.

    A layer that only writes into its input is at fault where nothing else is. A layer that the network's
    own `__init__` made wrong may be named, or the network may, and the parameter is out of reach: "state".
    """
    units = {unit.name: unit for unit in subject.units}
    inside = [d for d in leaves if not units[d.unit].is_network]
    wrong = [d for d in inside if not d.what.endswith("written")]
    blamed = wrong or inside or leaves
    layers = sorted({d.unit for d in blamed})
    quantities = sorted({d.what.removesuffix(" written") for d in blamed})
    in_network = not inside
    made_wrong = mutant.scope in {unit.owner for unit in subject.units if unit.is_network} and not in_network
    if made_wrong:
        layers.append("gradient()")
    if in_network or made_wrong:
        layers += [mutant.scope, mutant.method, f"{mutant.method}()", "loss()", "loss"]
    kinds = set()
    if any(d.what == "output" for d in blamed):
        kinds |= {"forward", "backward"} if in_network else {"forward"}
    elif not wrong and inside:
        kinds.add("state")
    else:
        kinds.add("backward")
    if made_wrong or all(d.call > 0 for d in blamed):
        kinds.add("state")
    return Truth(
        mutant.name,
        mutant.program,
        mutant.operator,
        tuple(sorted(kinds)),
        _named(mutant.program, layers),
        tuple(quantities),
        f"{mutant.before} -> {mutant.after}",
        mutant.line,
        mutant_causes(mutant),
        right_lines(PROGRAM[mutant.program].text, mutant.text),
    )


def choose(surveys: list[Survey], limit: int) -> list[Survey]:
    """Live mutants, evenly over programs and operators, in an order fixed by SEED; all where limit is 0."""
    live = [entry for entry in surveys if entry.status == "live"]
    if not limit or limit >= len(live):
        return live
    groups: dict[tuple[str, str], list[Survey]] = defaultdict(list)
    for entry in live:
        groups[entry.program, entry.operator].append(entry)
    generator = random.Random(SEED)
    for group in groups.values():
        generator.shuffle(group)
    chosen: list[Survey] = []
    while len(chosen) < limit:
        for group in groups.values():
            if group and len(chosen) < limit:
                chosen.append(group.pop())
    return chosen


def hand_faults() -> list[Fault]:
    return FAULTS


def programs() -> list[Program]:
    return PROGRAM_LIST
