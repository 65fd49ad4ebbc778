"""The files of which the phone's shell is made, each under an address that changes with its content.

Scripts import each other by plain names, so all of them stand under one stamped folder, `/app/<version>/`: a page that
was kept from last week goes on with last week's scripts, and never with half of each.
"""

import hashlib
import re
from functools import lru_cache
from os.path import normpath
from pathlib import Path

from fieldvisit.web.light import TEXT, pack, without_comments
from fieldvisit.web.render import (
    APART,
    APP,
    IN_ONE,
    STATIC,
    app_url,
    asset_version,
    is_of_the_app,
    is_packed,
    static_url,
)

FOLDERS = ("js", "vendor")
SHEETS = ("css/doorstep.css",)
_IMPORT = re.compile(r'^(?:import|\} from|export) ?[^;]*?"(\.[^"]+\.js)";', re.MULTILINE | re.DOTALL)


@lru_cache(maxsize=64)
def served(name: str) -> tuple[bytes, bytes] | None:
    """A file of the app as phones get it, plain and packed; None where there is none of that name."""
    if name in IN_ONE.values() or name in APART:
        plain, packed = APP / name, APP / f"{name}.gz"
        return (plain.read_bytes(), packed.read_bytes()) if is_packed() else None
    path = Path(name)
    if path.suffix not in TEXT or len(path.parts) != 2 or path.parts[0] not in FOLDERS or ".." in path.parts:
        return None
    return _read(STATIC / path, ours=path.parts[0] == "js")


def _read(path: Path, *, ours: bool = False) -> tuple[bytes, bytes] | None:
    try:
        text = path.read_bytes()
    except OSError:
        return None
    if ours:
        text = without_comments(text.decode()).encode()
    return text, pack(text)


def scripts() -> list[str]:
    """What the phone runs, as it is written: our modules, and the vendored ones that they import. Not the desk's."""
    return sorted(
        f"{folder}/{path.name}" for folder in ("js", "vendor") for path in (STATIC / folder).glob("*.js")
        if is_of_the_app(f"{folder}/{path.name}")
    )  # fmt: skip


def imported_by(name: str) -> list[str]:
    return [normpath(f"{name}/../{path}") for path in _IMPORT.findall((STATIC / name).read_text())]


@lru_cache(maxsize=1)
def wanted_at_once() -> tuple[str, ...]:
    """The scripts that `app.js` imports, and those that these import: fetched beside it, not one after another."""
    if is_packed():
        return ()
    known, found = set(scripts()), ["js/app.js"]
    for name in found:
        found += [path for path in imported_by(name) if path in known and path not in found]
    return tuple(map(app_url, found[1:]))


def precached() -> list[str]:
    """Everything that a phone keeps so that it can open a page with no signal."""
    files = [static_url("js/app.js")] if is_packed() else list(map(app_url, scripts()))
    return ["/shell", *files, *map(static_url, SHEETS), "/council.css"]


def kept_later() -> list[str]:
    """What a phone keeps besides, when it has the shell and time."""
    return [*(map(app_url, APART) if is_packed() else ()), "/matter"]


def shell_version(*written: str) -> str:
    """One stamp over all of it: the name of the store that a phone keeps it in. written: the pages and the worker."""
    parts = (asset_version(), *precached(), *written)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
