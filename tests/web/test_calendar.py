"""A worker's calendar: an address of their own, what is in it, and how it is taken back."""

import re
from datetime import timedelta

from icalendar import Calendar

from tests.stories import a_visit
from tests.world import NOW, World


def press(client, address: str):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/calendar").text)
    assert token
    return client.post(address, data={"csrf_token": token[1]})


def an_address(world: World, ref: str = "asha") -> str:
    page = press(world.client(ref), "/calendar").text
    found = re.search(r"/calendar/[\w-]+\.ics", page)
    assert found
    return found[0]


def test_it_holds_the_round_and_nothing_of_where_or_to_whom(world):
    story = a_visit(world).told()
    answer = world.client(None).get(an_address(world))
    assert answer.mimetype == "text/calendar"
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (story.starts, story.ends)
    for secret in ("Larch", "LE13", "Terry", "Moss", "boiler", "Melton Mowbray"):
        assert secret not in answer.text


def test_it_reaches_no_further_than_the_round(world):
    a_visit(world, starts=NOW + timedelta(days=3))
    a_visit(world, lead="ben")
    assert not Calendar.from_ical(world.client(None).get(an_address(world)).data).walk("VEVENT")


def test_an_officers_calendar_is_their_own_round_and_not_their_area(world):
    a_visit(world)
    assert not Calendar.from_ical(world.client(None).get(an_address(world, "olive")).data).walk("VEVENT")


def test_a_new_address_ends_the_old_one_and_stopping_ends_both(world):
    client = world.client(None)
    first = an_address(world)
    second = an_address(world)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    press(world.client("asha"), "/calendar/stop")
    assert client.get(second).status_code == 404


def test_the_address_is_told_once_and_only_its_digest_is_kept(world):
    address = an_address(world)
    assert address not in world.client("asha").get("/calendar").text


def test_a_guess_is_not_there(world):
    assert world.client(None).get("/calendar/guess.ics").status_code == 404


def test_somebody_who_has_left_has_no_calendar(world):
    from fieldvisit.register.models import Person

    address = an_address(world)
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).disabled_at = NOW
    assert world.client(None).get(address).status_code == 404
