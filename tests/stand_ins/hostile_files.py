# ruff: noqa: E501 - one kind a line
"""Sixty kinds of file that should never hurt us, made when they are asked for: nothing of them lies in the repository.

Each is (bytes, what must come of it): `refused`, or `cleaned`, which means a plain JPEG without a trace of CANARY.
"""

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import pillow_heif
from PIL import Image, PngImagePlugin

REFUSED, CLEANED = "refused", "cleaned"
CANARY = b"CANARY"
SCRIPT = b"<script>CANARY</script>"
PNG = b"\x89PNG\r\n\x1a\n"
CORPUS: dict[str, tuple[Callable[[], bytes], str]] = {}


def scene(width: int = 400, height: int = 300) -> Image.Image:
    red = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (red, Image.new("L", (width, height), 90), red.transpose(Image.Transpose.ROTATE_180)))


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(5).randbytes(width * height * 3))


def file_of(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    sink = io.BytesIO()
    image.save(sink, kind, **options)
    return sink.getvalue()


def heic(image: Image.Image, **options: object) -> bytes:
    sink = io.BytesIO()
    pillow_heif.from_pillow(image).save(sink, **options)
    return sink.getvalue()


def telling() -> bytes:
    """EXIF with a place, a maker and a comment, and the camera held upright."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x9286] = "CANARY-maker", 6, "CANARY-comment"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (52.0, 45.0, 57.0), "CANARY-gps"
    return exif.tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int, height: int, pixels: bytes = bytes(1000), extra: bytes = b"", depth: int = 8, colour: int = 2
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")


def jpeg_that_claims(width: int, height: int) -> bytes:
    plain = file_of(scene())
    place = plain.index(b"\xff\xc0") + 5
    return plain[:place] + struct.pack(">HH", height, width) + plain[place + 4 :]


def jpeg_with_scans(count: int) -> bytes:
    plain = file_of(scene(), progressive=True)
    start = plain.index(b"\xff\xda")
    end = plain.index(b"\xff", start + 14)
    while plain[end + 1] in (0, *range(0xD0, 0xD8)):
        end = plain.index(b"\xff", end + 2)
    return plain[:end] + plain[start:end] * count + plain[end:]


def with_segment(marker: int, body: bytes, times: int = 1) -> bytes:
    segment = bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body
    plain = file_of(scene())
    return plain[:2] + segment * times + plain[2:]


def webp_that_claims(width: int, height: int) -> bytes:
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + struct.pack("<I", width - 1)[:3]
        + struct.pack("<I", height - 1)[:3]
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def moving(kind: str) -> bytes:
    return file_of(scene(), kind, save_all=True, append_images=[noise(400, 300)], duration=100)


def archive() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.txt", bytes(20_000_000))
    return sink.getvalue()


def damaged(plain: bytes, seed: int) -> bytes:
    """Its header whole, and a hundred bytes of the rest changed by chance, always the same ones."""
    found, chance = bytearray(plain), random.Random(seed)
    for _ in range(100):
        found[chance.randrange(200, len(found))] = chance.randrange(256)
    return bytes(found)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def notes(text: str) -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("Comment", text)
    return found


def _refused(**files: Callable[[], bytes]) -> None:
    CORPUS.update({name.replace("_", " "): (made, REFUSED) for name, made in files.items()})


def _cleaned(**files: Callable[[], bytes]) -> None:
    CORPUS.update({name.replace("_", " "): (made, CLEANED) for name, made in files.items()})


_refused(  # another kind of file, whatever its name
    nothing=lambda: b"",
    one_byte=lambda: b"\xff",
    zeros=lambda: bytes(4096),
    chance=lambda: random.Random(1).randbytes(4096),
    svg=lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    svg_packed=lambda: gzip.compress(b"<svg>" + SCRIPT + b"</svg>"),
    page=lambda: b"<!doctype html>" + SCRIPT,
    page_before_a_photo=lambda: SCRIPT + file_of(scene()),
    blank_before_a_photo=lambda: b" " + file_of(scene()),
    gif=lambda: file_of(scene(), "GIF"),
    gif_with_a_script=lambda: b"GIF89a/*" + SCRIPT,
    bitmap=lambda: file_of(scene(), "BMP"),
    tiff=lambda: file_of(scene(), "TIFF"),
    icon=lambda: file_of(scene(64, 64), "ICO"),
    pdf=lambda: file_of(scene(), "PDF"),
    pdf_with_a_photo_in_it=lambda: b"%PDF-1.4\n" + file_of(scene()),
    postscript=lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(CANARY) show\n",
    fits_bomb=lambda: b"SIMPLE  =                    T" + b" " * 2880,
    jpeg_2000=lambda: box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
    zip_bomb=archive,
    programme=lambda: b"\x7fELF" + bytes(200),
    shell=lambda: b"#!/bin/sh\nrm -rf /\n",
    sound_in_webps_wrapping=lambda: b"RIFF\x24\0\0\0WAVE" + bytes(100),
    film=lambda: box(b"ftyp", b"mp42\0\0\0\0mp42isom") + bytes(400),
    avif=lambda: box(b"ftyp", b"avif\0\0\0\0avifmif1") + bytes(400),
    xml_with_an_entity=lambda: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
)
_refused(  # the right kind, and not whole
    jpeg_of_three_bytes=lambda: b"\xff\xd8\xff",
    jpeg_of_its_start_alone=lambda: b"\xff\xd8\xff\xe0" + bytes(300),
    jpeg_cut_in_its_header=lambda: file_of(scene())[:60],
    jpeg_cut_in_its_pixels=lambda: file_of(scene())[:-400],
    jpeg_of_markers=lambda: b"\xff\xd8" + b"\xff\xfe\0\x02" * 200_000,
    png_cut_in_its_pixels=lambda: file_of(noise(200, 200), "PNG")[:-4000],
    png_with_a_wrong_checksum=lambda: (lambda plain: plain[:29] + bytes(4) + plain[33:])(file_of(scene(), "PNG")),
    png_without_pixels=lambda: PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 300, 8, 2, 0, 0, 0)) + chunk(b"IEND", b""),
    png_of_no_width=lambda: png(0, 400),
    png_of_an_unknown_colour=lambda: png(400, 300, colour=5),
    webp_cut_in_its_pixels=lambda: file_of(noise(200, 200), "WEBP")[:-4000],
    webp_that_is_only_a_header=lambda: webp_that_claims(400, 300),
    heic_cut_in_its_pixels=lambda: heic(noise(200, 200))[:-4000],
    heic_of_its_brand_alone=lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic"),
    heic_with_an_endless_box=lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic") + b"\xff\xff\xff\xffmeta" + bytes(64),
    heic_of_boxes_in_boxes=lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic") + struct.pack(">I", 8_008) + b"meta" + b"\0\0\0\x08meta" * 1000,
    another_kind_that_says_heic=lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic") + file_of(scene()),
)  # fmt: skip
_refused(  # bombs
    png_of_900_megapixels=lambda: png(30_000, 30_000),
    png_of_64_megapixels=lambda: png(8_000, 8_000),
    png_with_80_megabytes_of_text=lambda: png(400, 300, bytes(400 * 903), chunk(b"zTXt", b"C\0\0" + zlib.compress(bytes(80_000_000), 9))),
    png_with_a_bomb_for_a_profile=lambda: png(400, 300, b"", chunk(b"iCCP", b"C\0\0" + zlib.compress(bytes(200_000_000), 9))),
    jpeg_of_4_gigapixels=lambda: jpeg_that_claims(65_500, 65_500),
    jpeg_of_a_thousand_scans=lambda: jpeg_with_scans(1_000),
    webp_of_268_megapixels=lambda: webp_that_claims(16_383, 16_383),
    a_photo_of_thirteen_megabytes=lambda: file_of(scene()) + bytes(13_000_000),
    a_photo_of_one_pixel=lambda: file_of(scene(1, 1)),
    a_line=lambda: png(4_000, 1, bytes(12_001)),
    moving_png=lambda: moving("PNG"),
    moving_webp=lambda: moving("WEBP"),
)  # fmt: skip
_cleaned(  # a photo, and something that must not come through
    a_place_in_a_jpeg=lambda: file_of(scene(), exif=telling(), comment=SCRIPT),
    a_place_in_a_png=lambda: file_of(scene(), "PNG", exif=telling(), pnginfo=notes("CANARY")),
    a_place_in_a_webp=lambda: file_of(scene(), "WEBP", exif=telling(), xmp=b"<x:xmpmeta>CANARY</x:xmpmeta>"),
    a_place_in_a_heic=lambda: heic(scene(), exif=telling()),
    a_profile=lambda: file_of(scene(), icc_profile=b"CANARY-icc" * 20),
    a_page_after_the_photo=lambda: file_of(scene()) + SCRIPT,
    a_zip_after_the_photo=lambda: file_of(scene()) + archive(),
    a_film_after_the_photo=lambda: file_of(scene()) + box(b"ftyp", b"mp42CANARY"),
    a_second_picture=lambda: file_of(scene(), "MPO", save_all=True, append_images=[noise(400, 300)]),
    a_thousand_comments=lambda: with_segment(0xFE, SCRIPT, 1_000),
    a_broken_exif=lambda: with_segment(0xE1, b"Exif\0\0MM\0\x2a\0\0\0\x08\xff\xff" + b"CANARY" * 20),
    an_exif_that_points_at_itself=lambda: with_segment(0xE1, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"),
    a_photo_of_48_megapixels=lambda: file_of(Image.new("RGB", (8_064, 6_048), "grey")),
    pixels_in_four_inks=lambda: file_of(scene().convert("CMYK")),
)  # fmt: skip
# Damaged by chance: either will do, and nothing else.
EITHER = "either"
for _kind in ("JPEG", "PNG", "WEBP"):
    CORPUS[f"a damaged {_kind}"] = (lambda kind=_kind: damaged(file_of(noise(160, 120), kind), 7), EITHER)
CORPUS["a damaged HEIC"] = (lambda: damaged(heic(noise(160, 120)), 7), EITHER)
CORPUS["a damaged HEIC of another chance"] = (lambda: damaged(heic(noise(160, 120)), 11), EITHER)
