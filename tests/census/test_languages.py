"""Every word of a tenant's page is in every catalogue, whole; the compiled ones are what they are made of; and a page says
its language, its direction, and that it is a draft."""

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template_string

from fieldvisit.ground.languages import LANGUAGES
from fieldvisit.web import languages

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "fieldvisit" / "translations"
WHERE = ROOT / "deploy" / "babel.cfg"
FOREIGN = [code for code in LANGUAGES if code != "en"]
HELD_OPEN = re.compile(r"%\(\w+\)s")
AGAIN = "run: python deploy/languages.py, and translate what is new (deploy/LANGUAGES.md)"


def catalogue(code: str) -> Catalog:
    with (CATALOGUES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def words_of_pages() -> frozenset[str | tuple[str, ...]]:
    """Every message that templates and Python say, as `deploy/languages.py` collects them."""
    with WHERE.open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = DEFAULT_KEYWORDS | {"lazy_gettext": None}
    found = extract_from_dir(ROOT, methods, options, keywords)
    return frozenset(message for _, _, message, _, _ in found)


def one_and_many(message: Any) -> tuple[str, ...]:
    return tuple(message) if isinstance(message, (list, tuple)) else (message,)


def faults(found: Catalog, wanted: frozenset[str | tuple[str, ...]]) -> Iterator[str]:
    """What a catalogue lacks, has too much of, or says otherwise than the English does."""
    ours = {one_and_many(message.id): message for message in found if message.id}
    yield from (f"missing: {message}" for message in {one_and_many(one) for one in wanted} - set(ours))
    yield from (f"said nowhere: {message}" for message in set(ours) - {one_and_many(one) for one in wanted})
    for english, message in ours.items():
        said = one_and_many(message.string)
        if not all(part and part.strip() for part in said):
            yield f"not translated: {english[0]}"
        elif message.fuzzy:
            yield f"marked as a guess: {english[0]}"
        elif any(sorted(HELD_OPEN.findall(part)) != sorted(HELD_OPEN.findall(english[-1])) for part in said):
            yield f"other parts held open: {english[0]}"
        elif any(("<" in part) != ("<" in english[0]) for part in said):
            yield f"markup: {english[0]}"


@pytest.mark.parametrize("code", FOREIGN)
def test_a_catalogue_has_every_word_of_every_page_and_no_other(code: str):
    assert sorted(faults(catalogue(code), words_of_pages())) == [], AGAIN


@pytest.mark.parametrize("code", FOREIGN)
def test_a_compiled_catalogue_is_what_it_is_made_of_byte_for_byte(code: str):
    made = io.BytesIO()
    write_mo(made, catalogue(code))
    assert made.getvalue() == (CATALOGUES / code / "LC_MESSAGES" / "messages.mo").read_bytes(), AGAIN


def test_every_language_but_english_has_a_catalogue_and_no_other_has():
    assert sorted(path.name for path in CATALOGUES.iterdir()) == sorted(FOREIGN)


def test_pages_say_something():
    assert len(words_of_pages()) > 100


@pytest.mark.parametrize(
    ("english", "said", "fault"),
    [
        ("A visit", "", "not translated"),
        ("A visit", "  ", "not translated"),
        ("Visit from %(council)s", "Wizyta", "other parts"),
        ("Visit from %(council)s", "Wizyta %(rada)s", "other parts"),
        ("A visit", "<b>Wizyta", "markup"),
        ("A visit", None, "missing"),
        ("A visit", "Wizyta", None),
        (("%(num)s day", "%(num)s days"), ("%(num)s dzień", "%(num)s dni", ""), "not translated"),
        (("%(num)s day", "%(num)s days"), ("%(num)s dzień", "%(num)s dni", "%(num)s dni"), None),
    ],
)
def test_each_of_these_would_be_caught(english: Any, said: Any, fault: str | None):
    found = Catalog(locale="pl")
    if said is not None:
        found.add(english, said)
    caught = list(faults(found, frozenset({english})))
    assert [one.startswith(fault or "-") for one in caught] == ([True] if fault else [])


def test_what_no_page_says_any_more_would_be_caught():
    found = Catalog(locale="pl")
    found.add("A visit", "Wizyta")
    assert list(faults(found, frozenset())) == ["said nowhere: ('A visit',)"]


def test_a_language_that_nobody_checked_says_so_in_itself():
    drafts = {code for code, language in LANGUAGES.items() if language.is_draft}
    assert drafts == set(FOREIGN), "a speaker has checked one? Say who, here and in ground/languages.py"
    assert all(LANGUAGES[code].draft for code in drafts)


# --- what a page is shown in --------------------------------------------------------------------------------------

PAGE = '<html lang="{{ page_language().code }}" dir="{{ page_language().direction }}">{{ _("You can say no.") }}'


def shown(app: Flask, address: str, household: str | None = None) -> str:
    with app.test_request_context(address, base_url="http://localhost"):
        if household:
            languages.use(household)
        return render_template_string(PAGE)


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("address", "household", "begins"),
    [
        ("/", None, '<html lang="en" dir="ltr">You can say no.'),
        ("/", "pl", '<html lang="pl" dir="ltr">Możesz odmówić.'),
        ("/", "ur", '<html lang="ur" dir="rtl">آپ انکار کر سکتے ہیں۔'),
        ("/?lang=ur", None, '<html lang="ur" dir="rtl">آپ انکار کر سکتے ہیں۔'),
        ("/?lang=en", "ur", '<html lang="en" dir="ltr">You can say no.'),
        ("/?lang=xx", "pl", '<html lang="pl" dir="ltr">Możesz odmówić.'),
        ("/?lang=../../etc", None, '<html lang="en" dir="ltr">You can say no.'),
        ("/", "cy", '<html lang="en" dir="ltr">You can say no.'),
    ],
)
def test_a_page_is_in_the_language_that_is_asked_for_then_the_households_then_english(
    app: Flask, address: str, household: str | None, begins: str
):
    assert shown(app, address, household) == begins


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_the_desk_stays_in_english(app: Flask, world: Any):
    page = world.client("adam").get("/office/texts?lang=ur").text
    assert '<html lang="en" dir="ltr"' in page
