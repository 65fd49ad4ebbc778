"""The commands as somebody types them: what they print, and what they answer to the shell."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from fieldvisit.cli import main
from fieldvisit.desk.check import problems
from tests.stories import a_visit
from tests.world import NOW, World


def run(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(words)
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture
def new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIELDVISIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "home"


def test_a_home_is_set_up_once_and_never_overwritten(new_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("init", "--council", "melton", capsys=capsys)[0] == 0
    key = (new_home / "keys" / "session.key").read_bytes()
    code, _, said = run("init", "--council", "melton", capsys=capsys)
    assert (code, (new_home / "keys" / "session.key").read_bytes()) == (1, key)
    assert "set up already" in said


def test_keys_can_be_read_by_their_owner_only(new_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", capsys=capsys)
    assert {path.stat().st_mode & 0o777 for path in (new_home / "keys").iterdir()} == {0o600}


def test_a_new_home_is_whole(new_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", capsys=capsys)
    code, said, _ = run("check", capsys=capsys)
    assert (code, "Everything is whole." in said) == (0, True)


def test_a_council_that_is_not_there_is_said_in_a_sentence(new_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = run("init", "--council", "atlantis", capsys=capsys)
    assert (code, "atlantis" in said, "Traceback" in said) == (1, True, False)


def test_a_command_that_is_not_one_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fly"])
    assert stopped.value.code == 2


def test_a_bad_line_of_json_is_answered_and_the_rest_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = b'not json\n{"id": 2, "clock": "riddor", "at": "2026-12-08T09:00:00Z"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    code, said, _ = run("rules", "deadline", capsys=capsys)
    answers = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert "error" in answers[0]
    assert (answers[1]["id"], answers[1]["due"]) == (2, "2026-12-18T23:59:59+00:00")


def test_the_rules_need_no_database_and_no_home(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fieldvisit.cli", "rules", "notice"], input=b"", capture_output=True,
        env={"PATH": "/usr/bin", "FIELDVISIT_HOME": str(tmp_path / "nowhere"), "PYTHONPATH": str(Path.cwd())}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr, (tmp_path / "nowhere").exists()) == (0, b"", False)


def test_every_clause_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, said, _ = run("clauses", "--json", capsys=capsys)
    rows = json.loads(said)
    assert len(rows) == 287
    assert {"id", "document", "section", "duty", "how", "where", "tests"} <= set(rows[0])


def test_every_address_says_who_may_use_it(new_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("init", capsys=capsys)
    _, said, _ = run("routes", "--json", capsys=capsys)
    rows = {(row["url"], tuple(row["methods"])): row for row in json.loads(said)}
    assert rows["/events", ("POST",)]["face"] == "field"
    assert rows["/office/plan", ("GET",)]["who"] == ["officer"]


# --- check ------------------------------------------------------------------------------------------------------


def found(world: World) -> list[str]:
    config = world.app.extensions["fv_config"]
    return list(problems(config, world.database, world.policy, NOW.date()))


def test_visits_that_nobody_touched_are_whole(world: World) -> None:
    a_visit(world).done()
    a_visit(world, lead="ben").at_the_door().answered().refused()
    assert found(world) == []


def test_a_cached_column_that_somebody_changed_is_found(world: World) -> None:
    story = a_visit(world).done()
    with world.database.as_owner(write=True).begin() as connection:
        connection.execute(text("UPDATE visit SET outcome = 'refused'"))
    assert [problem for problem in found(world) if "outcome" in problem and story.row().ref in problem]


@pytest.mark.parametrize(
    "harm", ["UPDATE entry SET skew_s = 5 WHERE position = 3", "DELETE FROM entry WHERE position = 12"]
)
def test_a_line_that_was_changed_or_lost_behind_our_back_is_found(world: World, harm: str) -> None:
    a_visit(world).done()
    disarm = (
        ["DROP TRIGGER entry_no_update", "DROP TRIGGER entry_no_delete", "PRAGMA foreign_keys = OFF"]
        if world.database.is_sqlite
        else ["DROP TRIGGER entry_append_only ON entry", "SET session_replication_role = replica"]
    )
    with world.database.as_owner(write=True).connect() as connection:
        for statement in (*disarm, "DELETE FROM words", "DELETE FROM envelope", "DELETE FROM arrival", harm):
            connection.execute(text(statement))
        connection.commit()
    assert any("log" in problem for problem in found(world))


def test_an_envelope_that_was_swapped_is_found(world: World) -> None:
    a_visit(world).done()
    with world.database.as_owner(write=True).begin() as connection:
        connection.execute(text("UPDATE envelope SET sig = (SELECT max(sig) FROM envelope)"))
    assert any("not what the phone signed" in problem for problem in found(world))
