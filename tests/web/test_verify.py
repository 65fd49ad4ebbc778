"""Somebody stands behind the door with their own phone and asks: is this badge current?"""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from fieldvisit.badges.codes import live_code, new_badge_id, shown_at, six_digits, step_of
from fieldvisit.badges.models import Badge, Scan
from fieldvisit.badges.service import with_secret
from fieldvisit.codes.models import CodeVersion
from fieldvisit.db import Database
from fieldvisit.doorway.verify_page import headers
from fieldvisit.register.models import Firm, Grant, Person
from tests.stories import a_phone, a_visit
from tests.world import NOW, World

FRESH = "This badge is current"
OLD = "This code is out of date"
STATIC = "A printed badge is not enough"
NO = "We cannot confirm this badge. Do not let them in."
DOWN = "We cannot check right now. Do not let them in until you have called."
STEP = timedelta(seconds=30)
ASHA = "MB-1001"
WEIGHT_LIMIT = 14_000  # bytes: a phone's first flight
EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def badge_of(world: World, ref: str = "asha") -> str:
    return world.ids[f"badge of {ref}"]


def shown(world: World, at: datetime = NOW, ref: str = "asha", device: str = "desk"):
    with world.database.reading(None) as session:
        badge = with_secret(session, badge_of(world, ref))
        return shown_at(badge.secret, badge.id, device, at, 30)


def scan(client: FlaskClient, *parts: str, method: str = "GET") -> TestResponse:
    return client.open("/".join(("/v", *parts)), method=method, buffered=True)


def type_in(client: FlaskClient, digits: str, number: str = ASHA) -> TestResponse:
    return client.post("/v", data={"badge": number, "digits": digits}, buffered=True)


def said(response: TestResponse) -> str:
    (heading,) = re.findall(r"<h1>(.*?)</h1>", response.text)
    return heading


def scan_code_made(world: World, client: FlaskClient, steps_away: int) -> TestResponse:
    return scan(client, badge_of(world), shown(world, NOW + steps_away * STEP).code)


def wrong_digits(world: World) -> str:
    good = {shown(world, NOW + n * STEP).digits for n in range(-4, 30)}
    return next(f"{n:06}" for n in range(1_000_000) if f"{n:06}" not in good)


def spoil(world: World, how: str, ref: str = "asha") -> None:
    with world.database.writing(None) as session:
        badge = session.get_one(Badge, badge_of(world, ref))
        person = session.get_one(Person, badge.person_id)
        match how:
            case "expired":
                badge.expires_on = date(2026, 12, 7)
            case "not yet":
                badge.issued_on = date(2026, 12, 9)
            case "left":
                person.disabled_at = NOW - timedelta(days=1)
            case "untrained":
                person.training_until = date(2026, 12, 7)
            case "uninsured":
                session.get_one(Firm, person.firm_id).insurance_until = date(2026, 12, 7)
            case "unsigned":
                session.add(
                    CodeVersion(document="ME", version="2.0", status="live", live_from=date(2026, 11, 1),
                                binds=["operative"], text_sha256="1" * 64)
                )  # fmt: skip
            case state:
                badge.state = state


SPOILT = ("suspended", "revoked", "expired", "not yet", "left", "untrained", "uninsured", "unsigned")


# --- scanning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps_away", "answer"), [(-3, OLD), (-2, FRESH), (-1, FRESH), (0, FRESH), (1, FRESH), (2, OLD)]
)
def test_a_code_is_fresh_from_two_steps_old_to_one_ahead(steps_away, answer, world, client):
    assert said(scan_code_made(world, client, steps_away)) == answer


@pytest.mark.parametrize(("seconds", "answer"), [(89, FRESH), (90, OLD), (91, OLD)])
def test_a_code_is_old_ninety_seconds_after_its_half_minute_began(seconds, answer, world, client, clock):
    code = shown(world).code
    clock.move_to(NOW + timedelta(seconds=seconds))
    assert said(scan(client, badge_of(world), code)) == answer


def test_a_fresh_answer_shows_the_photo_the_name_and_the_firm(world, client):
    text = scan_code_made(world, client, 0).text
    assert "Asha K." in text
    assert "Kaur" not in text
    assert "Brightwater Heating" in text
    assert 'src="data:image/jpeg;base64,' in text
    assert "Checked on Tuesday 8 December 2026 at <strong>9:00:00am" in text


@pytest.mark.parametrize("parts", [("old",), ("printed",)])
def test_an_old_code_and_a_printed_card_show_no_name_and_no_photo(parts, world, client):
    code = [shown(world, NOW - 3 * STEP).code] if parts == ("old",) else []
    text = scan(client, badge_of(world), *code).text
    for secret in ("Asha", "Brightwater", "data:image"):
        assert secret not in text


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_a_printed_badge_is_not_enough(end, world, client):
    assert said(client.get(f"/v/{badge_of(world)}{end}")) == STATIC


