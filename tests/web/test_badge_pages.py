"""A worker's own badge on their phone; the cards; the button that stops a badge."""

import re
from datetime import date, timedelta

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import issue
from fieldvisit.register.models import Person
from tests.stories import a_phone
from tests.world import NOW, World


def read_qr(text: str) -> str:
    """What a camera reads off the page."""
    svg = text[text.index("<svg xmlns") :]
    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    image = Image.new("1", (side, side), 1)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        image.paste(0, (int(x), int(y), int(x) + int(length), int(y) + 1))
    (found,) = zxingcpp.read_barcodes(image.resize((side * 4, side * 4)), try_invert=False)
    return found.text


def badge(world: World, ref: str = "asha") -> Badge:
    with world.database.reading(None) as session:
        return session.get_one(Badge, world.ids[f"badge of {ref}"])


def change(world: World, ref: str = "asha", **to: object) -> None:
    with world.database.writing(None) as session:
        held = session.get_one(Badge, world.ids[f"badge of {ref}"])
        for name, value in to.items():
            setattr(held, name, value)


def checked(client: FlaskClient, address: str) -> str:
    return re.findall(r"<h1>(.*?)</h1>", client.get(address[address.index("/V/") :]).text)[0]


def logged(world: World) -> list[tuple[str, str, str, str]]:
    with world.database.reading(None) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.record == "badge"))
        return [(row.person_id, row.action, row.object_id, row.reason) for row in rows]


@pytest.fixture
def asha(world: World) -> FlaskClient:
    return world.client("asha")


# --- the live badge -------------------------------------------------------------------------------------------------


def test_the_badge_shows_a_code_a_face_a_name_a_firm_a_number_and_six_digits(asha):
    text = asha.get("/badge").text
    assert read_qr(text).startswith("HTTP://LOCALHOST/V/")
    assert "<h1>Asha K.</h1>" in text
    assert 'alt="Photo of Asha K."' in text
    assert "Brightwater Heating" in text
    assert "MB-1001" in text
    assert re.search(r'word__phrase">\d{3} \d{3}<', text)
    assert "changes at <strong>09:00:30" in text


def test_the_code_is_another_after_half_a_minute(asha, clock):
    first = read_qr(asha.get("/badge").text)
    clock.move_to(NOW + timedelta(seconds=29))
    assert read_qr(asha.get("/badge/code").json["drawn"]) == first
    clock.move_to(NOW + timedelta(seconds=30))
    assert read_qr(asha.get("/badge/code").json["drawn"]) != first


def test_what_a_phone_without_keys_fetches_is_what_the_page_holds(asha):
    told = asha.get("/badge/code").json
    assert told["drawn"].strip() in asha.get("/badge").text
    assert told["badge"]["day_keys"] == []


def test_an_enrolled_phone_is_given_keys_and_no_drawing(world, asha):
    phone = a_phone(world, "asha")
    answer = asha.get(f"/badge/code?device={phone.device}")
    assert answer.headers["X-FieldVisit-Proto"] == "1"
    assert [each["day"] for each in answer.json["badge"]["day_keys"]] == ["2026-12-08", "2026-12-09"]
    assert (answer.json["drawn"], answer.json["badge"]["photo"]) == (None, None)


def test_the_page_has_the_servers_code_for_a_phone_without_keys_and_works_without_script(asha):
    text = asha.get("/badge").text
    assert re.search(r'<div class="live" data-live-badge="server">\s*<svg', text)
    assert re.search(r"<noscript>.*Reload to get a new code", text)


def test_the_address_in_the_code_is_the_councils_own_host_over_https(world, asha):
    world.app.extensions["fv_config"] = world.app.extensions["fv_config"].model_copy(
        update={"https": True, "verify_host": "verify.council.example"}
    )
    text = asha.get("/badge").text
    assert read_qr(text).startswith(f"HTTPS://VERIFY.COUNCIL.EXAMPLE/V/{badge(world).id}/")
    assert "verify.council.example/v" in text


def test_an_officer_who_visits_has_a_live_badge_too(world, client):
    text = world.client("olive").get("/badge").text
    assert "<h1>Olive M.</h1>" in text
    assert checked(client, read_qr(text)) == "This badge is current"


@pytest.mark.parametrize("who", ["mona", "hana", "lena", "ines", "adam", "aud"])
def test_whoever_visits_no_homes_has_no_badge_page(who, signed_in):
    for address in ("/badge", "/badge/code", "/badge/lost"):
        assert signed_in(who).get(address).status_code == 404


@pytest.mark.parametrize("offset", [-1, 0])
def test_the_badge_shows_its_code_up_to_the_end_of_its_last_day(offset, world, asha):
    change(world, expires_on=date(2026, 12, 8) + timedelta(days=offset))
    assert ("<svg xmlns" in asha.get("/badge").text) is (offset == 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"expires_on": date(2026, 12, 7)}, "ran out at the end of Monday 7 December 2026"),
     ({"state": "suspended"}, "Two officers must restore it"), ({"state": "revoked"}, "withdrawn for good"),
     ({"issued_on": date(2026, 12, 9)}, "starts on Wednesday 9 December 2026")],
)  # fmt: skip
def test_a_badge_that_is_not_good_shows_no_code_but_why_and_what_to_do(wrong, words, world, asha):
    change(world, **wrong)
    for text in (asha.get("/badge").text, asha.get("/badge/code").text):
        assert "<svg xmlns" not in text
        assert "data:image" not in text
        assert "word__phrase" not in text
    text = asha.get("/badge").text
    assert words in text
    assert "Your badge is not good today" in text


