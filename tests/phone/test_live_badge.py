"""The badge that a phone draws by itself: read by a camera, checked at `/v`, at any time, with no signal."""

import io
import random
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image, ImageEnhance, ImageFilter
from playwright.sync_api import expect

from fieldvisit.badges import codes
from fieldvisit.badges.service import with_secret
from tests.phone.badge_fixtures import (  # noqa: F401 - fixtures
    BEFORE_MIDNIGHT,
    FRESH,
    OLD,
    PIN,
    BadgeHolder,
    a_phone_from_its_pocket,
    a_pocket,
    answer,
    answer_to_digits,
    held,
    office,
    phone,
    seen,
)
from tests.phone.door_fixtures import SCREEN, chromium  # noqa: F401 - fixtures
from tests.world import NOW, World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

STEP = timedelta(seconds=30)
MIDNIGHT_IN_SUMMER = datetime(2027, 6, 30, 23, 0, 0, tzinfo=UTC)
CODES = """([key, steps]) => import('/static/js/badge-live.js').then(async ({ keyOf, codeAt }) => {
    const held = await keyOf(key);
    return Promise.all(steps.map((step) => codeAt(held, step)));
})"""
UNTIL_THE_PACK_IS_KEPT = """async () => {
    while (!(await caches.has('fv-state'))) await new Promise((then) => { setTimeout(then, 50); });
}"""


def made_by(world: World, phone: BadgeHolder, at: datetime) -> codes.Shown:
    device = phone.page.evaluate("() => import('/static/js/device.js').then(device => device.deviceId())")
    with world.database.reading(None) as session:
        badge = with_secret(session, world.ids["badge of asha"])
        return codes.shown_at(badge.secret, badge.id, device, at, 30)


# --- the code itself ------------------------------------------------------------------------------------------------


def test_phone_and_server_make_the_same_code_at_a_thousand_steps(phone):
    phone.opens_the_badge()
    chance = random.Random(7)
    for _ in range(4):
        key = chance.randbytes(32)
        steps = [chance.randrange(2**40) for _ in range(200)] + [
            chance.randrange(59_000_000, 70_000_000) for _ in range(50)
        ]
        expected = [{"code": codes.live_code(key, step), "digits": codes.six_digits(key, step)} for step in steps]
        assert phone.page.evaluate(CODES, [key.hex(), steps]) == expected


def test_a_phones_code_is_fresh_from_two_steps_old_to_one_ahead(phone, client):
    phone.opens_the_badge()
    badge = phone.has_its_keys()
    now = codes.step_of(NOW, 30)
    for away, expected in ((-3, OLD), (-2, FRESH), (-1, FRESH), (0, FRESH), (1, FRESH), (2, OLD)):
        (made,) = phone.page.evaluate(CODES, [badge["day_keys"][0]["key"], [now + away]])
        assert answer(client, f"/V/{badge['id']}/{made['code']}") == expected
        assert answer_to_digits(client, made["digits"]) == expected


def test_the_keys_on_the_phone_cannot_be_taken_out(phone, world):
    phone.shows_its_own()
    refused = phone.page.evaluate(
        """async who => {
            const disk = await import('/static/js/outbox-store.js');
            const { keys } = await disk.recall(`badge:${who}`);
            return Promise.all(Object.values(keys).map((key) =>
                crypto.subtle.exportKey('raw', key).then(() => 'taken', (error) => error.name)));
        }""",
        world.ids["asha"],
    )
    assert refused == ["InvalidAccessError", "InvalidAccessError"]


# --- a camera -------------------------------------------------------------------------------------------------------


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(4))


def turned(degrees: int):
    return lambda picture: picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="#777")


def half(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BILINEAR)


def quarter_turned_and_blurred(picture: Image.Image) -> Image.Image:
    return turned(8)(half(half(picture)).filter(ImageFilter.GaussianBlur(0.7)))


def dimmed(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(0.2)


def squeezed(picture: Image.Image) -> Image.Image:
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=20)
    return Image.open(sink)


