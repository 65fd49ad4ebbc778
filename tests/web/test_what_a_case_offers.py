"""On the page of a case: nothing is chosen beforehand or asked for twice, and what is somebody else's has a name."""

import re

from tests.cases import a_case, a_code, an_involved
from tests.web.desk_forms import said
from tests.web.test_breach_cases import send
from tests.world import World

WORDS = {"reasons": "You said so yourself.", "learning": "Nothing new.", "considered": "Both were weighed."}


def test_no_outcome_is_chosen_beforehand_and_the_letter_has_what_was_decided(world: World):
    case, ivan = a_case(world).screened().told().answered(), world.client("ivan")
    page = ivan.get(f"/office/breaches/{case.id}").text
    chosen = [each for each in re.findall(r"<input[^>]*decided_sanction[^>]*>", page) if "checked" in each]
    assert chosen == [] and 'name="decided_sanction"' in page
    form = WORDS | {"finding": "upheld", "ticked": ["apology", "training"]}
    wrong = send(ivan, case, "decided", **form)
    assert wrong.status_code == 409 and "Choose what follows" in said(wrong) and "You said so yourself." in wrong.text
    assert send(ivan, case, "decided", **form, sanction="nothing").status_code == 303
    assert (case.state.finding, case.state.sanction) == ("upheld", "")
    page = said(ivan.get(f"/office/breaches/{case.id}"))
    assert "Why: You said so yourself." in page and "What we considered: Both were weighed." in page
    assert "[say the reasons]" not in page and "[say what changes]" not in page


def test_whoever_may_not_close_it_yet_reads_who_does_what_first(world: World):
    case = a_case(world).screened().told().answered().decided().communicated()
    ines, ivan = world.client("ines"), world.client("ivan")
    page = said(ines.get(f"/office/breaches/{case.id}"))
    assert "Close the case" not in page and "Before this case can be closed: Ivan Vale records the actions" in page
    own = said(ivan.get(f"/office/breaches/{case.id}"))
    assert "Before this case can be closed: Set down the action" in own and "Set actions, each with who" in own
    case.act(
        "actions", "ivan", words={"what_1": "A course", "owner_1": "Mona"}, list=[{"id": "1", "due_on": "2030-01-01"}]
    )
    assert "Not every action is done: 1 is open." in said(ines.get(f"/office/breaches/{case.id}"))
    case.act("action_done", "ivan", id="1").act("reporter_told", "ines", how="receipt")
    assert "Close the case" in said(ines.get(f"/office/breaches/{case.id}"))


def test_a_vote_and_at_once_are_offered_where_the_row_says_so(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    for ladder, offered in (("regular", False), ("meeting", True)):
        case = a_case(world, "Pia Lund", kind="involved").screened("AL", ("AL-2.1",), ladder, coordinates=False)
        page = said(world.client("ines").get(f"/office/breaches/{case.id}"))
        assert ("Record a vote" in page) is offered and "The code says at once" not in page
        assert "Kind of breach" in page and "Row of the code" not in page and "Say which visit" not in page


def test_a_resident_whom_only_a_draft_bound_is_no_dead_end(world: World):
    a_code(world, "MR", ["resident"], status="draft")
    an_involved(world, "resident", "Rae Dunn")
    case = a_case(world, "Rae Dunn", kind="involved").seated("screener", "ines")
    page = world.client("ines").get(f"/office/breaches/{case.id}")
    assert "MR is a draft, and no case may rest on a draft alone" in said(page) and "It is no breach of a code" in said(
        page
    )
    assert "screened_clauses" not in page.text and "Record it as a possible breach" not in said(page)


def test_the_list_says_until_when_it_waits_for_the_person(world: World):
    case = a_case(world).screened().told()
    page = said(world.client("ines").get("/office/breaches"))
    assert "Waits for the person until" in page and "No clock of ours runs" not in page
    assert case.state.stage == "awaiting_response"
