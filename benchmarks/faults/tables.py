"""Outcomes into Markdown: what was detected, what was placed, and every miss by name."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from .causes import AVERAGED, LOSS_TIMES_N, NO_AXIS, OVER_BATCH, SIGN, SYMPTOMS, TERM
from .corpus import Survey
from .hand import FAULTS
from .later import FIRST_RUN
from .ours import NAME
from .outcome import Outcome, Truth, among_three, cause_answer, kind_fits, layer_fits, line_fits, quantity_fits
from .peers import BOOK_TOLERANCE, PEERS, SCIPY_TOLERANCE
from .truth import BATCHES, GRADIENT_TOLERANCE, POINTS, VALUE_TOLERANCE

REPAIRS = Path(__file__).with_name("repairs.json")
CATEGORIES = (
    "backward",
    "forward inconsistent",
    "forward self-consistent",
    "state and aliasing",
    "dtype",
    "wiring",
)


@dataclass
class Judged:
    """One variant with all that was said about it."""

    group: str  # "hand", "base", "later", "later base", "mutant", "network", "torch"
    truth: Truth
    outcomes: dict[str, Outcome]


@dataclass
class Results:
    judged: list[Judged] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    seconds: float = 0.0

    def group(self, *names: str) -> list[Judged]:
        return [entry for entry in self.judged if entry.group in names]


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + "---|" * (lines[0].count(" | ") + 1))
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)" if whole else "-"


def _count(entries: list[Judged], checker: str, test: Callable[[Outcome, Truth], bool]) -> int:
    return sum(
        entry.outcomes[checker].detected and test(entry.outcomes[checker], entry.truth) for entry in entries
    )


def detected(outcome: Outcome, truth: Truth) -> bool:
    return outcome.detected


def right_layer(outcome: Outcome, truth: Truth) -> bool:
    return layer_fits(outcome.layer, truth)


def right_kind(outcome: Outcome, truth: Truth) -> bool:
    return kind_fits(outcome.kind, truth)


def right_quantity(outcome: Outcome, truth: Truth) -> bool:
    return quantity_fits(outcome.quantity, truth)


MEASURES = {"detected": detected, "layer": right_layer, "kind": right_kind, "quantity": right_quantity}


def checkers(entries: list[Judged]) -> list[str]:
    return [name for name in (NAME, *PEERS) if any(name in entry.outcomes for entry in entries)]


def summary(faulty: list[Judged], sound: list[Judged]) -> str:
    """One row a checker; shares are of all faults, false alarms of all sound variants."""
    rows = []
    for name in checkers(faulty):
        outcomes = [entry.outcomes[name] for entry in faulty]
        alarms = [entry for entry in sound if name in entry.outcomes]
        rows.append(
            [
                name,
                *(share(_count(faulty, name, measure), len(faulty)) for measure in MEASURES.values()),
                f"{sum(entry.outcomes[name].detected for entry in alarms)}/{len(alarms)}" if alarms else "-",
                f"{statistics.median(outcome.evaluations for outcome in outcomes):.0f}",
                f"{statistics.median(outcome.seconds for outcome in outcomes):.3f}",
            ]
        )
    head = [
        "checker",
        "detected",
        "right layer",
        "right kind",
        "right quantity",
        "false alarms",
        "evaluations",
        "seconds",
    ]
    return table(head, rows)


def by_category(faulty: list[Judged], categories: Iterable[str]) -> str:
    rows = []
    names = checkers(faulty)
    for category in categories:
        entries = [entry for entry in faulty if entry.truth.category == category]
        if entries:
            ours = [str(_count(entries, NAME, measure)) for measure in MEASURES.values()]
            others = [str(_count(entries, name, detected)) for name in names if name != NAME]
            rows.append([category, len(entries), *ours, *others])
    head = ["category", "faults", *MEASURES, *(f"{name}: detected" for name in names if name != NAME)]
    return table(head, rows)


def right_cause(outcome: Outcome, truth: Truth) -> bool:
    return cause_answer(outcome, truth) == "right"


def unknown(outcome: Outcome, truth: Truth) -> bool:
    return cause_answer(outcome, truth) == "unknown"


def confidently_wrong(outcome: Outcome, truth: Truth) -> bool:
    return cause_answer(outcome, truth) == "wrong"


def honest(outcome: Outcome, truth: Truth) -> bool:
    """The cause, or "unknown" on the right line."""
    return right_cause(outcome, truth) or (unknown(outcome, truth) and line_fits(outcome, truth))


EXPLAINED = {
    "cause (top 1)": right_cause,
    "cause (top 3)": among_three,
    "unknown": unknown,
    "confidently wrong": confidently_wrong,
    "line": line_fits,
    "cause, or unknown on the line": honest,
}


def explained(faulty: list[Judged], categories: Iterable[str]) -> str:
    """Why and where, ours alone: a row a category, and shares of all faults in the last row."""
    rows: list[list[Any]] = []
    for category in categories:
        entries = [entry for entry in faulty if entry.truth.category == category]
        if entries:
            rows.append([category, len(entries), *(_count(entries, NAME, test) for test in EXPLAINED.values())])
    whole = [share(_count(faulty, NAME, test), len(faulty)) for test in EXPLAINED.values()]
    return table(["category", "faults", *EXPLAINED], [*rows, ["all", len(faulty), *whole]]) + _cost(faulty)


def _cost(faulty: list[Judged]) -> str:
    """What trying changes of lines costs beside the check itself, in evaluations and in time."""
    outcomes = [entry.outcomes[NAME] for entry in faulty if entry.outcomes[NAME].detected]
    if not outcomes:
        return ""
    tried = [outcome.tried / max(outcome.evaluations, 1) for outcome in outcomes]
    times = [outcome.share_of_time for outcome in outcomes if outcome.share_of_time]
    shares = f"median {statistics.median(tried):.2f}, maximum {max(tried):.2f} (evaluations"
    if times:
        shares += f"), median {statistics.median(times):.2f}, maximum {max(times):.2f} (time"
    return f"\nTrying changes of lines costs, for each unit that the check itself takes: {shares}).\n"


def unexplained(entries: list[Judged]) -> list[str]:
    """Every fault whose cause or line is not right, as a line of Markdown, the gravest first."""
    lines = []
    for entry in entries:
        truth, outcome = entry.truth, entry.outcomes[NAME]
        if not truth.faulty or not outcome.detected:
            continue
        answer, placed = cause_answer(outcome, truth), line_fits(outcome, truth)
        if answer == "right" and placed:
            continue
        name = f"`{truth.program}` {truth.variant.removeprefix(truth.program)}".replace("|", "\\|")
        wanted = " or ".join(truth.causes) or "unknown"
        where = "right line" if placed else f"line {outcome.line}, wanted {', '.join(map(str, truth.lines))}"
        word = {"wrong": "0 confidently wrong", "right": "1 line alone wrong"}.get(
            answer, "3 unknown on the right line" if placed else "2 unknown on another line"
        )
        lines.append(f"{word}: {name}: said {outcome.cause} in `{outcome.layer}`; wanted {wanted}; {where}")
    return [f"- {line[2:]}" for line in sorted(lines, key=lambda line: line[0])]


def later_tables(entries: list[Judged]) -> str:
    """Detection, places and causes of the faults written later, and each that is not wholly right."""
    faulty = [entry for entry in entries if entry.truth.faulty]
    sound = [entry for entry in entries if not entry.truth.faulty]
    listed = misses(faulty + sound) or ["None."]
    rest = unexplained(faulty) or ["None."]
    shown = [summary(faulty, sound), by_category(faulty, CATEGORIES), explained(faulty, CATEGORIES)]
    return "\n".join([*shown, "Not wholly right:\n", *listed, "\nWithout the right cause or line:\n", *rest])


def misses(entries: list[Judged]) -> list[str]:
    """Every variant where our answer is not wholly right, as a line of Markdown; quantity alone is not listed."""
    lines = []
    for entry in entries:
        truth, outcome = entry.truth, entry.outcomes[NAME]
        said = f"said {outcome.kind} in `{outcome.layer}`, `{outcome.quantity}`, {outcome.cause}"
        name = f"`{truth.program}` {truth.variant.removeprefix(truth.program)}".replace("|", "\\|")
        if not truth.faulty:
            if outcome.detected:
                lines.append(f"- false alarm: {name}: {said}")
            elif outcome.unjudged:
                lines.append(f"- not judged: {name}: {_short(outcome.unjudged)}")
            continue
        wanted = f"wanted {'/'.join(truth.kinds)} in {', '.join(f'`{layer}`' for layer in truth.layers)}"
        if not outcome.detected:
            why = f" ({_short(outcome.unjudged)})" if outcome.unjudged else ""
            lines.append(f"- missed{why}: {name} [{truth.category}]: {wanted}")
        elif not right_layer(outcome, truth):
            lines.append(f"- wrong layer: {name} [{truth.category}]: {wanted}; {said}")
        elif not right_kind(outcome, truth):
            lines.append(f"- wrong kind: {name} [{truth.category}]: {wanted}; {said}")
    return lines


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


def _machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines(Path("/proc/cpuinfo"))
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    names = ("numpy", "torch", "jax", "scipy", "autograd")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {model}, {os.cpu_count()} cores, "
        f"load average {os.getloadavg()[2]:.0f}, "
        f"{platform.system()}, Python {platform.python_version()}, {versions}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _corpus() -> str:
    count = Counter(fault.category for fault in FAULTS)
    return ", ".join(f"{count[category]} {category}" for category in (*CATEGORIES, "benign"))


def survey_table(surveys: list[Survey]) -> str:
    operators = sorted({entry.operator for entry in surveys})
    rows = []
    for operator in [*operators, "all"]:
        status = Counter(entry.status for entry in surveys if operator == "all" or operator == entry.operator)
        rows.append([operator, status.total(), status["live"], status["equivalent"], status["crashing"]])
    return table(["operator", "generated", "live", "equivalent", "crashing"], rows)


def survey_line(surveys: list[Survey]) -> str:
    status = Counter(entry.status for entry in surveys)
    return (
        f"generated {status.total()} = live {status['live']} + equivalent {status['equivalent']}"
        f" + crashing {status['crashing']}"
    )


def correct_table(entries: list[Judged]) -> str:
    rows = []
    for category in dict.fromkeys(entry.truth.category for entry in entries):
        part = [entry.outcomes[NAME] for entry in entries if entry.truth.category == category]
        rows.append(
            [
                category,
                len(part),
                sum(outcome.detected for outcome in part),
                sum(bool(outcome.unjudged) for outcome in part),
                f"{statistics.median(outcome.evaluations for outcome in part):.0f}",
                f"{statistics.median(outcome.seconds for outcome in part):.3f}",
            ]
        )
    return table(["correct", "subjects", "false alarms", "not judged", "evaluations", "seconds"], rows)


def right_causes(faulty: list[Judged]) -> str:
    """What counts as the cause of each fault by hand: the equivalent slugs."""
    rows = [
        [f"`{entry.truth.program}`", entry.truth.variant, entry.truth.cause, _slugs(entry.truth.causes)]
        for entry in faulty
    ]
    return table(["program", "fault", "in words", "right"], rows)


def _slugs(causes: Iterable[str]) -> str:
    return ", ".join(f"`{cause}`" for cause in causes) or "none: only `unknown` is honest"


def repair_trial() -> str:
    """The outcomes that `benchmarks.faults.repairs judge` kept, one by one."""
    if not REPAIRS.exists():
        return "Not tried yet: `python -m benchmarks.faults.repairs`."
    kept = json.loads(REPAIRS.read_text(encoding="utf-8"))
    rows = [
        [
            f"`{one['program']}`",
            one["variant"].replace("|", "\\|"),
            one["said"] or "no fault named",
            "yes" if one["right"] else "no",
            "<br>".join(f"`{line.strip().replace('|', chr(92) + '|')}`" for line in one["change"]) or "nothing",
        ]
        for one in kept["repairs"]
    ]
    right = sum(one["right"] for one in kept["repairs"])
    return (
        f"Twenty faults, drawn with seed {kept['seed']}: ten by hand, ten live mutants. Programmers who had seen "
        f"neither program nor report before got the faulty file and the printed report, ran nothing, and changed "
        f"the file once. Right beside its twins afterwards: {right} of {len(rows)} "
        "(`python -m benchmarks.faults.repairs`).\n\n"
        + table(["program", "fault", "the report said", "right at the first try", "what they changed"], rows)
    )


def document(results: Results) -> str:
    hand = [entry for entry in results.group("hand") if entry.truth.faulty]
    sound = [entry for entry in results.group("hand", "base") if not entry.truth.faulty]
    live = results.group("mutant")
    same = results.group("equivalent")
    correct = results.group("network", "torch")
    listed = misses(hand + sound) or ["None."]
    listed_mutants = misses(live) or ["None."]
    listed_correct = misses(correct) or ["None."]
    flagged = [entry for entry in same if entry.outcomes[NAME].detected]
    kinds = Counter(entry.outcomes[NAME].kind for entry in flagged)
    reported = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
    batches = ", ".join(map(str, BATCHES))
    return f"""# Faults: what the checker finds, and where it puts it

