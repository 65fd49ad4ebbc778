"""The office's bar: one row for whoever may open a few pages; groups, with the open one's pages under it, for the others."""

from fieldvisit.office_bar import GROUPS, ONE_ROW, Item, bar

PLACES = [place for _, places in GROUPS for place in places]


def offered(path, number):
    allowed = {href for _, href, _ in PLACES[:number]}
    return bar(path, lambda place: place[1] in allowed)


def test_nobody_who_may_open_nothing_is_offered_anything():
    shown = offered("/office", 0)
    assert (shown.items, shown.under) == ((), ())


def test_as_many_pages_as_a_row_holds_stand_in_one_row():
    shown = offered("/office/tasks", ONE_ROW)
    assert [item.label for item in shown.items] == [label for label, _, _ in PLACES[:ONE_ROW]]
    assert shown.under == ()


def test_one_page_more_makes_groups():
    shown = offered("/office", ONE_ROW + 1)
    assert [item.label for item in shown.items] == ["Tasks", "Visits", "Calls"]
    assert shown.under == ()  # none of them is open
    assert offered("/office", ONE_ROW + 2).items[-1].label == "Hazards"  # a group of one is its page


def test_the_group_that_is_open_shows_its_pages_under_it():
    shown = offered("/office/plan/new", len(PLACES))
    assert [item.label for item in shown.items if item.current] == ["Visits"]
    assert [item.label for item in shown.under if item.current] == ["Plan a visit"]
    assert Item("Visit log", "/office/visits", False) in shown.under


def test_whatever_a_call_is_about_is_under_calls():
    for address, label in (
        ("/office/intake", "Take a call"), ("/office/intake/hazard", "Take a call"), ("/office/verify-caller", "Verify a caller"),
    ):  # fmt: skip
        shown = offered(address, len(PLACES))
        assert [item.label for item in shown.items if item.current] == ["Calls"]
        assert [item.label for item in shown.under if item.current] == [label]


def test_a_group_leads_to_the_first_page_that_this_person_may_open():
    shown = bar("/office", lambda place: place[1] != "/office/visits")
    assert next(item.href for item in shown.items if item.label == "Visits") == "/office/plan"


def test_an_address_that_only_begins_alike_is_another_page():
    shown = offered("/safety/words", len(PLACES))
    assert not [item.label for item in shown.items if item.current]


def test_every_page_of_the_bar_stands_in_it_once():
    hrefs = [href for _, href, _ in PLACES]
    assert len(hrefs) == len(set(hrefs))


def test_of_two_pages_of_which_one_stands_under_the_other_only_the_open_one_is_marked():
    shown = offered("/office/breaches/report", len(PLACES))
    assert [item.label for item in shown.under if item.current] == ["Themes and counts"]


def test_a_page_under_an_address_of_its_own_marks_the_page_that_leads_to_it():
    for address, label in (("/office/clocks", "Hazards"), ("/office/incidents/new", "Who is out")):
        assert [item.label for item in offered(address, len(PLACES)).under if item.current] == [label]
