"""Entry without consent (D3): one case from the proposal to the review, from a desk and from a phone without signal."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.db import new_id
from fieldvisit.desk.check import _of_lawful_entries
from fieldvisit.ground.roles import CHECKING, DEMO, IMPORTING, SENDING
from fieldvisit.ground.verdict import Allowed, RefusedError
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Household, Person, PersonDuty
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits import lawful_entry_service as service
from fieldvisit.visits import lawful_entry_steps as steps
from fieldvisit.visits import notifying
from fieldvisit.visits.access_cases import AccessCase
from fieldvisit.visits.access_catch_up import catch_up
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from fieldvisit.visits.lawful_entry_rules import State
from fieldvisit.visits.models import Entry, Job, Visit
from fieldvisit.visits.pressed import Made, Pressed
from fieldvisit.visits.service import lock
from tests.stories import Story, a_visit
from tests.world import LONG_AGO, World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SAID = {"danger": "Water", "why_now": "It runs through", "inside": "Nobody knows"}
LEFT = {"lock": "changed", "keys": "office", "only_made_safe": True, "notice_left": True}
WENT_IN = {"contact_methods": ["knocked", "rang"], "second_person": "colleague", "words": "Ben Okafor"}


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def the_case(world: World) -> LawfulEntry:
    [case] = rows(world, LawfulEntry)
    return case


def state(world: World) -> State:
    with world.database.reading(CHECKING) as session:
        [case] = session.scalars(select(LawfulEntry))
        return steps.state_now(session, case, world.policy)


def asked(world: World, story: Story | None = None, key: str = "", at: datetime | None = None) -> Story:
    story = story or a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    at = at or story.at + MINUTE
    with world.database.writing(world.principal("olive", at)) as session:
        visit = lock(session, story.visit_id)
        assert visit
        pressed = Made(key or new_id(), world.ids["olive"], at, world.policy)
        service.propose(session, visit, world.ids["asha"], SAID, Allowed(), pressed, life=False)
    story.at = at
    return story


def does(
    world: World, story: Story, step: Any, *given: Any, who: str = "dora", key: str = "", at: Any = None, **how: Any
) -> Any:
    story.at = at or story.at + MINUTE
    asking = world.principal(who, story.at)
    with world.database.writing(asking) as session:
        visit = lock(session, story.visit_id)
        case = service.of_visit(session, story.visit_id)[0]
        with_visit = step in (steps.authorise, steps.go_in, steps.secure, steps.say_told)
        first = (session, visit, case) if with_visit else (session, case)
        return step(*first, *given, Pressed(key or new_id(), asking, world.policy), **how)


def authorised(world: World) -> Story:
    story = asked(world)
    does(world, story, steps.authorise, "tenancy-agreement", "Water comes through")
    return story


def test_nobody_without_the_duty_in_that_area_decides(world: World):
    story = asked(world)
    for step, given in ((steps.authorise, ("tenancy-agreement", "Water comes through")), (steps.decline, ("No need",))):
        with pytest.raises(RefusedError, match="Only a duty officer"):
            does(world, story, step, *given, who="olive")


@pytest.mark.parametrize(("outcome", "stage"), [("no_reply", "attempting_contact"), ("agreed", "consented")])
def test_a_try_typed_to_the_minute_of_the_authority_comes_after_it(world: World, outcome: str, stage: str):
    story = asked(world)
    given_at = story.at + MINUTE + timedelta(seconds=40)
    does(world, story, steps.authorise, "tenancy-agreement", "Water comes through", at=given_at)
    typed = given_at.replace(second=0)
    does(world, story, steps.try_contact, "knocked", outcome, typed, "", who="olive")
    assert (state(world).stage, state(world).methods) == (stage, {"knocked"})


def secured(world: World) -> Story:
    story = authorised(world)
    story.says("entry.lawful", **WENT_IN).says("home.entered", shoe_covers=True)
    story.says("photo.taken", what="before").says("entry.secured", **LEFT)
    return story


def a_manager(world: World, who: str) -> None:
    with world.database.writing(DEMO) as session:
        session.add(
            PersonDuty(person_id=world.ids[who], duty="repairs_manager", area_id=world.ids["North"], starts=LONG_AGO)
        )


def refused(world: World, story: Story, *given: Any, **how: Any) -> str:
    with pytest.raises(RefusedError) as error:
        does(world, story, *given, **how)
    return error.value.verdict.code


# --- the whole of it ----------------------------------------------------------------------------------------------


def test_from_the_proposal_to_the_review(world: World):
    story = secured(world)
    assert (state(world).stage, state(world).marks) == ("secured", ())
    does(world, story, steps.say_told, "no_reply", "Rang twice.", who="olive", notice_left=False)
    assert the_case(world).stage == "tenant_told"
    assert [one.kind for one in rows(world, Message) if one.kind == "entered"] == ["entered"]
    a_manager(world, "dora")
    a_manager(world, "olive")
    assert refused(world, story, steps.review, "Yes", "Yes", "", necessary=True, proportionate=True) == "own-entry"
    does(world, story, steps.review, "Yes", "Yes", "", who="olive", necessary=True, proportionate=True)
    case = the_case(world)
    assert (case.stage, case.due_at) == ("reviewed", None)
    assert not [task for task in rows(world, Task) if task.kind.startswith("entry_") and task.done_at is None]


def test_a_phone_without_signal_tells_the_whole_of_it_later(world: World):
    story = authorised(world)
    for kind, body in (("entry.lawful", WENT_IN), ("home.entered", {"shoe_covers": True}),
                       ("photo.taken", {"what": "before"}), ("entry.secured", LEFT)):  # fmt: skip
        story.at += MINUTE
        story.phone.save(kind, story.visit_id, body, story.at)
    entered_at = story.at - 3 * MINUTE
    evening = story.at + 180 * MINUTE
    world.at_the_time(evening, lambda: story.phone.send(evening))
    assert (the_case(world).stage, the_case(world).entered_at, state(world).marks) == ("secured", entered_at, ())


def test_a_phone_that_went_in_with_no_authority_is_believed_and_marked(world: World):
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    story.says("entry.lawful", **(WENT_IN | {"contact_methods": ["knocked"]}))
    assert (the_case(world).stage, state(world).marks) == ("entered", ("not-authorised", "not-tried"))


def test_the_tenant_answered_and_agreed(world: World):
    story = authorised(world)
    story.answered().identified().consented()
    assert (the_case(world).stage, the_case(world).due_at) == ("consented", None)
    assert (story.row().stage, story.row().ended_at) == ("consented", None), "D1 goes on"


def test_a_no_that_the_desk_wrote_down_holds_for_the_next_proposal_too(world: World):
    story = authorised(world)
    does(world, story, steps.try_contact, "phone", "refused", story.at, "She said no", who="olive")
    assert state(world).refused
    asked(world, story)
    assert refused(world, story, steps.authorise, "necessity", "Water") == "tenant-refused"
    does(world, story, steps.authorise, "court-order", "A judge said so")


def test_the_tenant_answered_and_refused_so_nobody_of_ours_goes_in(world: World):
    story = authorised(world)
    story.says("consent.refused", reason="other", who="tenant")
    assert (the_case(world).stage, state(world).refused) == ("declined", True)
    assert refused(world, story, steps.go_in, "colleague", "Ben", True) == "tenant-refused"


def test_a_line_that_is_struck_out_is_taken_back(world: World):
    story = authorised(world)
    story.says("entry.lawful", **WENT_IN)
    with world.database.reading(CHECKING) as session:
        entry = session.scalars(select(Entry).where(Entry.kind == "entry.lawful")).one()
        device, uuid = entry.device, entry.uuid
    story.says("entry.corrected", device=device, uuid=uuid, why="Pressed by mistake")
    assert (the_case(world).stage, the_case(world).entered_at) == ("authorised", None)


# --- asked for at the door ----------------------------------------------------------------------------------------

AT_THE_DOOR = {"life_at_risk": False, "read_first": True, **SAID}


def asked_at_the_door(world: World) -> Story:
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    return story.says("entry.proposed", **AT_THE_DOOR)


def to_answer(world: World) -> list[bool]:
    """Is each of those tasks still open?"""
    return [task.done_at is None for task in rows(world, Task) if task.kind == "entry_proposed"]


def test_a_worker_asks_from_the_door_and_the_duty_officer_has_a_task(world: World):
    story = asked_at_the_door(world)
    now, case = state(world), the_case(world)
    assert (now.stage, now.proposer, story.state().stage) == ("proposed", world.ids["asha"], "no_access")
    assert case.due_at == story.at + world.policy.door.entry_answer_min.value * MINUTE
    assert (to_answer(world), story.state().exceptions) == ([True], ())
    assert "Water" not in str([step.body for step in rows(world, LawfulEntryStep)])
    does(world, story, steps.authorise, "tenancy-agreement", "Water comes through")
    assert (the_case(world).stage, to_answer(world)) == ("authorised", [False])


def test_who_asks_while_somebody_else_has_asked_changes_nothing(world: World):
    story = asked(world)
    before = state(world)
    story.says("entry.proposed", **AT_THE_DOOR)
    assert (state(world), to_answer(world)) == (before, [True])


def test_asked_again_after_a_no_is_a_case_of_its_own(world: World):
    story = asked_at_the_door(world)
    does(world, story, steps.decline, "Ring the gas line")
    story.says("entry.proposed", **AT_THE_DOOR)
    assert sorted(case.stage for case in rows(world, LawfulEntry)) == ["declined", "proposed"]
    assert sorted(to_answer(world)) == [False, True]


def test_asking_that_is_struck_out_waits_for_nobody_and_may_be_done_again(world: World):
    story = asked_at_the_door(world)
    with world.database.reading(CHECKING) as session:
        entry = session.scalars(select(Entry).where(Entry.kind == "entry.proposed")).one()
        device, uuid = entry.device, entry.uuid
    story.says("entry.corrected", device=device, uuid=uuid, why="Pressed by mistake")
    assert (the_case(world).stage, the_case(world).due_at, to_answer(world)) == ("declined", None, [False])
    story.says("entry.proposed", **AT_THE_DOOR)
    assert sorted(case.stage for case in rows(world, LawfulEntry)) == ["declined", "proposed"]


# --- who may ------------------------------------------------------------------------------------------------------


def test_whoever_asked_does_not_authorise(world: World):
    story = a_visit(world).at_the_door()
    with world.database.writing(world.principal("dora", story.at)) as session:
        visit = lock(session, story.visit_id)
        assert visit
        pressed = Made(new_id(), world.ids["dora"], story.at, world.policy)
        service.propose(session, visit, world.ids["dora"], SAID, Allowed(), pressed, life=False)
    assert refused(world, story, steps.authorise, "tenancy-agreement", "Water") == "own-proposal"


def another_account(world: World, who: str, of: str) -> None:
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids[who]).phone = session.get_one(Person, world.ids[of]).phone


def test_whoever_asked_by_another_account_or_was_sent_by_one_does_not_authorise(world: World):
    story = asked(world)
    another_account(world, "dora", "asha")  # who asked, and who stands at the door
    assert refused(world, story, steps.authorise, "tenancy-agreement", "Water") == "own-proposal"
    with world.database.reading(CHECKING) as session:
        assert service.asked_by(session, story.visit_id, world.ids["dora"])
        for sent, known in (("asha", "asha"), ("ben", "dora")):
            assert service.as_known_there(session, world.ids["dora"], [world.ids[sent]]) == world.ids[known]


@pytest.mark.parametrize("one_person", [True, False])
def test_a_fact_that_one_person_asked_and_authorised_is_marked_by_whatever_account(world: World, one_person: bool):
    """The mark stands as the register knew them then: another telephone afterwards changes no record."""
    story = asked(world)
    another_account(world, "dora", "asha" if one_person else "dora")
    asking = world.principal("dora", story.at)
    event = ev.EntryAuthorised("tenancy-agreement", world.ids["dora"], world.ids["asha"], reason=ev.Words("Water"))
    with world.database.writing(asking) as session:
        visit = lock(session, story.visit_id)
        assert visit
        steps._command(session, visit, event, Allowed(), Pressed(new_id(), asking, world.policy))
    another_account(world, "dora", "olive" if one_person else "asha")
    assert ("self-authorised" in state(world).marks) == one_person


@pytest.mark.parametrize("basis", ["", "we-have-a-key"])
def test_only_a_ground_of_the_councils_list_opens_a_door(world: World, basis: str):
    assert refused(world, asked(world), steps.authorise, basis, "Water") == "no-basis"


def test_declined_with_a_reason_and_asked_again(world: World):
    story = asked(world)
    does(world, story, steps.decline, "The gas network comes.")
    assert the_case(world).stage == "declined"
    asked(world, story)
    assert sorted(case.stage for case in rows(world, LawfulEntry)) == ["declined", "proposed"]


def test_nobody_goes_in_before_two_ways_were_tried(world: World):
    story = authorised(world)
    assert refused(world, story, steps.go_in, "colleague", "Ben", True, who="olive") == "no-contact"
    for method in ("knocked", "called"):
        does(world, story, steps.try_contact, method, "no_reply", story.at, "", who="olive")
    does(world, story, steps.go_in, "colleague", "Ben Okafor", True, who="olive")
    assert (the_case(world).stage, story.row().stage) == ("entered", "lawful_entry")


# --- kept once, and only added to ---------------------------------------------------------------------------------


def test_two_proposals_at_once_are_one_case(world: World):
    key = new_id()
    story = asked(world, key=key)
    asked(world, story, key=key)
    assert len(rows(world, LawfulEntry)) == 1
    with pytest.raises(RefusedError, match="already asked"):
        asked(world, story)


def test_a_form_sent_twice_is_one_step(world: World):
    story, key = authorised(world), new_id()
    for _ in range(2):
        does(world, story, steps.try_contact, "knocked", "no_reply", story.at, "", who="olive", key=key, at=story.at)
    assert [step.kind for step in rows(world, LawfulEntryStep)].count("tried") == 1


def test_no_step_is_rewritten(world: World):
    asked(world)
    with pytest.raises(DBAPIError), world.database.as_owner(write=True).begin() as connection:
        connection.execute(text("UPDATE lawful_entry_step SET kind = 'told'"))


def test_a_protected_home_is_told_by_a_person(world: World):
    story = secured(world)
    with world.database.writing(DEMO) as session:
        for household in session.scalars(select(Household)):
            household.protected = True
    does(world, story, steps.say_told, "no_reply", "", who="olive", notice_left=True)
    assert not [one for one in rows(world, Message) if one.kind == "entered"]
    assert "tell_tenant" in [task.kind for task in rows(world, Task)]


def test_a_message_that_did_not_arrive_asks_a_person_to_tell_them(world: World):
    story = secured(world)
    does(world, story, steps.say_told, "no_reply", "", who="olive", notice_left=True)
    [message] = [one for one in rows(world, Message) if one.kind == "entered"]
    at = story.at + MINUTE
    with world.database.writing(SENDING) as session:
        messages.receive(
            session, session.get_one(Message, message.id), "permanent-failure", at, by="callback", at=at
        )  # fmt: skip
        notifying.hear(session, message.id, at, world.policy)
    assert "tell_tenant" in [task.kind for task in rows(world, Task)]


def test_going_in_without_consent_is_not_being_let_in(world: World):
    """The case of the door that stayed shut stays open, also when the entry comes with another visit."""
    a_visit(world, starts=world.now - DAY).at_the_door().says(
        "door.no_answer", waited_min=10, called=True, card_left=True
    )
    with world.database.writing(DEMO) as session:
        job = Job(ref="J-9", home_id=world.ids["100030000001"], kind="responsive_repair", reason="The boiler")
        session.add(job)
        session.flush()
        for visit in session.scalars(select(Visit)):
            visit.job_id = job.id
        session.scalars(select(AccessCase)).one().job_id = job.id
        job_id = job.id
    later = a_visit(world)
    with world.database.writing(DEMO) as session:
        session.get_one(Visit, later.visit_id).job_id = job_id
    later.at_the_door().desk(ev.EntryAuthorised("necessity", world.ids["dora"], world.ids["olive"], life_at_risk=True))
    later.says("entry.lawful", **WENT_IN).says("home.entered", shoe_covers=True)
    assert [case.closed_at for case in rows(world, AccessCase)] == [None]


def test_what_was_recorded_before_there_were_cases_has_one(world: World):
    story = authorised(world)
    story.says("entry.lawful", **WENT_IN).says("home.entered", shoe_covers=True).says("entry.secured", **LEFT)
    kept = (the_case(world).stage, the_case(world).entered_at, the_case(world).basis, the_case(world).due_at)
    with world.database.as_owner(write=True).begin() as connection:
        for table in ("lawful_entry_step", "lawful_entry"):
            connection.execute(text(f"DELETE FROM {table}"))
    made = []
    for _ in range(2):
        with world.database.writing(IMPORTING) as session:
            made.append(catch_up(session, world.policy).entries)
    assert made == [1, 0]
    case = the_case(world)
    assert (case.stage, case.entered_at, case.basis, case.due_at) == kept


def test_a_case_that_does_not_say_what_its_steps_add_up_to_is_found_by_the_check(world: World):
    secured(world)
    with world.database.writing(DEMO) as session:
        assert list(_of_lawful_entries(session, world.policy)) == []
        session.scalars(select(LawfulEntry)).one().stage = "reviewed"
        session.flush()
        [problem] = _of_lawful_entries(session, world.policy)
    assert "stage says 'reviewed', its steps add up to 'secured'" in problem
