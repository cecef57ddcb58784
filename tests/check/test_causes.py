"""One small wrong layer for each cause: it is found, placed and named."""

import pytest
from wrong_layers import CASES

from backproof import check
from backproof.check.catalogue import CODES


@pytest.mark.parametrize(
    ("slug", "kind", "quantity", "make", "given"), CASES, ids=[f"{i}-{c[0]}" for i, c in enumerate(CASES)]
)
def test_the_mistake_is_found_and_named(slug, kind, quantity, make, given):
    subject = make()
    report = check(subject, **given)
    faults = [f for f in report.findings if f.is_fault]
    assert [(f.code, f.kind, f.quantity, f.cause) for f in faults] == [(CODES[slug], kind, quantity, slug)]
    assert report.exit_code == 1
    also = faults[0].evidence.get("also fits", [])
    assert len(also) <= 2
    assert slug not in also
    assert set(also) <= set(CODES)


def test_what_gives_the_same_numbers_is_told_too():
    make, given = next((make, given) for slug, _, _, make, given in CASES if slug == "kernel-flipped")
    report = check(make(), **given)
    assert report.findings[0].evidence["also fits"] == ["order-not-restored"]
    assert "order-not-restored" in str(report)


def test_every_cause_of_a_fault_has_a_case():
    faults = {slug for slug, code in CODES.items() if code < "BP5"}
    assert faults - {slug for slug, *_ in CASES} == set()
