"""The answer at the door: what each page says, what none may say, its headers, its weight."""

import base64
import hashlib
import html
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from fieldvisit.badges.portraits import portrait
from fieldvisit.badges.rules import MALFORMED, PRINTED, UNKNOWN, Answer, BadgeStanding, Code, Freshness
from fieldvisit.badges.rules import answer as answer_to
from fieldvisit.doorway import verify_page
from fieldvisit.doorway.verify_page import PAGE_LIMIT, Bearer, Door, Page, render, render_down, render_typed
from fieldvisit.evidence.clean import clean_portrait, for_verify

TEMPLATES = Path(__file__).parents[2] / "templates"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
DOOR = Door("Melton Borough Council", "01632 960 123", "Every day, 7am to 10pm")
PHOTO = for_verify(clean_portrait(portrait(12)).jpeg)
BEARER = Bearer("Asha Canarysurname", "Brook & Dale Heating Ltd", PHOTO)
CHECKED = datetime(2026, 12, 8, 10, 30, 7, tzinfo=UTC)
ANSWERS = list(Answer)


def page(answer: Answer, at: datetime = CHECKED, door: Door = DOOR, bearer: Bearer | None = BEARER) -> Page:
    return render(ENVIRONMENT, door, answer, at, bearer)


def all_pages() -> dict[str, Page]:
    found = {answer.value: page(answer) for answer in ANSWERS}
    return found | {"typed": render_typed(ENVIRONMENT, DOOR)}


PAGES = all_pages()


def words(shown: Page) -> str:
    """What a person can read: no tags, no sheet, blanks put together."""
    text = re.sub(r"<(style|title)>.*?</\1>", " ", shown.body.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split()).replace(" .", ".")


class Tags(HTMLParser):
    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


HEADINGS = {
    "fresh": "This badge is current",
    "old": "This code is out of date",
    "static": "A printed badge is not enough",
    "no": "We cannot confirm this badge. Do not let them in.",
    "down": "We cannot check right now. Do not let them in until you have called.",
}
MUST_SAY = {
    "fresh": [
        "Asha C.",
        "Brook & Dale Heating Ltd works for Melton Borough Council",
        "This shows the badge is real. It does not show that they were sent to you.",
        "Ask for your visit word, or call us.",
    ],
    "old": [
        "It may be a copied picture, or the worker’s phone clock may be wrong.",
        "Ask them to show the moving code again",
        "If in doubt keep the door shut and call us.",
    ],
    "static": ["A copy of the badge would give this same answer."],
    "no": ["Keep the door shut."],
    "down": ["Keep the door shut and call us."],
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_each_answer_has_its_heading_once_and_as_its_title(answer):
    shown = PAGES[answer.value]
    assert re.findall(r"<h1>(.*?)</h1>", shown.body.decode()) == [HEADINGS[answer.value]]
    assert f"<title>{HEADINGS[answer.value]} - Melton Borough Council</title>" in shown.body.decode()


@pytest.mark.parametrize(("answer", "sentence"), [(name, must) for name, musts in MUST_SAY.items() for must in musts])
def test_each_answer_says_what_it_must(answer, sentence):
    assert sentence in words(PAGES[answer])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "sentence",
    ["You never have to let anyone in.", "Use your own phone, not theirs.", "01632 960 123", "rent statement", "999",
     "asks for no money, password, bank details or address"],
)  # fmt: skip
def test_every_page_ends_with_the_same_advice(name, sentence):
    assert sentence in words(PAGES[name])


@pytest.mark.parametrize("name", ["fresh", "old", "static", "no"])
def test_an_answer_says_in_large_type_when_it_was_checked_to_the_second(name):
    assert "Checked on Tuesday 8 December 2026 at 10:30:07am. An older page proves nothing: scan again." in words(
        PAGES[name]
    )
    assert '<p class="when">' in PAGES[name].body.decode()


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 7, 1, 10, 30, 7, tzinfo=UTC), "Wednesday 1 July 2026 at 11:30:07am"),
        (datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC), "Wednesday 1 July 2026 at 11:59:59pm"),
        (datetime(2026, 7, 1, 23, 0, 0, tzinfo=UTC), "Thursday 2 July 2026 at 12:00:00am"),
        (datetime(2026, 7, 1, 11, 0, 0, tzinfo=UTC), "Wednesday 1 July 2026 at 12:00:00pm"),
    ],
)
def test_the_time_is_londons(at, shown):
    assert shown in words(page(Answer.NO, at))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        page(Answer.NO, datetime(2026, 12, 8))


@pytest.mark.parametrize("answer", [Answer.OLD, Answer.STATIC, Answer.NO, Answer.DOWN])
def test_only_a_fresh_answer_shows_a_name_a_firm_or_a_photo(answer):
    body = page(answer).body.decode()
    assert body == page(answer, bearer=None).body.decode()
    assert "Asha" not in body
    assert "Brook" not in body
    assert "<img" not in body


