"""People who visit homes: found by name, number or badge; why a badge is not good; and the photo that a card needs."""

import base64
import io
import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.badges.portraits import portrait
from fieldvisit.codes.models import Acknowledgement
from fieldvisit.desk import people
from fieldvisit.evidence.clean import MAX_BYTES
from fieldvisit.register.models import Firm, Person, PersonArea
from tests.stories import a_visit
from tests.web.desk_forms import said
from tests.world import LONG_AGO, NOW, World

IN_THE_NORTH = ["Asha Kaur", "Ben Okafor", "Carl Lindqvist", "Dora Quill", "Olive Marsh"]


def names(text: str) -> list[str]:
    return re.findall(r'<a class="govuk-link" href="/office/people/[0-9a-f]{32}">(.*?)</a>', text)


def change(world: World, whom: str, **to: object) -> None:
    with world.database.writing(None) as session:
        person = session.get_one(Person, world.ids[whom])
        for name, value in to.items():
            setattr(person, name, value)


def works_in(world: World, ref: str, area: str, **more: object) -> None:
    with world.database.writing(None) as session:
        session.add(PersonArea(person_id=world.ids[ref], area_id=world.ids[area], **({"starts": LONG_AGO} | more)))


def page_of(world: World, ref: str, client: FlaskClient) -> str:
    answer = client.get(f"/office/people/{world.ids[ref]}")
    assert answer.status_code == 200
    return said(answer)


def send(client: FlaskClient, world: World, raw: bytes | None, ref: str = "asha", **fields: str):
    """As a browser sends it. The test client would leave a large photo behind in a file that nobody closes."""
    parts = [(f'name="{name}"', text.encode()) for name, text in fields.items()]
    if raw is not None:
        parts.append(('name="photo"; filename="face.jpg"\r\nContent-Type: image/jpeg', raw))
    body = b"".join(
        b"--cut\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + part + b"\r\n"
        for head, part in parts
    )
    address = f"/office/people/{world.ids[ref]}/photo"
    return client.post(address, data=body + b"--cut--\r\n", content_type="multipart/form-data; boundary=cut")


def kept(world: World, ref: str = "asha") -> bytes | None:
    with world.database.reading(None) as session:
        return session.scalars(select(Person.photo).where(Person.id == world.ids[ref])).one()


def a_photo(size: tuple[int, int] = (900, 1200)) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", size, "#447788").save(sink, "PNG")
    return sink.getvalue()


# --- the list -----------------------------------------------------------------------------------------------------


def test_everybody_who_may_be_sent_to_my_areas_by_name(olive):
    assert names(olive.get("/office/people").text) == IN_THE_NORTH


def test_call_handlers_see_them_too(world):
    assert "Otto Brandt" in names(world.client("hana").get("/office/people").text)


def test_a_worker_of_another_area_alone_is_not_there(world, olive):
    works_in(world, "ben", "South")
    assert "Ben Okafor" not in names(olive.get("/office/people").text)
    assert olive.get(f"/office/people/{world.ids['ben']}").status_code == 404
    assert "Ben Okafor" in names(world.client("otto").get("/office/people").text)


def test_until_they_are_sent_to_a_home_in_mine(world, olive):
    works_in(world, "ben", "South")
    a_visit(world, lead="ben")
    assert "Ben Okafor" in names(olive.get("/office/people").text)


def test_an_area_counts_while_it_lasts(world, olive):
    works_in(world, "ben", "South", ends=NOW)
    assert "Ben Okafor" in names(olive.get("/office/people").text)


def test_whoever_has_left_or_visits_no_homes_is_not_there(world, olive):
    change(world, "ben", disabled_at=NOW - timedelta(days=1))
    assert "Ben Okafor" not in names(olive.get("/office/people").text)
    for ref in ("ben", "mona", "hana"):
        assert olive.get(f"/office/people/{world.ids[ref]}").status_code == 404


@pytest.mark.parametrize("q", ["asha", "KAUR", "a k", "MB-1001", "mb1001", "mb 1001", "1001"])
def test_found_by_name_reference_or_badge_number(q, olive):
    assert names(olive.get("/office/people", query_string={"q": q}).text) == ["Asha Kaur"]


