"""A tenant checks a badge with the reference of her own visit: is this who you booked, at my home, today?"""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldvisit.badges.models import RecentScan
from fieldvisit.doorway.verify_page import PAGE_LIMIT
from fieldvisit.ground.roles import TENANT
from fieldvisit.notices.links import link_of_visit
from fieldvisit.register.models import Household
from fieldvisit.tasks import Task
from tests.stories import Story, a_visit
from tests.web.test_verify import ASHA, FRESH, OLD, badge_of, said, scan, shown, spoil
from tests.world import NOW, World

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
YES = "This is who we booked for your visit today."
NO = "This is NOT who we booked. Do not let them in."
CANNOT_SAY = "We cannot say if this person is booked for your visit."
NEVER = ("Larch", "LE13", "Moss", "boiler", "9am", "11am", "10:")


def reference_of(world: World, story: Story) -> str:
    with world.database.reading(TENANT) as session:
        return str(link_of_visit(session, story.visit_id).reference)  # type: ignore[union-attr]


def ask(world: World, client: FlaskClient, reference: str, ref: str = "asha", **sent: Any) -> TestResponse:
    address = f"/v/{badge_of(world, ref)}/{shown(world, world.now, ref).code}"
    return client.post(address, data={"reference": reference}, buffered=True, **sent)


def protect(world: World) -> None:
    with world.database.writing(TENANT) as session:
        home = world.ids["100030000001"]
        session.scalars(select(Household).where(Household.home_id == home)).one().protected = True


def test_who_was_booked_is_who_we_booked(world, client):
    answer = ask(world, client, reference_of(world, a_visit(world).told()).lower())
    assert said(answer) == FRESH
    assert YES in answer.text
    assert 'class="answer go"' in answer.text


def test_anybody_else_is_not_and_the_page_is_red(world, client):
    answer = ask(world, client, reference_of(world, a_visit(world).told()), "ben")
    assert said(answer) == NO
    assert 'class="answer stop"' in answer.text
    assert YES not in answer.text


@pytest.mark.parametrize("when", ["tomorrow", "over", "cancelled"])
def test_nobody_is_booked_for_a_visit_that_is_not_today_or_is_over(when, world, client):
    from fieldvisit.visits.events import VisitCancelled

    story = a_visit(world, starts=NOW + DAY if when == "tomorrow" else NOW - 2 * HOUR).told()
    if when == "over":
        story.done()
    if when == "cancelled":
        story.desk(VisitCancelled(by="council", reason="weather", apologised=True, offered_new_time=True), at=NOW)
    assert said(ask(world, client, reference_of(world, story))) == NO


@pytest.mark.parametrize("why", ["wrong", "short", "protected", "dead"])
def test_a_reference_that_says_nothing_says_that_we_cannot_say(why, world, client, clock):
    story = a_visit(world, starts=NOW - 3 * DAY if why == "dead" else NOW).told()
    typed = {"wrong": "22222222", "short": "AB"}.get(why) or reference_of(world, story)
    if why == "protected":
        protect(world)
    answer = ask(world, client, typed)
    assert CANNOT_SAY in answer.text
    assert YES not in answer.text
    assert 'class="answer care"' in answer.text


def test_no_answer_says_an_address_a_time_or_a_tenant(world, client):
    reference = reference_of(world, a_visit(world).told())
    for typed, ref in ((reference, "asha"), (reference, "ben"), ("22222222", "asha")):
        text = re.sub(r"Checked on .*?</strong>", "", ask(world, client, typed, ref).text)
        for secret in NEVER:
            assert secret not in text


def test_of_a_badge_that_is_not_fresh_a_reference_says_nothing(world, client):
    reference = reference_of(world, a_visit(world).told())
    old = client.post(f"/v/{badge_of(world)}/{'A' * 10}", data={"reference": reference})
    assert said(old) == OLD
    spoil(world, "suspended")
    with_it = ask(world, client, reference)
    assert with_it.data == scan(client, badge_of(world), shown(world).code).data
    assert "booked" not in with_it.text


def test_without_a_reference_the_answer_is_what_it_was_but_for_the_box(world, client):
    a_visit(world).told()
    plain = scan(client, badge_of(world), shown(world).code)
    empty = ask(world, client, "  ")
    assert plain.data == empty.data
    without = re.sub(rb"<form.*?</form>\n", b"", plain.data, flags=re.DOTALL)
    assert b"booked" not in without
    assert len(plain.data) - len(without) < 600


def test_the_typed_form_takes_a_reference_too(world, client):
    reference = reference_of(world, a_visit(world).told())
    form = {"badge": ASHA, "digits": shown(world).digits, "reference": reference}
    answer = client.post("/v", data=form)
    assert YES in answer.text
    assert 'name="reference"' not in answer.text
    wrong = client.post("/v", data=form | {"digits": "12"})
    assert wrong.status_code == 422
    assert f'value="{reference}"' in wrong.text


def test_ten_wrong_references_slow_that_one_and_no_other(world, client):
    good = reference_of(world, a_visit(world).told())
    other = reference_of(world, a_visit(world, home="100030000002").told())
    protect(world)
    for _ in range(12):
        ask(world, client, good)
    with world.database.writing(TENANT) as session:
        home = world.ids["100030000001"]
        session.scalars(select(Household).where(Household.home_id == home)).one().protected = False
    assert CANNOT_SAY in ask(world, client, good).text
    assert YES in ask(world, client, other).text


