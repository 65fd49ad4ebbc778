"""The phone line: 'is this badge ours, and due at this home now?' Four answers, and nothing beside them."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import issue
from fieldvisit.ground.roles import DEMO
from fieldvisit.register.models import Home, Person
from fieldvisit.visits import events as ev
from tests.stories import a_visit
from tests.web.desk_forms import household
from tests.world import NOW, World

ON_BOTH_DATABASES = True

ASHA, BEN = "MB-1001", "MB-1002"
DUE = "they are due there now"
NOT_DUE = "nobody with it is due there now"
NOT_OURS = "cannot say that this badge is ours"
AT_HOME = {"postcode": "LE13 9AA", "house": "1"}


def ask(client: FlaskClient, badge: str = ASHA, **where: str) -> str:
    answer = client.post("/office/verify-caller", data={"badge": badge} | (where or AT_HOME))
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def records(world: World) -> list[tuple[str, str, str]]:
    with world.database.reading(None) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.action == "verify").order_by(AccessRecord.at))
        return [(row.person_id, row.object_id, row.reason) for row in rows]


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def test_yes_with_the_name_the_firm_and_the_photo_to_describe(world, hana):
    a_visit(world).told()
    text = ask(hana)
    assert DUE in text
    assert "Asha K." in text
    assert "Asha Kaur" not in text
    assert "Brightwater Heating" in text
    assert 'src="data:image/jpeg;base64,' in text


@pytest.mark.parametrize(("minutes", "answer"), [(-1, NOT_DUE), (0, DUE), (120, DUE), (121, NOT_DUE)])
def test_due_from_the_windows_first_minute_to_its_last(minutes, answer, world, hana):
    a_visit(world, starts=NOW - timedelta(minutes=minutes)).told()
    assert answer in ask(hana)


def test_a_badge_number_is_found_however_it_is_typed(world, hana):
    a_visit(world).told()
    for typed in ("MB-1001", "mb-1001", " mb - 1001 "):
        assert DUE in ask(hana, typed)


def test_a_home_is_found_by_uprn_or_by_postcode_and_house(world, hana):
    a_visit(world).told()
    assert DUE in ask(hana, uprn="100030000001")
    assert DUE in ask(hana, postcode="le139aa", house="1")
    assert DUE in ask(hana, postcode="LE13 9AA", house="1 larch close")


def test_a_flat_is_found_by_its_first_words(world, hana):
    a_visit(world, home="100030000003").told()
    assert DUE in ask(hana, postcode="LE13 9AB", house="Flat 3")


def test_house_number_1_is_not_house_number_11(world, hana):
    with world.database.writing(DEMO) as session:
        session.get_one(Home, world.ids["100030000001"]).address_line = "11 Larch Close"
    a_visit(world).told()
    assert NOT_DUE in ask(hana)


def test_an_address_that_two_homes_have_is_no_yes(world, hana):
    with world.database.writing(DEMO) as session:
        session.get_one(Home, world.ids["100030000002"]).address_line = "1 Larch Close"
    a_visit(world).told()
    assert NOT_DUE in ask(hana)


def test_ours_and_due_at_another_home_is_not_due_here(world, hana):
    a_visit(world).told()
    assert NOT_DUE in ask(hana, postcode="LE13 9AA", house="2")


def test_another_worker_of_the_same_firm_is_not_due(world, hana):
    a_visit(world).told()
    assert NOT_DUE in ask(hana, BEN)


def test_every_worker_on_the_visit_is_due(world, hana):
    a_visit(world, others=("ben",)).told()
    assert DUE in ask(hana, BEN)


def test_whoever_was_taken_off_the_visit_is_not_due(world, hana):
    a_visit(world).told().desk(ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"))
    assert NOT_DUE in ask(hana)
    assert DUE in ask(hana, BEN)


def test_a_cancelled_visit_makes_nobody_due(world, hana):
    a_visit(world).told().desk(
        ev.VisitCancelled(by="council", reason="worker_ill", apologised=True, offered_new_time=True)
    )
    assert NOT_DUE in ask(hana)


def test_whoever_came_in_time_is_due_while_still_inside(world, hana):
    a_visit(world, starts=NOW - timedelta(hours=2), hours=1).in_the_home()
    assert DUE in ask(hana)


def test_no_visit_an_unknown_home_and_a_visit_tomorrow_are_one_answer(world, hana):
    a_visit(world, starts=NOW + timedelta(days=1)).told()
    answers = {
        plain(ask(hana)),
        plain(ask(hana, postcode="LE13 9AA", house="99")),
        plain(ask(hana, postcode="ZZ1 1ZZ", house="1")),
        plain(ask(hana, uprn="999999999999")),
    }
    assert len(answers) == 1
    assert NOT_DUE in answers.pop()


def plain(text: str) -> str:
    """The answer, without the form below it that keeps what was typed."""
    return text[text.index('<div id="answer">') : text.index('<form method="post" action="/office/verify-caller"')]


@pytest.mark.parametrize("wrong", ["suspended", "revoked", "expired", "left", "untrained"])
def test_a_badge_that_is_not_good_is_not_ours_and_never_says_why(wrong, world, hana):
    a_visit(world).told()
    with world.database.writing(None) as session:
        badge = session.scalars(select(Badge).where(Badge.number == ASHA)).one()
        person = session.get_one(Person, badge.person_id)
        match wrong:
            case "expired":
                badge.expires_on = date(2026, 12, 7)
            case "left":
                person.disabled_at = NOW - timedelta(days=1)
            case "untrained":
                person.training_until = date(2026, 12, 7)
            case state:
                badge.state = state
    told = plain(ask(hana))
    assert NOT_OURS in told
    assert told == plain(ask(hana, "MB-9999"))


def test_an_old_badge_of_somebody_who_has_a_new_one_is_not_ours(world, hana):
    a_visit(world).told()
    with world.database.writing(None) as session:
        session.scalars(select(Badge).where(Badge.number == ASHA)).one().state = "revoked"
        issue(session, session.get_one(Person, world.ids["asha"]), "MB-2001", expires_on=date(2027, 3, 31), at=NOW)
    assert NOT_OURS in ask(hana)
    assert DUE in ask(hana, "MB-2001")


def test_no_tenant_reason_time_or_other_visit_is_ever_said(world, hana):
    a_visit(world).told()
    a_visit(world, lead="ben", home="100030000002", starts=NOW + timedelta(hours=1)).told()
    for badge in (ASHA, BEN, "MB-9999"):
        told = plain(ask(hana, badge))
        for secret in ("Terry", "Moss", "boiler", "9am", "11am", "10am", "Larch", "LE13", "V-", world.ids["asha"]):
            assert secret not in told


def test_only_yes_shows_a_name_and_a_photo(world, hana):
    for badge in (ASHA, "MB-9999"):
        told = plain(ask(hana, badge))
        assert "Asha" not in told
        assert "data:image" not in told


@pytest.mark.parametrize("who", ["hana", "olive"])
def test_of_a_protected_home_it_answers_call_back_only_and_the_same_for_every_badge(who, world):
    a_visit(world).told()
    household(world, protected=True)
    browser = world.client(who)
    answers = {plain(ask(browser, badge)) for badge in (ASHA, BEN, "MB-9999")}
    assert len(answers) == 1
    told = answers.pop()
    assert "Call back only" in told
    for secret in ("Asha", "Brightwater", "data:image", "Terry", "Larch", DUE, NOT_DUE, NOT_OURS):
        assert secret not in told
    assert {reason for _, _, reason in records(world)} == {"call-back"}


def test_of_an_address_that_two_homes_have_one_protected_home_is_enough(world, hana):
    with world.database.writing(DEMO) as session:
        session.get_one(Home, world.ids["100030000002"]).address_line = "1 Larch Close"
    household(world, protected=True)
    assert "Call back only" in ask(hana)


def test_every_answer_says_when_it_was_checked_and_no_gives_999(world, hana):
    told = plain(ask(hana))
    assert "Checked at 09:00:00 on Tuesday 8 December 2026" in told
    assert "999" in told


def test_every_check_is_written_down_by_badge_and_answer_never_by_address(world, hana):
    a_visit(world).told()
    ask(hana)
    ask(hana, BEN)
    ask(hana, "MB-9999")
    badges = [world.ids["badge of asha"], world.ids["badge of ben"], ""]
    answers = ["due", "not-due", "not-ours"]
    wanted = [(world.ids["hana"], badge, answer) for badge, answer in zip(badges, answers, strict=True)]
    assert sorted(records(world)) == sorted(wanted)


def test_an_officer_of_another_area_gets_the_same_answer(world):
    a_visit(world).told()
    assert DUE in ask(world.client("otto"))


def test_what_is_missing_is_asked_for_and_what_was_typed_is_kept(world, hana):
    answer = hana.post("/office/verify-caller", data={"badge": "", "postcode": "", "house": "12"})
    assert answer.status_code == 422
    assert "Ask for the badge number" in answer.text
    assert "Ask for the postcode" in answer.text
    assert 'value="12"' in answer.text
    assert records(world) == []


def test_a_uprn_is_digits(hana):
    answer = hana.post("/office/verify-caller", data={"badge": ASHA, "uprn": "1 Larch"})
    assert answer.status_code == 422


def test_for_anybody_else_it_is_not_there(world):
    for who in ("asha", "mona", "lena", "ines", "adam", "aud", None):
        answer = world.client(who).post("/office/verify-caller", data={"badge": ASHA} | AT_HOME)
        assert answer.status_code == 404


def test_signs_that_a_database_knows_find_no_home(world, hana):
    a_visit(world).told()
    assert NOT_DUE in ask(hana, postcode="LE13 9AA", house="%")
    assert NOT_DUE in ask(hana, postcode="LE13 9AA", house="_")
