"""One thing that several people were asked to do: who has it, who did it, and what an old page may still do (P1)."""

from datetime import UTC, datetime, timedelta

from fieldvisit.desk.asked import SHOWN_DONE, Asked, Standing, may_mark_done, may_open_again, may_take, standing

AT_TWO = datetime(2026, 12, 8, 14, 0, tzinfo=UTC)
SOON = AT_TWO + timedelta(minutes=5)
DORA, OTTO = Asked("dora", "Dora Quill"), Asked("otto", "Otto Brandt")
TAKEN = standing([Asked("dora", "Dora Quill", taken_at=AT_TWO), OTTO])
DONE = standing([Asked("dora", "Dora Quill", AT_TWO, SOON), OTTO])


def test_nobody_has_it_until_somebody_takes_it_and_whoever_took_it_last_has_it() -> None:
    assert standing([DORA, OTTO]) == Standing()
    both = standing([Asked("dora", "Dora Quill", taken_at=AT_TWO), Asked("otto", "Otto Brandt", taken_at=SOON)])
    assert both.holder and both.holder.person_id == "otto" and both.done is None


def test_whoever_comes_second_is_told_who_was_first_and_when() -> None:
    refused = may_take(TAKEN, "otto", seen="")
    assert not refused and refused.message.startswith("Dora Quill took it first, at 2pm.")
    assert refused.clause and refused.clause.where == "P1"


def test_whoever_saw_that_a_colleague_has_it_may_do_it_instead() -> None:
    assert may_take(TAKEN, "otto", seen="dora")
    assert may_take(TAKEN, "dora", seen=""), "twice by the same one is once"


def test_an_old_page_ends_nothing_that_a_colleague_took_since() -> None:
    assert not may_mark_done(TAKEN, "otto", seen="")
    assert may_mark_done(TAKEN, "otto", seen="dora") and may_mark_done(TAKEN, "dora", seen="")
    assert may_mark_done(standing([DORA, OTTO]), "otto", seen="")


def test_what_is_done_is_taken_and_done_by_nobody_else() -> None:
    for refused in (may_take(DONE, "otto", seen="dora"), may_mark_done(DONE, "otto", seen="dora")):
        assert not refused and refused.message.startswith("Dora Quill has done it, at 2:05pm.")
    assert may_mark_done(DONE, "dora", seen="")


def test_what_was_done_by_mistake_is_opened_again_for_a_day() -> None:
    assert may_open_again(DONE, SOON + SHOWN_DONE - timedelta(seconds=1))
    assert not may_open_again(DONE, SOON + SHOWN_DONE)
    assert not may_open_again(TAKEN, SOON)