def test_everything_that_is_wrong_is_said_at_once(world, asha):
    change(world, expires_on=date(2026, 12, 7))
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).training_until = date(2026, 12, 1)
    text = asha.get("/badge").text
    assert "Your badge ran out" in text
    assert "Your training ran out at the end of Tuesday 1 December 2026" in text


def test_somebody_without_a_badge_is_told_whom_to_ask(world, asha):
    with world.database.writing(None) as session:
        session.delete(session.get_one(Badge, world.ids["badge of asha"]))
    assert "You have no badge. Ask your manager" in asha.get("/badge").text
    assert asha.post("/badge/lost").status_code == 303


def test_a_badge_that_went_bad_while_it_was_shown_gives_the_phone_the_reason_and_no_keys(world, asha):
    phone = a_phone(world, "asha")
    change(world, state="suspended")
    told = asha.get(f"/badge/code?device={phone.device}").json
    assert (told["badge"]["valid"], told["badge"]["day_keys"], told["drawn"]) == (False, [], None)
    assert "Two officers must restore it" in told["badge"]["why"][0]


# --- lost -----------------------------------------------------------------------------------------------------------


def test_a_lost_badge_is_refused_at_the_very_next_scan(world, asha, client):
    address = read_qr(asha.get("/badge").text)
    assert checked(client, address) == "This badge is current"
    answer = asha.post("/badge/lost")
    assert (answer.status_code, answer.location) == (303, "/badge")
    assert checked(client, address) == "We cannot confirm this badge. Do not let them in."
    assert badge(world).state == "suspended"


def test_losing_a_badge_twice_is_losing_it_once(world, asha, clock):
    asha.post("/badge/lost")
    clock.move_to(NOW + timedelta(minutes=1))
    assert asha.post("/badge/lost").status_code == 303
    assert badge(world).state_changed_at == NOW


def test_only_the_finders_own_badge_is_stopped(world, asha):
    asha.post("/badge/lost")
    assert badge(world, "ben").state == "active"


def test_every_badge_that_could_still_be_shown_is_stopped(world, asha):
    with world.database.writing(None) as session:
        issue(session, session.get_one(Person, world.ids["asha"]), "MB-2001", expires_on=date(2027, 3, 31), at=NOW)
    asha.post("/badge/lost")
    with world.database.reading(None) as session:
        states = session.scalars(select(Badge.state).where(Badge.person_id == world.ids["asha"])).all()
    assert set(states) == {"suspended"}


def test_a_badge_withdrawn_for_good_stays_so_when_it_is_lost(world, asha):
    change(world, state="revoked")
    asha.post("/badge/lost")
    assert badge(world).state == "revoked"


def test_looking_at_the_question_stops_nothing(world, asha):
    text = asha.get("/badge/lost").text
    assert "Stop my badge now?" in text
    assert badge(world).state == "active"
    change(world, state="suspended")
    assert "There is nothing to stop." in asha.get("/badge/lost").text


def test_losing_a_badge_is_written_down(world, asha):
    asha.post("/badge/lost")
    assert logged(world) == [(world.ids["asha"], "report-lost", badge(world).id, "")]


# --- the cards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["card", "doorstep-card"])
def test_any_officer_prints_the_cards_of_whoever_visits_homes(kind, world):
    for officer in ("olive", "otto"):
        for person in ("asha", "dora"):
            answer = world.client(officer).get(f"/office/people/{world.ids[person]}/{kind}.pdf")
            assert answer.status_code == 200
            assert answer.mimetype == "application/pdf"
            assert answer.data.startswith(b"%PDF")


def test_a_printed_card_holds_the_address_without_a_code(world):
    from tests.services.test_badge_drawing import pictures, read

    card = world.client("olive").get(f"/office/people/{world.ids['asha']}/card.pdf")
    (address,) = [text for picture in pictures(card.data) for text in read(picture)]
    assert address == f"HTTP://LOCALHOST/V/{badge(world).id}"


def test_printing_is_written_down(world):
    world.client("olive").get(f"/office/people/{world.ids['asha']}/card.pdf")
    assert logged(world) == [(world.ids["olive"], "print", world.ids["asha"], "card")]


@pytest.mark.parametrize("who", ["hana", "mona", "nobody"])
def test_whoever_visits_no_homes_has_no_card(who, world):
    olive = world.client("olive")
    person_id = world.ids.get(who, "0" * 32)
    if who == "hana":  # even with a badge by mistake
        with world.database.writing(None) as session:
            issue(session, session.get_one(Person, person_id), "MB-3001", expires_on=date(2027, 3, 31), at=NOW)
    for kind in ("card", "doorstep-card"):
        assert olive.get(f"/office/people/{person_id}/{kind}.pdf").status_code == 404


