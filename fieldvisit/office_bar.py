"""The office's bar: what a person may open; in groups, once there is more than one row can hold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

ONE_ROW = 7
Right = tuple[str, str]
Place = tuple[str, str, Right]

# Group, and what stands in it: label, address, the right that it needs.
GROUPS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("Tasks", (("Tasks", "/office/tasks", ("task", "list")),)),
    (
        "Visits",
        (
            ("Visit log", "/office/visits", ("visit", "list")),
            ("Plan a visit", "/office/plan", ("visit", "plan")),
            ("Who is out", "/office/safety", ("watch", "list")),
            ("Held entries", "/office/held", ("held", "list")),
            ("My round", "/today", ("round", "read")),
        ),
    ),
    (
        "Calls",
        (
            ("Take a call", "/office/intake", ("concern", "take")),
            ("Verify a caller", "/office/verify-caller", ("caller", "verify")),
        ),
    ),
    (
        "Homes",
        (
            ("Hazards", "/office/hazards", ("hazard", "list")),
            ("Complaints", "/office/complaints", ("complaint", "list")),
            ("Refusals", "/office/refusals", ("access-case", "list")),
            ("Entries", "/office/entries", ("entry", "list")),
        ),
    ),
    (
        "Conduct",
        (
            ("Conduct cases", "/office/breaches", ("breach", "list")),
            ("Themes and counts", "/office/breaches/report", ("breach", "totals")),
            ("Letters to you", "/conduct/letters", ("breach", "own")),
        ),
    ),
    (
        "People",
        (
            ("People", "/office/people", ("worker", "read")),
            ("Badges", "/office/badges", ("badge", "suspend")),
            ("Codes", "/office/codes", ("code", "list")),
            ("My codes", "/codes", ("code", "read")),
            ("Declarations", "/office/declarations", ("declaration", "list")),
            ("Declare a gift", "/declare", ("declaration", "own")),
        ),
    ),
    (
        "Messages",
        (
            ("Messages", "/office/messages", ("message", "list")),
            ("Message texts", "/office/texts", ("text", "read")),
        ),
    ),
    (
        "Another matter",
        (
            ("Another matter", "/concern", ("matter", "write")),
            ("Safe", "/safe", ("safe", "open")),
        ),
    ),
)
# Pages that are reached from another, under an address of their own.
UNDER = {
    "/office/clocks": "/office/hazards",
    "/office/concerns": "/office/breaches",
    "/office/incidents": "/office/safety",
}


@dataclass(frozen=True, slots=True)
class Item:
    """current: the page that is open; `group` too, where it stands for several pages."""

    label: str
    href: str
    current: bool
    group: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """under: the pages of the group that is open; nothing where one row is enough."""

    items: tuple[Item, ...] = ()
    under: tuple[Item, ...] = ()


def bar(path: str, may_open: Callable[[Place], bool]) -> Bar:
    """What this person is offered on the page at `path`. One row of pages, or one of groups and one of the open group's."""
    path = next((over for page, over in UNDER.items() if _is_at(path, page)), path)
    groups = [(label, [place for place in places if may_open(place)]) for label, places in GROUPS]
    groups = [(label, places) for label, places in groups if places]
    if sum(len(places) for _, places in groups) <= ONE_ROW:
        return Bar(tuple(_items(path, (place for _, places in groups for place in places))))
    rows = [(label, _items(path, places)) for label, places in groups]
    under = next((items for _, items in rows if len(items) > 1 and any(item.current for item in items)), ())
    return Bar(tuple(_of_group(label, items) for label, items in rows), tuple(under))


def _items(path: str, places: Iterable[Place]) -> list[Item]:
    """The page that is open is the one whose address is the longest of those that the path begins with."""
    here = list(places)
    current = max((href for _, href, _ in here if _is_at(path, href)), key=len, default=None)
    return [Item(label, href, href == current) for label, href, _ in here]


def _is_at(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")


def _of_group(label: str, items: list[Item]) -> Item:
    first, *others = items
    return Item(label, first.href, any(item.current for item in items), True) if others else first
