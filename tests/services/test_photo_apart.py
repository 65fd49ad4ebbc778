"""A stranger's photo is decoded in a process of its own, and a signature is drawn from numbers alone."""

import io
import json
import math
import os
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from fieldvisit.badges.portraits import portrait
from fieldvisit.evidence import apart
from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.clean import PhotoRefused, clean_photo
from fieldvisit.evidence.strokes import NotStrokes, draw


def test_it_is_the_same_photo_as_cleaned_here() -> None:
    raw = portrait(3)
    assert clean_apart(raw) == clean_photo(raw).jpeg


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 30,000 by 30,000."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


HOSTILE = {
    "nothing": b"",
    "a page": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "cut short": portrait(1)[:900],
    "too many pixels": bomb(),
    "too heavy": b"\xff\xd8\xff" + bytes(13 * 1024 * 1024),
    "noise with a good beginning": b"\xff\xd8\xff" + os.urandom(2000),
    "a programme": b"#!/bin/sh\nrm -rf /\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_photo_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        clean_apart(HOSTILE[name])
    assert refused.value.sentence.endswith(".")


def test_a_decoder_that_never_ends_or_wants_all_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = portrait(1)
    for trap in ("while True: pass", "x = bytearray(10**9)", "import os; os.kill(os.getpid(), 11)"):
        child = apart._CHILD.replace("try:\n", f"{trap}\ntry:\n", 1)
        monkeypatch.setattr(apart, "_CHILD", child)
        monkeypatch.setattr(apart, "CPU_S", 1)
        monkeypatch.setattr(apart, "PATIENCE_S", 300)
        with pytest.raises(PhotoRefused):
            clean_apart(raw)
        monkeypatch.undo()


def test_the_child_inherits_neither_environment_nor_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    look = (
        "import os\nseen = [n for n in os.listdir('/proc/self/fd')]\n"
        "assert len(seen) <= 4 and set(os.environ) <= {'LC_CTYPE'}, (seen, dict(os.environ))\ntry:\n"
    )
    monkeypatch.setenv("A_SECRET", "x")
    monkeypatch.setattr(apart, "_CHILD", apart._CHILD.replace("try:\n", look, 1))
    with open(__file__):
        assert clean_apart(portrait(1)).startswith(b"\xff\xd8\xff")


# --- signatures -----------------------------------------------------------------------------------------------------

STROKE = [[10, 20, 0], [100, 60, 40]]


def strokes(**other: Any) -> bytes:
    return json.dumps({"v": 1, "w": 300, "h": 120, "strokes": [STROKE]} | other).encode()


def test_a_signature_becomes_a_picture_of_the_pads_shape() -> None:
    picture = Image.open(io.BytesIO(draw(strokes())))
    assert (picture.format, picture.size) == ("PNG", (800, 320))
    assert picture.getextrema() == (0, 255)


def test_a_finger_that_left_the_pad_is_drawn_on_its_edge() -> None:
    assert draw(strokes(strokes=[[[-50, -1, 0], [900, 900, 1]]]))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b"{}", b"not json", b"[" * 50_000, strokes(v=2), strokes(w=0) + b"x", strokes(strokes=[]),
        strokes(strokes="x"),
        strokes(strokes=[[[1]]]), strokes(strokes=[["ab"]]), strokes(strokes=[[[True, 1, 0]]]), strokes(w="wide"),
        strokes(strokes=[[[math.nan, 1, 0]]]), strokes(strokes=[[[math.inf, 1, 0]]]), strokes(strokes=[[]] * 500),
        strokes(strokes=[[[1, 1, 1]] * 20_001]), b" " * 300_000, strokes(strokes=[None]),
    ],
)  # fmt: skip
def test_what_no_pad_could_have_made_is_not_drawn(raw: bytes) -> None:
    with pytest.raises(NotStrokes):
        draw(raw)
