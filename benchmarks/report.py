"""What the programs found, as docs/benchmarks.md and a picture."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
from importlib import metadata
from pathlib import Path

from benchmarks.contest import Bar, Outcome, Times

DOCS = Path(__file__).parents[1] / "docs"
OURS = "Backproof"
PACKAGES = ("backproof", "numpy", "scikit-learn", "torch", "jax", "jaxlib")
_OURS, _OTHER = "#1f5fa8", "#b0b0b0"


def write(outcomes: list[Outcome], remarks: str) -> None:
    """Rewrite docs/benchmarks.md and its picture."""
    text = [
        "# Benchmarks",
        "",
        "Written by `make bench`; every figure below comes from its last run. Each comparison is a program in "
        "`benchmarks/`, in which all contestants take turns on one pinned core with one thread each; what is "
        "counted is the processor time of the process (`benchmarks/contest.py` says why). Shown are medians "
        "over the rounds, quartiles in brackets; ratios are taken within each round.",
        "",
        _machine(outcomes),
        "",
        "![How many times Backproof's time each contestant takes](images/benchmarks.png)",
        "",
        "## The bars",
        "",
        _bars([bar for outcome in outcomes for bar in outcome.bars]),
        "",
        remarks.strip(),
    ]
    for outcome in outcomes:
        for times in outcome.contests:
            text += ["", f"## {_headline(times.title)}", "", _contest(times)]
        if outcome.name == "growth":
            text += ["", "## How cost grows"]
        for table in outcome.tables:
            text += ["", f"### {_headline(table['title'])}", "", _table(table["head"], table["rows"])]
        for note in outcome.notes:
            text += ["", note]
    (DOCS / "benchmarks.md").write_text("\n".join(text) + "\n")
    _picture([times for outcome in outcomes for times in outcome.contests])


def _headline(title: str) -> str:
    """With a capital, unless it begins with a name in code."""
    return title if {"_", "("} & set(title.split()[0]) else title[0].upper() + title[1:]


def _machine(outcomes: list[Outcome]) -> str:
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = models[0] if models else cpu
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    shares = [
        c / w
        for outcome in outcomes
        for times in outcome.contests
        for name in times.cpu
        for c, w in zip(times.cpu[name], times.wall[name], strict=True)
        if c is not None and w is not None
    ]
    own = statistics.median(shares)
    loads = [load for outcome in outcomes for load in outcome.loads]
    return (
        f"{datetime.date.today().isoformat()}; {cpu}, {os.cpu_count()} cores, one of them used; "
        f"Python {platform.python_version()}; {versions}. Load of the machine {min(loads):.1f} to "
        f"{max(loads):.1f} while they ran; the core was the contestants' own for {own:.0%} of the time."
    )


def _bars(bars: list[Bar]) -> str:
    rows = [
        [
            bar.what,
            f"≤ {_ratio(bar.limit)}",
            f"{_ratio(bar.measured)} [{_ratio(bar.low)}–{_ratio(bar.high)}]",
            "met" if bar.met else f"**missed** by a factor of {_ratio(bar.measured / bar.limit)}",
        ]
        for bar in bars
    ]
    return _table(["Backproof's time as a share", "bar", "measured", ""], rows)


def _contest(times: Times) -> str:
    ours = next(name for name in times.cpu if name.startswith(OURS))
    rows = []
    for name in sorted(times.cpu, key=times.median):
        low, high = times.quartiles(name)
        ratios = times.ratios(name, ours)
        rows.append(
            [
                f"**{name}**" if name.startswith(OURS) else name,
                f"{_time(times.median(name))} [{_time(low)}–{_time(high)}]",
                _ratio(statistics.median(ratios)),
            ]
        )
    return _table([f"per {times.unit}", "time", f"times {ours}"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def _ratio(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _picture(contests: list[Times]) -> None:
    from matplotlib.figure import Figure

    heights = [len(times.cpu) for times in contests]
    figure = Figure(figsize=(9, 0.26 * sum(heights) + 0.62 * len(contests)), layout="constrained")
    panels = figure.subplots(len(contests), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, times in zip(panels, contests, strict=True):
        ours = next(name for name in times.cpu if name.startswith(OURS))
        names = sorted(times.cpu, key=times.median, reverse=True)
        ratios = [statistics.median(times.ratios(name, ours)) for name in names]
        colors = [_OURS if name.startswith(OURS) else _OTHER for name in names]
        bars = axes.barh(names, ratios, color=colors, height=0.72)
        axes.bar_label(bars, [_ratio(r) for r in ratios], padding=3, fontsize=8)
        axes.set_xscale("log")
        axes.axvline(1, color=_OURS, linewidth=0.8)
        axes.set_xlim(min(0.5, 0.7 * min(ratios)), 2 * max(ratios))
        axes.set_title(times.title, fontsize=9, loc="left")
        axes.tick_params(labelsize=8)
        axes.xaxis.set_visible(False)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    figure.suptitle("How many times Backproof's time, one core (log scale; shorter is faster)", fontsize=10)
    (DOCS / "images").mkdir(exist_ok=True)
    figure.savefig(DOCS / "images" / "benchmarks.png", dpi=110)
