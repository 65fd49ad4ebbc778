"""How a moving code is made and checked, and that yesterday's, another phone's and another badge's do not pass."""

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.badges import codes
from fieldvisit.badges.rules import MALFORMED, PRINTED, Freshness

SECRET = bytes(range(32))
BADGE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PHONE, OTHER_PHONE = "phone-1", "phone-2"
BEGAN = datetime(2026, 12, 8, 10, 30, 0, tzinfo=UTC)  # a half-minute begins here
FRESHNESS = Freshness()


def code_made(at: datetime, device: str = PHONE, secret: bytes = SECRET, badge: str = BADGE) -> str:
    return codes.shown_at(secret, badge, device, at, 30).code


def offset(code: str, at: datetime, devices: tuple[str, ...] = (PHONE,)) -> int | None:
    return codes.scanned(code, SECRET, BADGE, devices, at, FRESHNESS).offset


def test_a_code_is_what_the_document_says_computed_by_hand():
    key = hmac.new(SECRET, b"fv1 badge\nABCDEFGHIJKLMNOPQRSTUVWXYZ\nphone-1\n2026-12-08", hashlib.sha256).digest()
    digest = hmac.new(key, (int(BEGAN.timestamp()) // 30).to_bytes(8, "big"), hashlib.sha256).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)[:50]
    by_hand = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[int(bits[i : i + 5], 2)] for i in range(0, 50, 5))
    shown = codes.shown_at(SECRET, BADGE, PHONE, BEGAN, 30)
    assert shown.code == by_hand
    assert shown.digits == f"{(int.from_bytes(digest[28:], 'big') & 0x7FFFFFFF) % 1000000:06d}"


def test_the_phones_code_for_a_known_key_never_changes():
    """Phones run last week's page: these three values are the format."""
    key = codes.day_key(SECRET, BADGE, PHONE, date(2026, 12, 8))
    assert key.hex() == "1edc47a3533303b6cfa41eb3485a8492d562e95b8e6b9058cf87e15791c32c0d"
    assert codes.live_code(key, 59888820) == "CDFV3GVSTW"
    assert codes.six_digits(key, 59888820) == "074182"


@pytest.mark.parametrize(
    ("seconds", "fresh"),
    [(-31, False), (-30, True), (-1, True), (0, True), (29, True), (30, True), (60, True), (89, True),
     (89.999, True), (90, False), (91, False)],
)  # fmt: skip
def test_a_code_is_fresh_from_one_step_early_until_ninety_seconds_after_its_half_minute_began(seconds, fresh):
    code = code_made(BEGAN)
    assert (offset(code, BEGAN + timedelta(seconds=seconds)) is not None) is fresh


@pytest.mark.parametrize(("steps", "expected"), [(-2, None), (-1, 1), (0, 0), (1, -1), (2, -2), (3, None)])
def test_the_offset_tells_how_many_steps_away_the_code_was_made(steps, expected):
    assert offset(code_made(BEGAN), BEGAN + timedelta(seconds=30 * steps)) == expected


def test_a_code_made_just_before_midnight_is_checked_with_yesterdays_key():
    midnight = datetime(2026, 12, 9, 0, 0, 0, tzinfo=UTC)
    assert offset(code_made(midnight - timedelta(seconds=1)), midnight + timedelta(seconds=20)) == -1


def test_a_code_made_just_after_midnight_passes_on_a_server_still_on_the_day_before():
    midnight = datetime(2026, 12, 9, 0, 0, 0, tzinfo=UTC)
    assert offset(code_made(midnight), midnight - timedelta(seconds=5)) == 1


def test_the_day_is_londons_also_in_summer():
    in_summer = datetime(2026, 6, 30, 23, 0, 0, tzinfo=UTC)  # 1 July in London
    assert codes.day_of(codes.step_of(in_summer, 30), 30) == date(2026, 7, 1)
    assert codes.day_of(codes.step_of(in_summer - timedelta(seconds=1), 30), 30) == date(2026, 6, 30)


def test_the_step_is_the_same_in_whatever_zone_the_instant_is_written():
    assert codes.step_of(BEGAN, 30) == codes.step_of(BEGAN.astimezone(timezone(timedelta(hours=5))), 30)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        codes.step_of(datetime(2026, 12, 8), 30)


def test_each_live_phone_of_the_badge_is_tried():
    assert offset(code_made(BEGAN, OTHER_PHONE), BEGAN, (PHONE, OTHER_PHONE)) == 0


@pytest.mark.parametrize(
    "code",
    [
        code_made(BEGAN, OTHER_PHONE),
        code_made(BEGAN, secret=bytes(32)),
        code_made(BEGAN, badge="B" * 26),
        code_made(BEGAN - timedelta(days=1)),
        "A" * 10,
    ],
)
def test_another_phones_badges_secrets_or_days_code_matches_nothing(code):
    read = codes.scanned(code, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS)
    assert (read.kind, read.offset) == ("well-formed", None)


def test_a_badge_with_no_live_phone_matches_nothing():
    assert offset(code_made(BEGAN), BEGAN, ()) is None


def test_small_letters_read_as_capitals():
    assert offset(code_made(BEGAN).lower(), BEGAN) == 0


@pytest.mark.parametrize("text", ["", "A" * 9, "A" * 11, "A" * 9 + "1", "A" * 9 + "é", "A" * 9 + "\n", "A" * 5000])
def test_what_is_not_ten_letters_is_malformed(text):
    assert codes.scanned(text, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS) == MALFORMED


def test_an_address_without_a_code_is_the_printed_card():
    assert codes.scanned(None, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS) == PRINTED


@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_badge_number_typed_alone_is_the_printed_card(text):
    assert codes.typed(text, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS) == PRINTED


def test_six_digits_pass_with_a_blank_between_them():
    digits = codes.shown_at(SECRET, BADGE, PHONE, BEGAN, 30).digits
    assert codes.typed(f" {digits[:3]} {digits[3:]} ", SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS).offset == 0


@pytest.mark.parametrize("text", ["12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345"])
def test_what_is_not_six_digits_is_malformed_and_can_be_asked_for_again(text):
    assert codes.typed(text, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS) == MALFORMED
    assert not codes.digits_readable(text)


@pytest.mark.parametrize("text", ["", "123456", "123 456"])
def test_six_digits_or_none_can_be_read(text):
    assert codes.digits_readable(text)


def test_shown_says_when_the_next_code_comes():
    assert codes.shown_at(SECRET, BADGE, PHONE, BEGAN + timedelta(seconds=7), 30).ends == BEGAN + timedelta(seconds=30)


def test_ids_and_secrets_are_long_enough_and_never_the_same():
    ids = {codes.new_badge_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(codes.badge_id_in(made) == made for made in ids)
    assert 26 * 5 >= 128
    assert len(codes.new_secret()) == 32
    assert codes.new_secret() != codes.new_secret()


@pytest.mark.parametrize("text", ["", BADGE[:-1], BADGE + "A", BADGE[:-1] + "1", BADGE[:-1] + "/", "../" + BADGE])
def test_what_is_not_a_badge_id_is_none(text):
    assert codes.badge_id_in(text) is None


def test_a_badge_id_is_found_whatever_its_case():
    assert codes.badge_id_in(BADGE.lower()) == BADGE


@pytest.mark.parametrize("text", ["MB-1234", "mb 1234", " Mb1234 ", "MB–1234", "MB.1234"])
def test_a_badge_number_is_found_however_it_is_typed(text):
    assert codes.number_typed(text) == "MB1234"


def test_addresses_are_in_capitals_and_the_printed_one_has_no_code():
    assert codes.printed_address("https://verify.example/", BADGE) == f"HTTPS://VERIFY.EXAMPLE/V/{BADGE}"
    assert (
        codes.live_address("https://verify.example", BADGE, "A" * 10) == f"HTTPS://VERIFY.EXAMPLE/V/{BADGE}/{'A' * 10}"
    )


@given(st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)), st.integers(-400, 400))
def test_at_any_instant_and_delay_a_code_passes_exactly_inside_its_four_steps(at, delay_s):
    seen = at + timedelta(seconds=delay_s)
    expected = codes.step_of(at, 30) - codes.step_of(seen, 30)
    assert offset(code_made(at), seen) == (expected if -2 <= expected <= 1 else None)


@given(st.text(max_size=30))
def test_no_text_in_place_of_a_code_breaks_the_check(text):
    codes.scanned(text, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS)
    codes.typed(text, SECRET, BADGE, (PHONE,), BEGAN, FRESHNESS)
    codes.badge_id_in(text)
    codes.number_typed(text)
