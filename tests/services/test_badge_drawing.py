"""Every QR that is drawn is read back by a machine; every card holds what it must and nothing that it must not."""

import io
import re
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from fieldvisit.badges.cards import (
    SMALLEST_DOORSTEP_PT,
    CardFacts,
    Fonts,
    doorstep_card_pdf,
    plain_letters,
    printed_card_pdf,
)
from fieldvisit.badges.codes import live_address, printed_address
from fieldvisit.badges.draw import qr_matrix, qr_png, qr_svg
from fieldvisit.badges.portraits import portrait

BADGE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LIVE = live_address("https://verify.melton.example", BADGE, "A2B3C4D5E6")
PRINTED = printed_address("https://verify.melton.example", BADGE)
PRINTED_AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
PHOTO = portrait(7)
FACTS = CardFacts(
    name="Asha Kumari",
    company="Brook & Dale Heating Ltd",
    council="Melton Borough Council",
    badge_number="MB-1234",
    expires_on=date(2027, 11, 30),
    qr_address=PRINTED,
    typed_address="verify.melton.example/v",
)
CARDS = {"plastic": printed_card_pdf, "doorstep": doorstep_card_pdf}


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image, try_invert=False)]


def streams(pdf: bytes) -> list[tuple[bytes, bytes]]:
    """Every object of a PDF with a stream: its dictionary, and its bytes as they were before compression."""
    found = re.findall(rb"<<((?:(?!endobj).)*?)>>\s*stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return [(head, zlib.decompress(body) if b"/FlateDecode" in head else body) for head, body in found]


def pictures(pdf: bytes) -> list[Image.Image]:
    return [_picture(head, body) for head, body in streams(pdf) if b"/Image" in head]


def _picture(head: bytes, body: bytes) -> Image.Image:
    if b"/DCTDecode" in head:
        return Image.open(io.BytesIO(body))
    width, height = (int(re.search(rb"/%s (\d+)" % side, head)[1]) for side in (b"Width", b"Height"))
    row = 1 + width  # each row of grey bytes begins with the byte of its PNG filter, which is none
    return Image.frombytes("L", (width, height), b"".join(body[y * row + 1 : (y + 1) * row] for y in range(height)))


def words(pdf: bytes) -> str:
    text = b" ".join(body for head, body in streams(pdf) if b" Tj" in body)
    shown = re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", text)
    return re.sub(r"\\(.)", r"\1", b" ".join(shown).decode("latin-1"))


def _drawn(pdf: bytes) -> list[float]:
    """How wide each picture stands on the paper, in millimetres."""
    widths = [width for _, body in streams(pdf) for width in re.findall(rb"q ([\d.]+) 0 0 [\d.]+ \S+ \S+ cm /I", body)]
    return [float(width) / 72 * 25.4 for width in widths]


def sizes(pdf: bytes) -> list[float]:
    return [float(size) for _, body in streams(pdf) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", body)]


@pytest.mark.parametrize("address", [LIVE, PRINTED])
def test_a_qr_is_read_back_letter_for_letter(address):
    assert read(Image.open(io.BytesIO(qr_png(address)))) == [address]


@pytest.mark.parametrize("module_px", [2, 4, 8])
def test_a_qr_is_read_back_small_and_turned(module_px):
    image = Image.open(io.BytesIO(qr_png(LIVE, module_px))).convert("L")
    assert read(image.rotate(8, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)) == [LIVE]


def test_the_svg_draws_the_same_modules_as_the_png():
    svg = qr_svg(LIVE, "Live badge code")
    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    image = Image.new("1", (side, side), 1)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        for step in range(int(length)):
            image.putpixel((int(x) + step, int(y)), 0)
    assert read(image.resize((side * 4, side * 4))) == [LIVE]
    assert image.resize((side * 8, side * 8)).tobytes() == Image.open(io.BytesIO(qr_png(LIVE, 8))).tobytes()


def test_the_svg_is_small_and_obeys_the_policy_of_its_page():
    svg = qr_svg(LIVE, "Live <badge> code")
    assert len(svg) < 8_000
    assert "style" not in svg
    assert "<title>Live &lt;badge&gt; code</title>" in svg


def test_the_qr_of_a_long_council_name_is_still_version_four_at_most():
    assert (len(qr_matrix(LIVE)) - 17) // 4 <= 4
    assert (len(qr_matrix(PRINTED)) - 17) // 4 <= 3


@pytest.mark.parametrize("text", ["https://verify.example/v/x", "", "HTTPS://VERIFY.EXAMPLE/V/É", "A\n"])
def test_what_a_compact_qr_cannot_hold_is_our_mistake_and_said_so(text):
    with pytest.raises(ValueError, match="capitals"):
        qr_matrix(text)


@pytest.mark.parametrize("card", CARDS)
def test_the_qr_on_a_card_is_read_back_and_has_no_code(card):
    found = [text for picture in pictures(CARDS[card](FACTS, PHOTO, PRINTED_AT)) for text in read(picture)]
    assert found == [PRINTED]


@pytest.mark.parametrize("card", CARDS)
def test_a_card_holds_the_photo_and_both_sides(card):
    made = CARDS[card](FACTS, PHOTO, PRINTED_AT)
    assert (400, 500) in [picture.size for picture in pictures(made)]
    assert made.count(b"/Type /Page\n") == 2


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize(
    "must", ["Asha Kumari", "Brook & Dale Heating Ltd", "Melton Borough Council", "MB-1234", "30 November 2027",
             "verify.melton.example/v", "You never have to let anyone in.", "for the word",
             "number that you already have", "not enough"],
)  # fmt: skip
def test_a_card_says_what_it_must(card, must):
    assert must in words(CARDS[card](FACTS, PHOTO, PRINTED_AT)).replace("  ", " ")


@pytest.mark.parametrize(
    "must", ["The council has told you one", "I must say the other", "never one that a caller gives you",
             "Somebody who helps you may type", "Look at my photo and my badge number"],
)  # fmt: skip
@pytest.mark.parametrize("facts", ["short", "long"])
def test_the_doorstep_card_says_how_to_check_who_is_there(facts, must):
    made = doorstep_card_pdf(FACTS if facts == "short" else LONG, PHOTO, PRINTED_AT)
    assert must in words(made).replace("  ", " ")


def test_the_photo_of_the_doorstep_card_is_more_than_twice_as_wide_as_on_the_plastic_one():
    small, large = (_drawn(draw(FACTS, PHOTO, PRINTED_AT))[0] for draw in CARDS.values())
    assert large >= 2 * small


def test_the_printed_qr_of_the_doorstep_card_is_wide_enough_for_a_poor_camera():
    for facts in (FACTS, LONG):
        *_, side = _drawn(doorstep_card_pdf(facts, PHOTO, PRINTED_AT))
        assert side >= 40


@pytest.mark.parametrize("card", CARDS)
def test_no_card_carries_a_telephone_number(card):
    assert not re.search(r"\b0\d{3,}", words(CARDS[card](FACTS, PHOTO, PRINTED_AT)))


LONG = replace(
    FACTS,
    name="Bartholomew Featherstonehaugh-Cholmondeley van der Wyn ap Rhys",
    company="Brook and Dale Heating, Plumbing, Electrical and Property Services (East Midlands) Limited",
    typed_address="verify.housing.metropolitanborough.example/v",
)


ENDLESS = replace(LONG, name="N" * 60, company="C" * 80, badge_number="B" * 60, typed_address="a" * 90)


@pytest.mark.parametrize("facts", [FACTS, LONG, ENDLESS])
def test_nothing_on_the_doorstep_card_is_smaller_than_fourteen_point(facts):
    assert min(sizes(doorstep_card_pdf(facts, PHOTO, PRINTED_AT))) >= SMALLEST_DOORSTEP_PT == 14


def test_most_of_the_doorstep_card_is_in_eighteen_point():
    found = sizes(doorstep_card_pdf(FACTS, PHOTO, PRINTED_AT))
    assert sum(size >= 18 for size in found) / len(found) > 0.9


@pytest.mark.parametrize("card", CARDS)
def test_nothing_runs_off_a_card_with_long_names(card):
    made = CARDS[card](LONG, PHOTO, PRINTED_AT)
    assert made.count(b"/Type /Page\n") == 2
    heights = [float(y) for _, body in streams(made) for y in re.findall(rb"BT [\d.-]+ ([\d.-]+) Td", body)]
    assert min(heights) > 5  # points above the card's lower edge


def test_the_address_that_people_type_is_never_broken_over_two_lines():
    for draw in CARDS.values():
        assert LONG.typed_address in words(draw(LONG, PHOTO, PRINTED_AT))


NAMES = ["Łucja Żółć", "Siôn Ŵyn", "José Ångström", "O’Brien – Smith…", "Мария", "田中", "محمد", "A😀B", "", "()\\"]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("name", NAMES)
def test_no_name_stops_a_card_from_being_printed_without_a_font(card, name):
    assert CARDS[card](replace(FACTS, name=name, company=name, council=name), PHOTO, PRINTED_AT).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Łucja Żółć", "Lucja Zólc"), ("Siôn Ŵyn", "Siôn Wyn"), ("O’Brien", "O'Brien"), ("Мария", "?????"), ("😀", "?")],
)
def test_letters_that_the_built_in_fonts_lack_become_their_nearest(name, plain):
    assert plain_letters(name) == plain


def test_a_font_path_that_leads_nowhere_says_so():
    fonts = Fonts(Path("/nowhere/a.ttf"), Path("/nowhere/b.ttf"))
    with pytest.raises(FileNotFoundError, match="no such font"):
        printed_card_pdf(FACTS, PHOTO, PRINTED_AT, fonts)


@pytest.mark.parametrize("card", CARDS)
def test_the_same_card_printed_at_the_same_time_is_the_same_file(card):
    assert CARDS[card](FACTS, PHOTO, PRINTED_AT) == CARDS[card](FACTS, PHOTO, PRINTED_AT)


def test_portraits_are_the_same_for_a_seed_and_different_between_seeds():
    assert portrait(3) == portrait(3)
    assert len({portrait(seed) for seed in range(20)}) == 20
