"""The file that opens the keys: made once, named by one sentence when it is wrong, and never half written."""

import os
import stat
from pathlib import Path

import pytest

from fieldvisit.evidence import kek
from fieldvisit.evidence.kek import KekError, NotOursError, lock, make, read, replace, unlock

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make(tmp_path / "evidence.kek")
    return tmp_path / "evidence.kek"


def test_a_new_file_is_its_owners_alone_and_is_read_as_it_was_made(tmp_path: Path) -> None:
    made = make(tmp_path / "keys" / "evidence.kek")
    path = tmp_path / "keys" / "evidence.kek"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path) == made
    with pytest.raises(FileExistsError):
        make(path)
    assert read(path) == made


def test_what_was_wrapped_comes_back_for_the_same_use_alone(path: Path) -> None:
    ring = read(path)
    mark, wrapped = ring.wrap(KEY, "home 1")
    assert ring.unwrap(mark, wrapped, "home 1") == KEY
    assert KEY not in wrapped
    for other in ((mark, wrapped, "home 2"), (mark, wrapped[:-1], "home 1"), ("0" * 16, wrapped, "home 1")):
        with pytest.raises(NotOursError):
            ring.unwrap(*other)


def test_the_same_words_are_never_the_same_bytes_twice() -> None:
    assert lock(KEY, b"x", "") != lock(KEY, b"x", "")
    assert unlock(KEY, lock(KEY, b"x", "a"), "a") == b"x"
    for sealed in (b"", b"short", lock(KEY, b"x", "b")):
        with pytest.raises(NotOursError):
            unlock(KEY, sealed, "a")


def test_a_new_key_stands_first_and_the_old_ones_still_open(path: Path) -> None:
    old = read(path)
    mark, wrapped = old.wrap(KEY, "home 1")
    replace(path, old.with_a_new_one())
    ring = read(path)
    assert (ring.current != mark, ring.older, ring.unwrap(mark, wrapped, "home 1")) == (True, (mark,), KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    replace(path, ring.current_alone())
    assert (read(path).current, read(path).older) == (ring.current, ())


def test_a_file_that_is_not_there_or_is_open_to_others_is_named(tmp_path: Path, path: Path) -> None:
    with pytest.raises(KekError, match=r"nowhere\.kek is missing"):
        read(tmp_path / "nowhere.kek")
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(KekError, match=r"can be read by others\. Run: chmod 600"):
            read(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "fvkek1\n",
        "fvkek1 0123456789abcdef AAAA\n",
        "fvkek2 {mark} {key}\n",
        "fvkek1 {mark} ~~~\n",
        "é",
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_taken_from_it(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(KekError, match=r"evidence\.kek"):
        read(path)


def test_one_bit_of_the_key_is_missed(path: Path) -> None:
    lines = path.read_text().splitlines()
    flipped = lines[-1][:-3] + ("A" if lines[-1][-3] != "A" else "B") + lines[-1][-2:]
    path.write_text("\n".join([*lines[:-1], flipped]))
    with pytest.raises(KekError, match="damaged"):
        read(path)


def test_a_kill_while_it_is_written_leaves_the_one_that_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(path)

    def dies(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as failing:
        failing.setattr(kek.os, "replace", dies)
        with pytest.raises(OSError):
            replace(path, before.with_a_new_one())
    assert read(path) == before
    replace(path, before.with_a_new_one())
    assert read(path).older == (before.current,)
