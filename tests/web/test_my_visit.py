"""The tenant opens the link of a visit on her own phone: no account, no cookie, no script."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from fieldvisit.db import new_id
from fieldvisit.doorway.my_visit_page import SHEET
from fieldvisit.doorway.verify_page import headers
from fieldvisit.ground.roles import TENANT
from fieldvisit.notices.links import LinkTry, link_key, link_of_visit, token_of
from fieldvisit.register.models import Household
from fieldvisit.tasks import Task
from tests.stories import Story, a_visit
from tests.world import NOW, World

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
WEIGHT_LIMIT = 14_000  # bytes on the wire, headers and all: a phone's first flight
CALL_US = "Please call us about your home"
PHONE = "01664 502 502"


@dataclass
class Tenant:
    """Somebody with the message in her hand: the link, the reference and her own word."""

    world: World
    client: FlaskClient
    story: Story

    def link(self) -> Any:
        with self.world.database.reading(TENANT) as session:
            return link_of_visit(session, self.story.visit_id)

    @property
    def address(self) -> str:
        return f"/t/{token_of(self.link(), link_key(self.world.app.config['SECRET_KEY']))}"

    @property
    def word(self) -> str:
        return str(self.link().signs["words"][0])

    @property
    def workers_word(self) -> str:
        return str(self.link().signs["words"][1])

    def looks(self, tail: str = "") -> TestResponse:
        return self.client.get(self.address + tail)

    def opens(self, tail: str = "", **form: Any) -> TestResponse:
        return self.client.post(self.address + tail, data={"word": self.word} | form)

    def does(self, act: str, key: str = "", **form: Any) -> TestResponse:
        return self.opens(act=act, k=key or new_id(), **form)

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        from fieldvisit.visits.service import entries_of

        with self.world.database.reading(TENANT) as session:
            return [(entry.kind, entry.body) for entry in entries_of(session, self.story.visit_id)]

    def tasks(self) -> list[tuple[str, date]]:
        with self.world.database.reading(TENANT) as session:
            return sorted((task.kind, task.due_at.date()) for task in session.scalars(select(Task)))


@pytest.fixture
def tenant(world: World) -> Callable[..., Tenant]:
    """Of a visit on Wednesday at 9, told in full, unless the test says otherwise."""

    def of(story: Story | None = None) -> Tenant:
        return Tenant(world, world.app.test_client(), story or a_visit(world, starts=NOW + DAY).told())

    return of


def words(answer: TestResponse) -> str:
    text = re.sub(r"<(style|title)>.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def heading(answer: TestResponse) -> str:
    (found,) = re.findall(r"<h1>(.*?)</h1>", answer.text)
    return str(found)


def buttons(answer: TestResponse) -> set[str]:
    return set(re.findall(r'name="act" value="([a-z-]+)"', answer.text))


def whole(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers), answer.data


def household(world: World, **facts: Any) -> None:
    with world.database.writing(TENANT) as session:
        home = world.ids["100030000001"]
        found = session.scalars(select(Household).where(Household.home_id == home)).one()
        for name, value in facts.items():
            setattr(found, name, value)


# --- before the word ------------------------------------------------------------------------------------------------


def test_the_link_says_a_day_and_which_half_of_it_and_nothing_else(tenant):
    answer = tenant().looks()
    assert answer.status_code == 200
    assert heading(answer) == "A visit is planned: Wednesday 9 December 2026, in the morning"
    for secret in ("Asha", "Brightwater", "boiler", "Larch", "9am", "Moss", "repair"):
        assert secret not in answer.text


def test_the_word_opens_who_comes_with_photo_when_and_why(tenant):
    answer = tenant().opens()
    said = words(answer)
    assert answer.status_code == 200
    for fact in (
        "Wednesday 9 December 2026",
        "9am to 11am",
        "Asha K.",
        "Brightwater Heating",
        "The boiler does not heat",
    ):
        assert fact in said
    assert 'src="data:image/jpeg;base64,' in answer.text
    assert "Kaur" not in answer.text
    assert "Larch" not in answer.text


@pytest.mark.parametrize("style", ["words", "numbers", "picture"])
def test_whatever_style_was_sent_its_word_opens(style, tenant):
    one = tenant()
    said = one.link().signs[style][0]
    assert heading(one.opens(word=f" {said.upper()}. ")) == "Your visit"


def test_the_name_of_a_picture_in_the_tenants_language_opens(tenant):
    from fieldvisit.messages.saying import say_sign

    one = tenant()
    assert heading(one.opens(word=say_sign(one.link().signs["picture"][0], "pl"))) == "Your visit"


def test_the_workers_word_does_not_open_it(tenant):
    one = tenant()
    answer = one.opens(word=one.workers_word)
    assert answer.status_code == 422
    assert "That is not your word." in words(answer)
    assert "Asha" not in answer.text


def test_no_word_at_all_is_asked_for_and_does_not_count(tenant):
    one = tenant()
    for _ in range(12):
        assert one.opens(word=" ").status_code == 422
    assert one.opens().status_code == 200


def test_opening_a_link_any_number_of_times_consumes_nothing(tenant, world):
    one, written = tenant(), []
    listen = lambda *seen: written.append(seen[2])  # noqa: E731
    engines = [engine for engine in (world.database.reader, world.database.writer)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    first, again = one.looks(), one.looks()
    one.client.head(one.address)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", listen)
    assert first.data == again.data
    assert [sql for sql in written if sql.split()[0].upper() in ("INSERT", "UPDATE", "DELETE")] == []
    assert heading(one.opens()) == "Your visit"


# --- the typed reference --------------------------------------------------------------------------------------------


def test_the_reference_typed_by_hand_leads_to_the_same_page(tenant):
    one = tenant()
    typed = one.link().reference.lower()
    answer = one.client.post("/t", data={"reference": f" {typed[:4]} {typed[4:]} "})
    assert answer.data == one.looks().data


def test_half_a_reference_is_asked_for_again_and_what_was_typed_stays(tenant):
    answer = tenant().client.post("/t", data={"reference": 'AB"><b>'})
    assert answer.status_code == 422
    assert "It has 8 letters and numbers." in words(answer)
    assert 'value="AB&#34;&gt;&lt;b&gt;"' in answer.text


# --- one page for everything that opens nothing ---------------------------------------------------------------------


def dead_ends(one: Tenant, world: World) -> dict[str, TestResponse]:
    """Every way to a link that opens nothing. The tenant's own visit is put away by the test before."""
    token, client = one.address.removeprefix("/t/"), one.client
    other = "A" if token[-1] != "A" else "B"
    return {
        "own": one.looks(),
        "own, with the word": one.opens(),
        "own, an act": one.does("confirm"),
        "own, by reference": client.post("/t", data={"reference": one.link().reference}),
        "own, calendar": client.post(f"{one.address}/visit.ics", data={"word": one.word}),
        "guessed": client.get(f"/t/{'A' * 33}"),
        "guessed, with a word": client.post(f"/t/{'A' * 33}", data={"word": "kettle"}),
        "one letter wrong": client.get(f"/t/{token[:-1]}{other}"),
        "cut short": client.get(f"/t/{token[:-1]}"),
        "handle alone": client.get(f"/t/{token[:11]}"),
        "too long": client.get("/t/" + "A" * 400),
        "odd letters": client.get("/t/%F0%9F%92%A9%00"),
        "deeper": client.get(f"/t/{token}/visit.ics"),
        "another reference": client.post("/t", data={"reference": "22222222"}),
    }


