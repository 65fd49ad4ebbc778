"""What we write to tenants: every text says what a tenant must be told, and none goes out with a blank in it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.ground.languages import LANGUAGES, direction, draft_note, offered
from fieldvisit.ground.verdict import Clause
from fieldvisit.messages import texts_rules as rules
from fieldvisit.messages.texts import (
    CHANNELS,
    KINDS,
    PART,
    PARTS,
    Facts,
    PartMissingError,
    compose,
    fill_link,
    pictures,
    say_day,
    say_sign,
    say_window,
    segments,
    sign_typed,
    standard,
    wording,
)
from fieldvisit.messages.threats import LEGAL_WORDS, NEVER_THREATENS, legal_words_in
from fieldvisit.notices.signs import PICTURES

EVERY = [(kind, channel, language) for kind in KINDS for channel in CHANNELS for language in LANGUAGES]
REQUIRED = [(kind, channel, part) for (kind, channel), parts in rules.REQUIRED.items() for part in parts]
TEN = datetime(2026, 12, 9, 10, tzinfo=UTC)
MIDDAY = datetime(2026, 12, 9, 12, tzinfo=UTC)
ADDRESS = "https://visits.melton.example/t/" + "x" * 33
ISOLATES = "\u2066\u2067\u2068\u2069"


def facts(language: str = "en") -> Facts:
    return Facts(
        council="Melton Borough Council", phone="01664 502 502", firm="Brightwater Heating", who="Asha K",
        why="The boiler does not heat.", day=say_day(TEN, language), window=say_window(TEN, MIDDAY, language),
        link=ADDRESS, reference="7KQ2M9PX", word=say_sign("boat", language), address_line="1 Larch Close",
    )  # fmt: skip


# --- the standard texts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "channel", "language"), EVERY)
def test_every_standard_text_says_what_a_tenant_must_be_told(kind: str, channel: str, language: str):
    text = standard(kind, channel, language)
    verdict = rules.may_save_text(kind, channel, text.subject, text.body)
    assert verdict, verdict.message


@pytest.mark.parametrize(("kind", "channel", "language"), EVERY)
def test_no_message_goes_out_with_a_part_still_open(kind: str, channel: str, language: str):
    for said in compose(standard(kind, channel, language), facts(language)):
        assert "((" not in said and "))" not in said


@pytest.mark.parametrize(("kind", "language"), [(kind, language) for kind in KINDS for language in LANGUAGES])
def test_a_text_to_a_phone_is_short(kind: str, language: str):
    """At most this many joined texts: three of the GSM alphabet, six where a language needs other letters."""
    body = compose(standard(kind, "sms", language), facts(language))[1]
    assert segments(body) <= (3 if language == "en" else 6)


@pytest.mark.parametrize("kind", KINDS)
def test_an_english_text_to_a_phone_keeps_to_the_letters_that_cost_once(kind: str):
    body = compose(standard(kind, "sms", "en"), facts())[1]
    assert segments(body) == segments("x" * len(body))


@pytest.mark.parametrize(("kind", "channel", "language"), EVERY)
def test_nothing_stands_right_behind_a_link_that_a_phone_would_take_into_it(kind: str, channel: str, language: str):
    assert re.search(r"\(\(link\)\)[^\s]", standard(kind, channel, language).body) is None


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_please_call_us_says_nothing_of_a_visit(channel: str, language: str):
    text = standard("call_us", channel, language)
    assert set(PART.findall(text.subject + text.body)) == {"council", "phone"}
    assert not re.search("visit|worker|repair|wizyt|ملاقات|کارکن", text.subject + text.body)


@pytest.mark.parametrize("channel", ["email", "letter"])
def test_a_notice_tells_how_to_stay_safe_to_change_to_complain_and_what_we_ask_of_the_home(channel: str):
    body = standard("notice", channel, "en").body
    for said in (
        "Lock your back door first", "Ask for ID", "never have to let anyone in", "badge", "rent statement",
        "Ask the worker for the other word", "another day or time", "who must be with you", "say no", "complain",
        "Clear the place", "smoke", "waste",
    ):  # fmt: skip
        assert said in body


@pytest.mark.parametrize("kind", KINDS)
def test_english_is_written_in_short_sentences(kind: str):
    """A child of nine reads them: ten words a sentence on average, and none over 20."""
    for channel in ("email", "letter"):
        body = PART.sub("name", standard(kind, channel, "en").body)
        sentences = [len(one.split()) for one in re.split(r"[.?:]\s|\n", body) if one.strip()]
        assert sum(sentences) / len(sentences) <= 10
        assert max(sentences) <= 20


def test_a_language_that_we_have_not_is_written_in_english():
    assert standard("notice", "sms", "cy") == standard("notice", "sms", "en")
    assert offered("pl-PL") == "pl" and offered("cy") == "en" and offered(None) == "en"


def test_every_language_has_the_same_texts_and_paragraphs():
    from fieldvisit.messages.saying import standard_file

    shapes = {code: {name: sorted(table) for name, table in standard_file(code).items()} for code in LANGUAGES}
    assert all(shape == shapes["en"] for shape in shapes.values())


def test_only_english_is_no_draft():
    assert {code for code, language in LANGUAGES.items() if language.is_draft} == {"pl", "ur"}
    assert draft_note("en") == "" and draft_note("pl") and draft_note("ur")
    assert replace(LANGUAGES["pl"], checked_by="Ola Nowak").is_draft is False


# --- what may be saved --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "channel", "part"), REQUIRED)
def test_a_text_without_a_required_part_is_refused_and_the_part_is_named(kind: str, channel: str, part: str):
    text = standard(kind, channel, "en")
    body = text.body.replace(f"(({part}))", "")
    assert rules.missing_parts(kind, channel, body) == (part,)
    verdict = rules.may_save_text(kind, channel, text.subject, body)
    assert verdict.code == "parts-missing"
    assert f"(({part}))" in verdict.message


def test_a_notice_needs_who_why_when_the_word_our_number_and_the_page():
    assert rules.REQUIRED["notice", "sms"] == ("who", "why", "day", "window", "word", "phone", "link")
    assert rules.REQUIRED["notice", "letter"][-1] == "reference"


def test_the_clause_for_who_why_and_when_is_the_councils_own():
    melton = Clause("Code of conduct", "ME-3.1b")
    no_why = standard("notice", "sms", "en").body.replace("((why))", "")
    no_phone = standard("notice", "sms", "en").body.replace("((phone))", "")
    assert rules.may_save_text("notice", "sms", "", no_why, melton).clause == melton
    assert rules.may_save_text("notice", "sms", "", no_phone, melton).clause == rules.NR_15


@pytest.mark.parametrize(
    ("kind", "channel", "subject", "body", "code"),
    [
        ("test", "sms", "", "  \n ", "text-empty"),
        ("test", "email", " ", "Hello", "subject-empty"),
        ("test", "sms", "", "x" * 612, None),
        ("test", "sms", "", "x" * 613, "text-too-long"),
        ("test", "email", "x" * 120, "Hello", None),
        ("test", "email", "x" * 121, "Hello", "subject-too-long"),
        ("test", "sms", "", "Hello ((name))", "parts-unknown"),
        ("test", "sms", "", "Hello ((Who))", "brackets"),
        ("test", "sms", "", "Hello ((who)", "brackets"),
        ("test", "sms", "", "Hello (who)", None),
        ("test", "sms", "", "At ((address_line))", "parts-not-here"),
        ("test", "letter", "A visit", "At ((address_line))", None),
        ("test", "email", "Your word is ((word))", "Hello", "subject-says-too-much"),
        ("test", "email", "See ((link))", "Hello", "subject-says-too-much"),
        ("call_us", "sms", "", "((council)) ((phone)) on ((day))", "says-too-much"),
        ("call_us", "email", "((day))", "((council)) ((phone))", "says-too-much"),
    ],
)
def test_what_else_is_refused(kind: str, channel: str, subject: str, body: str, code: str | None):
    verdict = rules.may_save_text(kind, channel, subject, body)
    assert verdict.code == (code or "allowed")


# --- filling in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", sorted(set(PARTS) - {"link"}))
def test_a_part_that_is_not_known_is_never_a_blank(part: str):
    with pytest.raises(PartMissingError) as caught:
        compose(wording("", f"Hello (({part}))"), replace(facts(), **{part: " "}))
    assert caught.value.part == part


def test_the_link_waits_until_the_message_goes_out():
    body = compose(standard("notice", "sms", "en"), replace(facts(), link=None))[1]
    assert body.count("((link))") == 1
    assert ADDRESS in fill_link(body, ADDRESS) and "((" not in fill_link(body, ADDRESS)


@pytest.mark.parametrize("why", ["see ((link))", "((word))", "(((who)))", "a\n\nb ((", "))(("])
def test_what_a_person_typed_is_never_read_for_parts(why: str):
    body = compose(wording("", "Why: ((why))"), replace(facts(), why=why, link=None))[1]
    assert "((" not in body and "))" not in body and "\n" not in body
    assert "boat" not in fill_link(body, ADDRESS) and ADDRESS not in fill_link(body, ADDRESS)


@given(st.text(max_size=60))
def test_whatever_is_typed_as_the_reason_leaves_no_double_brackets(why: str):
    try:
        body = compose(wording("", "Why: ((why)) ((link))"), replace(facts(), why=why, link=None))[1]
    except PartMissingError:
        return
    assert body.count("((") == body.count("))") == 1 and body.endswith("((link))")


def test_numbers_and_names_keep_their_order_in_a_text_from_right_to_left():
    body = compose(wording("", "نمبر ((phone)) ((who)) ((address_line)) ((link))"), facts("ur"))[1]
    assert body == f"نمبر \u206801664 502 502\u2069 \u2068Asha K\u2069 \u20681 Larch Close\u2069 {ADDRESS}"


def test_what_runs_the_texts_own_way_is_not_set_apart():
    said = replace(facts("ur"), who="آشا")
    assert compose(wording("", "کون: ((who))، ((day))"), said)[1] == f"کون: آشا، {say_day(TEN, 'ur')}"
    assert not any(mark in "".join(compose(standard("notice", "letter", "en"), facts())) for mark in ISOLATES)


def test_the_same_text_has_one_digest_from_any_browser():
    assert wording("A  visit ", "one \r\n\r\n\r\n\r\ntwo\r\n") == wording("A visit", "one\n\ntwo")
    assert wording("A visit", "one").digest != wording("A visit", "two").digest


# --- days, windows, signs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "day", "window"),
    [
        ("en", "Wednesday 9 December 2026", "10am to midday"),
        ("pl", "środa 9 grudnia 2026", "10:00–12:00"),
        ("ur", "بدھ 9 دسمبر 2026", "صبح 10:00 سے دوپہر 12:00 تک"),
        ("cy", "Wednesday 9 December 2026", "10am to midday"),
    ],
)
def test_days_and_windows_are_said_in_the_language(language: str, day: str, window: str):
    assert say_day(date(2026, 12, 9), language) == day
    assert say_window(TEN, MIDDAY, language) == window


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_are_londons(language: str):
    """An hour before midnight UTC in summer is the next day in London."""
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert say_day(late, language) == say_day(date(2026, 7, 2), language)
    assert {"en": "12:30am", "pl": "0:30", "ur": "رات 12:30"}[language] in say_window(late, late, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_that_is_drawn_has_a_name_of_its_own(language: str):
    assert set(pictures(language)) == set(PICTURES)
    assert len(set(pictures(language).values())) == len(PICTURES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_a_picture_typed_in_any_language_is_that_picture(language: str):
    assert [sign_typed(say_sign(sign, language).upper()) for sign in PICTURES] == list(PICTURES)


def test_a_number_and_a_word_are_said_as_they_are():
    assert say_sign("4821", "ur") == "4821" and say_sign("otter", "pl") == "otter"
    assert sign_typed("4821") == "4821" and sign_typed("Otter") == "Otter"


# --- how long a text is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("€" * 80, 1), ("€" * 81, 2), ("ł" * 70, 1),
        ("ł" * 71, 2), ("ł" * 134, 2), ("ł" * 135, 3), ("x" * 70 + "ł", 2), ("🙂" * 35, 1), ("🙂" * 36, 2),
    ],
)  # fmt: skip
def test_texts_to_a_phone_are_counted_as_networks_count_them(text: str, count: int):
    assert segments(text) == count


def test_right_to_left_is_known_of_a_language():
    assert direction("ur") == "rtl" and direction("pl") == direction("en") == direction("xx") == "ltr"


# --- asking again after a refusal (D2) ----------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "channel", "language"), [
    place for place in EVERY if place[0] in NEVER_THREATENS
])  # fmt: skip
def test_our_own_letters_that_ask_again_speak_of_no_court_in_any_language(kind: str, channel: str, language: str):
    text = standard(kind, channel, language)
    assert legal_words_in(f"{text.subject}\n{text.body}") == ()


@pytest.mark.parametrize(
    ("channel", "language"), [(channel, language) for channel in CHANNELS for language in LANGUAGES]
)
def test_the_one_that_a_manager_signs_off_does_in_every_language(channel: str, language: str):
    assert legal_words_in(standard("access_legal", channel, language).body)


@pytest.mark.parametrize("word", [word for words in LEGAL_WORDS.values() for word in words])
def test_a_council_cannot_put_a_threat_into_a_letter_that_asks(word: str):
    body = f"((day)) ((why)) ((phone)) {word.removesuffix('*').upper()}"
    assert rules.may_save_text("access_ask", "letter", "A visit", body).code == "threatens"
    assert rules.may_save_text("access_legal", "letter", "A visit", body)


def test_a_word_that_has_a_threat_in_its_middle_is_none():
    assert legal_words_in("By courtesy, the flaw of an outlaw with mustard.") == ()
