"""Two who rent one home, as a file brings them: each keeps the language that it gives them."""

from typing import Any

from sqlalchemy import select

from fieldvisit.ground.roles import SENDING
from fieldvisit.register import needs_service
from fieldvisit.register.models import Home, Household, Resident
from fieldvisit.visits import whom
from tests.importing import HOMES, PEOPLE

NEW_HOME = "900000011"


def residents(*rows: tuple[str, str, str]) -> str:
    """(reference, role, language), all of a home where nobody lived."""
    return PEOPLE + "".join(f"{ref},{role},{ref} Moss,,,,,,,,,{NEW_HOME},{says},\n" for ref, role, says in rows)


def languages(importing: Any, find: Any, text: str) -> tuple[str, dict[str, str]]:
    """The household's, and each one's own."""
    importing("homes", HOMES + f"{NEW_HOME},11 Fir Lane,LE13 9ZZ,Melton Mowbray,North\n")
    importing("people", text)
    home = find(Home, uprn=NEW_HOME)
    refs = [line.split(",")[0] for line in text.splitlines()[1:]]
    return find(Household, home_id=home.id).language, {ref: find(Resident, ref=ref).language for ref in refs}


def test_of_one_tenant_the_language_of_a_file_is_the_households(importing, find):
    assert languages(importing, find, residents(("A", "tenant", "pl"))) == ("pl", {"A": ""})


def test_of_two_tenants_each_keeps_the_language_that_a_file_gives_them(importing, find):
    text = residents(("A", "tenant", "pl"), ("B", "tenant", "ur"))
    assert languages(importing, find, text) == ("ur", {"A": "pl", "B": "ur"})
    assert languages(importing, find, text) == ("ur", {"A": "pl", "B": "ur"})


def test_a_representatives_language_is_the_households_as_ever(importing, find):
    text = residents(("A", "tenant", "pl"), ("K", "representative", "en"))
    assert languages(importing, find, text) == ("en", {"A": "", "K": ""})


def test_the_language_of_a_home_with_one_tenant_is_theirs(world, importing):
    with world.database.writing(SENDING) as session:
        terry = session.scalars(select(Resident).where(Resident.ref == "T-1")).one()
        terry.language = "ur"  # from when two rented it
        session.flush()
        household = needs_service.household_at(session, terry.home_id)
        needs_service.set_language(session, household, "pl", world.now)
        [alone] = whom.parties_of(session, terry.home, world.now)
    assert alone.language == "pl"
