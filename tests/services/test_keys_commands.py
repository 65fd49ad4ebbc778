"""`fieldvisit keys`, and what a start and a check say of the file that opens photos and signatures."""

from pathlib import Path
from typing import Any

import pytest

from fieldvisit.cli import main
from fieldvisit.config import ConfigError, load_config
from fieldvisit.evidence import kek
from fieldvisit.evidence.console import insist


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A home of its own, and what the commands there print."""
    monkeypatch.setenv("FIELDVISIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    run("init")
    return run


def path_in(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys" / "evidence.kek"


def test_a_new_home_says_where_its_key_lies_its_mark_and_that_no_backup_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIELDVISIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    main(["init"])
    said = capsys.readouterr().out
    assert main(["check"]) == 0
    for told in (said, capsys.readouterr().out):
        assert f"{path_in(tmp_path)} opens the photos and signatures. No backup holds it" in told
        assert kek.read(path_in(tmp_path)).current in told


def test_rotating_and_retiring_say_what_was_done_and_what_to_keep(typed: Any, tmp_path: Path) -> None:
    before = kek.read(path_in(tmp_path)).current
    assert typed("keys", "retire")[1] == "There is no older key. Nothing was changed.\n"
    code, said, _ = typed("keys", "rotate")
    after = kek.read(path_in(tmp_path))
    assert (code, after.older) == (0, (before,))
    assert "0 homes’ keys lie under the new key." in said and after.current in said
    assert "as long as you keep backups of before today" in said
    code, said, _ = typed("keys", "retire")
    assert (code, f"Forgotten: {before}." in said, kek.read(path_in(tmp_path)).older) == (0, True, ())
    assert typed("check")[0] == 0


def spoil(path: Path) -> None:
    path.write_text(path.read_text().replace("fvkek1", "fvkek9"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Path.unlink, "is missing"),
        (lambda path: path.chmod(0o644), "can be read by others. Run: chmod 600"),
        (spoil, "is damaged, or is no key of ours"),
    ],
)
def test_the_check_names_the_file_and_what_is_wrong_with_it(typed: Any, tmp_path: Path, wrong: Any, said: str) -> None:
    path = path_in(tmp_path)
    wrong(path)
    code, _, told = typed("check")
    assert (code, [line for line in told.splitlines() if str(path) in line and said in line] != []) == (1, True)
    assert typed("keys", "rotate")[0] == 1


@pytest.mark.parametrize("wrong", [lambda path: path.chmod(0o644), spoil])
def test_whoever_makes_or_shows_pictures_does_not_start_with_a_wrong_file(
    typed: Any, tmp_path: Path, wrong: Any
) -> None:
    wrong(path_in(tmp_path))
    with pytest.raises(ConfigError, match=rf"{path_in(tmp_path)} .*--face verify --face field"):
        insist(load_config())
    code, _, said = typed("worker", "--once")
    assert (code, str(path_in(tmp_path)) in said, "Traceback" in said) == (1, True, False)


def test_a_home_of_an_earlier_release_gets_its_key_at_the_first_start_and_is_told(
    typed: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path_in(tmp_path).unlink()
    insist(load_config())
    assert f"{path_in(tmp_path)} opens the photos" in capsys.readouterr().out
    assert typed("check")[0] == 0


def test_the_file_may_lie_outside_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "usb" / "council.kek"
    monkeypatch.setenv("FIELDVISIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FIELDVISIT_EVIDENCE_KEK_FILE", str(elsewhere))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["init"]) == 0
    assert elsewhere.exists() and not path_in(tmp_path).exists()
    assert main(["check"]) == 0
