"""Letters: read back from their PDF, in the window of an envelope, large where asked, and never in unreadable print."""

import gc
import re
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PIL import Image

from fieldvisit.lettering import Fonts, missing_letters
from fieldvisit.messages.adapters import send
from fieldvisit.messages.adapters.settings import Sending
from fieldvisit.messages.letter import (
    ADDRESS,
    BODY_TOP,
    LOOKS,
    LetterHead,
    carried_over,
    kept_together,
    letter_pdf,
    say_date_of_letter,
)
from fieldvisit.messages.outgoing import NeverError, Outgoing, Taken
from fieldvisit.messages.pictures import picture_for
from tests.services.test_badge_drawing import pictures, read, sizes, streams, words
from tests.stand_ins.fonts import make_font

AT = datetime(2026, 12, 8, 23, 30, tzinfo=UTC)
HEAD = LetterHead("Melton Borough Council", "01664 502 502")
LINK = "https://visits.melton.example/t/aB3_dE6-hI9kLmNoPqRsTuVwXyZ012345"
BODY = f"""Dear Terry Moss,

Asha Kaur comes to your home on Wednesday 9 December between 10:00 and 12:00.

See it here: {LINK}.

Or ring us on 01664 502 502. You never have to let anyone in."""
TO = "Terry Moss\n1 Larch Close\nMelton Mowbray\nLE13 9AA"
LETTER = Outgoing("r" * 32, "letter_first_class", TO, "A visit to your home", BODY)
URDU = replace(LETTER, language="ur", subject="آپ کے گھر کا دورہ", body="ہم آئیں گے۔\n\n01664 502 502")
MM = 72 / 25.4


def placed(pdf: bytes, page: int = 0) -> list[tuple[float, float, str]]:
    """Each piece of text on a page: millimetres from the left and from the top, and what it says."""
    content = [body for head, body in streams(pdf) if b" Tj" in body][page]
    found = re.findall(rb"BT ([\d.]+) ([\d.]+) Td (?:\(((?:\\.|[^\\)])*)\)|<[0-9A-Fa-f]*>) Tj ET", content)
    return [(float(x) / MM, 297 - float(y) / MM, said.decode("latin-1")) for x, y, said in found]


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ("01664 502 502", "01664_502_502"), ("01664 502 502 0808 157 0123", "01664_502_502 0808_157_0123"),
        ("0800 111 999 0808 157 0123", "0800_111_999 0808_157_0123"),
        ("01664 502502 020 7946 0000", "01664_502502 020_7946_0000"),
        ("+44 1664 502 502 07700 900 123", "+44_1664_502_502 07700_900_123"), ("123 456", "123_456"),
        ("0800 111 999 2", "0800_111_999 2"), ("12 01664 502 502", "12 01664_502_502"),
    ],
)  # fmt: skip
def test_a_number_stays_on_one_line_and_two_side_by_side_stay_two(groups: str, shown: str) -> None:
    assert kept_together(groups) == shown.replace("_", "\u00a0")


@pytest.mark.parametrize("look", LOOKS)
def test_a_letter_says_all_of_the_message(look: str) -> None:
    said = " ".join(words(letter_pdf(replace(LETTER, look=look), HEAD, AT)).split())
    for wanted in ("Melton Borough Council", "8 December 2026", "A visit to your home", "Dear Terry Moss,", "LE13 9AA"):
        assert wanted in said
    assert LINK.replace("https://", "") in said.replace(" ", "")
    assert "never have to" in said


@pytest.mark.parametrize(
    "to", [TO, "A Tenant With a Very Long Name Who Lives in a House With\nOne\nTwo\nThree\nFour\nFive\nLE13 9AA"]
)
def test_the_address_lies_in_the_window_and_nothing_else_does(to: str) -> None:
    """The first page keeps to where Notify prints: what stands elsewhere would come back unsent."""
    left, top, width, height = ADDRESS
    found = placed(letter_pdf(replace(LETTER, to=to), HEAD, AT))
    in_window = [said for x, y, said in found if x < 120 and 30 < y < 95]
    assert in_window == to.split("\n")
    for x, y, said in found:
        if said in in_window:
            assert left <= x < left + width
            assert top < y < top + height
        assert 15 <= x <= 195 and 5 <= y <= 292
        assert y < 30 or y > BODY_TOP or x >= 125 or said in in_window


