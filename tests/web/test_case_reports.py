"""What became of the reports behind a case: words that were added, unread until read; and two that are merged, whose cases
are offered to be linked by who reads both, and are told to be loose when the reports are taken apart."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldvisit.breaches import case_readers
from fieldvisit.db import new_id
from tests.cases import Case, with_investigators
from tests.web.test_behaviour import NAMED, asks, reports, the_receipt, words
from tests.web.test_intake_line import SAID as _SAID
from tests.web.test_intake_line import every_row, take
from tests.world import World

ON_BOTH_DATABASES = True
WHY = {"why": "It is the same day and the same van."}


class Told:
    """A concern and the case that it opened."""

    def __init__(self, world: World, number: int, said: dict[str, str] | None = None) -> None:
        before = {row["id"] for row in every_row(world.database, "concern")}
        self.answer = reports(world.client(), number, said) if said else reports(world.client(), number)
        [concern] = [row for row in every_row(world.database, "concern") if row["id"] not in before]
        [case] = [row for row in every_row(world.database, "breach_case") if row["concern_id"] == concern["id"]]
        case_readers.settle(world.database, world.now, world.policy)
        self.concern, self.concern_ref, self.case, self.ref = concern["id"], concern["ref"], case["id"], case["ref"]
        self.page = f"/office/breaches/{self.case}"
        self.steps = Case(world, self.case, world.now)

    def merge(self, browser: FlaskClient, other: "Told") -> None:
        answer = browser.post(f"/office/concerns/{self.concern}/merge", data={"other": other.concern_ref} | WHY)
        assert answer.status_code == 303, words(answer)

    def apart(self, world: World, browser: FlaskClient) -> None:
        [link] = [row for row in every_row(world.database, "concern_link") if row["concern_id"] == self.concern
                  and row["kind"] == "merged" and row["undone_at"] is None]  # fmt: skip
        data = {"link": link["id"], "why": "It was another van."}
        assert browser.post(f"/office/concerns/{self.concern}/apart", data=data).status_code == 303


@pytest.fixture
def two(world: World) -> tuple[Told, Told]:
    with_investigators(world)
    return Told(world, 1, NAMED), Told(world, 2, NAMED | {"what": "He swore, and kicked the door"})


def linked_to(world: World, told: Told) -> str | None:
    return next(row["linked_to"] for row in every_row(world.database, "breach_case") if row["id"] == told.case)


def test_who_reads_both_is_offered_to_link_the_cases_of_merged_reports_on_either_page(world: World, two):
    first, again = two
    ines = world.client("ines")
    assert "were merged" not in words(ines.get(again.page))
    again.merge(ines, first)
    assert "Link the two cases as well" in words(ines.get(f"/office/concerns/{again.concern}"))
    here, there = ines.get(again.page).text, ines.get(first.page).text
    assert f"Link this case to {first.ref}" in here and f"Link {again.ref} to this case" in there
    assert f'action="{again.page}/linked"' in there, "the one that was told again is linked to the one that stays"
    answer = ines.post(f"{again.page}/linked", data={"linked_to": first.case, "k": new_id()})
    assert (answer.status_code, linked_to(world, again)) == (303, first.case)
    assert "were merged" not in words(ines.get(again.page)) + words(ines.get(first.page))


def test_who_reads_one_of_them_hears_nothing_of_the_other(world: World, two):
    first, again = two
    again.merge(world.client("ines"), first)
    first.steps.seated("screener", "ivan")  # ivan and lena alone
    again.steps.seated("screener", "ines")
    ines, lena = world.client("ines"), world.client("lena")
    for address in (again.page, f"/office/concerns/{again.concern}"):
        page = ines.get(address)
        assert page.status_code == 200
        assert first.ref not in page.text and "merged" not in page.text.lower() and first.case not in page.text
    assert first.ref in lena.get(again.page).text
    answer = ines.post(f"{again.page}/linked", data={"linked_to": first.case, "k": new_id()})
    assert (answer.status_code, linked_to(world, again)) == (409, None)


def test_taking_the_reports_apart_does_not_leave_the_link_in_silence(world: World, two):
    first, again = two
    ines = world.client("ines")
    again.merge(ines, first)
    again.steps.act("linked", "ines", to=first.case)
    again.apart(world, ines)
    assert linked_to(world, again) == first.case, "a case may rest on it: a person says"
    assert "Their cases are still linked" in words(ines.get(f"/office/concerns/{again.concern}"))
    assert "were taken apart on Tuesday 8 December 2026, and the two cases are still linked" in words(
        ines.get(again.page)
    )
    assert f"The link is taken away at {again.ref}" in words(ines.get(first.page))
    again.merge(ines, first)
    assert "taken apart" not in words(ines.get(again.page)), "one thing once more"
    again.apart(world, ines)
    again.steps.act("unlinked", "ines", words={"why": "It was another van."})
    assert "still linked" not in words(ines.get(again.page)) + words(ines.get(first.page))


def test_what_the_phone_line_believed_to_be_the_same_is_offered_too(world: World):
    with_investigators(world)
    hana = world.client("hana")
    take(hana)
    [first] = every_row(world.database, "breach_case")
    take(hana, {"same": "yes", "k": "b" * 32} | {name: value for name, value in _SAID.items() if name != "k"})
    case_readers.settle(world.database, world.now, world.policy)
    page = words(world.client("ines").get(f"/office/breaches/{first['id']}"))
    assert "Whoever wrote it down on Tuesday 8 December 2026 believed" in page


def test_words_that_were_added_are_unread_for_each_reader_until_they_read_them(world: World, clock):
    with_investigators(world)
    told = Told(world, 1)
    ines, lena = world.client("ines"), world.client("lena")
    assert "Words were added" not in words(ines.get(told.page))
    asks(world.client(), the_receipt(told.answer), words="He was here again", k="5" * 32)
    for reader in (ines, lena, ines):
        page = words(reader.get(told.page))
        assert "Words were added on Tuesday 8 December 2026 , and you have not read them yet" in page
        assert "He was here again" not in page
    opened = words(ines.get(f"/office/concerns/{told.concern}"))
    assert "He was here again" in opened and "Tuesday 8 December 2026, new" in opened
    assert ", new" not in words(ines.get(f"/office/concerns/{told.concern}"))
    assert "Words were added" not in words(ines.get(told.page)) and "Words were added" in words(lena.get(told.page))
    [added] = every_row(world.database, "concern_added")
    read = [row for row in every_row(world.database, "access_record") if row["object_id"] == added["id"]]
    assert [(row["person_id"], row["reason"]) for row in read] == [(world.ids["ines"], "words added")]
    clock.move_to(world.now + timedelta(days=2))
    asks(world.client(), the_receipt(told.answer), words="And once more", k="6" * 32)
    clock.move_to(world.now)
    assert "Words were added on Thursday 10 December 2026" in words(ines.get(told.page))
