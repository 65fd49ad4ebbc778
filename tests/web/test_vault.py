"""The vault's pages: nothing without a code, nothing at all for who is named, and a process of its own that really runs."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from fieldvisit import create_app
from fieldvisit.config import Config, make_keys
from fieldvisit.vault import copies, setup, watch
from fieldvisit.vault.check import problems
from fieldvisit.vault.keys import DATA, SEAL, SIGN, VaultKeyError, VaultKeys
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.store import VaultError
from tests.vault_house import SECRET, STEP, WHY, House, a_vault, seal
from tests.world import NOW, World

TOKEN = "the word that the spool and the vault share"


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    vault = a_vault(tmp_path, vault_token=SecretStr(TOKEN))
    world.app.extensions["fv_vault"] = vault
    yield House(vault).enrol("lena", "luca", "ines", ids=world.ids)
    vault.store.dispose()


def comes_in(world: World, house: House, ref: str) -> FlaskClient:
    client = world.client(ref)
    answer = client.post("/safe/come-in", data={"code": house.code(ref, NOW - STEP)})
    assert answer.status_code == 303
    return client


def opens(client: FlaskClient, house: House, case: str, ref: str = "lena", **changes: str) -> Any:
    form = {"reason": "new", "why": WHY, "code": house.code(ref, NOW)} | changes
    return client.post(f"/safe/{case}/open", data=form)


def without_what_always_differs(page: str) -> str:
    return re.sub(r'(name="csrf_token" value|X-CSRFToken": )[="]*[^"]+"', "", page)


# --- the door -----------------------------------------------------------------------------------------------------


def test_without_a_code_there_is_a_door_and_nothing_behind_it(world: World, house: House):
    number = house.send().number
    client = world.client("lena")
    assert number not in client.get("/safe").text
    for path in ("/safe/record", f"/safe/{'a' * 32}"):
        assert client.get(path).location == "/safe"


def test_a_wrong_code_stays_outside(world: World, house: House):
    answer = world.client("lena").post("/safe/come-in", data={"code": "000 000"})
    assert answer.status_code == 422 and "used before" in answer.text


def test_whoever_is_not_enrolled_is_told_how_to_be(world: World, house: House):
    from fieldvisit.vault import doors
    from fieldvisit.vault.models import Reader

    with house.vault.store.writing() as session:
        doors.end(session, session.get_one(Reader, house.readers["lena"]), NOW)
    assert "not enrolled" in world.client("lena").get("/safe").text


def test_the_embedded_vault_says_on_its_first_page_that_it_is(world: World, house: House):
    assert "shares its process with the rest" in world.client("lena").get("/safe").text


def test_nothing_of_it_is_kept_by_a_browser(world: World, house: House):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    for answer in (
        client.get("/safe"),
        client.get(f"/safe/{case}"),
        opens(client, house, case),
        client.get("/safe/record"),
    ):
        assert answer.headers["Cache-Control"] == "no-store", answer.request.path


# --- reading ------------------------------------------------------------------------------------------------------


def test_the_words_stand_in_the_answer_to_the_opening_and_nowhere_else(world: World, house: House):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    before = client.get(f"/safe/{case}").text
    opened = opens(client, house, case)
    after = client.get(f"/safe/{case}").text
    assert opened.status_code == 200 and SECRET in opened.text
    assert SECRET not in before + after + client.get("/safe").text + client.get("/safe/record").text


def test_opening_asks_for_reason_words_and_a_new_code_and_loses_nothing_that_was_typed(world: World, house: House):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    for changes, says in (
        ({"reason": ""}, "Choose why"),
        ({"why": "short"}, "10 characters"),
        ({"code": "1"}, "not right"),
    ):
        answer = opens(client, house, case, **changes)
        assert answer.status_code == 422 and says in answer.text and SECRET not in answer.text
        assert "why" in changes or WHY in answer.text


def test_a_step_is_recorded_and_a_wrong_one_keeps_what_was_typed(world: World, house: House):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")
    key = re.search(r'name="k" value="([0-9a-f]{32})"', opens(client, house, case).text)
    assert key
    wrong = client.post(f"/safe/{case}/triaged", data={"k": key[1], "triaged_why": "The lilac account"})
    assert wrong.status_code == 422 and "The lilac account" in wrong.text and "Choose who it is about" in wrong.text
    form = {"k": key[1], "triaged_about": "adult", "triaged_worker": "no", "triaged_why": "The lilac account"}
    right = client.post(f"/safe/{case}/triaged", data=form)
    assert right.status_code == 303
    page = client.get(right.location).text
    assert "Recorded: Triaged." in page and "The lilac account" not in page


def test_an_investigator_gets_404_for_what_nobody_shared_and_has_no_forms(world: World, house: House):
    case = house.case_of(house.send())
    client = comes_in(world, house, "ines")
    assert client.get(f"/safe/{case}").status_code == 404
    assert client.post(f"/safe/{case}/note", data={"k": "a" * 32, "note_what": "x"}).status_code == 404


def test_who_is_named_gets_the_same_bytes_with_the_report_and_without(world: World, house: House):
    house.send(facts="Something else")
    watch.watch(house.vault, NOW)
    client = comes_in(world, house, "lena")

    def crawl(case: str) -> list[tuple[int, str]]:
        asked = (client.get("/safe"), client.get("/safe/record"), client.get(f"/safe/{case}"), client.get("/office"))
        return [(one.status_code, without_what_always_differs(one.text)) for one in asked]

    without = crawl("f" * 32)
    named = house.case_of(house.send(named_staff="Lena Osei", who_harms="Lena"))
    watch.watch(house.vault, NOW)
    house.vault.store.dispose()
    assert crawl(named) == without


def test_a_named_lead_and_a_case_that_never_was_get_the_same_answer_to_an_opening(world: World, house: House):
    named = house.case_of(house.send(named_staff="Lena Osei"))
    client = comes_in(world, house, "lena")
    first = opens(client, house, named)
    second = opens(client, house, "f" * 32, code=house.code("lena", NOW + STEP))
    assert (first.status_code, first.text) == (second.status_code, second.text) and first.status_code == 404


def test_a_vault_that_cannot_write_says_so_and_opens_nothing(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
):
    case = house.case_of(house.send())
    client = comes_in(world, house, "lena")

    def full(name: str) -> None:
        if name == "vault_record":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("fieldvisit.vault.record.reach", full)
    answer = opens(client, house, case)
    assert answer.status_code == 503 and SECRET not in answer.text and "Nothing was opened" in answer.text


# --- boxes --------------------------------------------------------------------------------------------------------


def posts(world: World, body: str, token: str = TOKEN, **headers: str) -> Any:
    return world.app.test_client().post(
        "/boxes", data=body, headers={"Authorization": f"Bearer {token}"} | headers, base_url="http://localhost"
    )


def test_a_box_comes_in_by_the_token_and_sets_no_cookie(world: World, house: House):
    answer = posts(world, seal(house.vault.keys.public["seal"], {"facts": SECRET}))
    assert answer.status_code == 200 and set(answer.json) == {"number", "sha256", "received_at", "signature"}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "something else"])
def test_without_the_token_no_box_is_taken(world: World, house: House, token: str):
    assert posts(world, "x", token).status_code == 401


def test_what_is_no_box_and_what_is_too_large(world: World, house: House):
    assert posts(world, "not a box").status_code == 422
    assert posts(world, "x" * (400 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    ("ago", "counts"), [(timedelta(hours=3), True), (-timedelta(seconds=1), False), (timedelta(days=61), False)]
)
def test_the_clocks_begin_when_the_report_reached_us(world: World, house: House, ago: timedelta, counts: bool):
    said = (NOW - ago).isoformat()
    answer = posts(world, seal(house.vault.keys.public["seal"], {}), **{"X-FieldVisit-Received": said})
    assert answer.json["received_at"].startswith((NOW - ago if counts else NOW).strftime("%Y-%m-%dT%H:%M:%S"))


# --- keys, copies ---------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path) -> Config:
    vault = a_vault(tmp_path)
    vault.store.dispose()
    return vault.config


@pytest.mark.parametrize("name", [SEAL, SIGN, DATA])
def test_a_missing_key_is_named(made: Config, name: str):
    (made.vault_folder / "keys" / name).unlink()
    with pytest.raises(VaultError, match=rf"{name} is missing.*vault restore"):
        open_vault(made)
    assert any(f"{name} is missing" in one for one in problems(made, _policy(), NOW))


@pytest.mark.parametrize("name", [SEAL, SIGN, DATA])
def test_a_key_that_others_can_read_is_named(made: Config, name: str):
    (made.vault_folder / "keys" / name).chmod(0o640)
    with pytest.raises(VaultError, match=rf"{name} can be read by others. Run: chmod 600"):
        open_vault(made)


@pytest.mark.parametrize(
    ("name", "says"), [(SEAL, "not the pair of"), (SIGN, "not the pair of"), (DATA, "not the one that")]
)
def test_a_key_of_another_vault_is_named(made: Config, tmp_path: Path, name: str, says: str):
    other = a_vault(tmp_path / "other").config
    shutil.copy(other.vault_folder / "keys" / name, made.vault_folder / "keys" / name)
    with pytest.raises(VaultError, match=says):
        open_vault(made)


def test_a_broken_key_is_named(made: Config):
    (made.vault_folder / "keys" / SEAL).write_text("{}")
    with pytest.raises(VaultError, match="broken"):
        open_vault(made)


def test_a_vault_that_is_not_for_trying_out_wants_the_councils_own_schedule_and_contact(made: Config):
    (made.vault_folder / "demo").unlink()
    with pytest.raises(VaultError) as refused:
        open_vault(made)
    for name in ("keep_adult_years", "keep_child_years", "outside_name", "outside_phone", "outside_email"):
        assert f"safeguarding.{name}" in str(refused.value)


def test_a_vault_is_never_made_over_another(made: Config):
    with pytest.raises(VaultError, match="Nothing was changed"):
        setup.make(made, demo=True)


def test_the_vault_comes_back_from_its_backup_with_its_own_key(made: Config, tmp_path: Path):
    house = House(open_vault(made)).enrol("lena")
    case = house.case_of(house.send())
    copy = copies.backup(made, tmp_path / "copy", NOW)
    shutil.rmtree(made.vault_folder)
    copies.restore(made, copy.folder, copy.keys)
    house.vault = open_vault(made)
    assert house.open(house.staying("lena"), "lena", case).reports[0][1]["facts"] == SECRET


def test_the_copy_without_its_keys_opens_nothing_and_holds_none(made: Config, tmp_path: Path):
    House(open_vault(made)).send()
    copy = copies.backup(made, tmp_path / "copy", NOW)
    assert sorted(path.name for path in copy.folder.iterdir()) == ["manifest.json", "vault.db"]
    private = json.loads((made.vault_folder / "keys" / SEAL).read_text())["d"].encode()
    assert not any(private in path.read_bytes() for path in copy.folder.iterdir())


@pytest.mark.parametrize("harm", ["cut", "no keys", "keys of another"])
def test_a_backup_that_is_not_whole_changes_nothing(made: Config, tmp_path: Path, harm: str):
    copy = copies.backup(made, tmp_path / "copy", NOW)
    if harm == "cut":
        (copy.folder / "vault.db").write_bytes((copy.folder / "vault.db").read_bytes()[:-200])
    elif harm == "no keys":
        copy.keys.unlink()
    else:
        other = a_vault(tmp_path / "other")
        shutil.copy(copies.backup(other.config, tmp_path / "others", NOW).keys, copy.keys)
    shutil.rmtree(made.vault_folder)
    with pytest.raises((VaultError, VaultKeyError)):
        copies.restore(made, copy.folder, copy.keys)
    assert not made.vault_folder.exists()


def _policy() -> Any:
    from fieldvisit.ground.policy import load_policy

    return load_policy("melton")


# --- apart ----------------------------------------------------------------------------------------------------------


def test_where_the_vault_is_elsewhere_the_web_process_has_no_key_that_opens_and_no_page(world: World, tmp_path: Path):
    elsewhere = a_vault(tmp_path / "vault-machine").config
    home = tmp_path / "web"
    make_keys(Config(home=home))
    shutil.copy(elsewhere.vault_public_key, home / "keys")
    config = Config.model_construct(
        home=home, database_url="sqlite://", policy="melton", vault_url="http://127.0.0.1:9"
    )
    app = create_app(config, ("verify", "field", "office"), database=world.database)
    assert app.test_client().get("/safe", base_url="http://localhost").status_code == 404
    with pytest.raises(VaultKeyError, match="missing"):
        VaultKeys(config.vault_folder / "keys", config.vault_public_key)
    private = json.loads((elsewhere.vault_folder / "keys" / SEAL).read_text())["d"].encode()
    assert not any(private in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_vault_in_a_process_of_its_own_takes_a_box_and_signs_for_it(tmp_path: Path):
    web, home = tmp_path / "web", tmp_path / "vault"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "import sys; from fieldvisit.cli import main; sys.exit(main(sys.argv[1:]))"]
    web_env = os.environ | {"FIELDVISIT_HOME": str(web)}
    subprocess.run([*command, "init"], env=web_env, check=True, capture_output=True)
    env = os.environ | {
        "FIELDVISIT_HOME": str(home), "DATABASE_URL": f"sqlite:///{web / 'fieldvisit.db'}",
        "FIELDVISIT_VAULT_TOKEN": TOKEN, "PORT": str(port),
    }  # fmt: skip
    subprocess.run([*command, "vault", "init", "--demo"], env=env, check=True, capture_output=True)
    public = json.loads((home / "keys" / "vault.pub.json").read_text())["seal"]
    served = subprocess.Popen([*command, "vault", "serve"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait_for(lambda: urllib.request.urlopen(f"{base}/healthz", timeout=2).status == 200)
        ask = urllib.request.Request(
            f"{base}/boxes", data=seal(public, {"facts": SECRET}).encode(), headers={"Authorization": f"Bearer {TOKEN}"}
        )
        answer = json.loads(urllib.request.urlopen(ask, timeout=10).read())
        assert len(answer["number"]) == 8
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{base}/office/visits", timeout=5)
    finally:
        served.send_signal(signal.SIGTERM)
        out, err = served.communicate(timeout=20)
    assert SECRET.encode() not in out + err
    assert not (web / "vault").exists() and (home / "vault" / "vault.db").exists()


def _wait_for(works: Callable[[], bool]) -> None:
    for _ in range(150):
        try:
            if works():
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the vault did not start")
