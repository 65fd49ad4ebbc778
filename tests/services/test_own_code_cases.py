"""A case under a council's own code: through its own procedure to the end, by another's, and where nobody wrote one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.breaches import case_calls, case_check, case_clocks
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.cli import main
from fieldvisit.codes.models import CodeVersion
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import load_policy
from tests.cases import Case, a_case, a_code, an_involved
from tests.own_code import CODE, PROCEDURE, in_use, naming, written
from tests.services.test_case_calls import sent
from tests.services.test_the_same_breach_in_five_codes import letters, refuses
from tests.web.test_behaviour import words
from tests.world import World

HEARD = datetime(2027, 4, 26, 9, 0, tzinfo=UTC)  # a Monday; 3 May is a bank holiday
DAY = timedelta(days=1)
MELTON = load_policy("melton")


@pytest.fixture
def member(world: World) -> str:
    a_code(world, "TOR", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    return "Pia Lund"


def due(case: Case, name: str) -> str:
    found = case_clocks.clocks(case.state, procedure_of(case.state.document), MELTON)
    return next(london_date(clock.due).isoformat() for clock in found if clock.name == name)


def test_a_case_goes_through_the_procedure_of_a_councils_own_code_to_its_end(world: World, member: str, tmp_path: Path):
    with in_use(written(tmp_path)):
        case = a_case(world, member, kind="involved", heard_at=HEARD)
        case.seated("screener", "ines").seated("decider", "ivan")
        for clauses, ladder, why in (
            (["TOR-1"], "secrets", "Choose the kind of breach"), (["TOR-7"], "terms", "no clause TOR-7"),
        ):  # fmt: skip
            body = {"document": "TOR", "clauses": clauses, "ladder": ladder}
            assert why in refuses(case, "screened", "ines", **body)
        case.act("screened", "ines", document="TOR", clauses=["TOR-1"], ladder="terms")
        case.told(at=HEARD + DAY)
        assert due(case, "respond") == "2027-05-07", "seven working days, and a bank holiday"
        case.answered(HEARD + 2 * DAY)
        said = {"reasons": "She was not there.", "learning": "None.", "considered": "A talk is too little."}
        higher = {"finding": "upheld", "considered": ["end"], "sanction": "end"}
        refused = refuses(case, "decided", "ivan", at=HEARD + 3 * DAY, words=said, **higher)
        assert "the highest step now is a talk with the chair" in refused and "TOR-9" in refused
        case.decided("talk", HEARD + 3 * DAY, considered=["talk"])
        assert due(case, "tell") == "2027-05-04"
        case.communicated(HEARD + 4 * DAY)
        assert due(case, "appeal") == "2027-05-10"
        case.act("appealed", at=HEARD + 5 * DAY, words={"appeal": "I was ill."})
        case.act("seated", "lena", HEARD + 5 * DAY, part="appeal", person=world.ids["iris"])
        case.act("appeal_decided", "iris", HEARD + 6 * DAY, {"reasons": "No note.", "letter": "Dear Pia,"},
                 result="upheld", how="page")  # fmt: skip
        assert "last appeal" in refuses(case, "appealed", at=HEARD + 7 * DAY, words={"appeal": "Once more."})
        case.act("actions", "ivan", HEARD + 7 * DAY, {"what_1": "The talk", "owner_1": "The chair"},
                 list=[{"id": "1", "due_on": "2027-06-01"}])  # fmt: skip
        case.act("action_done", "ivan", HEARD + 8 * DAY, id="1")
        case.act("reporter_told", "ivan", HEARD + 9 * DAY, how="receipt").act("closed", "ivan", HEARD + 10 * DAY)
        assert (case.state.stage, case.state.sanction) == ("closed", "talk")
        assert {letter for letter, given in letters(world, case) if given} == {"notice", "outcome", "appeal_outcome"}
        again = a_case(world, member, kind="involved", heard_at=HEARD + 20 * DAY)
        again.seated("screener", "ines").seated("decider", "ivan")
        again.act("screened", "ines", document="TOR", clauses=["TOR-1"], ladder="terms").told().answered()
        again.decided("end", considered=["end"])
        assert again.state.sanction == "end", "the next rung, the second time"


def test_its_pages_and_letters_speak_by_its_own_titles_and_clauses(world: World, member: str, tmp_path: Path):
    with in_use(written(tmp_path)):
        case = a_case(world, member, kind="involved").seated("screener", "ines").seated("decider", "ivan")
        ines = world.client("ines")
        page = words(ines.get(f"/office/breaches/{case.id}"))
        assert "Cases under TOR follow its own procedure, procedures/TOR.toml." in page
        assert "TOR-2: What is heard in the forum stays there." in page and "TOR: Breaking the terms" in page
        form = {
            "screened_clauses": "TOR-1",
            "screened_ladder": "TOR:terms",
            "screened_why": "Three absences.",
            "k": new_id(),
        }
        assert ines.post(f"/office/breaches/{case.id}/screened", data=form).status_code == 303
        page = words(ines.get(f"/office/breaches/{case.id}"))
        assert "Secretary of the forum: Ines Vale" in page and "Breaking the terms (TOR-9)" in page
        assert "TOR-1: Come to four meetings a year" in page, "the first text of the letter"


def test_its_clocks_call_in_the_worker_too(world: World, member: str, tmp_path: Path):
    with in_use(written(tmp_path)):
        case = a_case(world, member, kind="involved").seated("screener", "ines").seated("decider", "ivan")
        case.act("screened", "ines", document="TOR", clauses=["TOR-1"], ladder="terms").told(at=world.now)
        case_calls.call(world.database, world.now + 20 * DAY, world.policy, set())
        assert sent(world) == {"ines": 1}


def test_a_case_follows_the_procedure_that_its_code_names(world: World, member: str, tmp_path: Path):
    with in_use(written(tmp_path, naming("AL"), None)):
        case = a_case(world, member, kind="involved", heard_at=HEARD)
        case.seated("screener", "ines").seated("decider", "ivan")
        case.act("screened", "ines", document="TOR", clauses=["TOR-1"], ladder="regular", coordinates=False)
        assert due(case, "consider") == "2027-05-06", "DR-13a, as in the code that lends it"


# --- none, and one that was taken away ----------------------------------------------------------------------------


def test_without_a_procedure_screening_says_what_to_add_and_goes_on_once_it_is_there(
    world: World, member: str, tmp_path: Path
):
    case = a_case(world, member, kind="involved").seated("screener", "ines").seated("decider", "ivan")
    ines, address = world.client("ines"), f"/office/breaches/{case.id}"
    form = {
        "screened_clauses": "TOR-1",
        "screened_ladder": "TOR:none",
        "screened_why": "Three absences.",
        "k": new_id(),
    }
    with in_use(written(tmp_path, CODE, None)):
        page = ines.get(address)
        assert "TOR-1: Come to four meetings" in words(page) and 'value="TOR:none"' in page.text
        refused = ines.post(f"{address}/screened", data=form)
        assert refused.status_code == 409
        assert "No case can be looked at under TOR yet" in words(refused) and "procedures/TOR.toml" in words(refused)
        assert "Three absences." in refused.text, "nothing that was typed is lost"
        assert case.state.stage == "reported"
    page = words(ines.get(address))
    assert "The file of TOR is not in the folder" in page and "No code bound" not in page
    with in_use(written(tmp_path)):
        form |= {"screened_ladder": "TOR:terms", "k": new_id()}
        assert ines.post(f"{address}/screened", data=form).status_code == 303
        assert case.state.stage == "screened"


def test_a_procedure_that_was_taken_away_stops_a_case_with_a_sentence_until_it_is_back(
    world: World, member: str, tmp_path: Path
):
    with in_use(written(tmp_path)):
        case = a_case(world, member, kind="involved").seated("screener", "ines").seated("decider", "ivan")
        case.act("screened", "ines", document="TOR", clauses=["TOR-1"], ladder="terms").told()
        assert list(case_check.faults(world.database)) == []
    said = refuses(case, "time_up", "ines")
    assert "Ask the administrator to put it back" in said
    assert world.client("ines").get(f"/office/breaches/{case.id}").status_code == 200
    case.act("note", "ines", words={"note": "I asked for the file."}).answered()
    assert any(f"{case.id} waits: The file of TOR" in each for each in case_check.faults(world.database))
    renamed = PROCEDURE.replace('name = "terms"', 'name = "rules"')
    with in_use(written(tmp_path, CODE, renamed)):
        assert any("has no ladder 'terms' any more" in each for each in case_check.faults(world.database))
    with in_use(written(tmp_path)):
        case.decided("talk", considered=["talk"])
        assert case.state.finding == "upheld"


def test_the_office_reads_what_cases_under_a_code_follow(world: World, member: str, tmp_path: Path):
    adam = world.client("adam")
    with world.database.reading(None) as session:
        version = session.scalars(select(CodeVersion.id).where(CodeVersion.document == "TOR")).one()
    for code, procedure, said in (
        (CODE, PROCEDURE, "Cases under TOR follow its own procedure"),
        (naming("ME"), None, "Cases under TOR follow the procedure of ME"),
        (CODE, None, "No case can be looked at under TOR yet"),
    ):
        (tmp_path / "procedures" / "TOR.toml").unlink() if (tmp_path / "procedures" / "TOR.toml").exists() else None
        with in_use(written(tmp_path, code, procedure)):
            assert said in words(adam.get("/office/codes/clauses?code=TOR"))
            assert said in words(adam.get(f"/office/codes/{version}"))
    assert "Cases under" not in words(adam.get("/office/codes/clauses?code=ME"))


def test_check_says_what_cases_follow_and_what_is_wrong_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    codes = tmp_path / "codes"
    codes.mkdir()
    monkeypatch.setenv("FIELDVISIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FIELDVISIT_CODES_DIR", str(codes))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["init"]) == 0
    with in_use(written(codes)):
        assert main(["check"]) == 0
        assert "Cases under TOR follow its own procedure, procedures/TOR.toml.\n" in capsys.readouterr().out
        written(codes, CODE, PROCEDURE.replace("window_wd = 5", "window_wd = 0"))
        assert main(["check"]) == 1
        said = capsys.readouterr()
        assert "procedures/TOR.toml: appeal (line 41): window_wd must be from 1 to 60" in said.err
        assert "1 thing to look at." in said.out
        assert main(["worker", "--once"]) == 1
        assert "The council's own codes cannot be used" in capsys.readouterr().err
