"""Which tasks stand first, and which no press ends (D3, D4, D10, P1)."""

from fieldvisit.breaches.danger import ASKED_FOR
from fieldvisit.desk.wording import TASKS
from fieldvisit.ground.task_kinds import ENDS, ENTRIES, RANKS, WATCHED, Rank, ends_with, may_mark_done, rank_of
from fieldvisit.hazards.telling import LOOK
from fieldvisit.visits.lawful_entry_service import TO_ANSWER, TO_REVIEW


def test_what_is_named_here_is_a_kind_of_task() -> None:
    assert set(RANKS) | set(ENDS) <= set(TASKS)
    assert {ASKED_FOR, LOOK} <= set(RANKS) and ENTRIES == (TO_ANSWER, TO_REVIEW) and set(WATCHED) <= set(ENDS)


def test_minutes_stand_before_the_day_and_the_day_before_paper() -> None:
    ranks = [rank_of(kind) for kind in ("entry_proposed", "hazard_seen", "sign_again")]
    assert ranks == [Rank.NOW, Rank.TODAY, Rank.DAYS] == sorted(ranks)
    assert rank_of("hazard_seen", emergency=True) is Rank.NOW


def test_a_press_ends_paper_and_no_danger_that_goes_on() -> None:
    assert may_mark_done("sign_again") and not ends_with("sign_again")
    for kind in ("entry_proposed", "watch_alarm", "watch_overdue", "hazard_seen"):
        refused = may_mark_done(kind)
        assert not refused and ends_with(kind) in refused.message and refused.clause
