"""A photo from outside: what is let in, what is turned away, and that nothing but pixels comes through."""

import io
import struct
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from fieldvisit.evidence.clean import MAX_BYTES, MAX_SCANS, PhotoRefused, clean_photo, clean_portrait, for_verify

# As in production, where importing evidence/clean.py sets it: pytest puts Python's own filters back for each test.
pytestmark = pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")

CANARY = b"CANARY-comment-<script>alert(1)</script>"


def gradient(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    red = Image.linear_gradient("L").resize((width, height))
    blue = red.transpose(Image.Transpose.ROTATE_180)
    return Image.merge("RGB", (red, Image.new("L", (width, height), 90), blue)).convert(mode)


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 120).convert("RGB")


def file_of(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    sink = io.BytesIO()
    image.save(sink, kind, **options)
    return sink.getvalue()


def telling_jpeg() -> bytes:
    """A phone's photo with everything that gives a home away: place, camera, thumbnail, XMP, comment, profile."""
    exif = Image.Exif()
    exif[0x010F] = "CANARY-maker"
    exif[0x0112] = 6
    exif[0x9286] = "CANARY-user-comment"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 45.0, 57.0), "W", (0.0, 53.0, 9.0)
    gps[29] = "CANARY-gps-date"
    return file_of(
        gradient(),
        exif=exif.tobytes(),
        comment=CANARY,
        xmp=b"<x:xmpmeta>CANARY-xmp</x:xmpmeta>",
        icc_profile=b"CANARY-icc" * 20,
    )


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_claims(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


def png_with_text_bomb() -> bytes:
    body = b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)
    plain = file_of(gradient(), "PNG")
    return plain[:33] + png_chunk(b"zTXt", body) + plain[33:]


def jpeg_with_many_scans() -> bytes:
    plain = file_of(gradient(), progressive=True)
    start = plain.index(b"\xff\xda")
    following = plain.index(b"\xff", start + 14)
    while plain[following + 1] in (0, *range(0xD0, 0xD8)):
        following = plain.index(b"\xff", following + 2)
    return plain[:following] + plain[start:following] * (MAX_SCANS + 1) + plain[following:]


