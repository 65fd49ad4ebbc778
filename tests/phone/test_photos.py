"""Photos on a worker's phone: saved on choosing, made smaller, sent after the events, in pieces that go on."""

import io
import json

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.phone.stub_fixtures import (
    a_picture,
    all_is_sent,
    browser,  # noqa: F401 - fixtures
    gives,
    in_time_photos_to_go,
    items,
    next_tick,
    on_a_visit,
    on_the_disk,
    opens_photos,
    phone,  # noqa: F401
    photos_to_go,
    stub,  # noqa: F401
    takes_a_photo,
    the_buttons_rest,
)

LIST = "[data-photo-list] li"


@pytest.fixture
def page(phone, stub) -> Page:
    page = on_a_visit(phone, stub)
    opens_photos(page)
    return page


def notes_something(page: Page) -> None:
    page.get_by_role("button", name="Done: go back").click()
    page.get_by_role("button", name="Note it").click()


# --- saved on choosing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["Take a photo", "Choose a photo"])
def test_a_photo_is_saved_as_soon_as_it_is_chosen(page, stub, where):
    gives(page, a_picture(), where)
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone: Photo: Damage")
    photos_to_go(page, 0)
    assert [stored.sealed["kind"] for stored in stub.stored] == ["photo.taken"]
    assert stub.bodies("photo.taken") == [{"what": "damage"}]
    assert len(stub.photos()) == 1


