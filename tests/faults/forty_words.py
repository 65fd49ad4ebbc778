"""Words that must be nowhere, in every writing that a machine gives them; and where a machine keeps what it was told."""

import base64
import os
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path

_ONSETS = (*"bdfgklmnprstvz", "br", "dr", "gl", "kl", "pr", "st", "tr", "vl")
_VOWELS = "aeiou"
_PIECE = 1 << 20  # how much of another process's memory is read at once
_OVERLAP = 256  # bytes: a word may lie across two pieces


def words(many: int, seed: int) -> list[str]:
    """Twelve letters or so each, unlike each other and unlike any word of ours. The same for one seed."""
    chance = random.Random(seed)
    made = {"".join(chance.choice(_ONSETS) + chance.choice(_VOWELS) for _ in range(5)) + "x" for _ in range(many * 2)}
    return sorted(made, key=lambda word: chance.random())[:many]


def writings(word: str) -> set[bytes]:
    """As it is, in UTF-16 either way, in hexadecimal, and inside base64 of either alphabet at each of three places."""
    plain = word.encode()
    found = {plain, plain.upper(), word.encode("utf-16-le"), word.encode("utf-16-be"), plain[::-1]}
    found |= {plain.hex().encode(), plain.hex().upper().encode(), word.encode("utf-16-le").hex().encode()}
    for text in (plain, word.encode("utf-16-le")):
        for before in range(3):
            whole = base64.b64encode(b"\0" * before + text)
            first, last = -(-before * 8 // 6), (before + len(text)) * 8 // 6
            found |= {whole[first:last], whole[first:last].replace(b"+", b"-").replace(b"/", b"_")}
    return found


class Sought:
    """Looks for all of these at once, with the system's own `grep -F`: hundreds of patterns in gigabytes."""

    def __init__(self, wanted: Iterable[str], folder: Path) -> None:
        self.by_writing = {writing: word for word in wanted for writing in writings(word)}
        self.patterns = folder / f"sought-{os.urandom(4).hex()}"
        self.patterns.write_bytes(b"\n".join(sorted(self.by_writing)) + b"\n")

    def in_bytes(self, content: bytes) -> set[str]:
        return {
            self.by_writing[line] for line in self._grep("-h", given=content).splitlines() if line in self.by_writing
        }

    def _grep(self, *how: str, given: bytes = b"") -> bytes:
        command = ["grep", "-aoFf", str(self.patterns), *how]
        with open(os.memfd_create("given"), "w+b") as memory:  # a pipe takes half a gigabyte in pieces of 4 KB
            memory.write(given)
            memory.seek(0)
            done = subprocess.run(command, stdin=memory, capture_output=True, env={"LC_ALL": "C"}, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def in_files(self, *places: Path) -> dict[str, set[str]]:
        """By file, only those that hold one."""
        every = (one for place in places for one in ([place] if place.is_file() else place.rglob("*")))
        found: dict[str, set[str]] = {}
        paths = [path for path in every if path.is_file() and path != self.patterns]
        for first in range(0, len(paths), 500):
            for line in self._grep("-HZ", *map(str, paths[first : first + 500])).splitlines():
                name, _, writing = line.partition(b"\0")
                if writing in self.by_writing:
                    found.setdefault(Path(os.fsdecode(name)).name, set()).add(self.by_writing[writing])
        return found

    def in_memory(self, pid: int) -> set[str]:
        """What lies between two mappings is a line's end, so that no word begins in one and ends in another."""
        found: set[str] = set()
        gathered: list[bytes] = []
        for piece in memory_of(pid):
            gathered.append(piece)
            if sum(map(len, gathered)) > 64 * _PIECE:
                found |= self.in_bytes(b"\n".join(gathered))
                gathered.clear()
        return found | self.in_bytes(b"\n".join(gathered))


def memory_of(pid: int) -> Iterable[bytes]:
    """Every readable mapping of that process that is its own, in pieces that overlap."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if rights[0] != "r" or rights[3] != "p" or "[v" in line:
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            gathered = bytearray()
            for place in range(start, end, _PIECE):
                memory.seek(place)
                try:
                    gathered += memory.read(min(_PIECE, end - place))
                except OSError:  # a page that nobody may read: a guard
                    continue
                if len(gathered) > 64 * _PIECE:
                    yield bytes(gathered)
                    gathered = gathered[-_OVERLAP:]
            if gathered:
                yield bytes(gathered)


def family_of(pid: int) -> list[int]:
    """That process and all that it started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)
