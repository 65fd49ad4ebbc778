"""Telling how somebody behaved without the phone line: the public form, its receipt, and whoever works here."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.models import Badge
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.ground.roles import CONDUCT
from fieldvisit.register.service import hash_password
from tests.web.test_intake_line import every_row
from tests.world import NOW, PASSWORD, World

SAID = {"what": "He swore at me", "badge_number": "MB-1003", "happened_where": "3 Mill House, LE13 9AB", "k": "a" * 32,
        "points_checked": "yes"}  # fmt: skip
NAMED = SAID | {"caller_name": "Joan Abbot", "caller_contact": "01632 960123"}
RECEIPT = re.compile(r"(?:[0-9]{4} ){3}[0-9]{4}")


@pytest.fixture
def anybody(world: World) -> FlaskClient:
    return world.client()


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def reports(client: FlaskClient, number: int = 0, said: dict[str, str] = SAID, net: str = "198.51.100.7"):
    said = said | {"k": f"{number:032x}"}
    return client.post("/behaviour", data=said, environ_base={"REMOTE_ADDR": net})


def asks(client: FlaskClient, receipt: str, net: str = "198.51.100.7", **more: str):
    return client.post("/behaviour/status", data={"receipt": receipt} | more, environ_base={"REMOTE_ADDR": net})


def the_receipt(answer) -> str:
    found = RECEIPT.search(words(answer))
    assert found, words(answer)
    return found[0]


# --- the public form ----------------------------------------------------------------------------------------------


def test_without_a_name_it_is_anonymous_and_opens_a_case_and_no_complaint(world, anybody):
    answer = reports(anybody)
    assert answer.status_code == 200 and the_receipt(answer)
    assert "Set-Cookie" not in answer.headers and "<script" not in answer.text
    (concern,) = every_row(world.database, "concern")
    assert (bool(concern["anonymous"]), concern["channel"], concern["received_at"]) == (True, "form", None)
    assert concern["taken_by"] is None
    assert len(every_row(world.database, "breach_case")) == 1 and every_row(world.database, "complaint") == []


def test_with_a_name_it_is_a_complaint_too_unless_they_say_no(world, anybody):
    assert not RECEIPT.search(words(reports(anybody, 1, NAMED)))
    reports(anybody, 2, NAMED | {"is_complaint": "no"})
    (complaint,) = every_row(world.database, "complaint")
    assert complaint["channel"] == "form"


def test_pressed_twice_is_one_report_with_one_receipt(world, anybody):
    assert the_receipt(reports(anybody)) == the_receipt(reports(anybody))
    assert len(every_row(world.database, "concern")) == 1


def test_nothing_is_told_with_nothing_in_it_and_what_was_typed_stays(world, anybody):
    for wrong, sentence in (({"what": " "}, "A few words are enough"), ({"about_whom": "x" * 4001}, "too long")):
        answer = reports(anybody, 1, NAMED | wrong)
        assert answer.status_code == 422 and sentence in answer.text
        assert "3 Mill House" in answer.text and "Joan Abbot" in answer.text
    assert every_row(world.database, "concern") == []


def test_whoever_gives_no_name_is_asked_once_about_what_may_lead_to_them(world, anybody):
    said = SAID | {"points_checked": "", "what": "Ring me on 07700 900123"}
    asked = reports(anybody, 1, said)
    assert asked.status_code == 422 and "may lead to you" in asked.text and "900123" in asked.text
    assert 'name="points_checked" value="yes"' in asked.text
    assert every_row(world.database, "concern") == []
    assert reports(anybody, 1, said | {"points_checked": "yes"}).status_code == 200
    own = OTHERS | {"anonymous": "yes", "what": "He came to my house"}
    assert "may lead to you" in world.client("asha").post("/conduct", data=own).text
    assert "may lead to you" not in world.client("asha").post("/conduct", data=own | {"anonymous": ""}).text


# --- floods (T40) -------------------------------------------------------------------------------------------------


def test_the_sixth_of_an_hour_from_one_network_is_asked_to_ring_and_loses_no_word(world, anybody, clock):
    for number in range(5):
        assert reports(anybody, number).status_code == 200
    answer = reports(anybody, 5, SAID | {"what": "He swore again"})
    assert answer.status_code == 429
    assert "Please ring us." in answer.text and "01664 502 502" in answer.text and "He swore again" in answer.text
    assert reports(anybody, 4).status_code == 200, "what was taken already is told so again"
    assert reports(anybody, 6, net="198.51.100.200").status_code == 429, "the same network, another machine in it"
    assert reports(anybody, 7, net="203.0.113.9").status_code == 200
    clock.move_to(NOW + timedelta(minutes=60))
    assert reports(anybody, 8).status_code == 200


def test_a_flood_against_one_worker_is_linked_and_suspends_nobody(world, anybody):
    for number in range(8):
        reports(anybody, number)
    concerns, links = every_row(world.database, "concern"), every_row(world.database, "concern_link")
    assert len(concerns) == 5 and {link["kind"] for link in links} == {"net"}
    assert len({link["other_id"] for link in links}) == 1 and len(links) == 4
    with world.database.reading(None) as session:
        assert session.scalars(select(Badge.state).where(Badge.number == "MB-1003")).one() == "active"
    with world.database.reading(CONDUCT) as session:
        assert {case.stage for case in session.scalars(select(BreachCase))} == {"reported"}


def test_of_the_network_a_digest_is_kept_that_is_another_one_tomorrow(world, anybody, clock):
    reports(anybody, 1)
    clock.move_to(NOW + timedelta(days=1))
    reports(anybody, 2)
    nets = [row["net"] for row in every_row(world.database, "concern")]
    assert len(set(nets)) == 2 and all(re.fullmatch("[0-9a-f]{16}", net) for net in nets)
    assert "198.51" not in str(every_row(world.database, "concern") + every_row(world.database, "link_try"))


# --- the receipt --------------------------------------------------------------------------------------------------


def test_what_happens_next_and_by_when_is_said_when_it_was_sent(anybody):
    nameless = words(reports(anybody, 1))
    assert "Somebody looks at it by the end of Wednesday 9 December 2026." in nameless
    assert "we cannot write to you" in nameless and "complaint" not in nameless
    named = words(reports(anybody, 2, NAMED))
    assert "who looks into it, by the end of Tuesday 15 December 2026." in named and "cannot write" not in named
    assert "by the end of Tuesday" not in words(reports(anybody, 3, NAMED | {"is_complaint": "no"}))


def test_999_is_said_before_anything_is_asked(anybody):
    page = anybody.get("/behaviour").text
    assert 0 < page.index("In danger now") < page.index('href="tel:999"') < page.index("<form")


def test_a_receipt_tells_that_nobody_looked_yet_then_that_somebody_does_and_then_that_it_was_dealt_with(
    world, anybody, clock
):  # fmt: skip
    receipt = the_receipt(reports(anybody))
    assert "We have it. Somebody looks at it by the end of Wednesday 9 December 2026." in words(asks(anybody, receipt))
    clock.move_to(NOW + timedelta(days=2))
    assert "we are late. Please ring us." in words(asks(anybody, receipt))
    set_case(world, stage="screened")
    assert "It is being looked into." in words(asks(anybody, receipt))
    set_case(world, closed_at=NOW)
    answer = asks(anybody, receipt)
    assert "It was dealt with." in words(answer)
    assert "MB-1003" not in answer.text and "swore" not in answer.text


def set_case(world: World, **facts: Any) -> None:
    with world.database.writing(CONDUCT) as session:
        case = session.scalars(select(BreachCase)).one()
        for name, value in facts.items():
            setattr(case, name, value)


def test_a_wrong_receipt_is_one_answer_whyever_it_is_wrong(world, anybody):
    reference = every_row(world.database, "concern")[0]["ref"] if reports(anybody).status_code != 200 else ""
    reference = every_row(world.database, "concern")[0]["ref"]
    pages = {
        re.sub(r'name="k" value="[0-9a-f]{32}"', "", asks(anybody, number).text)
        for number in ("1234 5678 9012 3456", "1", "", reference, "x" * 90)
    }
    assert len(pages) == 1
    assert "There is no report with this receipt" in pages.pop()


def test_after_ten_wrong_ones_from_one_network_no_receipt_is_looked_up_there(anybody, clock):
    receipt = the_receipt(reports(anybody))
    for number in range(10):
        assert asks(anybody, f"{number:016}").status_code == 200
    wrong, right = asks(anybody, "1" * 16), asks(anybody, receipt)
    assert wrong.status_code == right.status_code == 429 and wrong.data == right.data
    assert asks(anybody, receipt, net="203.0.113.9").status_code == 200
    clock.move_to(NOW + timedelta(minutes=60))
    assert asks(anybody, receipt).status_code == 200


def test_whoever_holds_it_may_say_more_and_twice_is_once(world, anybody):
    receipt = the_receipt(reports(anybody))
    for _ in range(2):
        answer = asks(anybody, receipt, words="He came back", k="b" * 32)
        assert "We kept what you added." in words(answer) and "He came back" not in answer.text
    assert [row["words"] for row in every_row(world.database, "concern_added")] == ["He came back"]
    assert asks(anybody, "1" * 16, words="Mine", k="c" * 32).status_code == 200
    assert len(every_row(world.database, "concern_added")) == 1
    assert asks(anybody, receipt, words="x" * 4001, k="d" * 32).status_code == 422


# --- whoever works here -------------------------------------------------------------------------------------------

OWN = {"whose": "own", "what": "I left without saying so", "k": "e" * 32}
OTHERS = {"whose": "other", "what": "He shouted at her", "about_whom": "Carl, of Oakline", "k": "f" * 32}


def test_a_worker_tells_of_a_colleague_and_stands_apart_from_the_case(world):
    answer = world.client("asha").post("/conduct", data=OTHERS)
    assert "Reference: C" in answer.text and "shouted" not in answer.text
    (concern,), (case,) = every_row(world.database, "concern"), every_row(world.database, "breach_case")
    assert (concern["channel"], concern["told_by_id"], concern["taken_by"]) == ("staff", world.ids["asha"], None)
    (apart,) = every_row(world.database, "breach_apart")
    assert (apart["case_id"], apart["person_id"], apart["why"]) == (case["id"], world.ids["asha"], "reporter")
    assert every_row(world.database, "complaint") == []


def test_not_even_the_access_record_says_who_was_here(world):
    world.client("asha").post("/conduct", data=OTHERS)
    assert every_row(world.database, "access_record") == []


def test_somebody_may_report_themselves(world):
    world.client("ben").post("/conduct", data=OWN)
    (case,) = every_row(world.database, "breach_case")
    assert case["subject_id"] == world.ids["ben"]


def test_a_colleague_may_keep_their_name_out_of_it(world):
    answer = world.client("asha").post("/conduct", data=OTHERS | {"anonymous": "yes"})
    assert RECEIPT.search(answer.text)
    (concern,) = every_row(world.database, "concern")
    assert (concern["told_by_id"], concern["taken_by"], concern["received_at"]) == (None, None, None)
    assert every_row(world.database, "breach_apart") == [] and world.ids["asha"] not in str(concern)


def test_what_is_missing_is_asked_for_and_what_was_typed_stays(world):
    for wrong, sentence in (({"whose": ""}, "Choose whom it is about"), ({"what": ""}, "A few words are enough")):
        answer = world.client("asha").post("/conduct", data=OTHERS | wrong)
        assert answer.status_code == 422 and sentence in answer.text and "Carl, of Oakline" in answer.text
    assert every_row(world.database, "concern") == []


def test_everybody_who_is_signed_in_may_tell_and_reads_nothing_afterwards(world):
    for number, ref in enumerate(("asha", "mona", "olive", "hana", "lena", "ines", "adam", "aud")):
        browser = world.client(ref)
        assert browser.get("/conduct").status_code == 200
        assert browser.post("/conduct", data=OTHERS | {"k": f"{number:032x}"}).status_code == 200
        for row in every_row(world.database, "concern"):
            assert browser.get(f"/office/concerns/{row['id']}").status_code == 404


# --- who reads it -------------------------------------------------------------------------------------------------


@pytest.fixture
def ines(world: World, anybody: FlaskClient) -> FlaskClient:
    """An investigator with a seat in the cases of two concerns: one with a name, one without."""
    reports(anybody, 1, NAMED)
    reports(anybody, 2)
    seats(world, "ines")
    with world.database.writing(None) as session:
        from fieldvisit.register.models import Person

        session.get_one(Person, world.ids["ines"]).password_hash = hash_password(PASSWORD)
    return world.client("ines")


def seats(world: World, ref: str) -> None:
    from fieldvisit.breaches.case_models import BreachSeat

    with world.database.writing(CONDUCT) as session:
        for case in session.scalars(select(BreachCase)):
            session.add(BreachSeat(case_id=case.id, person_id=world.ids[ref], part="investigator", starts=NOW))


def concerns(world: World) -> tuple[dict, dict]:
    """With a name, without."""
    rows = sorted(every_row(world.database, "concern"), key=lambda row: bool(row["anonymous"]))
    return rows[0], rows[1]


def test_whoever_has_a_seat_reads_the_words_and_not_who_said_them(world, ines):
    named, _ = concerns(world)
    page = ines.get(f"/office/concerns/{named['id']}")
    assert page.status_code == 200 and "He swore at me" in page.text
    assert "Joan" not in page.text and "960123" not in page.text
    (row,) = every_row(world.database, "access_record")
    assert (row["record"], row["action"], row["object_id"]) == ("concern", "read", named["id"])


def test_without_a_seat_it_is_not_there(world, ines):
    named, _ = concerns(world)
    for ref in ("lena", "olive", "hana", "asha", "adam", "aud"):
        assert world.client(ref).get(f"/office/concerns/{named['id']}").status_code == 404


def test_who_told_it_is_shown_after_the_password_and_a_reason_that_is_kept(world, ines):
    named, _ = concerns(world)
    address = f"/office/concerns/{named['id']}/who"
    for said, sentence in (
        ({"why": "short", "password": PASSWORD}, "at least 10 letters"),
        ({"why": "I must ring them back", "password": ""}, "not your password"),
        ({"why": "I must ring them back", "password": "wrong"}, "not your password"),
    ):
        answer = ines.post(address, data=said)
        assert answer.status_code == 422 and sentence in answer.text and "Joan" not in answer.text
    answer = ines.post(address, data={"why": "I must ring them back", "password": PASSWORD})
    assert "Joan Abbot" in answer.text and "01632 960123" in answer.text
    rows = [row for row in every_row(world.database, "access_record") if row["action"] == "identity"]
    assert [(row["object_id"], row["reason"]) for row in rows] == [(named["id"], "I must ring them back")]


def test_nobody_guesses_a_password_there_for_ever(world, ines):
    address = f"/office/concerns/{concerns(world)[0]['id']}/who"
    for _ in range(6):
        answer = ines.post(address, data={"why": "I must ring them back", "password": "wrong"})
    assert "not your password" not in answer.text
    answer = ines.post(address, data={"why": "I must ring them back", "password": PASSWORD})
    assert answer.status_code == 422 and "Joan" not in answer.text


def merges(client: FlaskClient, one: dict, other: dict, why: str = "Both tell of Tuesday"):
    return client.post(f"/office/concerns/{one['id']}/merge", data={"other": other["ref"], "why": why})


def test_two_that_are_one_thing_are_merged_and_taken_apart_and_both_are_there_throughout(world, ines):
    named, nameless = concerns(world)
    assert merges(ines, nameless, named).status_code == 303
    assert merges(ines, nameless, named).status_code == 303  # twice is once
    links = [row for row in every_row(world.database, "concern_link") if row["kind"] == "merged"]
    assert [(row["concern_id"], row["other_id"], row["why"]) for row in links] == [
        (nameless["id"], named["id"], "Both tell of Tuesday")
    ]
    for row in (named, nameless):
        assert "Both tell of Tuesday" in ines.get(f"/office/concerns/{row['id']}").text
    apart = {"link": links[0]["id"], "why": "Two workers after all"}
    assert ines.post(f"/office/concerns/{named['id']}/apart", data=apart).status_code == 303
    assert concerns(world) == (named, nameless)
    (link,) = [row for row in every_row(world.database, "concern_link") if row["kind"] == "merged"]
    assert link["undone_at"] and link["undone_why"] == "Two workers after all"
    assert merges(ines, named, nameless).status_code == 303, "and may be merged anew, the other way round"


def test_a_receipt_of_one_that_was_merged_follows_the_other_and_its_own_again_when_apart(world, ines, anybody):
    receipt = the_receipt(reports(anybody, 9))
    seats(world, "ines")
    named = concerns(world)[0]
    with world.database.reading(CONDUCT) as session:
        cases = {case.concern_id: case.id for case in session.scalars(select(BreachCase))}
    from fieldvisit.breaches.receipts import receipt_key
    from fieldvisit.breaches.rules import receipt_hash

    digest = receipt_hash(receipt.replace(" ", ""), receipt_key(world.app.config["SECRET_KEY"]))
    (mine,) = [row for row in every_row(world.database, "concern") if row["receipt_hash"] == digest]
    merges(ines, mine, named)
    with world.database.writing(CONDUCT) as session:
        session.get_one(BreachCase, cases[mine["id"]]).closed_at = NOW
    assert "It is being looked into." in words(asks(anybody, receipt)), "the other's case is open"
    link = next(row for row in every_row(world.database, "concern_link") if row["kind"] == "merged")
    ines.post(f"/office/concerns/{mine['id']}/apart", data={"link": link["id"], "why": "Two things"})
    assert "It was dealt with." in words(asks(anybody, receipt))


@pytest.mark.parametrize(
    ("why", "other", "sentence"),
    [("", None, "Write why"), ("So", "C-ABCD234", "no concern"), ("So", "x", "no concern")],
)
def test_a_merge_that_cannot_be_says_why_and_keeps_what_was_typed(world, ines, why, other, sentence):
    named, nameless = concerns(world)
    answer = merges(ines, nameless, {"ref": other or named["ref"]}, why)
    assert answer.status_code == 409 and sentence in answer.text
    assert every_row(world.database, "concern_link")[0]["kind"] == "net"


def test_nobody_merges_with_what_they_may_not_read(world, ines):
    from fieldvisit.breaches.case_models import BreachSeat

    named, nameless = concerns(world)
    with world.database.writing(CONDUCT) as session:
        case = session.scalars(select(BreachCase).where(BreachCase.concern_id == named["id"])).one()
        session.scalars(select(BreachSeat).where(BreachSeat.case_id == case.id)).one().ends = NOW
    assert ines.get(f"/office/concerns/{named['id']}").status_code == 404
    assert merges(ines, nameless, named).status_code == 409


def test_when_its_case_is_forgotten_nothing_says_any_more_what_was_told_or_by_whom(world, ines):
    from fieldvisit.breaches.links import forget_concern

    named, nameless = concerns(world)
    merges(ines, named, nameless)
    with world.database.writing(CONDUCT) as session:
        forget_concern(session, named["id"])
    gone = str([row for row in every_row(world.database, "concern") if row["id"] == named["id"]])
    gone += str([row for row in every_row(world.database, "concern_link") if row["concern_id"] == named["id"]])
    for word in ("Joan", "960123", "swore", "Mill House", "MB-1003", "Tuesday"):
        assert word not in gone
    assert every_row(world.database, "concern")[0]["ref"]
