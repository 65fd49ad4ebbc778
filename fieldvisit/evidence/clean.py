"""A photograph from outside, made anew: only its pixels come through.

What a phone writes beside the pixels (where the home is, when, which phone, a thumbnail, a comment with a script in it)
is not copied, because the picture is painted on a fresh sheet (security.md 5.2; threats T32, T33).
"""

import io
import re
import warnings
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image, ImageOps

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000  # a phone's own 48-megapixel picture passes; refused by its header, before any decoding
MAX_SCANS = 64  # a progressive JPEG has about ten; thousands of empty ones are a way to keep a server busy
PHOTO_SIDE = 1600
PORTRAIT_SIDE = 800
SMALLEST = 64  # pixels on the short side: below that nobody could be told from anybody
VERIFY_SIZE = (240, 300)
VERIFY_BYTES = 6 * 1024  # ruling R13

# Sniffing would open forty parsers; these are what phones and scanners send. HEIC is read in a process apart alone.
FORMATS = ("JPEG", "PNG", "WEBP")
HEIC = "HEIF"  # as Pillow's opener names it
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# Process-wide on purpose: no picture above the limit may be decoded here by anybody, in any thread.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PhotoRefused(ValueError):
    """code: short and stable. The text is a sentence for the person who sent the photo."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """sha256: lower-case hex, of the JPEG."""

    jpeg: bytes
    width: int
    height: int
    sha256: str


def ready_apart() -> None:
    """Reads HEIC too, and loads every decoder now: the process that calls this may open no file afterwards."""
    from pi_heif.as_plugin import register_heif_opener
    from PIL import ImageCms, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    assert ImageCms and JpegImagePlugin and MpoImagePlugin and PngImagePlugin and TiffImagePlugin and WebPImagePlugin
    Image.preinit()
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def clean_photo(raw: bytes, long_side: int = PHOTO_SIDE) -> CleanPhoto:
    """The photo as a plain JPEG no longer than `long_side` pixels, upright. Raises PhotoRefused."""
    return _kept(_pixels(raw, long_side))


def clean_portrait(raw: bytes) -> CleanPhoto:
    """A badge's portrait, four wide to five high, cut about the middle and a little above. Raises PhotoRefused."""
    return _kept(_cut(_pixels(raw, PORTRAIT_SIDE)))


def for_verify(jpeg: bytes) -> bytes:
    """The small portrait of the door page: 240 by 300 or the same shape smaller, and never above 6 KB."""
    portrait = _cut(_pixels(jpeg, PORTRAIT_SIDE))
    for shrink in (1.0, 0.8, 0.6, 0.4, 0.2):
        size = round(VERIFY_SIZE[0] * shrink), round(VERIFY_SIZE[1] * shrink)
        small = portrait.resize(size, Image.Resampling.LANCZOS)
        for quality in range(80, 25, -6):
            found = _jpeg(small, quality, progressive=True)
            if len(found) <= VERIFY_BYTES:
                return found
    raise PhotoRefused("photo-too-busy", "This photo cannot be made small enough. Take one against a plain wall.")


def _pixels(raw: bytes, long_side: int) -> Image.Image:
    _look_before_opening(raw)
    try:
        with Image.open(io.BytesIO(raw), formats=_formats()) as opened:
            _look_before_decoding(opened)
            return _painted(_upright(opened, long_side))
    except PhotoRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    # The decoders read a stranger's bytes: whatever they trip over is a photo that cannot be read, not our mistake.
    except Exception as error:
        sentence = "We could not read this photo. It may be damaged. Please take it again or choose another."
        raise PhotoRefused("photo-unreadable", sentence) from error


def _look_before_opening(raw: bytes) -> None:
    if not raw:
        raise PhotoRefused("photo-empty", "This photo is empty. Please take it again.")
    if len(raw) > MAX_BYTES:
        raise PhotoRefused("photo-too-heavy", "This photo is over 12 MB. Please send a smaller one.")
    if not _is_a_photo(raw):
        raise PhotoRefused("photo-kind", "This is not a photo that we can use. Please send a JPEG, PNG, WebP or HEIC.")
    if raw.startswith(b"\xff\xd8") and _scans(raw) > MAX_SCANS:
        raise PhotoRefused("photo-unreadable", "We could not read this photo. Please take it again.")


def _formats() -> tuple[str, ...]:
    return (*FORMATS, HEIC) if HEIC in Image.OPEN else FORMATS


def _is_a_photo(raw: bytes) -> bool:
    if raw[4:8] == b"ftyp":
        return HEIC in Image.OPEN and raw[8:12] in _HEIC_BRANDS
    return raw.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP")


_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _scans(raw: bytes) -> int:
    """How many scans a JPEG has, by walking its segments up to its end; what follows the end is never decoded."""
    scans, place = 0, 2
    while place + 4 <= len(raw):
        found = _NEXT_MARKER.search(raw, place)
        if found is None or found[0] == b"\xff\xd9":
            break
        scans += found[0] == b"\xff\xda"
        place = found.start() + 2 + int.from_bytes(raw[found.start() + 2 : found.start() + 4])
    return scans


def _look_before_decoding(opened: Image.Image) -> None:
    width, height = opened.size
    if width * height > MAX_PIXELS:
        raise _too_large()
    if min(width, height) < SMALLEST:
        raise PhotoRefused("photo-too-small", "This photo is too small to show a face. Please send a larger one.")
    # A phone's JPEG may carry a second picture (depth, preview): its first is the photo. A moving PNG or WebP is not.
    if opened.format in ("PNG", "WEBP") and getattr(opened, "is_animated", False):
        raise PhotoRefused("photo-kind", "This is a moving picture. Please send a plain photo.")


def _too_large() -> PhotoRefused:
    return PhotoRefused("photo-too-large", "This photo has too many pixels. Please send a smaller one.")


def _upright(opened: Image.Image, long_side: int) -> Image.Image:
    scale = min(1.0, long_side / max(opened.size))
    size = max(1, round(opened.width * scale)), max(1, round(opened.height * scale))
    # The JPEG decoder can halve as it reads, if the size asked for has the photo's own shape: a third of the time.
    opened.draft("RGB", size)
    turned = ImageOps.exif_transpose(opened)
    if turned.size[0] * opened.height != turned.size[1] * opened.width:
        size = size[1], size[0]
    return turned.resize(size, Image.Resampling.LANCZOS) if turned.size != size else turned


def _painted(image: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        sheet.paste(shown, mask=shown.getchannel("A"))
    else:
        sheet.paste(image.convert("RGB"))
    return sheet


def _cut(image: Image.Image) -> Image.Image:
    wide, high = VERIFY_SIZE
    width = min(image.width, image.height * wide // high)
    height = min(image.height, image.width * high // wide)
    return ImageOps.fit(image, (width, height), centering=(0.5, 0.4))


def _kept(image: Image.Image) -> CleanPhoto:
    jpeg = _jpeg(image, 80)
    return CleanPhoto(jpeg, image.width, image.height, sha256(jpeg).hexdigest())


def _jpeg(image: Image.Image, quality: int, progressive: bool = False) -> bytes:
    image.info.clear()
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=quality, optimize=progressive, progressive=progressive)
    return sink.getvalue()