def moving(kind: str) -> bytes:
    frames = [gradient(), gradient().transpose(Image.Transpose.ROTATE_180)]
    return file_of(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


PLAIN = file_of(gradient())
PLAIN_PNG = file_of(gradient(), "PNG")
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

HOSTILE = {
    "nothing": (b"", "photo-empty"),
    "one byte": (b"\xff", "photo-kind"),
    "a svg with a script": (SVG, "photo-kind"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "photo-kind"),
    "a page in front of a photo": (b"<script>alert(1)</script>" + PLAIN, "photo-kind"),
    "a blank in front of a photo": (b" " + PLAIN, "photo-kind"),
    "a gif": (file_of(gradient(), "GIF"), "photo-kind"),
    "a bitmap": (file_of(gradient(), "BMP"), "photo-kind"),
    "a tiff": (file_of(gradient(), "TIFF"), "photo-kind"),
    "an icon": (file_of(gradient(64, 64), "ICO"), "photo-kind"),
    "a pdf": (file_of(gradient(), "PDF"), "photo-kind"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "photo-kind"),
    "a fits bomb": (b"SIMPLE  =                    T" + b" " * 2880, "photo-kind"),
    "a zip": (b"PK\x03\x04" + bytes(200), "photo-kind"),
    "a program": (b"MZ" + bytes(200), "photo-kind"),
    "a sound in a WebP's wrapping": (b"RIFF\x24\0\0\0WAVE" + bytes(100), "photo-kind"),
    "a JPEG of three bytes": (b"\xff\xd8\xff", "photo-unreadable"),
    "a JPEG cut in its header": (PLAIN[:60], "photo-unreadable"),
    "a JPEG cut in its pixels": (PLAIN[:-400], "photo-unreadable"),
    "a PNG cut in its pixels": (file_of(noise(200, 200), "PNG")[:-4000], "photo-unreadable"),
    "a WebP cut in its pixels": (file_of(noise(200, 200), "WEBP")[:-4000], "photo-unreadable"),
    "a PNG with a wrong checksum": (PLAIN_PNG[:29] + bytes(4) + PLAIN_PNG[33:], "photo-unreadable"),
    "a JPEG of nothing but its start": (b"\xff\xd8\xff\xe0" + bytes(300), "photo-unreadable"),
    "a PNG that claims 900 megapixels": (png_that_claims(30_000, 30_000), "photo-too-large"),
    "a PNG that claims 64 megapixels": (png_that_claims(8_000, 8_000), "photo-too-large"),
    "a PNG that claims no width": (png_that_claims(0, 400), "photo-unreadable"),
    "a PNG of one line": (png_that_claims(4_000, 1), "photo-too-small"),
    "a photo of one pixel": (file_of(gradient(1, 1)), "photo-too-small"),
    "a PNG with eighty megabytes of text": (png_with_text_bomb(), "photo-unreadable"),
    "a JPEG of too many scans": (jpeg_with_many_scans(), "photo-unreadable"),
    "a moving PNG": (moving("PNG"), "photo-kind"),
    "a moving WebP": (moving("WEBP"), "photo-kind"),
    "thirteen megabytes": (PLAIN + bytes(MAX_BYTES), "photo-too-heavy"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_turned_away_with_its_code_and_a_plain_sentence(name):
    raw, code = HOSTILE[name]
    with pytest.raises(PhotoRefused) as refused:
        clean_photo(raw)
    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")


def test_the_corpus_has_at_least_twenty_kinds():
    assert len(HOSTILE) >= 20


def test_a_bomb_is_refused_before_its_pixels_are_read(monkeypatch):
    monkeypatch.setattr(Image.Image, "resize", _never)
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_prepare", _never)
    for width in (8_000, 30_000):
        with pytest.raises(PhotoRefused):
            clean_photo(png_that_claims(width, width))


def _never(*_: object, **__: object) -> None:
    raise AssertionError("this must not be reached")


@pytest.mark.parametrize(
    ("height", "code"), [(9_999, "photo-unreadable"), (10_000, "photo-unreadable"), (10_001, "photo-too-large")]
)
def test_fifty_megapixels_is_the_most_that_is_decoded(height, code):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the limit holds without Pillow's warning too
        with pytest.raises(PhotoRefused) as refused:
            clean_photo(png_that_claims(5_000, height))
    assert refused.value.code == code


@pytest.mark.parametrize(("side", "accepted"), [(63, False), (64, True), (65, True)])
def test_sixty_four_pixels_is_the_smallest_side(side, accepted):
    raw = file_of(gradient(side, 100))
    if accepted:
        assert clean_photo(raw).width == side
    else:
        with pytest.raises(PhotoRefused, match="too small"):
            clean_photo(raw)


@pytest.mark.parametrize("clean", [clean_photo, clean_portrait])
def test_nothing_that_tells_of_the_home_comes_through(clean):
    raw = telling_jpeg()
    assert all(canary in raw for canary in (b"CANARY-maker", b"CANARY-gps", b"CANARY-xmp", CANARY, b"CANARY-icc"))
    made = clean(raw).jpeg
    assert b"CANARY" not in made
    with Image.open(io.BytesIO(made)) as kept:
        assert not kept.getexif()
        assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(marker in made for marker in (b"Exif\0\0", b"http://ns.adobe.com", b"\xff\xfe", b"ICC_PROFILE"))


def test_nothing_that_tells_comes_through_for_the_door_page():
    assert b"CANARY" not in for_verify(telling_jpeg())


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(64), b"\0\0\0\x18ftypmp42CANARY"])
def test_what_follows_a_photos_end_is_dropped_and_the_photo_kept(tail):
    assert clean_photo(PLAIN + tail).jpeg == clean_photo(PLAIN).jpeg


def test_text_in_a_png_does_not_come_through():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", CANARY.decode())
    assert b"CANARY" not in clean_photo(file_of(gradient(), "PNG", pnginfo=notes)).jpeg


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_with_the_phone_turned_stands_upright(orientation):
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 200, 100))
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how a phone held so would have stored the scene
    stored = image.transpose(Image.Transpose(turn[orientation])) if orientation > 1 else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = clean_photo(file_of(stored, exif=exif.tobytes(), quality=95))
    assert (made.width, made.height) == (400, 200)
    with Image.open(io.BytesIO(made.jpeg)) as upright:
        assert upright.getpixel((40, 40))[0] > 200
        assert upright.getpixel((360, 160))[2] > 200


