"""Where ciphertext of photos and signatures lies: files with names of ours, outside the web root (security.md 5.2).

A piece counts when its bytes, and the folder that names the file, are on the disk: only then is its row written.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

ORPHANS_STAY = timedelta(days=7)  # F05: an orphan is adopted or removed after seven days, never before


def path_of(folder: Path, file_id: str) -> Path:
    return folder / file_id[:2] / file_id[2:4] / file_id


def write_piece(folder: Path, file_id: str, offset: int, piece: bytes) -> None:
    """Puts the piece at its place and waits for the disk. The same piece again writes the same bytes."""
    path = path_of(folder, file_id)
    is_new = not path.exists()
    if is_new:
        make_folders(folder, path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o640)
    try:
        written = 0
        while written < len(piece):
            written += os.pwrite(handle, piece[written:], offset + written)
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync_folder(path.parent)


def make_folders(root: Path, wanted: Path) -> None:
    for folder in (root, wanted.parent, wanted):
        if not folder.exists():
            folder.mkdir(mode=0o750, exist_ok=True)
            sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path, size: int) -> str | None:
    """Of the first `size` bytes, lower-case hex; None where the file is not there or is shorter."""
    found, left = hashlib.sha256(), size
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < size:
                return None
            while left and (block := file.read(min(left, 1 << 16))):
                found.update(block)
                left -= len(block)
    except FileNotFoundError:
        return None
    return None if left else found.hexdigest()


def read_whole(folder: Path, file_id: str, size: int) -> bytes:
    """Raises FileNotFoundError."""
    with path_of(folder, file_id).open("rb") as file:
        return file.read(size)


def remove(folder: Path, file_id: str) -> None:
    """Takes the file away and waits for the disk. One that is gone already is no error."""
    path = path_of(folder, file_id)
    try:
        path.unlink()
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def files_in(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*") if path.is_file())


def sweep_orphans(folder: Path, is_known: Callable[[str], bool], at: datetime) -> list[str]:
    """Removes files that no row knows, seven days after they were last written. Answers their names.

    A file whose row comes back meanwhile (a phone offers its photo again after a restore) is adopted: it is known then.
    """
    removed = []
    for path in files_in(folder):
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if at - written_at > ORPHANS_STAY and not is_known(path.name):
            path.unlink()
            removed.append(path.name)
    return removed