def test_a_well_formed_code_that_nobody_made_is_old(world, client):
    assert said(scan(client, badge_of(world), "A" * 10)) == OLD


def test_the_code_of_another_badge_is_old(world, client):
    assert said(scan(client, badge_of(world), shown(world, ref="ben").code)) == OLD


def test_the_code_that_a_phone_makes_by_itself_is_fresh(world, client):
    phone = a_phone(world, "asha")
    key = bytes.fromhex(next(each["key"] for each in phone.badge["day_keys"] if each["day"] == "2026-12-08"))
    assert said(scan(client, phone.badge["id"], live_code(key, step_of(NOW, 30)))) == FRESH
    assert said(type_in(client, six_digits(key, step_of(NOW, 30)))) == FRESH


def test_the_code_of_a_phone_whose_grant_was_withdrawn_is_old(world, client):
    phone = a_phone(world, "asha")
    with world.database.writing(None) as session:
        session.get_one(Grant, phone.grant).revoked_at = NOW
    assert said(scan(client, badge_of(world), shown(world, device=phone.device).code)) == OLD


def test_an_officers_own_badge_answers_with_the_council_as_employer(world, client):
    text = scan(client, badge_of(world, "olive"), shown(world, ref="olive").code).text
    assert "Olive M." in text
    assert "Works for Melton Borough Council" in text


def test_capitals_and_small_letters_are_one(world, client):
    address = f"/v/{badge_of(world)}/{shown(world).code}"
    for written in (address.upper(), address.lower(), address + "/", address.replace("/v/", "/v//")):
        assert said(client.get(written)) == FRESH


# --- never telling why ----------------------------------------------------------------------------------------------