def test_found_by_reference(world, olive):
    change(world, "ben", ref="BRW-0042")
    assert names(olive.get("/office/people?q=brw-00").text) == ["Ben Okafor"]


@pytest.mark.parametrize("q", ["%%%", "___", "nobody at all"])
def test_what_finds_nobody_says_so(q, olive):
    answer = olive.get("/office/people", query_string={"q": q})
    assert names(answer.text) == []
    assert "Nobody fits." in answer.text


def test_two_characters_are_too_few_and_are_kept(olive):
    answer = olive.get("/office/people?q=as")
    assert answer.status_code == 422
    assert "Type 3 characters or more to search." in answer.text
    assert 'value="as"' in answer.text


def test_a_long_list_goes_on_where_the_page_ended_also_among_people_of_one_name(world, olive, monkeypatch):
    monkeypatch.setattr(people, "PAGE", 2)
    for ref in ("ben", "carl"):
        change(world, ref, name="Asha Kaur")
    found: list[str] = []
    address = "/office/people"
    for _ in range(3):
        text = olive.get(address).text
        found += re.findall(r'href="/office/people/([0-9a-f]{32})"', text)
        more = re.search(r'href="(/office/people\?[^"]*after=[^"]*)"', text)
        address = more[1].replace("&amp;", "&") if more else ""
    assert address == ""
    assert len(found) == len(set(found)) == 5
    assert names(olive.get("/office/people?after=" + "0" * 32).text)[0] == "Asha Kaur", "nobody's id: from the start"


def test_the_list_says_whose_badge_is_not_good_and_who_has_no_photo(world, olive):
    change(world, "ben", photo=None, training_until=None)
    text = said(olive.get("/office/people"))
    assert "Asha Kaur asha Brightwater Heating MB-1001 Badge good now Yes" in text
    assert "Ben Okafor ben Brightwater Heating MB-1002 Training lapsed No photo" in text


# --- one person ---------------------------------------------------------------------------------------------------


def test_a_page_says_what_stands_behind_the_badge(world, olive):
    text = page_of(world, "asha", olive)
    for wanted in (
        "Badge good now", "Role Operative", "From Brightwater Heating", "Areas Everywhere",
        "Badge MB-1001 , until the end of Wednesday 31 March 2027", "Code of conduct Signed",
        "Training Until the end of Monday 31 May 2027", "Insurance Until the end of Wednesday 30 June 2027",
    ):  # fmt: skip
        assert wanted in text
    assert "What stops" not in text


def test_an_officers_insurance_is_the_councils(world, olive):
    text = page_of(world, "dora", olive)
    assert "Insurance The council insures its own officers" in text
    assert "Areas North" in text


def test_everything_that_stops_a_person_is_said_with_its_clause(world, olive):
    change(world, "asha", training_until=date(2026, 12, 7))
    with world.database.writing(None) as session:
        session.get_one(Firm, world.ids["Brightwater Heating"]).insurance_until = None
        session.scalars(select(Badge).where(Badge.number == "MB-1001")).one().state = "suspended"
        for signed in session.scalars(select(Acknowledgement).where(Acknowledgement.person_id == world.ids["asha"])):
            session.delete(signed)
    text = page_of(world, "asha", olive)
    for wanted in (
        "Badge suspended What stops Asha Kaur from visiting", "This badge is suspended.", "has not signed the code",
        "training ran out at the end of Monday 7 December 2026", "insurance has no end date on record", "ME-6.2a",
    ):  # fmt: skip
        assert wanted in text
    assert "No card can be printed now. This badge is suspended." in text


def test_somebody_without_a_badge_has_none(world, olive):
    with world.database.writing(None) as session:
        session.delete(session.scalars(select(Badge).where(Badge.number == "MB-1002")).one())
    text = page_of(world, "ben", olive)
    assert "No badge" in text
    assert "Badge None" in text
    assert "Printed cards" not in text


