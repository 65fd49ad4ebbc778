"""Photos and signatures come in pieces, sealed, and count when every byte is right (offline.md 3.4, security.md 5.2)."""

import hashlib
import os
import random
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit import failpoints
from fieldvisit.evidence.service import path_of, sweep_orphans
from fieldvisit.failpoints import FailedOnPurposeError
from fieldvisit.ground.roles import CHECKING, INTAKE
from fieldvisit.outbox import blobs, rules
from fieldvisit.outbox.models import Attachment, Held
from fieldvisit.register.models import Grant
from tests.phone_double import PIECE
from tests.phone_double import Phone as PhoneDouble
from tests.stories import Story, a_phone, a_visit
from tests.world import NOW, World

SMALL = os.urandom(3_000)
LARGE = os.urandom(PIECE * 2 + 5_000)


def rows(world: World) -> list[Attachment]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.named_at, Attachment.id)))


def on_disk(home: Path, world: World) -> bytes:
    return path_of(home / "attachments", rows(world)[0].id).read_bytes()


def sent(world: World, content: bytes = SMALL) -> tuple[Story, str]:
    """An entry with a photo, filed; the photo still on the phone."""
    story = a_visit(world).told()
    blob = story.phone.photo(story.visit_id, content, NOW)
    assert story.phone.send(NOW)[0]["attachments_missing"] == [blob]
    return story, blob


def told(answer: Any) -> tuple[int, dict[str, Any]]:
    assert answer.headers["X-FieldVisit-Proto"] == "1"
    body = answer.get_json()
    return answer.status_code, {name: body[name] for name in ("received", "complete", "code") if name in body}


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def at(place: str, action: str) -> None:
        monkeypatch.setitem(failpoints.WANTED, place, (action, ""))

    return at


# --- the road ------------------------------------------------------------------------------------------------------


def test_a_photo_comes_in_pieces_and_is_whole_when_its_hash_is_right(world: World, home: Path) -> None:
    story, blob = sent(world, LARGE)
    whole = len(story.phone.blobs[blob])
    assert told(story.phone.put(blob)) == (200, {"received": PIECE, "complete": False})
    assert told(story.phone.put(blob, PIECE)) == (200, {"received": PIECE * 2, "complete": False})
    assert told(story.phone.put(blob, PIECE * 2)) == (200, {"received": whole, "complete": True})
    assert on_disk(home, world) == story.phone.blobs[blob]
    assert story.phone.send(NOW, story.phone.kept)[0]["attachments_missing"] == []


def test_the_same_piece_again_changes_nothing(world: World, home: Path) -> None:
    story, blob = sent(world, LARGE)
    first, again = story.phone.put(blob), story.phone.put(blob)
    assert told(first) == told(again)
    assert told(story.phone.put_whole(blob))[1]["complete"]
    assert told(story.phone.put(blob)) == (200, {"received": len(story.phone.blobs[blob]), "complete": True})


@pytest.mark.parametrize("offset", [1, PIECE - 1, PIECE + 1, PIECE * 2])
def test_a_piece_out_of_its_place_is_told_where_to_go_on(world: World, offset: int) -> None:
    story, blob = sent(world, LARGE)
    story.phone.put(blob)
    answer = story.phone.put(blob, offset)
    assert told(answer) == (409, {"received": PIECE, "complete": False})


def test_a_photo_cut_anywhere_goes_on_from_where_it_was(world: World, home: Path) -> None:
    story, blob = sent(world, LARGE)
    cipher, chance = story.phone.blobs[blob], random.Random(3)
    offset = 0
    while offset < len(cipher):
        length = chance.randrange(1, 60_000)
        offset = story.phone.put(blob, offset, cipher[offset : offset + length]).get_json()["received"]
    assert on_disk(home, world) == cipher
    assert rows(world)[0].completed_at == NOW


def test_before_its_entry_a_photo_is_not_known(world: World) -> None:
    story = a_visit(world).told()
    blob = story.phone.photo(story.visit_id, SMALL, NOW)
    assert told(story.phone.put(blob)) == (404, {"code": "not-known"})
    story.phone.send(NOW)
    assert told(story.phone.put(blob))[0] == 200


def test_a_held_entrys_photo_is_taken_in_too(world: World) -> None:
    phone = a_phone(world, "asha")
    blob = phone.photo("f" * 32, SMALL, NOW)
    assert phone.send(NOW)[0]["attachments_missing"] == [blob]
    assert told(phone.put_whole(blob))[1]["complete"]
    assert phone.send(NOW, phone.kept)[0]["attachments_missing"] == []


