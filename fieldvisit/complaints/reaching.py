"""May a letter go by the household's own ways, or only as whoever complained said themselves? Pure (T17)."""

from collections.abc import Collection, Mapping

from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

T17 = Clause("", "T17")
TENANTS_OWN = ("door", "form")  # with a visit: said by the household at its door, or on its own page
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr"})


def may_use_household(said: Mapping[str, str], channel: str, *, of_visit: bool, tenants: Collection[str]) -> Verdict:
    """said: of the first step, field -> words. tenants: their names. Refuses: said-safe, speaks-for, not-tenant."""
    if safe := said.get("safe", "").strip():
        return Refused(
            "said-safe", f"They said how it is safe to reach them: “{safe}”. Reach them that way, by hand.", T17
        )
    if channel == "representative" or said.get("representative", "").strip():
        who = said.get("representative", "").strip() or "Somebody else"
        return Refused("speaks-for", f"{who} speaks for them. Send it the way that they gave, or hand it over.", T17)
    name = said.get("complainant", "").strip()
    if not name and channel in TENANTS_OWN and of_visit:
        return Allowed()
    if name and _bare(name) in {_bare(each) for each in tenants}:
        return Allowed()
    return Refused(
        "not-tenant",
        f"{name or 'Whoever complains'} is not in our register as the tenant of this home: nothing goes there about it. "
        "Send it the way that they gave, or hand it over.",
        T17,
    )


def _bare(name: str) -> tuple[str, ...]:
    return tuple(word for word in name.casefold().replace(".", " ").split() if word not in _TITLES)


def envelope(said: Mapping[str, str]) -> str:
    """Whom and where, as they said it themselves."""
    who = said.get("representative", "").strip() or said.get("complainant", "").strip() or "The complainant"
    return "\n".join(part for part in (who, said.get("contact", "").strip()) if part)
