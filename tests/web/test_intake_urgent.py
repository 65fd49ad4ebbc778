"""'Danger now' and 'still there' at the phone line: 999 once more, whoever has the duty is called and told nothing, the badge."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.breaches import routes
from fieldvisit.ground.roles import CHECKING
from fieldvisit.messages.desk_calls import KIND
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.tasks import Task
from tests.web.test_intake_line import NAMELESS, SAID, read_back, take
from tests.world import LONG_AGO, World

ON_BOTH_DATABASES = True
THERE = {
    "still_there": "yes",
    "happened_where": "Flat 3, Mill House, LE13 9AB",
}  # in the north, where dora has the duty
ASKS = "The phone line asks for you now"


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def called(world: World) -> list[str]:
    calls = rows(world, Message)
    assert {call.kind for call in calls} <= {KIND}
    return sorted(call.to.partition("@")[0] for call in calls)


def asked(world: World) -> list[str]:
    """Who sees a task that asks for them."""
    return [ref for ref in ("olive", "dora", "otto") if ASKS in world.client(ref).get("/office/tasks").text]


@pytest.mark.parametrize("urgent", [{"danger_now": "yes"}, {"still_there": "yes"}])
def test_999_is_said_once_more_when_it_is_read_back(hana: FlaskClient, urgent: dict[str, str]) -> None:
    assert "Ring 999 now" in read_back(hana, SAID | urgent)
    assert "999" not in read_back(hana, SAID | {"k": "b" * 32, "same": "no"})


def test_whoever_has_the_duty_there_is_asked_for_at_once_and_told_nothing(world: World, hana: FlaskClient) -> None:
    assert "The duty officer was called" in read_back(hana, SAID | THERE)
    assert (called(world), asked(world)) == (["dora"], ["dora"])
    [call], tasks = rows(world, Message), {task.kind: task for task in rows(world, Task)}
    for secret in ("concern", "danger", "Mill House", "Joan", "MB-1003", "shouted"):
        assert secret not in f"{call.subject} {call.body}"
    assert tasks.keys() == {"line_asks", "complaint"} and tasks["line_asks"].due_at == world.now
    take(hana, SAID | THERE)
    assert called(world) == ["dora"]  # pressed twice


def test_where_texts_go_out_they_have_one_as_well(
    world: World, hana: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_ways_out", lambda: ("sms", "email"))
    take(hana, SAID | THERE)
    assert {(call.channel, call.to) for call in rows(world, Message)} == {
        ("email", "dora@council.example"), ("sms", "07700900207"),
    }  # fmt: skip


def test_nobody_is_called_where_nobody_is_in_danger(world: World, hana: FlaskClient) -> None:
    take(hana, SAID | {"happened_where": THERE["happened_where"]})
    assert (called(world), asked(world)) == ([], [])


def test_without_an_address_whoever_has_the_duty_anywhere_is_called(world: World, hana: FlaskClient) -> None:
    take(hana, SAID | {"danger_now": "yes"})
    assert called(world) == asked(world) == ["dora", "otto"]


@pytest.mark.parametrize(
    "about", ["dora", "another account of hers", "who answers to her", "her badge, as it was read out"]
)
def test_whom_it_is_about_and_whoever_is_near_are_not_called(world: World, hana: FlaskClient, about: str) -> None:
    said = SAID | THERE | {"about_id": world.ids["dora"], "badge_number": ""}
    with world.database.writing(None) as session:
        dora, olive = session.get_one(Person, world.ids["dora"]), session.get_one(Person, world.ids["olive"])
        session.add(PersonDuty(person_id=olive.id, duty="duty", area_id=world.ids["North"], starts=LONG_AGO))
        if about == "another account of hers":
            olive.phone = dora.phone
        if about == "who answers to her":
            olive.manager_id = dora.id
        number = session.scalars(select(Badge.number).where(Badge.person_id == dora.id)).one()
    if about == "her badge, as it was read out":
        said |= {"about_id": "", "badge_number": number}
    before = {address: world.client("dora").get(address).text for address in ("/office", "/office/tasks")}
    take(hana, said)
    near = about in ("another account of hers", "who answers to her")
    assert called(world) == asked(world) == (["otto"] if near else ["olive"])
    once = r'value="[^"]*"|hx-headers:inherited=\'[^\']*\'|data-[a-z]+="[^"]*"'
    for address, page in before.items():
        assert re.sub(once, "", world.client("dora").get(address).text) == re.sub(once, "", page)


def test_of_an_anonymous_call_nobody_is_called_and_the_page_says_so(world: World, hana: FlaskClient) -> None:
    """T31: the minute of the call would be that of the caller. Whoever has them on the line rings."""
    shown = read_back(hana, NAMELESS | THERE | {"danger_now": "yes"})
    assert "Ring 999 now" in shown and "Ring the duty officer yourself, now." in shown
    assert (called(world), asked(world)) == ([], [])


def test_the_one_who_is_asked_for_takes_it_off_their_list(world: World, hana: FlaskClient) -> None:
    take(hana, SAID | {"danger_now": "yes"})
    mine = next(task for task in rows(world, Task) if task.about_id == world.ids["dora"])
    assert world.client("otto").post(f"/office/tasks/{mine.id}/done").status_code == 404
    assert world.client("dora").post(f"/office/tasks/{mine.id}/done").status_code == 303
    assert asked(world) == ["otto"]


# --- the badge ----------------------------------------------------------------------------------------------------


def state_of(world: World, ref: str) -> str:
    with world.database.reading(None) as session:
        return session.scalars(select(Badge.state).where(Badge.person_id == world.ids[ref])).one()


def test_whoever_takes_the_call_may_stop_the_badge_of_whom_it_is_about_and_nothing_stops_it_by_itself(
    world: World, hana: FlaskClient
) -> None:
    answer = take(hana, SAID | THERE | {"about_id": world.ids["carl"]})
    page = hana.get(answer.headers["Location"]).text
    assert "Stop badge MB-1003 now" in page and state_of(world, "carl") == "active"
    [address] = re.findall(r'action="(/office/badges/[^"]+/suspend)"', page)
    assert hana.post(address).status_code == 303
    assert state_of(world, "carl") == "suspended"
    assert "Stop badge" not in read_back(hana, SAID | {"k": "c" * 32, "about_id": world.ids["carl"]})  # it is stopped


def test_who_may_not_stop_a_badge_and_who_knows_nobody_is_offered_none(world: World, hana: FlaskClient) -> None:
    assert "Stop badge" not in read_back(hana, SAID | THERE)  # a number that was only heard
    assert "Stop badge" not in read_back(world.client("ines"), SAID | {"k": "b" * 32, "about_id": world.ids["carl"]})


# --- also a complaint? --------------------------------------------------------------------------------------------


def test_the_receipt_says_whether_it_is_a_complaint(hana: FlaskClient) -> None:
    assert "It is also a complaint" in read_back(hana)
    nameless = read_back(hana, NAMELESS | {"k": "b" * 32, "same": "no"})
    assert "Without a name it cannot be a complaint" in nameless and "It is also a complaint" not in nameless
    assert "As you said, it is no complaint" in read_back(
        hana, SAID | {"k": "d" * 32, "is_complaint": "no", "same": "no"}
    )
    said_no = read_back(hana, NAMELESS | {"k": "c" * 32, "is_complaint": "no", "same": "no"})
    assert "As you said, it is no complaint" in said_no


def test_the_form_says_so_where_they_choose(hana: FlaskClient) -> None:
    form = hana.get("/office/intake").text
    assert (
        form.index("They stay anonymous")
        < form.index("Without a name it cannot be a complaint")
        < form.index("caller_name")
    )
