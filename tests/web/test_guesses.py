"""Wrong passwords: who is locked out and who never (D8), and what else goes on while a password is checked."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldvisit.register.models import Area, FailedSignIn, Person
from fieldvisit.register.rules import KNOWN_DEVICE, STRANGERS
from fieldvisit.register.service import counted_as, hash_password, note_failed
from tests.web.signing_in import WRONG, asha, browser, enter, quick_hashes  # noqa: F401 - fixtures
from tests.world import NOW, World

ON_BOTH_DATABASES = True

# What no row of a database decides: once is enough.
pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def guesses(client: FlaskClient, count: int) -> list[int]:
    return [enter(client, WRONG).status_code for _ in range(count)]


def test_strangers_together_have_ten_guesses_in_five_minutes(asha: World):
    answers = [enter(browser(asha), WRONG).status_code for _ in range(STRANGERS.most + 1)]
    assert answers == [422] * 10 + [429]


def test_then_not_even_the_right_password_helps_a_stranger(asha: World):
    guesses(browser(asha), STRANGERS.most)
    answer = enter(browser(asha))
    assert answer.status_code == 429
    assert "Wait 5 minutes" in answer.text


@pytest.mark.parametrize(("seconds", "status"), [(-1, 429), (0, 303), (1, 303)])
def test_after_five_minutes_a_stranger_may_try_again(asha: World, clock, seconds: int, status: int):
    guesses(browser(asha), STRANGERS.most)
    clock.move_to(asha.now + STRANGERS.within + timedelta(seconds=seconds))
    assert enter(browser(asha)).status_code == status


def test_a_flood_of_strangers_never_locks_a_phone_that_is_known(asha: World):
    phone = browser(asha)
    enter(phone)
    phone.post("/sign-out", headers=_token(phone))
    for _ in range(5):
        guesses(browser(asha), STRANGERS.most)
    assert enter(browser(asha)).status_code == 429
    assert enter(phone, **_form_token(phone)).status_code == 303


def test_nor_does_it_touch_somebody_who_is_signed_in(asha: World, signed_in):
    client = signed_in("asha")
    guesses(browser(asha), 3 * STRANGERS.most)
    assert client.get("/today").status_code == 200


def test_a_known_phone_has_five_guesses_of_its_own(asha: World):
    phone = browser(asha)
    enter(phone)
    phone.post("/sign-out", headers=_token(phone))
    answers = [enter(phone, WRONG, **_form_token(phone)).status_code for _ in range(KNOWN_DEVICE.most + 1)]
    assert answers == [422] * 5 + [429]
    assert enter(browser(asha)).status_code == 303, "another browser is not locked out by it"


def test_a_phone_that_is_known_to_one_is_a_stranger_to_another(asha: World):
    phone = browser(asha)
    enter(phone)
    phone.post("/sign-out", headers=_token(phone))
    token = _form_token(phone)
    tries = [enter(phone, WRONG, email="ben@council.example", **token).status_code for _ in range(STRANGERS.most + 1)]
    assert tries[-1] == 429


def test_a_device_cookie_of_ones_own_making_makes_no_known_phone(asha: World):
    client = browser(asha)
    client.set_cookie("__Host-fv-device", "eyJkZXZpY2UiOiJ4In0.forged", domain="localhost")
    assert guesses(client, STRANGERS.most + 1)[-1] == 429


# --- checking a password takes its time ---------------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch):
    """While a password is being checked, something else happens."""
    from fieldvisit.register import service

    check = service.is_right

    def also(act):
        def slowly(claim, password):
            act()
            return check(claim, password)

        monkeypatch.setattr(service, "is_right", slowly)

    return also


def test_others_may_write_while_a_password_is_checked(asha: World, meanwhile):
    def writes() -> None:
        with asha.database.writing(None) as session:
            session.add(Area(name="East"))

    meanwhile(writes)
    assert enter(browser(asha)).status_code == 303


@pytest.mark.parametrize("change", [{"password_hash": hash_password("another-long-password")}, {"disabled_at": NOW}])
def test_who_was_shut_out_meanwhile_does_not_come_in(asha: World, meanwhile, change):
    def shut_out() -> None:
        with asha.database.writing(None) as session:
            for name, value in change.items():
                setattr(session.get_one(Person, asha.ids["asha"]), name, value)

    meanwhile(shut_out)
    assert enter(browser(asha)).status_code == 422


def test_many_guesses_at_one_instant_are_no_more_than_as_many_in_turn(asha: World, meanwhile):
    def guess() -> None:
        with asha.database.writing(None) as session:
            who = counted_as(asha.app.config["SECRET_KEY"], "asha@council.example", None)
            for _ in range(STRANGERS.most):
                note_failed(session, who, asha.now)

    meanwhile(guess)
    assert enter(browser(asha)).status_code == 429


@pytest.mark.parametrize("email", ["asha@council.example", "ben@council.example", "nobody@council.example"])
def test_a_password_is_checked_whether_or_not_there_is_such_a_person(asha: World, monkeypatch, email: str):
    from fieldvisit.register import service

    class Counted:
        checked = 0

        def verify(self, kept: str, password: str) -> bool:
            Counted.checked += 1
            return real.verify(kept, password)

        def hash(self, password: str) -> str:
            return real.hash(password)

    real = service._hasher
    monkeypatch.setattr(service, "_hasher", Counted())
    enter(browser(asha), WRONG, email)
    assert Counted.checked == 1


def test_what_is_kept_of_a_guess_names_nobody(asha: World):
    guesses(browser(asha), 1)
    with asha.database.reading(None) as session:
        row = session.scalars(select(FailedSignIn)).one()
    assert re.fullmatch(r"[0-9a-f]{64}", row.who)


def test_old_guesses_are_forgotten(asha: World, clock):
    guesses(browser(asha), 3)
    clock.move_to(asha.now + timedelta(days=1, minutes=1))
    guesses(browser(asha), 1)
    with asha.database.reading(None) as session:
        assert session.scalar(select(func.count(FailedSignIn.id))) == 1


def _form_token(client: FlaskClient) -> dict[str, str]:
    """As a browser has it: from the page."""
    client.environ_base.pop("HTTP_X_CSRFTOKEN", None)
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert found
    return {"csrf_token": found[1]}


def _token(client: FlaskClient) -> dict[str, str]:
    """A signed-in browser's: its session was made anew, so the token of before is none."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-out").text)
    assert found
    return {"X-CSRFToken": found[1]}
