"""From a phone's seal into the store: cleaned once, by the worker; refused, tried again, killed; more than sixty."""

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from fieldvisit import failpoints
from fieldvisit.backup import backup
from fieldvisit.badges.portraits import portrait
from fieldvisit.evidence.apart import CleaningBroke
from fieldvisit.failpoints import FailedOnPurposeError
from fieldvisit.ground.roles import CHECKING, DEMO, INTAKE
from fieldvisit.jobs import Work
from fieldvisit.outbox import pictures
from fieldvisit.outbox.models import Attachment
from fieldvisit.outbox.photos import NotAsSealed
from fieldvisit.tasks import Task
from tests.pictures import (
    PHOTO,
    SECOND_HOME,
    blob_file,
    came,
    home_keys,
    make_all_ready,
    room_in,
    row,
    rows,
    sealed_file,
    work_of,
)
from tests.stories import a_phone, a_visit
from tests.world import NOW, World

YEAR, HOUR, MINUTE = timedelta(days=365), timedelta(hours=1), timedelta(minutes=1)
LONG_AFTER = NOW + 2 * YEAR


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    def at(place: str) -> Any:
        monkeypatch.setitem(failpoints.WANTED, place, ("raise", ""))
        return pytest.raises(FailedOnPurposeError)

    return at


# --- the road ------------------------------------------------------------------------------------------------------


def test_a_photo_that_came_whole_is_wished_for_once_and_cleaned_by_the_worker(world: World, works: Any) -> None:
    story = came(world, PHOTO)
    one = row(world)
    assert (one.picture, [work.dedupe for work in work_of(world, "picture")]) == (
        "wanted", [f"picture:{one.id}:{one.entry_id}"],
    )  # fmt: skip
    story.phone.send(NOW, story.phone.kept)
    story.phone.put_whole(next(iter(story.phone.blobs)))
    assert len(work_of(world, "picture")) == 1
    works()
    one = row(world)
    assert (one.picture, one.picture_at) == ("cleaned", NOW)
    assert Image.open(io.BytesIO(pictures.ready_bytes(room_in(world), one))).size == (400, 500)
    works()
    assert row(world).stored == one.stored


def test_what_lies_in_the_store_is_not_the_picture_and_is_named_after_itself(world: World) -> None:
    came(world, PHOTO)
    make_all_ready(world)
    one = row(world)
    raw = blob_file(world, one).read_bytes()
    assert (len(raw), raw[:3] == b"\xff\xd8\xff") == (one.stored_size, False)
    assert pictures.ready_bytes(room_in(world), one)[100:160] not in raw


def test_homes_have_keys_of_their_own_and_pictures_of_one_home_share_one(world: World) -> None:
    came(world, PHOTO, portrait(5))
    came(world, PHOTO, home=SECOND_HOME)
    make_all_ready(world)
    found = home_keys(world)
    assert sorted(key.subject_id for key in found) == sorted(world.ids[uprn] for uprn in ("100030000001", SECOND_HOME))
    assert len({one.key_id for one in rows(world)}) == 2
    assert len({one.stored for one in rows(world)}) == 3


def test_a_picture_moved_to_another_row_or_home_does_not_open(world: World) -> None:
    came(world, PHOTO, PHOTO)
    came(world, PHOTO, home=SECOND_HOME)
    make_all_ready(world)
    others = {key.id for key in home_keys(world) if key.subject_id == world.ids[SECOND_HOME]}
    room, (first, second, elsewhere) = room_in(world), sorted(rows(world), key=lambda one: one.key_id in others)
    for other in (second, elsewhere):
        moved = pictures.ready_bytes(room, first)
        assert moved == pictures.ready_bytes(room, other)  # the same picture, and yet:
        swapped = Attachment(**{name: getattr(first, name) for name in ("id", "plain_sha256", "key_id")})
        swapped.stored = other.stored
        with pytest.raises(NotAsSealed):
            pictures.ready_bytes(room, swapped)


def test_a_held_entrys_photo_waits_until_somebody_takes_the_entry_in(world: World) -> None:
    phone = a_phone(world, "asha")
    blob = phone.photo("f" * 32, PHOTO, NOW)
    phone.send(NOW)
    assert phone.put_whole(blob).get_json()["complete"]
    assert (row(world).picture, work_of(world, "picture")) == ("", [])
    with world.database.writing(INTAKE) as session:
        assert pictures.wish_all(session, NOW) == 0


