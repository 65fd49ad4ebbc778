"""'Danger now' and 'still there' at the phone line: 999 once more, whoever has the duty is called and told nothing, the badge."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit import worker
from fieldvisit.badges.models import Badge
from fieldvisit.breaches import routes
from fieldvisit.breaches.danger import ASKED_FOR, FOR_ONE, call_again
from fieldvisit.config import Config
from fieldvisit.ground.roles import CHECKING
from fieldvisit.jobs import Work
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.desk_calls import KIND
from fieldvisit.messages.models import Message
from fieldvisit.register.models import Person, PersonDuty
from fieldvisit.tasks import Task, TaskAsked, raise_task
from tests.web.test_intake_line import NAMELESS, SAID, read_back, take
from tests.world import LONG_AGO, World

ON_BOTH_DATABASES = True
THERE = {
    "still_there": "yes",
    "happened_where": "Flat 3, Mill House, LE13 9AB",
}  # in the north, where dora has the duty
ASKS = "The phone line asks for you now: ring it<"


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


DORAS = 'Dora Quill: <a class="govuk-link" href="tel:07700900207">'


def test_that_somebody_was_called_is_said_only_where_something_left_for_them(
    world: World, hana: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = read_back(hana, SAID | THERE)
    assert "was called" not in shown and "Ring the duty officer yourself, now." in shown and DORAS in shown
    monkeypatch.setattr(routes, "_ways_out", lambda: ("email",))
    shown = read_back(hana, SAID | THERE | {"k": "b" * 32, "same": "no"})
    assert "The duty officer was called" in shown and DORAS in shown and "Otto" not in shown
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["dora"]).email = None
    assert "was called" not in read_back(hana, SAID | THERE | {"k": "c" * 32, "same": "no"})


def test_no_number_is_shown_of_who_is_named_or_near_or_of_another_area_or_where_nobody_is_in_danger(
    world: World, hana: FlaskClient
) -> None:
    assert "Dora" not in read_back(hana, SAID | {"happened_where": THERE["happened_where"]})
    fresh = (SAID | THERE | {"k": f"{number:032}", "same": "no"} for number in range(9))
    assert "Dora" not in read_back(hana, next(fresh) | {"about_id": world.ids["dora"], "badge_number": ""})
    shown = read_back(hana, next(fresh) | {"about_whom": "She said that she is Dora"})
    assert "Dora" not in shown and "Otto" in shown
    with world.database.writing(None) as session:
        [north] = [one for one in session.get_one(Person, world.ids["ines"]).areas if one.area_id == world.ids["North"]]
        north.ends = LONG_AGO
    assert DORAS not in read_back(world.client("ines"), next(fresh))
    assert DORAS not in read_back(world.client("dora"), next(fresh)), "she knows her own"


def test_whoever_bears_the_name_that_was_said_is_not_called_and_somebody_else_is(
    world: World, hana: FlaskClient
) -> None:
    take(hana, SAID | THERE | {"about_id": "", "badge_number": "", "about_whom": "She said that she is Dora"})
    assert called(world) == asked(world) == ["otto"]


def test_whoever_has_an_anonymous_caller_on_the_line_is_given_the_number(hana: FlaskClient) -> None:
    assert DORAS in read_back(hana, NAMELESS | THERE)


def test_whoever_has_the_duty_there_is_asked_for_at_once_and_told_nothing(world: World, hana: FlaskClient) -> None:
    assert "A task asks for them" in read_back(hana, SAID | THERE)
    assert (called(world), asked(world)) == (["dora"], ["dora"])
    [call], tasks = rows(world, Message), {task.kind: task for task in rows(world, Task)}
    for secret in ("concern", "danger", "Mill House", "Joan", "MB-1003", "shouted"):
        assert secret not in f"{call.subject} {call.body}"
    assert tasks.keys() == {"line_asks", "complaint"} and tasks["line_asks"].due_at == world.now
    take(hana, SAID | THERE)
    assert called(world) == ["dora"]  # pressed twice


@pytest.mark.parametrize(("sms", "texted"), [("notify", ["07700900207"]), ("screen", [])])
def test_where_texts_go_out_they_have_one_as_well_that_says_as_little(
    world: World, hana: FlaskClient, monkeypatch: pytest.MonkeyPatch, sms: str, texted: list[str]
) -> None:
    """By the settings with which this server was started: what is kept for the screen calls nobody."""
    monkeypatch.setitem(world.app.extensions, "fv_config", SimpleNamespace(sending=Sending(sms=sms, email="smtp")))
    take(hana, SAID | THERE)
    calls = rows(world, Message)
    assert [call.to for call in calls if call.channel == "sms"] == texted
    assert [call.to for call in calls if call.channel == "email"] == ["dora@council.example"]
    for call in calls:
        for secret in ("concern", "danger", "Mill House", "Joan", "MB-1003", "shouted", "Carl"):
            assert secret not in f"{call.subject} {call.body}"


def test_what_waits_for_a_text_is_sent_by_the_worker_at_once(
    world: World, hana: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_ways_out", lambda: ("sms", "email"))
    take(hana, SAID | THERE)
    [text] = [call for call in rows(world, Message) if call.channel == "sms"]
    assert [work.due_at <= world.now for work in rows(world, Work) if work.subject_id == text.id] == [True]


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


def the_call(world: World) -> str:
    """The one task of it, by its address."""
    [task] = [task for task in rows(world, Task) if task.kind == "line_asks"]
    return f"/office/tasks/{task.id}"


def shown(world: World, ref: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", world.client(ref).get("/office/tasks").text).split())


def press(world: World, ref: str, act: str, seen: str = "") -> tuple[int, str]:
    answer = world.client(ref).post(f"{the_call(world)}/{act}", data={"seen": world.ids.get(seen, "")})
    return answer.status_code, answer.text


def test_it_is_one_thing_to_do_and_whoever_takes_it_shows_the_others(
    world: World, hana: FlaskClient, clock: Any
) -> None:
    take(hana, SAID | {"danger_now": "yes"})
    assert "Nobody has taken it yet." in shown(world, "otto")
    assert press(world, "dora", "take")[0] == 303
    assert "You took it at" in shown(world, "dora") and "Dora Quill took it at" in shown(world, "otto")
    status, page = press(world, "otto", "take")  # from a page that is older
    assert status == 409 and "Dora Quill took it first, at" in page
    assert press(world, "otto", "done")[0] == 409 and asked(world) == ["dora", "otto"]
    clock.move_to(world.now + timedelta(minutes=2))
    assert press(world, "otto", "take", seen="dora")[0] == 303  # who saw it and does it instead
    assert "Otto Brandt took it at" in shown(world, "dora")


def rings(world: World, *minutes: float) -> None:
    """As the worker does it, every round."""
    for minute in minutes:
        call_again(world.database, world.now + timedelta(minutes=minute), world.policy, ("email",))


def test_until_somebody_has_taken_it_they_are_called_again(world: World, hana: FlaskClient) -> None:
    take(hana, SAID | {"danger_now": "yes"})
    rings(world, 0, 1, 4.9)
    assert called(world) == ["dora", "otto"]
    rings(world, 5, 5.5, 9)
    assert called(world) == ["dora", "dora", "otto", "otto"]
    press(world, "otto", "take")
    rings(world, 10, 15)
    assert len(called(world)) == 4
    press(world, "otto", "done")
    press(world, "dora", "again")
    rings(world, 20)
    assert called(world) == ["dora"] * 3 + ["otto"] * 3
    press(world, "dora", "done")
    rings(world, 25, 90)
    assert len(called(world)) == 6


def test_it_is_the_worker_process_that_calls_again(
    world: World, hana: FlaskClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(hana, SAID | THERE)
    monkeypatch.setattr(worker, "now", lambda: world.now + timedelta(minutes=5))
    monkeypatch.setattr(worker, "_one", lambda *_: False)
    config = Config(home=tmp_path, email="smtp", smtp_host="mail.example", smtp_from="desk@council.example")
    worker.run(world.database, config, world.policy, once=True)
    assert called(world) == ["dora", "dora"]


def test_it_stands_above_whatever_is_overdue_also_on_the_first_page(world: World, hana: FlaskClient) -> None:
    """Whoever signs in because a message asked them to finds it, however much else waits."""
    with world.database.writing(None) as session:
        for number in range(9):
            raise_task(
                session, "no_access", cause=f"old {number}", about="visit", about_id="0" * 32,
                area_id=world.ids["North"], at=world.now - timedelta(days=9), due=world.now - timedelta(days=8),
            )  # fmt: skip
    take(hana, SAID | THERE)
    for address in ("/office", "/office/tasks"):
        page = world.client("dora").get(address).text
        assert 0 < page.index(ASKS) < page.index("Nobody answered")


def test_once_it_is_done_the_others_see_who_did_it_and_when(world: World, hana: FlaskClient) -> None:
    take(hana, SAID | {"danger_now": "yes"})
    press(world, "dora", "take")
    assert press(world, "dora", "done")[0] == 303
    [task] = [task for task in rows(world, Task) if task.kind == "line_asks"]
    assert task.done_at == world.now
    assert {row.person_id: row.done_at for row in rows(world, TaskAsked)} == {
        world.ids["dora"]: world.now, world.ids["otto"]: None,
    }  # fmt: skip
    assert "Dora Quill did it at" in shown(world, "otto") and "You did it at" in shown(world, "dora")
    assert "Nobody has taken it yet." not in shown(world, "otto")
    assert press(world, "otto", "take", seen="dora")[0] == 409


def test_what_nobody_did_is_open_again_for_all_of_them(world: World, hana: FlaskClient) -> None:
    take(hana, SAID | {"danger_now": "yes"})
    press(world, "otto", "done")
    assert press(world, "dora", "again")[0] == 303
    assert "Nobody has taken it yet." in shown(world, "otto") and "did it at" not in shown(world, "dora")


def test_nobody_else_sees_takes_or_ends_it(world: World, hana: FlaskClient) -> None:
    """N1 to N3: it is not there, for whoever was not called."""
    take(hana, SAID | THERE)
    for act in ("take", "done", "again"):
        assert press(world, "otto", act)[0] == press(world, "olive", act)[0] == 404
    assert asked(world) == ["dora"]
    press(world, "dora", "done")
    assert "did it at" not in shown(world, "otto")


def test_what_an_older_release_asked_of_one_person_is_still_theirs(world: World) -> None:
    with world.database.writing(None) as session:
        raise_task(
            session, ASKED_FOR, cause="line:old", about=FOR_ONE, about_id=world.ids["dora"], area_id=None, at=world.now,
            due=world.now,
        )  # fmt: skip
    assert asked(world) == ["dora"] and press(world, "otto", "done")[0] == 404
    assert press(world, "dora", "take")[0] == 404 and press(world, "dora", "done")[0] == 303
    assert asked(world) == []


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
