"""Which clauses a case may cite: what the person named can break, and no right, permission or duty of somebody else's."""

import re

import pytest

from fieldvisit.breaches.case_state import Stage
from fieldvisit.breaches.procedure import DOCUMENTS, procedures
from fieldvisit.codes.catalogue import BROKEN_BY, all_clauses, all_documents, by_section, clause
from tests.rules.test_breach_rules import HEARD, HOUR, a_state, code, facts

SOMEBODY_ELSES = re.compile(
    r"Council|Landlord|Tenants|Team Leader|Housing Ops|MKCC|Manager \+|Coordinator|Members present"
)


@pytest.mark.parametrize(
    ("cited", "firm", "council"),
    [
        ("ME-2d", True, True), ("ME-8.1d1", False, True), ("ME-Ack1", True, False), ("ME-3.1a", True, True),
        ("ME-0", False, False), ("ME-7b", False, False), ("ME-7c1", False, False), ("ME-8.2b", False, False),
        ("ME-3.1a-x1", False, False), ("ME-3.3d3", False, False),
    ],
)  # fmt: skip
def test_nobody_is_said_to_have_broken_what_they_cannot_break(cited: str, firm: bool, council: bool):
    for of_a_firm, may in ((True, firm), (False, council)):
        given = facts(HEARD + HOUR, of_a_firm=of_a_firm)
        said = code(
            a_state(Stage.REPORTED),
            "screened",
            "s",
            given=given,
            document="ME",
            clauses=["ME-2d", cited],
            ladder="conduct",
        )
        assert said == ("allowed" if may else "not-theirs-to-break")


def test_what_is_owed_by_the_council_a_tenant_or_whoever_decides_is_nobodys_to_break():
    """But the rows of a table that a case is screened by."""
    rows = {begins for each in DOCUMENTS for ladder in procedures()[each].ladders for begins in ladder.clauses}
    for each in all_clauses():
        assert each.broken_by in BROKEN_BY
        if SOMEBODY_ELSES.match(each.bearer) and each.id not in rows and "ontractor" not in each.bearer:
            assert each.broken_by in ("nobody", "council"), each.id
    assert all(clause(each).can_be_broken(of_a_firm=False) for each in rows)


def test_clauses_stand_by_section_in_the_order_of_the_code_and_none_is_lost():
    for document in all_documents():
        groups = by_section(document.clauses)
        assert sorted(each.id for _, listed in groups for each in listed) == sorted(
            each.id for each in document.clauses
        )
        assert len({heading for heading, _ in groups}) == len(groups) <= 18
    headings = [
        heading for heading, _ in by_section(clause(each) for each in ("ME-2d", "ME-3.1a", "ME-3.1a-x1", "ME-3.1f"))
    ]
    assert headings == ["2 Principles", "Section 3.1"]