def test_once_the_entry_is_taken_in_its_photo_is_made_ready(world: World) -> None:
    story, phone = a_visit(world, lead="ben").told(), a_phone(world, "asha")
    blob = phone.photo(story.visit_id, PHOTO, NOW)
    assert phone.send(NOW)[0]["code"] == "not-yours"
    assert phone.put_whole(blob).get_json()["complete"]
    assert row(world).picture == ""
    address = f"/office/held/{row(world).held_id}/taken-in"
    assert world.client("olive").post(address, data={"why": "True enough"}).status_code == 303
    assert make_all_ready(world) == ["cleaned"]


def test_one_of_before_there_was_a_store_is_found_by_the_round(world: World, works: Any) -> None:
    came(world, PHOTO)
    with world.database.writing(DEMO) as session:
        session.execute(update(Attachment).values(picture=""))
        session.execute(update(Work).where(Work.kind == "picture").values(dedupe="other", done_at=NOW))
    works()
    assert row(world).picture == "cleaned"


# --- what is refused, and what is tried again ---------------------------------------------------------------------


def test_what_is_no_photo_is_refused_for_good_in_a_sentence_and_kept(world: World, works: Any) -> None:
    came(world, b"GIF89a, or nearly")
    works()
    one = row(world)
    assert (one.picture, one.stored) == ("refused", None)
    assert one.refused_why == "This is not a photo that we can use. Please send a JPEG, PNG, WebP or HEIC."
    assert sealed_file(world, one).exists()
    assert make_all_ready(world) == []
    assert [work.done_at for work in work_of(world, "picture")] == [NOW]


