"""What helps at the phone line: whom it is about, whether it is told already, a draft that nothing takes away, a letter."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select, update

from fieldvisit.breaches.models import Concern, ConcernDraft
from fieldvisit.ground.roles import TAKING
from tests.web.test_intake_line import NAMELESS, SAID, every_row, read_back, take
from tests.world import NOW, World

ON_BOTH_DATABASES = True

HTMX = {"HX-Request": "true"}
LETTER = {
    "channel": "letter",
    "came_on-day": "1",
    "came_on-month": "12",
    "came_on-year": "2026",
    "danger_now": "",
    "still_there": "",
}


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def words(answer) -> str:
    return " ".join(answer.text.split())


# --- whom it is about ---------------------------------------------------------------------------------------------


def looks_up(client: FlaskClient, asked: str) -> str:
    return words(client.post("/office/intake/who", data={"who": asked}, headers=HTMX))


def test_a_badge_number_finds_its_bearer_as_the_badge_says_it(hana):
    found = looks_up(hana, "mb-1001")
    assert "Asha K., Brightwater Heating, badge MB-1001" in found


def test_only_whole_words_find_somebody(hana):
    assert "Asha K." in looks_up(hana, "kaur")
    assert "Asha K." in looks_up(hana, "Asha Brightwater")
    for less in ("ka", "kau", "MB-100", "brightwater heating", ""):
        assert "Asha K." not in looks_up(hana, less)


def test_a_firm_is_found_by_its_name_and_none_of_its_people(hana):
    found = looks_up(hana, "oakline")
    assert "Firms of ours: Oakline Repairs." in found
    assert "badge" not in found


def test_what_is_found_says_nothing_else_of_anybody(world, hana):
    found = looks_up(hana, "MB-1001")
    for secret in ("Kaur", "asha@", "07700", "training", "active"):
        assert secret not in found


def test_nobody_is_shown_where_more_than_five_fit(world, hana):
    from fieldvisit.badges.service import issue
    from fieldvisit.register.models import Person

    with world.database.writing(None) as session:
        for number in range(6):
            person = Person(ref=f"s{number}", role="operative", name=f"Sam Lockyer {number}", email=None)
            session.add(person)
            session.flush()
            issue(session, person, f"MB-9{number}", expires_on=NOW.date() + timedelta(days=90), at=NOW)
    found = looks_up(hana, "lockyer")
    assert "More than five people fit" in found and "Sam" not in found
    assert "badge MB-93" in looks_up(hana, "lockyer 3")


def test_that_somebody_looked_is_recorded_and_for_whom_is_not(world, hana):
    looks_up(hana, "MB-1001")
    looks_up(hana, "kaur")
    rows = every_row(world.database, "access_record")
    assert {(row["record"], row["action"], row["object_id"]) for row in rows} == {("concern", "search", "")}
    assert {row["reason"] for row in rows} == {"by a badge number", "by a name"}
    assert world.ids["asha"] not in str(rows)


def test_without_a_script_the_form_comes_back_with_everything_and_who_was_found(world, hana):
    answer = hana.post("/office/intake/who", data=SAID | {"who": "MB-1003"})
    assert "Carl L., Oakline Repairs, badge MB-1003" in words(answer)
    for name in ("what", "wants", "caller_name", "k"):
        assert SAID[name] in answer.text
    assert every_row(world.database, "concern") == []


def test_whoever_was_pointed_out_is_whom_the_case_is_about(world, hana):
    take(hana, SAID | {"about_id": world.ids["carl"]})
    (case,), (complaint,) = every_row(world.database, "breach_case"), every_row(world.database, "complaint")
    assert (case["subject_kind"], case["subject_id"]) == ("person", world.ids["carl"])
    assert case["firm_id"] == world.ids["Oakline Repairs"]
    assert complaint["kept_from"] == world.ids["carl"]


def test_a_number_that_was_only_heard_accuses_nobody(world, hana):
    take(hana)
    assert every_row(world.database, "breach_case")[0]["subject_id"] is None


# --- is it told already? ------------------------------------------------------------------------------------------

HERE = {"happened_where": "3 Mill House, LE13 9AB", "k": "b" * 32}


def is_warned(client: FlaskClient, said: dict[str, str]) -> bool:
    return "This may be told already" in words(client.post("/office/intake/likely", data=said, headers=HTMX))


def test_the_same_badge_at_the_same_place_within_a_week_is_warned_of(world, hana, clock):
    take(hana, SAID | HERE)
    again = SAID | HERE | {"k": "c" * 32}
    for days, warned in ((6, True), (7, True), (8, False)):
        world.now = NOW + timedelta(days=days)
        clock.move_to(world.now)
        assert is_warned(world.client("hana"), again) is warned
    world.now = NOW
    clock.move_to(NOW)
    assert not is_warned(hana, again | {"happened_where": "4 Mill House, LE13 9AB"})
    assert not is_warned(hana, again | {"badge_number": "MB-1001"})


def test_its_reference_is_said_to_whoever_wrote_it_down_alone(world, hana):
    take(hana, SAID | HERE)
    letters = every_row(world.database, "concern")[0]["ref"].removeprefix("C-")
    again = SAID | HERE | {"k": "c" * 32}
    for who, told in (("hana", True), ("olive", False)):
        shown = words(world.client(who).post("/office/intake/likely", data=again, headers=HTMX))
        assert "This may be told already" in shown
        assert (f"C {letters[:4]} {letters[4:]}" in shown) is told
        assert SAID["what"] not in shown and "Joan" not in shown


def test_whom_it_is_about_is_never_told_that_there_is_one(world, hana):
    about = {"about_id": world.ids["olive"]}
    take(hana, SAID | HERE | about)
    again = SAID | HERE | about | {"k": "c" * 32}
    assert is_warned(hana, again)
    assert not is_warned(world.client("olive"), again)
    assert take(world.client("olive"), again).status_code == 303  # and nothing in her own filing betrays it


def test_filing_asks_once_whether_it_is_the_same_and_links_the_two_or_not(world, hana):
    take(hana, SAID | HERE)
    again = SAID | HERE | {"k": "c" * 32}
    asked = take(hana, again)
    assert asked.status_code == 422 and "Choose one: the same, or another" in asked.text
    assert SAID["what"] in asked.text
    assert take(hana, again | {"same": "yes"}).status_code == 303
    assert take(hana, again | {"k": "d" * 32, "same": "no"}).status_code == 303
    concerns = {row["form_key"]: row["id"] for row in every_row(world.database, "concern")}
    (link,) = every_row(world.database, "concern_link")
    assert link["kind"] == "likely" and link["other_id"] in concerns.values()
    assert len(concerns) == len(every_row(world.database, "breach_case")) == 3


# --- the draft ----------------------------------------------------------------------------------------------------


def saves(client: FlaskClient, said: dict[str, str], n: int):
    return client.post("/office/intake/draft", data=said | {"n": str(n)})


def drafts(world: World) -> list[ConcernDraft]:
    with world.database.reading(TAKING) as session:
        return list(session.scalars(select(ConcernDraft).where(ConcernDraft.filed.is_(False))))


def test_what_is_typed_is_kept_and_offered_the_next_time(world, hana):
    answer = saves(hana, SAID, 7)
    assert (answer.status_code, answer.json) == (200, {"saved": "09:00"})
    front = hana.get("/office/intake")
    assert "You began one that is not filed" in front.text and SAID["what"] not in front.text
    (draft,) = drafts(world)
    form = hana.get(f"/office/intake?draft={draft.id}").text
    for name in ("caller_name", "what", "wants", "badge_number", "k"):
        assert SAID[name] in form
    assert 'data-number="7"' in form


def test_a_copy_of_the_database_tells_nothing_of_a_draft(world, hana):
    saves(hana, SAID, 1)
    kept = str(every_row(world.database, "concern_draft"))
    for secret in ("Joan", "900123", "shouted", SAID["k"]):
        assert secret not in kept


def test_an_older_save_that_comes_late_changes_nothing(world, hana):
    saves(hana, SAID | {"what": "He shouted and"}, 9)
    assert saves(hana, SAID | {"what": "He sh"}, 5).status_code == 200
    assert "He shouted and" in hana.get(f"/office/intake?draft={drafts(world)[0].id}").text


def test_a_page_that_comes_back_counts_on_so_that_what_is_typed_then_is_kept(world, hana):
    saves(hana, SAID, 30)
    back = take(hana, SAID | {"what": "", "n": "30"})
    assert back.status_code == 422 and 'data-number="30"' in back.text and 'name="n" value="30"' in back.text
    saves(hana, SAID | {"what": "He came back"}, 31)
    assert "He came back" in hana.get(f"/office/intake?draft={drafts(world)[0].id}").text


def test_a_draft_is_nobody_elses(world, hana):
    saves(hana, SAID, 1)
    olive, (draft,) = world.client("olive"), drafts(world)
    assert "You began one" not in olive.get("/office/intake").text
    assert SAID["what"] not in olive.get(f"/office/intake?draft={draft.id}").text
    olive.post(f"/office/intake/draft/{draft.id}/delete")
    assert saves(olive, SAID | {"what": "Mine now"}, 99).status_code == 409
    assert SAID["what"] in hana.get(f"/office/intake?draft={draft.id}").text


def test_whoever_chooses_to_stay_anonymous_is_in_the_draft_no_more(world, hana):
    saves(hana, SAID, 1)
    saves(hana, NAMELESS, 2)
    form = hana.get(f"/office/intake?draft={drafts(world)[0].id}").text
    assert SAID["what"] in form
    for secret in ("Joan", "900123", "Mornings, no"):
        assert secret not in form


def test_a_number_that_was_typed_before_they_chose_to_stay_anonymous_is_nowhere(world, hana, caplog):
    """T31: in no table, in no log, and not in the bytes of the database."""
    saves(hana, SAID, 1)
    saves(hana, NAMELESS, 2)
    assert take(hana, NAMELESS | {"caller_contact": SAID["caller_contact"]}).status_code == 303
    with world.database.as_owner(write=False).connect() as connection:
        tables = inspect(connection).get_table_names()
    kept = "".join(str(every_row(world.database, f'"{table}"')) for table in tables if table != "resident")
    if world.database.is_sqlite:
        folder = Path(str(world.database.url.database)).parent
        kept += "".join(file.read_bytes().decode("latin-1") for file in folder.glob("test.db*"))
    assert "900123" not in kept
    assert "900123" not in caplog.text


def test_filing_ends_the_draft_and_a_save_that_comes_late_begins_none(world, hana):
    saves(hana, SAID, 1)
    take(hana)
    assert drafts(world) == []
    assert saves(hana, SAID, 2).status_code == 409
    assert drafts(world) == [] and "You began one" not in hana.get("/office/intake").text


def test_it_can_be_deleted_for_good(world, hana):
    saves(hana, SAID, 1)
    assert hana.post(f"/office/intake/draft/{drafts(world)[0].id}/delete").status_code == 303
    assert drafts(world) == []


@pytest.mark.parametrize(
    ("hour", "there"), [("2026-12-09T23:59:58", 1), ("2026-12-09T23:59:59", 1), ("2026-12-10T00:00:00", 0)]
)
def test_after_the_next_working_day_it_is_offered_no_more_and_swept_away(world, hana, clock, hour, there):
    from fieldvisit.breaches.drafts import sweep

    saves(hana, SAID, 1)
    world.now = moment = datetime.fromisoformat(f"{hour}+00:00")
    clock.move_to(moment)
    assert ("You began one" in world.client("hana").get("/office/intake").text) == bool(there)
    with world.database.writing(TAKING) as session:
        sweep(session, moment)
    assert len(drafts(world)) == there


def test_more_than_fits_is_cut_in_the_draft_and_refused_at_filing(world, hana):
    assert saves(hana, SAID | {"what": "x" * 5000}, 1).status_code == 200
    assert take(hana, SAID | {"what": "x" * 5000}).status_code == 422


def test_the_pages_script_is_told_where_to_go_and_pressing_again_is_once(world, hana):
    script = {"Accept": "application/json"}
    once, again = (hana.post("/office/intake", data=SAID, headers=script) for _ in range(2))
    assert once.json == again.json and len(every_row(world.database, "concern")) == 1
    assert "Reference: C" in hana.get(once.json["to"]).text
    assert hana.post("/office/intake", data=SAID | {"what": ""}, headers=script).status_code == 422


def test_nothing_to_be_read_back_travels_in_a_cookie(world, hana):
    take(hana, NAMELESS)
    with hana.session_transaction() as browser:
        assert not {"concern_taken", "receipt"} & set(browser)
        assert every_row(world.database, "concern")[0]["ref"] not in str(dict(browser))


# --- a letter -----------------------------------------------------------------------------------------------------


def test_a_letter_counts_from_the_day_on_which_it_came(world, hana):
    shown = read_back(hana, SAID | LETTER)
    (concern,), (complaint,) = every_row(world.database, "concern"), every_row(world.database, "complaint")
    assert (concern["channel"], str(concern["received_on"]), concern["received_at"]) == ("letter", "2026-12-01", None)
    assert str(complaint["heard_at"]).startswith("2026-12-01") and complaint["channel"] == "letter"
    assert "Put the reference in your answer" in shown and "Tuesday 8 December 2026" in shown


# --- anonymous ----------------------------------------------------------------------------------------------------


def test_an_anonymous_one_is_filed_after_the_question_whether_it_points_to_one_person(world, hana):
    asked = take(hana, NAMELESS | {"points_checked": "", "what": "He came into my flat and shouted"})
    assert asked.status_code == 422
    assert "Ask whether anything here points to one person" in asked.text
    assert "words such as ‘my name is’ or ‘my flat’" in asked.text
    assert every_row(world.database, "concern") == []
    assert take(hana, NAMELESS).status_code == 303


def test_its_receipt_is_shown_once_and_kept_as_a_hash_alone(world, hana):
    shown = read_back(hana, NAMELESS)
    receipt = re.search(r"(?:[0-9]{4} ){3}[0-9]{4}", shown)
    assert receipt
    everything = str([every_row(world.database, table) for table in ("concern", "concern_draft", "access_record")])
    assert receipt[0].replace(" ", "") not in everything and receipt[0] not in everything
    assert len(every_row(world.database, "concern")[0]["receipt_hash"]) == 64


def test_nothing_in_the_table_could_hold_a_number_that_rang_or_a_recording():
    columns = set(Concern.__table__.columns.keys())
    assert not {name for name in columns if "phone" in name or "number" in name or "record" in name} - {"badge_number"}


def test_more_is_added_by_receipt_or_by_reference_and_read_by_nobody_at_the_line(world, hana):
    receipt = re.search(r"(?:[0-9]{4} ){3}[0-9]{4}", read_back(hana, NAMELESS))
    assert receipt
    reference = every_row(world.database, "concern")[0]["ref"]
    for key, number in (("1" * 32, receipt[0]), ("2" * 32, reference.lower()), ("2" * 32, reference)):
        answer = hana.post("/office/intake/more", data={"number": number, "words": f"And a cup {key[0]}", "k": key})
        assert answer.status_code == 200 and "They are with what was told before" in answer.text
        assert "shouted" not in answer.text
    added = every_row(world.database, "concern_added")
    assert [row["words"] for row in added] == ["And a cup 1", "And a cup 2"]
    assert {str(row["added_on"]) for row in added} == {"2026-12-08"}


def test_words_for_a_number_that_we_never_gave_are_not_lost(hana):
    for number in ("1234 5678 9012 3456", "C-ABCD234", "12", ""):
        answer = hana.post("/office/intake/more", data={"number": number, "words": "And a cup", "k": "1" * 32})
        assert answer.status_code == 422 and "And a cup" in answer.text


def test_what_the_next_working_day_takes_from_the_network_mark(world, hana):
    """T40: the digest of a network is for a day."""
    from fieldvisit.breaches.service import forget_networks

    take(hana)
    with world.database.writing(TAKING) as session:
        session.execute(update(Concern).values(net="0" * 16))
        forget_networks(session, NOW + timedelta(hours=14))
        assert session.scalars(select(Concern.net)).one()
        forget_networks(session, NOW + timedelta(hours=15))
        assert session.scalars(select(Concern.net)).one() is None


# --- nobody learns of it (N1, N3) ---------------------------------------------------------------------------------

ASKED = ("/office", "/office/tasks", "/office/intake", "/office/visits", "/office/people", "/office/complaints", "/concern",
         "/conduct", "/conduct/letters", "/office/breaches", "/office/messages")  # fmt: skip


def sees(world: World, ref: str) -> dict[str, str]:
    browser = world.client(ref)
    once = r'value="[^"]*"|hx-headers:inherited=\'[^\']*\'|data-[a-z]+="[^"]*"'
    return {address: re.sub(once, "", browser.get(address).text) for address in ASKED}


@pytest.mark.parametrize("ref", ["olive", "hana", "ines", "lena"])
def test_whom_a_report_is_about_sees_the_same_bytes_with_and_without_it(world, ref):
    before = sees(world, ref)
    by = "olive" if ref == "hana" else "hana"
    take(world.client(by), SAID | {"about_id": world.ids[ref], "k": "1" * 32})
    take(world.client(by), NAMELESS | {"about_id": world.ids[ref], "k": "2" * 32, "same": "no"})
    assert len(every_row(world.database, "breach_case")) == 2
    after = sees(world, ref)
    assert {address for address in ASKED if before[address] != after[address]} == set()


def test_and_whoever_looks_into_conduct_sees_one_about_somebody_else(world):
    """The sister: what is compared above would show it."""
    before = sees(world, "ines")
    take(world.client("hana"), SAID | {"about_id": world.ids["olive"]})
    after = sees(world, "ines")
    assert {address for address in ASKED if before[address] != after[address]} == {"/office/breaches"}
