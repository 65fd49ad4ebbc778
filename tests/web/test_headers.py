"""What every answer says to the browser, which hosts we answer to, and that an error tells nothing (security.md 7)."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldvisit import create_app
from fieldvisit.config import FACES, Config
from fieldvisit.web.access import access
from tests.stories import a_visit
from tests.world import World

# What no row of a database decides: once is enough.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

NOBODYS = "0" * 32
CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}

Faced = Callable[..., Flask]


@pytest.fixture
def faced(app: Flask) -> Iterator[Faced]:
    """An app that serves only these faces, on the database of the test."""
    made: list[Flask] = []

    def serve(*faces: str, **settings: object) -> Flask:
        config: Config = app.extensions["fv_config"].model_copy(update=settings)
        made.append(create_app(config, faces or FACES))
        made[-1].testing = True
        return made[-1]

    yield serve
    for each in made:
        each.extensions["fv_database"].dispose()


def policy_of(header: str) -> dict[str, str]:
    parts = [part.strip().split(" ", 1) for part in header.split(";") if part.strip()]
    return {name: "".join(value) for name, *value in parts}


def vary(answer: object) -> set[str]:
    return {name.strip() for name in answer.headers.get("Vary", "").split(",") if name.strip()}  # type: ignore[attr-defined]


# --- headers ------------------------------------------------------------------------------------------------------

PAGES = (
    ("olive", "/office", "same-origin"),
    ("olive", "/office/visits", "same-origin"),
    ("olive", "/office/plan", "same-origin"),
    ("asha", "/today", "no-referrer"),
    ("asha", "/badge", "same-origin"),
    ("asha", "/outbox", "same-origin"),
    (None, "/sign-in", "same-origin"),
    (None, "/no-such-page", "same-origin"),
    ("olive", f"/office/visits/{NOBODYS}", "same-origin"),
)


@pytest.mark.parametrize(("ref", "address", "referrer"), PAGES)
def test_every_page_of_people_says_all_of_this(signed_in, ref, address, referrer):
    answer = signed_in(ref).get(address)
    said = {name: answer.headers.get(name) for name in ALWAYS}
    assert said == ALWAYS
    assert policy_of(answer.headers["Content-Security-Policy"]) == CSP
    assert answer.headers["Referrer-Policy"] == referrer
    assert "HX-Request" in vary(answer)


def test_no_answer_says_what_we_are_made_of(signed_in):
    headers = signed_in("olive").get("/office").headers
    assert {"Server", "X-Powered-By", "Via"} & set(headers.keys()) == set()


def test_the_strict_transport_header_is_sent_over_https_alone(faced: Faced, client: FlaskClient):
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers
    secure = faced(https=True).test_client().get("/sign-in", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_a_badge_check_allows_its_one_sheet_by_its_hash_and_nothing_else(world: World, client: FlaskClient):
    answer = client.get(f"/v/{world.ids['badge of asha']}")
    said = policy_of(answer.headers["Content-Security-Policy"])
    sheet = said.pop("style-src")
    assert said == {
        "default-src": "'none'", "img-src": "data:", "form-action": "'self'", "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }  # fmt: skip
    assert sheet == hash_of(re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)[1])  # type: ignore[index]


def hash_of(sheet: str) -> str:
    from base64 import b64encode
    from hashlib import sha256

    return f"'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'"


def test_no_page_has_anything_inline_that_the_policy_would_stop(world: World, signed_in):
    story = a_visit(world).told()
    for ref, address in (("olive", f"/office/visits/{story.visit_id}"), ("asha", f"/visits/{story.visit_id}")):
        text = signed_in(ref).get(address).text
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|<[^>]+\son[a-z]+=|javascript:", text, re.IGNORECASE
        )


def test_what_is_the_same_for_everybody_may_be_kept_and_nothing_else(client: FlaskClient):
    with client.get("/static/css/office.css") as sheet, client.get("/static/js/app.js") as script:
        assert "max-age=31536000" in sheet.headers["Cache-Control"]
        assert script.headers["Cache-Control"] == "no-cache"


def test_a_page_and_its_fragment_are_not_mixed_up_by_a_cache(signed_in):
    olive = signed_in("olive")
    whole, part = olive.get("/office/visits"), olive.get("/office/visits", headers={"HX-Request": "true"})
    assert part.text in whole.text and len(part.text) < len(whole.text)
    assert "HX-Request" in vary(whole) and "HX-Request" in vary(part)


# --- faces --------------------------------------------------------------------------------------------------------


def test_the_verify_face_alone_knows_nobody_and_sets_no_cookie(world: World, faced: Faced):
    app = faced("verify")
    browser = app.test_client()
    for address in ("/", "/v", f"/v/{NOBODYS}", "/no-such-page", "/robots.txt", "/healthz", "/council.css"):
        answer = browser.get(address, base_url="http://localhost")
        assert answer.status_code in (200, 303, 404), address
        assert "Set-Cookie" not in answer.headers, address
    assert not [str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith(("/office", "/sign", "/today"))]


@pytest.mark.parametrize(
    ("face", "there", "not_there"),
    [("field", "/today", "/office"), ("office", "/office", "/today"), ("verify", "/v", "/sign-in")],
)
def test_each_face_serves_its_own_addresses(world: World, faced: Faced, face: str, there: str, not_there: str):
    served = {str(rule) for rule in faced(face).url_map.iter_rules()}
    assert there in served
    assert not_there not in served


@pytest.mark.parametrize("face", ["field", "office"])
def test_a_face_alone_sends_whoever_is_not_signed_in_to_its_own_door(world: World, faced: Faced, face: str):
    browser = faced(face).test_client()
    address = {"field": "/today", "office": "/office"}[face]
    answer = browser.get(address, base_url="http://localhost", headers={"Accept": "text/html"})
    assert answer.location == f"/sign-in?next={address}"
    assert browser.get(answer.location, base_url="http://localhost").status_code == 200


# --- hosts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "127.0.0.1.evil"]
)
@pytest.mark.parametrize("address", ["/sign-in", "/office", "/v", "/no-such-page"])
def test_a_host_that_is_not_ours_is_refused(world: World, host: str, address: str):
    answer = world.app.test_client().get(address, headers={"Host": host})
    assert answer.status_code == 400
    assert not host or host not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:5000"])
def test_our_own_hosts_are_answered(world: World, host: str):
    assert world.app.test_client().get("/sign-in", headers={"Host": host}).status_code == 200


def test_a_host_for_the_public_is_refused_while_no_real_data_may_be_held(faced: Faced):
    from fieldvisit.config import ConfigError

    with pytest.raises(ConfigError, match="FIELDVISIT_PILOT"):
        faced(host="visits.council.example")


# --- not yours, not there -----------------------------------------------------------------------------------------


def without_token(text: str) -> str:
    """A token that is signed anew for each answer is the one thing that may differ."""
    return re.sub(r'(csrf_token" value|X-CSRFToken": )"?[^">]+', r"\1", text)


ELSEWHERE = (
    "/office/visits/{}",
    "/office/visits/{}/plan",
    "/visits/{}",
    "/visits/{}/call",
    "/office/visits/{}/authorise",
)


@pytest.mark.parametrize("ref", ["asha", "mona", "olive", "dora", "hana"])
@pytest.mark.parametrize("address", ELSEWHERE)
def test_somebody_elses_and_nobodys_are_the_same_page_byte_for_byte(world: World, signed_in, ref: str, address: str):
    theirs = a_visit(world, home="100030000004", lead="carl", by="otto").told().visit_id
    one, other = signed_in(ref).get(address.format(theirs)), signed_in(ref).get(address.format(NOBODYS))
    assert (one.status_code, other.status_code) == (404, 404)
    assert without_token(one.text) == without_token(other.text)
    assert dict(one.headers) | {"Set-Cookie": ""} == dict(other.headers) | {"Set-Cookie": ""}


@pytest.mark.parametrize("ref", ["asha", "hana", "aud"])
@pytest.mark.parametrize("address", ["/office/plan", f"/office/visits/{NOBODYS}/authorise", "/office/visits.csv"])
def test_a_page_that_one_may_never_open_is_as_if_there_were_none(signed_in, ref: str, address: str):
    closed, none = signed_in(ref).get(address), signed_in(ref).get("/office/no-such-page")
    assert (closed.status_code, none.status_code) == (404, 404)
    assert without_token(closed.text) == without_token(none.text)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_method_that_nobody_serves_is_no_page_either(signed_in, method: str):
    assert signed_in("olive").open("/office/visits", method=method).status_code == 404


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.fixture
def breaking(world: World, new_app: Callable[[], Flask]) -> FlaskClient:
    app = world.app = new_app()  # the others' has answered already, and takes no new address
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        secret = "the-secret-word"
        raise RuntimeError(secret)

    app.add_url_rule("/broken", view_func=access("site", "open")(broken), endpoint="broken", methods=["GET", "POST"])
    return world.client("olive")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}, {"Accept": "application/json"}])
def test_an_error_of_ours_shows_no_traceback_and_no_words_of_it(breaking: FlaskClient, headers: dict[str, str]):
    answer = breaking.get("/broken", headers=headers)
    assert answer.status_code == 500
    assert "Sorry, something went wrong" in answer.text
    for word in ("Traceback", "RuntimeError", "the-secret-word", "File ", ".py", "werkzeug", "flask"):
        assert word not in answer.text, word
    assert policy_of(answer.headers["Content-Security-Policy"]) == CSP
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_its_database_it_says_try_again(world: World, monkeypatch):
    from sqlalchemy.exc import OperationalError

    app = world.app
    browser = world.client("olive")

    def gone(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("disk at /secret/place"))

    monkeypatch.setattr(app.extensions["fv_database"], "session", gone)
    answer = browser.get("/office/visits")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("address", "method", "data", "status"),
    [
        ("/office/plan", "POST", b"\xff\xfe\x00" * 20, 422),
        ("/office/plan", "POST", b"a" * 70_000, 413),
        ("/devices", "POST", b"{", 422),
        ("/events", "POST", b"\x00" * 50, 422),
        ("/events", "POST", b"[" * 5_000, 422),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_breaks(
    signed_in, address: str, method: str, data: bytes, status: int
):
    ref = "asha" if address == "/devices" else "olive"
    kind = "application/x-www-form-urlencoded" if address == "/office/plan" else "application/json"
    answer = signed_in(ref).open(address, method=method, data=data, content_type=kind)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


NUL = "larch\x00"
ASKED = ("/office/visits", "/office/visits.csv", "/office/badges", "/office/tasks", "/office/verify-caller", "/sign-in")
TYPED = ("/office/plan", "/office/verify-caller", "/office/intake", "/sign-in", "/v")
FIELDS = (
    "q", "firm", "kind", "outcome", "notice", "since", "until", "after", "before", "number", "badge", "job", "postcode",
    "house", "uprn", "address", "words", "what", "email", "password", "next", "k", "digits", "about_whom", "lead", "do",
)  # fmt: skip


@pytest.mark.parametrize("typed", [NUL, "\ud800", "9" * 400, "%s%n' OR 1=1 --", "../../etc/passwd", "٣\u202e"])
def test_nothing_that_anybody_types_breaks_a_page(world: World, signed_in, typed: str):
    browser, home = signed_in("olive"), world.ids["100030000001"]
    story = a_visit(world)
    values = dict.fromkeys(FIELDS, typed.encode("utf-8", "surrogatepass"))
    asked = [browser.get(address, query_string=values) for address in (*ASKED, f"/office/plan/{home}")]
    to_visit = [
        f"/office/visits/{story.visit_id}/{form}" for form in ("notes", "notices", "moved", "cancelled", "reassigned")
    ]
    told = [browser.post(address, data=values) for address in (*TYPED, f"/office/plan/{home}", *to_visit)]
    assert [answer.request.path for answer in (*asked, *told) if answer.status_code >= 500] == []


@pytest.mark.parametrize("words", ["Ring\x00twice", "Ring \ud83d"], ids=["a NUL", "half a picture"])
def test_what_a_phone_may_send_is_kept_whatever_letters_are_in_it(world: World, words: str):
    story = a_visit(world).at_the_door()
    story.says("entry.corrected", corrects="00000000-0000-4000-8000-000000000000", why=words)
    story.says("visit.noted", code="addendum", words=words)
    assert {result["status"] for result in story.results} <= {"accepted", "held"}
    story.phone.save("door.answered", f"not-a-visit{words}", {"who": "tenant"}, story.at)
    assert [result["status"] for result in story.phone.send(story.at)] == ["held"]


# --- forms from elsewhere -----------------------------------------------------------------------------------------


def posts(app: Flask) -> list[str]:
    """Every address that takes a POST, but those that read no cookie: there is nothing to forge (security 7.4)."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "POST" in (rule.methods or ()) and not getattr(view, "no_cookie", False):
            address = re.sub(r"<[^>]*badge_id>", "A" * 26, re.sub(r"<id:[^>]+>", NOBODYS, str(rule)))
            address = address.replace("<word:kind>/<word:channel>/<word:language>", "notice/sms/en")
            address = address.replace("<word:move>", "consult").replace("<word:saying>", "answered")
            found.append(
                address.replace("<word:step>", "triage").replace("<word:act>", "alarm").replace("<word:deed>", "told")
            )
    return found


def browser_of(world: World, ref: str) -> FlaskClient:
    browser = world.client(ref)
    del browser.environ_base["HTTP_X_CSRFTOKEN"]
    return browser


def test_no_form_is_taken_without_its_token(world: World):
    olive, adam = browser_of(world, "olive"), browser_of(world, "adam")
    addresses = posts(world.app)
    assert len(addresses) > 20
    adams = {address for address in addresses if "/texts/" in address or address.endswith("/text")}
    answered = {
        address: (adam if address in adams else olive).post(address, data={"k": NOBODYS}).status_code
        for address in addresses
    }
    assert answered == dict.fromkeys(addresses, 400)


def test_a_token_of_another_browser_is_no_token(world: World):
    from flask.sessions import SecureCookieSessionInterface

    browser = world.client("olive")
    signer = SecureCookieSessionInterface().get_signing_serializer(world.app)
    assert signer
    from itsdangerous import URLSafeTimedSerializer

    stolen = URLSafeTimedSerializer(world.app.secret_key, salt="wtf-csrf-token").dumps("s" * 40)  # type: ignore[arg-type]
    assert browser.post("/office/plan", headers={"X-CSRFToken": stolen}).status_code == 400
    assert browser.post("/office/plan").status_code == 422
