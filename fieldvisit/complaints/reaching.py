"""Whom a complaint's letter goes to, and by which ways: those of whoever complains, and of nobody else there. Pure (T17).

Joint tenants share a home, its post and what a channel may say; they may be the last people to read each other's letters.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.messages.rules import Way

T17 = Clause("", "T17")
TENANTS_OWN = ("door", "form")  # with a visit: said by the household at its door, or on its own page
HOW = ("complainant", "contact", "safe")  # who complains and how it is safe to reach them: said anew as a whole
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr"})


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody in our register of that home."""

    name: str
    email: str = ""
    phone: str = ""
    tenant: bool = True


NAMELESS = ("the tenant", "the complainant", "anonymous", "not said")  # written where no name is known
NOBODY_KNOWN = Known("The tenant")


def newest(steps: Iterable[tuple[str, Mapping[str, str]]]) -> Mapping[str, str]:
    """What they said of themselves, as it stands now. steps: (kind, its words), in their order."""
    said: dict[str, str] = {}
    for position, (kind, words) in enumerate(steps):
        if position == 0:
            said = dict(words)
        elif kind == "reach":
            said = {field: text for field, text in said.items() if field not in HOW} | dict(words)
    return said


def complains(
    said: Mapping[str, str], channel: str, *, of_visit: bool, known: Sequence[Known]
) -> Known | Refused:  # fmt: skip
    """Which of the tenants, where their own ways may be used. Refuses: said-safe, speaks-for, which-tenant, not-tenant."""
    tenants = [one for one in known if one.tenant]
    if safe := said.get("safe", "").strip():
        return Refused(
            "said-safe", f"They said how it is safe to reach them: “{safe}”. Reach them that way, by hand.", T17
        )
    if channel == "representative" or said.get("representative", "").strip():
        who = said.get("representative", "").strip() or "Somebody else"
        return Refused("speaks-for", f"{who} speaks for them. Send it the way that they gave, or hand it over.", T17)
    name = said.get("complainant", "").strip()
    if name:
        found = [one for one in tenants if _bare(one.name) == _bare(name)]
    else:
        found = (tenants or [NOBODY_KNOWN]) if channel in TENANTS_OWN and of_visit else []
    if len(found) == 1:
        return found[0]
    if found:
        return Refused(
            "which-tenant", "More than one person is a tenant there, and nobody wrote down which of them complains. Ask "
            "them how it is safe to reach them, and write that down here.", T17,
        )  # fmt: skip
    return Refused(
        "not-tenant",
        f"{name or 'Whoever complains'} is not in our register as the tenant of this home: nothing goes there about it. "
        "Send it the way that they gave, or hand it over.",
        T17,
    )


def lives_there(said: Mapping[str, str], channel: str, *, of_visit: bool, known: Sequence[Known]) -> bool:
    """May a letter say which home it is about? A stranger may have told us of a van; we found out at whose home it stood."""
    asked = {field: text for field, text in said.items() if field not in ("safe", "representative")}
    found = complains(asked, "" if channel == "representative" else channel, of_visit=of_visit, known=known)
    return isinstance(found, Known) or found.code == "which-tenant"


def own_ways(ways: Iterable[Way], of: Known, known: Sequence[Known]) -> list[Way]:
    """Of the ways to their home, those that are theirs alone; letters under their own name."""
    others = [one for one in known if one != of]
    taken = {_same(value) for one in others for value in (one.email, one.phone)}
    found = []
    for way in ways:
        if way.channel.startswith("letter"):
            found.append(replace(way, to="\n".join([of.name, *way.to.split("\n")[1:]])))
        elif (to := of.email if way.channel == "email" else of.phone) and _same(to) not in taken:
            found.append(replace(way, to=to))
    return found


def other_tenants(of: Known, known: Sequence[Known]) -> list[str]:
    return [one.name for one in known if one.tenant and one != of]


def may_post(of: Known, known: Sequence[Known]) -> Verdict:
    """Letters to a home that others rent too are opened by them. Refuses: shared-post."""
    if not (others := other_tenants(of, known)):
        return Allowed()
    who = " and ".join(others)
    return Refused(
        "shared-post", f"{who} rents this home too and may open its post. Ask {of.name} how it is safe to reach them. Then "
        "write that down here, or send it by hand.", T17,
    )  # fmt: skip


def may_say_how(words: Mapping[str, str]) -> Verdict:
    if any(words.get(field, "").strip() for field in HOW):
        return Allowed()
    return Refused("no-way", "Write down who complains, or how to reach them.", T17)


def _bare(name: str) -> tuple[str, ...]:
    return tuple(word for word in name.casefold().replace(".", " ").split() if word not in _TITLES)


def _same(value: str) -> str:
    """One address or number, however it is written."""
    if "@" in value:
        return value.strip().casefold()
    return "".join(letter for letter in value if letter.isdigit()).removeprefix("44").lstrip("0")


def name_of(said: Mapping[str, str], channel: str) -> str:
    """As a letter addresses whoever complains; empty where it does not."""
    if channel == "representative" or said.get("representative", "").strip():
        return ""
    name = said.get("complainant", "").strip()
    return "" if name.casefold() in NAMELESS else name


def envelope(said: Mapping[str, str]) -> str:
    """Whom and where, as they said it themselves."""
    who = said.get("representative", "").strip() or said.get("complainant", "").strip() or "The complainant"
    return "\n".join(part for part in (who, said.get("contact", "").strip()) if part)