@pytest.mark.parametrize("who", ["asha", "mona", "hana", "adam", "aud"])
def test_only_officers_print(who, world):
    assert world.client(who).get(f"/office/people/{world.ids['asha']}/card.pdf").status_code == 404


@pytest.mark.parametrize("wrong", [{"state": "suspended"}, {"state": "revoked"}, {"expires_on": date(2026, 12, 7)}])
def test_no_card_is_made_for_a_badge_that_a_check_would_never_confirm(wrong, world):
    change(world, **wrong)
    answer = world.client("olive").get(f"/office/people/{world.ids['asha']}/card.pdf")
    assert answer.status_code == 409
    assert "That cannot be done" in answer.text


def test_a_card_can_be_made_before_the_code_is_signed_or_the_badge_starts(world):
    change(world, issued_on=date(2026, 12, 14))
    assert world.client("olive").get(f"/office/people/{world.ids['asha']}/card.pdf").status_code == 200


def test_no_card_is_made_without_a_face(world):
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).photo = None
    answer = world.client("olive").get(f"/office/people/{world.ids['asha']}/card.pdf")
    assert answer.status_code == 409
    assert "There is no photo of this person" in answer.text


# --- stopping a badge from the office -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["olive", "otto", "hana"])
@pytest.mark.parametrize("typed", ["MB-1001", "mb1001", "mb 1001"])
def test_officers_and_call_handlers_find_a_badge_by_its_number_and_stop_it(who, typed, world, asha, client):
    address = read_qr(asha.get("/badge").text)
    office = world.client(who)
    found = office.get("/office/badges", query_string={"number": typed})
    assert found.status_code == 303
    text = office.get(found.location).text
    assert "Asha Kaur" in text
    assert "Stop badge MB-1001" in text
    answer = office.post(f"{found.location}/suspend")
    assert (answer.status_code, answer.location) == (303, found.location)
    assert checked(client, address) == "We cannot confirm this badge. Do not let them in."
    text = office.get(found.location).text
    assert "Badge suspended" in text
    assert "Stop badge MB-1001" not in text


def test_stopping_a_badge_twice_is_stopping_it_once(world, clock):
    hana, address = world.client("hana"), f"/office/badges/{badge(world).id}/suspend"
    hana.post(address)
    clock.move_to(NOW + timedelta(minutes=1))
    assert hana.post(address).status_code == 303
    assert badge(world).state_changed_at == NOW


def test_stopping_a_badge_is_written_down(world):
    world.client("hana").post(f"/office/badges/{badge(world).id}/suspend")
    assert logged(world) == [(world.ids["hana"], "suspend", badge(world).id, "")]


def test_an_unknown_number_is_said_to_be_unknown_and_kept(world):
    text = world.client("hana").get("/office/badges?number=MB-9%22%3E999").text
    assert "We know no badge with that number." in text
    assert 'value="MB-9&#34;&gt;999"' in text


def test_two_badges_that_are_one_without_their_signs_are_not_guessed_between(world):
    change(world, "ben", number="MB10-01")
    assert "We know no badge" in world.client("hana").get("/office/badges?number=MB-1001").text


def test_a_badge_that_is_not_there_is_not_there(world):
    hana = world.client("hana")
    for badge_id in ("A" * 26, "x", "1" * 26):
        assert hana.get(f"/office/badges/{badge_id}").status_code == 404
        assert hana.post(f"/office/badges/{badge_id}/suspend").status_code == 404


def test_a_firms_manager_stops_a_badge_of_the_firm(world):
    manager = world.client("mona")
    found = manager.get("/office/badges?number=mb1001")
    assert found.status_code == 303
    assert manager.post(f"{found.location}/suspend").status_code == 303
    assert badge(world).state == "suspended"


@pytest.mark.parametrize("who", ["carl", "olive"])
def test_to_a_firms_manager_another_ones_badge_is_not_there(who, world):
    manager, theirs = world.client("mona"), badge(world, who)
    found, unknown = (manager.get(f"/office/badges?number={number}") for number in (theirs.number, "MB-9999"))
    assert found.text.replace(theirs.number, "MB-9999") == unknown.text
    assert manager.get(f"/office/badges/{theirs.id}").status_code == 404
    assert manager.post(f"/office/badges/{theirs.id}/suspend").status_code == 404
    assert badge(world, who).state == "active"


@pytest.mark.parametrize("who", ["asha", "lena", "ines", "adam", "aud"])
def test_nobody_else_stops_a_badge_from_the_office(who, world):
    browser = world.client(who)
    for address in ("/office/badges", f"/office/badges/{badge(world).id}"):
        assert browser.get(address).status_code == 404
    assert browser.post(f"/office/badges/{badge(world).id}/suspend").status_code == 404
    assert badge(world).state == "active"


def test_the_office_sees_every_reason_why_a_badge_is_not_good(world):
    change(world, expires_on=date(2026, 12, 7))
    text = world.client("olive").get(f"/office/badges/{badge(world).id}").text
    assert "Not a good badge" in text
    assert "ran out at the end of Monday 7 December 2026" in text
