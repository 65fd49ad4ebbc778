"""A phone in front of the stub: what the tests of its scripts share."""

import functools
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import browser as browsers
from tests.phone.wire_stub import WireStub

TYPED = "MARIGOLD she asked us to wait for her sister"
SLOW_MS = 20_000  # a machine that runs everything at once may take so long; a right page waits for none of it
expect.set_options(timeout=SLOW_MS)


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    return browsers.browser_of(request.session)


@pytest.fixture
def stub() -> Iterator[WireStub]:
    stub = WireStub().start()
    yield stub
    stub.stop()
    assert stub.faults == []


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.set_default_timeout(SLOW_MS)
    context.clock.install()
    yield context
    context.close()


def at_the_door(phone: BrowserContext, stub: WireStub, person: str = "anna", refresh: str = "") -> Page:
    page = phone.new_page()
    page.goto(f"{stub.address}/door?person={person}&refresh={refresh}")
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    return page


def answer_the_door(page: Page, words: str = TYPED) -> None:
    page.get_by_label("An adult").check()
    page.get_by_label("What they said").fill(words)
    page.get_by_role("button", name="Save the answer").click()
    expect(page.locator("[data-said]")).to_contain_text("Saved on this phone")


def press(page: Page, button: str) -> None:
    """Presses, and waits until the entry is on the phone's disk and the buttons work again."""
    number = page.locator("[data-ledger] li").count()
    page.get_by_role("button", name=button).click()
    expect(page.locator("[data-ledger] li")).to_have_count(number + 1)
    the_buttons_rest(page)


def the_buttons_rest(page: Page) -> None:
    expect(page.locator("[data-said].is-saved")).to_be_visible()
    browsers.the_buttons_rest(page)


def go_to_introduce(page: Page) -> None:
    page.evaluate("""() => document.querySelectorAll("[data-step]")
        .forEach((step) => { step.hidden = step.dataset.step !== "introduce"; })""")


def all_is_sent(page: Page) -> None:
    page.wait_for_selector("html[data-unsent='0']", state="attached")


def waits_unsent(page: Page, number: int) -> None:
    page.wait_for_selector(f"html[data-unsent='{number}']", state="attached")


def states(page: Page) -> list[str]:
    return page.locator("[data-ledger] .entry-state").all_inner_texts()


def on_the_disk(page: Page) -> dict:
    return page.evaluate("""async () => {
        const db = await new Promise((done) => {
            indexedDB.open("fv").onsuccess = (event) => done(event.target.result);
        });
        const found = {};
        for (const name of db.objectStoreNames) {
            found[name] = await new Promise((done) => {
                db.transaction(name).objectStore(name).getAll().onsuccess = (event) => done(event.target.result);
            });
        }
        db.close();
        return JSON.parse(JSON.stringify(found, (key, value) =>
            value instanceof CryptoKey ? `${value.type} key, extractable: ${value.extractable}` : value));
    }""")


def the_disk_refuses_the_next_entry(page: Page) -> None:
    page.evaluate("""() => {
        const real = IDBObjectStore.prototype.add;
        IDBObjectStore.prototype.add = function () {
            IDBObjectStore.prototype.add = real;
            throw new DOMException("full", "QuotaExceededError");
        };
    }""")


# --- photos -----------------------------------------------------------------------------------------------------


@functools.cache
def a_picture(width: int = 800, height: int = 400, orientation: int = 1) -> bytes:
    """As a camera makes it: with what it knows of the place in it, and grain enough to weigh something."""
    grain = Image.effect_noise((width // 4, height // 4), 60).resize((width, height)).convert("RGB")
    told = Image.Exif()
    told[0x0112] = orientation
    told[0x010F] = "PETUNIA CAMERAS"
    file = io.BytesIO()
    grain.save(file, "JPEG", quality=85, exif=told)
    return file.getvalue()


def on_a_visit(phone: BrowserContext, stub: WireStub, person: str = "anna") -> Page:
    page = phone.new_page()
    page.goto(f"{stub.address}/visit?person={person}")
    page.wait_for_selector("html[data-outbox=ready]", state="attached")
    return page


def opens_photos(page: Page) -> None:
    page.get_by_role("button", name="Add a photo").click()
    expect(page.get_by_role("heading", name="Photos")).to_be_focused()


def gives(page: Page, picture: bytes, where: str = "Take a photo") -> None:
    page.get_by_label(where).set_input_files([{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture}])


def takes_a_photo(page: Page, picture: bytes | None = None) -> None:
    """Chooses a picture, and waits until it is on the phone's disk."""
    number = page.locator("[data-photo-list] li[data-follows]").count()
    gives(page, picture or a_picture())
    expect(page.locator("[data-photo-list] li[data-follows]")).to_have_count(number + 1)


def photos_to_go(page: Page, number: int) -> None:
    page.wait_for_selector(f"html[data-photos='{number}'][data-unsent='0']", state="attached")


def items(page: Page) -> list[dict]:
    return on_the_disk(page)["items"]


def next_tick(page: Page) -> None:
    """What the phone does by itself while it is looked at: it tries again."""
    page.clock.fast_forward(21_000)


def in_time_photos_to_go(page: Page, number: int) -> None:
    """As before, but it may take the phone some tries."""
    for _ in range(40):
        if page.locator(f"html[data-photos='{number}'][data-unsent='0']").count():
            return
        next_tick(page)
        page.wait_for_timeout(100)
    photos_to_go(page, number)