Written by `make faults`; do not edit. {_machine()}.
The whole run took {results.seconds / 60:.1f} minutes at two workers. A load above the number of
cores stretches the seconds. Small changes of the suspected lines are tried; how many is counted in evaluations,
with a limit of processor time besides, so that a very slow machine may mend and name a little less.

Correct hand-written programs ([benchmarks/faults/programs](../benchmarks/faults/programs)) in the book's,
cs231n's and a framework's style get one fault each. The truth is told by differentiable twins of the
correct programs (HIPS autograd), at {POINTS} random points of {len(BATCHES)} calls each, in one object, with
batches of {batches}; a value counts as wrong beyond {VALUE_TOLERANCE:g} of its scale, a gradient beyond
{GRADIENT_TOLERANCE:g}.

Shares are of *all* faults, detected or not. The first finding is the answer that counts. A layer is right
when it carries its name in the network, or the class or function where no network holds it. Evaluations
are forward calls (of a layer, a pair or the whole loss); evaluations and seconds are medians.

The other checkers know arrays, not objects. Somebody has to wrap each layer for them; here that is done,
layer by layer and the whole loss last, and the first that fails is the layer they are credited with. None
tells forward from backward: their kind is always "backward". gradcheck and check_vjp run with their own
tolerances; SciPy's norm counts above {SCIPY_TOLERANCE:g} of the gradient's, the book's mean difference above
{BOOK_TOLERANCE:g} (correct code shows 1e-10 to 1e-7), and the tensor with the largest difference is the one
that a reader suspects. What their cost leaves out is the wrapping.

