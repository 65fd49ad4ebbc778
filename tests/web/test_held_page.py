"""The officer's page of held entries: read, decide, rescue files, silent phones; and a visit's photos, opened."""

import base64
import io
import json
import re
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from PIL import Image
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.portraits import portrait
from fieldvisit.db import new_id
from fieldvisit.evidence.service import path_of
from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox import opening
from fieldvisit.outbox.arrivals import attachment_id
from fieldvisit.outbox.models import Held
from fieldvisit.visits import events as ev
from tests.pictures import make_all_ready
from tests.stories import Story, a_phone, a_visit
from tests.world import NOW, World

ON_BOTH_DATABASES = True

PHOTO = portrait(7)
STROKES = {"v": 1, "w": 300, "h": 120, "strokes": [[[10, 20, 0], [150, 60, 40], [290, 100, 90]], [[50, 50, 200]]]}


def held_id(world: World) -> str:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Held.id)).one()


def looks(world: World) -> list[tuple[str, str, str]]:
    with world.database.reading(None) as session:
        rows = session.scalars(select(AccessRecord).order_by(AccessRecord.id))
        return [(row.record, row.action, row.object_id) for row in rows]


def not_yours(world: World, kind: str = "visit.noted", **body: Any) -> Story:
    story = a_visit(world, lead="ben").told()
    phone = a_phone(world, "asha")
    phone.save(kind, story.visit_id, body, NOW)
    assert phone.send(NOW)[0]["status"] == "held"
    return story


# --- reading -------------------------------------------------------------------------------------------------------


def test_the_list_says_who_when_what_and_why(world: World) -> None:
    not_yours(world, words="The key stuck.")
    page = world.client("olive").get("/office/held").text
    assert ">Note<" in page
    assert "Asha Kaur" in page
    assert "The visit was never given to this worker." in page
    assert "The key stuck" not in page


def test_one_entry_is_read_and_that_is_written_down(world: World) -> None:
    not_yours(world, words="The key <b>stuck</b>.")
    page = world.client("olive").get(f"/office/held/{held_id(world)}").text
    assert "The key &lt;b&gt;stuck&lt;/b&gt;." in page
    assert ("held", "read", held_id(world)) in looks(world)


def test_what_cannot_be_opened_says_so(world: World) -> None:
    phone = a_phone(world, "asha")
    item = phone.save("visit.noted", "f" * 32, {}, NOW)
    sealed = phone.seal({"v": 1, "uuid": "another", "grant": phone.grant})
    phone.send(NOW, [item | {"jwe": sealed, "sig": phone.sign(item["uuid"], item["seq"], sealed)}])
    page = world.client("olive").get(f"/office/held/{held_id(world)}").text
    assert "It cannot be read" in page


def test_what_is_sealed_to_the_vault_is_listed_as_an_entry_like_any_other(world: World, monkeypatch) -> None:
    """It is never held for what it is; only where its envelope would not open when it came."""
    with monkeypatch.context() as locked:
        locked.setattr(opening, "unseal", Mock(side_effect=opening.HeldBackError("unreadable")))
        not_yours(world, "box", size=4096)
    page = world.client("olive").get(f"/office/held/{held_id(world)}").text
    assert "Entry" in page
    assert not re.search(r"\bbox\b|4096", page)


@pytest.mark.parametrize("ref", ["otto", "asha", "mona", "hana", "lena", "adam"])
def test_nobody_elses_business(world: World, ref: str) -> None:
    not_yours(world)
    assert world.client(ref).get(f"/office/held/{held_id(world)}").status_code == 404


