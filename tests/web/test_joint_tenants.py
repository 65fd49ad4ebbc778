"""Two who rent one home, on the desk's pages and on their own: a line for each, words for each, nothing of the other."""

import re
from typing import Any

import pytest

from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, SENDING
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Resident
from fieldvisit.tasks import Task
from tests.stories import FIRST_HOME, Story, a_visit
from tests.telling import DAYS, hears, household, in_three_days, rents_too, rows
from tests.web.desk_forms import day, said
from tests.web.test_my_visit import tenant, words  # noqa: F401 - a fixture
from tests.world import NOW, World

TERRYS, ANNS = "07700900101", "07700900188"


@pytest.fixture
def story(world: World) -> Story:
    return in_three_days(world)


@pytest.fixture
def ann(world: World) -> str:
    return rents_too(world, language="pl")


def send_page(world: World, story: Story, query: str = "") -> str:
    return said(world.client("olive").get(f"/office/visits/{story.visit_id}/send{query}"))


def sends(world: World, story: Story, key: str = "", **typed: str) -> Any:
    form = {"k": key or new_id(), "do": "send", "channel": "sms"} | typed
    return world.client("olive").post(f"/office/visits/{story.visit_id}/send", data=form)


def plan_page(world: World, story: Story) -> str:
    return said(world.client("olive").get(f"/office/visits/{story.visit_id}/plan"))


def written(world: World) -> dict[str, Message]:
    return {one.to.split("\n")[0]: one for one in rows(world, Message)}


def tasks(world: World) -> list[str]:
    return [task.kind for task in rows(world, Task)]


# --- sending ------------------------------------------------------------------------------------------------------


def test_the_words_for_each_stand_there_in_their_own_language(world, story, ann):
    page = send_page(world, story)
    assert "How should it go to Terry Moss?" in page and "How should it go to Ann Moss?" in page
    assert (
        "To Ann Moss" in page and "Why: The boiler does not heat" in page and "Po co: The boiler does not heat" in page
    )
    assert "from when the first of them has it (NR-14)" in page


def test_one_press_tells_each_by_the_way_chosen_for_them(world, story, ann):
    answer = sends(world, story, **{f"channel_{ann}": "letter_first_class"})
    assert answer.status_code == 303
    assert {to: one.channel for to, one in written(world).items()} == {TERRYS: "sms", "Ann Moss": "letter_first_class"}


def test_the_same_form_twice_is_one_message_to_each(world, story, ann):
    key = new_id()
    for _ in range(2):
        assert sends(world, story, key, **{f"channel_{ann}": "sms"}).status_code == 303
    assert len(rows(world, Message)) == 2


def test_whoever_is_left_out_and_was_not_told_is_not_forgotten(world, story, ann):
    assert sends(world, story, **{f"channel_{ann}": "none"}).status_code == 303
    assert (list(written(world)), tasks(world)) == ([TERRYS], ["tell_tenant"])


def test_whoever_is_left_out_because_they_were_told_needs_no_task(world, story, ann):
    sends(world, story, channel="none", **{f"channel_{ann}": "sms"})
    before = tasks(world)
    sends(world, story, **{f"channel_{ann}": "none"})
    assert tasks(world) == before == ["tell_tenant"]


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({}, 422, "Choose how to send it to Ann Moss."),
        ({"channel": "none", "hers": "none"}, 422, "Choose how to send it to one of them at least."),
        ({"hers": "pigeon"}, 409, "We have no number or address for that."),
        ({"hers": "email"}, 409, "We have no number or address for that."),
    ],
)
def test_a_choice_that_is_missing_or_cannot_be_sends_to_nobody(world, story, ann, typed, status, sentence):
    hers = {f"channel_{ann}": typed.pop("hers")} if "hers" in typed else {}
    answer = sends(world, story, **typed, **hers)
    assert (answer.status_code, rows(world, Message)) == (status, [])
    assert sentence in said(answer)


def test_what_must_never_be_used_for_one_of_them_sends_to_nobody(world, story):
    ann = rents_too(world, contact_safety={"sms": "never"})
    answer = sends(world, story, **{f"channel_{ann}": "sms"})
    assert (answer.status_code, rows(world, Message)) == (409, [])