def test_a_child_that_ends_without_an_answer_is_tried_again_and_after_five_times_refused(
    world: World, works: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(world, PHOTO)
    asked = []

    def breaks(raw: bytes) -> bytes:
        asked.append(raw)
        raise CleaningBroke("photo-unreadable", "We could not read this photo. It may be damaged.")

    with monkeypatch.context() as broken:
        broken.setattr(pictures, "clean_apart", breaks)
        for tries in range(1, pictures.MOST_TRIES):
            works()
            [work] = work_of(world, "picture")
            assert (row(world).picture, work.tries, work.done_at) == ("wanted", tries, None)
            assert work.due_at > world.now
            world.now = work.due_at
            world.clock.move_to(world.now)
        works()
    assert (len(asked), row(world).picture) == (5, "refused")
    assert row(world).refused_why == "We could not read this photo. It may be damaged."


def test_a_child_that_broke_once_does_not_matter(world: World, works: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    came(world, PHOTO)
    with monkeypatch.context() as broken:
        broken.setattr("fieldvisit.evidence.apart.PATIENCE_S", 0.0)
        works()
    assert row(world).picture == "wanted"
    world.at_the_time(NOW + MINUTE, works)
    assert row(world).picture == "cleaned"


def test_without_the_councils_key_file_everything_waits_and_nothing_is_lost(
    world: World, works: Any, home: Path
) -> None:
    came(world, PHOTO)
    path = home / "keys" / "evidence.kek"
    beside = path.with_name("elsewhere")
    path.rename(beside)
    try:
        works()
        assert row(world).picture == "wanted"
    finally:
        beside.rename(path)
    world.at_the_time(NOW + MINUTE, works)
    assert row(world).picture == "cleaned"


def test_pictures_wait_for_whoever_is_at_a_door(world: World, works: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due after sixty photos is done before them."""
    from fieldvisit import worker

    came(world, PHOTO)
    with world.database.writing(DEMO) as session:
        session.execute(update(Work).where(Work.kind == "picture").values(due_at=NOW - HOUR))
    order: list[str] = []
    for kind in ("picture", "phones", "tidy"):
        did = worker.HANDLERS[kind]

        def seen(shop: Any, work: Work, did: Any = did) -> None:
            order.append(work.kind)
            did(shop, work)

        monkeypatch.setitem(worker.HANDLERS, kind, seen)
    works()
    assert order[-1] == "picture" and set(order) == {"phones", "tidy", "picture"}


# --- kills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["picture_stored", "picture_named"])
def test_killed_anywhere_it_is_made_again_or_was_made(world: World, fails: Any, place: str) -> None:
    came(world, PHOTO)
    with fails(place):
        make_all_ready(world)
    failpoints.WANTED.pop(place)
    one = row(world)
    assert sealed_file(world, one).exists()
    assert make_all_ready(world) == ([] if place == "picture_named" else ["cleaned"])
    assert pictures.ready_bytes(room_in(world), row(world))
    assert len(home_keys(world)) == 1


def test_a_blob_that_a_kill_left_goes_after_seven_days_and_the_named_one_stays(
    world: World, fails: Any, tmp_path: Path
) -> None:
    came(world, PHOTO)
    with fails("picture_stored"):
        make_all_ready(world)
    failpoints.WANTED.pop("picture_stored")
    make_all_ready(world)
    config = world.app.extensions["fv_config"]
    named, folder = blob_file(world, row(world)), config.evidence
    for path in folder.rglob("*"):
        os.utime(path, (NOW.timestamp() - 8 * 86_400,) * 2)
    orphans = {path for path in folder.rglob("*") if path.is_file()} - {named}
    assert orphans
    backup(config, world.database, tmp_path / "b", NOW)
    assert (named.exists(), [path for path in orphans if path.exists()]) == (True, [])


# --- what the phone sealed ------------------------------------------------------------------------------------------


def test_what_the_phone_sealed_goes_an_hour_after_the_picture_is_safe(world: World, works: Any) -> None:
    story = came(world, PHOTO)
    works()
    one = row(world)
    world.at_the_time(NOW + HOUR - MINUTE, works)
    assert sealed_file(world, one).exists()
    world.at_the_time(NOW + HOUR, works)
    assert (sealed_file(world, one).exists(), row(world).sealed_gone_at) == (False, NOW + HOUR)
    assert pictures.ready_bytes(room_in(world), row(world))
    assert story.phone.put_whole(next(iter(story.phone.blobs))).get_json()["complete"]
    assert not sealed_file(world, one).exists()


def test_while_a_backup_is_being_made_nothing_of_it_goes(world: World) -> None:
    came(world, PHOTO)
    make_all_ready(world)
    room, one = room_in(world), row(world)
    with pictures.standing_still(room.sealed, wait=True), pytest.raises(pictures.NotYetError):
        pictures.forget_sealed(room, one.id, NOW + HOUR)
    assert sealed_file(world, one).exists()
    assert pictures.forget_sealed(room, one.id, NOW + HOUR)


def test_a_picture_that_does_not_open_is_made_again_from_what_is_still_here(world: World, works: Any) -> None:
    came(world, PHOTO)
    works()
    one = row(world)
    blob_file(world, one).write_bytes(b"not it")
    world.at_the_time(NOW + HOUR, works)
    again = row(world)
    assert (again.picture, again.stored != one.stored, sealed_file(world, one).exists()) == ("cleaned", True, True)
    assert pictures.ready_bytes(room_in(world), again)


# --- more than sixty ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "new", "over"), [(58, 1, 0), (59, 1, 0), (60, 1, 1), (58, 5, 3), (70, 2, 2)])
def test_the_sixty_first_photo_of_a_visit_is_over(before: int, new: int, over: int) -> None:
    from fieldvisit.outbox.rules import photos_over

    assert photos_over(before, new) == over


def test_those_over_are_taken_in_whole_and_wait_for_an_officer(
    world: World, works: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldvisit.outbox.rules.MOST_PHOTOS", 1)
    story = came(world, PHOTO, portrait(5), portrait(6))
    assert [one.picture for one in rows(world)].count("over") == 2
    works()
    assert sorted(one.picture for one in rows(world)) == ["cleaned", "over", "over"]
    with world.database.reading(CHECKING) as session:
        [task] = session.scalars(select(Task).where(Task.kind == pictures.TASK))
    assert (task.about_id, task.done_at) == (story.visit_id, None)
    desk, address = world.client("olive"), f"/office/visits/{story.visit_id}/photos"
    page = " ".join(desk.get(address).text.split())
    assert "2 more photos came than the 60 that one visit may have." in page
    assert "This photo is one more than the 60 of a visit." in page
    over = next(one.id for one in rows(world) if one.picture == "over")
    assert "It is one more than the 60 photos" in desk.get(f"{address}/{over}").text
    assert world.client("otto").post(f"{address}/over").status_code == 404
    assert desk.post(f"{address}/over").headers["Location"] == address
    works()
    assert {one.picture for one in rows(world)} == {"cleaned"}
    with world.database.reading(CHECKING) as session:
        assert (
            session.scalar(select(func.count(Task.id)).where(Task.kind == pictures.TASK, Task.done_at.is_(None))) == 0
        )
    assert "more photos came" not in desk.get(address).text


def test_a_signature_is_never_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldvisit.outbox.rules.MOST_PHOTOS", 0)
    story = a_visit(world).at_the_door().answered().identified()
    name = story.phone.blob(b'{"v":1,"w":10,"h":10,"strokes":[[[1,1,0],[5,5,9]]]}', "application/json")
    body = {"who": "tenant", "adult": True, "able": True, "how": "signed", "scope": ["enter"]}
    story.phone.save("consent.given", story.visit_id, body, story.at, blobs=[name])
    story.phone.send(story.at)
    story.phone.put_whole(name["id"])
    assert make_all_ready(world) == ["cleaned"]
    drawn = pictures.ready_bytes(room_in(world), row(world))
    assert Image.open(io.BytesIO(drawn)).format == "PNG"