def test_a_long_list_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from fieldvisit.outbox import held

    monkeypatch.setattr(held.waiting, "__defaults__", (2,))
    phone = a_phone(world, "asha")
    for minute in range(5):
        phone.save("visit.noted", "f" * 32, {}, NOW)
        at = NOW + timedelta(minutes=minute)
        world.at_the_time(at, lambda at=at: phone.send(at))
    browser, seen, address = world.client("olive"), [], "/office/held"
    for _ in range(3):
        page = browser.get(address).text
        seen += re.findall(r"/office/held/([0-9a-f]{32})", page)
        further = re.search(r"\?after=[0-9a-f]{32}", page)
        address = f"/office/held{further[0]}" if further else ""
    assert (len(seen), len(set(seen)), address) == (5, 5, "")


# --- deciding ------------------------------------------------------------------------------------------------------


def test_taking_it_in_files_it_and_shows_who_decided(world: World) -> None:
    story = not_yours(world, words="The key stuck.")
    browser, address = world.client("olive"), f"/office/held/{held_id(world)}"
    answer = browser.post(f"{address}/taken-in", data={"why": "Ben was ill"})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    page = browser.get(address).text
    assert "Taken in" in page
    assert "Ben was ill" in page
    assert "Olive Marsh" in page
    assert story.row().entries == 3
    assert "Nothing is held" in browser.get("/office/held").text
    assert ("held", "settle", held_id(world)) in looks(world)


def test_pressed_twice_is_pressed_once(world: World) -> None:
    story = not_yours(world)
    browser, address = world.client("olive"), f"/office/held/{held_id(world)}/taken-in"
    assert [browser.post(address, data={"why": "x"}).status_code for _ in range(2)] == [303, 303]
    assert story.row().entries == 3


def test_a_reason_is_asked_and_nothing_typed_is_lost(world: World) -> None:
    not_yours(world)
    browser, address = world.client("olive"), f"/office/held/{held_id(world)}"
    assert browser.post(f"{address}/set-aside", data={"why": " "}).status_code == 422
    answer = browser.post(f"{address}/set-aside", data={"why": "too long " * 60})
    assert answer.status_code == 422
    assert "too long too long" in answer.text


def test_a_refusal_is_told_with_its_reason(world: World) -> None:
    phone = a_phone(world, "asha")
    phone.save("visit.noted", "f" * 32, {}, NOW)
    phone.send(NOW)
    answer = world.client("olive").post(f"/office/held/{held_id(world)}/taken-in", data={"why": "try"})
    assert answer.status_code == 409
    assert "There is still no such visit" in answer.text


def test_set_aside_keeps_the_entry_as_it_came(world: World) -> None:
    story = not_yours(world)
    browser, address = world.client("olive"), f"/office/held/{held_id(world)}"
    assert browser.post(f"{address}/set-aside", data={"why": "A mistake"}).status_code == 303
    assert "Set aside" in browser.get(address).text
    assert story.row().entries == 2


# --- a rescue file -------------------------------------------------------------------------------------------------


def rescue_file(phone: Any, blobs: tuple[str, ...] = ()) -> bytes:
    return json.dumps({
        "v": 1, "device": phone.device, "made": NOW.isoformat(), "items": phone.kept,
        "blobs": [{"id": blob, "data": base64.b64encode(phone.blobs[blob]).decode()} for blob in blobs],
    }).encode()  # fmt: skip


def upload(world: World, raw: bytes, ref: str = "olive") -> Any:
    return world.client(ref).post("/office/held/rescue", data={"file": (io.BytesIO(raw), "fieldvisit-rescue.json")})


def test_a_rescue_file_is_taken_in_entry_by_entry(world: World) -> None:
    story = a_visit(world).told()
    story.phone.save("visit.set_off", story.visit_id, {}, NOW)
    story.phone.save("visit.noted", "f" * 32, {}, NOW)
    spoiled = story.phone.save("visit.noted", story.visit_id, {}, NOW)
    spoiled["sig"] = "A" * 86
    answer = upload(world, rescue_file(story.phone))
    assert answer.status_code == 200
    for words in ("Taken in", "There is no visit with the number", "It was not signed by this phone"):
        assert words in answer.text
    assert story.row().stage == "en_route"
    assert "We had it already" in upload(world, rescue_file(story.phone)).text


