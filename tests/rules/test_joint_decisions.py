"""Who decides together with the decider: by a part of the case where the code has one, else by name, and never the accused."""

import pytest

from fieldvisit.breaches.decision_rules import _joined
from fieldvisit.breaches.procedure import Deciding, procedures
from tests.rules.test_breach_rules import HEARD, facts

STEWARD = Deciding("Manager", "none in the code", joined_by="a steward")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "joined-by"), (" ", "joined-by"), ("Cora Finch", "allowed"), ("Pia Lund", "joined-by"),
        ("lund, PIA (steward)", "joined-by"), ("Pia Marsh", "allowed"),
    ],
)  # fmt: skip
def test_whom_it_is_about_decides_nothing_in_it(typed: str, code: str):
    assert _joined(STEWARD, {"joined_by": typed}, facts(HEARD, name="Pia Lund")).code == code


def test_the_panels_decision_is_joined_by_the_co_ordinator_of_the_case_and_another_one_where_they_are_accused():
    panel = procedures()["AL"].people
    assert (panel["decider"].joined_by, panel["decider"].joined_part) == ("a co-ordinator of the panel", "screener")
    assert panel["screener"].called(False).label == "Co-ordinator of the panel"
    assert panel["screener"].called(True).label == "Another co-ordinator of the panel"
    assert not [code for code in ("ME", "MR", "MO", "HS") if procedures()[code].people["decider"].joined_part]