def test_to_whom_nothing_may_be_said_goes_please_call_us_and_the_page_says_that_it_is_no_notice(world, story):
    ann = rents_too(world, contact_safety={"sms": "content_free"})
    assert "This says neither who comes nor why" in send_page(world, story, f"?to={ann}&channel=sms")
    sends(world, story, **{f"channel_{ann}": "sms"})
    assert {to: one.kind for to, one in written(world).items()} == {TERRYS: "notice", ANNS: "call_us"}
    assert "Asked to ring us, by text message" in plan_page(world, story)
    assert tasks(world) == ["tell_tenant"]


def test_a_home_with_one_tenant_is_asked_as_ever(world, story):
    page = send_page(world, story)
    assert "How should it go?" in page and "Not now" not in page and "Terry Moss?" not in page
    assert sends(world, story).status_code == 303
    assert [one.resident_id for one in rows(world, Message)] == [None]
    assert "More than one person rents" not in plan_page(world, story)


# --- the page of the visit, and its log ---------------------------------------------------------------------------


def test_the_page_of_the_visit_shows_a_line_for_each_tenant(world, story, ann):
    assert plan_page(world, story).count("Nobody has recorded that they were told.") == 2
    sends(world, story, **{f"channel_{ann}": "sms"})
    assert plan_page(world, story).count("On its way by text message") == 2
    hears(world, written(world)[TERRYS].id, "delivered", NOW)
    hears(world, written(world)[ANNS].id, "permanent-failure", NOW)
    works(world)
    page = plan_page(world, story)
    assert "Told by text message" in page
    assert "the text message did not reach them" in page and "Send it to Ann Moss" in page
    assert "Text message to Ann Moss" in page


def works(world: World) -> None:
    from fieldvisit.visits import notifying

    for message in rows(world, Message):
        with world.database.writing(SENDING) as session:
            notifying.hear(session, message.id, world.now, world.policy)


def test_sending_to_her_anew_offers_her_next_way_and_leaves_him_out(world, story, ann):
    sends(world, story, **{f"channel_{ann}": "sms"})
    hears(world, written(world)[ANNS].id, "permanent-failure", NOW)
    works(world)
    [link] = re.findall(r'href="(/office/visits/\w+/send\?to=[^"]+)"', page_of(world, story))
    page = world.client("olive").get(link.replace("&amp;", "&")).text
    assert re.search(rf'name="channel_{ann}"[^>]*value="letter_first_class" checked', page)
    assert re.search(r'name="channel"[^>]*value="none" checked', page)


def page_of(world: World, story: Story) -> str:
    return world.client("olive").get(f"/office/visits/{story.visit_id}/plan").text


def test_the_log_and_the_table_of_what_was_told_name_each(world, story, ann):
    sends(world, story, **{f"channel_{ann}": "sms"})
    page = said(world.client("olive").get(f"/office/visits/{story.visit_id}"))
    assert "Notice by text message to Ann Moss" in page
    assert ", to Terry Moss" in page and ", to Ann Moss" in page


def test_a_call_is_recorded_with_whom_it_was(world, story, ann):
    client = world.client("olive")
    form = {
        "k": new_id(), "channel": "phone", "spoke_to": "joint_tenant", "resident": ann, "age": "adult",
        "states_who": "yes", "states_why": "yes", "proof": "She said so", "sent_time": "08:30",
    } | day("sent", NOW.date())  # fmt: skip
    assert client.post(f"/office/visits/{story.visit_id}/notices", data=form).status_code == 303
    page = plan_page(world, story)
    assert "Phone call to Ann Moss" in page
    assert "Told by phone call" in page
    assert {one.kind for one in rows(world, Message)} == {"confirmation", "notice"}


def test_nobody_else_can_be_named_as_the_tenant_who_was_told(world, story, ann):
    form = {
        "k": new_id(), "channel": "phone", "spoke_to": "tenant", "resident": world.ids["asha"], "age": "adult",
        "states_who": "yes", "proof": "So", "sent_time": "08:30",
    } | day("sent", NOW.date())  # fmt: skip
    answer = world.client("olive").post(f"/office/visits/{story.visit_id}/notices", data=form)
    assert answer.status_code == 422


# --- the household's page -----------------------------------------------------------------------------------------