@pytest.mark.parametrize("why", ["protected", "expired", "cancelled and over", "over"])
def test_every_dead_end_is_the_same_page_to_the_last_byte(why, tenant, world, clock):
    story = a_visit(world).told()
    one = tenant(story)
    match why:
        case "protected":
            household(world, protected=True)
        case "expired":
            clock.move_to(story.ends + DAY + SECOND)
        case "cancelled and over":
            one.does("say-no")
            clock.move_to(story.ends + DAY + SECOND)
        case "over":
            story.done()
            clock.move_to(NOW + 2 * DAY)
    answers = dead_ends(one, world)
    assert {name for name, answer in answers.items() if whole(answer) != whole(answers["guessed"])} == set()
    assert heading(answers["guessed"]) == CALL_US
    assert PHONE in answers["guessed"].text


def test_a_link_of_another_home_of_ours_is_a_dead_end_too(tenant, world):
    """The handle is in a copy of the database; the digest that belongs to it is made with this home's key."""
    one = tenant()
    forged = f"/t/{token_of(one.link(), link_key(b'the key of another council'))}"
    assert whole(one.client.get(forged)) == whole(one.client.get(f"/t/{'A' * 33}"))


def test_a_dead_end_costs_as_many_questions_whyever_it_is_one(tenant, world):
    one = tenant()
    household(world, protected=True)
    counts = []
    for address in (one.address, f"/t/{'A' * 33}"):
        asked: list[str] = []
        listen = lambda *seen, asked=asked: asked.append(seen[2])  # noqa: E731
        event.listen(world.database.reader, "before_cursor_execute", listen)
        one.client.get(address)
        event.remove(world.database.reader, "before_cursor_execute", listen)
        counts.append([sql.split("WHERE")[0] for sql in asked])
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("late", "opens"), [(-SECOND, True), (timedelta(), True), (SECOND, False)])
def test_a_link_lives_until_a_day_after_its_window_closed(late, opens, tenant, world, clock):
    one = tenant()
    clock.move_to(one.story.ends + DAY + late)
    assert (heading(one.looks()) != CALL_US) is opens


