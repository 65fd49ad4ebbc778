"""Every file of a vault, missing or wrong: who starts says which; nobody makes a lost one anew. And copies, on both databases."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit import create_app
from fieldvisit.config import Config, ConfigError, make_keys
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.safeguarding import delivery
from fieldvisit.vault import copies, record, setup
from fieldvisit.vault.check import at_start, problems
from fieldvisit.vault.keys import DATA, NAMES, SEAL, SIGN
from fieldvisit.vault.models import Act, Box, Destruction
from fieldvisit.vault.opening import insist, open_vault
from fieldvisit.vault.store import VaultError
from tests.vault_house import SECRET, House, a_vault, seal
from tests.world import NOW

PUBLIC, BASE = "vault.pub.json", "vault.db"
COMMAND = [sys.executable, "-c", "import sys; from fieldvisit.cli import main; sys.exit(main(sys.argv[1:]))"]


@pytest.fixture
def made(tmp_path: Path) -> Config:
    home = tmp_path / "home"
    make_keys(Config(home=home))
    a_vault(home).store.dispose()
    return Config(home=home, policy="melton", database_url=f"sqlite:///{home / 'fieldvisit.db'}")


def path_of(config: Config, name: str) -> Path:
    folder = {PUBLIC: config.keys, BASE: config.vault_folder}.get(name, config.vault_folder / "keys")
    return folder / name


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def nonsense(path: Path) -> None:
    path.write_bytes(b"{nonsense" * 100)


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE something (id)")
    path.chmod(0o600)


def open_to_all(path: Path) -> None:
    path.chmod(0o644)


WRONG = [
    (SEAL, missing, "seal.jwk is missing"), (SIGN, missing, "sign.jwk is missing"), (DATA, missing, "data.key is missing"),
    (PUBLIC, missing, "vault.pub.json is missing"), (BASE, missing, "vault.db is missing or empty"),
    (SEAL, empty, "seal.jwk is broken"), (SIGN, empty, "sign.jwk is broken"), (DATA, empty, "data.key is broken"),
    (PUBLIC, empty, "vault.pub.json cannot be read"), (BASE, empty, "vault.db is missing or empty"),
    (SEAL, nonsense, "seal.jwk is broken"), (SIGN, nonsense, "sign.jwk is broken"), (DATA, nonsense, "data.key is broken"),
    (PUBLIC, nonsense, "vault.pub.json cannot be read"), (BASE, nonsense, "vault.db cannot be used"),
    (BASE, another_database, "vault.db is missing or empty"),
    (SEAL, open_to_all, "seal.jwk can be read by others"), (SIGN, open_to_all, "sign.jwk can be read by others"),
    (DATA, open_to_all, "data.key can be read by others"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wrong", "says"), WRONG, ids=lambda one: getattr(one, "__name__", str(one).split()[0])
)
def test_a_file_that_is_missing_or_wrong_stops_every_start_and_is_named(
    made: Config, policy: Policy, name: str, wrong: Callable[[Path], None], says: str
):
    path = path_of(made, name)
    wrong(path)
    before = path.exists()
    for start in (
        lambda: create_app(made),
        lambda: insist(made, policy),
        lambda: open_vault(made, policy),
        lambda: copies.backup(made, made.home / "copy", NOW),
    ):
        with pytest.raises(ConfigError, match=says):
            start()
    assert any(says in one for one in problems(made, policy, NOW))
    assert path.exists() is before, "nothing was made in its place"
    if name == BASE and before and wrong is not nonsense:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'vault'").fetchone() == (0,)


@pytest.mark.parametrize("name", [*NAMES, PUBLIC, BASE])
def test_a_file_of_another_vault_stops_every_start_and_is_named(
    made: Config, policy: Policy, tmp_path: Path, name: str
):
    other = a_vault(tmp_path / "other")
    other.store.dispose()
    shutil.copy(path_of(other.config, name), path_of(made, name))
    says = {SEAL: "seal.jwk is not the pair", SIGN: "sign.jwk is not the pair", PUBLIC: "not the pair of .*pub.json"}
    with pytest.raises(VaultError, match=says.get(name, "data.key is not the one that this vault's database")):
        open_vault(made, policy)


@pytest.mark.parametrize("name", NAMES)
def test_set_up_makes_nothing_where_a_part_of_a_vault_is(tmp_path: Path, name: str):
    config = Config(home=tmp_path, policy="melton")
    lost = config.vault_folder / "keys" / name
    lost.parent.mkdir(parents=True)
    lost.write_bytes(b"x")
    with pytest.raises(VaultError, match=r"holds a vault already\. Nothing was changed"):
        setup.make(config, demo=True)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name]


@pytest.mark.parametrize(("name", "says"), [(BASE, "is there without its keys"), (PUBLIC, "is there already")])
def test_set_up_says_what_is_in_its_way(tmp_path: Path, name: str, says: str):
    config = Config(home=tmp_path, policy="melton")
    path_of(config, name).parent.mkdir(parents=True, exist_ok=True)
    path_of(config, name).write_bytes(b"x")
    with pytest.raises(VaultError, match=says):
        setup.make(config, demo=True)


@pytest.mark.parametrize("command", [["serve", "--port", "1"], ["worker", "--once"], ["vault", "watch", "--once"]])
def test_a_lost_database_stops_the_real_commands_with_a_sentence(made: Config, command: list[str]):
    (made.vault_folder / BASE).unlink()
    env = os.environ | {"FIELDVISIT_HOME": str(made.home), "FIELDVISIT_POLICY": "melton", "DATABASE_URL": made.url}
    done = subprocess.run([*COMMAND, *command], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert f"{made.vault_folder.resolve() / BASE} is missing or empty" in done.stderr
    assert "fieldvisit vault restore DIR" in done.stderr
    assert not (made.vault_folder / BASE).exists()


def test_a_database_that_is_lost_while_the_rest_runs_makes_reports_wait(made: Config, policy: Policy):
    box = seal(open_vault(made, policy).keys.public["seal"], {"facts": SECRET})
    (made.vault_folder / BASE).unlink()
    with pytest.raises(delivery.VaultAwayError, match="VaultError"):
        delivery.hand_over(made, policy, box, NOW)
    assert not (made.vault_folder / BASE).exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "is missing"), (b"", "is broken"), (b"{}", "is broken"), (b'{"seal": {}, "sign": {}}', "is broken"),
     (b'{"seal": 1, "sign": []}', "is broken")],
)  # fmt: skip
def test_a_web_server_whose_vault_is_elsewhere_says_when_it_cannot_seal(
    tmp_path: Path, content: bytes | None, says: str
):
    config = Config(home=tmp_path, policy="melton", vault_url="http://127.0.0.1:9")
    make_keys(config)
    if content is not None:
        config.vault_public_key.write_bytes(content)
    [said] = at_start(config)
    assert f"{config.vault_public_key} {says}" in said and "nobody can send" in said


def test_with_its_keys_still_there_a_lost_database_comes_back_from_the_copy(
    made: Config, policy: Policy, tmp_path: Path
):
    house = House(open_vault(made, policy)).enrol("lena")
    case = house.case_of(house.send())
    copy = copies.backup(made, tmp_path / "copy", NOW)
    house.vault.store.dispose()
    for path in made.vault_folder.glob("vault.db*"):
        path.unlink()
    copies.restore(made, copy.folder, copy.keys)
    house.vault = open_vault(made, policy)
    assert house.open(house.staying("lena"), "lena", case).reports[0][1]["facts"] == SECRET


def test_a_copy_does_not_come_back_beside_other_keys(made: Config, tmp_path: Path):
    copy = copies.backup(made, tmp_path / "copy", NOW)
    (made.vault_folder / BASE).unlink()
    (made.vault_folder / "keys" / DATA).write_bytes(b"k" * 32)
    with pytest.raises(VaultError, match="holds a vault"):
        copies.restore(made, copy.folder, copy.keys)


# --- a vault on PostgreSQL ------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite", "postgresql to postgresql"])
def ways(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Config, Config]]:
    """Where it is now, and where it is brought back to."""
    server = request.getfixturevalue("postgres_server")
    names = ("vault_from", "vault_to")
    with server.admin.connect() as connection:
        for name in names:
            connection.execute(text(f"CREATE DATABASE {name}"))
    found = []
    for name, kind in zip(names, request.param.split(" to "), strict=True):
        url = server.admin.url.set(database=name).render_as_string(hide_password=False) if kind == "postgresql" else ""
        found.append(Config(home=tmp_path / name, policy="melton", vault_database_url=url))
    yield found[0], found[1]
    with server.admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_a_vault_goes_from_one_database_to_the_other_by_its_copy(
    ways: tuple[Config, Config], policy: Policy, tmp_path: Path
):
    here, there = ways
    house = House(setup.make(here, demo=True)).enrol("lena", "luca")
    case = house.case_of(house.send(danger="yes"))
    house.open(house.staying("lena"), "lena", case)
    house.enrol("lena", "luca")
    house.destroyed_case()
    copy = copies.backup(here, tmp_path / "copy", NOW)
    private = json.loads((here.vault_folder / "keys" / SEAL).read_text())["d"].encode()
    assert sorted(path.name for path in copy.folder.iterdir()) == ["manifest.json", "vault.db"]
    assert not any(private in path.read_bytes() for path in copy.folder.iterdir()) and copy.boxes == 2
    house.vault.store.dispose()
    copies.restore(there, copy.folder, copy.keys)
    assert (there.vault_folder / BASE).exists() is not bool(there.vault_database_url)
    house.vault = open_vault(there, policy)
    assert list(record.problems(house.vault.store, house.vault.keys)) == []
    with house.vault.store.reading() as session:
        assert len(session.scalars(select(Act)).all()) == 6 and session.scalars(select(Destruction)).one()
        assert sorted(session.scalars(select(Box.danger))) == [False, True]
    house.enrol("lena")
    assert house.open(house.staying("lena"), "lena", case).reports[0][1]["facts"] == SECRET
    with pytest.raises(VaultError, match="holds a vault"):
        copies.restore(there, copy.folder, copy.keys)
    house.vault.store.dispose()


# --- a vault of the release before this one -------------------------------------------------------------------------


def test_a_vault_of_the_release_before_is_brought_up_to_date_when_it_opens(house: House, policy: Policy):
    house.enrol("lena", "luca")
    case = house.case_of(house.send())
    with house.vault.store.writing() as session:
        for table in ("safe_case", "box", "act"):
            where = "" if house.vault.store.is_sqlite else f" ON {table}"
            session.execute(text(f"DROP TRIGGER {table}_no_update{where}"))
        session.execute(text("DROP TABLE destruction"))
        session.execute(text("ALTER TABLE box DROP COLUMN danger"))
        session.execute(text("UPDATE vault SET version = 1"))
    house.vault.store.dispose()
    house.vault = open_vault(house.vault.config, policy)
    assert house.open(house.staying("lena"), "lena", case).reports[0][1]["facts"] == SECRET
    with pytest.raises(DBAPIError, match="only added"), house.vault.store.writing() as session:
        session.execute(text("UPDATE box SET jwe = ''"))
    house.enrol("lena", "luca")
    house.destroyed_case()


# --- errors hold nobody's data --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["the main database", "the vault's"])
def test_an_error_of_the_database_says_nothing_of_what_was_written(tmp_path: Path, which: str):
    if which == "the vault's":
        store = a_vault(tmp_path).store
        with pytest.raises(DBAPIError) as error, store.writing() as session:
            session.execute(text("INSERT INTO nowhere VALUES (:what)"), {"what": "Terry Moss of Larch Close"})
    else:
        database = Database(f"sqlite:///{tmp_path / 'main.db'}")
        with pytest.raises(DBAPIError) as error, database.writing(None) as session:
            session.execute(text("INSERT INTO nowhere VALUES (:what)"), {"what": "Terry Moss of Larch Close"})
    assert "INSERT INTO nowhere" in str(error.value) and "Terry Moss" not in f"{error.value} {error.value!r}"
