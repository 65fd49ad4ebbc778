"""Sending a notice at the desk: the way, the words, the proof, and what a change tells the tenant by itself."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.db import new_id
from fieldvisit.ground.roles import SENDING
from fieldvisit.messages import service
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Household, Resident
from fieldvisit.tasks import Task
from tests.stories import Story, a_visit
from tests.world import NOW, World

DAYS = timedelta(days=1)
SAFE = {"sms": "safe", "email": "safe", "letter": "safe"}


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(SENDING) as session:
        return list(session.scalars(select(model)))


@pytest.fixture
def story(world: World) -> Story:
    return a_visit(world, starts=NOW + 3 * DAYS, planned_at=NOW)


@pytest.fixture
def works(world: World, home: Any) -> Any:
    config = Config(home=home, _env_file=None)
    return lambda: worker.run(world.database, config, world.policy, once=True)


def household_of(world: World, story: Story, **facts: Any) -> None:
    with world.database.writing(SENDING) as session:
        from fieldvisit.visits.service import lock

        visit = lock(session, story.visit_id)
        household = session.scalars(select(Household).where(Household.home_id == visit.home_id)).one()
        for name, value in facts.items():
            setattr(household, name, value)


def form_of(client: Any, address: str) -> dict[str, str]:
    import re

    page = client.get(address).text
    return dict(re.findall(r'name="(k|csrf_token)" value="([^"]+)"', page))


def sends(world: World, story: Story, **typed: str) -> Any:
    client = world.client(story.by)
    address = f"/office/visits/{story.visit_id}/send"
    return client.post(address, data=form_of(client, address) | {"channel": "sms", "do": "send"} | typed)


def test_the_words_are_seen_before_they_go_and_the_link_is_not_among_them(world, story):
    page = world.client("olive").get(f"/office/visits/{story.visit_id}/send").text
    assert "The boiler does not heat" in page
    assert "own link" in page
    assert "/t/" not in page
    assert "Full notice" in page  # were it delivered now


def test_a_notice_that_is_sent_waits_for_its_proof(world, story, works):
    answer = sends(world, story)
    assert (answer.status_code, answer.location) == (303, f"/office/visits/{story.visit_id}/plan?done=sent")
    works()
    page = world.client("olive").get("/office/messages").text
    assert "Sent. We do not know yet whether it arrived" in page
    assert story.state().stage == "notice_pending"


def test_somebody_who_knows_says_that_it_came_and_the_notice_counts_from_then(world, story, works, clock):
    sends(world, story)
    works()
    [message] = rows(world, Message)
    clock.move_to(NOW + timedelta(hours=2))
    client = world.client("olive")
    address = f"/office/messages/{message.id}"
    day = {"happened-day": "8", "happened-month": "12", "happened-year": "2026", "happened_time": "9:30am"}
    answer = client.post(f"{address}/said", data=form_of(client, address) | {"status": "delivered"} | day)
    assert answer.status_code == 303
    assert story.state().notice_result == "full"
    log = client.get(f"/office/visits/{story.visit_id}").text
    assert "What the tenant was told" in log
    assert "Delivered" in log


@pytest.mark.parametrize(
    ("typed", "says"),
    [({"happened-day": "9"}, "in the future"), ({"happened-day": ""}, "The date needs a day"),
     ({"happened-day": "7"}, "before the message was written"), ({"happened_time": ""}, "Say at what time")],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_the_box_and_nothing_typed_is_lost(world, story, works, clock, typed, says):
    sends(world, story)
    works()
    [message] = rows(world, Message)
    clock.move_to(NOW + timedelta(hours=2))
    client, address = world.client("olive"), f"/office/messages/{message.id}"
    day = {"happened-day": "8", "happened-month": "12", "happened-year": "2026", "happened_time": "9:30am"}
    answer = client.post(f"{address}/said", data=form_of(client, address) | {"status": "delivered"} | day | typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="12"' in answer.text
    assert story.state().notice_result == "short"


def test_a_household_that_must_not_be_written_to_is_told_so_and_nothing_goes(world, story):
    household_of(world, story, contact_safety={"sms": "never"})
    answer = sends(world, story)
    assert answer.status_code == 409
    assert "never to use that" in answer.text
    assert rows(world, Message) == []


def test_a_channel_that_is_not_marked_safe_is_warned_of_and_says_only_call_us(world, story):
    household_of(world, story, contact_safety={})
    page = world.client("olive").get(f"/office/visits/{story.visit_id}/send").text
    assert "gives no notice" in page
    assert "boiler" not in page[page.index('id="preview"') :]


def test_a_letter_is_a_pdf(world, story, works):
    sends(world, story, channel="letter_first_class")
    works()
    [message] = rows(world, Message)
    answer = world.client("olive").get(f"/office/messages/{message.id}/letter.pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")


def test_planned_works_need_their_first_and_last_day(world, story):
    works = a_visit(world, kind="planned_works", starts=NOW + 30 * DAYS, planned_at=NOW)
    assert sends(world, works).status_code == 422
    days = {f"programme_{end}-{part}": value for end, day in (("start", "7"), ("end", "9"))
            for part, value in (("day", day), ("month", "1"), ("year", "2027"))}  # fmt: skip
    assert sends(world, works, **days).status_code == 303


# --- what a change tells by itself --------------------------------------------------------------------------------


def _cancel(world: World, story: Story, by: str = "council") -> Any:
    client, address = world.client(story.by), f"/office/visits/{story.visit_id}/plan"
    typed = {"cancel_by": by, "cancel_reason": "worker_ill", "cancel_apologised": "yes", "cancel_offered": "yes"}
    return client.post(f"/office/visits/{story.visit_id}/cancelled", data=form_of(client, address) | typed)


def test_a_visit_that_we_cancel_tells_the_tenant_in_the_same_breath(world, story):
    assert _cancel(world, story.told()).status_code == 303
    [message] = rows(world, Message)
    assert (message.kind, message.state) == ("cancelled", "waiting")
    assert "sorry" in message.body.lower()


def test_a_visit_that_the_tenant_cancels_tells_them_nothing_new(world, story):
    _cancel(world, story.told(), by="tenant")
    assert rows(world, Message) == []


def test_where_no_safe_way_exists_a_person_is_asked_to_ring(world, story):
    household_of(world, story, contact_safety={})
    _cancel(world, story.told())
    assert rows(world, Message) == []
    assert [task.kind for task in rows(world, Task)] == ["tell_tenant"]


def _reassign(world: World, story: Story, **typed: str) -> Any:
    client, address = world.client(story.by), f"/office/visits/{story.visit_id}/plan"
    typed = {"new_lead": world.ids["ben"], "do": "save"} | typed
    return client.post(f"/office/visits/{story.visit_id}/reassigned", data=form_of(client, address) | typed)


def _move(world: World, story: Story) -> Any:
    client, address = world.client(story.by), f"/office/visits/{story.visit_id}/plan"
    typed = {"move_by": "council", "move_reason": "worker_ill", "move_apologised": "yes", "move_day-day": "14",
             "move_day-month": "12", "move_day-year": "2026", "move_start": "2pm", "move_end": "4pm"}  # fmt: skip
    return client.post(f"/office/visits/{story.visit_id}/moved", data=form_of(client, address) | typed)


@pytest.mark.parametrize("change", [_cancel, _reassign, _move])
def test_a_tenant_who_never_heard_of_a_visit_is_not_told_that_it_changed(world, story, change):
    assert change(world, story).status_code == 303
    assert rows(world, Message) == []
    assert rows(world, Task) == []


@pytest.mark.parametrize("change", [_reassign, _move])
def test_a_change_before_the_notice_has_gone_out_tells_it_anew_and_the_old_one_never_goes(
    world, story, works, clock, change
):
    sends(world, story)
    clock.move_to(NOW + timedelta(minutes=1))
    assert change(world, story).status_code == 303
    works()
    states = {message.id: (message.kind, message.state) for message in rows(world, Message)}
    assert sorted(states.values()) == [("notice", "taken"), ("notice", "withdrawn")]
    assert rows(world, Task) == []


def test_a_change_of_worker_that_was_said_aloud_leaves_no_notice_of_the_other_one(world, story, works, clock):
    sends(world, story)
    clock.move_to(NOW + timedelta(minutes=1))
    assert _reassign(world, story, tenant_told="yes").status_code == 303
    works()
    works()
    assert [message.state for message in rows(world, Message)] == ["withdrawn"]
    assert [task.kind for task in rows(world, Task)] == ["notice_failed"]


def test_a_text_of_a_change_of_worker_that_does_not_say_why_gives_no_notice(world, story, works):
    told = story.told(hours_before=60, states_why=False)
    _reassign(world, told)
    works()
    [message] = rows(world, Message)
    with world.database.writing(SENDING) as session:
        service.receive_by_reference(session, message.id, "", "delivered", world.now, by="callback", at=world.now)
    works()
    assert "Why" not in message.body
    assert story.state().notice_result == "short"  # NR-15


def test_a_letter_cannot_have_left_before_the_day_on_which_it_was_written(world, story, works, clock):
    sends(world, story, channel="letter_first_class")
    works()
    [message] = rows(world, Message)
    clock.move_to(NOW + timedelta(hours=2))
    client, address = world.client("olive"), f"/office/messages/{message.id}"
    day = {"status": "despatched", "happened-day": "1", "happened-month": "12", "happened-year": "2026"}
    answer = client.post(f"{address}/said", data=form_of(client, address) | day)
    assert answer.status_code == 422
    assert "before the message was written" in answer.text
    answer = client.post(f"{address}/said", data=form_of(client, address) | day | {"happened-day": "8"})
    assert answer.status_code == 303


def test_somebody_else_who_will_come_is_told_as_a_notice_of_its_own(world, story):
    told = story.told(hours_before=60)
    assert _reassign(world, told).status_code == 303
    [message] = rows(world, Message)
    assert message.kind == "change_of_worker"
    assert "Ben" in message.body


def test_a_phone_call_is_confirmed_in_writing(world, story):
    client, address = world.client(story.by), f"/office/visits/{story.visit_id}/plan"
    typed = {"channel": "phone", "spoke_to": "tenant", "age": "adult", "states_who": "yes", "states_why": "yes",
             "sent-day": "8", "sent-month": "12", "sent-year": "2026", "sent_time": "8:30am",
             "proof": "Terry said yes"}  # fmt: skip
    answer = client.post(f"/office/visits/{story.visit_id}/notices", data=form_of(client, address) | typed)
    assert answer.status_code == 303
    assert [message.kind for message in rows(world, Message)] == ["confirmation"]


def test_a_message_of_another_area_is_not_there(world, story, works):
    sends(world, story)
    [message] = rows(world, Message)
    for address in (f"/office/messages/{message.id}", f"/office/messages/{message.id}/letter.pdf"):
        assert world.client("otto").get(address).status_code == 404
    assert story.visit_id not in world.client("otto").get("/office/messages").text


def test_a_household_without_a_number_is_offered_a_letter(world, story):
    with world.database.writing(SENDING) as session:
        for resident in session.scalars(select(Resident)):
            resident.phone = ""
    page = world.client("olive").get(f"/office/visits/{story.visit_id}/send").text
    assert "Text message" not in page
    assert "First-class letter" in page


def _fails(world: World, reference: str) -> None:
    with world.database.writing(SENDING) as session:
        service.receive_by_reference(
            session, reference, "", "permanent-failure", world.now, by="callback", at=world.now
        )


def test_after_a_failure_the_next_way_is_offered_and_nothing_goes_by_itself(world, story, works):
    sends(world, story)
    works()
    [message] = rows(world, Message)
    _fails(world, message.id)
    works()
    works()
    assert len(rows(world, Message)) == 1
    page = world.client("olive").get(f"/office/visits/{story.visit_id}/plan").text
    assert "Send it by first-class letter" in page
    assert "send?channel=letter_first_class" in page


def test_a_notice_that_came_back_is_said_on_the_workers_phone_when_it_next_asks(world, works):
    story = a_visit(world, starts=NOW + timedelta(hours=26), planned_at=NOW)  # tomorrow's first: on today's phone
    sends(world, story)
    works()
    [message] = rows(world, Message)
    with world.database.writing(SENDING) as session:
        service.receive_by_reference(session, message.id, "", "delivered", world.now, by="callback", at=world.now)
    works()
    asha = world.client("asha")
    [before] = asha.get("/packs").get_json()["visits"]
    _fails(world, message.id)
    works()
    [after] = asha.get("/packs").get_json()["visits"]
    assert before["stamp"] != after["stamp"]
    assert "No notice counts" in after["html"]


@pytest.mark.parametrize(("provider", "shown"), [("screen", True), ("notify", False)])
def test_the_link_itself_is_shown_only_where_the_screen_is_all_that_it_goes_to(
    world, story, provider, shown, monkeypatch
):
    sends(world, story)
    [message] = rows(world, Message)
    config = world.app.extensions["fv_config"]
    monkeypatch.setitem(config.__dict__, "sending", Sending(sms=provider))
    assert ("/t/" in world.client("olive").get(f"/office/messages/{message.id}").text) is shown


@pytest.mark.parametrize(("told_before", "kinds"), [(False, ["notice"]), (True, [])])
def test_an_emergency_tells_whoever_has_not_been_told_as_early_as_may_be(world, told_before, kinds):
    story = a_visit(world, starts=NOW + timedelta(hours=3), planned_at=NOW)
    if told_before:
        story.told(hours_before=2.5)
    typed = {"k": new_id(), "hazard": "gas", "emergency_reason": "Smell of gas in the hall"}
    answer = world.client("dora").post(f"/office/visits/{story.visit_id}/emergency", data=typed)
    assert answer.status_code == 303
    assert [message.kind for message in rows(world, Message)] == kinds
    assert story.state().notice_result == "exempt_emergency"


def test_the_same_form_with_another_way_is_refused_and_not_forgotten(world, story):
    key = new_id()
    assert sends(world, story, k=key).status_code == 303
    answer = sends(world, story, k=key, channel="letter_first_class")
    assert answer.status_code == 409
    assert "sent once already" in answer.text
    assert len(rows(world, Message)) == 1


def test_an_email_that_nobody_will_ever_confirm_is_said_to_give_no_notice(world, story, monkeypatch):
    with world.database.writing(SENDING) as session:
        for resident in session.scalars(select(Resident)):
            resident.email = "tenant@home.example"
    household_of(world, story, contact_safety=SAFE)
    monkeypatch.setitem(world.app.extensions["fv_config"].__dict__, "sending", Sending(email="smtp"))
    page = world.client("olive").get(f"/office/visits/{story.visit_id}/send?channel=email").text
    assert "never says that an e-mail was delivered" in page
