"""Our QRs as a phone's camera gets them: small, blurred, turned, in poor light. Read by zxing, letter for letter.

Each also stands before a camera that sees too little: were a reader told the answer, these tests would be worth nothing.
"""

from collections.abc import Callable

import pytest
from PIL import Image, ImageFilter

from fieldvisit.badges.cards import doorstep_card_pdf, printed_card_pdf
from fieldvisit.messages.letter import letter_pdf
from tests.phone.badge_fixtures import BadgeHolder, office, phone, seen  # noqa: F401 - fixtures
from tests.phone.door_fixtures import chromium  # noqa: F401 - fixtures
from tests.phone.test_live_badge import made_by
from tests.services.test_badge_drawing import FACTS, PHOTO, PRINTED, PRINTED_AT, pictures
from tests.services.test_sending_letters import HEAD, LETTER, LINK
from tests.world import NOW, World

Camera = Callable[[Image.Image], Image.Image]
TABLE = "#d8d4cc"  # what lies round a paper that is held askew
AS_ON_SCREEN = 2  # a phone's pixels for each of a page's


def scaled(by: float) -> Camera:
    return lambda seen: seen.resize(
        (max(1, round(seen.width * by)), max(1, round(seen.height * by))), Image.Resampling.BILINEAR
    )


def blurred(pixels: float) -> Camera:
    return lambda seen: seen.filter(ImageFilter.GaussianBlur(pixels))


def turned(degrees: float) -> Camera:
    return lambda seen: seen.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=TABLE)


def half_turned_away(seen: Image.Image) -> Image.Image:
    """So far to one side that two fifths of the picture, and of the code in its middle, are not to be seen."""
    return turned(23)(seen.crop((seen.width * 2 // 5, 0, seen.width, seen.height)))


def in_light(darkest: int, lightest: int) -> Camera:
    """Between two greys of 256, as in a dark stairwell or behind glass."""
    return lambda seen: seen.convert("L").point(
        lambda grey: round(darkest + grey * (lightest - darkest) / 255)
    ).convert("RGB")  # fmt: skip


def one_after_another(*cameras: Camera) -> Camera:
    def sees(picture: Image.Image) -> Image.Image:
        for camera in cameras:
            picture = camera(picture)
        return picture

    return sees


CAMERAS: dict[str, Camera] = {
    "half as large": scaled(0.5),
    "a third as large": scaled(0.35),
    "three times as large": scaled(3),
    "blurred": blurred(1.5),
    "turned by 7": turned(7),
    "turned by 23": turned(23),
    "turned by 90": turned(90),
    "on its head": turned(180),
    "in poor light": in_light(96, 136),
    "small, blurred, turned, in poor light": one_after_another(
        scaled(0.5), turned(23), blurred(1.5), in_light(96, 136)
    ),
}  # fmt: skip
SEES_TOO_LITTLE: dict[str, Camera] = {
    "a fiftieth as large": scaled(0.02),
    "blurred by twelve": blurred(12),
    "half turned away": half_turned_away,
    "in no light": in_light(100, 100),
    "small, blurred by five, turned, in poor light": one_after_another(
        scaled(0.5), turned(23), blurred(5), in_light(96, 136)
    ),
}  # fmt: skip


def on_a_table(code: Image.Image) -> Image.Image:
    """A printed code as large as on the phone's screen, with some of the table in the picture."""
    side = 290 * AS_ON_SCREEN
    picture = Image.new("RGB", (side + 200, side + 200), TABLE)
    picture.paste(code.convert("RGB").resize((side, side), Image.Resampling.BILINEAR), (100, 100))
    return picture


def code_in(pdf: bytes) -> Image.Image:
    """The one square picture of a document."""
    (code,) = (picture for picture in pictures(pdf) if picture.width == picture.height)
    return on_a_table(code)


ON_PAPER: dict[str, tuple[Callable[[], Image.Image], str]] = {
    "the plastic card": (lambda: code_in(printed_card_pdf(FACTS, PHOTO, PRINTED_AT)), PRINTED),
    "the doorstep card": (lambda: code_in(doorstep_card_pdf(FACTS, PHOTO, PRINTED_AT)), PRINTED),
    "a letter with the tenant's own link": (lambda: code_in(letter_pdf(LETTER, HEAD, PRINTED_AT)), LINK),
}


@pytest.fixture(scope="module")
def photographed() -> dict[str, tuple[Image.Image, str]]:
    return {}


@pytest.fixture
def live(request: pytest.FixtureRequest, photographed: dict[str, tuple[Image.Image, str]]) -> tuple[Image.Image, str]:
    """What a worker's phone shows, as its browser painted it, and what it must be read as. Painted once for all cameras."""
    if "live" not in photographed:
        phone: BadgeHolder = request.getfixturevalue("phone")
        world: World = request.getfixturevalue("world")
        phone.shows_its_own()
        code = made_by(world, phone, NOW).code
        photographed["live"] = phone.picture(), f"{phone.address}/v/{world.ids['badge of asha']}/{code}".upper()
    return photographed["live"]


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", CAMERAS)
def test_the_live_code_on_the_workers_phone_is_read(how, server, live):
    picture, address = live
    assert seen(CAMERAS[how](picture)) == address


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", SEES_TOO_LITTLE)
def test_the_live_code_is_not_read_by_a_camera_that_sees_too_little(how, server, live):
    assert seen(SEES_TOO_LITTLE[how](live[0])) == ""


@pytest.mark.parametrize("what", ON_PAPER)
@pytest.mark.parametrize("how", CAMERAS)
def test_a_printed_code_is_read(what, how):
    printed, address = ON_PAPER[what]
    assert seen(CAMERAS[how](printed())) == address


@pytest.mark.parametrize("what", ON_PAPER)
@pytest.mark.parametrize("how", SEES_TOO_LITTLE)
def test_a_printed_code_is_not_read_by_a_camera_that_sees_too_little(what, how):
    printed, _ = ON_PAPER[what]
    assert seen(SEES_TOO_LITTLE[how](printed())) == ""