def test_its_photos_come_with_it_and_close_the_gap(world: World) -> None:
    story = a_visit(world).told()
    blob = story.phone.photo(story.visit_id, PHOTO, NOW)
    story.phone.heartbeat(NOW)
    answer = upload(world, rescue_file(story.phone, (blob,)))
    assert "1 of 1 photos are whole here now" in answer.text
    assert story.phone.send(NOW, story.phone.kept)[0]["attachments_missing"] == []


def test_a_photo_of_a_rescue_file_that_was_changed_does_not_count(world: World) -> None:
    story = a_visit(world).told()
    blob = story.phone.photo(story.visit_id, PHOTO, NOW)
    story.phone.blobs[blob] = bytes([story.phone.blobs[blob][0] ^ 1]) + story.phone.blobs[blob][1:]
    assert "0 of 1 photos" in upload(world, rescue_file(story.phone, (blob,))).text


def test_a_rescue_file_larger_than_any_form_is_read(world: World) -> None:
    story = a_visit(world).told()
    blob = story.phone.photo(story.visit_id, new_id().encode() * 10_000, NOW)
    assert "1 of 1 photos" in upload(world, rescue_file(story.phone, (blob,))).text


@pytest.mark.parametrize("raw", [b"", b"{}", b"not json", b'{"v": 2}', b"\xff\xd8\xff", b"[" * 10_000])
def test_another_file_is_refused_in_words(world: World, raw: bytes) -> None:
    answer = upload(world, raw)
    assert answer.status_code == 422
    assert "rescue file" in answer.text


def test_a_file_without_a_token_is_not_read(world: World) -> None:
    browser = world.client("olive")
    del browser.environ_base["HTTP_X_CSRFTOKEN"]
    answer = browser.post("/office/held/rescue", data={"file": (io.BytesIO(b"{}"), "x.json")})
    assert answer.status_code == 400


# --- silent phones --------------------------------------------------------------------------------------------------


