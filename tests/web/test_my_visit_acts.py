"""What the tenant does on her own page: each form once, with its answer on the page, and nothing typed is lost."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CONDUCT, TENANT
from fieldvisit.register.models import Household
from tests.complaints import officers
from tests.stories import a_visit
from tests.web.test_my_visit import Tenant, buttons, tenant, words  # noqa: F401 - a fixture among them
from tests.world import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


# --- what she may do ------------------------------------------------------------------------------------------------


def test_yes_is_a_line_of_the_log_by_the_tenant(tenant, world):
    one = tenant()
    answer = one.does("confirm")
    assert "Thank you. You said yes to this visit." in words(answer)
    assert one.story.row().stage == "confirmed"
    assert one.entries()[-1] == ("visit.noted", {"code": "confirmed"})
    assert "confirm" not in buttons(answer)


def test_another_time_puts_it_back_and_wakes_the_desk(tenant):
    one = tenant()
    answer = one.does("other-time", words="Not on Wednesdays. I am at dialysis.")
    assert answer.status_code == 200
    assert one.story.row().stage == "rearranging"
    assert one.tasks() == [("asks_other_time", date(2026, 12, 9))]
    assert "dialysis" not in str(one.entries())


def test_a_sooner_time_may_be_agreed_to_where_the_notice_is_short(tenant, world):
    one = tenant(a_visit(world, starts=NOW + DAY).told(hours_before=10))
    assert "sooner" in buttons(one.opens())
    assert one.does("sooner").status_code == 200
    row = one.story.row()
    assert (row.stage, row.notice_result) == ("notified", "agreed")
    assert one.entries()[-1][1]["recorded_by"] == "tenant"
    assert "You agreed to this sooner time." in words(one.opens())


def test_there_is_nothing_to_agree_to_where_the_rule_is_kept(tenant):
    one = tenant()
    assert "sooner" not in buttons(one.opens())
    answer = one.does("sooner")
    assert answer.status_code == 409
    assert "this visit keeps the notice rule" in words(answer)


def test_who_must_be_there_is_kept_with_the_needs_and_wakes_the_desk(tenant, world):
    from fieldvisit.visits.tenant_acts import TenantSaid

    one = tenant()
    answer = one.does("must-be-there", who=["trusted_adult", "female_worker", "interpreter"], words="My sister")
    assert answer.status_code == 200
    with world.database.reading(TENANT) as session:
        said = session.scalars(select(TenantSaid)).one()
        home = session.scalars(select(Household).where(Household.home_id == world.ids["100030000001"])).one()
    assert (said.kind, said.asked, said.words) == (
        "must_be_there", ["trusted_adult", "interpreter", "female_worker"], "My sister",
    )  # fmt: skip
    assert home.trusted_adult
    assert home.needs == ["female_worker"]
    assert ("tenant_asks", date(2026, 12, 9)) in one.tasks()


def test_no_cancels_the_visit_without_an_apology_from_her(tenant):
    one = tenant()
    answer = one.does("say-no", words="I do not want it")
    assert "The visit is cancelled. Nobody should come." in words(answer)
    assert one.story.row().stage == "cancelled"
    assert one.entries()[-1][1]["by"] == "tenant"
    assert [kind for kind, _ in one.tasks()] == ["tenant_said_no"]
    assert "Nobody should come. If somebody comes, do not let them in." in words(one.opens())


@pytest.mark.parametrize(("act", "task"), [("good", []), ("not-good", [("not_good", date(2026, 12, 15))])])
def test_one_tap_says_how_it_went(act, task, tenant, world, clock):
    one = tenant(a_visit(world).done())
    clock.move_to(NOW + 3 * HOUR)
    assert one.does(act).status_code == 200
    assert one.tasks() == task


def test_a_complaint_is_acknowledged_within_five_working_days(tenant):
    one = tenant()
    assert one.does("complain", words="He never came").status_code == 200
    assert one.tasks() == [("complaint", date(2026, 12, 15))]


def test_a_report_of_conduct_goes_where_no_officer_reads_it(tenant, world):
    from fieldvisit.breaches.models import Concern
    from fieldvisit.ground.roles import SystemPrincipal

    one = tenant()
    assert "Then it cannot be a complaint" in words(one.opens())
    answer = one.does("concern", words="He shouted at me")
    assert re.search(r"Its number is C-[0-9A-Z]{7}", words(answer))
    with world.database.reading(SystemPrincipal("test", frozenset({"Concern"}))) as session:
        kept = session.scalars(select(Concern)).one()
    assert (kept.what, kept.about_whom, kept.anonymous) == ("He shouted at me", "Asha Kaur", False)
    assert kept.happened_where == f"At visit {one.story.row().ref}"
    assert (kept.about_id, kept.visit_id, kept.channel) == (world.ids["asha"], one.story.visit_id, "own_page")
    assert (kept.caller_name, kept.receipt_hash) == ("Terry Moss", None)
    with world.database.reading(CONDUCT) as session:
        case = session.scalars(select(BreachCase)).one()
    assert (case.concern_id, case.subject_id, case.heard_at) == (kept.id, world.ids["asha"], kept.received_at)
    assert [kind for kind, _ in one.tasks()] == ["complaint"]


def test_a_tenant_may_say_no_to_a_complaint_about_conduct(tenant):
    one = tenant()
    assert one.does("concern", words="He shouted at me", no_complaint="yes").status_code == 200
    assert one.tasks() == []


@pytest.mark.parametrize("tail", ["", "?easy=1", "?lang=ur"])
def test_whoever_is_in_danger_reads_999_before_the_form_about_conduct(tenant, tail):
    shown = tenant().opens(tail).text
    form = shown[: shown.index('name="anonymous"')]
    before = form[form.rindex("<details") :]
    assert 'href="tel:999"' in before[: before.index("<form")]


def test_an_anonymous_report_leads_back_to_no_home(tenant, world):
    from fieldvisit.breaches.models import Concern
    from fieldvisit.ground.roles import SystemPrincipal

    answer = tenant().does("concern", words="He shouted", anonymous="yes")
    receipt = re.search(r"(?:[0-9]{4} ){3}[0-9]{4}", words(answer))
    assert receipt
    asked = world.client().post("/behaviour/status", data={"receipt": receipt[0]})
    assert "We have it. Somebody looks at it by the end of" in asked.text
    with world.database.reading(SystemPrincipal("test", frozenset({"Concern"}))) as session:
        kept = session.scalars(select(Concern)).one()
    assert (kept.anonymous, kept.received_at, kept.happened_where, kept.happened_when, kept.about_whom) == (
        True, None, "", "", "",
    )  # fmt: skip
    assert (kept.about_id, kept.visit_id, kept.home_id, kept.caller_name) == (None, None, None, "")


def test_that_nobody_answered_can_be_disputed(tenant, world, clock):
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    one = tenant(story)
    clock.move_to(NOW + 2 * HOUR)
    assert "dispute" in buttons(one.opens())
    assert one.does("dispute", words="I was in all day").status_code == 200
    assert ("no_access_disputed", date(2026, 12, 10)) in one.tasks()


def test_a_refusal_and_a_child_alone_can_be_disputed_too(tenant, world, clock):
    said_no = a_visit(world).at_the_door().answered().identified().refused("other")
    child = (
        a_visit(world, home="100030000002", lead="ben").at_the_door().says("door.child_answered", adult_coming=False)
    )
    clock.move_to(NOW + 2 * HOUR)
    for story, sentence in (
        (said_no, "You said no, and the worker left."),
        (child, "A child came to the door and no adult"),
    ):
        one = tenant(story)
        page = one.opens()
        assert sentence in words(page) and "Is what we wrote down about this visit wrong?" in words(page)
        assert one.does("dispute", words="That was not me").status_code == 200
        assert "no_access_disputed" in [kind for kind, _ in one.tasks()]


def test_the_same_form_twice_is_done_once(tenant):
    one, key = tenant(), new_id()
    for _ in range(3):
        assert one.does("complain", key, words="He never came").status_code == 200
    for act in ("other-time", "say-no"):
        key = new_id()
        for _ in range(2):
            assert one.does(act, key, words="x").status_code == 200
    assert sorted(kind for kind, _ in one.tasks()) == ["asks_other_time", "complaint", "tenant_said_no"]
    assert len(one.entries()) == 4


def test_the_same_form_with_other_words_is_refused_and_nothing_typed_is_lost(tenant):
    one, key = tenant(), new_id()
    one.does("complain", key, words="He never came")
    answer = one.does("complain", key, words="He came too late")
    assert answer.status_code == 409
    assert "He came too late</textarea>" in answer.text
    assert "with other words" in words(answer)


@pytest.mark.parametrize("act", ["confirm", "other-time", "sooner", "must-be-there", "say-no"])
def test_what_cannot_be_done_any_more_is_said_and_what_was_typed_stays(act, tenant, world, clock):
    one = tenant(a_visit(world).done())
    clock.move_to(NOW + 3 * HOUR)
    assert act not in buttons(one.opens())
    answer = one.does(act, words="My own words", who="trusted_adult")
    assert answer.status_code == 409
    assert "This visit is over. Ring us if you need anything." in words(answer)


@pytest.mark.parametrize("act", ["complain", "concern", "must-be-there"])
def test_a_form_with_nothing_in_it_says_what_is_missing(act, tenant):
    answer = tenant().does(act, words="  ")
    assert answer.status_code == 422
    assert "<title>Error: Your visit" in answer.text
    assert re.search(rf'<textarea id="{act}-words"[^>]* aria-describedby="problem" aria-invalid="true"', answer.text)
    assert "<details open>" in answer.text


def test_words_that_are_too_long_are_kept_on_the_page(tenant):
    answer = tenant().does("complain", words="x" * 4001)
    assert answer.status_code == 422
    assert "x" * 4001 in answer.text


def test_words_cannot_write_into_the_page(tenant):
    one, hostile = tenant(), '</textarea><script>x</script>"'
    answer = one.does("complain", new_id(), words=hostile * 400)
    assert "<script" not in answer.text
    assert "<script" not in one.opens(word=f"{one.word}", act="sooner", words=hostile).text


def test_a_post_without_the_word_does_nothing(tenant):
    one = tenant()
    for word in ("", "wrong"):
        assert one.client.post(one.address, data={"word": word, "act": "say-no", "k": new_id()}).status_code == 422
    assert one.story.row().stage == "notified"


def test_every_form_on_the_page_carries_the_word_and_acts_a_key_of_their_own(tenant):
    one = tenant()
    forms = re.findall(r"<form.*?</form>", one.opens().text, re.DOTALL)
    assert len(forms) >= 7
    keys = [re.search(r'name="k" value="([0-9a-f]{32})"', form) for form in forms if 'name="act"' in form]
    assert len({found[1] for found in keys if found}) == len(keys) == len(forms) - 2
    assert all(f'name="word" value="{one.word}"' in form for form in forms)


# --- who reads what she said ----------------------------------------------------------------------------------------


def test_what_she_said_is_read_by_officers_of_the_area_who_were_not_sent_there(tenant, world):
    from fieldvisit.visits.tenant_acts import said_of

    one = tenant(a_visit(world, lead="dora", starts=NOW + DAY).told())
    one.does("complain", words="She was rude")
    seen = {}
    for ref in ("olive", "dora", "otto", "asha", "mona", "hana"):
        with world.database.reading(world.principal(ref)) as session:
            seen[ref] = [said.words for said in said_of(session, one.story.visit_id)]
    assert seen == {"olive": ["She was rude"], "dora": [], "otto": [], "asha": [], "mona": [], "hana": []}


# --- the calendar ---------------------------------------------------------------------------------------------------


def calendar(one: Tenant) -> Any:
    answer = one.client.post(f"{one.address}/visit.ics", data={"word": one.word})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.data).walk("VEVENT")[0]


def test_the_calendar_says_the_council_the_day_and_the_window_and_nothing_of_the_visit(tenant):
    one = tenant()
    found = calendar(one)
    assert str(found["summary"]) == "Visit from Melton Borough Council"
    assert (found["dtstart"].dt, found["dtend"].dt) == (NOW + DAY, NOW + DAY + 2 * HOUR)
    text = found.to_ical().decode()
    for secret in ("Asha", "Brightwater", "boiler", "repair", "Larch", one.word, one.story.visit_id):
        assert secret not in text


def test_a_moved_visit_has_the_same_uid_and_says_when_it_changed(tenant, world, clock):
    from fieldvisit.visits.events import VisitMoved

    one = tenant()
    before = calendar(one)
    clock.move_to(NOW + HOUR)
    one.story.desk(
        VisitMoved(by="council", window_start=NOW + 2 * DAY, window_end=NOW + 2 * DAY + 2 * HOUR, apologised=True),
        at=NOW + HOUR,
    )
    after = calendar(one)
    assert after["uid"] == before["uid"]
    assert after["last-modified"].dt == NOW + HOUR > before["last-modified"].dt
    assert (after["sequence"], after["dtstart"].dt) == (1, NOW + 2 * DAY)


def test_a_cancelled_visit_is_cancelled_in_the_calendar(tenant):
    one = tenant()
    one.does("say-no")
    assert str(calendar(one)["status"]) == "CANCELLED"


def test_the_calendar_needs_the_word(tenant):
    one = tenant()
    assert one.client.post(f"{one.address}/visit.ics", data={"word": "wrong"}).status_code == 422


def test_the_desk_reads_on_the_visits_page_what_she_said(tenant, world):
    officers(world)
    one = tenant()
    one.does("must-be-there", who="trusted_adult", words="My sister, after four")
    one.does("complain", words="He never came")
    said = words(world.client("olive").get(f"/office/visits/{one.story.visit_id}"))
    for sentence in ("Who or what must be there", "an adult they trust", "My sister, after four", "He never came"):
        assert sentence in said
    tasks = words(world.client("olive").get("/office/tasks"))
    assert "Somebody complained: acknowledge it" in tasks
    assert "The tenant says who or what must be there: arrange it" in tasks


def test_something_dangerous_has_a_case_and_a_clock_from_that_instant_and_is_of_no_visit(tenant, world):
    """D4: 'tenant'. What the worker sees there later opens its own."""
    from fieldvisit.ground.roles import CHECKING
    from fieldvisit.hazards.models import Hazard, HazardWords

    one = tenant()
    shown = words(one.opens())
    for number in ("999", "0800 111 999", "105"):
        assert number in shown
        assert f'<bdi dir="ltr">{number}</bdi>' in one.opens("?lang=ur").text  # not turned round there
    assert one.does("hazard").status_code == 422
    key = new_id()
    for _ in range(2):
        assert "We know of it now." in words(one.does("hazard", key, words="Bare wires over the bath"))
    with world.database.reading(CHECKING) as session:
        [case], [said] = session.scalars(select(Hazard)).all(), session.scalars(select(HazardWords)).all()
    assert (case.home_id, case.visit_id, case.aware_at) == (world.ids["100030000001"], None, NOW)
    assert (case.stage, case.hazard, said.text) == ("logged", "", "Bare wires over the bath")
    assert "A hazard was seen in the home" in world.client("olive").get("/office/tasks").text
    assert "Bare wires" in world.client("olive").get(f"/office/hazards/{case.id}").text
