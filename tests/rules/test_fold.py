"""The fold: any shuffle and any repetition of what happened adds up to the same visit."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.ground.policy import load_policy
from fieldvisit.visits import events as ev
from fieldvisit.visits.fold import Line, fold
from fieldvisit.visits.state import ENDED, LANDS, TRANSITIONS, Stage, VisitState, steps_in_order

POLICY = load_policy("melton")
START = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
WORD = ev.Words("said")

PLANNED = ev.VisitPlanned(
    kind="responsive_repair", window_start=START, window_end=START + timedelta(hours=2), lead="asha",
    visitor="contractor", reason=WORD,
)  # fmt: skip
TOLD = ev.NoticeRecorded(
    notice="n1", channel="handed", sent_at=START - timedelta(hours=50), spoke_to="tenant", window_start=START,
    window_end=START + timedelta(hours=2),
)  # fmt: skip
CONSENT = ev.ConsentGiven(who="tenant", adult=True, able=True, how="spoken", scope=("enter",))
CLOSED = ev.VisitClosed(
    tidy=True, rubbish_removed=True, left_as_found=True, further_visit=False, unhappy=False, hazard_seen=False,
    welfare_prompt_shown=True,
)  # fmt: skip
WHOLE_DAY = (
    ev.VisitSetOff(), ev.VisitArrived(), ev.DoorAnswered("tenant"), ev.DoorIntroduced(), ev.DoorReasonGiven(),
    ev.DoorIdShown(), CONSENT, ev.HomeEntered(shoe_covers=True), ev.HomeChecked(done=("tidy",)),
    ev.VisitClosing(why="done"), CLOSED,
)  # fmt: skip


def at_the_desk(event: ev.Event, at: datetime, position: int = 1) -> Line:
    return Line(event, "desk", f"desk-{position}", None, position, at, at)


def by_phone(*events: ev.Event, device: str = "phone-1", starts: datetime = START, clock: int = 1) -> list[Line]:
    """clock: minutes that the phone's own clock moves between two lines; negative, it was set back."""
    return [
        Line(
            event,
            device,
            f"{device}-{n}",
            n,
            n + 10,
            starts + timedelta(minutes=clock * n),
            starts + timedelta(minutes=clock * n),
        )
        for n, event in enumerate(events)
    ]


def planned(*more: Line) -> list[Line]:
    desk = [at_the_desk(PLANNED, START - timedelta(days=3), 1), at_the_desk(TOLD, START - timedelta(hours=50), 2)]
    return [*desk, *more]


def test_a_whole_day_folds_to_closed() -> None:
    state = fold(planned(*by_phone(*WHOLE_DAY)), POLICY)
    assert (state.stage, state.outcome, state.exceptions) == (Stage.CLOSED, "done", ())


@given(st.randoms(use_true_random=False), st.integers(0, 20))
def test_any_shuffle_and_any_repetition_folds_the_same(chance: random.Random, repeats: int) -> None:
    lines = planned(*by_phone(*WHOLE_DAY))
    again = lines + [chance.choice(lines) for _ in range(repeats)]
    chance.shuffle(again)
    assert fold(again, POLICY) == fold(lines, POLICY)


def test_a_phone_whose_clock_was_set_back_in_mid_visit_still_comes_out_in_order() -> None:
    before, after = by_phone(*WHOLE_DAY[:6]), by_phone(*WHOLE_DAY[6:], starts=START - timedelta(hours=5))
    late = [
        Line(
            line.event, line.device, f"later-{line.seq}", 6 + (line.seq or 0), line.position, line.device_time, line.at
        )
        for line in after
    ]
    assert fold(planned(*before, *late), POLICY).stage is Stage.CLOSED


def test_two_workers_phones_are_both_kept_and_merged() -> None:
    lead = by_phone(*WHOLE_DAY)
    other = by_phone(ev.VisitLate(minutes=5), device="phone-2", starts=START + timedelta(seconds=30))
    assert fold(planned(*lead, *other), POLICY).late_minutes == 5


