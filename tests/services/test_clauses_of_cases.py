"""Clauses about cases that no story tells by itself: who joins in a decision, what counts, and that nothing is changed."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fieldvisit.breaches import case_readers, cases
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.ground.verdict import RefusedError
from tests.cases import Case, a_case, a_code, an_involved
from tests.services.test_the_same_breach_in_five_codes import refuses
from tests.world import World

PANEL = {"document": "AL", "clauses": ("AL-2.1",), "ladder": "regular"}


def warned_before(world: World) -> None:
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    first = a_case(world, "Pia Lund", kind="involved").screened(**PANEL, coordinates=False).told().answered()
    first.decided("aware_warned", considered=["aware_warned"]).communicated()


def test_a_verbal_warning_is_the_managers_and_a_co_ordinators_and_of_neither_alone(world: World):
    warned_before(world)
    case = a_case(world, "Pia Lund", kind="involved").screened(**PANEL, coordinates=False).told().answered()
    words = {"reasons": "Again.", "learning": "None.", "considered": "It is the next step."}
    body = {"finding": "upheld", "considered": ["verbal_warning"], "sanction": "verbal_warning"}
    assert "for the decider" in refuses(case, "decided", "ines", words=words, **body), "the co-ordinator alone"
    case.says("decided", "ivan", None, words, **body)
    assert (case.state.stage, case.state.sanction) == ("investigating", ""), "the manager alone"
    for who in ("ivan", "lena", "iris"):
        assert refuses(case, "confirmed", who, what="decided")
    case.confirmed("decided", "ines")
    assert (case.state.stage, case.state.sanction, case.state.decided_by) == (
        "decided",
        "verbal_warning",
        world.ids["ivan"],
    )
    assert world.ids["ines"] in case.state.involved


def test_a_co_ordinator_who_is_not_there_any_more_is_followed_by_another(world: World):
    warned_before(world)
    case = a_case(world, "Pia Lund", kind="involved").screened(**PANEL, coordinates=False).told().answered()
    assert "looked at already" in refuses(case, "seated", "lena", part="screener", person=world.ids["iris"])
    words = {"reasons": "Again.", "learning": "None.", "considered": "It is the next step."}
    case.says(
        "decided", "ivan", None, words, finding="upheld", considered=["verbal_warning"], sanction="verbal_warning"
    )
    case.seated("screener", "iris")
    assert "AL-6g" in refuses(case, "confirmed", "ines", what="decided")
    case.confirmed("decided", "iris")
    assert case.state.stage == "decided"


def test_a_co_ordinator_who_broke_the_code_has_no_part_and_another_one_joins_the_manager(world: World):
    a_code(world, "AL", ["investigator"])
    case = a_case(world, "ines")
    for part in ("screener", "decider", "appeal", "investigator"):
        assert "cannot take part" in refuses(case, "seated", "lena", part=part, person=world.ids["ines"])
    case.seated("screener", "iris").seated("decider", "ivan")
    case.act("screened", "iris", **PANEL | {"clauses": ["AL-2.1"]}, coordinates=True)
    said = _options(case)
    assert said == "Another co-ordinator of the panel"
    case.act("notified", "iris", words={"letter": "Dear Ines,"}, how="page").answered()
    words = {"reasons": "It is not denied.", "learning": "None.", "considered": "A warning."}
    case.says("decided", "ivan", None, words, finding="upheld", considered=["aware_warned"], sanction="aware_warned")
    assert "Another co-ordinator of the panel" in refuses(case, "confirmed", "lena", what="decided")
    with pytest.raises(RefusedError, match="no part"):
        case.confirmed("decided", "ines")
    case.confirmed("decided", "iris")


def _options(case: Case) -> str:
    from fieldvisit.breaches import case_page

    with case.world.database.reading(CONDUCT) as session:
        found = cases.find(session, case.id)
        assert found
        page = case_page.of_case(session, found, case.world.ids["ivan"], case.at, case.world.policy)
        return str(page.options["joined"])


def test_each_row_of_the_table_begins_anew(world: World):
    """What was done before on another row is no step of this one (MR-7.T1, MR-7.T2)."""
    a_code(world, "MR", ["resident"])
    an_involved(world, "resident", "Rae Dunn")
    first = a_case(world, "Rae Dunn", kind="involved").screened("MR", ("MR-4c",), "confidentiality").told().answered()
    first.decided("written_warning", considered=["written_warning"]).communicated()
    for ladder, clause, before in (("adhere", "MR-3.1", ()), ("confidentiality", "MR-4c", ("written_warning",))):
        case = a_case(world, "Rae Dunn", kind="involved").screened("MR", (clause,), ladder)
        with world.database.reading(CONDUCT) as session:
            found = cases.find(session, case.id)
            assert found and case_readers.before(session, found) == before


@pytest.mark.parametrize("wish", ["UPDATE breach_step SET kind = 'note'", "DELETE FROM breach_step"])
def test_no_step_of_a_case_is_changed_or_taken_away(world: World, wish: str):
    case = a_case(world).screened()
    with world.database.as_owner(write=True).connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(wish))
    assert case.state.stage == "screened" and case.state.steps == 4
