"""The phone line: a caller's concern about conduct, written down while they talk."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from fieldvisit.db import Database
from tests.world import NOW, World

SAID = {
    "danger_now": "no",
    "still_there": "no",
    "anonymous": "no",
    "caller_name": "Joan Abbot",
    "caller_contact": "07700 900123",
    "safe_to_ring": "Mornings, no voicemail",
    "needs": "Large print",
    "happened_where": "Flat 3, Mill House",
    "happened_when": "This morning about ten",
    "about_whom": "A tall man in a blue coat",
    "firm": "Oakline",
    "badge_number": "MB-1003",
    "what": "He shouted at me and called me names",
    "wants": "An apology",
    "is_complaint": "yes",
    "k": "a" * 32,
}
NAMELESS = SAID | {"anonymous": "yes", "points_checked": "yes"}


def every_row(database: Database, table: str) -> list[dict]:
    """Behind the wall, as somebody with the database itself in hand would see it."""
    engine: Engine = database.as_owner(write=False)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]


def everything(database: Database) -> str:
    return str([every_row(database, table) for table in ("concern", "breach_case", "access_record")])


def take(client: FlaskClient, said: dict[str, str] = SAID):
    return client.post("/office/intake", data=said)


def read_back(client: FlaskClient, said: dict[str, str] = SAID) -> str:
    answer = take(client, said)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200
    return " ".join(shown.text.split())


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def test_the_form_asks_in_the_order_of_the_script(hana):
    form = hana.get("/office/intake").text
    order = ["danger_now", "still_there", "anonymous", "caller_name", "safe_to_ring", "happened_where", "happened_when",
             "who", "about_whom", "firm", "badge_number", "what", "wants", "needs", "points_checked", "is_complaint"]  # fmt: skip
    places = [form.index(f'name="{name}"') for name in order]
    assert places == sorted(places)


def test_danger_comes_first_with_999(hana):
    form = hana.get("/office/intake").text
    assert form.index("danger_now") < form.index("ring 999 now") < form.index("still_there")


def test_what_the_caller_said_is_kept_word_for_word(world, hana):
    take(hana)
    (concern,) = every_row(world.database, "concern")
    words = SAID.keys() - {"danger_now", "still_there", "anonymous", "is_complaint", "k"}
    assert {name: concern[name] for name in words} == {name: SAID[name] for name in words}
    assert concern["taken_by"] == world.ids["hana"]
    assert (bool(concern["anonymous"]), bool(concern["is_complaint"])) == (False, True)


def test_a_reference_is_read_back_in_four_and_three_with_what_happens_next_and_by_when(world, hana):
    shown = read_back(hana)
    letters = re.search(r"Reference: C ([2-9A-Z]{4}) ([2-9A-Z]{3})\b", shown)
    assert letters
    assert every_row(world.database, "concern")[0]["ref"] == "C-" + "".join(letters.groups())
    assert "by the end of Wednesday 9 December 2026" in shown
    assert "by the end of Tuesday 15 December 2026" in shown
    assert "Our default, not this council&#39;s code" in shown


def test_what_was_read_back_is_the_reference_and_no_word_of_the_caller(hana):
    shown = read_back(hana)
    for secret in (SAID["caller_name"], SAID["what"], SAID["badge_number"], SAID["happened_where"]):
        assert secret not in shown


def test_it_is_read_back_until_they_have_it_and_then_a_page_says_what_to_do(world, hana):
    address = take(hana, NAMELESS).headers["Location"]
    shown = hana.get(address)
    assert shown.status_code == 200 and "They have written it down" in shown.text
    assert the_digits(hana.get(address).text) == the_digits(shown.text), "loaded once more, with the caller on the line"
    assert world.client("olive").post(address).status_code == 303
    assert hana.get(address).status_code == 200, "nobody else ends it"
    assert hana.post(address).status_code == 303
    gone, never = hana.get(address), hana.get(f"/office/intake/{'f' * 32}/taken")
    assert gone.status_code == never.status_code == 404
    assert "Take the call once more" in gone.text and "Take the call once more" in never.text
    assert not the_digits(gone.text)
    assert [row["sealed"] for row in every_row(world.database, "concern_draft")] == [b""], "nothing of it is left"


def the_digits(page: str) -> list[str]:
    return re.findall(r"(?:[0-9]{4} ){3}[0-9]{4}", page)


def test_at_the_end_of_its_day_nobody_is_shown_it_any_more(world, hana, clock):
    address = take(hana).headers["Location"]
    for at, status in ((NOW.replace(hour=23, minute=59, second=58), 200), (NOW.replace(hour=23, minute=59, second=59), 200),
                       (NOW.replace(hour=0) + timedelta(days=1), 404)):  # fmt: skip
        world.now = at
        clock.move_to(at)
        assert world.client("hana").get(address).status_code == status


def test_nobody_else_can_have_it_read_back(world, hana):
    address = take(hana).headers["Location"]
    assert world.client("olive").get(address).status_code == 404
    assert hana.get(address).status_code == 200


def test_it_opens_a_case_and_a_complaint_that_were_heard_at_the_same_instant(world, hana):
    take(hana)
    (concern,), (case,) = every_row(world.database, "concern"), every_row(world.database, "breach_case")
    (complaint,) = every_row(world.database, "complaint")
    assert (case["concern_id"], case["cause"]) == (concern["id"], f"concern:{concern['id']}")
    assert case["heard_at"] == complaint["heard_at"] == concern["received_at"]
    assert every_row(world.database, "breach_words") == []  # what was said, and by whom, stays with the concern
    assert "Joan" not in str(case)


def test_no_task_of_the_desk_tells_that_there_is_a_concern(world, hana):
    take(hana, SAID | {"is_complaint": "no"})
    assert every_row(world.database, "task") == []
    assert len(every_row(world.database, "breach_case")) == 1


def test_pressed_twice_is_one_concern_with_one_reference(world, hana):
    first, second = read_back(hana), read_back(hana)
    assert first == second
    assert len(every_row(world.database, "concern")) == len(every_row(world.database, "breach_case")) == 1
    assert len(every_row(world.database, "complaint")) == 1


def test_other_words_on_the_same_form_are_kept_too(world, hana):
    take(hana)
    take(hana, SAID | {"what": "He shouted, and then he broke a cup", "same": "no"})
    assert {row["what"] for row in every_row(world.database, "concern")} == {
        "He shouted at me and called me names", "He shouted, and then he broke a cup",
    }  # fmt: skip


def test_a_caller_may_say_no_to_a_complaint(world, hana):
    shown = read_back(hana, SAID | {"is_complaint": "no"})
    assert "It is also a complaint" not in shown
    assert every_row(world.database, "complaint") == []
    assert not every_row(world.database, "concern")[0]["is_complaint"]


def test_unless_the_caller_says_no_it_is_a_complaint(world, hana):
    take(hana, {name: value for name, value in SAID.items() if name != "is_complaint"})
    assert every_row(world.database, "concern")[0]["is_complaint"]


def test_of_an_anonymous_caller_nothing_that_was_typed_about_them_is_kept(world, hana):
    take(hana, NAMELESS)
    kept = everything(world.database)
    for secret in ("Joan", "900123", "voicemail"):
        assert secret not in kept
    assert SAID["what"] in kept


def test_of_an_anonymous_call_no_time_stands_beside_the_concern_or_its_case(world, hana, clock):
    clock.move_to(NOW + timedelta(minutes=17))
    take(world.client("hana"), NAMELESS)
    (concern,), (case,) = every_row(world.database, "concern"), every_row(world.database, "breach_case")
    (step,) = every_row(world.database, "breach_step")
    assert concern["received_at"] is None
    assert str(concern["received_on"]) == "2026-12-08"
    for row in (concern, case, step):
        assert "09:17" not in str(row)
        assert datetime(2026, 12, 8, 9, 17, tzinfo=UTC) not in row.values()


def test_the_access_record_does_not_tell_which_anonymous_concern_was_taken_when(world, hana):
    take(hana, NAMELESS)
    (concern,) = every_row(world.database, "concern")
    (row,) = [row for row in every_row(world.database, "access_record") if row["action"] == "take"]
    assert (row["record"], row["action"], row["object_id"]) == ("concern", "take", "")
    assert concern["id"] not in str(row)


def test_the_access_record_names_a_concern_whose_caller_gave_a_name(world, hana):
    take(hana)
    (row,) = [row for row in every_row(world.database, "access_record") if row["action"] == "take"]
    assert row["object_id"] == every_row(world.database, "concern")[0]["id"]
    assert "shouted" not in str(row)


def test_an_anonymous_caller_is_read_a_reference_and_promised_no_letter(hana):
    shown = read_back(hana, NAMELESS)
    assert "Reference: C" in shown
    assert "It is also a complaint" not in shown


WRONG = (
    ({"danger_now": ""}, "Ask whether anyone is in danger now"),
    ({"still_there": ""}, "Ask whether the person is still there"),
    ({"anonymous": ""}, "Ask whether they want to give a name"),
    ({"what": "  "}, "Write down what happened"),
    ({"caller_name": "", "caller_contact": ""}, "choose that they stay anonymous"),
    ({"badge_number": "a number that is too long"}, "at most 12 characters"),
    ({"what": "x" * 4001}, "at most 4,000 characters"),
    ({"channel": "letter"}, "Write down the day on which it came"),
    (
        {"channel": "letter", "came_on-day": "31", "came_on-month": "2", "came_on-year": "2026"},
        "31 February 2026 is not a real date",
    ),
    (
        {"channel": "letter", "came_on-day": "1", "came_on-month": "13", "came_on-year": "2026"},
        "1 13 2026 is not a real date",
    ),
    (
        {"channel": "letter", "came_on-day": "9", "came_on-month": "12", "came_on-year": "2026"},
        "none that is still to come",
    ),
)


def test_what_is_missing_is_asked_for_and_nothing_is_lost_or_kept(world, hana):
    for wrong, sentence in WRONG:
        said = SAID | wrong
        answer = take(hana, said)
        assert answer.status_code == 422
        assert sentence in answer.text
        for name in ("safe_to_ring", "happened_where", "firm", "wants", "k"):
            assert said[name] in answer.text
    assert everything(world.database) == "[[], [], []]"


def test_nothing_is_kept_before_it_is_saved(world, hana):
    hana.get("/office/intake")
    assert everything(world.database) == "[[], [], []]"


def test_the_longest_words_are_kept_whole(world, hana):
    take(hana, SAID | {"what": "x" * 4000})
    assert len(every_row(world.database, "concern")[0]["what"]) == 4000


def test_a_caller_who_does_not_know_the_visit_the_firm_or_the_badge_is_heard(world, hana):
    said = {"danger_now": "no", "still_there": "no", "anonymous": "yes", "what": "Somebody knocked and swore at me",
            "points_checked": "yes"}  # fmt: skip
    assert take(hana, said).status_code == 303


def test_any_of_the_councils_lines_may_take_one(world):
    for who in ("hana", "olive", "lena", "ines"):
        assert take(world.client(who), SAID | {"same": "no"}).status_code == 303


def test_for_anybody_else_the_form_is_not_there(world):
    for who in ("asha", "mona", "adam", "aud"):
        assert world.client(who).get("/office/intake").status_code == 404
        assert take(world.client(who)).status_code == 404


def test_whoever_takes_a_concern_can_check_the_badge_first(hana):
    assert 'href="/office/verify-caller"' in hana.get("/office/intake").text


def test_whoever_may_not_check_a_badge_is_not_sent_there(world):
    assert "verify-caller" not in world.client("ines").get("/office/intake").text


def test_a_concern_is_on_no_page_afterwards(world, hana):
    take(hana)
    reference = every_row(world.database, "concern")[0]["ref"]
    for who, address in (
        ("olive", "/office/tasks"),
        ("olive", "/office"),
        ("hana", "/office"),
        ("hana", "/office/intake"),
    ):
        page = world.client(who).get(address).text
        assert "shouted" not in page
        assert "Joan" not in page
        assert reference not in page
