"""The visit log's pages: what each filter finds, whom it shows what, and that no visit is lost between two pages."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.db import new_id
from fieldvisit.desk import visit_log
from fieldvisit.desk.forms import Place, read_filter, read_place
from fieldvisit.ground.roles import DEMO
from fieldvisit.register.models import Home
from fieldvisit.visits.models import Visit
from tests.world import NOW, World

NORTH, SOUTH = "100030000001", "100030000004"


def write(world: World, **facts: Any) -> str:
    """One row of the log, as the fold would have left it: these tests ask about reading only."""
    home = facts.pop("home", NORTH)
    starts = facts.setdefault("window_start", NOW)
    defaults = {
        "id": new_id(), "ref": f"V-{new_id()[:7].upper()}", "home_id": world.ids[home], "planned_at": NOW,
        "firm_id": world.ids["Brightwater Heating"], "lead_id": world.ids["asha"], "kind": "responsive_repair",
        "reason": "The boiler does not heat", "window_end": starts + timedelta(hours=2), "stage": "closed",
        "outcome": "done", "notice_result": "full", "exceptions": [], "exception_count": 0, "policy_hash": "",
    }  # fmt: skip
    with world.database.writing(DEMO) as session:
        area = session.get_one(Home, world.ids[home]).area_id
        row = Visit(area_id=area, **(defaults | facts))
        session.add(row)
        return row.id


def ask(world: World, who: str = "olive", **wanted: str) -> visit_log.LogPage:
    with world.database.reading(world.principal(who)) as session:
        return visit_log.page_of(session, read_filter(wanted))


def found(world: World, who: str = "olive", **wanted: str) -> set[str]:
    return {visit.id for visit in ask(world, who, **wanted).visits}


@pytest.fixture
def pair(world: World) -> tuple[str, str]:
    """A plain visit, and one that differs from it in everything that can be asked for."""
    plain = write(world)
    other = write(
        world, home="100030000002", ref="V-7K2M9QX", kind="inspection", reason="Yearly gas check", outcome="no_access",
        stage="no_access", notice_result="short", firm_id=world.ids["Oakline Repairs"], lead_id=world.ids["carl"],
        window_start=NOW - timedelta(days=3), exceptions=["short-notice"], exception_count=1,
    )  # fmt: skip
    return plain, other


def test_by_contractor(world, pair):
    assert found(world, firm=world.ids["Oakline Repairs"]) == {pair[1]}


def test_by_the_councils_own_officers(world, pair):
    own = write(world, firm_id=None, lead_id=world.ids["dora"])
    assert found(world, firm="council") == {own}


def test_by_kind(world, pair):
    assert found(world, kind="inspection") == {pair[1]}


def test_by_outcome(world, pair):
    assert found(world, outcome="no_access") == {pair[1]}


def test_by_not_ended_yet(world, pair):
    coming = write(world, stage="notified", outcome="")
    assert found(world, outcome="open") == {coming}


def test_by_notice(world, pair):
    assert found(world, notice="short") == {pair[1]}


def test_by_exception(world, pair):
    assert found(world, marked="yes") == {pair[1]}


def test_the_first_and_the_last_day_asked_for_count(world, pair):
    assert found(world, since="2026-12-05", until="2026-12-05") == {pair[1]}
    assert found(world, since="2026-12-06") == {pair[0]}
    assert found(world, until="2026-12-07") == {pair[1]}


def test_a_visit_at_half_past_midnight_in_summer_is_of_its_day_in_london(world):
    late = write(world, window_start=NOW.replace(month=7, day=1, hour=23, minute=30))  # 00:30 on 2 July in London
    assert found(world, since="2026-07-02", until="2026-07-02") == {late}
    assert found(world, until="2026-07-01") == set()


def test_a_search_finds_address_uprn_visit_number_and_reason(world, pair):
    for text in ("2 larch", "LARCH CLOSE, melton", "100030000002", "V-7K2M9QX", "v-7k2m9qx", "gas check"):
        assert pair[1] in found(world, q=text)


def test_a_search_finds_a_postcode_however_it_is_typed(world, pair):
    third = write(world, home="100030000003")
    for postcode in ("LE13 9AB", "le139ab", "le13 9ab"):
        assert found(world, q=postcode) == {third}


def test_signs_that_a_database_knows_are_only_signs_in_a_search(world, pair):
    for text in ("%%%", "___", "100%", "'; DROP TABLE visit; --"):
        assert found(world, q=text) == set()


def test_filters_narrow_each_other(world, pair):
    assert found(world, q="larch", kind="inspection") == {pair[1]}
    assert found(world, q="larch", kind="inspection", outcome="done") == set()


def test_an_officer_sees_the_visits_of_her_areas_alone(world, pair):
    south = write(world, home=SOUTH, lead_id=world.ids["carl"], firm_id=world.ids["Oakline Repairs"])
    assert found(world, "olive") == set(pair)
    assert found(world, "otto") == {south}


def test_a_search_does_not_reach_into_another_area(world):
    write(world, home=SOUTH)
    page = ask(world, "olive", q="quarry row")
    assert (page.visits, page.total, page.more_homes) == ([], 0, False)


def test_a_manager_sees_the_open_visits_of_the_firm_in_every_area(world, pair):
    south, north = (write(world, home=home, stage="notified", outcome="") for home in (SOUTH, "100030000001"))
    other = write(world, stage="in_home", outcome="", firm_id=world.ids["Oakline Repairs"])
    assert found(world, "mona") == {south, north}
    assert found(world, "omar") == {other}


def test_nobody_else_finds_a_row(world, pair):
    for who in ("hana", "lena", "ines", "adam", "aud"):
        assert found(world, who) == set()


def walk(world: World, **wanted: str) -> list[list[str]]:
    pages, page = [], ask(world, **wanted)
    while True:
        pages.append([visit.id for visit in page.visits])
        if page.older is None:
            return pages
        page = ask(world, **wanted, after=str(page.older))


def test_older_and_older_shows_every_visit_once_newest_first(world):
    # several start at the same minute, so that a page ends between two of one time
    wanted = [write(world, window_start=NOW - timedelta(hours=number // 4)) for number in range(120)]
    pages = walk(world)
    assert [len(page) for page in pages] == [50, 50, 20]
    shown = [visit_id for page in pages for visit_id in page]
    assert sorted(shown) == sorted(wanted)
    assert set(pages[0][:4]) == set(wanted[:4])


def test_newer_leads_back_to_the_same_pages(world):
    for number in range(120):
        write(world, window_start=NOW - timedelta(hours=number // 4))
    first = ask(world)
    second = ask(world, after=str(first.older))
    third = ask(world, after=str(second.older))
    back = ask(world, before=str(third.newer))
    assert [visit.id for visit in back.visits] == [visit.id for visit in second.visits]
    start = ask(world, before=str(back.newer))
    assert [visit.id for visit in start.visits] == [visit.id for visit in first.visits]
    assert start.newer is None


@pytest.mark.parametrize(("rows", "older"), [(49, False), (50, False), (51, True)])
def test_a_page_is_fifty_visits(rows, older, world):
    for _ in range(rows):
        write(world)
    page = ask(world)
    assert (len(page.visits), page.older is not None) == (min(rows, 50), older)


def test_beyond_what_we_count_the_list_says_or_more(world, monkeypatch):
    monkeypatch.setattr(visit_log, "COUNTED", 60)
    for _ in range(60):
        write(world)
    exact = ask(world)
    assert (exact.total, exact.more) == (60, False)
    write(world)
    more = ask(world)
    assert (more.total, more.more) == (60, True)


def test_a_search_that_fits_too_many_homes_says_so(world, pair, monkeypatch):
    monkeypatch.setattr(visit_log, "HOMES", 1)
    page = ask(world, q="larch close")
    assert page.more_homes
    assert {visit.id for visit in page.visits} == {pair[0]}


@given(st.datetimes(min_value=NOW.replace(tzinfo=None, year=1971)), st.integers(0, 2**128 - 1))
def test_a_place_in_the_list_survives_its_address(at, number):
    place = Place(at.replace(tzinfo=NOW.tzinfo), f"{number:032x}")
    assert read_place(str(place)) == place


@given(st.text(max_size=80))
def test_a_place_that_somebody_made_up_never_breaks_the_list(text):
    place = read_place(text)
    assert place is None or read_place(str(place)) == place