def own(world: World, resident: str, **typed: str) -> Any:
    form = {"k": new_id()} | {f"{name}_{resident}": value for name, value in typed.items()}
    return world.client("olive").post(f"/office/homes/{world.ids[FIRST_HOME]}/residents/{resident}/own", data=form)


def row(world: World, resident: str) -> Resident:
    with world.database.reading(CHECKING) as session:
        return session.get_one(Resident, resident)


def test_what_is_hers_alone_is_kept_and_shown(world, ann):
    assert own(world, ann, language="ur", mark_sms="never", mark_letter="content_free").status_code == 303
    kept = row(world, ann)
    assert (kept.language, kept.contact_safety) == ("ur", {"sms": "never", "letter": "content_free"})
    page = said(world.client("olive").get(f"/office/homes/{world.ids[FIRST_HOME]}"))
    assert "Change how we write to Ann Moss" in page and "Urdu" in page and "Text messages: never" in page


def test_left_empty_it_is_as_for_the_household_again(world, ann):
    own(world, ann, language="ur", mark_sms="never")
    own(world, ann)
    assert (row(world, ann).language, row(world, ann).contact_safety) == ("", {})


@pytest.mark.parametrize("typed", [{"mark_sms": "safe"}, {"mark_sms": "loud"}, {"language": "tlh"}])
def test_nothing_can_be_made_safer_for_her_than_for_the_household(world, ann, typed):
    assert own(world, ann, **typed).status_code == 422
    assert row(world, ann).contact_safety == {}


def test_one_tenant_alone_has_no_form_of_their_own(world):
    page = said(world.client("olive").get(f"/office/homes/{world.ids[FIRST_HOME]}"))
    assert "Change how we write to" not in page


def test_her_new_number_is_not_safe_and_his_stays_so(world, story, ann):
    form = {"k": new_id(), f"phone_{ann}": "07700900155", f"email_{ann}": ""}
    world.client("olive").post(f"/office/homes/{world.ids[FIRST_HOME]}/residents/{ann}/numbers", data=form)
    assert row(world, ann).contact_safety["sms"] == "content_free"
    sends(world, story, **{f"channel_{ann}": "sms"})
    assert {one.kind for to, one in written(world).items() if to == TERRYS} == {"notice"}
    assert {one.kind for to, one in written(world).items() if to != TERRYS} == {"call_us"}


# --- their own page -----------------------------------------------------------------------------------------------


def test_what_one_of_them_said_is_not_shown_to_the_other(tenant, world):
    rents_too(world, email="ann@home.example", language="pl")
    one = tenant()
    one.does("confirm")
    seen = words(one.opens())
    assert "A visit to your home is planned." in seen and "You said yes" not in seen
    one.does("complain", words="He shouted at my children")
    one.does("must-be-there", words="My sister must be there", who="trusted_adult")
    again = one.opens()
    for other in ("shouted", "sister", "Ann", "Terry", ANNS, TERRYS, "ann@home.example", "complaint."):
        assert other not in words(again), other


def test_a_refusal_at_the_door_is_nobodys_in_particular(tenant, world):
    rents_too(world)
    one = tenant(a_visit(world, starts=NOW).at_the_door().answered().identified().refused())
    seen = words(one.opens())
    assert "The worker left and did not come in." in seen and "You said no" not in seen


def test_that_the_home_was_told_is_said_and_not_that_you_were(tenant, world):
    rents_too(world)
    seen = words(tenant().opens())
    assert "Your home was told" in seen and "You were told" not in seen


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [(26, "Your home was told 26 hours ahead."), (0.5, "Your home was told less than an hour ahead.")],
)
def test_how_long_ahead_the_home_was_told(tenant, world, hours, sentence):
    rents_too(world)
    assert sentence in words(tenant(a_visit(world, starts=NOW + DAYS).told(hours_before=hours)).opens())


def test_one_tenant_alone_reads_that_they_said_yes(tenant, world):
    one = tenant()
    one.does("confirm")
    assert "You said yes to this visit." in words(one.opens())


def test_the_page_of_a_protected_home_says_call_us_to_each(tenant, world):
    rents_too(world)
    one = tenant()
    household(world, protected=True)
    assert "Please call us about your home" in words(one.opens())
