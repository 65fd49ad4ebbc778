"""The public register: what of a declaration anybody may read, and what is left out and why. Pure.

No free text is ever published, because words may hold anything; no person is named, giver or receiver (the codes give no
grade, so nobody is above one from which names would be public); of what is with the conduct team nothing shows.
"""

from collections.abc import Mapping

from fieldvisit.declarations.rules import say_pence
from fieldvisit.ground.clock import MONTHS

PUBLISHED = ("reference", "kind", "sort", "who", "giver", "organisation", "worth", "offered", "outcome")
HEAD = ("Reference", "Kind", "What", "Who", "From", "Organisation", "About worth", "Month", "Outcome")

# Every other fact of a declaration: what people call it, and why the public register does not hold it.
FREE_TEXT = "free text: may name anybody, or anybody's health"
LEFT_OUT = {
    "declarer_name": ("The name of whoever declared it", "a person"),
    "declarer_email": ("Their e-mail address", "a person"),
    "declarer_address": ("Their own address", "where a person lives"),
    "manager_name": ("Their manager", "a person"),
    "relative_name": ("A relative", "a person who declared nothing"),
    "tenant_name": ("The tenant’s name", "a tenant"),
    "tenant_address": ("The tenant’s address", "where a tenant lives"),
    "home_id": ("The home", "where a tenant lives"),
    "visit_ref": ("The visit", "leads to a tenant"),
    "giver_name": ("The name of whoever offered it", "may be a person, also of a firm"),
    "what": ("What it was, in their words", FREE_TEXT),
    "why": ("Why it was offered, in their words", FREE_TEXT),
    "reason": ("Why it should be kept, in their words", FREE_TEXT),
    "evidence": ("What became of it, in their words", FREE_TEXT),
    "health": ("Anything about health", "about somebody's health"),
    "in_return": ("Whether something was wanted for it", "a matter of the conduct team"),
    "day": ("The day", "a day and a street are a visit: the month is enough"),
    "pattern": ("Whether it is one of several", "a suspicion, not a fact"),
}

# Interests that say who somebody is, votes for, or is related to, are in the register of the council, not the public's.
PUBLIC_TYPES = frozenset({"financial", "organisational", "other_work", "consultancy", "business", "councillor"})
OUTCOMES = {
    "declined": "Declined",
    "approved_keep": "Kept, with approval",
    "returned_or_donated": "Returned or given away",
    "managed": "Managed",
    "ended": "Ended",
}
RECORDED = "Recorded"  # whatever else: also what was passed on, so that nobody reads a case out of this register


def public_row(facts: Mapping[str, object]) -> dict[str, str] | None:
    """facts: every fact that we hold of one declaration. None: it is not in the public register at all.

    reference, kind, sort (words of ours), type (an interest's code), who (worker's kind), giver (tenant, supplier, other),
    firm_name (a firm of our own register), value_pence, month (YYYY-MM), stood (the furthest stage worth telling).
    """
    if facts["kind"] == "interest" and facts["type"] not in PUBLIC_TYPES:
        return None
    pence = facts["value_pence"]
    return {
        "reference": str(facts["reference"]),
        "kind": str(facts["kind"]).capitalize(),
        "sort": str(facts["sort"]),
        "who": str(facts["who"]),
        "giver": str(facts["giver"]),
        "organisation": str(facts["firm_name"]),
        "worth": say_pence(pence) if isinstance(pence, int) else "",
        "offered": str(facts["month"]),
        "outcome": OUTCOMES.get(str(facts["stood"]), RECORDED),
    }


def for_readers(row: Mapping[str, str]) -> dict[str, str]:
    """The same row on a page: the month by its name. A spreadsheet keeps 2026-11, which it can sort."""
    year, month = row["offered"].split("-")
    return {**row, "offered": f"{MONTHS[int(month) - 1]} {year}"}
