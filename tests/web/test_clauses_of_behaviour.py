"""A clause that says how to behave: shown to those whom it binds and to anybody, and a case may be screened under it."""

import re

import pytest

from fieldvisit.breaches.ladders import ladders_for
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.codes.catalogue import all_clauses
from tests.cases import a_case, an_involved
from tests.services.test_codes import a_version
from tests.world import World

HERE = "tests/web/test_clauses_of_behaviour.py::test_a_clause_on_behaviour_is_shown_and_a_case_is_screened_under_it"
BINDS = {"ME": "operative", "MO": "employee", "HS": "officer", "MR": "resident", "AL": "panel"}
INVOLVED = {"MR": "resident", "AL": "panel"}
NAMED = [each for each in all_clauses() if HERE in each.tests]


def test_each_of_these_clauses_says_that_it_is_shown_and_recorded():
    assert {each.document for each in NAMED} == set(BINDS)
    assert {each.how for each in NAMED} == {"displayed+recorded"}


@pytest.mark.parametrize("document", BINDS)
def test_a_clause_on_behaviour_is_shown_and_a_case_is_screened_under_it(world: World, document: str):
    """Through what screening itself refuses and takes, in the procedure of that code."""
    a_version(world, "9", document=document, binds=(BINDS[document],))
    subject, kind = "asha" if document == "ME" else "olive", "person"
    if document in INVOLVED:
        subject, kind = "Pia Lund", "involved"
        an_involved(world, INVOLVED[document], subject)
    page = world.client().get(f"/rights/codes/{document}").text
    procedure = procedure_of(document)
    asks_more = {"coordinates": False} if procedure.people["screener"].if_coordinator else {}
    for each in (clause for clause in NAMED if clause.document == document):
        assert re.search(rf'id="{re.escape(each.id)}"', page), each.id
        ladder = ladders_for(procedure, (each.id,))[0].name
        case = a_case(world, subject, kind=kind).screened(document, (each.id,), ladder, **asks_more)
        assert (case.state.document, case.state.clauses) == (document, (each.id,))
