"""A report for the vault on its way through the main server: taken in whatever happened, and seen by nobody (R4, N3, F44)."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey
from pydantic import SecretStr
from sqlalchemy import func, select
from werkzeug.serving import make_server

from fieldvisit import create_app
from fieldvisit.config import Config
from fieldvisit.db import Base
from fieldvisit.desk.check import problems
from fieldvisit.ground.roles import BOXES, CHECKING
from fieldvisit.jobs import LEASE, Work
from fieldvisit.outbox.explain import explain
from fieldvisit.outbox.models import Held, Phone
from fieldvisit.outbox.wire import Sent
from fieldvisit.safeguarding import delivery, service
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.safeguarding.rules import LONGEST_WAIT, SIZES
from fieldvisit.tasks import Task
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.store import VaultError
from fieldvisit.visits.models import Entry
from tests.phone_double import Phone as PhoneDouble
from tests.stories import Story, a_phone, a_visit
from tests.world import NOW, World

WORD = "marigold"
FACTS = f"She said: {WORD}."


@pytest.fixture
def seal(home: Any) -> Callable[..., str]:
    """As static/js/matter-seal.js does it."""
    public = json.loads((home / "keys" / "vault.pub.json").read_bytes())["seal"]

    def sealed(facts: str = FACTS, size: int = 4096) -> str:
        report = {"v": 1, "kind": "report", "said": {"facts": facts}, "pad": ""}
        report["pad"] = "0" * (size - len(json.dumps(report)))
        header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": public["kid"]}
        plain = json.dumps(report)
        return jwe.encrypt_compact(header, plain, ECKey.import_key(public), algorithms=["ECDH-ES", "A256GCM"])

    return sealed


def save(phone: PhoneDouble, box: str, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return phone.save("box", None, {"size": 4096, "sealed": box}, at, kv=2, **more)  # type: ignore[arg-type]


def boxes(world: World) -> list[SealedBox]:
    with world.database.reading(BOXES) as session:
        return list(session.scalars(select(SealedBox).order_by(SealedBox.received_at, SealedBox.id)))


def count(world: World, model: type[Base]) -> int:
    with world.database.reading(CHECKING) as session:
        return session.scalar(select(func.count()).select_from(select(model).subquery())) or 0


def missing(world: World, phone: PhoneDouble) -> tuple[int, int]:
    with world.database.reading(CHECKING) as session:
        row = session.scalars(select(Phone).where(Phone.device == phone.device)).one()
        return row.missing, row.queued


def in_the_home(world: World) -> Story:
    return a_visit(world).in_the_home()


# --- it comes in


def test_it_is_no_line_of_any_log_and_has_a_number_of_arrival_like_everything(world: World, seal: Any) -> None:
    story = in_the_home(world)
    entries, tasks, state = count(world, Entry), count(world, Task), story.state()
    save(story.phone, seal())
    story.phone.save("home.checked", story.visit_id, {"done": []}, story.at)
    told = story.phone.send(story.at + timedelta(minutes=1))
    assert [result["status"] for result in told] == ["accepted", "accepted"]
    assert sorted(result["server_seq"] for result in told) == [told[1]["server_seq"], told[1]["server_seq"] + 1]
    assert (count(world, Entry), count(world, Held), count(world, Task)) == (entries + 1, 0, tasks)
    assert [entry.position for entry in _log(world, story)] == list(range(1, entries + 2))
    assert story.state().stage == state.stage
    assert missing(world, story.phone) == (0, 0)


def _log(world: World, story: Story) -> list[Entry]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Entry).where(Entry.visit_id == story.visit_id).order_by(Entry.position)))


def test_sent_again_and_again_it_is_one(world: World, seal: Any) -> None:
    phone = a_phone(world, "asha")
    item = save(phone, seal())
    told = [phone.send(NOW, [item])[0] for _ in range(3)]
    assert [result["status"] for result in told] == ["accepted", "duplicate", "duplicate"]
    assert len({result["server_seq"] for result in told}) == 1
    assert len(boxes(world)) == count(world, Work) == 1


def test_neither_envelope_nor_visit_nor_person_is_kept_beside_it(world: World, seal: Any) -> None:
    phone = a_phone(world, "asha")
    item, box = save(phone, sealed := seal()), sealed
    phone.send(NOW)
    [row] = boxes(world)
    kept = json.dumps({column.name: str(getattr(row, column.name)) for column in SealedBox.__table__.columns})
    assert row.jwe == box
    for word in (item["jwe"], item["sig"], phone.grant, world.ids["asha"]):
        assert word not in kept


@pytest.mark.parametrize("what", ["revoked", "disabled", "no badge"])
def test_it_is_taken_in_whatever_has_become_of_phone_and_person(world: World, seal: Any, what: str) -> None:
    from fieldvisit.badges.models import Badge
    from fieldvisit.register.models import Grant, Person

    phone = a_phone(world, "asha")
    save(phone, seal())
    with world.database.writing(None) as session:
        if what == "revoked":
            session.get_one(Grant, phone.grant).revoked_at = NOW - timedelta(days=1)
        elif what == "disabled":
            session.get_one(Person, world.ids["asha"]).disabled_at = NOW - timedelta(days=1)
        else:
            badge = session.get_one(Badge, world.ids["badge of asha"])
            badge.state, badge.state_changed_at = "revoked", NOW - timedelta(days=1)
    assert phone.send(NOW)[0]["status"] == "accepted"
    assert count(world, Held) == 0


def test_two_under_one_number_are_both_carried_and_nobody_is_shown_either(world: World, seal: Any) -> None:
    phone = a_phone(world, "asha")
    first = save(phone, seal("one"))
    phone.seq -= 1
    save(phone, seal("two"), uuid=first["uuid"])
    assert [result["status"] for result in phone.send(NOW)] == ["accepted", "accepted"]
    assert (len(boxes(world)), count(world, Held)) == (2, 0)


def test_a_changed_bit_stays_on_the_phone(world: World, seal: Any) -> None:
    phone = a_phone(world, "asha")
    item = save(phone, seal())
    spoiled = item | {"jwe": item["jwe"][:-1] + ("A" if item["jwe"][-1] != "A" else "B")}
    assert phone.send(NOW, [spoiled])[0]["code"] == "bad-signature"
    assert boxes(world) == []


@pytest.mark.parametrize(
    ("kv", "body"),
    [(3, {"size": 1, "sealed": "x", "new": 1}), (2, {"size": 1, "sealed": "in clear"}), (2, {}), (2, None)],
)
def test_what_this_release_cannot_read_stays_on_the_phone_and_is_never_held(world: World, kv: int, body: Any) -> None:
    phone = a_phone(world, "asha")
    phone.save("box", None, body, NOW, kv=kv)  # type: ignore[arg-type]
    told = [phone.send(NOW, phone.kept)[0] for _ in range(7)]
    assert {(result["status"], result["code"]) for result in told} == {("retry", "not-read")}
    assert (boxes(world), count(world, Held)) == ([], 0)


def test_an_old_apps_box_is_read_and_there_is_nothing_to_hand_over(world: World) -> None:
    story = in_the_home(world).says("box", size=10)
    assert story.results[-1]["status"] == "accepted"
    assert ([row.jwe for row in boxes(world)], missing(world, story.phone)) == ([None], (0, 0))
    with world.database.reading(None) as session:
        assert session.scalars(select(Work).where(Work.kind == service.WORK)).all() == []


def test_the_check_and_the_envelopes_explanation_say_nothing_of_it(world: World, seal: Any, home: Any) -> None:
    phone = a_phone(world, "asha")
    item = save(phone, box := seal())
    phone.send(NOW)
    config = Config.model_construct(home=home)
    assert not [line for line in problems(config, world.database, world.policy, NOW.date()) if "box" in line]
    with world.database.reading(CHECKING) as session:
        said, wrong = explain(session, Sent.model_validate(item), world.app.extensions["fv_intake_key"])
    told = "\n".join([*said, *wrong])
    assert box[:60] not in told and "box" not in told and "4096" not in told


# --- it is handed over


@pytest.fixture
def vault(world: World, home: Any, works: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """The vault of this test's home, with a database of its own; `away` takes it away."""
    works.config.vault_database_url = f"sqlite:///{tmp_path / 'vault.db'}"
    open_vault(works.config, world.policy, make=True).store.dispose()
    real, state = delivery.hand_over, {"away": False}

    def hand_over(*asked: Any) -> service.Receipt:
        if state["away"]:
            raise delivery.VaultAwayError("away")
        return real(*asked)

    monkeypatch.setattr(delivery, "hand_over", hand_over)
    return state