def test_a_corrected_line_no_longer_counts_and_is_remembered_as_struck() -> None:
    lines = planned(*by_phone(*WHOLE_DAY[:4], ev.ConsentRefused(reason="unwell")))
    mistake = at_the_desk(ev.EntryCorrected("phone-1", "phone-1-4", WORD), START + timedelta(hours=1), 3)
    state = fold([*lines, mistake], POLICY)
    assert (state.stage, state.struck) == (Stage.AT_DOOR, ("phone-1-4",))


def test_after_a_refusal_a_yes_does_not_open_the_door_again() -> None:
    lines = by_phone(*WHOLE_DAY[:6], ev.ConsentRefused(reason="unwell"), CONSENT)
    state = fold(planned(*lines), POLICY)
    assert (state.stage, state.exceptions) == (Stage.REFUSED, ("out-of-order",))


def test_entering_after_a_refusal_is_shown_and_never_hidden() -> None:
    lines = by_phone(*WHOLE_DAY[:6], ev.ConsentRefused(reason="unwell"), ev.HomeEntered(shoe_covers=True))
    state = fold(planned(*lines), POLICY)
    assert state.stage is Stage.IN_HOME
    assert "out-of-order" in state.exceptions


def test_a_childs_yes_is_kept_and_opens_nothing() -> None:
    child = ev.ConsentGiven(who="child", adult=False, able=True, how="spoken", scope=("enter",))
    state = fold(planned(*by_phone(*WHOLE_DAY[:6], child)), POLICY)
    assert (state.stage, state.consent) == (Stage.IDENTIFIED, None)


def test_a_child_who_answers_alone_ends_the_attempt_as_a_valid_refusal() -> None:
    state = fold(planned(*by_phone(*WHOLE_DAY[:2], ev.DoorChildAnswered(adult_coming=False))), POLICY)
    assert (state.stage, state.outcome, state.refusal) == (Stage.REFUSED, "refused_valid", "no-suitable-adult")


def test_a_child_who_fetches_an_adult_does_not_end_the_attempt() -> None:
    state = fold(planned(*by_phone(*WHOLE_DAY[:2], ev.DoorChildAnswered(adult_coming=True))), POLICY)
    assert state.stage is Stage.AT_DOOR


@pytest.mark.parametrize("wrong", [(1, 0, 2), (2, 1, 0), (0, 2, 1), (0, 1), (0, 2), ()])
def test_the_three_steps_count_only_in_their_order(wrong: tuple[int, ...]) -> None:
    steps = (ev.DoorIntroduced(), ev.DoorReasonGiven(), ev.DoorIdShown())
    lines = by_phone(*WHOLE_DAY[:3], *(steps[n] for n in wrong))
    assert fold(planned(*lines), POLICY).stage is Stage.AT_DOOR


def test_the_three_steps_in_their_order_identify_the_worker() -> None:
    assert fold(planned(*by_phone(*WHOLE_DAY[:6])), POLICY).stage is Stage.IDENTIFIED
    assert steps_in_order(("door.introduced", "door.id_shown", "door.reason_given", "door.id_shown"))


def test_lawful_entry_without_authority_is_kept_and_opens_nothing() -> None:
    lawful = ev.EntryLawful(contact_methods=("knock", "call"), second_person="colleague")
    state = fold(planned(*by_phone(*WHOLE_DAY[:2], lawful)), POLICY)
    assert (state.stage, state.exceptions) == (Stage.AT_DOOR, ("out-of-order",))


@pytest.mark.parametrize("before", [(), (ev.DoorNoAnswer(waited_min=10, called=True, card_left=True),)])
def test_lawful_entry_opens_with_a_duty_officers_authority(before: tuple[ev.Event, ...]) -> None:
    allowed = at_the_desk(ev.EntryAuthorised("necessity", "dora", "asha"), START + timedelta(minutes=2, seconds=30), 3)
    lawful = ev.EntryLawful(contact_methods=("knock", "call"), second_person="police")
    lines = planned(*by_phone(*WHOLE_DAY[:2], *before, lawful), allowed)
    moved = [
        *lines[:2],
        *by_phone(*WHOLE_DAY[:2], *before),
        *by_phone(lawful, device="phone-2", starts=START + timedelta(minutes=9)),
        allowed,
    ]
    assert fold(moved, POLICY).stage is Stage.LAWFUL_ENTRY


