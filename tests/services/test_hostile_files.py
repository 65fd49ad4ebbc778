"""Sixty kinds of hostile file: each is refused or cleaned, apart, in little memory, and nothing of it stays (security 5.2)."""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.clean import PhotoRefused
from tests.stand_ins.hostile_files import CANARY, CORPUS, EITHER, file_of, heic, noise, scene, telling

ROOT = Path(__file__).resolve().parents[2]
MOST_MEMORY = 512 * 1024  # KiB, of the largest child

# In a process of its own, so that the memory of its children is theirs alone.
_ALL_OF_THEM = """
import json, os, resource
from concurrent.futures import ThreadPoolExecutor
from fieldvisit.evidence.apart import clean_apart
from fieldvisit.evidence.clean import PhotoRefused
from tests.stand_ins.hostile_files import CORPUS, CANARY
def judged(name):
    try:
        jpeg = clean_apart(CORPUS[name][0]())
    except PhotoRefused as refused:
        return name, {"came": "refused", "code": refused.code, "sentence": refused.sentence}
    return name, {"came": "cleaned", "tells": CANARY in jpeg, "jpeg": jpeg.startswith(b"\\xff\\xd8\\xff")}
with ThreadPoolExecutor(2) as pool:
    found = dict(pool.map(judged, CORPUS))
print(json.dumps({"found": found, "most": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
"""


@pytest.fixture(scope="module")
def judged() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _ALL_OF_THEM], cwd=folder, capture_output=True, check=False, timeout=300,
            env={"PYTHONPATH": str(ROOT), "TMPDIR": folder, "HOME": folder, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        yield json.loads(done.stdout) | {"left": [str(path) for path in Path(folder).rglob("*")]}


def test_the_corpus_has_sixty_kinds_and_no_two_are_the_same() -> None:
    assert len(CORPUS) >= 60
    assert len({made() for made, _ in CORPUS.values()}) == len(CORPUS)


@pytest.mark.parametrize("name", CORPUS)
def test_each_is_refused_in_a_sentence_or_cleaned(judged: dict[str, Any], name: str) -> None:
    found, wanted = judged["found"][name], CORPUS[name][1]
    assert wanted in (found["came"], EITHER), found
    if found["came"] == "refused":
        assert found["code"].startswith("photo-")
        assert found["sentence"].endswith(".")
    else:
        assert found["jpeg"]
        assert not found["tells"]


def test_no_child_took_half_a_gigabyte_and_no_file_was_left(judged: dict[str, Any]) -> None:
    assert judged["most"] < MOST_MEMORY
    assert judged["left"] == []


def test_a_telling_file_of_the_corpus_does_tell() -> None:
    telling_ones = [name for name, (made, _) in CORPUS.items() if CANARY in made()]
    assert len(telling_ones) >= 10


# --- HEIC ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "wanted"), [((4032, 3024), (1600, 1200)), ((3024, 4032), (1200, 1600)), ((400, 300), (400, 300))]
)
def test_an_iphones_own_photo_is_read_and_made_a_plain_jpeg(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(clean_apart(heic(scene(*size), quality=40)))) as made:
        assert (made.format, made.size) == ("JPEG", wanted)
        assert not made.getexif()


def test_it_stands_upright_as_the_phone_was_held() -> None:
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 200, 100))
    stored = image.transpose(Image.Transpose.ROTATE_90)
    for raw in (heic(stored, exif=telling()), file_of(stored, exif=telling(), quality=95)):
        with Image.open(io.BytesIO(clean_apart(raw))) as upright:
            assert upright.size == (400, 200)
            assert upright.getpixel((40, 40))[0] > 200
            assert upright.getpixel((360, 160))[2] > 200


def test_the_child_can_open_no_file_and_no_connection_once_it_has_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    from fieldvisit.evidence import apart

    for deed in ("open('/etc/passwd')", "_socket.socket()", "open('/dev/shm/left', 'w')"):
        tries = (
            f"    try:\n        {deed}\n    except OSError:\n        raise clean.PhotoRefused('photo-shut', 'Shut.')\n"
        )
        child = "import _socket\n" + apart._CHILD.replace("    photo = clean.", f"{tries}    photo = clean.", 1)
        monkeypatch.setattr(apart, "_CHILD", child)
        with pytest.raises(PhotoRefused, match="Shut"):
            clean_apart(file_of(noise(100, 100)))
        monkeypatch.undo()
