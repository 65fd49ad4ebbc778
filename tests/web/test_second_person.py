"""The pages on which a second person confirms; and the list of people for a part, which gives away nobody by leaving them out."""

import re

from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from tests.cases import LETTER, a_case, a_code
from tests.web.desk_forms import said
from tests.web.test_breach_cases import confirm, own_letters, send
from tests.world import World


def test_the_second_person_sees_what_is_proposed_on_the_list_and_on_the_case_and_the_proposer_cannot_confirm(
    world: World,
):
    case = a_case(world).screened().told().answered().decided()
    ivan, ines, asha = world.client("ivan"), world.client("ines"), world.client("asha")
    before = own_letters(asha)
    sent = send(ivan, case, "communicated", letter=LETTER, how="page")
    assert "waits for a second person" in said(ivan.get(sent.location))
    for client, own in ((ivan, True), (ines, False)):
        row, page = said(client.get("/office/breaches")), said(client.get(f"/office/breaches/{case.id}"))
        assert "Waits for a second person" in row and ("you proposed it" in row) is own
        assert LETTER.split("\n")[-1] in page and ("Confirm it" in page) is not own and ("Take it back" in page) is own
        assert world.policy.safeguarding.outside_name.value in page, "never a dead end"
    assert confirm(ivan, case, "communicated").status_code == 409
    assert world.client("ivor").get(f"/office/breaches/{case.id}").status_code == 404
    assert confirm(world.client("ivor"), case, "communicated").status_code == 404
    assert own_letters(asha) == before
    wrong = confirm(ines, case, "communicated", "sent_back")
    assert wrong.status_code == 422 and 'href="#sent_back_why_communicated"' in wrong.text
    assert confirm(ines, case, "communicated", "sent_back", why="Name the clause.").status_code == 303
    page = ivan.get(f"/office/breaches/{case.id}")
    assert "Ines Vale sent it back" in said(page) and "Name the clause." in said(page) and own_letters(asha) == before
    assert "Sent back Send the outcome to the person" in said(ivan.get("/office/breaches"))
    assert "Leave it" in said(page) and "Leave it" not in said(ines.get(f"/office/breaches/{case.id}"))
    assert LETTER.split("\n")[-1] in page.text[: page.text.index("What has been done")], (
        "as it was typed, to go on from"
    )


def test_a_reason_that_came_too_late_is_not_lost(world: World):
    case = a_case(world).screened().told().answered().decided()
    case.proposed("communicated", "ivan", words={"letter": LETTER}, how="page")
    seen = str(case.state.steps)
    case.confirmed("communicated", "ines")
    form = {"k": new_id(), "what": "communicated", "seen": seen, "sent_back_why_communicated": "Name the clause."}
    late = world.client("lena").post(f"/office/breaches/{case.id}/sent_back", data=form)
    assert late.status_code == 409 and "was first: " in said(late)
    assert "You wrote, and it was not recorded: Name the clause." in said(late)


def test_what_is_no_act_of_two_is_refused_with_a_sentence(world: World):
    case = a_case(world).screened()
    for what in ("", "reported", "suspended", "x" * 40):
        for step in ("confirmed", "taken_back"):
            answer = confirm(world.client("ines"), case, what, step)
            assert answer.status_code == 409 and "waits for a second person no longer" in said(answer)


def test_the_list_of_people_is_the_same_whoever_told_it_and_whoever_is_near(world: World):
    def offered(case) -> list[str]:
        page = world.client("ines").get(f"/office/breaches/{case.id}").text
        select_box = page[page.index('id="seated_person"') :]
        return re.findall(r'<option value="([0-9a-f]+)"', select_box[: select_box.index("</select>")])

    plain = a_case(world).seated("screener", "ines")
    told = a_case(world, told_by_id=world.ids["ivor"]).seated("screener", "ines")
    about = a_case(world, "iris").seated("screener", "ines")
    assert offered(plain) == offered(told) == offered(about)
    assert {world.ids[ref] for ref in ("ivan", "iris", "ivor", "lena")} <= set(offered(told))
    for case, who in ((told, "ivor"), (about, "iris")):
        refused = send(world.client("ines"), case, "seated", part="decider", person=world.ids[who])
        assert refused.status_code == 409 and "this person cannot take part in this case" in said(refused)
    with world.database.reading(None) as session:
        asked = session.scalars(select(AccessRecord).where(AccessRecord.reason == "seated apart")).all()
    assert [(row.person_id, row.object_id) for row in asked] == [(world.ids["ines"], case.id) for case in (told, about)]


def test_whoever_confirms_an_outcome_is_told_that_they_decide_no_appeal_in_the_case(world: World):
    a_code(world, "AL", ["operative"])
    case = a_case(world).screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    case.decided("", considered=["aware_warned"])
    case.proposed("communicated", "ivan", words={"letter": LETTER}, how="page")
    warning = "Whoever confirms it decides no appeal in this case."
    assert warning in said(world.client("ines").get(f"/office/breaches/{case.id}"))
    case.confirmed("communicated", "lena").act("appealed", words={"appeal": "No."})
    refused = send(world.client("ines"), case, "seated", part="appeal", person=world.ids["lena"])
    assert refused.status_code == 409 and "had no part in the case before" in said(refused)