def test_every_stage_and_kind_has_one_answer_and_an_end_is_left_only_by_going_in() -> None:
    """The whole matrix of D1: what leads on from an ended visit."""
    leaving = {
        (stage, kind) for (stage, kind), to in (TRANSITIONS | LANDS).items() if stage in ENDED and to is not stage
    }
    assert {kind for _stage, kind in leaving} == {"home.entered", "entry.lawful", "visit.closed"}
    assert not {stage for stage, _kind in leaving} & {Stage.CLOSED, Stage.CANCELLED}


def test_what_is_both_in_order_and_out_of_order_leads_to_the_same_stage() -> None:
    """A guard that was not met changes the mark, not where the fact leads: consent and the child's answer apart."""
    both = {(stage, kind) for stage, kind in set(TRANSITIONS) & set(LANDS)}
    assert all(TRANSITIONS[key] is LANDS[key] for key in both)


@given(st.lists(st.sampled_from(WHOLE_DAY), max_size=14))
def test_nothing_that_a_phone_says_can_break_the_fold(events: list[ev.Event]) -> None:
    state = fold(planned(*by_phone(*events)), POLICY)
    assert isinstance(state, VisitState)
    assert state.stage in Stage


# --- planning -----------------------------------------------------------------------------------------------------


def desk(*events: ev.Event) -> list[Line]:
    return [
        at_the_desk(event, START - timedelta(days=3) + timedelta(minutes=n), n + 1) for n, event in enumerate(events)
    ]


def test_a_visit_nobody_was_told_of_is_a_draft() -> None:
    assert fold(desk(PLANNED), POLICY).stage is Stage.DRAFT


def test_a_text_that_has_not_arrived_is_notice_pending() -> None:
    sent = ev.NoticeRecorded(
        notice="n1", channel="sms", sent_at=START - timedelta(days=3), delivery="sending", window_start=START,
        window_end=START + timedelta(hours=2),
    )  # fmt: skip
    assert fold(desk(PLANNED, sent), POLICY).stage is Stage.NOTICE_PENDING


def test_a_text_that_bounced_puts_the_visit_back() -> None:
    sent = ev.NoticeRecorded(
        notice="n1", channel="sms", sent_at=START - timedelta(days=3), delivery="delivered",
        delivered_at=START - timedelta(days=3), window_start=START, window_end=START + timedelta(hours=2),
    )  # fmt: skip
    assert fold(desk(PLANNED, sent), POLICY).stage is Stage.NOTIFIED
    bounced = ev.NoticeFailed(notice="n1", delivery="permanent-failure")
    assert fold(desk(PLANNED, sent, bounced), POLICY).stage is Stage.NOTICE_PENDING


def test_a_moved_visit_waits_for_its_new_notice() -> None:
    moved = ev.VisitMoved(
        by="council",
        window_start=START + timedelta(days=1),
        window_end=START + timedelta(days=1, hours=2),
        apologised=True,
    )
    state = fold(desk(PLANNED, TOLD, moved), POLICY)
    assert (state.stage, state.notice_result) == (Stage.REARRANGING, "short")


def test_an_emergency_needs_no_notice_until_it_is_downgraded() -> None:
    emergency = ev.EmergencyAuthorised("dora", START - timedelta(days=3), "gas", WORD)
    assert fold(desk(PLANNED, emergency), POLICY).notice_result == "exempt_emergency"
    downgraded = fold(desk(PLANNED, emergency, ev.EmergencyDowngraded("dora")), POLICY)
    assert (downgraded.notice_result, downgraded.stage) == ("short", Stage.DRAFT)


def test_a_visiting_worker_cannot_authorise_their_own_emergency() -> None:
    emergency = ev.EmergencyAuthorised("asha", START - timedelta(days=3), "gas", WORD)
    assert fold(desk(PLANNED, emergency), POLICY).notice_result == "short"


def test_a_tenant_who_says_yes_confirms_and_one_who_asks_for_another_time_rearranges() -> None:
    assert fold(desk(PLANNED, TOLD, ev.VisitNoted("confirmed")), POLICY).stage is Stage.CONFIRMED
    assert fold(desk(PLANNED, TOLD, ev.VisitNoted("asks_other_time")), POLICY).stage is Stage.REARRANGING
