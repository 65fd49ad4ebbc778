"""`/office/homes/<home>`: what a household asked for, changed in small forms; and the way of a caller to make us say less."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, DEMO
from fieldvisit.register.models import Household, HouseholdContact, Precaution, Resident
from fieldvisit.tasks import Task
from tests.stories import FIRST_HOME, a_visit
from tests.web.desk_forms import SOUTH_HOME, SignedIn, day, household, said
from tests.world import World

DAY = timedelta(days=1)
SAFE = {"mark_sms": "safe", "mark_email": "content_free", "mark_phone": "safe", "mark_letter": "never"}


def here(world: World, form: str = "", home: str = FIRST_HOME) -> str:
    return f"/office/homes/{world.ids[home]}" + (f"/{form}" if form else "")


def kept(world: World, home: str = FIRST_HOME) -> Household:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Household).where(Household.home_id == world.ids[home])).one()


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(model)))


def logged(world: World) -> list[tuple[str, str, str, str]]:
    with world.database.reading(CHECKING) as session:
        found = session.scalars(select(AccessRecord).where(AccessRecord.record.in_(("household", "contact-safety"))))
        return [(row.record, row.action, row.object_id, row.reason) for row in found]


def resident_of(world: World) -> str:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Resident.id).where(Resident.home_id == world.ids[FIRST_HOME])).one()


def a_warning(world: World, **typed: str) -> dict[str, str]:
    form = {"k": new_id(), "warning": "two_person", "owner": world.ids["dora"]} | day("review", date(2027, 3, 1))
    return form | typed


# --- reading ------------------------------------------------------------------------------------------------------


def test_the_page_says_what_they_asked_for_and_what_the_worker_is_told(world: World, olive: FlaskClient) -> None:
    household(world, needs=["bsl", "ring_twice"], language="pl", password="blue kettle", word_style="picture")
    page = said(olive.get(here(world)))
    for words in (
        "Household at 1 Larch Close", "Use British Sign Language with an interpreter", "British Sign Language, Ring twice",
        "Polish", "A picture", "They have chosen one. It is not shown here.", "There is a note for this home.",
    ):  # fmt: skip
        assert words in page
    assert "kettle" not in page


def test_a_read_is_logged_before_it_is_shown(world: World, olive: FlaskClient) -> None:
    olive.get(here(world))
    assert logged(world) == [("household", "read", world.ids[FIRST_HOME], "")]


@pytest.mark.parametrize("ref", ["asha", "mona", "hana", "lena", "ines", "adam", "aud"])
def test_nobody_but_an_officer_opens_it(world: World, signed_in: SignedIn, ref: str) -> None:
    assert signed_in(ref).get(here(world)).status_code == 404
    assert signed_in(ref).post(here(world, "needs"), data={"needs": "dog"}).status_code == 404
    assert kept(world).needs == []


def test_a_home_of_another_area_is_not_there_even_where_the_officer_visits(world: World, signed_in: SignedIn) -> None:
    a_visit(world, home=SOUTH_HOME, lead="olive", by="otto").told()
    olive = signed_in("olive")
    assert olive.get(here(world, home=SOUTH_HOME)).status_code == 404
    assert olive.get(here(world, "alerts.json", home=SOUTH_HOME)).status_code == 404
    assert olive.post(here(world, "needs", home=SOUTH_HOME), data={"needs": "dog"}).status_code == 404


@pytest.mark.parametrize("page", ["plan", "log", "new"])
def test_it_is_one_link_away_from_the_plan_and_from_the_log(world: World, olive: FlaskClient, page: str) -> None:
    visit = a_visit(world).told().visit_id
    addresses = {"plan": f"/office/visits/{visit}/plan", "log": f"/office/visits/{visit}"}
    address = addresses.get(page, f"/office/plan/{world.ids[FIRST_HOME]}")
    assert f'href="{here(world)}"' in olive.get(address).text


def test_a_firms_manager_has_no_such_link(world: World, signed_in: SignedIn) -> None:
    visit = a_visit(world).told().visit_id
    assert "/office/homes/" not in signed_in("mona").get(f"/office/visits/{visit}").text


# --- changing -----------------------------------------------------------------------------------------------------

CHANGES = (
    ("needs", {"needs": ["large_print", "prayer"]}, "needs", ["large_print", "prayer"]),
    ("needs", {}, "needs", []),
    ("writing", {"language": "ur", "letter_look": "easy_read"}, "letter_look", "easy_read"),
    ("word", {"word_style": "numbers"}, "word_style", "numbers"),
    ("password", {"password": "  blue  kettle "}, "password", "blue kettle"),
    ("channels", {"unusable": ["sms", "phone"]}, "unusable_channels", ["sms", "phone"]),
    ("protected", {"protected": "yes"}, "protected", True),
    ("letters", day("until", date(2026, 12, 22)), "no_letters_until", date(2026, 12, 22)),
    ("trusted-adult", {"adult_wanted": "yes"}, "trusted_adult", True),
    ("safety", SAFE, "contact_safety", {"sms": "safe", "email": "content_free", "phone": "safe", "letter": "never"}),
)


@pytest.mark.parametrize(
    ("form", "typed", "column", "value"), CHANGES, ids=[f"{c[0]} {i}" for i, c in enumerate(CHANGES)]
)
def test_each_form_keeps_what_it_says_and_goes_back_to_the_page(
    world: World, olive: FlaskClient, form: str, typed: dict[str, Any], column: str, value: Any
) -> None:
    answer = olive.post(here(world, form), data=typed)
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, here(world))
    assert getattr(kept(world), column) == value
    assert 'id="banner-done"' in olive.get(answer.location).text
    assert logged(world)[0][1] == "change"


WRONG = (
    ("writing", {"language": "xx", "letter_look": "plain"}, 422, "language", "Choose a language."),
    ("word", {}, 422, "word_style", "Choose words, numbers or a picture."),
    ("password", {"password": "1234"}, 409, "password", "Never use the number of a bank card or a door."),
    ("password", {"password": ""}, 422, "password", "Write the password that the tenant chose."),
    ("channels", {"unusable": "pigeon"}, 409, "unusable", "We do not know that as a way of telling."),
    ("needs", {"needs": "gold"}, 409, "needs", "We do not know that as a need."),
    ("protected", {}, 422, "protected", "Say whether this home must be protected."),
    ("letters", day("until", date(2026, 12, 8)), 409, "until", "Choose a day after today."),
    ("letters", day("until", date(2026, 12, 8)) | {"until-month": "13"}, 422, "until", "There is no such date."),
    ("safety", SAFE | {"mark_sms": ""}, 422, "mark_sms", "Text messages: say how much we may say there."),
    ("trusted-adult", {}, 422, "adult_wanted", "Say whether we must wait"),
    ("trusted-adult", {"adult_wanted": "yes", "adult_name": "Ida"}, 422, "adult_reach", "Write a telephone number"),
    ("trusted-adult", {"adult_wanted": "yes", "adult_name": "Ida", "adult_reach": "12", "adult_agreed": "yes"}, 409,
     "adult_reach", "This is not a telephone number."),
    ("trusted-adult", {"adult_wanted": "yes", "adult_name": "Ida", "adult_reach": "01632 960123"}, 409, "adult_agreed",
     "Ask the tenant whether we may get in touch"),
    ("neighbour", {"neighbour_name": "Ida", "neighbour_reach": "ida@", "neighbour_agreed": "yes"}, 409,
     "neighbour_reach", "This is not an e-mail address."),
    ("neighbour", {}, 422, "neighbour_name", "Write their name."),
    ("warnings", {"k": "0" * 32}, 422, "warning", "Choose what the worker must do."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("form", "typed", "status", "box", "sentence"), WRONG, ids=[f"{w[0]} {i}" for i, w in enumerate(WRONG)]
)
def test_what_is_wrong_stands_beside_its_box_and_nothing_is_kept_or_lost(
    world: World, olive: FlaskClient, form: str, typed: dict[str, str], status: int, box: str, sentence: str
) -> None:
    before = {c.key: getattr(kept(world), c.key) for c in Household.__table__.columns}
    answer = olive.post(here(world, form), data=typed)
    assert answer.status_code == status
    assert f'id="{box}-error"' in answer.text
    assert f'<a href="#{box}">' in answer.text
    assert sentence in said(answer)
    assert {c.key: getattr(kept(world), c.key) for c in Household.__table__.columns} == before
    for value in typed.values():
        if value not in ("", "xx", "0" * 32, "pigeon", "gold") and value not in SAFE.values():
            assert f'value="{value}"' in answer.text
    assert logged(world) == [("household", "read", world.ids[FIRST_HOME], "")], "it was shown again"


def test_a_language_that_a_file_brought_is_not_changed_by_a_form_about_letters(
    world: World, olive: FlaskClient
) -> None:
    household(world, language="ne")
    assert '<option value="ne" selected>' in olive.get(here(world)).text
    olive.post(here(world, "writing"), data={"language": "ne", "letter_look": "large_print"})
    assert (kept(world).language, kept(world).letter_look) == ("ne", "large_print")


def test_a_protected_home_cannot_be_marked_safe_and_the_page_does_not_offer_it(
    world: World, olive: FlaskClient
) -> None:
    olive.post(here(world, "protected"), data={"protected": "yes"})
    answer = olive.post(here(world, "safety"), data=SAFE)
    assert answer.status_code == 409
    assert "This home must be protected, so no way of writing can be marked safe." in said(answer)
    page = olive.get(here(world)).text
    assert 'name="mark_sms" type="radio" value="safe"' not in page
    assert 'name="mark_sms" type="radio" value="never"' in page


def test_a_password_and_a_neighbour_can_be_taken_away(world: World, olive: FlaskClient) -> None:
    household(world, password="blue kettle")
    olive.post(here(world, "neighbour"), data={"neighbour_name": "Ida", "neighbour_reach": "01632 960123",
                                               "neighbour_agreed": "yes"})  # fmt: skip
    assert "Ida, 01632 960 123" in said(olive.get(here(world)))
    for form in ("password", "neighbour"):
        assert olive.post(here(world, form), data={"do": "remove"}).status_code == 303
    assert kept(world).password == ""
    assert rows(world, HouseholdContact) == []


def test_a_number_that_cannot_be_one_is_refused_beside_its_box(world: World, olive: FlaskClient) -> None:
    who = resident_of(world)
    answer = olive.post(here(world, f"residents/{who}/numbers"), data={f"phone_{who}": "07700 9", f"email_{who}": ""})
    assert answer.status_code == 409
    assert f'id="phone_{who}-error"' in answer.text
    assert 'value="07700 9"' in answer.text
    answer = olive.post(here(world, f"residents/{who}/numbers"), data={f"phone_{who}": "07700 900 555"})
    assert answer.status_code == 303
    assert kept(world).contact_safety == {"letter": "safe", "phone": "content_free", "sms": "content_free"}
    assert "A new number says nothing of a visit until you mark it safe" in said(olive.get(answer.location))


def test_somebody_of_another_home_cannot_be_changed_here(world: World, olive: FlaskClient) -> None:
    who = resident_of(world)
    assert olive.post(here(world, f"residents/{who}/numbers", home="100030000002"), data={}).status_code == 404


def test_a_change_is_a_task_of_each_open_visit_and_the_door_knows_at_once(
    world: World, olive: FlaskClient, signed_in: SignedIn
) -> None:
    visit = a_visit(world).told().visit_id
    olive.post(here(world, "trusted-adult"), data={"adult_wanted": "yes"})
    assert [task.about_id for task in rows(world, Task) if task.kind == "needs_changed"] == [visit]
    assert "What this household asks for has changed" in said(olive.get("/office/tasks"))
    assert "Wait outside until the adult that the tenant trusts is there." in said(
        signed_in("asha").get(f"/visits/{visit}")
    )


def test_what_was_typed_is_escaped(world: World, olive: FlaskClient) -> None:
    nasty = '<script>alert(1)</script>"'
    answer = olive.post(here(world, "neighbour"), data={"neighbour_name": nasty, "neighbour_reach": nasty})
    assert "<script>alert" not in answer.text


# --- warnings -----------------------------------------------------------------------------------------------------


def test_a_warning_has_an_owner_and_a_day_and_is_set_once(world: World, olive: FlaskClient) -> None:
    typed = a_warning(world)
    for _ in range(2):
        assert olive.post(here(world, "warnings"), data=typed).status_code == 303
    [row] = rows(world, Precaution)
    assert (row.code, row.owner_id, row.review_on) == ("two_person", world.ids["dora"], date(2027, 3, 1))
    assert "Dora Quill answers for it." in said(olive.get(here(world)))


def test_only_an_officer_of_the_area_can_own_it(world: World, olive: FlaskClient) -> None:
    answer = olive.post(here(world, "warnings"), data=a_warning(world, owner=world.ids["otto"]))
    assert answer.status_code == 422
    assert "Choose who answers for this warning." in said(answer)
    assert rows(world, Precaution) == []


def test_a_form_without_its_key_was_made_by_hand(world: World, olive: FlaskClient) -> None:
    assert olive.post(here(world, "warnings"), data=a_warning(world, k="")).status_code == 400


def test_a_review_too_far_away_is_refused_with_the_last_day(world: World, olive: FlaskClient) -> None:
    answer = olive.post(here(world, "warnings"), data=a_warning(world) | day("review", date(2027, 12, 9)))
    assert answer.status_code == 409
    assert "Choose Wednesday 8 December 2027 or sooner." in said(answer)


def test_it_still_holds_or_it_ends(world: World, olive: FlaskClient, signed_in: SignedIn) -> None:
    olive.post(here(world, "warnings"), data=a_warning(world))
    [row] = rows(world, Precaution)
    assert signed_in("otto").post(here(world, f"warnings/{row.id}/ended")).status_code == 404
    assert olive.post(here(world, f"warnings/{row.id}/reviewed")).status_code == 303
    [row] = rows(world, Precaution)
    assert (row.owner_id, row.review_on) == (world.ids["olive"], date(2027, 12, 8))
    for _ in range(2):
        assert olive.post(here(world, f"warnings/{row.id}/ended")).status_code == 303
    [row] = rows(world, Precaution)
    assert row.ended_by == world.ids["olive"]
    assert "There is no warning about this home." in said(olive.get(here(world)))


def test_a_warning_of_another_home_is_not_there(world: World, olive: FlaskClient) -> None:
    olive.post(here(world, "warnings"), data=a_warning(world))
    [row] = rows(world, Precaution)
    assert olive.post(here(world, f"warnings/{row.id}/ended", home="100030000002")).status_code == 404
    assert olive.post(here(world, f"warnings/{'f' * 32}/ended")).status_code == 404


def test_one_that_came_from_elsewhere_says_so_and_shows_that_it_is_due(world: World, olive: FlaskClient) -> None:
    with world.database.writing(DEMO) as session:
        today = world.now.date()
        for hact, code in (("person 10", "two_person"), ("location 50", "")):
            home = world.ids[FIRST_HOME]
            session.add(Precaution(home_id=home, code=code, set_on=today, review_on=today, hact_code=hact))
    page = said(olive.get(here(world)))
    assert "it came from another system as person 10 of HACT’s alerts" in page
    assert page.count("Look at this again") == 2
    assert "Call the office before you go" in page


def test_alerts_go_out_as_json_and_the_export_is_logged(world: World, olive: FlaskClient) -> None:
    olive.post(here(world, "warnings"), data=a_warning(world))
    answer = olive.get(here(world, "alerts.json"))
    assert json.loads(answer.text) == {
        "PersonAlert": [{"Type": "10", "Comments": "Two people must go. Do not go alone."}], "LocationAlert": []
    }  # fmt: skip
    assert ("household", "export", world.ids[FIRST_HOME], "") in logged(world)


# --- a caller says: not that way ----------------------------------------------------------------------------------

CALL = {"postcode": "le13 9aa", "house": "1", "channel": "sms", "mark": "content_free"}


def test_a_call_handler_makes_us_say_less_at_once(world: World, signed_in: SignedIn) -> None:
    hana = signed_in("hana")
    answer = hana.post("/office/safer-contact", data=CALL)
    assert answer.status_code == 303
    assert kept(world).contact_safety["sms"] == "content_free"
    assert "We say nothing of any visit there" in said(hana.get(answer.location))
    assert logged(world) == [("contact-safety", "raise", world.ids[FIRST_HOME], "sms content_free")]


@pytest.mark.parametrize("mark", ["content_free", "never"])
def test_and_never_more_nor_hears_what_was_marked_before(world: World, signed_in: SignedIn, mark: str) -> None:
    household(world, contact_safety={"sms": "never"})
    answer = signed_in("hana").post("/office/safer-contact", data=CALL | {"mark": mark})
    assert answer.location == f"/office/safer-contact?done={mark}"
    assert kept(world).contact_safety == {"sms": "never"}


def test_a_mark_that_says_more_is_on_no_list(world: World, signed_in: SignedIn) -> None:
    household(world, contact_safety={"sms": "never"})
    answer = signed_in("hana").post("/office/safer-contact", data=CALL | {"mark": "safe"})
    assert answer.status_code == 422
    assert kept(world).contact_safety == {"sms": "never"}


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"postcode": ""}, "postcode"), ({"house": ""}, "house"), ({"channel": ""}, "channel"), ({"mark": ""}, "mark"),
        ({"uprn": "1.00E+08"}, "uprn"), ({"house": "99"}, "postcode"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_missing_is_said_beside_its_box(
    world: World, signed_in: SignedIn, typed: dict[str, str], box: str
) -> None:
    answer = signed_in("hana").post("/office/safer-contact", data=CALL | typed)
    assert answer.status_code == 422
    assert f'id="{box}-error"' in answer.text
    assert kept(world).contact_safety["sms"] == "safe"


@pytest.mark.parametrize("ref", ["asha", "mona", "lena", "ines", "adam", "aud"])
def test_nobody_else_takes_such_a_call(signed_in: SignedIn, ref: str) -> None:
    assert signed_in(ref).get("/office/safer-contact").status_code == 404


def test_a_home_that_a_call_names_is_found_by_its_uprn_too_and_in_any_area(world: World, signed_in: SignedIn) -> None:
    typed = {"uprn": SOUTH_HOME, "channel": "letter", "mark": "never"}
    call: Callable[..., Any] = signed_in("hana").post
    assert call("/office/safer-contact", data=typed).status_code == 303
    assert kept(world, SOUTH_HOME).contact_safety["letter"] == "never"