# --- what is not taken --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sig", ["A" * 86, "AA", "~"])
def test_a_piece_that_the_phone_did_not_sign_is_not_taken(world: World, home: Path, sig: str) -> None:
    story, blob = sent(world)
    assert told(story.phone.put(blob, sig=sig)) == (401, {"code": "bad-signature"})
    assert not path_of(home / "attachments", rows(world)[0].id).exists()


def test_a_signature_holds_for_its_own_place_and_bytes_alone(world: World) -> None:
    story, blob = sent(world, LARGE)
    phone, first = story.phone, story.phone.blobs[blob][:100]
    sig = phone.sign_text(f"fv1-piece\n{phone.grant}\n{blob}\n0\n{hashlib.sha256(first).hexdigest()}")
    assert phone.put(blob, 0, first, sig=sig).status_code == 200
    assert phone.put(blob, 100, first, sig=sig).status_code == 401
    assert phone.put(blob, 0, first[:-1] + bytes([first[-1] ^ 1]), sig=sig).status_code == 401


def test_another_phones_signature_opens_no_place_for_this_photo(world: World) -> None:
    story, blob = sent(world)
    thief = a_phone(world, "ben")
    thief.blobs[blob] = story.phone.blobs[blob]
    assert told(thief.put(blob)) == (404, {"code": "not-known"})


def test_nor_does_another_persons_on_the_same_phone(world: World) -> None:
    story, blob = sent(world)
    other = PhoneDouble(world.app, device=story.phone.device).enrol(world.client("ben"))
    other.blobs[blob] = story.phone.blobs[blob]
    assert told(other.put(blob)) == (404, {"code": "not-known"})


def test_a_new_grant_of_the_same_person_and_phone_may_send_it(world: World) -> None:
    story, blob = sent(world)
    phone, cipher = story.phone, story.phone.blobs[blob]
    again = PhoneDouble(world.app, device=phone.device).enrol(world.client("asha"))
    again.blobs[blob] = cipher
    assert told(again.put_whole(blob))[1]["complete"]


def test_a_withdrawn_phone_may_still_send_what_it_named(world: World) -> None:
    story, blob = sent(world)
    with world.database.writing(None) as session:
        session.get_one(Grant, story.phone.grant).revoked_at = NOW
    assert told(story.phone.put_whole(blob))[1]["complete"]


def test_bytes_beyond_the_size_that_was_sealed_are_refused(world: World, home: Path) -> None:
    story, blob = sent(world)
    cipher = story.phone.blobs[blob]
    assert told(story.phone.put(blob, 0, cipher + b"!"))[0] == 413
    assert told(story.phone.put(blob, 0, cipher[:10], total=len(cipher) + 1))[0] == 413
    assert rows(world)[0].received == 0


def test_a_piece_over_a_quarter_of_a_megabyte_is_refused(world: World) -> None:
    story, blob = sent(world, LARGE)
    assert told(story.phone.put(blob, 0, story.phone.blobs[blob][: PIECE + 1])) == (413, {"code": "piece-too-big"})


@pytest.mark.parametrize(("over", "status"), [(-1, 200), (0, 200), (1, 507)])
def test_beyond_a_days_share_a_photo_waits_on_the_phone_until_tomorrow(
    world: World, monkeypatch: pytest.MonkeyPatch, over: int, status: int
) -> None:
    story, first = sent(world)
    second = story.phone.photo(story.visit_id, SMALL, NOW)
    story.phone.send(NOW)
    room = len(story.phone.blobs[first]) + len(story.phone.blobs[second]) - over
    monkeypatch.setattr(rules, "MOST_BYTES_A_DAY", room)
    story.phone.put_whole(first)
    answer = story.phone.put_whole(second)
    assert answer.status_code == status
    if status == 507:
        assert told(answer)[1]["code"] == "enough-today"
        assert told(story.phone.put_whole(first))[1]["complete"]  # what is here already is here
        tomorrow = NOW + timedelta(hours=15, minutes=1)
        assert world.at_the_time(tomorrow, lambda: told(story.phone.put_whole(second)))[1]["complete"]


@pytest.mark.parametrize(
    "query", ["", "offset=0", "offset=-1&total=5", "offset=x&total=5", "offset=0&total=9999999999"]
)
def test_a_piece_without_its_place_is_refused(world: World, query: str) -> None:
    blob = "0f8b6a9e-1c2d-4e5f-8a9b-0c1d2e3f4a5b"
    answer = world.app.test_client().put(f"/attachments/{blob}?{query}", data=b"x", headers={"Host": "localhost"})
    assert told(answer) == (422, {"code": "no-place"})


