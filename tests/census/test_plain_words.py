"""What tenants, residents and panel members read of ours is in short sentences and plain words (MR-3.6, AL-2.14)."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldvisit.codes.related import all_related
from tests.census.test_languages import words_of_pages

ROOT = Path(__file__).parents[2]
MOST_WORDS = 25  # in one sentence
JARGON = re.compile(
    r"\b(?:pursuant|hereby|herewith|aforementioned|heretofore|notwithstanding|stakeholders?|utilis\w+|commence\w*|"
    r"endeavour\w*|facilitat\w+|in lieu of|prior to|with regard to|in respect of|terminat\w+|remuneration|"
    r"void property|decant\w*|responsive repairs?|operatives?|UPRN|SLA|KPI|GDPR|DBS)\b",
    re.IGNORECASE,
)
FOR_THEM = ("templates/register/involved*.html", "templates/codes/involved.html", "templates/doorway/code*.html")


def sentences() -> Iterator[tuple[str, str]]:
    """Where, and the sentence: of tenants' pages, of standard messages, of the involved, and beside the codes."""
    for message in words_of_pages():
        for text in (message,) if isinstance(message, str) else message:
            yield from (("pages", one) for one in cut(text))
    texts = tomllib.loads((ROOT / "fieldvisit/messages/standard/en.toml").read_text("utf-8"))
    for text in texts_in(texts):
        yield from (("messages", one) for one in cut(re.sub(r"\(\(\w+\)\)", "it", text)))
    for pattern in FOR_THEM:
        for path in ROOT.glob(pattern):
            plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", ". ", path.read_text("utf-8"), flags=re.DOTALL)
            yield from ((path.name, one) for one in cut(plain))
    for beside in all_related():
        if beside.code in ("MR", "AL"):
            yield from ((beside.title, one) for one in cut(beside.says))


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


def cut(text: str) -> list[str]:
    return [one.strip() for one in re.split(r"[.!?:;\n]+(?:\s|$)|\n", text) if one.strip()]


def faults(found: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[str]:
    wrong = []
    for where, one in found:
        if len(one.split()) > MOST_WORDS:
            wrong.append(f"{where}: too long: {one}")
        if word := JARGON.search(one):
            wrong.append(f"{where}: {word[0]!r} in: {one}")
    return wrong


def test_what_tenants_and_residents_read_is_in_short_sentences_and_plain_words():
    found = list(sentences())
    assert len(found) > 300
    assert faults(found) == []


@pytest.mark.parametrize("bad", ["Pursuant to your tenancy we come.", "The operative will commence.", "so " * 26])
def test_a_long_sentence_or_a_special_word_would_be_seen(bad: str):
    assert faults([("here", bad)]) != []