CAMERAS = {
    "as it is": lambda picture: picture, "half as large": half, "blurred": blurred, "turned by 12": turned(12),
    "turned by 45": turned(45), "dimmed": dimmed, "a poor JPEG": squeezed, "small, turned, blurred": quarter_turned_and_blurred,
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_camera_reads_the_code_however_badly_it_sees(scheme, phone, world):
    phone.page.emulate_media(color_scheme=scheme)
    phone.shows_its_own()
    picture = phone.picture()
    expected = f"{phone.address}/v/{world.ids['badge of asha']}/{made_by(world, phone, NOW).code}".upper()
    assert {how: seen(camera(picture)) for how, camera in CAMERAS.items()} == dict.fromkeys(CAMERAS, expected)


@pytest.mark.parametrize("pixels", [1, 2.625, 3])
def test_every_module_is_whole_pixels_on_any_screen(pixels, chromium, world, office):
    context = a_pocket(chromium, world, pixels)
    holder = held(world, office, context)
    holder.is_signed_in("asha")
    holder.shows_its_own()
    shown = holder.page.evaluate(
        """() => { const drawn = document.querySelector('[data-live-badge] canvas');
            return [drawn.width, Math.round(drawn.getBoundingClientRect().width * devicePixelRatio)]; }"""
    )
    assert shown[0] == shown[1]
    assert shown[0] % 45 == 0  # 37 modules and 4 of white on each side
    assert shown[0] >= 0.75 * SCREEN["width"] * pixels
    assert seen(holder.picture()).startswith("HTTP://LOCALHOST")
    context.close()


def test_the_code_in_the_picture_is_fresh_for_ninety_seconds_and_then_old(phone, client, clock):
    phone.shows_its_own()
    address, digits = seen(phone.picture()), phone.digits()
    for second, expected in ((0, FRESH), (89, FRESH), (90, OLD), (600, OLD)):
        clock.move_to(NOW + timedelta(seconds=second))
        assert answer(client, address) == expected
        assert answer_to_digits(client, digits) == expected


# --- time -----------------------------------------------------------------------------------------------------------


def test_the_code_changes_exactly_at_the_half_minute(phone, world):
    phone.shows_its_own()
    for at in (NOW + timedelta(seconds=29), NOW + STEP, NOW + 2 * STEP - timedelta(seconds=1), NOW + 2 * STEP):
        phone.it_is(at)
        digits = made_by(world, phone, at).digits
        expect(phone.page.locator("[data-live-badge] strong")).to_have_text(f"{digits[:3]} {digits[3:]}")
        expect(phone.page.locator("[data-live-badge] time")).to_have_text(f"{at:%H:%M:%S}")


@pytest.mark.parametrize("wrong_by", [timedelta(minutes=7), timedelta(minutes=-7), timedelta(days=-3)])
def test_a_phone_with_a_wrong_clock_shows_the_right_code(wrong_by, phone, client, office):
    phone.it_is(NOW + wrong_by)
    phone.shows_its_own()
    office.dies()
    expect(phone.page.locator("[data-live-badge] time")).to_have_text("09:00:00")
    expect(phone.page.locator(".live__clock")).to_be_hidden()
    assert answer(client, seen(phone.picture())) == FRESH


def test_a_phone_whose_clock_was_never_checked_draws_and_says_so(phone, client):
    phone.shows_its_own()
    phone.page.evaluate("() => import('/static/js/outbox-store.js').then(disk => disk.forget('offset_ms'))")
    expect(phone.page.get_by_text("This phone’s clock is not checked yet.")).to_be_visible()
    assert answer(client, seen(phone.picture())) == FRESH


def test_at_midnight_in_london_the_other_days_key_takes_over(phone, world, office):
    phone.shows_its_own()
    office.dies()
    for at in (BEFORE_MIDNIGHT, BEFORE_MIDNIGHT + timedelta(seconds=1)):
        phone.it_is(at)
        digits = made_by(world, phone, at).digits
        expect(phone.page.locator("[data-live-badge] strong")).to_have_text(f"{digits[:3]} {digits[3:]}")


def test_in_summer_the_day_begins_at_midnight_in_london_an_hour_before_it_does_in_greenwich(phone, office):
    phone.shows_its_own()
    office.dies()
    june, july = "1e" * 32, "a7" * 32
    days = [{"day": "2027-06-30", "key": june}, {"day": "2027-07-01", "key": july}]
    phone.keeps(phone.badge_packed() | {"day_keys": days})
    for at, key in ((MIDNIGHT_IN_SUMMER - timedelta(seconds=1), june), (MIDNIGHT_IN_SUMMER, july)):
        phone.it_is(at)
        digits = codes.six_digits(bytes.fromhex(key), codes.step_of(at, 30))
        expect(phone.page.locator("[data-live-badge] strong")).to_have_text(f"{digits[:3]} {digits[3:]}")


def test_a_code_stops_only_when_there_is_no_key_for_the_day_and_says_what_to_do(phone, office):
    phone.shows_its_own()
    office.dies()
    phone.it_is(BEFORE_MIDNIGHT + timedelta(days=1))
    phone.shows("own")
    phone.it_is(BEFORE_MIDNIGHT + timedelta(days=1, seconds=1))
    phone.shows("stopped")
    said = phone.page.locator("[data-live-badge]")
    for words in ("This code has stopped.", "Find signal once", "show your card", "The tenant can call the office"):
        expect(said).to_contain_text(words)
    assert seen(phone.picture()) == ""


# --- no signal ------------------------------------------------------------------------------------------------------


def test_with_the_server_dead_the_badge_goes_on(phone, client, office, clock):
    phone.shows_its_own()
    office.dies()
    for minutes in (1, 30, 240):
        at = NOW + timedelta(minutes=minutes)
        phone.it_is(at)
        clock.move_to(at)
        expect(phone.page.locator("[data-live-badge] time")).to_have_text(f"{at:%H:%M:%S}")
        assert answer(client, seen(phone.picture())) == FRESH
        assert answer_to_digits(client, phone.digits()) == FRESH


def test_after_the_browser_was_closed_the_badge_opens_with_no_server_and_no_session(
    world, client, office, chromium, tmp_path
):
    first = a_phone_from_its_pocket(world, office, chromium, tmp_path)
    first.is_signed_in("asha")
    first.chooses_a_pin()
    first.page.evaluate(UNTIL_THE_PACK_IS_KEPT)
    first.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    first.context.close()
    office.dies()
    again = a_phone_from_its_pocket(world, office, chromium, tmp_path)
    again.page.goto(f"{office.address}/badge")
    again.types_the_pin(PIN)
    again.shows("own")
    again.reads("Asha K.")
    assert answer(client, seen(again.picture())) == FRESH
    assert answer_to_digits(client, again.digits()) == FRESH
    again.context.close()


def test_a_phone_without_keys_shows_the_servers_code_lets_it_go_when_it_is_old_and_gets_keys_by_itself(
    phone, client, office, clock
):
    phone.context.route("**/devices", lambda route: route.abort())
    phone.page.goto(f"{office.address}/badge")
    phone.shows("server")
    first = seen(phone.picture())
    assert answer(client, first) == FRESH
    office.dies()
    phone.it_is(NOW + timedelta(seconds=61))
    phone.shows("stopped")
    clock.move_to(NOW + timedelta(seconds=61))
    office.starts()
    phone.it_is(NOW + timedelta(seconds=82))
    phone.shows("server")
    second = seen(phone.picture())
    assert second != first
    assert answer(client, second) == FRESH
    phone.context.unroute("**/devices")
    phone.page.reload()
    phone.is_ready()
    phone.it_is(NOW + timedelta(seconds=103))
    phone.shows("own")


def test_a_browser_that_can_keep_no_keys_shows_the_servers_code(chromium, world, office, client, clock):
    context = a_pocket(chromium, world, pixels=2)
    context.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")
    holder = held(world, office, context)
    holder.is_signed_in("asha")
    holder.page.goto(f"{office.address}/badge")
    for seconds in (0, 30):
        at = NOW + timedelta(seconds=seconds)
        clock.move_to(at)
        holder.it_is(at)
        expect(holder.page.get_by_text(f"This code changes at {at + STEP:%H:%M:%S}")).to_be_visible()
        assert answer(client, seen(holder.picture())) == FRESH
    context.close()


@pytest.mark.parametrize(
    ("body", "kind"), [("<h1>Free Wi-Fi</h1>", "text/html"), ('{"badge": null, "pay": "here"}', "application/json")]
)
def test_a_wifi_network_that_answers_for_the_server_changes_nothing(body, kind, phone):
    phone.shows_its_own()
    phone.context.route("**/badge/code?*", lambda route: route.fulfill(body=body, content_type=kind))
    with phone.page.expect_response("**/badge/code?*"):
        phone.it_is(NOW + timedelta(seconds=25))
    expect(phone.page.locator("[data-live-badge] time")).to_have_text("09:00:25")
    phone.it_is(NOW + timedelta(seconds=27))
    expect(phone.page.locator("[data-live-badge] time")).to_have_text("09:00:27")
    phone.shows("own")