def test_the_page_fits_a_phones_first_flight_with_the_box_and_every_answer(world, client):
    reference = reference_of(world, a_visit(world).told())
    answers = [ask(world, client, typed, ref) for typed, ref in
               (("", "asha"), (reference, "asha"), (reference, "ben"), ("22222222", "asha"))]  # fmt: skip
    for answer in answers:
        assert len(answer.data) + sum(len(name) + len(value) + 4 for name, value in answer.headers) <= PAGE_LIMIT


def test_the_heaviest_photo_still_leaves_room_for_the_box():
    import io

    from fieldvisit.badges.rules import Answer
    from fieldvisit.doorway.rules import Booked
    from fieldvisit.doorway.verify_page import Bearer, render
    from fieldvisit.evidence.clean import for_verify
    from tests.services.test_verify_page import CHECKED, DOOR, ENVIRONMENT, HEAVIEST

    sink = io.BytesIO()
    HEAVIEST.save(sink, "JPEG", quality=95)
    bearer = Bearer("Bartholomew Fitzwilliam", "C" * 80, for_verify(sink.getvalue()))
    for booked in (None, *Booked):
        assert render(ENVIRONMENT, DOOR, Answer.FRESH, CHECKED, bearer, booked, asks=True).weight <= PAGE_LIMIT


# --- alerts ---------------------------------------------------------------------------------------------------------


def alerts(world: World) -> list[Task]:
    with world.database.reading(TENANT) as session:
        return list(session.scalars(select(Task).where(Task.kind == "scan_alert")))


def test_a_badge_shown_where_its_bearer_has_no_visit_raises_one_alert(world, client):
    for _ in range(3):
        assert said(ask(world, client, "")) == FRESH
    (task,) = alerts(world)
    assert (task.about, task.about_id, task.area_id) == ("badge", badge_of(world), None)
    assert task.due_at.date() == NOW.date()


@pytest.mark.parametrize(("starts", "alarm"), [(NOW + 2 * HOUR, 0), (NOW + 2 * HOUR + SECOND, 1), (NOW - 4 * HOUR, 0)])
def test_a_scan_near_a_visit_of_theirs_is_as_it_should_be(starts, alarm, world, client):
    a_visit(world, starts=starts).told()
    ask(world, client, "")
    assert len(alerts(world)) == alarm


def test_a_cancelled_visit_is_no_reason_to_be_there(world, client):
    from fieldvisit.visits.events import VisitCancelled

    story = a_visit(world).told()
    story.desk(VisitCancelled(by="council", reason="weather", apologised=True, offered_new_time=True), at=NOW)
    ask(world, client, "")
    assert len(alerts(world)) == 1


@pytest.mark.parametrize(
    ("addresses", "alarm"),
    [
        (("192.0.2.7", "192.0.2.200"), 0),
        (("192.0.2.7", "198.51.100.7"), 1),
        (("2001:db8:0:1::7", "2001:db8:0:1:ffff::9"), 0),
        (("2001:db8:0:1::7", "2001:db8:0:2::7"), 1),
    ],
)
def test_two_scans_from_two_networks_at_once_raise_an_alert(addresses, alarm, world, client):
    a_visit(world).told()
    for address in addresses:
        ask(world, client, "", environ_overrides={"REMOTE_ADDR": address})
    assert len(alerts(world)) == alarm


@pytest.mark.parametrize(("later", "alarm"), [(timedelta(minutes=5), 1), (timedelta(minutes=5, seconds=1), 0)])
def test_from_two_places_more_than_five_minutes_apart_is_a_days_work(later, alarm, world, client, clock):
    a_visit(world).told()
    ask(world, client, "", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    clock.move_to(NOW + later)
    world.now = NOW + later
    ask(world, client, "", environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert len(alerts(world)) == alarm


def test_where_a_badge_was_scanned_is_forgotten_within_the_hour_and_leads_back_to_nobody(world, client, clock):
    a_visit(world).told()
    ask(world, client, "", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    with world.database.reading(None) as session:
        (first,) = session.scalars(select(RecentScan))
    assert re.fullmatch(r"[0-9a-f]{16}", first.net)
    clock.move_to(NOW + HOUR + SECOND)
    world.now = NOW + HOUR + SECOND
    ask(world, client, "", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    with world.database.reading(None) as session:
        (left,) = session.scalars(select(RecentScan))
    assert left.id != first.id


def test_the_same_network_has_another_name_each_day():
    from fieldvisit.doorway.scans import network

    assert network("192.0.2.7", b"k", NOW) == network("192.0.2.99", b"k", NOW)
    assert network("192.0.2.7", b"k", NOW) != network("192.0.2.7", b"k", NOW + DAY)
    assert network("192.0.2.7", b"k", NOW) != network("192.0.2.7", b"another home", NOW)
    assert network("no address", b"k", NOW) == ""


def test_only_a_fresh_answer_is_looked_at(world, client):
    scan(client, badge_of(world))
    scan(client, badge_of(world), "A" * 10)
    with world.database.reading(None) as session:
        assert session.scalars(select(RecentScan)).all() == []
    assert alerts(world) == []


def test_an_alert_that_cannot_be_raised_changes_no_answer(world, client, monkeypatch):
    before = ask(world, client, "").data

    def breaks(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("fieldvisit.doorway.scans.look_at", breaks)
    assert ask(world, client, "").data == before


def test_the_desk_reads_of_it_and_goes_to_the_badge(world, client, signed_in):
    ask(world, client, "")
    page = signed_in("olive").get("/office/tasks").text
    assert "A badge was shown where it should not be" in page
    assert f'href="/office/badges/{badge_of(world)}"' in page