def receipts(world: World, phone: PhoneDouble, uuid: str) -> list[dict[str, str]]:
    answer = world.app.test_client().get(f"/entries/{uuid}?device={phone.device}", headers={"Host": "localhost"})
    assert (answer.status_code, answer.headers["X-FieldVisit-Proto"]) == (200, "1")
    found: list[dict[str, str]] = answer.get_json()["receipts"]
    return found


def test_once_the_vault_has_signed_the_seal_goes_and_the_sender_may_have_the_receipt(
    world: World, seal: Any, vault: Any, works: Any
) -> None:
    phone = a_phone(world, "asha")
    item = save(phone, box := seal())
    phone.send(NOW)
    assert receipts(world, phone, item["uuid"]) == []
    works()
    [row] = boxes(world)
    assert (row.jwe, row.delivered_at) == (None, NOW)
    [receipt] = receipts(world, phone, item["uuid"])
    assert receipt["sha256"] == service.digest_of(box) == row.sha256
    keys = world.app.jinja_env.globals["vault_keys"]
    said = receipt["sha256"], receipt["number"], receipt["received_at"]
    assert keys.signed(*said, receipt["signature"])  # type: ignore[attr-defined]
    assert not keys.signed(*said[:2], receipt["received_at"] + "0", receipt["signature"])  # type: ignore[attr-defined]
    assert receipts(world, a_phone(world, "ben"), item["uuid"]) == []


