"""Reporting from a desk what must reach one team and nobody else; and the three lengths of what is sealed (D5, T12, N4)."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.phone import matter
from tests.phone.door_fixtures import HandHeld, address, chromium, phone  # noqa: F401 - fixtures
from tests.phone.matter import config, hand_over, left  # noqa: F401 - fixtures
from tests.world import World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


def test_a_call_handler_writes_it_down_where_the_line_is_lost_for_a_while(
    phone: HandHeld, world: World, config: matter.Config, hand_over: Any, left: list[str]
) -> None:
    phone.signs_in("hana")
    page = phone.page
    page.set_viewport_size({"width": 1280, "height": 800})
    matter.notes(page, left)
    page.get_by_role("link", name="Another matter").first.click()  # in the bar above, and on the page
    expect(page.get_by_text("Once it is sent you cannot read it again")).to_be_visible()
    page.get_by_label("What did you see, or what were you told?").fill(matter.FACTS)
    page.get_by_text("More, if you know it").click()
    page.get_by_label("Who may be harmed?").fill(matter.HARMED)
    page.get_by_label("How can the team reach you?").fill(matter.REACH)
    page.context.set_offline(True)
    page.get_by_role("button", name="Lock it and send it").click()
    expect(page.locator("[data-trouble]")).to_contain_text(
        "NOT sent: there is no connection. Your words are still here."
    )
    expect(page.get_by_label("Who may be harmed?")).to_have_value(matter.HARMED)
    page.context.set_offline(False)
    phone.signs_out_elsewhere()
    page.get_by_role("button", name="Lock it and send it").click()
    expect(page.locator("[data-trouble]")).to_contain_text("NOT sent: you have been signed out. Sign in in another tab")
    phone.signs_in_in_another_tab("hana")
    expect(page.get_by_label("Who may be harmed?")).to_have_value(matter.HARMED)
    page.get_by_role("button", name="Lock it and send it").click()
    state = page.locator("[data-state]")
    expect(state).to_have_text(matter.WAITS)
    hand_over()
    page.clock.fast_forward(6_000)
    expect(state).to_contain_text(re.compile(r"Safely received. Receipt number [A-Z]{4} [A-Z]{4}\."))
    [said] = matter.what_the_vault_has(config, world)
    assert (said["facts"], said["by"]) == (matter.FACTS, f"Hana Petrov, {matter.REACH}")
    matter.holds_no_word(*left, page.content(), page.evaluate(matter.STORED))
    phone.refused_by_the_browser[:] = [
        line
        for line in phone.refused_by_the_browser
        if not any(one in line for one in ("INTERNET_DISCONNECTED", "401 ", "400 "))
    ]


SIZES = """async (lengths) => {
    const { boxOf } = await import(document.body.dataset.seal);
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const key = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid: "k".repeat(43) };
    const found = [];
    for (const length of lengths) {
        const told = { facts: "é".repeat(length) };
        const made = boxOf(told, key).catch(({ constructor }) => ({ size: constructor.name, sealed: "" }));
        const { size, sealed } = await made;
        found.push([size, sealed.length]);
    }
    return found;
}"""


def test_every_report_has_one_of_three_lengths(phone: HandHeld, world: World) -> None:
    from fieldvisit.web.render import app_url

    phone.page.goto(f"{phone.address}/sign-in")
    phone.page.evaluate("(path) => { document.body.dataset.seal = path; }", app_url("js/matter-seal.js"))
    found = phone.page.evaluate(SIZES, [1, 700, 1990, 2100, 15_000, 17_000, 60_000, 130_000, 140_000])
    assert [size for size, _ in found] == [4096] * 3 + [32_768] * 2 + [262_144] * 3 + ["TooLong"]
    assert len({length for _, length in found}) == 4  # three, and none