# --- guessing -------------------------------------------------------------------------------------------------------


def guess(one: Tenant, times: int) -> TestResponse:
    for _ in range(times):
        answer = one.opens(word="not a word of ours")
    return answer


@pytest.mark.parametrize(("wrong", "status"), [(9, 200), (10, 429), (11, 429)])
def test_ten_wrong_words_close_this_link_for_the_right_word_too(wrong, status, tenant):
    one = tenant()
    guess(one, wrong)
    answer = one.opens()
    assert answer.status_code == status
    if status == 429:
        assert heading(answer) == "Wait an hour, or ring us"
        assert PHONE in answer.text


def test_others_go_on_meanwhile(tenant, world):
    one, other = tenant(), tenant(a_visit(world, home="100030000002", starts=NOW + DAY).told())
    guess(one, 12)
    assert one.opens().status_code == 429
    assert other.opens().status_code == 200


@pytest.mark.parametrize(("after", "status"), [(HOUR - SECOND, 429), (HOUR, 200), (HOUR + SECOND, 200)])
def test_after_an_hour_it_opens_again(after, status, tenant, clock):
    one = tenant()
    guess(one, 12)
    clock.move_to(NOW + after)
    assert one.opens().status_code == status


def test_ten_wrong_references_slow_that_reference_alone(tenant):
    one = tenant()
    answers = [one.client.post("/t", data={"reference": "22222222"}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert one.client.post("/t", data={"reference": "33333333"}).status_code == 200
    assert heading(one.client.post("/t", data={"reference": one.link().reference})).startswith("A visit is planned")


def test_a_protected_households_reference_slows_down_like_a_wrong_one(tenant, world):
    one = tenant()
    household(world, protected=True)
    for typed in (one.link().reference, "22222222"):
        answers = [one.client.post("/t", data={"reference": typed}).status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]


def test_tries_of_more_than_an_hour_ago_are_forgotten(tenant, world, clock):
    one = tenant()
    guess(one, 3)
    clock.move_to(NOW + HOUR + SECOND)
    guess(one, 1)
    with world.database.reading(TENANT) as session:
        assert len(session.scalars(select(LinkTry)).all()) == 1


# --- what the page says ---------------------------------------------------------------------------------------------


def test_both_words_are_there_so_that_she_can_compare(tenant):
    one = tenant()
    said = words(one.opens())
    assert f"The worker must say: {one.workers_word}" in said
    assert f"Your own word is: {one.word}" in said


def test_a_standing_password_is_never_printed(tenant, world):
    household(world, password="blue teapot")
    one = tenant()
    answer = one.opens()
    assert "The worker must say: your own password" in words(answer)
    assert "teapot" not in answer.text
    assert one.workers_word not in answer.text


def test_a_household_that_chose_pictures_sees_the_picture_and_its_name(tenant, world):
    household(world, word_style="picture")
    one = tenant()
    answer = one.opens()
    for sign in one.link().signs["picture"]:
        assert sign in words(answer)
    assert answer.text.count('<path d="') >= 2


@pytest.mark.parametrize(
    ("hours", "sentences"),
    [
        (
            50,
            ["You were told 50 hours ahead.", "Our code asks for at least 24 hours.", "So this visit keeps our rule."],
        ),
        (24, ["You were told 24 hours ahead.", "So this visit keeps our rule."]),
        (23, ["You were told 23 hours ahead.", "does not keep our rule. You do not have to accept it."]),
    ],
)
def test_it_says_in_plain_words_whether_this_visit_keeps_the_notice_rule(hours, sentences, tenant, world):
    said = words(tenant(a_visit(world, starts=NOW + DAY).told(hours_before=hours)).opens())
    for sentence in sentences:
        assert sentence in said
    assert "Rule ME-3.1a" in said


def test_of_planned_works_it_says_days(tenant, world):
    story = a_visit(world, starts=NOW + DAY, kind="planned_works", planned_at=NOW - 20 * DAY).told(hours_before=24 * 15)
    said = words(tenant(story).opens())
    assert "You were told 15 days ahead. Our code asks for at least 14 days." in said


def test_untold_it_says_that_there_is_no_proof(tenant, world):
    assert "We have no proof that you were told in time." in words(tenant(a_visit(world, starts=NOW + DAY)).opens())


def test_the_worker_running_late_is_said_with_the_minutes(tenant, world, clock):
    story = a_visit(world).told().set_off().says("visit.late", NOW - timedelta(minutes=10), minutes=25)
    assert "running about 25 minutes late. We are sorry." in words(tenant(story).opens())
    story.arrived()
    assert "late" not in words(tenant(story).opens())


def test_afterwards_it_says_what_was_done_promised_and_photographed(tenant, world, clock):
    story = a_visit(world).in_the_home().says("photo.taken", what="after").closing()
    story.closed(further_visit=True, further_on="2026-12-15", complete_by="2026-12-18", note="He was sad")
    clock.move_to(NOW + 2 * HOUR)
    answer = tenant(story).opens()
    said = words(answer)
    for sentence in ("This visit is over.", "left the place tidy", "took the rubbish away", "1 photo was taken.",
                     "finished by Friday 18 December 2026", "come again on Tuesday 15 December 2026"):  # fmt: skip
        assert sentence in said
    assert "sad" not in answer.text
    assert tenant(story).workers_word not in answer.text


def test_of_another_worker_it_shows_the_new_one_and_says_so(tenant, world):
    from fieldvisit.visits.events import VisitReassigned

    story = a_visit(world, starts=NOW + DAY).told()
    story.desk(VisitReassigned(lead=world.ids["ben"], visitor="contractor", tenant_told=True))
    said = words(tenant(story).opens())
    assert "Ben O." in said
    assert "Asha" not in said
    assert "The worker was changed. This is the new one." in said


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
    answer = one.does("concern", words="He shouted at me")
    assert re.search(r"Its number is C-[0-9A-Z]{7}", words(answer))
    with world.database.reading(SystemPrincipal("test", frozenset({"Concern"}))) as session:
        kept = session.scalars(select(Concern)).one()
    assert (kept.what, kept.about_whom, kept.anonymous) == ("He shouted at me", "Asha Kaur", False)
    assert kept.happened_where == f"At visit {one.story.row().ref}"
    assert [kind for kind, _ in one.tasks()] == ["concern"]


def test_an_anonymous_report_leads_back_to_no_home(tenant, world):
    from fieldvisit.breaches.models import Concern
    from fieldvisit.ground.roles import SystemPrincipal

    tenant().does("concern", words="He shouted", anonymous="yes")
    with world.database.reading(SystemPrincipal("test", frozenset({"Concern"}))) as session:
        kept = session.scalars(select(Concern)).one()
    assert (kept.anonymous, kept.received_at, kept.happened_where, kept.happened_when, kept.about_whom) == (
        True, None, "", "", "",
    )  # fmt: skip


def test_that_nobody_answered_can_be_disputed(tenant, world, clock):
    story = a_visit(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    one = tenant(story)
    clock.move_to(NOW + 2 * HOUR)
    assert "dispute" in buttons(one.opens())
    assert one.does("dispute", words="I was in all day").status_code == 200
    assert ("no_access_disputed", date(2026, 12, 10)) in one.tasks()


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


# --- how it is sent -------------------------------------------------------------------------------------------------


def every_page(one: Tenant) -> list[TestResponse]:
    return [
        one.looks(), one.opens(), one.opens("?easy=1"), one.opens(word="wrong"), one.client.get("/t"),
        one.client.get("/t/nonsense"), one.client.get("/rights"), one.does("sooner"), one.looks("?lang=ur"),
    ]  # fmt: skip


def test_every_page_has_the_same_headers_and_never_a_cookie(tenant):
    for answer in every_page(tenant()):
        found = {name: value for name, value in answer.headers if name not in ("Content-Length", "Vary")}
        assert found == headers(SHEET)


def test_whoever_is_signed_in_gets_the_same_bytes(tenant, world):
    one = tenant()
    for ref in ("asha", "olive"):
        assert world.client(ref).get(one.address).data == one.looks().data


def weight(answer: TestResponse) -> int:
    return len(answer.data) + sum(len(name) + len(value) + 4 for name, value in answer.headers)


@pytest.mark.parametrize("tail", ["", "?lang=pl", "?lang=ur", "?easy=1"])
def test_the_page_opened_from_its_own_link_is_one_request_of_under_14_kb(tail, tenant):
    answer = tenant().looks(tail)
    assert weight(answer) <= WEIGHT_LIMIT
    assert not re.search(r"<(script|link(?! rel=\"icon\" href=\"data:,\")|img|iframe|object)", answer.text)


def test_no_page_asks_for_anything_from_anywhere(tenant):
    for answer in every_page(tenant()):
        assert "<script" not in answer.text
        assert not re.search(r'(?:src|href)="(?!data:|tel:|/rights|/t/|\?|")', answer.text)


def test_it_needs_no_token_of_ours(world, tenant):
    one = tenant()
    stranger = world.app.test_client()
    assert stranger.post(one.address, base_url="http://localhost", data={"word": one.word}).status_code == 200


def test_what_breaks_is_said_with_the_number_and_keeps_nothing(tenant, world, monkeypatch):
    one = tenant()

    def breaks(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("fieldvisit.doorway.my_visit_page.details", breaks)
    answer = one.does("say-no")
    assert (answer.status_code, heading(answer)) == (503, "This page is not working now. Please call us.")
    assert PHONE in answer.text
    assert one.story.row().stage == "notified"


# --- languages and Easy Read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("pl", "ltr"), ("ur", "rtl")])
def test_a_page_says_its_language_its_direction_and_that_it_is_a_draft(lang, direction, tenant):
    one = tenant()
    for answer in (one.looks(f"?lang={lang}"), one.opens(f"?lang={lang}"), one.client.get(f"/rights?lang={lang}")):
        assert f'<html lang="{lang}" dir="{direction}">' in answer.text
        assert ('class="draft"' in answer.text) is (lang != "en")


def test_a_household_is_spoken_to_in_its_own_language_unless_the_address_asks_for_another(tenant, world):
    household(world, language="pl")
    one = tenant()
    assert '<html lang="pl"' in one.looks().text
    assert '<html lang="pl"' in one.opens().text
    assert "środa 9 grudnia" in one.opens().text
    assert '<html lang="en"' in one.opens("?lang=en").text


def test_a_language_that_we_do_not_have_is_english(tenant):
    assert '<html lang="en"' in tenant().looks("?lang=xx").text


def test_the_language_stays_from_form_to_form(tenant):
    one = tenant()
    assert f'action="{one.address}?lang=pl&amp;easy=1"' in one.opens("?lang=pl&easy=1").text


def test_easy_read_has_a_picture_beside_each_line_and_every_act(tenant):
    one = tenant()
    easy, full = one.opens("?easy=1"), one.opens()
    assert easy.text.count('class="easy"') >= 7
    assert buttons(easy) == buttons(full)
    for fact in ("Wednesday 9 December 2026", "9am to 11am", "Asha K.", one.workers_word):
        assert fact in words(easy)


def test_the_rights_page_says_the_promises_what_we_ask_and_the_ombudsman(client):
    said = words(client.get("/rights"))
    for sentence in ("at least 24 hours before", "at least 14 days before", "Lock the back door first.", "You can say no.",
                     "What we ask of you", "do not smoke while we are there", "www.housing-ombudsman.org.uk",
                     "within 5 working days", PHONE):  # fmt: skip
        assert sentence in said


def test_a_number_that_nobody_has_confirmed_is_not_printed(world, client):
    ombudsman = world.policy.contact("housing-ombudsman")
    assert (ombudsman.number in client.get("/rights").text) is ombudsman.confirmed


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
