"""On the page of a case: which visit it was, and which clauses may have been broken."""

import re
from datetime import timedelta

from tests.cases import a_case
from tests.stories import a_visit
from tests.web.desk_forms import said
from tests.web.test_breach_cases import send
from tests.world import World


def test_the_page_asks_for_the_visit_first_and_offers_its_log_afterwards(world: World):
    a_visit(world, starts=world.now - timedelta(days=2)).at_the_door()
    case, ines = a_case(world).screened(), world.client("ines")
    page = ines.get(f"/office/breaches/{case.id}")
    assert "Say first which visit it was" in said(page) and "Visit None" in said(page)
    [value] = [part.split('"')[0] for part in page.text.split('<option value="')[1:] if part.startswith("V-")]
    assert f"({value})" in page.text
    wrong = send(ines, case, "visit", ref="V-222222222")
    assert wrong.status_code == 409 and "No visit of this person" in said(wrong) and "V-222222222" in wrong.text
    assert send(ines, case, "visit", which=value).status_code == 303
    after = said(ines.get(f"/office/breaches/{case.id}"))
    assert f"Visit {value}" in after and "What does the case rest on?" in after
    assert "It was said which visit it was" in after and "Say first which visit it was" not in after


def test_the_clauses_of_a_code_stand_by_section_and_only_those_that_this_person_can_break(world: World):
    case = a_case(world).seated("screener", "ines")
    page = world.client("ines").get(f"/office/breaches/{case.id}").text
    listed = re.findall(r'id="([^"]+)" name="screened_clauses" type="checkbox" value="([^"]+)"', page)
    clauses = [value for _, value in listed]
    assert "ME-2d" in clauses and not {"ME-0", "ME-7b", "ME-8.2b", "ME-3.1a-x1", "ME-8.1d1"} & set(clauses)
    assert len({name for name, _ in listed}) == len(listed), "each box has an id of its own"
    assert page.index("2 Principles") < page.index("Section 3.1") < page.index("Section 5.3")
    wrong = send(world.client("ines"), case, "screened", clauses="ME-7b", ladder="ME:conduct", why="It smelled.")
    assert wrong.status_code == 409 and "nobody in this person’s place can break that" in said(wrong)