HEADED = replace(
    LETTER, body="Our reference: M-7K2M9Q4RT\n\nWhy\nBecause it is so.\n\nWhy\n\nIt ends.", headings=frozenset({"Why"})
)


def tags(pdf: bytes) -> list[tuple[str, str]]:
    """What each tagged piece is, and what it says, in the order in which it is read aloud."""
    said = []
    for _, body in streams(pdf):
        for tag, piece in re.findall(rb"/(\w+) (?:<</MCID \d+>> BDC|BMC)(.*?)EMC", body, re.DOTALL):
            said.append((tag.decode(), b" ".join(re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", piece)).decode("latin-1")))
    return said


def test_a_heading_is_bold_and_tagged_as_one_and_all_else_is_tagged_too() -> None:
    """One who hears a letter hears nothing that is not tagged, once a part of it is."""
    pdf = letter_pdf(HEADED, HEAD, AT)
    assert tags(pdf) == [
        ("P", "Melton Borough Council"), ("P", "01664 502 502 8 December 2026"),
        ("P", "Terry Moss 1 Larch Close Melton Mowbray LE13 9AA"), ("H1", "A visit to your home"),
        ("P", "Our reference: M-7K2M9Q4RT"), ("H2", "Why"), ("P", "Because it is so."), ("P", "Why"), ("P", "It ends."),
    ]  # fmt: skip
    [page] = [body for _, body in streams(pdf) if b" Tj" in body]
    outside = re.sub(rb"/\w+ (?:<</MCID \d+>> BDC|BMC).*?EMC", b"", page, flags=re.DOTALL)
    assert b" Tj" not in outside
    assert [kind.decode() for kind in re.findall(rb"/S /(\w+)", pdf)].count("H2") == 1
    assert b"/Marked true" in pdf and b"/DisplayDocTitle true" in pdf
    bold = re.findall(rb"/(F\d+) 12\.00 Tf(?:(?!Tf).)*?\(Why\) Tj", page, re.DOTALL)
    assert len(bold) == 2 and len(set(bold)) == 2  # the one that stands alone is no heading


@pytest.mark.parametrize("lines", range(16, 40))
def test_a_heading_stands_on_the_page_of_what_it_is_over(lines: int) -> None:
    body = "\n".join(["Words."] * lines) + "\n\nWhy\nOne.\nTwo.\nThree."
    pdf = letter_pdf(replace(HEADED, body=body), HEAD, AT)
    (at,) = [body for _, body in streams(pdf) if b"(Why)" in body]
    assert b"(Three.)" in at


def test_large_print_is_eighteen_points_and_plain_is_twelve() -> None:
    assert 18 in sizes(letter_pdf(replace(LETTER, look="large_print"), HEAD, AT))
    body_sizes = set(sizes(letter_pdf(replace(LETTER, look="large_print", to="A\nB"), HEAD, AT)))
    assert body_sizes - {12.0} == {18.0, 22.0}  # 12 is the address: a machine reads it
    assert 12 in sizes(letter_pdf(LETTER, HEAD, AT))


@pytest.mark.parametrize("look", LOOKS)
def test_the_link_is_there_to_scan_letter_for_letter(look: str) -> None:
    (code,) = pictures(letter_pdf(replace(LETTER, look=look), HEAD, AT))
    assert read(code.convert("L").resize((300, 300), Image.Resampling.BILINEAR)) == [LINK]


def test_a_letter_without_a_link_has_no_code() -> None:
    assert pictures(letter_pdf(replace(LETTER, body="Please ring us about your home."), HEAD, AT)) == []


def test_a_long_letter_goes_on_over_numbered_pages_and_loses_no_line() -> None:
    many = "\n\n".join(f"Paragraph {number} " + "of many words " * 12 for number in range(40))
    pdf = letter_pdf(replace(LETTER, body=many), HEAD, AT)
    said = words(pdf)
    count = pages(pdf)
    assert count > 2
    assert [f"{page} / {count}" in said for page in range(1, count + 1)] == [True] * count
    assert [number for number in range(40) if f"Paragraph {number} " not in said] == []


def test_a_paragraph_of_several_pages_runs_off_none_of_them() -> None:
    pdf = letter_pdf(replace(LETTER, body="all of one long sentence " * 500), HEAD, AT)
    assert pages(pdf) > 2
    lowest = [max(y for _, y, _ in placed(pdf, page)) for page in range(pages(pdf))]
    assert max(lowest) < 292


@pytest.mark.parametrize("lines", range(16, 40))
def test_the_code_stands_on_the_page_of_the_link_that_it_is(lines: int) -> None:
    """And no line of the paragraph with the link is left behind: whoever scans it reads what it is."""
    pdf = letter_pdf(replace(LETTER, body="\n".join(["Words."] * lines) + f"\n\nOne.\nTwo.\n{LINK}"), HEAD, AT)
    on_pages = [body for _, body in streams(pdf) if b" Tj" in body]
    (at,) = [number for number, body in enumerate(on_pages) if b"One." in body]
    assert b"Two." in on_pages[at]
    assert b" Do" in on_pages[at]


def test_a_letter_leaves_no_font_open(tmp_path: Path) -> None:
    """The worker makes letters for months."""
    font = make_font(tmp_path / "whole.ttf", URDU.subject + URDU.body + TO + HEAD.council)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        letter_pdf(URDU, replace(HEAD, fonts=Fonts(font, font)), AT)
        gc.collect()
    assert [str(each.message) for each in seen if each.category is ResourceWarning] == []


def test_easy_read_has_a_picture_beside_each_paragraph_by_what_it_says() -> None:
    shown = [picture_for(paragraph, after="house") for paragraph in BODY.split("\n\n")[1:]]
    assert shown == ["clock", "screen", "telephone"]
    assert picture_for("Dear Terry Moss,") == ""
    assert picture_for("Ring us on 01664 502 502.") == "telephone"
    plain, easy = (letter_pdf(replace(LETTER, look=look), HEAD, AT) for look in ("plain", "easy_read"))

    def strokes(pdf: bytes) -> int:
        return sum(body.count(b" l S") for _, body in streams(pdf))

    assert strokes(plain) == 0
    assert strokes(easy) > 12


def test_easy_read_lines_are_short() -> None:
    body = "You can always say no to us at your own door and nothing at all will happen to you. " * 3
    found = placed(letter_pdf(replace(LETTER, look="easy_read", body=body), HEAD, AT))
    assert max(len(said) for _, y, said in found if y > BODY_TOP) <= 50


def test_polish_without_a_font_is_in_plain_letters() -> None:
    polish = replace(LETTER, language="pl", body="Proszę zadzwonić w środę, łatwo.")
    assert "Prosze zadzwonic w srode, latwo." in words(letter_pdf(polish, HEAD, AT))


def test_urdu_without_a_font_is_refused_with_a_sentence() -> None:
    with pytest.raises(NeverError, match="no font for this letter") as refused:
        letter_pdf(URDU, HEAD, AT)
    assert refused.value.status == "technical-failure"


def test_a_font_that_lacks_one_letter_is_refused_as_well(tmp_path: Path) -> None:
    """DejaVu has Arabic and not all of Urdu: half a word is worse than none."""
    letters = URDU.subject + URDU.body + TO + HEAD.council
    whole = make_font(tmp_path / "whole.ttf", letters)
    lacking = make_font(tmp_path / "lacking.ttf", letters.replace("ے", ""))
    assert letter_pdf(URDU, replace(HEAD, fonts=Fonts(whole, whole)), AT).startswith(b"%PDF-")
    with pytest.raises(NeverError, match="FIELDVISIT_FONT has 1"):
        letter_pdf(URDU, replace(HEAD, fonts=Fonts(lacking, lacking)), AT)
    assert missing_letters("گے", Fonts(lacking, lacking)) == {"ے"}


def test_a_font_that_is_not_there_or_is_no_font_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.ttf").write_text("not a font")
    for name in ("nowhere.ttf", "notes.ttf"):
        fonts = Fonts(tmp_path / name, tmp_path / name)
        with pytest.raises(NeverError, match="FIELDVISIT_FONT"):
            letter_pdf(URDU, replace(HEAD, fonts=fonts), AT)


def test_urdu_begins_at_the_right_and_its_address_and_number_do_not(tmp_path: Path) -> None:
    font = make_font(tmp_path / "whole.ttf", URDU.subject + URDU.body + TO + HEAD.council)
    found = placed(letter_pdf(URDU, replace(HEAD, fonts=Fonts(font, font)), AT))
    body = [x for x, y, _ in found if y > BODY_TOP]
    window = [x for x, y, _ in found if 39 < y < 67]
    assert min(body) > 105
    assert window and max(window) == pytest.approx(ADDRESS[0] + 0.5, abs=0.1)


@pytest.mark.parametrize("to", ["", "Terry Moss", " \n\nTerry Moss\n "])
def test_a_letter_to_nowhere_is_a_permanent_failure(to: str) -> None:
    with pytest.raises(NeverError, match="no address") as refused:
        letter_pdf(replace(LETTER, to=to), HEAD, AT)
    assert refused.value.status == "permanent-failure"


def test_what_is_set_apart_and_goes_on_in_the_next_line_is_set_apart_there_too() -> None:
    """Each line is laid out by itself: without that, the rest of an address would read from its other end."""
    assert carried_over(["a \u2066b", "c", "d\u2069 e", "f"]) == [
        "a \u2066b\u2069", "\u2066c\u2069", "\u2066d\u2069 e", "f",
    ]  # fmt: skip
    assert carried_over(["\u2068a\u2069", "b"]) == ["\u2068a\u2069", "b"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "8 December 2026"), ("pl", "8 grudnia 2026"), ("ur", "8.12.2026")]
)
def test_the_date_is_in_the_language_of_the_letter(language: str, said: str) -> None:
    assert say_date_of_letter(date(2026, 12, 8), language) == said


def test_a_long_name_goes_on_in_the_next_line_and_makes_no_address_small() -> None:
    name = "Mrs Wilhelmina Featherstonehaugh-Cholmondeley and Dr Maximilian Okonkwo"
    pdf = letter_pdf(replace(LETTER, to=f"{name}\n1 Larch Close\nLE13 9AA"), HEAD, AT)
    found = [(y, said) for x, y, said in placed(pdf) if x < 120 and 30 < y < 95]
    assert " ".join(said for _, said in found) == f"{name} 1 Larch Close LE13 9AA"
    assert found[1][0] - found[0][0] == pytest.approx(12 * 0.42, abs=0.01)  # twelve points


def test_the_date_is_londons() -> None:
    in_summer = datetime(2026, 7, 8, 23, 30, tzinfo=UTC)
    assert "9 July 2026" in words(letter_pdf(LETTER, HEAD, in_summer))


def test_a_letter_that_people_here_print_is_taken_or_refused_at_once() -> None:
    sending = Sending(letter="print", head=HEAD)
    assert send(LETTER, sending, AT) == Taken("", AT)
    with pytest.raises(NeverError, match="no font"):
        send(URDU, sending, AT)


def test_the_embedded_default_takes_everything_and_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(*_said: object, **_more: object) -> None:
        raise AssertionError("something left")

    monkeypatch.setattr("socket.create_connection", connected)
    monkeypatch.setattr("socket.socket.connect", connected)
    for channel in ("sms", "email", "letter_first_class", "letter_second_class"):
        assert send(replace(URDU, channel=channel), Sending(), AT) == Taken("", AT)


def test_a_channel_that_nobody_sends_by_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="by_hand"):
        send(replace(LETTER, channel="by_hand"), Sending(), AT)
