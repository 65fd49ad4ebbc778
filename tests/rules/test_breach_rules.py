"""The rules of a case, each at its boundary: before, at and after the last moment; and who may do what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldvisit.breaches import case_clocks, case_letters
from fieldvisit.breaches.case_facts import Facts
from fieldvisit.breaches.case_rules import may
from fieldvisit.breaches.case_state import TABLE, Deed, Stage, State, fold
from fieldvisit.breaches.procedure import procedures
from fieldvisit.ground.policy import Policy, load_policy

HEARD = datetime(2027, 4, 26, 9, 0, tzinfo=UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
SEATS = {"screener": "s", "decider": "d", "appeal": "a"}
LETTER = {"letter": "Dear Pia,"}


def facts(at: datetime, council: str = "alliance", **more: Any) -> Facts:
    found = Facts(
        load_policy(council), at, readers=frozenset("sdaxyz"), binding={"AL": "live", "MR": "draft", "ME": "live"}
    )
    return replace(found, **more)


def a_state(stage: Stage, **more: Any) -> State:
    told = {
        "document": "AL",
        "ladder": "regular",
        "clauses": ("AL-2.1",),
        "subject_kind": "involved",
        "subject_id": "p",
    }
    return State(stage=stage, heard_at=HEARD, seats=SEATS, screened_at=HEARD, **(told | more))


def code(state: State, kind: str, by: str = "", words: dict[str, str] | None = None, at: datetime = HEARD + HOUR,
         given: Facts | None = None, **body: Any) -> str:  # fmt: skip
    return may(state, Deed(kind, at, by, body), words or {}, given or facts(at)).code


def test_every_step_is_refused_with_a_sentence_wherever_the_table_does_not_have_it():
    for kind, (allowed, _to) in TABLE.items():
        for stage in set(Stage) - allowed:
            verdict = may(a_state(stage), Deed(kind, HEARD, "s", {"part": "screener", "person": "x"}), {}, facts(HEARD))
            assert verdict.code == "moved-on" and verdict.message.endswith(".") and not verdict


@pytest.mark.parametrize(
    ("late", "said"), [(-SECOND, "allowed"), (timedelta(0), "allowed"), (SECOND, "late")]
)  # fmt: skip
def test_an_appeal_is_in_time_until_the_last_second_of_its_last_day(late: timedelta, said: str):
    state = a_state(Stage.CLOSED, finding="upheld", sanction="aware_warned", appeal_from=HEARD, communicated_at=HEARD)
    ends = case_clocks.appeal_due(state, procedures()["AL"], load_policy("alliance"))
    assert ends
    assert code(state, "appealed", "", {"appeal": "No."}, at=ends + late) == said


@pytest.mark.parametrize(
    ("late", "said"), [(-SECOND, "time-runs"), (timedelta(0), "time-runs"), (SECOND, "allowed")]
)  # fmt: skip
def test_time_is_up_after_the_last_second(late: timedelta, said: str):
    state = a_state(Stage.AWAITING_RESPONSE, notified_at=HEARD)
    ends = case_clocks.response_due(state, procedures()["AL"], load_policy("alliance"))
    assert ends
    assert code(state, "time_up", "s", at=ends + late) == said


def test_three_different_people_and_nobody_takes_a_part_for_themselves():
    state = a_state(Stage.INVESTIGATING)
    for person, part, said in (
        ("x", "decider", "own-hand"), ("s", "decider", "same-person"), ("d", "appeal", "same-person"),
        ("y", "decider", "allowed"),
        ("q", "decider", "apart"),
    ):  # fmt: skip
        assert code(state, "seated", "x", part=part, person=person) == said
    barred = facts(HEARD + HOUR, apart=frozenset("y"))
    assert code(state, "seated", "x", given=barred, part="decider", person="y") == "apart"
    assert code(state, "note", "y", {"note": "x"}, given=barred) == "apart"
    before = replace(state, involved=frozenset("z"))
    assert code(before, "seated", "x", part="appeal", person="z") == "involved-before"


@pytest.mark.parametrize(
    ("clauses", "document", "said"),
    [
        (["AL-2.1"], "AL", "allowed"),
        (["MR-4c"], "MR", "draft-alone"),
        (["MR-4c", "ME-2d"], "MR", "allowed"),
        (["HS-3.1.8"], "HS", "not-bound"),
        (["AL-2.1", "HS-3.1.8"], "AL", "not-bound"),
        (["ME-2d"], "AL", "no-clause"),
    ],
)
def test_what_a_case_may_rest_on(clauses, document, said):
    state = replace(a_state(Stage.REPORTED), screened_at=None)
    ladder = {"AL": "regular", "MR": "confidentiality"}.get(document, "conduct")
    assert code(state, "screened", "s", document=document, clauses=clauses, ladder=ladder, coordinates=False) == said


def test_where_no_code_bound_the_person_none_can_have_been_broken():
    state = a_state(Stage.REPORTED)
    nothing = facts(HEARD + HOUR, binding={})
    assert (
        code(state, "screened", "s", given=nothing, document="AL", clauses=["AL-2.1"], ladder="regular")
        == "nobody-bound"
    )
    nobody = replace(state, subject_id="")
    assert code(nobody, "screened", "s", document="AL", clauses=["AL-2.1"], ladder="regular") == "nobody"


def test_a_letter_with_something_still_to_write_is_not_sent():
    state = a_state(Stage.SCREENED)
    assert code(state, "notified", "s", {"letter": "Why: [say the reasons]."}) == "unfinished"
    assert code(state, "notified", "s", {"letter": " "}) == "no-letter"
    assert code(state, "notified", "s", LETTER) == "allowed"


def test_an_action_is_due_today_or_later():
    state, words = a_state(Stage.COMMUNICATED), {"what_1": "A course", "owner_1": "Mona"}
    for due, said in (
        ("2027-04-25", "action-date"),
        ("2027-04-26", "allowed"),
        ("2027-04-27", "allowed"),
        ("", "action"),
    ):
        assert code(state, "actions", "d", words, list=[{"id": "1", "due_on": due}]) == said
    assert code(state, "actions", "d", {}, list=[{"id": "1", "due_on": "2027-05-01"}]) == "action"
    assert code(state, "actions", "d", list=[]) == "no-actions"


def test_a_case_is_closed_when_nothing_is_owed():
    told = {"finding": "upheld", "sanction": "", "communicated_at": HEARD}
    assert code(a_state(Stage.COMMUNICATED, **told), "closed", "d") == "reporter"
    assert code(a_state(Stage.COMMUNICATED, **told, reporter_told_at=HEARD), "closed", "d") == "allowed"
    with_one = a_state(Stage.COMMUNICATED, **(told | {"sanction": "removal"}), reporter_told_at=HEARD)
    assert code(with_one, "closed", "d") == "no-actions"
    nothing = a_state(Stage.COMMUNICATED, finding="not_upheld", reporter_told_at=HEARD, suspended=True)
    assert code(nothing, "closed", "d") == "suspended"


def test_an_appeal_never_ends_in_a_harder_step():
    state = a_state(Stage.APPEAL_REQUESTED, finding="upheld", sanction="verbal_warning")
    words = LETTER | {"reasons": "We looked again."}
    for sanction, said in (
        ("aware_warned", "allowed"),
        ("verbal_warning", "sanction"),
        ("removal", "harder"),
        ("", "sanction"),
    ):
        assert code(state, "appeal_decided", "a", words, result="changed", sanction=sanction) == said
    assert code(state, "appeal_decided", "a", words, result="quashed") == "allowed"
    assert code(state, "appeal_decided", "d", words, result="quashed") == "not-your-part"


def test_the_state_is_the_fold_of_its_steps():
    deeds = [
        Deed("reported", HEARD, ""), Deed("seated", HEARD, "x", {"part": "screener", "person": "s"}),
        Deed("screened", HEARD, "s", {"document": "ME", "ladder": "conduct", "clauses": ["ME-2d"]}),
        Deed("suspended", HEARD, "s"), Deed("notified", HEARD, "s"),
        Deed("notice_given", HEARD, "s", {"answer_by": "2027-05-11"}),
        Deed("answered", HEARD, ""), Deed("decided", HEARD, "d", {"finding": "upheld", "sanction": "training"}),
        Deed("communicated", HEARD, "d"), Deed("actions", HEARD, "d", {"list": [{"id": "1", "due_on": "2027-06-01"}]}),
        Deed("action_done", HEARD, "d", {"id": "1"}), Deed("reporter_told", HEARD, "d"), Deed("closed", HEARD, "d"),
    ]  # fmt: skip
    stages = [fold(deeds[: place + 1]).stage.value for place in range(len(deeds))]
    assert stages == [
        "reported", "reported", "screened", "interim_measure", "notified", "awaiting_response", "investigating", "decided",
        "communicated", "actions_open", "actions_open", "actions_open", "closed",
    ]  # fmt: skip
    last = fold(deeds)
    assert (last.involved, last.suspended, last.outstanding, last.stands) == (frozenset("sd"), True, (), True)


def test_a_first_text_names_the_clause_the_day_and_the_help_and_nobody_who_told(policy: Policy):
    state = a_state(Stage.SCREENED, document="MR", ladder="confidentiality", clauses=("MR-4c",))
    about = case_letters.About("Rae Dunn", "", "your personal link")
    mk = load_policy("milton-keynes")
    text = case_letters.first_text("notice", state, "B-1", about, procedures()["MR"], HEARD, mk)
    for part in ("MR-4c", "Tuesday 11 May 2027", "MR-7d", "your personal link", "help", "Nothing has been decided"):
        assert part in text
    for letter in case_letters.LETTER_OF.values():
        decided = replace(state, finding="upheld", sanction="suspension", decided_at=HEARD)
        made = case_letters.first_text(letter, decided, "B-1", about, procedures()["MR"], HEARD, mk)
        assert "B-1" in made and "None" not in made and "  " not in made
