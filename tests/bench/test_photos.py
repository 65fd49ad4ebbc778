"""A stranger's photo cleaned in a process of its own, beside a plain decode, resize and encode of it, in one run."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.kek import lock, unlock
from fieldvisit.evidence.store import Folder
from tests.stand_ins.hostile_files import file_of, telling

AT_MOST = 2.0  # times plain Pillow: a process is begun and ended for each photo, and the decoder halves as it reads
WITH_A_DISK = 3.0  # and waits for a disk that others use
TURNS = 5


def plainly(raw: bytes) -> bytes:
    with Image.open(io.BytesIO(raw)) as opened:
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((1600, 1600))
        return file_of(upright.convert("RGB"), quality=80)


def best_of(does: Callable[[bytes], bytes], raw: bytes) -> float:
    found = []
    for _ in range(TURNS):
        began = time.perf_counter()
        does(raw)
        found.append(time.perf_counter() - began)
    return min(found)


def test_cleaning_a_twelve_megapixel_photo_apart(benchmark: Any) -> None:
    raw = file_of(Image.effect_noise((4032, 3024), 40).convert("RGB"), exif=telling(), quality=85)
    plain = best_of(plainly, raw)
    benchmark.pedantic(clean_apart, (raw,), rounds=TURNS)
    ratio = benchmark.stats.stats.min / plain
    benchmark.extra_info["times plain Pillow"] = round(ratio, 2)
    assert ratio < AT_MOST


def test_a_photos_whole_way_into_the_store_and_its_opening(benchmark: Any, tmp_path: Path) -> None:
    """Cleaned apart, encrypted, on the disk and synced; then what a look costs: read, checked, opened."""
    raw = file_of(Image.effect_noise((4032, 3024), 40).convert("RGB"), exif=telling(), quality=85)
    store, key = Folder(tmp_path), bytes(32)

    def put_away(raw: bytes) -> bytes:
        return store.put(lock(key, clean_apart(raw), "about")).encode()

    def looks(name: bytes) -> bytes:
        return unlock(key, store.get(name.decode()), "about")

    plain, name = best_of(plainly, raw), put_away(raw)
    benchmark.pedantic(put_away, (raw,), rounds=TURNS)
    ratio = benchmark.stats.stats.min / plain
    benchmark.extra_info["times plain Pillow"] = round(ratio, 2)
    benchmark.extra_info["a look, of plain Pillow"] = round(best_of(looks, name) / plain, 3)
    assert ratio < WITH_A_DISK
    assert best_of(looks, name) < plain / 10