def test_a_call_handler_reads_and_changes_nothing(world):
    hana = world.client("hana")
    text = page_of(world, "asha", hana)
    assert "Badge good now" in text
    for offered in ("Replace the photo", "Printed cards"):
        assert offered not in text
    assert send(hana, world, a_photo()).status_code == 404


# --- the photo ----------------------------------------------------------------------------------------------------


def test_with_a_photo_an_imported_person_can_have_a_card(world, olive):
    change(world, "asha", photo=None)
    card = f"/office/people/{world.ids['asha']}/card.pdf"
    assert olive.get(card).status_code == 409
    assert "There is no photo of this person." in page_of(world, "asha", olive)
    answer = send(olive, world, a_photo())
    assert (answer.status_code, answer.location) == (303, f"/office/people/{world.ids['asha']}")
    assert olive.get(card).status_code == 200
    assert "Print the badge card" in page_of(world, "asha", olive)


def test_the_photo_is_cut_cleaned_and_shown_as_a_tenant_sees_it(world, olive):
    before = kept(world)
    send(olive, world, a_photo((1200, 900)))
    jpeg = kept(world)
    assert jpeg and jpeg != before
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (image.format, image.width * 5, image.getexif()) == ("JPEG", image.height * 4, {})
    text = olive.get(f"/office/people/{world.ids['asha']}").text
    shown = base64.b64decode(re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)[0])
    with Image.open(io.BytesIO(shown)) as image:
        assert image.size == (240, 300)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (None, "Choose a photo first."),
        (b"", "This photo is empty."),
        (b"<svg onload=alert(1)>", "This is not a photo that we can use."),
        (portrait(1)[:400], "We could not read this photo."),
        (a_photo((40, 50)), "This photo is too small to show a face."),
        (bytes(MAX_BYTES + 1), "This photo is over 12 MB."),
        (bytes(MAX_BYTES + 64 * 1024), "This photo is over 12 MB."),
    ],
)
def test_a_bad_file_is_refused_in_words_and_the_old_photo_stays(raw, sentence, world, olive):
    before = kept(world)
    answer = send(olive, world, raw)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Photo of Asha Kaur" in answer.text
    assert kept(world) == before


def test_a_photo_is_written_down_by_who_set_it_and_of_whom(world, olive):
    change(world, "asha", photo=None)
    send(olive, world, a_photo())
    send(olive, world, portrait(7))
    send(olive, world, b"not a photo")
    with world.database.reading(None) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.record == "worker").order_by(AccessRecord.at))
        found = sorted((row.person_id, row.action, row.object_id, row.reason) for row in rows)
    asha, by = world.ids["asha"], world.ids["olive"]
    assert found == [(by, "change", asha, "photo added"), (by, "change", asha, "photo replaced")]


def test_a_photo_of_somebody_out_of_reach_is_not_even_looked_at(world, olive, monkeypatch):
    monkeypatch.setattr(people, "portrait_of", lambda _raw: pytest.fail("looked at"))
    before = kept(world, "otto")
    assert send(olive, world, a_photo(), "otto").status_code == 404
    assert kept(world, "otto") == before


def test_a_form_from_another_site_sets_no_photo(world, olive):
    del olive.environ_base["HTTP_X_CSRFTOKEN"]
    before = kept(world)
    assert send(olive, world, a_photo()).status_code == 400
    assert kept(world) == before


def test_the_form_of_the_page_itself_is_taken(world, olive):
    del olive.environ_base["HTTP_X_CSRFTOKEN"]
    token = re.findall(r'name="csrf_token" value="([^"]+)"', olive.get(f"/office/people/{world.ids['asha']}").text)[0]
    assert send(olive, world, a_photo(), csrf_token=token).status_code == 303


def test_others_may_write_while_a_photo_is_cleaned(world, olive, monkeypatch):
    clean = people.portrait_of

    def slowly(raw: bytes) -> bytes:
        change(world, "ben", phone="07700900999")
        return clean(raw)

    monkeypatch.setattr(people, "portrait_of", slowly)
    assert send(olive, world, a_photo()).status_code == 303