@pytest.mark.parametrize("answer", [Answer.OLD, Answer.STATIC, Answer.NO, Answer.DOWN])
def test_nothing_but_the_time_differs_between_two_pages_of_one_answer(answer):
    other = Bearer("Bo Other", "Another Firm", for_verify(portrait(3)))
    later = page(answer, CHECKED + timedelta(seconds=1), bearer=other)
    assert later.body.replace(b"10:30:08am", b"10:30:07am") == page(answer).body
    assert later.headers == page(answer).headers
    assert later.status == page(answer).status


GOOD = BadgeStanding(
    "active", date(2026, 1, 5), date(2027, 1, 4), True, date(2027, 3, 1), date(2027, 3, 31), person_active=True
)
RIGHT_CODE = Code("well-formed", 0)
WRONG = [
    (UNKNOWN, RIGHT_CODE),
    (replace(GOOD, state="suspended"), RIGHT_CODE),
    (replace(GOOD, state="revoked"), RIGHT_CODE),
    (replace(GOOD, expires_on=date(2026, 12, 7)), RIGHT_CODE),
    (replace(GOOD, code_signed=False), RIGHT_CODE),
    (replace(GOOD, training_until=date(2026, 12, 7)), RIGHT_CODE),
    (replace(GOOD, insurance_until=None), RIGHT_CODE),
    (replace(GOOD, person_active=False), RIGHT_CODE),
    (replace(GOOD, state="revoked"), PRINTED),
    (UNKNOWN, PRINTED),
    (UNKNOWN, MALFORMED),
    (GOOD, MALFORMED),
]


def test_whatever_is_wrong_with_a_badge_the_page_is_the_same_to_the_last_byte():
    pages = [page(answer_to(standing, code, CHECKED, Freshness())) for standing, code in WRONG]
    assert {(shown.status, shown.body, tuple(shown.headers.items())) for shown in pages} == {
        (200, PAGES["no"].body, tuple(PAGES["no"].headers.items()))
    }


def test_the_surname_never_reaches_the_page_where_the_council_shows_an_initial():
    assert b"Canarysurname" not in page(Answer.FRESH).body
    assert b"Canarysurname" in page(Answer.FRESH, door=replace(DOOR, name_style="full")).body


def test_the_councils_own_officer_works_for_the_council():
    shown = words(page(Answer.FRESH, bearer=replace(BEARER, company="")))
    assert "Asha C. Works for Melton Borough Council" in shown


def test_the_photo_stands_in_the_page_itself():
    found = re.search(
        r'<img src="data:image/jpeg;base64,([^"]+)" width="240" height="300" alt="[^"]+">', PAGES["fresh"].body.decode()
    )
    assert base64.b64decode(found[1]) == PHOTO
    with Image.open(io.BytesIO(PHOTO)) as photo:
        assert photo.size == (240, 300)


def test_a_badge_without_a_photo_never_gives_a_green_page():
    shown = page(Answer.FRESH, bearer=replace(BEARER, photo=None))
    assert "We have no photo of this person. Keep the door shut and call us." in words(shown)
    assert 'class="answer go"' not in shown.body.decode()
    assert 'class="answer go"' in PAGES["fresh"].body.decode()


@pytest.mark.parametrize("size", [0, 6 * 1024 + 1])
def test_an_empty_or_too_heavy_photo_is_our_mistake_and_gives_no_page(size):
    with pytest.raises(ValueError, match="for_verify"):
        page(Answer.FRESH, bearer=replace(BEARER, photo=b"x" * size))


def test_a_fresh_answer_without_a_bearer_gives_no_page():
    with pytest.raises(ValueError, match="bearer"):
        page(Answer.FRESH, bearer=None)


def test_names_cannot_write_into_the_page():
    hostile = Bearer("<script>x</script> O'Neil", '"><img src=x onerror=y>', PHOTO)
    body = page(Answer.FRESH, door=replace(DOOR, name_style="full"), bearer=hostile).body
    assert b"<script" not in body
    assert b"<img src=x" not in body


@pytest.mark.parametrize("name", PAGES)
def test_the_headers_are_exactly_these_whatever_the_answer(name):
    sheet = re.search(r"<style>(.*?)</style>", PAGES[name].body.decode(), re.DOTALL)[1]
    hashed = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert dict(PAGES[name].headers) == {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; img-src data:; style-src 'sha256-{hashed}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
        ),
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=63072000",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
    }


@pytest.mark.parametrize("name", ["fresh", "old", "static", "no", "typed"])
def test_an_answer_that_was_given_is_two_hundred_and_down_is_five_hundred_and_three(name):
    assert PAGES[name].status == 200
    assert PAGES["down"].status == 503
    assert render_down(ENVIRONMENT, DOOR, 429).body == PAGES["down"].body


HEAVIEST = Image.effect_noise((400, 500), 90).convert("RGB")


