"""An entry that breaks its reader, and photos that come in pieces, cut, spoilt, twice, or when the disk is full."""

import secrets

import pytest

from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.offline_phone import NO_ROOM, Item, OfflinePhone, OverTheWire

CUTS = 300 if LONG else 30
PHOTO = secrets.token_bytes(600_000)  # three pieces
TAKEN = {"what": "before"}


def with_photos(council: Council, *plain: bytes, road: OverTheWire | None = None) -> tuple[OfflinePhone, Item]:
    phone = council.a_phone(road=road)
    visit = council.a_visit().visit_id
    return phone, phone.keep("photo.taken", visit, TAKEN, at=council.now(), photos=plain)


def the_entry_alone(council: Council, phone: OfflinePhone, item: Item) -> None:
    """The signal lasts for the entry, and not for its photos."""
    phone.settle([item], phone.post([item], council.now()).told, council.now())


def test_an_entry_that_breaks_its_reader_is_tried_five_times_then_held_and_the_others_go_on(council: Council) -> None:
    phone = council.a_phone()
    items = council.saves(phone, council.a_visit().visit_id, 20)
    poison = items[6]
    with council.server.running("parse:raise:7|21+"):
        phone.sync(council.now())
        assert phone.queued == [poison]
        rounds = 1
        while phone.queued and rounds < 9:
            phone.sync(council.now())
            rounds += 1
    assert (poison.state, poison.code, rounds) == ("held", "unreadable", 6)
    (kept,) = council.held(phone.device)
    assert (kept.uuid, kept.jwe.decode()) == (poison.uuid, poison.jwe)
    assert len(council.entries()) == 19
    assert council.tally() == (0, 0, 0)


def test_what_an_entry_sets_off_may_break_without_the_entry_being_lost(council: Council) -> None:
    phone, visit = council.a_phone(), council.a_visit().visit_id
    item = phone.keep("consent.refused", visit, {"reason": "unwell", "who": "tenant"}, at=council.now())
    with council.server.running("reaction:raise"):
        phone.sync(council.now())
    assert (item.state, item.code) == ("held", "reaction-failed")
    assert council.entries() == []
    assert [line.uuid for line in council.held()] == [item.uuid]


def test_a_photo_cut_at_any_place_goes_on_from_there(open_council: Council) -> None:
    road = open_council.a_bad_road()
    phone, item = with_photos(open_council, PHOTO, road=OverTheWire(road.place))
    the_entry_alone(open_council, phone, item)
    assert (item.state, len(phone.photos_to_go)) == ("sent", 1)
    (blob,) = item.blobs
    for turn in range(CUTS):
        road.then(*(("cut-request", secrets.randbelow(20_000)) if turn % 2 else ("cut-answer", secrets.randbelow(300))))
        phone.send_piece(item, blob, size=15_000)
    phone.sync_until_sent(open_council.now)
    assert blob.state == "done"


def test_a_photo_goes_with_its_entry_and_the_phone_hears_that_it_is_whole(open_council: Council) -> None:
    phone, item = with_photos(open_council, PHOTO)
    assert phone.sync(open_council.now()) == "done"
    assert (item.state, [blob.state for blob in item.blobs]) == ("sent", ["done"])
    phone.post([item], open_council.now())
    assert phone.heard[-1].told["results"][0]["attachments_missing"] == []


def test_a_photo_whose_bytes_are_not_those_that_were_signed_is_not_whole(open_council: Council) -> None:
    phone, item = with_photos(open_council, PHOTO)
    (blob,) = item.blobs
    true, blob.data = blob.data, secrets.token_bytes(len(blob.data))
    the_entry_alone(open_council, phone, item)
    for offset in range(0, len(true), 256 * 1024):
        phone.put_piece(item.grant, blob.id, offset, len(true), blob.data[offset : offset + 256 * 1024])
    assert not phone.heard[-1].told.get("complete")
    blob.data = true
    phone.sync_until_sent(open_council.now)
    assert blob.state == "done"


def test_pieces_that_are_empty_too_long_unknown_or_not_signed_change_nothing(open_council: Council) -> None:
    phone, item = with_photos(open_council, PHOTO)
    (blob,) = item.blobs
    assert phone.put_piece(item.grant, blob.id, 0, len(blob.data), blob.data[:100]).status == 404
    the_entry_alone(open_council, phone, item)
    assert phone.put_piece(item.grant, blob.id, 0, len(blob.data), blob.data[: 256 * 1024 + 1]).status == 413
    assert phone.put_piece(item.grant, blob.id, len(blob.data) - 10, len(blob.data), bytes(20)).status in (409, 413)
    assert phone.put_piece("0" * 32, blob.id, 0, len(blob.data), blob.data[:100]).status == 401
    other = open_council.a_phone("ben")
    assert other.put_piece(other.grant, blob.id, 0, len(blob.data), blob.data[:100]).status in (401, 404)
    phone.put_piece(item.grant, blob.id, 0, len(blob.data), b"")
    phone.sync_until_sent(open_council.now)
    assert blob.state == "done"


def test_two_photos_of_one_picture_are_two_photos(open_council: Council) -> None:
    phone, item = with_photos(open_council, PHOTO[:5000], PHOTO[:5000])
    phone.keep("photo.taken", item.visit, TAKEN, at=open_council.now(), photos=(PHOTO[:5000],))
    phone.sync_until_sent(open_council.now)
    assert [blob.state for each in phone.items for blob in each.blobs] == ["done"] * 3


def test_killed_after_the_piece_was_written_and_before_its_row_the_photo_still_comes_whole(council: Council) -> None:
    phone, item = with_photos(council, PHOTO)
    with council.server.running("blob_written:kill:2,blob_row:kill:2"):
        phone.sync_until_sent(council.now)
    assert [blob.state for blob in item.blobs] == ["done"]
    assert any(not heard.status for heard in phone.heard), "the failpoint never struck"


@pytest.mark.parametrize("place", ["blob_written", "blob_row"])
def test_a_disk_that_is_full_for_photos_is_said_and_the_photo_waits_on_the_phone(council: Council, place: str) -> None:
    phone, item = with_photos(council, PHOTO)
    with council.server.running(f"{place}:enospc:1|2"):
        assert phone.sync(council.now()) in NO_ROOM
        assert (item.state, len(phone.photos_to_go)) == ("sent", 1)
        phone.sync_until_sent(council.now)
    assert [blob.state for blob in item.blobs] == ["done"]
