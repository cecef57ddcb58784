"""A contest: several ways to do the same work take turns in one process, on one core.

What is counted is the processor time of all threads of this process, which on one core of a quiet machine is the
time on the wall; on a busy one it leaves out the time that other programs took. It leaves out waiting, too, which
favours whoever waits: Backproof never does. Both are kept. A ratio is taken within each round, so that a
machine that slows down or speeds up between rounds does not enter it; its median and quartiles are shown.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "runs" / "bench"


@dataclass(frozen=True)
class Contestant:
    """One way to do the work: `turn` does `steps` units of it."""

    name: str
    turn: Callable[[], object]
    steps: int = 1
    every: int = 1  # takes part in every n-th round only, where a turn is long


@dataclass
class Times:
    """Seconds per unit of work in each round, None where a contestant sat out."""

    title: str
    unit: str
    cpu: dict[str, list[float | None]]
    wall: dict[str, list[float | None]]

    def median(self, name: str) -> float:
        return statistics.median(self._took_part(self.cpu[name]))

    def quartiles(self, name: str) -> tuple[float, float]:
        return _quartiles(self._took_part(self.cpu[name]))

    def ratios(self, name: str, other: str) -> list[float]:
        """name ÷ other, in each round that both took part in."""
        pairs = zip(self.cpu[name], self.cpu[other], strict=True)
        return [a / b for a, b in pairs if a is not None and b is not None]

    def fastest(self, names: list[str]) -> str:
        return min(names, key=self.median)

    @staticmethod
    def _took_part(values: list[float | None]) -> list[float]:
        return [value for value in values if value is not None]


@dataclass
class Bar:
    """A ratio that was to be reached, and what was measured: median and quartiles over the rounds."""

    what: str
    limit: float
    measured: float
    low: float
    high: float

    @classmethod
    def of(cls, what: str, limit: float, ratios: list[float]) -> Bar:
        return cls(what, limit, statistics.median(ratios), *_quartiles(ratios))

    @property
    def met(self) -> bool:
        return self.measured <= self.limit


@dataclass
class Outcome:
    """What one program found, JSON-ready."""

    name: str
    contests: list[Times] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(
        default_factory=list
    )  # {"title", "head", "rows"}: figures of another kind

    def save(self) -> None:
        self.loads.append(os.getloadavg()[2])  # the machine's, over the last fifteen minutes
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, name: str) -> Outcome:
        data = json.loads((RESULTS / f"{name}.json").read_text())
        data["contests"] = [Times(**contest) for contest in data["contests"]]
        data["bars"] = [Bar(**bar) for bar in data["bars"]]
        return cls(**data)


def contest(title: str, contestants: list[Contestant], rounds: int, unit: str = "step") -> Times:
    """Let everybody warm up for one turn, then take turns, each round beginning with another one."""
    say(f"{title}: {', '.join(c.name for c in contestants)}")
    for contestant in contestants:
        contestant.turn()
    cpu: dict[str, list[float | None]] = {c.name: [] for c in contestants}
    wall: dict[str, list[float | None]] = {c.name: [] for c in contestants}
    for number in range(rounds):
        shift = number % len(contestants)
        for contestant in contestants[shift:] + contestants[:shift]:
            took = (None, None) if number % contestant.every else _timed(contestant)
            cpu[contestant.name].append(took[0])
            wall[contestant.name].append(took[1])
    times = Times(title, unit, cpu, wall)
    for contestant in contestants:
        say(f"  {contestant.name:<32} {times.median(contestant.name) * 1e6:14,.1f} µs per {unit}")
    return times


def _timed(contestant: Contestant) -> tuple[float, float]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    contestant.turn()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / contestant.steps, wall / contestant.steps


def _quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
