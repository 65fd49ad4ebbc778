"""The council's own words for its messages: saved with nothing missing, seen as a tenant reads them, checked by a speaker."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.desk import texts_routes
from fieldvisit.messages.models import MessageText
from fieldvisit.messages.texts import CHANNELS, KINDS, Wording, standard, wording
from fieldvisit.messages.texts_service import save, text_of, texts_of, wording_for
from fieldvisit.register.models import Person
from tests.web.desk_forms import said
from tests.world import World

LETTER = "/office/texts/notice/letter/en"
SMS = "/office/texts/reminder/sms/en"
POLISH = "/office/texts/reminder/sms/pl"
OURS = standard("reminder", "sms", "en").body


@pytest.fixture
def adam(world: World) -> FlaskClient:
    """The administrator, signed in."""
    return world.client("adam")


def boxes(text: str) -> dict[str, str]:
    from html import unescape

    body = re.search(r'<textarea[^>]*id="body"[^>]*>\n(.*?)</textarea>', text, re.S)
    subject = re.search(r'<input[^>]*id="subject"[^>]*value="(.*?)"', text)
    seen = re.search(r'name="seen" value="(\d+)"', text)
    found = {"body": body, "subject": subject, "seen": seen}
    return {name: unescape(match[1]) for name, match in found.items() if match}


def rows(world: World) -> list[MessageText]:
    with world.database.reading(None) as session:
        return list(session.scalars(select(MessageText).order_by(MessageText.version)))


def words_now(world: World, kind: str = "reminder", channel: str = "sms", language: str = "en") -> Wording:
    with world.database.reading(None) as session:
        return wording_for(session, kind, channel, language)


def test_every_text_is_in_the_list_with_its_version_and_whether_a_speaker_checked_it(adam: FlaskClient):
    page = adam.get("/office/texts")
    links = re.findall(r'href="(/office/texts/[^"]+)"', page.text)
    assert len(links) == len(KINDS) * len(CHANNELS) * 3 == len(set(links))
    assert said(page).count("Draft, not yet checked by a speaker") == len(KINDS) * len(CHANNELS) * 2
    assert all(adam.get(link).status_code == 200 for link in links[:12])


def test_the_councils_words_are_saved_as_a_version_and_used_from_then_on(world: World, adam: FlaskClient):
    ours = boxes(adam.get(SMS).text)
    answer = adam.post(f"{SMS}/save", data=ours | {"body": OURS + " Thank you."})
    assert answer.status_code == 303
    assert words_now(world).body == OURS + " Thank you."
    again = adam.get(answer.location)
    assert "Saved." in said(again) and "Version 1, saved by Adam Reeve at 9am on Tuesday 8 December 2026" in said(again)
    assert "Adam Reeve" in said(adam.get("/office/texts"))
    with world.database.reading(None) as session:
        record = session.scalars(select(AccessRecord).where(AccessRecord.record == "text")).one()
    assert (record.object_id, record.action) == ("reminder/sms/en", "edit")


def test_a_text_that_leaves_out_what_a_tenant_must_be_told_is_not_saved_and_nothing_typed_is_lost(
    world: World, adam: FlaskClient
):
    ours = boxes(adam.get(LETTER).text)
    mine = ours["body"].replace("((why))", "a <b>repair</b>").replace("((window))", "soon")
    answer = adam.post(f"{LETTER}/save", data=ours | {"body": mine, "subject": "My subject"})
    assert answer.status_code == 422
    assert "The text does not say why ((why)) and at what time ((window))." in said(answer)
    assert "Written in: Code of conduct ME-3.1b" in said(answer)
    assert boxes(answer.text) == ours | {"body": mine, "subject": "My subject"}
    assert 'id="body-error"' in answer.text and "<b>repair" not in answer.text
    assert rows(world) == []


def test_a_letter_without_a_subject_says_so_beside_the_subject(adam: FlaskClient):
    answer = adam.post(f"{LETTER}/save", data=boxes(adam.get(LETTER).text) | {"subject": " "})
    assert answer.status_code == 422 and 'id="subject-error"' in answer.text


def test_the_preview_is_what_a_tenant_would_read_with_or_without_script(world: World, adam: FlaskClient):
    form = boxes(adam.get(SMS).text) | {"body": OURS + " Thank you.", "do": "preview"}
    whole = adam.post(f"{SMS}/save", data=form)
    part = adam.post(f"{SMS}/save", data=form, headers={"HX-Request": "true"})
    assert whole.status_code == part.status_code == 200
    assert part.text in whole.text and 'id="preview"' in part.text and "<h1" not in part.text
    assert "Sam E from Example Heating will visit on Thursday 10 December 2026, 10am to midday" in said(part)
    assert "Thank you. 2 text messages" in said(part)
    assert "((" not in said(part)
    assert boxes(whole.text)["body"] == OURS + " Thank you."
    assert rows(world) == []


@pytest.mark.parametrize(
    "body", ["", "((", "))((", "((who)) ((nobody))", "((address_line))", "((link", "\x01", "x" * 30000]
)
def test_whatever_stands_in_the_box_the_preview_says_why_it_cannot_be_saved(adam: FlaskClient, body: str):
    answer = adam.post(f"{SMS}/save", data={"body": body, "do": "preview", "seen": "0"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "Warning" in said(answer)


def test_the_preview_of_an_urdu_text_runs_from_right_to_left(adam: FlaskClient):
    page = adam.get("/office/texts/notice/sms/ur").text
    assert re.search(r'<textarea[^>]*lang="ur" dir="rtl"', page)
    assert '<div dir="rtl" lang="ur"><div class="govuk-inset-text ' in page


def test_two_people_who_change_one_text_do_not_undo_each_other(world: World, adam: FlaskClient):
    mine = boxes(adam.get(SMS).text)
    assert adam.post(f"{SMS}/save", data=mine | {"body": OURS + " One."}).status_code == 303
    answer = adam.post(f"{SMS}/save", data=mine | {"body": OURS + " Two."})
    assert answer.status_code == 409
    assert "Somebody else saved this text" in said(answer) and " One." in said(answer)
    assert boxes(answer.text)["body"] == OURS + " Two."
    assert words_now(world).body == OURS + " One."
    assert adam.post(f"{SMS}/save", data=boxes(answer.text)).status_code == 303, (
        "the second press knows the newer version"
    )
    assert words_now(world).body == OURS + " Two."


def test_a_preview_does_not_hide_that_somebody_else_saved_meanwhile(adam: FlaskClient):
    mine = boxes(adam.get(SMS).text)
    adam.post(f"{SMS}/save", data=mine | {"body": OURS + " One."})
    seen = boxes(adam.post(f"{SMS}/save", data=mine | {"body": OURS + " Two.", "do": "preview"}).text)
    assert adam.post(f"{SMS}/save", data=seen).status_code == 409


@pytest.mark.parametrize("seen", ["", "1", "-1", "x", "9" * 30])
def test_a_form_that_began_with_no_version_of_ours_saves_nothing(world: World, adam: FlaskClient, seen: str):
    assert adam.post(f"{SMS}/save", data={"body": OURS + " Thank you.", "seen": seen}).status_code == 409
    assert rows(world) == []


def test_saving_twice_is_saving_once(world: World, adam: FlaskClient):
    mine = boxes(adam.get(SMS).text) | {"body": OURS + " Thank you."}
    assert [adam.post(f"{SMS}/save", data=mine).status_code for _ in range(2)] == [303, 303]
    assert [row.version for row in rows(world)] == [1]


def test_a_speakers_check_stands_until_the_words_are_changed(world: World, adam: FlaskClient):
    answer = adam.post(f"{POLISH}/checked", data={"seen": "0", "speaker": " Ola  Nowak "})
    assert answer.status_code == 303
    page = adam.get(answer.location)
    assert "Checked by Ola Nowak, who speaks Polish" in said(page)
    assert words_now(world, language="pl") == standard("reminder", "sms", "pl")
    adam.post(f"{POLISH}/save", data=boxes(page.text) | {"body": boxes(page.text)["body"] + " Dziękujemy."})
    assert "Draft, not yet checked by a speaker" in said(adam.get(POLISH))
    assert [row.checked_by for row in rows(world)] == ["Ola Nowak", ""]


@pytest.mark.parametrize(("seen", "speaker"), [("0", " "), ("0", "x" * 81), ("7", "Ola Nowak"), ("", "Ola Nowak")])
def test_a_check_needs_a_name_and_the_words_that_were_read(world: World, adam: FlaskClient, seen: str, speaker: str):
    answer = adam.post(f"{POLISH}/checked", data={"seen": seen, "speaker": speaker})
    assert answer.status_code == 422 and 'id="speaker-error"' in answer.text
    assert rows(world) == []


def test_english_needs_no_speaker(adam: FlaskClient):
    assert adam.post(f"{SMS}/checked", data={"seen": "0", "speaker": "Ola Nowak"}).status_code == 404


def test_our_standard_text_can_be_put_back(world: World, adam: FlaskClient):
    adam.post(f"{SMS}/save", data=boxes(adam.get(SMS).text) | {"body": OURS + " Thank you."})
    page = adam.get(f"{SMS}?standard").text
    assert boxes(page)["body"] == OURS
    adam.post(f"{SMS}/save", data=boxes(page))
    assert words_now(world) == standard("reminder", "sms", "en")
    assert [row.version for row in rows(world)] == [1, 2]


def test_an_officer_reads_the_texts_and_changes_none(world: World):
    olive = world.client("olive")
    page = olive.get(SMS)
    assert "Only an administrator can change a text" in said(page)
    assert "<textarea" not in page.text and "How a tenant reads it" in said(page)
    assert olive.post(f"{SMS}/save", data={"body": OURS, "seen": "0"}).status_code == 404


@pytest.mark.parametrize(
    "wrong", ["nothing/sms/en", "notice/fax/en", "notice/sms/cy", "notice/sms/EN", "notice/sms/en/x"]
)
def test_a_text_that_is_none_is_not_there(adam: FlaskClient, wrong: str):
    assert adam.get(f"/office/texts/{wrong}").status_code == 404


def test_a_test_message_goes_to_oneself_with_what_is_in_the_box(world: World, adam: FlaskClient, monkeypatch):
    sent = []
    monkeypatch.setattr(
        texts_routes, "write_test", lambda _s, person, text, channel, at: sent.append((person.ref, text, channel))
    )
    form = boxes(adam.get(SMS).text) | {"body": OURS + " Thank you.", "do": "test"}
    answer = adam.post(f"{SMS}/save", data=form)
    assert answer.status_code == 200 and "The test message is on its way to you." in said(answer)
    ((ref, text, channel),) = sent
    assert (ref, channel) == ("adam", "sms") and text.body.endswith(" Thank you.") and "((" not in text.body
    assert boxes(answer.text)["body"] == OURS + " Thank you." and rows(world) == []


def test_a_test_message_needs_somewhere_to_go(world: World, adam: FlaskClient, monkeypatch):
    monkeypatch.setattr(texts_routes, "write_test", lambda *_: pytest.fail("nowhere to send it"))
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["adam"]).phone = ""
    answer = adam.post(f"{SMS}/save", data=boxes(adam.get(SMS).text) | {"do": "test"})
    assert answer.status_code == 422 and "We have no telephone number of yours" in said(answer)


# --- which words count --------------------------------------------------------------------------------------------


def test_the_newest_version_counts_and_each_language_alone(world: World):
    with world.database.writing(None) as session:
        for words in ("One", "Two"):
            text = text_of(session, "reminder", "sms", "en")
            new = wording("", f"{OURS} {words}")
            assert save(session, text, new, seen=text.version, checked_by="", by=world.ids["adam"], at=world.now)
    assert words_now(world).body.endswith("Two")
    assert words_now(world, language="cy").body.endswith("Two"), "a language that we have not is written in English"
    assert words_now(world, language="pl") == standard("reminder", "sms", "pl")
    assert words_now(world, channel="letter_second_class") == standard("reminder", "letter", "en")
    with world.database.reading(None) as session:
        listed = texts_of(session)
    assert listed["reminder", "sms", "en"].version == 2 and listed["reminder", "sms", "pl"].version == 0


def test_of_two_who_save_at_the_same_moment_one_is_told(world: World):
    with world.database.writing(None) as session:
        text = text_of(session, "reminder", "sms", "en")
        by = world.ids["adam"]
        assert save(session, text, wording("", OURS + " 1"), seen=0, checked_by="", by=by, at=world.now)
        assert save(session, text, wording("", OURS + " 2"), seen=0, checked_by="", by=by, at=world.now) is None
    assert [row.body for row in rows(world)] == [OURS + " 1"]
