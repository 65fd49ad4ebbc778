"""Two who rent one home: the written summary of a hazard, the message that asks again, and a complaint's letter."""

from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.complaints import whom
from fieldvisit.complaints.models import Complaint
from fieldvisit.ground.roles import SENDING
from fieldvisit.hazards import sending
from fieldvisit.hazards.models import Hazard
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Resident
from fieldvisit.tasks import Task
from fieldvisit.visits import access_chase
from fieldvisit.visits import access_service as access
from fieldvisit.visits.access_cases import AccessCase, AccessContact
from tests.complaints import received
from tests.services.test_access_cases import DAY, nobody_in, standing, the_case
from tests.services.test_access_steps import chased, offered
from tests.services.test_access_steps import sends as chases
from tests.services.test_hazard_summary import (  # noqa: F401 - fixtures among them
    by_smtp,
    everything_may_be_said,
    found,
    owed,
    sends,
    steps,
)
from tests.telling import hears, rents_too, rows
from tests.world import NOW, World

ANN = {"email": "ann@home.example"}
NEVER = dict.fromkeys(("sms", "email", "letter"), "never")


def written(world: World) -> dict[str, Message]:
    return {one.to.split("\n")[0]: one for one in rows(world, Message)}


def tasks(world: World) -> list[str]:
    return [task.kind for task in rows(world, Task)]


# --- the summary of a hazard (DR-4) -------------------------------------------------------------------------------


def test_each_of_two_tenants_is_sent_the_summary_by_their_own_way(world, provider, works):
    rents_too(world, **ANN)
    case = found(world)
    sends(world, case)
    works()
    assert sorted(written(world)) == ["ann@home.example", "tenant@example.org"]
    assert len(provider.ledger) == 2


def test_it_is_sent_when_each_of_them_was_sent_theirs_and_the_clock_runs_until_then(world, provider, works):
    """Hers goes by e-mail, which is sent when its provider has it; his by post, which somebody says that they posted."""
    rents_too(world, **ANN)
    with world.database.writing(SENDING) as session:
        for row in session.scalars(select(Resident).where(Resident.ref == "T-1")):
            row.email = ""
    case = found(world)
    sends(world, case)
    works()
    assert [kind for kind, _ in steps(world)] == ["summary_written"]
    assert "DR-4" in owed(world, case)
    hears(world, written(world)["Terry Moss"].id, "despatched", NOW)
    works()
    assert [kind for kind, _ in steps(world)] == ["summary_written", "summary_sent"]
    assert "DR-4" not in owed(world, case)


def test_one_that_comes_back_from_one_of_them_was_not_sent(world, provider, works):
    rents_too(world, **ANN)
    case = found(world)
    sends(world, case)
    works()
    hears(world, written(world)["ann@home.example"].id, "permanent-failure", NOW)
    works()
    assert [kind for kind, _ in steps(world)][-1] == "summary_failed"
    assert "DR-4" in owed(world, case)


def test_where_one_of_them_may_not_be_written_to_the_clock_runs_until_somebody_hands_it_over(world, provider, works):
    rents_too(world, **ANN, contact_safety=NEVER)
    case = found(world)
    sends(world, case)
    works()
    assert list(written(world)) == ["tenant@example.org"]
    assert [kind for kind, _ in steps(world)] == ["summary_written"]
    assert ("DR-4" in owed(world, case), "tell_tenant" in tasks(world)) == (True, True)


def test_one_tenant_alone_is_sent_one_and_no_step_says_more_than_it_did(world, provider, works):
    case = found(world)
    sends(world, case)
    works()
    assert list(written(world)) == ["tenant@example.org"]
    [step] = [row for row in rows(world, sending.HazardStep) if row.kind == "summary_written"]
    assert not {"others", "by_hand"} & set(step.body)
    assert [kind for kind, _ in steps(world)] == ["summary_written", "summary_sent"]


def test_a_printed_summary_bears_all_their_names(world):
    rents_too(world)
    case = found(world)
    with world.database.reading(world.principal("olive")) as session:
        to = sending.letter_to(session, session.get_one(Hazard, case), world.now)
    assert to.split("\n")[:2] == ["Terry Moss and Ann Moss", "1 Larch Close"]


# --- asking again (D2) --------------------------------------------------------------------------------------------


def test_each_of_two_tenants_is_asked_again_and_it_is_one_contact(world):
    rents_too(world)
    nobody_in(world)
    chases(world, "access_ask sms")
    assert sorted(written(world)) == ["07700900101", "07700900188"]
    assert len(rows(world, AccessContact)) == 1
    assert the_case(world).stage == "tenant_contacted"
    assert "access_again sms" in offered(world)


def test_the_words_for_each_are_shown_before_they_go(world):
    ann = rents_too(world, language="pl")
    nobody_in(world)
    with world.database.reading(world.principal("olive")) as session:
        now = access.standing(session, session.scalars(select(AccessCase)).one(), world.policy)
        one = next(x for x in access_chase.offers(session, now, world.now + 3 * DAY, world.policy) if "sms" in x.code)
    assert [(text.language, text.way.to) for text in one.texts] == [("en", "07700900101"), ("pl", "07700900188")]
    assert one.names[ann] == "Ann Moss"


@pytest.mark.parametrize(("lost", "tried"), [(["07700900101"], True), (["07700900101", "07700900188"], False)])
def test_it_was_a_way_that_was_tried_when_it_reached_one_of_them(world, lost, tried):
    rents_too(world)
    nobody_in(world)
    chases(world, "access_ask sms")
    for number in lost:
        hears(world, written(world)[number].id, "permanent-failure", NOW + 3 * DAY)
    assert ("text" in standing(world).case.methods) is tried


def test_whoever_must_not_be_written_to_is_not_asked_again(world):
    rents_too(world, contact_safety=NEVER)
    nobody_in(world)
    chases(world, "access_ask sms")
    assert list(written(world)) == ["07700900101"]


def test_one_tenant_alone_is_asked_again_as_ever(world):
    nobody_in(world)
    chases(world, "access_ask sms")
    [message] = chased(world)
    assert message.resident_id is None


# --- a complaint --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "safe"), [({}, True), ({"email": "content_free"}, False), ({"email": "never"}, False)])
def test_a_complaints_letter_obeys_the_marks_of_whoever_complains(world: World, own: Any, safe: bool):
    rents_too(world, ref="A-1", **ANN)  # who stands first in the register
    with world.database.writing(SENDING) as session:
        terry = session.scalars(select(Resident).where(Resident.ref == "T-1")).one()
        terry.contact_safety = own
    complaint = received(world)
    with world.database.reading(SENDING) as session:
        reach = whom.reach_of(session, session.get_one(Complaint, complaint), world.now)
    [email] = [way for way in reach.ways if way.channel == "email"]
    assert (email.to, email.safety == "safe") == ("tenant@example.org", safe)
