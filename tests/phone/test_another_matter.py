"""Reporting what must reach one team and nobody else, at a door without signal (D5, O7, T11, N4)."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.phone import matter
from tests.phone.matter import config, hand_over, left  # noqa: F401 - fixtures
from tests.phone.shell_fixtures import ROWS, KeptPhone, council, kept_phone, on_disk, playwright  # noqa: F401 - fixtures
from tests.stories import a_visit
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def opens_the_form(page: Page) -> Locator:
    page.locator("summary").filter(has_text="Another matter").click()
    page.get_by_role("button", name="Write it down").click()
    form = page.locator("[data-matter]")
    expect(form.get_by_role("heading", name="Another matter")).to_be_focused()
    return form


@pytest.mark.usefixtures("on_disk")
def test_a_worker_writes_it_down_without_signal_and_hears_once_that_it_was_received(
    kept_phone: KeptPhone, world: World, config: matter.Config, hand_over: Any, left: list[str]
) -> None:
    a_visit(world).told()
    kept_phone.keeps_the_day()
    page = kept_phone.page
    matter.notes(page, left)
    kept_phone.waits_until("async () => Boolean(await caches.match('/matter'))")  # the last that it keeps
    kept_phone.council.dies()
    kept_phone.opens_the_visit_to("1 Larch Close")

    form = opens_the_form(page)
    expect(form.get_by_role("link", name=re.compile("999"))).to_be_visible()
    expect(form).to_contain_text("Once you have saved it you cannot read it again, nor can this phone.")
    expect(page.get_by_role("heading", name="Before you go")).to_be_hidden()
    form.get_by_role("button", name="Save and lock it").click()
    expect(form).to_contain_text("Write what you saw or were told. One sentence is enough.")
    form.get_by_label("What did you see, or what were you told?").fill(matter.FACTS)
    form.get_by_label("A child").check()
    form.locator("summary").click()
    expect(form.get_by_label("Where?")).to_have_value(re.compile("1 Larch Close, Visit V-"))
    form.get_by_label("Who may be harmed?").fill(matter.HARMED)
    form.get_by_label("How can the team reach you?").fill(matter.REACH)
    matter.holds_no_word(page.evaluate(matter.STORED))
    form.get_by_role("button", name="Save and lock it").click()

    expect(form.locator("[data-sent]")).to_contain_text("not sent yet. It goes by itself when there is signal.")
    expect(form.locator("form")).to_be_hidden()
    matter.holds_no_word(
        page.evaluate(matter.STORED),
        page.evaluate("() => [...document.querySelectorAll('input, textarea')].map((one) => one.value).join()"),
        page.content(),
    )
    form.get_by_role("button", name="Go back").click()
    kept_phone.reads("Before you go")
    expect(page.locator("[data-matter]")).to_have_count(0)
    page.get_by_role("link", name="saved on this phone").click()
    expect(page.locator("[data-outbox-list] li")).to_contain_text("Entry Saved on this phone")

    kept_phone.council.starts()
    page.get_by_role("button", name="Send now").click()
    kept_phone.has_sent_all()
    page.get_by_role("link", name="Today", exact=True).first.click()
    page.route("**/entries/*", lambda route: route.fulfill(json={"receipts": [_forged(page)]}))
    form = opens_the_form(page)
    expect(form.locator("[data-sent] li")).to_have_text(matter.WAITS)
    page.clock.fast_forward(6_000)
    page.wait_for_timeout(300)
    expect(form.locator("[data-sent] li")).to_have_text(matter.WAITS)  # nobody but the vault can say so

    page.unroute("**/entries/*")
    hand_over()
    page.clock.fast_forward(6_000)
    expect(form.locator("[data-sent] li")).to_contain_text(
        re.compile(r"Safely received. Receipt number [A-Z]{4} [A-Z]{4}\.")
    )
    form.get_by_role("button", name="Leave this page now").click()
    kept_phone.reads("Tuesday 8 December 2026")
    expect(opens_the_form(page).locator("[data-sent]")).to_be_hidden()

    [said] = matter.what_the_vault_has(config, world)
    assert (said["facts"], said["about"], said["who_harmed"]) == (matter.FACTS, "child", matter.HARMED)
    assert said["by"] == f"Asha Kaur, Operative, {world.ids['asha']}, {matter.REACH}"
    kept_phone.closes()
    matter.holds_no_word(*left)
    database = Path(world.database.url.database or "")
    stored = matter.on_the_disk(kept_phone.profile) + b"".join(
        path.read_bytes() for path in database.parent.glob("test.db*")
    )
    for word in matter.WORDS:
        assert word.encode() not in stored and word.encode("utf-16-le") not in stored, word


def _forged(page: Page) -> dict[str, str]:
    proof = page.evaluate("""() => new Promise((done) => { indexedDB.open("fv").onsuccess = ({ target: { result } }) => {
        result.transaction(["items"]).objectStore("items").getAll().onsuccess = ({ target }) => {
            result.close(); done(target.result.find((item) => item.proof).proof); }; }; })""")
    return {"number": "ABCDEFGH", "sha256": proof, "received_at": "2026-12-08T09:00:00.000000Z", "signature": "A" * 86}


BREAKS = {
    "telling the other tabs": ("BroadcastChannel", ["postMessage"]),
    "reading it back": ("IDBObjectStore", ["getAll"]),
    "keeping it": ("IDBObjectStore", ["add", "put"]),
}
BREAK = """([of, names]) => { for (const name of names) {
    const [kind, real] = [globalThis[of].prototype, globalThis[of].prototype[name]];
    kind[name] = () => { throw new Error("broken"); };
    const mended = globalThis.mend; globalThis.mend = () => { kind[name] = real; mended?.(); }; } }"""


def test_the_sentence_follows_what_this_phone_has_kept_whatever_breaks_around_it(
    kept_phone: KeptPhone, world: World
) -> None:
    a_visit(world).told()
    kept_phone.keeps_the_day()
    page = kept_phone.page
    kept_phone.opens_the_visit_to("1 Larch Close")
    form, kept = opens_the_form(page), 0
    for what, breaks in BREAKS.items():
        facts = form.get_by_label("What did you see, or what were you told?")
        facts.fill(matter.FACTS)
        page.evaluate(BREAK, breaks)
        form.get_by_role("button", name="Save and lock it").click()
        if what == "keeping it":
            expect(form.locator("[data-trouble]")).to_contain_text("NOT saved")
            expect(facts).to_have_value(matter.FACTS)
        else:
            expect(page.get_by_text("Saved on this phone: Entry")).to_be_visible()
            expect(form.locator("form")).to_be_hidden()
            expect(form.locator("[data-trouble]")).to_be_empty()
            kept += 1
        page.evaluate("() => globalThis.mend()")
        assert (
            page.evaluate(f"async () => (await ({ROWS})('items')).filter((one) => one.kind === 'box').length") == kept
        )
        form.get_by_role("button", name="Go back").click()
        page.get_by_role("button", name="Write it down").click()
    page.wait_for_timeout(300)
    kept_phone.said[:] = [line for line in kept_phone.said if line != "broken"]  # the page may say so, and go on
