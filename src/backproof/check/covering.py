"""The classes inside a subject, and what a check of it has shown of them: some need no check of their own."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

from backproof.subjects.select import classes_inside
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network, Subject
from backproof.subjects.trial import entries
from backproof.subjects.variants import offers_others


@dataclass(frozen=True)
class Inside:
    """The names of the classes of all objects inside a subject, itself among them.

    judged: those of which a check of the subject says all that there is to say.
    """

    every: frozenset[str] = frozenset()
    judged: frozenset[str] = frozenset()


def inside(subject: Subject, instance: object, *, right: bool) -> Inside:
    """What is inside the instance that was judged as this subject.

    Where it is right, a class is judged whose way back ran, if it has one, and that offers no other activation.
    """
    classes = classes_inside(instance) if instance is not None else {}
    if not right or len(classes) < 2:
        return Inside(frozenset(classes), frozenset(classes))
    ran = _codes(subject, instance)
    judged = {name for name, cls in classes.items() if cls is type(instance) or _is_shown(cls, ran)}
    return Inside(frozenset(classes), frozenset(judged))


def _is_shown(cls: type, ran: set[CodeType] | None) -> bool:
    backs = {f.__code__ for f in map(inspect.unwrap, entries.ways_back(cls)) if inspect.isfunction(f)}
    return (ran is None or not backs or bool(backs & ran)) and not offers_others(cls)


def _codes(subject: Subject, instance: object) -> set[CodeType] | None:
    """The functions that run when the subject goes forward and back once; None where it does not."""
    found: set[CodeType] = set()

    def called(frame: FrameType, event: str, argument: Any) -> None:
        found.add(frame.f_code)

    here, before = Snapshot(instance), sys.getprofile()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            once = _once(subject)
            sys.setprofile(called)
            once()
    except (Exception, SystemExit):  # it went for the check, whatever is otherwise here
        return None
    finally:
        sys.setprofile(before)
        here.restore()
    return found


def _once(subject: Subject) -> Callable[[], Mapping[str, Any]]:
    if isinstance(subject, Network):
        return lambda: subject.gradient(subject.x.copy(), subject.t.copy())
    operation = subject.operation(3, np.random.default_rng(0))
    y = operation.forward(*operation.x)
    back = operation.backward
    return lambda: back(np.ones(np.shape(y))) if back is not None else {}
