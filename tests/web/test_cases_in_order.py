"""The list of conduct cases: what was told as urgent, and then what runs out first, over all its pages."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldvisit.breaches import case_page, case_readers
from tests.cases import a_case
from tests.web.desk_forms import said
from tests.web.test_intake_line import NAMELESS, SAID, every_row, take
from tests.world import World

ON_BOTH_DATABASES = True
DAY = timedelta(days=1)


def listed(client: FlaskClient, more: str = "") -> list[str]:
    """Over all pages."""
    answer = client.get(f"/office/breaches?{more}").text
    found = re.findall(r'href="/office/breaches/([0-9a-f]{32})"', answer)
    later = re.search(r"after=([0-9a-f]{32})", answer)
    return found + (listed(client, f"{more.partition('&')[0]}&after={later[1]}") if later else [])


@pytest.mark.parametrize("at_a_time", [1, 2, 50])
def test_what_runs_out_first_is_first_over_all_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(case_page, "PAGE", at_a_time)
    nothing_owed = a_case(world, heard_at=world.now - 9 * DAY).screened().told()  # they have ten working days to answer
    over = a_case(world, subject="carl", heard_at=world.now - 5 * DAY)
    new = a_case(world, subject="ben")
    order = listed(world.client("lena"))
    assert order == [over.id, new.id, nothing_owed.id]


@pytest.mark.parametrize("at_a_time", [1, 2, 50])
def test_those_that_have_ended_come_after_the_newest_first(
    world: World, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(case_page, "PAGE", at_a_time)
    ended = [a_case(world, heard_at=world.now - days * DAY) for days in (9, 3)]
    for case in ended:
        case.seated("screener", "ines").act("not_a_breach", "ines", words={"why": "It was a play."})
    waits = a_case(world, subject="carl", heard_at=world.now - 5 * DAY)
    lena = world.client("lena")
    assert listed(lena) == [waits.id]
    assert listed(lena, "show=all") == [waits.id, ended[1].id, ended[0].id]


def test_what_was_told_as_urgent_is_first_and_says_so_until_somebody_has_looked_at_it(world: World) -> None:
    over = a_case(world, heard_at=world.now - 5 * DAY)
    take(world.client("hana"), SAID | {"still_there": "yes", "about_id": world.ids["carl"]})
    take(world.client("hana"), NAMELESS | {"k": "b" * 32, "danger_now": "yes", "same": "no"})
    case_readers.settle(world.database, world.now, world.policy)
    lena = world.client("lena")
    danger, there = (
        next(row["id"] for row in every_row(world.database, "breach_case") if row["concern_id"] == concern["id"])
        for concern in sorted(every_row(world.database, "concern"), key=lambda each: not each["danger_now"])
    )
    assert set(listed(lena)[:2]) == {danger, there} and listed(lena)[2] == over.id
    page = said(lena.get("/office/breaches"))
    assert page.count("The person was still there") == page.count("Danger, when it was told") == 1
    form = {
        "k": "e" * 32, "screened_clauses": "ME-2d", "screened_ladder": "ME:conduct", "screened_why": "It fits.",
    }  # fmt: skip
    assert lena.post(f"/office/breaches/{there}/seated", data={"k": "c" * 32} | seat(world)).status_code == 303
    answer = world.client("ines").post(f"/office/breaches/{there}/screened", data=form)
    assert answer.status_code == 303, said(answer)
    assert listed(lena) == [danger, over.id, there]


def seat(world: World) -> dict[str, str]:
    return {"seated_part": "screener", "seated_person": world.ids["ines"]}