@pytest.mark.parametrize(
    ("size", "expected"),
    [((4032, 3024), (1600, 1200)), ((3024, 4032), (1200, 1600)), ((1601, 1000), (1600, 999)),
     ((1600, 1000), (1600, 1000)), ((1599, 1000), (1599, 1000)), ((6000, 80), (1600, 21))],
)  # fmt: skip
def test_a_photo_is_made_no_longer_than_sixteen_hundred_pixels_and_keeps_its_shape(size, expected):
    made = clean_photo(file_of(gradient(*size)))
    assert (made.width, made.height) == expected


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_in_any_of_its_colours_is_made_plain(mode):
    with Image.open(io.BytesIO(clean_photo(file_of(gradient(mode=mode))).jpeg)) as made:
        assert (made.mode, made.format) == ("RGB", "JPEG")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_see_through_becomes_white(kind):
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    with Image.open(io.BytesIO(clean_photo(file_of(clear, kind, lossless=True)).jpeg)) as made:
        assert min(made.getpixel((50, 50))) > 250


@pytest.mark.parametrize("mode", ["P", "1", "LA", "I;16"])
def test_a_png_in_any_of_its_colours_is_made_plain(mode):
    image = gradient(mode="L") if mode == "I;16" else gradient()
    assert clean_photo(file_of(image.convert(mode), "PNG")).width == 400


def test_a_jpeg_with_a_second_picture_behind_it_gives_its_first():
    two = file_of(gradient(), "MPO", save_all=True, append_images=[Image.new("RGB", (400, 300), "black")])
    assert clean_photo(two).width == 400


def test_the_hash_is_of_the_jpeg_that_is_kept_and_cleaning_is_the_same_each_time():
    import hashlib

    first, second = clean_photo(PLAIN), clean_photo(PLAIN)
    assert first == second
    assert first.sha256 == hashlib.sha256(first.jpeg).hexdigest()


@pytest.mark.parametrize("size", [(1200, 600), (600, 1200), (400, 500), (64, 64), (3024, 4032)])
def test_a_portrait_is_four_wide_to_five_high(size):
    made = clean_portrait(file_of(gradient(*size)))
    assert abs(made.width / made.height - 0.8) < 0.02
    assert max(made.width, made.height) <= 800


@pytest.mark.parametrize("image", [gradient(400, 500), gradient(800, 300), noise(400, 500), noise(4000, 3000)])
def test_the_door_pages_photo_is_at_most_six_kilobytes(image):
    made = for_verify(file_of(image))
    assert len(made) <= 6144
    with Image.open(io.BytesIO(made)) as small:
        assert abs(small.width / small.height - 0.8) < 0.02
        assert small.width <= 240


def test_the_door_pages_photo_is_two_hundred_and_forty_pixels_wide_where_that_fits():
    with Image.open(io.BytesIO(for_verify(file_of(gradient(400, 500))))) as small:
        assert small.size == (240, 300)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(PLAIN) - 1), st.sampled_from([PLAIN, PLAIN_PNG]))
def test_damage_anywhere_in_a_file_is_refused_or_cleaned_and_never_anything_else(damage, place, plain):
    try:
        made = clean_photo(plain[:place] + damage + plain[place + len(damage) :])
    except PhotoRefused:
        return
    assert made.jpeg.startswith(b"\xff\xd8\xff")
