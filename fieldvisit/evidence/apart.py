"""Cleaning a stranger's photo in a process of its own: what its decoder does there, it does to nobody else (security 5.2).

The child gets the bytes on its standard input and nothing of ours: no environment, no open files, half a gigabyte of
memory, ten seconds of work; once it has the bytes it can open neither a file nor a connection. It reads `clean.py` by
its path, so that nothing else of this program is in it.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path

from fieldvisit.evidence import clean
from fieldvisit.evidence.clean import MAX_BYTES, PHOTO_SIDE, PhotoRefused

MEMORY = 512 * 1024 * 1024  # bytes of address space
CPU_S = 10
PATIENCE_S = 20
_REFUSED = 3
_AT_ONCE = threading.BoundedSemaphore(2)  # a page of photos must not take the machine from those at a door

_CHILD = """
import importlib.util, json, resource, sys
memory, cpu, side, path = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
spec = importlib.util.spec_from_file_location("clean", path)
clean = sys.modules["clean"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(clean)
clean.ready_apart()
resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
try:
    raw = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    photo = clean.clean_photo(raw, side)
except clean.PhotoRefused as refused:
    sys.stdout.write(json.dumps([refused.code, refused.sentence]))
    sys.exit(3)
sys.stdout.buffer.write(photo.jpeg)
"""


class CleaningBroke(PhotoRefused):
    """The child ended without an answer: it ran out of time or memory, or was killed. Another time it may not."""


def clean_apart(raw: bytes, long_side: int = PHOTO_SIDE) -> bytes:
    """The photo as a plain JPEG: only its pixels come through. Raises PhotoRefused, and CleaningBroke of that kind."""
    if not 0 < len(raw) <= MAX_BYTES:
        clean.clean_photo(raw[: MAX_BYTES + 1])  # says why, before a process is made for it
    said = [sys.executable, "-I", "-c", _CHILD, str(MEMORY), str(CPU_S), str(long_side), str(Path(clean.__file__))]
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603
                said,
                input=raw,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _broke() from None
    if done.returncode == _REFUSED:
        code, sentence = json.loads(done.stdout)
        raise PhotoRefused(code, sentence)
    if done.returncode or not done.stdout.startswith(b"\xff\xd8\xff"):
        raise _broke()
    return done.stdout


def _broke() -> CleaningBroke:
    return CleaningBroke("photo-unreadable", "We could not read this photo. It may be damaged.")
