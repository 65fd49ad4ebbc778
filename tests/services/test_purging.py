"""Photos and signatures leave on their day, and nothing else does (security 5.3; R3, R24)."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from fieldvisit import failpoints
from fieldvisit.backup import backup
from fieldvisit.badges.portraits import portrait
from fieldvisit.cli import main
from fieldvisit.desk.check import problems
from fieldvisit.evidence.service import path_of
from fieldvisit.evidence.store import Folder
from fieldvisit.failpoints import FailedOnPurposeError
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CHECKING, DEMO, PURGING
from fieldvisit.hazards.models import Hazard
from fieldvisit.outbox import blobs, purging
from fieldvisit.outbox.models import Attachment
from fieldvisit.safety.models import Incident
from fieldvisit.visits.access_cases import AccessCase
from fieldvisit.visits.lawful_entry_models import LawfulEntry, LawfulEntryStep
from fieldvisit.visits.models import Entry, Visit
from tests.pictures import make_all_ready
from tests.stories import Story, a_visit
from tests.world import NOW, World

PHOTO = os.urandom(3_000)
DAY, YEAR = timedelta(days=1), timedelta(days=365)
PHOTO_GOES = NOW + YEAR + DAY  # the visit ended on NOW's day
SIGNATURE_GOES = datetime(2032, 12, 9, 9, tzinfo=NOW.tzinfo)


def with_pictures(
    world: World, *, close: Callable[[Story], Any] = lambda story: story.closing().closed(), photo: bytes = PHOTO
) -> Story:
    """A photo and a signature, both here whole."""
    story = a_visit(world).at_the_door().answered().identified()
    name = story.phone.blob(b'{"v":1,"w":10,"h":10,"strokes":[[[1,1,0],[5,5,9]]]}', "application/json")
    story.phone.save(
        "consent.given", story.visit_id,
        {"who": "tenant", "adult": True, "able": True, "how": "signed", "scope": ["enter", "work"]}, story.at,
        blobs=[name],
    )  # fmt: skip
    taken = story.phone.photo(story.visit_id, photo, story.at)
    assert {result["status"] for result in story.phone.send(story.at)} == {"accepted"}
    for blob in (name["id"], taken):
        assert story.phone.put_whole(blob).get_json()["complete"]
    story.entered()
    close(story)
    return story


def rows(world: World) -> dict[str, Attachment]:
    with world.database.reading(CHECKING) as session:
        return {"signature" if "json" in row.type else "photo": row for row in session.scalars(select(Attachment))}


def folder_of(world: World) -> Path:
    return Path(world.app.extensions["fv_config"].attachments)


def store_in(world: World) -> Folder:
    return Folder(world.app.extensions["fv_config"].evidence)


def here(world: World) -> set[str]:
    """Of which the bytes lie on the disk."""
    return {kind for kind, row in rows(world).items() if path_of(folder_of(world), row.id).exists()}


def purge(world: World, at: datetime) -> int:
    return purging.purge_some(world.database, folder_of(world), store_in(world), world.policy, at).deleted


def lines(world: World) -> int:
    with world.database.reading(CHECKING) as session:
        return session.scalar(select(func.count(Entry.id))) or 0


# --- the day ------------------------------------------------------------------------------------------------------


def test_each_goes_on_its_own_day_and_the_log_stays(world: World) -> None:
    with_pictures(world)
    before = lines(world)
    assert purge(world, PHOTO_GOES - DAY) == 0
    assert here(world) == {"photo", "signature"}
    assert purge(world, PHOTO_GOES) == 1
    assert here(world) == {"signature"}
    assert rows(world)["photo"].purged_at == PHOTO_GOES
    assert purge(world, SIGNATURE_GOES - DAY) == 0
    assert purge(world, SIGNATURE_GOES) == 1
    assert (here(world), lines(world), len(rows(world))) == (set(), before, 2)
    assert purge(world, SIGNATURE_GOES + DAY) == 0


def test_a_visit_that_never_ended_keeps_its_pictures(world: World) -> None:
    with_pictures(world, close=lambda story: story.closing())
    assert (purge(world, SIGNATURE_GOES + YEAR), here(world)) == (0, {"photo", "signature"})


def test_an_open_hazard_holds_them_and_its_last_step_is_its_end(world: World) -> None:
    story = with_pictures(world, close=lambda story: story.closing().closed(hazard_seen=True))
    assert (purge(world, SIGNATURE_GOES + YEAR), here(world)) == (0, {"photo", "signature"})
    with world.database.writing(DEMO) as session:
        session.execute(update(Hazard).where(Hazard.visit_id == story.visit_id).values(stage="closed"))
    assert (purge(world, PHOTO_GOES), here(world)) == (1, {"signature"})


def test_an_open_case_of_a_door_that_said_no_holds_them(world: World) -> None:
    story = a_visit(world).at_the_door().answered()
    blob = story.phone.photo(story.visit_id, PHOTO, story.at)
    story.phone.send(story.at)
    story.phone.put_whole(blob)
    story.refused()
    goes = story.row().ended_at
    assert goes
    goes += YEAR + DAY
    assert (purge(world, goes), here(world)) == (0, {"photo"})
    with world.database.writing(DEMO) as session:
        session.execute(update(AccessCase).values(stage="closed", closed_at=goes, due_at=None))
    assert [purge(world, at) for at in (goes - DAY, goes, goes + DAY)] == [0, 0, 1]


def test_an_open_entry_without_consent_and_an_open_incident_hold_them(world: World) -> None:
    story = with_pictures(world)
    north, home = world.ids["North"], story.row().home_id
    entry = LawfulEntry(
        visit_id=story.visit_id, home_id=home, area_id=north, stage="secured", basis="police", opened_at=NOW
    )
    incident = Incident(
        ref="I-1", area_id=north, visit_id=story.visit_id, person_id=world.ids["asha"], kind="injury", happened_at=NOW,
        opened_at=NOW, keep_until=london_date(NOW + 6 * YEAR),
    )  # fmt: skip
    with world.database.writing(DEMO) as session:
        session.add_all([entry, incident])
        session.flush()
        session.add(
            LawfulEntryStep(
                lawful_entry_id=entry.id,
                position=1,
                kind="reviewed",
                at=NOW,
                made_at=NOW,
                by_id=world.ids["dora"],
                body={},
                said={},
                form_key="k",
                keep_until=london_date(NOW + 6 * YEAR),
            )
        )  # fmt: skip
    assert purge(world, PHOTO_GOES) == 0
    with world.database.writing(DEMO) as session:
        session.execute(update(Incident).values(closed_at=NOW))
    assert purge(world, PHOTO_GOES) == 0
    with world.database.writing(DEMO) as session:
        session.execute(update(Incident).values(closed_at=None))
        session.execute(update(LawfulEntry).values(stage="reviewed"))
    assert purge(world, PHOTO_GOES) == 0
    with world.database.writing(DEMO) as session:
        session.execute(update(Incident).values(closed_at=NOW))
    assert (purge(world, PHOTO_GOES), here(world)) == (1, {"signature"})


def test_a_case_that_is_opened_after_it_was_looked_at_still_holds_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = with_pictures(world, close=lambda story: story.closing().closed(hazard_seen=True))
    with world.database.writing(DEMO) as session:
        session.execute(update(Hazard).values(stage="closed"))
    was = purging._purge

    def opened_meanwhile(*args: Any) -> bool:
        with world.database.writing(DEMO) as session:
            session.execute(update(Hazard).where(Hazard.visit_id == story.visit_id).values(stage="logged"))
        return was(*args)

    monkeypatch.setattr(purging, "_purge", opened_meanwhile)
    assert (purge(world, PHOTO_GOES), here(world)) == (0, {"photo", "signature"})


# --- faults -------------------------------------------------------------------------------------------------------


def test_killed_between_the_file_and_its_mark_it_is_finished_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pictures(world)
    with monkeypatch.context() as failing:
        failing.setitem(failpoints.WANTED, "photo_removed", ("raise", ""))
        with pytest.raises(FailedOnPurposeError):
            purge(world, PHOTO_GOES)
    assert (here(world), rows(world)["photo"].purged_at) == ({"signature"}, None)
    assert purge(world, PHOTO_GOES + DAY) == 1
    assert (here(world), rows(world)["photo"].purged_at) == ({"signature"}, PHOTO_GOES + DAY)


def test_a_process_that_is_killed_between_the_two_loses_nothing_else_and_the_next_one_finishes(world: World) -> None:
    with_pictures(world)
    before, long_ago = lines(world), NOW - 8 * YEAR
    with world.database.writing(DEMO) as session:
        session.execute(update(Visit).values(ended_at=long_ago))
    env = {
        **os.environ, "FIELDVISIT_HOME": str(world.app.extensions["fv_config"].home), "FV_FAIL": "photo_removed:kill:2",
        "DATABASE_URL": world.database.url.render_as_string(hide_password=False),
    }  # fmt: skip
    said = [sys.executable, "-m", "fieldvisit.cli", "purge"]
    killed = subprocess.run(said, env=env, capture_output=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (here(world), sorted(row.purged_at is None for row in rows(world).values())) == (set(), [False, True])
    done = subprocess.run(said, env=env | {"FV_FAIL": ""}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "1 deleted.\n")
    assert (all(row.purged_at for row in rows(world).values()), lines(world)) == (True, before)


def test_a_file_that_the_disk_does_not_let_go_keeps_no_other_from_going(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pictures(world)
    stuck, remove = rows(world)["photo"].id, purging.files.remove

    def refuses(folder: Path, file_id: str) -> None:
        if file_id == stuck:
            raise PermissionError(13, "no")
        remove(folder, file_id)

    monkeypatch.setattr(purging.files, "remove", refuses)
    done = purging.purge_some(world.database, folder_of(world), store_in(world), world.policy, SIGNATURE_GOES)
    assert (done.deleted, done.stuck, here(world), rows(world)["photo"].purged_at) == (1, 1, {"photo"}, None)


def test_a_worker_deletes_them_once_a_day_a_few_at_a_time(
    world: World, works: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "AT_A_TIME", 1)
    with_pictures(world)
    world.at_the_time(PHOTO_GOES - DAY, works)
    assert here(world) == {"photo", "signature"}
    world.at_the_time(SIGNATURE_GOES, works)
    assert here(world) == set()


# --- what others see of it ----------------------------------------------------------------------------------------


def test_the_phone_is_never_asked_for_it_again(world: World) -> None:
    story = with_pictures(world)
    blob = list(story.phone.blobs)[-1]
    purge(world, SIGNATURE_GOES)
    assert all(not result.get("attachments_missing") for result in story.phone.send(NOW, story.phone.kept))
    assert story.phone.put(blob).get_json()["complete"]
    with world.database.writing(DEMO) as session:
        assert blobs.take_whole(session, story.phone.device, blob, story.phone.blobs[blob], folder_of(world), NOW)
        assert blobs.adopt(session, folder_of(world), NOW) == 0
    assert here(world) == set()


def test_one_that_never_came_is_not_asked_for_after_its_day(world: World) -> None:
    story = a_visit(world).in_the_home()
    blob = story.phone.photo(story.visit_id, PHOTO, story.at)
    story.phone.send(story.at)
    story.closing().closed()
    assert purge(world, PHOTO_GOES) == 1
    assert all(not result.get("attachments_missing") for result in story.phone.send(NOW, story.phone.kept))
    assert story.phone.put_whole(blob).get_json()["complete"]
    with world.database.writing(DEMO) as session:
        assert blobs.take_whole(session, story.phone.device, blob, story.phone.blobs[blob], folder_of(world), NOW)
    assert here(world) == set()
    path = path_of(folder_of(world), rows(world)["photo"].id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(story.phone.blobs[blob])
    with world.database.writing(DEMO) as session:
        assert blobs.adopt(session, folder_of(world), NOW) == 0


def test_the_desk_reads_that_it_was_deleted_and_has_no_link_to_it(world: World) -> None:
    story = with_pictures(world, photo=portrait(1))
    assert make_all_ready(world) == ["cleaned", "cleaned"]
    page = f"/office/visits/{story.visit_id}"
    assert "/photos/" in world.client("olive").get(page).text
    photo = rows(world)["photo"].id
    purge(world, PHOTO_GOES)
    text = world.client("olive").get(page).text
    assert "This photo was deleted on Thursday 9 December 2027, as the council’s schedule says." in text
    assert (f"/photos/{photo}" in text, "still on the phone" in text, "Signed by finger" in text) == (
        False,
        False,
        True,
    )
    assert world.client("olive").get(f"{page}/photos/{photo}").status_code == 404
    beside = world.client("olive").get(f"{page}/photos").text
    assert ("This photo was deleted on Thursday" in beside, photo in beside) == (True, False)
    purge(world, SIGNATURE_GOES)
    assert "The signature was deleted on Thursday 9 December 2032" in world.client("olive").get(page).text


def test_a_backup_does_not_miss_what_was_deleted_and_does_not_bring_it_back(world: World, tmp_path: Path) -> None:
    with_pictures(world)
    purge(world, PHOTO_GOES)
    made = backup(world.app.extensions["fv_config"], world.database, tmp_path / "b", NOW)
    assert (made.missing, made.photos) == ((), 1)
    copied = {path.name for path in (tmp_path / "b" / "attachments").rglob("*") if path.is_file()}
    assert copied == {rows(world)["signature"].id}


def test_one_that_goes_while_the_backup_is_made_is_not_missed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fieldvisit.backup as module

    with_pictures(world)
    was = module._copy_photos

    def meanwhile(*args: Any) -> Any:
        purge(world, PHOTO_GOES)
        return was(*args)

    monkeypatch.setattr(module, "_copy_photos", meanwhile)
    made = backup(world.app.extensions["fv_config"], world.database, tmp_path / "b", NOW)
    assert made.missing == ()


def told_of_files(world: World, at: datetime) -> list[str]:
    found = problems(world.app.extensions["fv_config"], world.database, world.policy, london_date(at))
    return [said for said in found if "photo" in said]


def test_the_check_names_what_is_missing_what_came_back_and_what_is_late_and_no_deleted_one(world: World) -> None:
    with_pictures(world)
    late = PHOTO_GOES + 4 * DAY
    assert told_of_files(world, PHOTO_GOES) == []
    assert ["1 photos or signatures should have been deleted" in said for said in told_of_files(world, late)] == [True]
    purge(world, late)
    assert told_of_files(world, late) == []
    photo, signature = (rows(world)[kind].id for kind in ("photo", "signature"))
    path_of(folder_of(world), photo).write_bytes(b"back")
    path_of(folder_of(world), signature).unlink()
    assert sorted(told_of_files(world, late)) == sorted(
        [f"The file of the photo {photo} is still here.", f"The file of the photo {signature} is missing."]
    )


def test_the_dry_run_counts_by_kind_and_day_and_names_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_pictures(world)
    monkeypatch.setenv("FIELDVISIT_HOME", str(world.app.extensions["fv_config"].home))
    monkeypatch.setenv("DATABASE_URL", world.database.url.render_as_string(hide_password=False))
    world.clock.move_to(PHOTO_GOES)
    assert main(["purge", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "photos: 1 to delete today",
        "  Thursday 9 December 2027: 1",
        "  no day yet, because the visit or a case of it is open: 0",
        "signatures: 0 to delete today",
        "  later: 1, the first on Thursday 9 December 2032, the last on Thursday 9 December 2032",
        "  no day yet, because the visit or a case of it is open: 0",
        "deleted so far: 0",
    ]
    assert here(world) == {"photo", "signature"}
    assert main(["purge"]) == 0
    assert (capsys.readouterr().out, here(world)) == ("1 deleted.\n", {"signature"})


def test_the_purge_may_touch_no_word_of_anybody(world: World) -> None:
    assert not PURGING.models & {"Words", "Home", "Household", "Resident", "Envelope", "HazardWords", "IncidentWords"}