def test_wrong_bytes_start_again_from_the_beginning(world: World, home: Path) -> None:
    story, blob = sent(world)
    right = story.phone.blobs[blob]
    assert told(story.phone.put(blob, 0, bytes(len(right)))) == (
        409, {"received": 0, "complete": False, "code": "wrong-hash"},
    )  # fmt: skip
    assert told(story.phone.put_whole(blob))[1]["complete"]
    assert on_disk(home, world) == right


def test_equal_photos_are_two_photos_and_no_quarrel(world: World) -> None:
    """F31: another product answered 409 to the second."""
    story = a_visit(world).told()
    two = [story.phone.photo(story.visit_id, SMALL, NOW) for _ in range(2)]
    story.phone.send(NOW)
    assert [told(story.phone.put_whole(blob))[1]["complete"] for blob in two] == [True, True]


def test_one_blob_named_twice_with_other_bytes_is_held(world: World) -> None:
    story = a_visit(world).told()
    one, other = story.phone.blob(SMALL), story.phone.blob(LARGE)
    story.phone.save("photo.taken", story.visit_id, {}, NOW, blobs=[one])
    story.phone.save("photo.taken", story.visit_id, {}, NOW, blobs=[other | {"id": one["id"]}])
    assert [result.get("code") for result in story.phone.send(NOW)] == [None, "conflict"]


@pytest.mark.parametrize(
    "wrong",
    [{"id": "../../etc/passwd"}, {"csize": 0}, {"csize": 2**40}, {"sha256": "x"}, {"type": "<script>"}, {"key": 3}],
)
def test_a_photo_that_is_named_wrongly_is_held_with_its_entry(world: World, wrong: dict[str, Any]) -> None:
    story = a_visit(world).told()
    story.phone.save("photo.taken", story.visit_id, {}, NOW, blobs=[story.phone.blob(SMALL) | wrong])
    assert story.phone.send(NOW)[0]["code"] == "unreadable"
    assert rows(world) == []


# --- the disk -----------------------------------------------------------------------------------------------------


def test_files_are_readable_by_nobody_else_and_named_by_us(world: World, home: Path) -> None:
    story, blob = sent(world)
    story.phone.put_whole(blob)
    path = path_of(home / "attachments", rows(world)[0].id)
    assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0
    assert blob not in str(path)
    assert SMALL[:64] not in path.read_bytes()


def test_a_full_disk_answers_507_and_the_photo_goes_on_later(
    world: World, home: Path, fails: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    story, blob = sent(world, LARGE)
    story.phone.put(blob)
    fails("blob_written", "enospc")
    answer = story.phone.put(blob, PIECE)
    assert (told(answer), answer.headers["Retry-After"]) == ((507, {"code": "disk-full"}), "5")
    monkeypatch.delitem(failpoints.WANTED, "blob_written")
    assert rows(world)[0].received == PIECE
    assert told(story.phone.put_whole(blob))[1]["complete"]
    assert on_disk(home, world) == story.phone.blobs[blob]


def test_killed_between_file_and_row_the_photo_is_adopted(
    world: World, home: Path, fails: Callable[[str, str], None]
) -> None:
    story, blob = sent(world)
    fails("blob_written", "raise")
    with pytest.raises(FailedOnPurposeError):
        story.phone.put(blob)
    assert rows(world)[0].received == 0
    with world.database.writing(INTAKE) as session:
        assert blobs.adopt(session, home / "attachments", NOW) == 1
    assert rows(world)[0].completed_at == NOW


@pytest.mark.parametrize(("days", "removed"), [(6.9, 0), (7, 0), (7.1, 1)])
def test_an_orphan_goes_after_seven_days_and_never_before(tmp_path: Path, days: float, removed: int) -> None:
    path = path_of(tmp_path, "ab" * 16)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert len(sweep_orphans(tmp_path, lambda _: False, NOW + timedelta(days=days))) == removed
    assert path.exists() is not bool(removed)


def test_what_a_row_knows_is_never_an_orphan(tmp_path: Path) -> None:
    path = path_of(tmp_path, "cd" * 16)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    assert sweep_orphans(tmp_path, lambda name: name == "cd" * 16, NOW + timedelta(days=4000)) == []


def test_a_held_entry_keeps_its_photo_rows(world: World) -> None:
    phone = a_phone(world, "asha")
    phone.photo("f" * 32, SMALL, NOW)
    phone.send(NOW)
    with world.database.reading(CHECKING) as session:
        held = session.scalars(select(Held)).one()
    assert rows(world)[0].held_id == held.id
