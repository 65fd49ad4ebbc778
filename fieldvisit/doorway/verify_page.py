"""The answer to a badge check as one response: bytes and headers, nothing else to fetch.

One page, one sheet written into it, one photo written into it, no script, no cookie, no way to tell why a badge fails
(security.md section 3; rulings R12, R13). Whoever sends it adds no header that differs between answers. The tenant's own
pages are written the same way: `write`, with a sheet more.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment
from markupsafe import Markup

from fieldvisit.badges.rules import Answer, name_shown
from fieldvisit.doorway.rules import Booked
from fieldvisit.ground.clock import LONDON

CSS = Path(__file__).parents[2] / "static" / "css"
SHEET = CSS / "verify.css"
PHOTO_LIMIT = 6 * 1024  # bytes of JPEG, ruling R13
PAGE_LIMIT = 14_000  # bytes with headers: a phone's first flight from the server, offline.md section 6
POWERS = "camera", "display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb"


@dataclass(frozen=True, slots=True)
class Door:
    """What every answer says of the council. phone: the number on the rent statement, answered by a person."""

    council: str
    phone: str
    phone_hours: str = ""
    name_style: str = "first_initial"
    language: str = "en"
    direction: str = "ltr"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds the badge. photo: a JPEG from evidence/clean.py::for_verify, or None where there is none.

    company: empty for the council's own officers.
    """

    name: str
    company: str
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(headers()))

    @property
    def weight(self) -> int:
        """Bytes on the wire, near enough: the body, and each header with its colon, blank and line end."""
        return len(self.body) + sum(len(name) + len(value) + 4 for name, value in self.headers.items())


def render(
    environment: Environment, door: Door, answer: Answer, at: datetime, bearer: Bearer | None = None,
    booked: Booked | None = None, *, asks: bool = False,
) -> Page:  # fmt: skip
    """The page for one answer. Only FRESH looks at the bearer; whatever the reason, NO is the same bytes.

    at: aware; shown in London's time to the second. booked: what the visit reference said, where one was typed.
    asks: with a box for it. Raises ValueError for FRESH without a bearer or with too heavy a photo: the sender answers
    DOWN then, never a green page with something missing.
    """
    if answer is Answer.DOWN:
        return render_down(environment, door)
    facts: dict[str, object] = {"checked": _checked(at)}
    if answer is Answer.FRESH:
        if bearer is None:
            raise ValueError("a fresh answer needs the badge's bearer: give render() a Bearer")
        facts["bearer"] = Bearer(name_shown(bearer.name, door.name_style), bearer.company, None)
        facts |= {"photo": photo_data(bearer.photo), "booked": booked.value if booked else "", "asks": asks}
    return _page(environment, door, answer.value, facts)


def render_down(environment: Environment, door: Door, status: int = 503) -> Page:
    """'We cannot check right now': for the proxy's static file, for any exception, and with 429 for a flood."""
    return _page(environment, door, "down", {}, status)


def render_typed(
    environment: Environment, door: Door, number: str = "", problem: str = "", reference: str = ""
) -> Page:
    """The form for a badge number and six digits. What was typed before is shown again, the digits never."""
    facts = {"number": number[:40], "problem": problem, "reference": reference[:20]}
    return _page(environment, door, "typed", facts, 422 if problem else 200)


def headers(*sheets: Path) -> dict[str, str]:
    """Every header of every answer: the same whatever the answer, or the headers would tell."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; img-src data:; style-src '{_sheet(*sheets)[1]}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{power}=()" for power in POWERS),
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=63072000",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
    }


def write(environment: Environment, template: str, *sheets: Path, status: int = 200, **facts: object) -> Page:
    """Any page of the doorway: its sheets in it, blanks at the beginnings of lines left out."""
    sheet = Markup(_sheet(*sheets)[0])  # noqa: S704 - our own file, nothing typed by anybody
    html = environment.get_template(f"doorway/{template}.html").render(sheet=sheet, **facts)
    return Page(status, re.sub(r"\n\s*", "\n", html).strip().encode(), MappingProxyType(headers(*sheets)))


def _page(environment: Environment, door: Door, name: str, facts: Mapping[str, object], status: int = 200) -> Page:
    return write(environment, name, status=status, door=door, **facts)


@cache
def _sheet(*sheets: Path) -> tuple[str, str]:
    """The sheets without comments and blanks, and their name in a Content-Security-Policy."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (SHEET, *sheets))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", text)).replace(": ", ":").strip()
    return text, "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


def _checked(at: datetime) -> dict[str, str]:
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone: an instant is always aware")
    wall = at.astimezone(LONDON)
    half = "am" if wall.hour < 12 else "pm"
    return {"day": f"{wall:%A} {wall.day} {wall:%B %Y}", "time": f"{wall.hour % 12 or 12}:{wall:%M:%S}{half}"}


def photo_data(photo: bytes | None) -> str | None:
    """The photo as it is written into a page."""
    if photo is None:
        return None
    if not 0 < len(photo) <= PHOTO_LIMIT:
        raise ValueError(f"a photo of {len(photo)} bytes: make it with evidence/clean.py::for_verify")
    return "data:image/jpeg;base64," + base64.b64encode(photo).decode()
