"""A complaint's letters by our messages, and what the worker does for it: following, hearing, chasing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.complaints import chasing
from fieldvisit.complaints.models import Complaint, ComplaintWords
from fieldvisit.desk.check import _of_complaints
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CHECKING, DEMO, PURGING, SENDING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.hazards.models import Hazard
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.outbox import purging
from fieldvisit.register.models import PersonDuty
from fieldvisit.tasks import Task
from tests.complaints import (
    DAY,
    acts,
    decided,
    logged,
    received,
    row,
    writes,
)  # fmt: skip
from tests.services.test_complaints import kinds, rows, with_officers  # noqa: F401 - a fixture
from tests.stories import FIRST_HOME, a_visit
from tests.world import LONG_AGO, World

# --- letters by our messages --------------------------------------------------------------------------------------


def a_letter(world: World) -> tuple[str, Message]:
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1", how="letter_first_class")
    return complaint, rows(world, Message)[0]


def hears(world: World, message: Message, status: str) -> None:
    from fieldvisit.complaints import sending

    with world.database.writing(SENDING) as session:
        kept = messages.lock(session, message.id)
        assert kept
        messages.receive(session, kept, status, world.now, by="person", at=world.now)
        sending.hear(session, message.id, world.now, world.policy)
        sending.hear(session, message.id, world.now, world.policy)


def test_a_letter_counts_when_it_has_gone(world: World) -> None:
    complaint, message = a_letter(world)
    assert row(world, complaint).stage == "acknowledged"
    assert (message.kind, message.home_id, message.visit_id) == ("complaint_letter", None, None)
    hears(world, message, "despatched")
    assert row(world, complaint).stage == "stage1_open"
    assert kinds(world, complaint) == ["received", "logged", "written", "sent"]


def test_a_letter_that_comes_back_leaves_it_where_it_stood(world: World) -> None:
    complaint, message = a_letter(world)
    hears(world, message, "permanent-failure")
    assert row(world, complaint).stage == "logged"
    assert kinds(world, complaint)[-1] == "failed"
    waits = [task for task in rows(world, Task) if task.done_at is None]
    assert {task.kind for task in waits} == {"complaint", "complaint_back"}
    writes(world, complaint, "ack1")
    assert [task for task in rows(world, Task) if task.done_at is None] == []


def test_a_letter_is_seen_by_its_writer_and_by_no_other_officer(world: World) -> None:
    a_letter(world)
    for ref, count in (("olive", 1), ("dora", 0), ("olga", 0)):
        with world.database.reading(world.principal(ref)) as session:
            assert len(session.scalars(select(Message)).all()) == count


def test_a_letter_goes_out_only_where_the_home_still_lets_it(world: World) -> None:
    from fieldvisit.complaints import sending
    from fieldvisit.register.models import Household

    _, message = a_letter(world)
    with world.database.writing(SENDING) as session:
        assert sending.still_safe(session, message, world.now)
        household = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        household.contact_safety = {"letter": "never"}
        session.flush()
        assert not sending.still_safe(session, message, world.now)


def test_what_somebody_has_settled_goes_out_no_more_and_undoes_nothing(world: World, works: Any) -> None:
    complaint, message = a_letter(world)
    acts(world, complaint, "failed", letter="ack1", message=message.id)
    writes(world, complaint, "ack1")
    works()
    [kept] = rows(world, Message)
    assert kept.state == "withdrawn"
    assert row(world, complaint).stage == "stage1_open"


def test_somebody_with_a_declared_interest_does_not_look_into_it(world: World) -> None:
    from fieldvisit.register.apart import KeptApart

    complaint = received(world)
    with world.database.writing(DEMO) as session:
        session.add(KeptApart(person_id=world.ids["olive"], home_id=world.ids[FIRST_HOME], subject_kind="", subject_id="",
                              starts=world.now - DAY, cause="a tie"))  # fmt: skip
    with pytest.raises(RefusedError, match="declared an interest"):
        logged(world, complaint, by="dora")


def test_an_extension_is_told_to_the_tenant_with_a_reason_and_a_day(world: World) -> None:
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    with pytest.raises(RefusedError, match="senior"):
        writes(world, complaint, "extension1", until=date(2027, 1, 4), reason1="The surveyor is ill.")
    with pytest.raises(RefusedError, match="why we need longer"):
        writes(world, complaint, "extension1", by="dora", until=date(2027, 1, 4))
    writes(world, complaint, "extension1", by="dora", until=date(2027, 1, 4), reason1="The surveyor is ill.")
    assert row(world, complaint).stage == "stage1_extended"
    letter = [one.text for one in rows(world, ComplaintWords) if one.field == "letter"][-1]
    assert "by Monday 4 January 2027" in letter
    assert "Housing Ombudsman" in letter


# --- what the worker does -----------------------------------------------------------------------------------------


def test_the_worker_finds_the_home_and_opens_the_hazard(world: World, works: Any) -> None:
    complaint = received(world, "hana", hazard="excess_cold", hazard_seen="No heating since Sunday")
    works()
    assert row(world, complaint).area_id == world.ids["North"]
    assert [hazard.hazard for hazard in rows(world, Hazard)] == ["excess_cold"]
    works()
    assert kinds(world, complaint) == ["received", "hazard_opened"]


def test_the_worker_sends_a_letter_and_hears_when_it_has_gone(world: World, works: Any) -> None:
    complaint, message = a_letter(world)
    works()
    assert row(world, complaint).stage == "acknowledged"
    with world.database.writing(SENDING) as session:
        kept = messages.lock(session, message.id)
        assert kept and kept.state == "taken"
        messages.receive(session, kept, "despatched", world.now, by="person", at=world.now)
    works()
    assert row(world, complaint).stage == "stage1_open"


@pytest.mark.parametrize(
    ("holidays", "answer_by"), [("2026-12-28", date(2026, 12, 22)), ("2026-12-28, 2026-12-15", date(2026, 12, 23))]
)
def test_a_bank_holiday_that_is_added_after_it_began_moves_its_day(
    world: World, holidays: str, answer_by: date
) -> None:
    """Acknowledged on Tuesday 8 December. The list, the daily round and `fieldvisit check` say the same again."""
    from fieldvisit.ground.policy import SEAM, read_policy

    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    statute, _, council = world.policy.source_text.partition(SEAM)
    assert "2026-12-28" in statute
    proclaimed = read_policy("later", council, statute.replace("2026-12-28", holidays, 1))
    with world.database.writing(SENDING) as session:
        chasing.chase(session, world.now, proclaimed)
    with world.database.reading(CHECKING) as session:
        ends = session.get_one(Complaint, complaint).runs_out_at
        assert ends and london_date(ends) == answer_by
        assert list(_of_complaints(session, proclaimed)) == []


def due_soon(world: World) -> list[Task]:
    return [task for task in rows(world, Task) if task.kind == "complaint_due"]


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 1), (1, 1)])
def test_somebody_is_asked_to_look_two_working_days_before_it_runs_out(world: World, days: int, count: int) -> None:
    """Acknowledged on Tuesday 8 December: to be answered by the 22nd; two working days before are the 18th."""
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    for _ in range(2):
        with world.database.writing(SENDING) as session:
            chasing.chase(session, datetime(2026, 12, 18, 9, tzinfo=UTC) + days * DAY, world.policy)
    assert [(task.about_id, london_date(task.due_at)) for task in due_soon(world)] == [
        (complaint, date(2026, 12, 22))
    ] * count


def test_what_it_warned_of_ends_the_task(world: World) -> None:
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    with world.database.writing(SENDING) as session:
        chasing.chase(session, world.now + 10 * DAY, world.policy)
    decided(world, complaint)
    writes(world, complaint, "answer1")
    assert [task.done_at for task in due_soon(world)] == [world.now]


def test_a_service_request_that_became_a_complaint_is_chased_for_its_acknowledgement(world: World) -> None:
    complaint = received(world, wanted=False)
    acts(world, complaint, "complained", {"said": "It happened again."})
    with world.database.writing(SENDING) as session:
        assert chasing.chase(session, world.now + 4 * DAY, world.policy) == 1
    logged(world, complaint)
    writes(world, complaint, "ack1")
    assert [task.done_at for task in due_soon(world)] == [world.now]


def test_nobody_is_chased_for_what_is_over(world: World) -> None:
    complaint = received(world)
    acts(world, complaint, "not_wanted")
    with world.database.writing(SENDING) as session:
        assert chasing.chase(session, world.now + 90 * DAY, world.policy) == 0


def checked(world: World) -> list[str]:
    with world.database.reading(CHECKING) as session:
        return list(_of_complaints(session, world.policy))


def test_each_complaint_is_compared_with_its_steps_and_with_who_would_see_it(world: World) -> None:
    """`fieldvisit check` folds each one anew."""
    complaint = received(world)
    received(world, by="otto", home="100030000004")
    assert checked(world) == []
    with world.database.writing(CHECKING) as session:
        session.get_one(Complaint, complaint).theme = "damp"
        for duty in session.scalars(select(PersonDuty).where(PersonDuty.person_id == world.ids["otto"])):
            duty.ends = LONG_AGO + DAY
    said = checked(world)
    assert "theme says 'damp', its steps add up to ''" in said[0]
    assert said[1] == "Nobody sees the complaints of South: give an officer there the duty ‘complaints’."


def test_an_open_complaint_holds_the_photos_of_its_visit(world: World) -> None:
    story = a_visit(world)
    complaint = received(world, visit_id=story.visit_id)
    for holds in (None, world.now):
        with world.database.reading(PURGING) as session:
            assert purging._cases(session, {story.visit_id})[story.visit_id] == [holds]
        if holds is None:
            acts(world, complaint, "not_wanted")


# --- where it may go ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"complainant_name": "Sal Pike"}, "not in our register as the tenant"),
        ({"representative": "Ida Rook"}, "Ida Rook speaks for them"),
        ({"safe_to_contact": "Only at my sister’s"}, "Only at my sister’s"),
    ],
)
def test_a_letter_goes_to_the_home_only_where_its_tenant_complains_and_said_no_other_way(
    world: World, facts: dict[str, Any], why: str
) -> None:
    from fieldvisit.complaints import sending, whom

    complaint = received(world, complainant_contact="3 Ash Row, LE13 1ZZ", **facts)
    logged(world, complaint)
    for how in ("letter_first_class", "email"):
        with pytest.raises(RefusedError, match=why):
            writes(world, complaint, "ack1", how=how)
    assert rows(world, Message) == []
    with world.database.reading(world.principal("olive")) as session:
        found = session.scalars(select(Complaint)).one()
        assert why in whom.reach_of(session, found, world.now).why_not
        to = sending.letter_to(session, found, world.now)
    assert "3 Ash Row" in to and "Larch Close" not in to
    writes(world, complaint, "ack1")


def joint_tenants(world: World) -> None:
    """Ann, who rents it too, stands first in the register, and the e-mail address is hers."""
    from fieldvisit.register.models import Household, Resident

    with world.database.writing(SENDING) as session:
        home = world.ids[FIRST_HOME]
        household = session.scalars(select(Household).where(Household.home_id == home)).one()
        household.contact_safety = dict.fromkeys(("letter", "email", "sms"), "safe")
        session.add(Resident(ref="A-1", home_id=home, role="tenant", name="Ann Moss", email="ann@home.example"))


def test_of_two_tenants_the_one_who_complains_is_written_to_and_the_other_is_not(world: World) -> None:
    from fieldvisit.complaints import sending, whom
    from fieldvisit.register.models import Resident

    joint_tenants(world)
    complaint = received(world)
    logged(world, complaint)
    with pytest.raises(RefusedError, match="Ann Moss rents this home too and may open its post"):
        writes(world, complaint, "ack1", how="letter_first_class")
    with pytest.raises(RefusedError, match="not said that we may write everything there"):
        writes(world, complaint, "ack1", how="email")
    with world.database.writing(SENDING) as session:
        terry = session.scalars(select(Resident).where(Resident.name == "Terry Moss")).one()
        terry.email = "terry@home.example"
    with world.database.reading(world.principal("olive")) as session:
        reach = whom.reach_of(session, session.scalars(select(Complaint)).one(), world.now)
        assert "Ann Moss\n" not in reach.envelope and reach.envelope.startswith("Terry Moss\n1 Larch Close")
        assert "ann@home.example" not in {way.to for way in reach.ways}
    writes(world, complaint, "ack1", how="email")
    [message] = rows(world, Message)
    assert message.to == "terry@home.example"
    with world.database.writing(SENDING) as session:
        assert sending.still_safe(session, message, world.now)
        session.scalars(select(Resident).where(Resident.name == "Ann Moss")).one().email = "TERRY@home.example"
        session.flush()
        assert not sending.still_safe(session, message, world.now)


def test_what_they_say_later_of_how_to_reach_them_wins(world: World) -> None:
    """Also over a letter that is written and has not gone."""
    from fieldvisit.complaints import sending

    complaint, message = a_letter(world)
    acts(world, complaint, "reach", {"complainant": "Terry Moss", "safe": "Not by post. Ring at noon"})
    with world.database.writing(SENDING) as session:
        assert not sending.still_safe(session, message, world.now)
    acts(world, complaint, "failed", letter="ack1", message=message.id)
    with pytest.raises(RefusedError, match="Ring at noon"):
        writes(world, complaint, "ack1", how="letter_first_class")
    acts(world, complaint, "reach", {"complainant": "Terry Moss"})
    writes(world, complaint, "ack1", how="letter_first_class")


@pytest.mark.parametrize(("name", "named"), [("Terry Moss", True), ("Sal Pike", False)])
def test_a_letter_says_which_home_it_is_about_to_nobody_but_its_tenant(world: World, name: str, named: bool) -> None:
    """A neighbour told us of a van; we found out at whose home it stood."""
    complaint = received(world, complainant_name=name)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    [letter] = [one.text for one in rows(world, ComplaintWords) if one.field == "letter"]
    assert ("1 Larch Close" in letter) == named
    assert f"Dear {name},\n" in letter