def test_the_heaviest_photo_and_longest_names_still_fit_the_first_flight():
    sink = io.BytesIO()
    HEAVIEST.save(sink, "JPEG", quality=95)
    heavy = for_verify(sink.getvalue())
    assert len(heavy) > 5_000
    long = Bearer("Bartholomew " + "F" * 48, "C" * 80, heavy)
    door = replace(DOOR, council="The Metropolitan Borough Council of Somewhere Long", name_style="full")
    assert page(Answer.FRESH, door=door, bearer=long).weight <= PAGE_LIMIT == 14_000


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_the_first_flight(name):
    assert PAGES[name].weight <= 14_000
    assert PAGES[name].weight <= 6_000 or name == "fresh"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_runs_nothing_and_asks_for_nothing_but_codes(name):
    tags = Tags(PAGES[name].body).found
    assert not {tag for tag, _ in tags} & {"script", "iframe", "object", "embed", "audio", "video", "base", "template"}
    for tag, attributes in tags:
        assert not [
            key for key in attributes if key.startswith("on") or key in ("style", "ping", "srcset", "http-equiv")
        ]
        for key in ("src", "href", "action", "formaction"):
            assert re.match(r"(data:|tel:|/v$)", attributes.get(key) or "/v"), (tag, attributes)
    assert ("form" in {tag for tag, _ in tags}) is (name == "typed")
    assert [attributes["name"] for tag, attributes in tags if tag == "input"] == (
        ["badge", "digits", "reference"] if name == "typed" else []
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_its_language_and_direction(name):
    tag, attributes = Tags(PAGES[name].body).found[0]
    assert (tag, attributes) == ("html", {"lang": "en", "dir": "ltr"})


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_is_told_by_colour_alone(answer):
    shapes = {name: re.findall(r'<path d="([^"]+)"', shown.body.decode()) for name, shown in PAGES.items()}
    assert len(shapes[answer.value]) == 1
    assert shapes["fresh"] != shapes["no"] != shapes["old"] != shapes["fresh"]


# Everything that a badge's surroundings know and that a stranger at a street corner must not learn (security.md 3).
CANARIES = ["CANARY-address", "CANARY-area", "CANARY-tenant", "CANARY-trade", "CANARY-time", "CANARY-reason",
            "CANARY-number", "CANARY-phone", "CANARY-id", "CANARY-word"]  # fmt: skip


def test_what_the_server_knows_besides_never_reaches_a_page():
    knowing = ENVIRONMENT.overlay()
    knowing.globals = ENVIRONMENT.globals | {name.removeprefix("CANARY-"): name for name in CANARIES}
    knowing.cache.clear()
    for answer in ANSWERS:
        assert b"CANARY-" not in render(knowing, DOOR, answer, CHECKED, BEARER).body


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "hint", ["suspend", "revoked", "withdrawn", "expired", "lapsed", "unknown", "inactive", "training", "insurance",
             "not signed", "booked", "appointment", "last scanned", "version", "flask", "gunicorn", "python"],
)  # fmt: skip
def test_no_page_hints_at_why_a_badge_fails_or_what_serves_it(name, hint):
    assert hint not in words(PAGES[name]).lower()


def test_the_typed_form_works_without_script_and_keeps_nothing():
    inputs = {a["name"]: a for tag, a in Tags(PAGES["typed"].body).found if tag == "input"}
    form = next(a for tag, a in Tags(PAGES["typed"].body).found if tag == "form")
    assert (form["method"], form["action"], form["autocomplete"]) == ("post", "/v", "off")
    assert inputs["badge"]["autocomplete"] == inputs["digits"]["autocomplete"] == "off"
    assert inputs["digits"]["inputmode"] == "numeric"
    assert int(inputs["digits"]["maxlength"]) > 7  # '123 456' pasted with blanks must go in


def test_a_typing_mistake_is_explained_and_the_number_kept_but_not_the_digits():
    shown = render_typed(ENVIRONMENT, DOOR, number='MB-1234"><b>', problem="Type all six numbers, or none.")
    assert shown.status == 422
    assert "Type all six numbers, or none." in words(shown)
    assert "<title>Error: Check a badge" in shown.body.decode()
    assert 'value="MB-1234&#34;&gt;&lt;b&gt;"' in shown.body.decode()
    assert not re.search(r'id="digits"[^>]*value=', shown.body.decode())
    assert shown.headers == PAGES["typed"].headers


def test_the_down_page_holds_nothing_but_the_councils_name_and_number():
    one, other = render_down(ENVIRONMENT, Door("ONE", "0101")), render_down(ENVIRONMENT, Door("OTHER", "0202"))
    assert one.body.replace(b"ONE", b"OTHER").replace(b"0101", b"0202") == other.body
    assert render_down(ENVIRONMENT, DOOR).body == render_down(ENVIRONMENT, DOOR).body
    assert "/v" not in [a.get("href") for _, a in Tags(PAGES["down"].body).found]


def test_the_sheet_in_the_page_is_the_one_in_the_file():
    text, _ = verify_page._sheet()
    assert "/*" not in text
    assert "</" not in text
    assert text.count("{") == text.count("}") == verify_page.SHEET.read_text().count("{")