@pytest.mark.parametrize("size", SIZES)
def test_each_size_goes_all_the_way(world: World, seal: Any, vault: Any, works: Any, size: int) -> None:
    phone = a_phone(world, "asha")
    save(phone, seal(size=size))
    assert phone.send(NOW)[0]["status"] == "accepted"
    works()
    assert boxes(world)[0].jwe is None


def test_while_the_vault_is_down_it_waits_for_ever_and_goes_when_the_vault_is_back(
    world: World, seal: Any, vault: Any, works: Any, clock: Any
) -> None:
    phone = a_phone(world, "asha")
    item = save(phone, seal())
    phone.send(NOW)
    vault["away"], at = True, NOW
    for _ in range(30):
        works()
        at += LONGEST_WAIT
        clock.move_to(at)
    assert boxes(world)[0].jwe is not None
    assert receipts(world, phone, item["uuid"]) == []
    vault["away"] = False
    works()
    assert boxes(world)[0].jwe is None
    assert len(receipts(world, phone, item["uuid"])) == 1


def test_a_vault_that_was_given_back_its_keys_is_opened_again(
    world: World, seal: Any, vault: Any, works: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(phone := a_phone(world, "asha"), seal())
    phone.send(NOW)
    with monkeypatch.context() as lost:
        lost.setattr("fieldvisit.vault.opening.open_vault", _no_vault)
        works()
    assert boxes(world)[0].jwe is not None
    clock.move_to(NOW + LONGEST_WAIT)
    works()
    assert boxes(world)[0].jwe is None


def _no_vault(*_: Any) -> Any:
    raise VaultError("The vault does not start.")


@pytest.mark.parametrize("spoilt", ["number", "sha256", "received_at", "signature"])
def test_what_the_vault_did_not_sign_is_no_receipt(
    world: World, seal: Any, works: Any, vault: Any, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    save(phone := a_phone(world, "asha"), seal())
    phone.send(NOW)
    here = delivery._here

    def forged(*asked: Any) -> dict[str, Any]:
        told = here(*asked)
        return told | {spoilt: told[spoilt][:-2] + "AB"}

    monkeypatch.setattr(delivery, "_here", forged)
    works()
    [row] = boxes(world)
    assert (row.jwe is None, row.number) == (False, "")


def test_the_same_report_from_a_restored_server_gets_the_same_receipt(
    world: World, seal: Any, vault: Any, works: Any, home: Any
) -> None:
    box = seal()
    config, policy = works.config, world.policy
    first, again = (delivery.hand_over(config, policy, box, NOW + timedelta(days=day)) for day in (0, 1))
    assert first == again
    assert open_vault(config, policy)


def test_a_receipt_that_nobody_asks_for_is_forgotten_after_thirty_days(
    world: World, seal: Any, vault: Any, works: Any, clock: Any
) -> None:
    item = save(phone := a_phone(world, "asha"), seal())
    phone.send(NOW)
    works()
    clock.move_to(NOW + timedelta(days=31))
    works()
    assert receipts(world, phone, item["uuid"]) == []
    assert phone.send(NOW, [item])[0]["status"] == "duplicate"


@pytest.mark.parametrize("place", ["work_taken", "after_vault"])
def test_a_worker_that_dies_before_it_could_write_down_the_receipt_gets_the_same_one_again(
    world: World, seal: Any, vault: Any, works: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    save(phone := a_phone(world, "asha"), seal())
    phone.send(NOW)

    def dies(name: str) -> None:
        if name == place:
            raise SystemExit

    with monkeypatch.context() as killed, pytest.raises(SystemExit):
        killed.setattr("fieldvisit.worker.reach", dies)
        works()
    assert boxes(world)[0].jwe is not None
    clock.move_to(NOW + LEASE + timedelta(seconds=1))
    works()
    [row] = boxes(world)
    assert row.jwe is None and len(row.number) == 8


TOKEN = "a word by chance that both of them know"


@pytest.fixture
def elsewhere(home: Any, database: Any, works: Any, policy: Any, tmp_path: Any) -> Iterator[Config]:
    """The vault as a process of its own would serve it; the settings of a sender."""
    settings = {"home": home, "host": "localhost", "policy": "melton", "vault_token": SecretStr(TOKEN)}
    settings |= {"vault_database_url": f"sqlite:///{tmp_path / 'elsewhere.db'}"}
    open_vault(Config.model_construct(**settings), policy, make=True).store.dispose()
    server = make_server("localhost", 0, create_app(Config.model_construct(**settings), ("vault",), database=database))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Config.model_construct(**settings, vault_url=f"http://localhost:{server.server_port}")
    server.shutdown()


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_vault_elsewhere_signs_over_http_for_whoever_knows_the_word(
    world: World, seal: Any, elsewhere: Config
) -> None:
    box = seal(size=SIZES[-1])
    receipt = delivery.hand_over(elsewhere, world.policy, box, NOW)
    assert (receipt.sha256, len(receipt.number)) == (service.digest_of(box), 8)
    assert receipt.received_at.startswith("2026-12-08T09:00:00")
    assert delivery.hand_over(elsewhere, world.policy, box, NOW) == receipt
    wrong = elsewhere.model_copy(update={"vault_token": SecretStr("another word of twenty-four letters")})
    gone = elsewhere.model_copy(update={"vault_url": "http://localhost:1"})
    for config in (wrong, gone):
        with pytest.raises(delivery.VaultAwayError):
            delivery.hand_over(config, world.policy, box, NOW)
