"""For pytest: `assert_gradients(subject, x, t)` fails with the report that `backproof check` prints.

As a fixture in every test, or by `from backproof.pytest_plugin import assert_gradients`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def assert_gradients(
    subject: object,
    x: Any = None,
    t: Any = None,
    *,
    gradient: Callable[..., Any] | None = None,
    seed: int = 0,
) -> None:
    """Fail the test where a gradient is wrong or could not be judged; arguments as in `backproof.check`.

    Notes do not fail it. What `backproof.check` raises comes through.
    """
    __tracebackhide__ = True
    from backproof import check  # here, so that test runs that never ask do not pay for it

    report = check(subject, x, t, gradient=gradient, seed=seed)
    if not report.ok:
        pytest.fail(str(report), pytrace=False)


@pytest.fixture(name="assert_gradients")
def _assert_gradients() -> Callable[..., None]:
    """`assert_gradients` for tests that import nothing."""
    return assert_gradients
