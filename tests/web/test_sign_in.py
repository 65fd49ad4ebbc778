"""Signing in and out: the cookies, where one goes next, what ends a sign-in, and who is locked out (rulings R10; D8)."""

import re
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldvisit.register.models import FailedSignIn, Person, SignIn
from fieldvisit.register.rules import SHORTEST_PASSWORD
from fieldvisit.register.service import hash_password
from fieldvisit.register.sign_in_routes import safe_next
from tests.web.signing_in import PASSWORD, WRONG, asha, browser, enter, quick_hashes  # noqa: F401 - fixtures
from tests.world import World


def cookies(answer) -> dict[str, Morsel[str]]:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        found.load(header)
    return dict(found)


# --- in -----------------------------------------------------------------------------------------------------------


def test_the_right_password_leads_to_todays_round(asha: World):
    client = browser(asha)
    answer = enter(client)
    assert (answer.status_code, answer.location) == (303, "/today")
    assert client.get("/today").status_code == 200


def test_capitals_and_blanks_in_the_address_do_not_matter(asha: World):
    assert enter(browser(asha), email="  Asha@Council.Example ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("asha@council.example", WRONG), ("asha@council.example", " "), ("nobody@council.example", PASSWORD),
        ("ben@council.example", " "), ("ben@council.example", PASSWORD), ("asha@council.example", PASSWORD + " "),
        ("asha@council.example", PASSWORD.upper()), ("x" * 5_000, "y" * 5_000), ("asha@council\x00.example", WRONG),
    ],
)  # fmt: skip
def test_anything_else_is_the_same_no(asha: World, email: str, password: str):
    answer = enter(browser(asha), password, email)
    assert answer.status_code == 422
    assert "We do not know that e-mail address and password." in answer.text
    assert password == " " or password not in answer.text


@pytest.mark.parametrize(
    ("email", "password", "asked"),
    [
        ("", PASSWORD, ["Type your e-mail address."]),
        ("  ", PASSWORD, ["Type your e-mail address."]),
        ("asha@council.example", "", ["Type your password."]),
        ("", "", ["Type your e-mail address.", "Type your password."]),
    ],
)
def test_a_box_that_was_left_empty_is_named_and_counts_as_no_guess(asha: World, email, password, asked):
    answer = enter(browser(asha), password, email)
    assert answer.status_code == 422
    said = re.findall(r'<p id="\w+-error" class="govuk-error-message">.*?</span> (.*?)</p>', answer.text, re.DOTALL)
    assert said == asked
    with asha.database.reading(None) as session:
        assert session.scalar(select(func.count(FailedSignIn.id))) == 0


def test_a_short_password_cannot_be_given():
    assert SHORTEST_PASSWORD == 15
    with pytest.raises(ValueError, match="15"):
        hash_password("fourteen-chars")
    hash_password("fifteen-letters")


def test_a_person_who_was_disabled_cannot_sign_in(asha: World):
    with asha.database.writing(None) as session:
        session.get_one(Person, asha.ids["asha"]).disabled_at = asha.now
    assert enter(browser(asha)).status_code == 422


# --- cookies ------------------------------------------------------------------------------------------------------


def test_the_cookies_are_ours_alone(asha: World):
    found = cookies(enter(browser(asha)))
    assert set(found) == {"__Host-fv", "__Host-fv-device"}
    for morsel in found.values():
        said = (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"])
        assert said == (True, True, "Lax", "/", "")


def test_the_browser_forgets_the_sign_in_and_remembers_the_phone(asha: World):
    found = cookies(enter(browser(asha)))
    assert found["__Host-fv"]["max-age"] == found["__Host-fv"]["expires"] == ""
    assert int(found["__Host-fv-device"]["max-age"]) == 400 * 24 * 3600


def test_over_plain_http_elsewhere_only_a_developer_is_served_and_under_another_name(app: Flask):
    from fieldvisit import create_app

    config = app.extensions["fv_config"].model_copy(update={"host": "192.0.2.7", "pilot": True})
    with pytest.raises(SystemExit, match="FIELDVISIT_DEV"):
        create_app(config)
    made = create_app(config.model_copy(update={"dev": True}))
    made.extensions["fv_database"].dispose()
    assert (made.config["SESSION_COOKIE_NAME"], made.config["SESSION_COOKIE_SECURE"]) == ("fv", False)


def test_a_cookie_tells_nothing_of_the_person(asha: World):
    import base64
    import zlib

    value = cookies(enter(browser(asha)))["__Host-fv"].value
    body = value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    text = (zlib.decompress(raw) if value.startswith(".") else raw).decode()
    assert asha.ids["asha"] not in text and "asha" not in text


# --- fixation, and what ends a sign-in ----------------------------------------------------------------------------


def test_signing_in_makes_a_new_session_whatever_the_browser_held(asha: World):
    client = browser(asha)
    with client.session_transaction() as held:
        held["planted"] = "by somebody else"
        before = held.get("csrf_token")
    enter(client)
    with client.session_transaction() as held:
        assert "planted" not in held
        assert held.get("csrf_token") != before
        first = held["_user_id"]
    other = browser(asha)
    enter(other)
    with other.session_transaction() as held:
        assert held["_user_id"] != first


def test_only_a_hash_of_the_secret_is_kept(asha: World):
    client = browser(asha)
    enter(client)
    with client.session_transaction() as held:
        secret = held["_user_id"]
    with asha.database.reading(None) as session:
        assert session.scalar(select(func.count(SignIn.id)).where(SignIn.secret_hash == secret)) == 0


def test_signing_out_ends_it_for_a_copy_of_the_cookie_too(asha: World, signed_in):
    client, thief = signed_in("asha"), asha.client()
    with client.session_transaction() as held, thief.session_transaction() as stolen:
        stolen.update(held)
    assert thief.get("/today").status_code == 200
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert thief.get("/today", headers={"Accept": "text/html"}).location.startswith("/sign-in")


def test_signing_out_never_wipes_what_the_phone_has_not_sent(signed_in):
    said = signed_in("asha").post("/sign-out").headers["Clear-Site-Data"]
    assert "storage" not in said and "*" not in said


def test_looking_at_the_sign_out_page_signs_nobody_out(signed_in):
    client = signed_in("asha")
    client.get("/sign-out")
    assert client.get("/today").status_code == 200


def test_whoever_is_disabled_is_out_at_the_next_page(world: World, signed_in):
    client = signed_in("olive")
    assert client.get("/office/visits").status_code == 200
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["olive"]).disabled_at = world.now
    assert client.get("/office/visits", headers={"Accept": "text/html"}).location.startswith("/sign-in")
    assert client.post("/office/plan").status_code == 404