def test_no_camera_opens_before_it_is_said_whether_they_were_asked_and_each_photo_says_it(page, stub):
    page.get_by_label("Take a photo").click()
    expect(page.locator("[data-said]")).to_have_text("First say whether you asked.")
    page.get_by_label("There is danger").check()
    with page.expect_file_chooser() as camera:
        page.get_by_label("Take a photo").click()
    camera.value.set_files([{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": a_picture(640, 480)}])
    expect(page.locator(LIST)).to_have_count(1)
    page.get_by_role("button", name="Done: go back").click()
    opens_photos(page)
    expect(page.get_by_label("There is danger")).not_to_be_checked()
    page.get_by_label("It is outside the home").check()
    takes_a_photo(page, a_picture(640, 480))
    photos_to_go(page, 0)
    assert stub.bodies("photo.taken") == [{"what": "damage", "asked": way} for way in ("danger", "outside")]


def test_a_photo_is_made_smaller_stands_upright_and_tells_nothing_of_the_camera(page, stub):
    takes_a_photo(page, a_picture(4000, 2000, orientation=6))
    photos_to_go(page, 0)
    [sent] = stub.photos()
    picture = Image.open(io.BytesIO(sent))
    assert (picture.format, picture.size) == ("JPEG", (800, 1600))
    assert not picture.getexif() and b"PETUNIA" not in sent
    assert stub.stored[0].sealed["blobs"][0]["type"] == "image/jpeg"


def test_a_small_photo_is_not_made_bigger(page, stub):
    takes_a_photo(page, a_picture(640, 480))
    photos_to_go(page, 0)
    assert Image.open(io.BytesIO(stub.photos()[0])).size == (640, 480)


def test_a_picture_that_cannot_be_read_is_refused_in_words_and_nothing_half_is_kept(page, stub):
    gives(page, b"\xff\xd8 this is no picture")
    expect(page.locator("[data-said]")).to_have_text(
        "NOT saved. This phone cannot read that picture. Take it again, or choose another."
    )
    assert page.locator(LIST).count() == 0
    assert (items(page), on_the_disk(page)["blobs"]) == ([], [])
    takes_a_photo(page)
    photos_to_go(page, 0)


def test_two_photos_chosen_at_once_are_two_photos(page, stub):
    gives(page, a_picture(800, 600), "Take a photo")
    gives(page, a_picture(640, 480), "Choose a photo")
    expect(page.locator(f"{LIST}.is-sent")).to_have_count(2)
    assert [Image.open(io.BytesIO(sent)).width for sent in stub.photos()] == [800, 640]


def test_a_photo_waits_locked_on_the_disk_and_goes_when_the_phone_was_closed_in_between(page, phone, stub):
    phone.set_offline(True)
    takes_a_photo(page)
    expect(page.locator(LIST)).to_contain_text("Saved on this phone")
    head = page.evaluate("""async () => {
        const db = await new Promise((done) => { indexedDB.open("fv").onsuccess = (e) => done(e.target.result); });
        const [row] = await new Promise((done) => {
            db.transaction("blobs").objectStore("blobs").getAll().onsuccess = (e) => done(e.target.result); });
        db.close();
        return [row.data instanceof ArrayBuffer, ...new Uint8Array(row.data.slice(0, 3))];
    }""")
    assert head[0] is True and head[1:] != [0xFF, 0xD8, 0xFF]
    page.close()
    phone.set_offline(False)
    photos_to_go(on_a_visit(phone, stub), 0)
    assert len(stub.photos()) == 1


def test_the_photos_page_leads_back_to_where_it_was_opened(page):
    page.get_by_role("button", name="Done: go back").click()
    expect(page.get_by_role("heading", name="You are in their home")).to_be_focused()


def test_a_reason_is_asked_when_this_visit_has_no_photo_and_only_then(phone, stub):
    page = on_a_visit(phone, stub)
    page.get_by_role("button", name="I have finished").click()
    page.get_by_role("button", name="The work is done").click()
    expect(page.get_by_label("The tenant said no")).to_have_accessible_description(
        "Choose why there is no photo, or go back and take one."
    )
    page.get_by_label("Nothing to see").check()
    page.get_by_role("button", name="The work is done").click()
    the_buttons_rest(page)
    opens_photos(page)
    takes_a_photo(page)
    page.get_by_role("button", name="Done: go back").click()
    page.get_by_role("button", name="I have finished").click()
    expect(page.get_by_label("Nothing to see")).to_be_hidden()
    page.get_by_role("button", name="The work is done").click()
    the_buttons_rest(page)
    photos_to_go(page, 0)
    assert stub.bodies("visit.closing") == [{"no_photo_reason": "nothing_to_see", "why": "done"}, {"why": "done"}]


# --- sent after the events --------------------------------------------------------------------------------------------


def test_events_go_before_photos_and_the_line_says_what_is_still_to_go(page, phone, stub):
    phone.set_offline(True)
    for _ in range(2):
        takes_a_photo(page, a_picture(640, 480))
    notes_something(page)
    the_buttons_rest(page)
    stub.next_pieces += ["wait"]
    phone.set_offline(False)
    page.wait_for_selector("html[data-unsent='0'][data-photos='2']", state="attached")
    assert page.locator("[data-outbox-list] .entry-state").all_inner_texts() == [
        "Sent, 1 photo to go", "Sent, 1 photo to go", "Sent",
    ]  # fmt: skip
    expect(page.locator("[data-outbox-status]")).to_have_text("Sent, 2 photos to go")
    looks = page.locator("[data-outbox-list] li").evaluate_all(
        "lines => lines.map(line => [line.className, getComputedStyle(line).color, "
        "getComputedStyle(line, '::before').clipPath])"
    )
    assert looks[0] == looks[1] and all(part != sent for part, sent in zip(looks[0], looks[2], strict=True))
    stub.gate.set()
    photos_to_go(page, 0)
    assert stub.road == ["events 3", "piece 0", "piece 0"]
    expect(page.locator("[data-outbox-status]")).to_have_text("All sent")


def test_an_event_saved_while_a_photo_is_on_a_thin_line_does_not_wait_for_it(page, stub):
    stub.next_pieces += ["wait"]
    takes_a_photo(page)
    page.wait_for_selector("html[data-photos='1'][data-unsent='0']", state="attached")
    notes_something(page)
    expect(page.locator("[data-outbox-list] li")).to_have_count(2)
    photos_to_go(page, 1)
    assert [stored.sealed["kind"] for stored in stub.stored] == ["photo.taken", "visit.noted"]
    stub.gate.set()
    photos_to_go(page, 0)


@pytest.mark.parametrize("cut", ["cut", "cut:0", "cut:1", "cut:5"])
def test_a_photo_goes_on_where_its_answer_was_cut(page, stub, cut):
    stub.next_pieces += [cut]
    takes_a_photo(page, a_picture(3200, 1600))
    in_time_photos_to_go(page, 0)
    pieces = [entry for entry in stub.road if entry.startswith("piece")]
    assert pieces[:3] == ["piece 0", "piece 0", "piece 262144"]
    assert len(stub.photos()) == 1


def test_a_photo_that_arrived_spoiled_goes_again_whole(page, stub):
    stub.next_pieces += ["spoiled"]
    takes_a_photo(page, a_picture(3200, 1600))
    photos_to_go(page, 0)
    assert len(stub.photos()) == 1
    assert stub.road.count("piece 0") == 2


@pytest.mark.parametrize("bad_answer", [500, 503, "portal", "redirect"])
def test_a_piece_that_met_a_bad_answer_goes_again(page, stub, bad_answer):
    stub.next_pieces += [bad_answer]
    takes_a_photo(page)
    page.wait_for_selector("html[data-photos='1'][data-unsent='0']", state="attached")
    in_time_photos_to_go(page, 0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (413, "Not gone yet: it is too big to send. Call the office."),
        (401, "Not gone yet: the office cannot check this phone’s signature. Call the office."),
        (422, "Not gone yet: the office’s computer could not read it. Call the office."),
    ],
)
def test_a_photo_that_is_refused_says_why_and_does_not_stop_the_next(page, stub, status, words):
    stub.refuse_photo = {0: status}
    takes_a_photo(page, a_picture(640, 480))
    takes_a_photo(page, a_picture(800, 600))
    photos_to_go(page, 1)
    expect(page.locator("[data-outbox-list] li").first).to_contain_text(words)
    assert [Image.open(io.BytesIO(sent)).width for sent in stub.photos()] == [800]
    stub.refuse_photo = {}
    page.get_by_role("button", name="Send now").click()
    photos_to_go(page, 0)


def test_a_photo_that_fails_each_time_lets_the_next_one_go(page, stub):
    stub.refuse_photo = {0: 500}
    takes_a_photo(page, a_picture(640, 480))
    takes_a_photo(page, a_picture(800, 600))
    in_time_photos_to_go(page, 1)
    assert [Image.open(io.BytesIO(sent)).width for sent in stub.photos()] == [800]


def test_a_photo_whose_signature_was_not_known_goes_after_the_phone_was_enrolled_again(page, stub):
    stub.refuse_photo = {0: 401}
    takes_a_photo(page)
    photos_to_go(page, 1)
    next_tick(page)
    page.wait_for_function("() => document.querySelector('[data-outbox-list] .entry-message').textContent")
    stub.refuse_photo = {}
    in_time_photos_to_go(page, 0)
    assert len(stub.grants) > 1


def test_when_the_office_does_not_know_the_photos_event_the_event_goes_again_first(page, stub):
    stub.next_pieces += [500]
    takes_a_photo(page)
    photos_to_go(page, 1)
    stub.stored.clear()
    stub.attachments.clear()
    in_time_photos_to_go(page, 0)
    assert [stored.sealed["kind"] for stored in stub.stored] == ["photo.taken"]
    assert stub.road[:3] == ["events 1", "piece 0", "piece 0"] and stub.road[3].startswith("events")


def test_two_tabs_send_one_photo_once(phone, stub):
    tabs = [on_a_visit(phone, stub) for _ in range(2)]
    opens_photos(tabs[0])
    takes_a_photo(tabs[0], a_picture(640, 480))
    for tab in tabs:
        photos_to_go(tab, 0)
    assert stub.road == ["events 1", "piece 0"]


def test_a_held_photo_says_that_the_office_has_it_and_its_bytes_still_go(page, stub):
    stub.hold_kinds = {"photo.taken"}
    takes_a_photo(page)
    photos_to_go(page, 0)
    assert page.locator("[data-outbox-list] .entry-state").all_inner_texts() == ["Held: the office has this"]
    assert len(stub.photos()) == 1


# --- the rescue file --------------------------------------------------------------------------------------------------


def test_a_rescue_file_holds_what_did_not_go_sealed_and_nothing_that_can_be_read(page, phone, stub):
    takes_a_photo(page, a_picture(640, 480))
    photos_to_go(page, 0)
    phone.set_offline(True)
    takes_a_photo(page, a_picture(800, 600))
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Make a rescue file").click()
    name, text = downloading.value.suggested_filename, downloading.value.path().read_text()
    file = json.loads(text)
    assert name == f"fieldvisit-rescue-{file['made'][:10]}.json"
    assert set(file) == {"v", "device", "made", "items", "blobs"} and file["v"] == 1
    [item], [blob] = file["items"], file["blobs"]
    assert set(item) == {"grant", "uuid", "seq", "jwe", "sig"} and item["seq"] == 2
    assert stub._is_well_signed(stub.grants[item["grant"]]["jwk"], item)
    assert (set(blob), blob["csize"] > 1000) == ({"id", "csize", "data"}, True)
    assert not any(word in text for word in ("photo.taken", "visit-1", "damage", "anna@"))
    expect(page.locator("[data-said]")).to_contain_text("Send to the office: they can put it in.")
    phone.set_offline(False)
    in_time_photos_to_go(page, 0)
    expect(page.get_by_role("button", name="Make a rescue file")).to_be_hidden()


def test_more_photos_than_the_office_takes_at_a_time_make_several_files(page, phone):
    phone.set_offline(True)
    takes_a_photo(page, a_picture(640, 480))
    page.evaluate("""async () => {
        const db = await new Promise((done) => { indexedDB.open("fv").onsuccess = (e) => done(e.target.result); });
        const tx = db.transaction(["items", "blobs"], "readwrite");
        const blobs = ["one", "two", "three"].map((id) => ({ id, what: "photo", csize: 8000000, tries: 0, notBefore: 0 }));
        for (const { id } of blobs) tx.objectStore("blobs").put({ id, data: new ArrayBuffer(8000000) });
        tx.objectStore("items").get(1).onsuccess = (e) => tx.objectStore("items").put({ ...e.target.result, blobs });
        await new Promise((done) => { tx.oncomplete = done; });
        db.close();
    }""")
    downloads = []
    page.on("download", lambda download: downloads.append(download))
    page.get_by_role("button", name="Make a rescue file").click()
    expect(page.locator("[data-said]")).to_contain_text("Saved as 3 files")
    for _ in range(200):  # the browser tells of the last of them a moment after the page does
        if len(downloads) == 3:
            break
        page.wait_for_timeout(100)
    files = [json.loads(download.path().read_text()) for download in downloads]
    assert [[len(file["items"]), [blob["id"] for blob in file["blobs"]]] for file in files] == [
        [1, ["one"]], [0, ["two"]], [0, ["three"]],
    ]  # fmt: skip


def test_nothing_readable_of_a_photo_is_on_the_disk(page, phone):
    phone.set_offline(True)
    takes_a_photo(page)
    assert "damage" not in json.dumps(on_the_disk(page)).replace("Photo: Damage", "")


def test_the_count_of_what_is_only_here_is_on_the_icon(phone, stub):
    phone.add_init_script("navigator.setAppBadge = async (count) => { window.onTheIcon = count; };")
    page = on_a_visit(phone, stub)
    opens_photos(page)
    phone.set_offline(True)
    takes_a_photo(page)
    page.wait_for_function("() => window.onTheIcon === 1")
    phone.set_offline(False)
    all_is_sent(page)
    page.wait_for_function("() => window.onTheIcon === 0")
