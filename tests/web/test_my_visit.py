"""The tenant opens the link of a visit on her own phone: no account, no cookie, no script."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
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


@pytest.mark.parametrize(("kind", "why"), [("responsive_repair", "a repair: The boiler"), ("other", "Why The boiler")])
def test_a_kind_that_says_nothing_is_left_out_before_the_reason(kind, why, world, tenant):
    said = words(tenant(a_visit(world, kind=kind, starts=NOW + DAY).told()).opens())
    assert why in said and "another reason" not in said


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
    engines = (world.database.reader, world.database.writer)
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
        assert not re.search(r'(?:src|href)="(?!data:|tel:|/rights|/behaviour|/t/|\?|")', answer.text)


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