def test_a_phone_with_a_gap_is_listed_with_how_many_and_since_when(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(3):
        story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.waiting.clear()
    story.phone.heartbeat(NOW, queued=0)
    assert "3 missing, last seen 09:00" in world.client("olive").get("/office/held").text
    assert "3 missing" not in world.client("otto").get("/office/held").text


# --- photos and signatures ------------------------------------------------------------------------------------------


def with_photo(
    world: World,
    content: bytes = PHOTO,
    type: str = "image/jpeg",
    kind: str = "photo.taken",
    *,
    ready: bool = True,
) -> tuple[Story, str]:
    """Answers the story and the address of the photo, which the worker has seen to."""
    story = a_visit(world).told()
    blob = story.phone.blob(content, type)
    body = {"what": "before"} if kind == "photo.taken" else {
        "who": "tenant", "adult": True, "able": True, "how": "signed", "scope": ["enter"],
    }  # fmt: skip
    story.phone.save(kind, story.visit_id, body, NOW, blobs=[blob])
    story.phone.send(NOW)
    assert story.phone.put_whole(blob["id"]).get_json()["complete"]
    if ready:
        make_all_ready(world)
    name = attachment_id(story.phone.device, blob["id"])
    return story, f"/office/visits/{story.visit_id}/photos/{name}"


def test_an_officer_opens_a_photo_and_only_its_pixels_come_through(world: World) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    sink = io.BytesIO()
    Image.open(io.BytesIO(PHOTO)).save(sink, "JPEG", exif=exif, comment=b"<script>alert(2)</script>")
    _, address = with_photo(world, sink.getvalue())
    answer = world.client("olive").get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert b"script" not in answer.data
    assert Image.open(io.BytesIO(answer.data)).size == (400, 500)


def test_it_is_kept_by_nobody_and_framed_by_nobody(world: World) -> None:
    _, address = with_photo(world)
    headers = world.client("olive").get(address).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Disposition"] == 'inline; filename="photo-1.jpg"'
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_each_look_is_written_down(world: World) -> None:
    _, address = with_photo(world)
    world.client("olive").get(address)
    assert ("evidence", "open", address.rsplit("/", 1)[1]) in looks(world)


@pytest.mark.parametrize("ref", ["otto", "asha", "mona", "hana", "ines"])
def test_nobody_else_opens_it(world: World, ref: str) -> None:
    _, address = with_photo(world)
    assert world.client(ref).get(address).status_code == 404


def test_a_photo_is_not_found_under_another_visit(world: World) -> None:
    _, address = with_photo(world)
    other = a_visit(world, home="100030000002")
    assert world.client("olive").get(re.sub("visits/[0-9a-f]+", f"visits/{other.visit_id}", address)).status_code == 404


def test_a_photo_that_is_not_whole_yet_is_not_there(world: World) -> None:
    story = a_visit(world).told()
    blob = story.phone.photo(story.visit_id, PHOTO, NOW)
    story.phone.send(NOW)
    name = attachment_id(story.phone.device, blob)
    assert world.client("olive").get(f"/office/visits/{story.visit_id}/photos/{name}").status_code == 404


def test_bytes_that_were_changed_on_the_disk_are_not_shown(world: World, home: Any) -> None:
    _, address = with_photo(world, ready=False)
    path = path_of(home / "attachments", address.rsplit("/", 1)[1])
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert make_all_ready(world) == ["refused"]
    answer = world.client("olive").get(address)
    assert answer.status_code == 422
    assert "its file was changed" in answer.text


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"\xff\xd8\xff" + b"x" * 50, b"GIF89a"])
def test_what_is_no_photo_is_not_shown(world: World, content: bytes) -> None:
    _, address = with_photo(world, content)
    answer = world.client("olive").get(address)
    assert (answer.status_code, answer.mimetype) == (422, "text/html")


def test_a_signature_is_drawn_by_us(world: World) -> None:
    _, address = with_photo(world, json.dumps(STROKES).encode(), "application/json", "consent.given")
    answer = world.client("olive").get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.data)).size == (800, 320)


def test_a_decision_about_a_cancelled_visit_shows_on_its_page(world: World) -> None:
    story = a_visit(world).told()
    story.desk(
        ev.VisitCancelled(by="tenant", reason="tenant_asked", apologised=False, offered_new_time=False),
        at=NOW - timedelta(hours=1),
    )
    story.phone.save("visit.noted", story.visit_id, {"words": "Nobody told me."}, NOW)
    story.phone.send(NOW)
    browser = world.client("olive")
    browser.post(f"/office/held/{held_id(world)}/taken-in", data={"why": "True enough"})
    assert "Nobody told me." in browser.get(f"/office/visits/{story.visit_id}").text


def test_the_timeline_links_to_what_is_here_and_says_what_is_still_on_the_phone(world: World) -> None:
    story, address = with_photo(world)
    story.phone.photo(story.visit_id, PHOTO, NOW, "after")
    story.phone.send(NOW)
    page = world.client("olive").get(f"/office/visits/{story.visit_id}").text
    assert f'<a class="govuk-link" href="{address}">Photo: before the work</a>' in page
    assert "1 photo is still on the phone." in page
    assert "/photos/" not in world.client("mona").get(f"/office/visits/{story.visit_id}").text


def test_a_gap_stands_in_the_task_list_with_its_number(world: World) -> None:
    story = a_visit(world).told()
    for _ in range(3):
        story.phone.save("visit.late", story.visit_id, {"minutes": 5}, NOW)
    story.phone.waiting.clear()
    story.phone.heartbeat(NOW, queued=0)
    page = world.client("olive").get("/office/tasks").text
    assert "3 missing, last seen 09:00" in page
    assert 'href="/office/held#phones"' in page