def whole(response: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    return response.status_code, sorted(response.headers), response.data


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("kind", ["live", "printed", "old", "typed"])
def test_a_bad_badge_is_answered_byte_for_byte_as_an_unknown_one(kind, how, world, client):
    live, old = shown(world), shown(world, NOW - 5 * STEP)
    spoil(world, how)
    if kind == "typed":
        bad, unknown = type_in(client, live.digits), type_in(client, live.digits, "MB-9999")
    else:
        code = {"live": [live.code], "old": [old.code], "printed": []}[kind]
        bad, unknown = scan(client, badge_of(world), *code), scan(client, new_badge_id(), *code)
    assert whole(bad) == whole(unknown)
    assert said(bad) == NO


@pytest.mark.parametrize(
    "address",
    ["/v/short", "/v/{id}/SHORT", "/v/{id}/{code}A", "/v/{id}x/{code}", "/v/{id}/{code}/more", "/v/{id}/%20",
     "/v/..%2f", "/v/a%00b", "/v/" + "A" * 500, "/V/{id}/0000000000", "/v/{id}/%F0%9F%92%A9"],
)  # fmt: skip
def test_whatever_is_no_address_of_a_badge_is_answered_as_an_unknown_badge(address, world, client):
    written = address.format(id=badge_of(world), code=shown(world).code)
    assert whole(client.get(written)) == whole(scan(client, new_badge_id()))


@pytest.mark.parametrize("how", SPOILT)
def test_an_unknown_badge_costs_as_many_questions_as_a_bad_one(how, world, client):
    code = shown(world).code
    spoil(world, how)
    asked: list[str] = []
    reader = world.app.extensions["fv_database"].reader
    event.listen(reader, "before_cursor_execute", lambda *a: asked.append(re.sub(r"\s+", " ", a[2])))
    counts = []
    for badge_id in (badge_of(world), new_badge_id(), "not-a-badge"):
        asked.clear()
        scan(client, badge_id, code)
        counts.append(list(asked))
    for number in (ASHA, "MB-9999"):
        asked.clear()
        type_in(client, "123456", number)
        counts.append(list(asked))
    assert len(counts[0]) > 0
    assert counts[0] == counts[1] == counts[2]
    assert counts[3] == counts[4]


def test_a_suspension_is_seen_by_the_very_next_scan(world, client):
    code = shown(world).code
    assert said(scan(client, badge_of(world), code)) == FRESH
    spoil(world, "suspended")
    assert said(scan(client, badge_of(world), code)) == NO


def test_nothing_that_we_know_of_the_worker_or_the_home_is_on_any_page(world, client):
    a_visit(world).told().set_off()
    answers = [scan_code_made(world, client, n) for n in (0, -3)]
    answers += [scan(client, badge_of(world)), scan(client, new_badge_id()), client.get("/v"), type_in(client, "12")]
    spoil(world, "revoked")
    answers.append(scan(client, badge_of(world)))
    canaries = ["Larch", "LE13", "Terry", "Moss", "boiler", "asha@", "council.example", "0770090", "North", "operative",
                "V-", world.ids["asha"], world.ids["Brightwater Heating"], "2027", "Kaur"]  # fmt: skip
    for answer in answers:
        for canary in canaries:
            assert canary not in answer.text


# --- how it is sent -------------------------------------------------------------------------------------------------


def every_page(world: World, client: FlaskClient) -> list[TestResponse]:
    live = scan_code_made(world, client, 0)
    return [live, scan_code_made(world, client, -3), scan(client, badge_of(world)), scan(client, new_badge_id()),
            client.get("/v"), type_in(client, "12")]  # fmt: skip


def test_every_answer_has_the_same_headers_and_never_a_cookie(world, client):
    for answer in every_page(world, client):
        found = {name: value for name, value in answer.headers if name not in ("Content-Length", "Vary")}
        assert found == headers()


def test_whoever_is_signed_in_gets_the_same_bytes(world, client, signed_in):
    for who in ("asha", "olive", "hana"):
        for own, theirs in zip(every_page(world, client), every_page(world, signed_in(who)), strict=True):
            assert whole(own) == whole(theirs)


def test_every_answer_fits_a_phones_first_flight(world, client):
    for answer in every_page(world, client):
        weight = len(answer.data) + sum(len(name) + len(value) + 4 for name, value in answer.headers)
        assert weight <= WEIGHT_LIMIT


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_however_it_is_asked_the_answer_is_the_same(method, world, client):
    code = shown(world).code
    for parts in ((badge_of(world), code), (badge_of(world),), (new_badge_id(),), ("a", "b", "c")):
        plain, asked = scan(client, *parts), scan(client, *parts, method=method)
        assert (asked.status_code, asked.headers) == (plain.status_code, plain.headers)
        assert asked.data == (b"" if method == "HEAD" else plain.data)


def test_the_form_is_there_however_its_address_is_written(client):
    for address in ("/v", "/V", "/v/", "/V/"):
        for method in ("GET", "PUT", "OPTIONS"):
            answer = client.open(address, method=method)
            assert (answer.status_code, said(answer)) == (200, "Check a badge")


def test_it_needs_no_token_and_no_cookie(world):
    stranger = world.app.test_client()
    answer = stranger.post("/v", base_url="http://localhost", data={"badge": ASHA, "digits": shown(world).digits})
    assert said(answer) == FRESH


# --- when something breaks ------------------------------------------------------------------------------------------


@pytest.fixture
def no_database(world: World) -> None:
    world.app.extensions["fv_database"].dispose()
    world.app.extensions["fv_database"] = Database("sqlite:////nowhere/at/all.db")


def test_without_a_database_every_check_says_that_we_cannot_check(world, client, no_database):
    code = shown(world).code
    asked = [scan(client, badge_of(world), code), scan(client, badge_of(world)), scan(client, "x", "y", "z"),
             type_in(client, "123456")]  # fmt: skip
    for answer in asked:
        assert (answer.status_code, said(answer)) == (503, DOWN)
        assert "Asha" not in answer.text
        assert whole(answer) == whole(asked[0])


def test_the_form_is_there_without_a_database(client, no_database):
    assert client.get("/v").status_code == 200


def test_a_photo_that_cannot_be_shown_is_never_a_green_page_without_one(world, client):
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).photo = b"not a photo"
    assert said(scan_code_made(world, client, 0)) == DOWN


def test_without_a_photo_the_page_is_not_green(world, client):
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).photo = None
    answer = scan_code_made(world, client, 0)
    assert 'class="answer care"' in answer.text
    assert "We have no photo of this person." in answer.text


def test_a_check_that_cannot_be_kept_is_answered_all_the_same(world, client, monkeypatch):
    monkeypatch.setattr(Database, "writing", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    assert said(scan_code_made(world, client, 0)) == FRESH


def test_a_guess_that_cannot_be_counted_is_not_answered(world, client, monkeypatch):
    digits = wrong_digits(world)
    monkeypatch.setattr(Database, "writing", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    assert said(type_in(client, digits)) == DOWN


def test_of_a_check_only_badge_answer_and_hour_are_kept(world, client, clock):
    clock.move_to(NOW + timedelta(minutes=17))
    scan(client, badge_of(world))
    scan(client, new_badge_id())
    with world.database.reading(None) as session:
        kept = [(row.badge_id, row.answer, row.hour) for row in session.scalars(select(Scan))]
    assert sorted(kept) == [("", "no", NOW.astimezone(UTC)), (badge_of(world), "static", NOW)]
    assert {column.name for column in Scan.__table__.columns} == {"id", "badge_id", "answer", "hour"}


def test_the_address_on_the_badge_page_leads_here(world, client, signed_in):
    from tests.web.test_badge_pages import read_qr

    address = read_qr(signed_in("asha").get("/badge").text)
    assert address.startswith(f"HTTP://LOCALHOST/V/{badge_of(world)}/")
    assert said(client.get(urlsplit(address).path)) == FRESH