def test_a_role_that_was_taken_away_is_gone_at_the_next_page(world: World, signed_in):
    client = signed_in("olive")
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["olive"]).role = "auditor"
    assert client.get("/office/visits").status_code == 404


HOURS, MINUTES = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ref", "address", "lasts"),
    [
        ("asha", "/today", 12 * HOURS),
        ("olive", "/office", 12 * HOURS),
        ("mona", "/office", 30 * MINUTES),
        ("hana", "/office", 30 * MINUTES),
        ("lena", "/office", 10 * MINUTES),
    ],
)
@pytest.mark.parametrize(("more", "status"), [(-1, 200), (0, 302), (1, 302)])
def test_a_sign_in_that_is_left_alone_ends(world: World, clock, signed_in, ref, address, lasts, more, status):
    client = signed_in(ref)
    clock.move_to(world.now + lasts + timedelta(seconds=more))
    assert client.get(address, headers={"Accept": "text/html"}).status_code == status


def test_a_sign_in_that_is_used_lasts_longer_but_not_for_ever(world: World, clock, signed_in):
    client = signed_in("hana")
    for step in range(1, 30):  # every 20 minutes, for almost ten hours
        clock.move_to(world.now + step * 20 * MINUTES)
        assert client.get("/office", headers={"Accept": "text/html"}).status_code == 200
    clock.move_to(world.now + 10 * HOURS)
    assert client.get("/office", headers={"Accept": "text/html"}).status_code == 302


def test_a_forged_cookie_opens_nothing(world: World):
    client = world.client()
    client.set_cookie("__Host-fv", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb", domain="localhost")
    assert client.get("/today", headers={"Accept": "text/html"}).location.startswith("/sign-in")


# --- where to go next ---------------------------------------------------------------------------------------------

ELSEWHERE = (
    "https://evil.example", "http://evil.example/today", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "/today\\@evil.example", "evil.example",
    "today", "", " ", " /today", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/today\nSet-Cookie: a=b",
    "/today\r\nLocation: https://evil.example", "/today\r", "/today\x00", "/\x0b/evil.example", "/\x7f/evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "mailto:a@evil.example", "tel:999",
    "https:evil.example", "https:/evil.example", "http:///evil.example", "@evil.example", "?next=//evil.example",
    "#//evil.example", "./today", "../today", "//localhost@evil.example", "/\u2028/evil.example\n", "//[::1]/",
    "//evil.example:443/today", "/\x1f/evil.example",
)  # fmt: skip
OURS = ("/today", "/office/visits?q=larch", "/visits/" + "0" * 32, "/office/visits?after=a%20b", "/office/visits#found")


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_signing_in(asha: World, wanted: str):
    answer = enter(browser(asha), next=wanted)
    assert (answer.status_code, answer.location) == (303, "/today")


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nor_when_already_signed_in(signed_in, wanted: str):
    answer = signed_in("asha").get("/sign-in", query_string={"next": wanted})
    home_or_nowhere = (400, None) if "\x00" in wanted else (303, "/today")  # no address of ours holds a NUL
    assert (answer.status_code, answer.location) == home_or_nowhere


@pytest.mark.parametrize("wanted", OURS)
def test_one_goes_on_to_the_page_that_one_wanted(asha: World, wanted: str):
    assert safe_next(wanted) == wanted
    assert enter(browser(asha), next=wanted).location == wanted


def test_there_are_forty_ways_elsewhere():
    assert len(set(ELSEWHERE)) >= 40


def test_a_page_that_needs_a_sign_in_asks_for_it_and_comes_back(asha: World):
    client = browser(asha)
    asked = client.get("/today", headers={"Accept": "text/html"})
    form = client.get(asked.location)
    assert 'name="next" value="/today"' in form.text
    assert enter(client, next="/today").location == "/today"


def test_the_page_asked_for_is_no_road_elsewhere(client: FlaskClient):
    form = client.get("/sign-in", query_string={"next": '/today"><script>alert(1)</script>'})
    assert "<script>alert" not in form.text