These figures are not held out. The checker's authors worked against lists of what it missed on this corpus:
on all the faults by hand, and on the mutants drawn here. What was written with the fewest of them in sight is the
run over every live mutant (`make faults ARGS="--only mutants --no-peers --limit 0"`), the closest to held out.

## Written by hand

{_corpus()}. Ours reads each as a file, `backproof check FILE`, in a process of its own: its seconds hold the
start of Python and all imports.

{summary(hand, sound)}
{by_category(hand, CATEGORIES)}
False alarms are counted over the benign habits and the correct programs. Not wholly right:

{chr(10).join(listed)}

Why and where ([what counts as right](#what-counts-as-right)):

{explained(hand, CATEGORIES)}
{chr(10).join(unexplained(hand)) or "None."}

## Written later and run blind

{FIRST_RUN} What has been mended since was mended by what these showed, so that the figures below are not blind any
more. They are those of now (`make faults ARGS="--only later"`); what is right was not changed after the first run.

{later_tables(results.group("later", "later base"))}

## By operators on the syntax tree

{survey_line(results.surveys)}. A mutant is live where an output or a gradient leaves its twin's.
{len(live)} live mutants were tried, drawn evenly over programs and operators.

{survey_table(results.surveys)}
{summary(live, [])}
{by_category(live, sorted({entry.truth.category for entry in live}))}
Of {len(same)} equivalent mutants {len(flagged)} were reported as faults ({reported}): they give the same
outputs and gradients at the points tried, yet may be wrong elsewhere (labels of the other form, an overflow).

Not wholly right:

{chr(10).join(listed_mutants)}

Why and where ([what counts as right](#what-counts-as-right)):

{explained(live, sorted({entry.truth.category for entry in live}))}
{chr(10).join(unexplained(live)) or "None."}

## Correct networks

Nine families; sizes, batches, float32 and float64, parameters from 1e-6 to 1e6, zero biases, samples of
zeros, whole numbers (exact kinks and ties), saturated losses. PyTorch's layers answer with PyTorch's own
gradients.

{correct_table(correct)}
{chr(10).join(listed_correct)}

## Mended from the report

{repair_trial()}

## What counts as right

The first finding is judged; the shares are of *all* faults. Top 3: the cause, or one of the at most two others
that the report says give the same numbers.

**Cause.** A slug is right where its page describes the edit and its mend, carried out there, undoes it, and the
layer is right too; slugs of which that is true of one fault are equivalent for it. Where the catalogue has none,
"unknown" is the honest answer, and it counts as unknown. So do the slugs that say what is seen and not why:
{_slugs(sorted(SYMPTOMS - {"unknown"}))}, and `not-softmax` and its like.
Every other cause is confidently wrong, and so is one of these that blames a forward that is right.

**Line.** Right are the lines that the edit changed, each with its whole statement. Where it took a statement away,
these are: the `def` of the function that lacks it, the statement now in its place, and those in that function
that read or write what it assigned or updated.

**Mutants.** Their causes follow from the operator and the place alone
([causes.py](../benchmarks/faults/causes.py)): a dropped axis in the sum of a softmax is {_slugs(OVER_BATCH)},
in a bias gradient {_slugs(NO_AXIS)}; an extra mean {_slugs(AVERAGED)}; a lost divisor of a loss, which
either end can be blamed for, {_slugs(LOSS_TIMES_N)}; a lost term of batch normalisation {_slugs(TERM)};
a lost minus {_slugs(SIGN)}. Many have none: a moved threshold, another exponent, `*` for `/`.

{right_causes(hand)}"""
