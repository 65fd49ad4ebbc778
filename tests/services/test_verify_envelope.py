"""`fieldvisit verify-envelope FILE`: years later, was it this phone that wrote exactly this?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fieldvisit.cli import main
from fieldvisit.register.models import Grant
from tests.stories import Story, a_visit
from tests.world import NOW, World


@pytest.fixture
def verify(
    world: World, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Any], tuple[int, str, str]]:
    monkeypatch.setenv("FIELDVISIT_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", world.database.url.render_as_string(hide_password=False))

    def run(what: Any) -> tuple[int, str, str]:
        file = tmp_path / "envelope.json"
        file.write_text(what if isinstance(what, str) else json.dumps(what))
        code = main(("verify-envelope", str(file)))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def story(world: World) -> Story:
    story = a_visit(world).told()
    story.phone.save("visit.late", story.visit_id, {"minutes": 20}, NOW)
    return story


def test_an_entry_of_the_log_is_explained_and_found_there(verify: Any, world: World, story: Story) -> None:
    story.phone.send(NOW)
    code, said, wrong = verify(story.phone.kept[0])
    assert (code, wrong) == (0, "")
    for words in (
        "Asha Kaur",
        "good. This phone wrote exactly this",
        '"minutes": 20',
        story.row().ref,
        "the same bytes",
    ):
        assert words in said


def test_one_that_was_never_sent_is_good_and_not_here(verify: Any, story: Story) -> None:
    code, said, _ = verify(story.phone.kept[0])
    assert (code, "it is not here" in said) == (0, True)


def test_a_held_one_is_told_with_its_reason(verify: Any, world: World, story: Story) -> None:
    item = story.phone.save("visit.late", "f" * 32, {"minutes": 1}, NOW)
    story.phone.send(NOW)
    assert "There is no visit" in verify(item)[1]


def test_a_withdrawn_phone_is_told_with_its_time(verify: Any, world: World, story: Story) -> None:
    with world.database.writing(None) as session:
        session.get_one(Grant, story.phone.grant).revoked_at = NOW
    assert "withdrawn Tuesday 8 December 2026, 9am" in verify(story.phone.kept[0])[1]


@pytest.mark.parametrize("change", [{"seq": 2}, {"sig": "A" * 86}, {"uuid": "0f8b6a9e-1c2d-4e5f-8a9b-0c1d2e3f4a5b"}])
def test_whatever_was_changed_shows(verify: Any, story: Story, change: dict[str, Any]) -> None:
    code, _, wrong = verify(story.phone.kept[0] | change)
    assert (code, "NOT good" in wrong) == (1, True)


def test_other_bytes_than_the_logs_show(verify: Any, story: Story) -> None:
    story.phone.send(NOW)
    first, phone = story.phone.kept[0], story.phone
    phone.seq -= 1
    other = phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW, uuid=first["uuid"])
    code, said, wrong = verify(other)
    assert (code, "OTHER bytes" in wrong, "good. This phone" in said) == (1, True, True)


def test_a_grant_that_nobody_gave_shows(verify: Any, story: Story) -> None:
    code, _, wrong = verify(story.phone.kept[0] | {"grant": "f" * 32})
    assert (code, "nobody can say" in wrong) == (1, True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"grant": 3}', '{"grant":"a","uuid":"x","seq":-1}'])
def test_a_file_that_is_no_envelope_is_said_in_a_sentence(verify: Any, text: str) -> None:
    code, _, wrong = verify(text)
    assert (code, "this is no envelope" in wrong, "Traceback" in wrong) == (1, True, False)


def test_a_file_that_is_not_there_is_said_too(verify: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("verify-envelope", str(tmp_path / "nowhere.json"))) == 1
    assert "nowhere.json" in capsys.readouterr().err
