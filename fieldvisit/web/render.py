"""One page, or one named block of it: the same template serves htmx and everybody else (house, section 7)."""

import hashlib
import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, current_app, request
from jinja2 import FileSystemLoader, StrictUndefined

from fieldvisit.ground.clock import LONDON, ends_a_day, say_instant, say_time
from fieldvisit.ground.policy import Policy

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
APP = STATIC / "app"
IN_ONE = {"js/app.js": "phone.js", "css/doorstep.css": "phone.css"}  # what is packed into one file, and its name
APART = (
    "matter.js",
    "rescue.js",
    "watching.js",
)  # packed each by itself: fetched when it is wanted, and kept by phones after the shell


def install(app: Flask, policy: Policy, *, pilot: bool) -> None:
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.loader = FileSystemLoader(ROOT / "templates")
    app.jinja_env.filters.update(
        day=day,
        short_day=short_day,
        time=clock_time,
        window=window,
        moment=moment,
        seconds=to_the_second,
        phone=spaced_phone,
    )
    council = SimpleNamespace(
        name=policy.council.name,
        colour=policy.council.colour,
        office_line=policy.council.office_line.value,
        conduct_line=policy.council.conduct_line.value,
    )
    app.jinja_env.globals.update(
        app_version=asset_version(), static_url=static_url, council=council, pilot_warning=True, page_id=""
    )
    app.jinja_env.globals["ui"] = _Macros(app)


class _Macros:
    """`ui.forms.text(...)`: every file of templates/ui is one family of macros, reached without an import."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._families: dict[str, Any] = {}

    def __getattr__(self, family: str) -> Any:
        if family.startswith("_"):
            raise AttributeError(family)
        if family not in self._families:
            template = self._app.jinja_env.get_template(f"ui/{family}.html")
            self._families[family] = template.make_module({"ui": self})
        return self._families[family]


def block(template: str, name: str, **values: Any) -> str:
    """One block of a page, as the page itself would write it."""
    found = current_app.jinja_env.get_template(template)
    values = current_app.extensions["fv_context"]() | {"htmx": False} | values
    return "".join(found.blocks[name](found.new_context(values)))


def page(template: str, *, fragment: str | None = None, **values: Any) -> str:
    """The whole page; for htmx (but not a history restore or a boosted link), the named block of it alone."""
    found = current_app.jinja_env.get_template(template)
    values = current_app.extensions["fv_context"]() | values
    htmx = wants_fragment()
    if fragment and htmx:
        context = found.new_context(values | {"htmx": True})
        return "".join(found.blocks[fragment](context))
    return found.render(values | {"htmx": False})


def wants_fragment() -> bool:
    ask = request.headers
    return ask.get("HX-Request") == "true" and not ask.get("HX-Boosted") and not ask.get("HX-History-Restore-Request")


@lru_cache(maxsize=256)
def _stamp(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]


def static_url(path: str) -> str:
    """The address of a static file with a stamp of its content, so that it may be cached for ever."""
    if path in IN_ONE and is_packed():
        return app_url(IN_ONE[path])
    return app_url(path) if path.startswith("js/") else f"/static/{path}?v={_stamp(path)}"


def app_url(path: str) -> str:
    """A script of the phone: scripts import each other by plain names, so the stamp of all stands before the name."""
    return f"/app/{asset_version()}/{path}"


def source_hash() -> str:
    """One stamp over the phone's scripts, its worker and its sheet, as they are written."""
    found = (f"{folder}/{script.name}" for folder in ("js", "vendor") for script in (STATIC / folder).glob("*.js"))
    files = [*sorted(path for path in found if is_of_the_app(path)), "css/doorstep.css", "sw.js"]
    return hashlib.sha256(b"".join(path.encode() + (STATIC / path).read_bytes() for path in files)).hexdigest()


@lru_cache(maxsize=1)
def is_packed() -> bool:
    """Is there one small file in place of the many, and was it made of these? (deploy/pack_app.py)"""
    made_of = APP / "made-of"
    return made_of.exists() and made_of.read_text().strip() == source_hash()


def is_of_the_app(path: str) -> bool:
    """The desk's htmx is no part of the phone's app."""
    return path.startswith("js/") or (path.startswith("vendor/lean-qr") and path.endswith(".js"))


@lru_cache(maxsize=1)
def asset_version() -> str:
    """One stamp over the phone's scripts: which app wrote an event."""
    return hashlib.sha256(f"{source_hash()} {is_packed()}".encode()).hexdigest()[:12]


# --- British dates, always London's ------------------------------------------------------------------------------


def _london(value: datetime | date) -> datetime | date:
    return value.astimezone(LONDON) if isinstance(value, datetime) else value


def day(value: datetime | date) -> str:
    """Tuesday 8 December 2026"""
    at = _london(value)
    return f"{at:%A} {at.day} {at:%B %Y}"


def short_day(value: datetime | date) -> str:
    """Tue 8 Dec"""
    at = _london(value)
    return f"{at:%a} {at.day} {at:%b}"


def clock_time(value: datetime) -> str:
    """10:30am, midday, midnight"""
    return say_time(value.astimezone(LONDON).time())


def moment(value: datetime) -> str:
    """10:30am on Tuesday 8 December 2026; or: the end of Tuesday 8 December 2026"""
    return say_instant(value) if ends_a_day(value) else f"{clock_time(value)} on {day(value)}"


def to_the_second(value: datetime) -> str:
    return f"{value.astimezone(LONDON):%H:%M:%S}"


def window(value: tuple[datetime, datetime]) -> str:
    start, end = value
    return f"{clock_time(start)} to {clock_time(end)}"


def spaced_phone(value: str) -> str:
    """01664 502 502, 07700 900 123, 0808 157 0123: in groups, as people read a number out. Others are left alone."""
    digits = value.replace(" ", "")
    if not digits.isascii() or not digits.isdecimal() or not digits.startswith("0") or len(digits) not in (10, 11):
        return value
    first = 3 if digits.startswith("02") else 4 if _IN_FOURS.match(digits) else 5
    last = 4 if first < 5 and len(digits) == 11 else 3
    return f"{digits[:first]} {digits[first:-last]} {digits[-last:]}"


_IN_FOURS = re.compile(r"0(3|8|5|9|11|1\d1)")  # 0808, 0300, 0116, 0161: the area or service has four digits
