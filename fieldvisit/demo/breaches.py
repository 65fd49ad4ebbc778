"""Conduct cases in five states: nobody has looked at one, one waits for an answer, one for a second person, one has an action
open, one was no breach. Beside them whom the council's own code is about: a panel member, or a resident whom a draft binds."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.breaches import case_acts, case_letters, case_readers, cases
from fieldvisit.breaches.case_acts import Act
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.breaches.two_people import OF_TWO
from fieldvisit.codes.service import codes_binding
from fieldvisit.demo.drive import DAY, HOUR, Stage
from fieldvisit.register.involved import InvolvedPerson

LEAD, SCREENER, DECIDER = "dina", "ines", "ivan"
FILLED = {
    "what is said to have happened, where and when, without saying who told us": "Last week, on the landing of a block "
    "in the north, a neighbour was told about a tenant's illness",
    "which step is proposed": "training on privacy",
    "the reasons": "you told us yourself that you said it, and you know the rule",
    "what was considered besides": "An apology was considered and has been made already.",
    "what changes": "The rule stands on the card that everybody carries now",
}

PANEL = {
    "what is said to have happened, where and when, without saying who told us": "At the meeting of last week, in the hall, "
    "nobody else could finish a sentence, and the co-ordinator was shouted at afterwards",
    "which step is proposed": "that you are made aware of it, and warned",
}


def play_breaches(stage: Stage) -> None:
    _involved(stage)
    if procedure_of("ME") is None or not _is_bound(stage):
        return  # the demo of another council: its people are bound by other codes
    _open(stage, "new", "ben", 1, "He stood in the yard and swore at the neighbour's dog.")
    waits = _screened(
        stage, _open(stage, "waits", "carl", 4, "He told the neighbour why the tenant had been in hospital.")
    )
    _tells(stage, waits, "notified", SCREENER, 3 * DAY)
    _does(stage, waits, "notice_given", SCREENER, 3 * DAY - HOUR)
    told = _screened(stage, _open(stage, "told", "vera", 12, "She spoke about another tenant's debts on the landing."))
    _tells(stage, told, "notified", SCREENER, 11 * DAY)
    _does(stage, told, "notice_given", SCREENER, 11 * DAY - HOUR)
    _does(
        stage,
        told,
        "answered",
        "",
        9 * DAY,
        {"answer": "I did say it. I thought that she knew. I have said sorry to her."},
    )
    decision = {"finding": "upheld", "considered": ["apology", "training"], "sanction": "training"}
    reasons = {"reasons": "She says so herself.", "considered": "She has said sorry already. Training teaches more.",
               "learning": "The rule goes on the card that everybody carries."}  # fmt: skip
    _does(stage, told, "decided", DECIDER, 8 * DAY, reasons, **decision)
    _tells(stage, told, "communicated", DECIDER, 7 * DAY)
    _does(stage, told, "outcome_given", DECIDER, 7 * DAY - HOUR)
    due = (stage.day + timedelta(days=20)).isoformat()
    listed = [{"id": "privacy", "due_on": due}]
    words = {"what_privacy": "Half a day of training on privacy", "owner_privacy": "Olive Marsh"}
    _does(stage, told, "actions", DECIDER, 6 * DAY, words, list=listed)
    over = _open(stage, "over", "cleo", 9, "She came without shoe covers.")
    _seats(stage, over)
    _does(stage, over, "not_a_breach", SCREENER, 8 * DAY, {"why": "The visit's log shows that she wore them."})
    second = _open(stage, "second", "cleo", 2, "She left the gate open, and the dog was out.")
    _seats(stage, second)
    why = {"why": "The photo at the end of the visit shows the gate shut."}
    _step(stage, second, "not_a_breach", SCREENER, DAY, why)


def _involved(stage: Stage) -> None:
    if stage.policy.name == "milton-keynes":  # nothing but a draft binds her: its page says what can be done
        said = "She read out at the bus stop what a neighbour had told the forum about his debts."
        _seats(stage, _open(stage, "resident", "Rosa Quist", 1, said))
    if stage.policy.name == "alliance":
        said = "He talked over everybody for an hour, and shouted at the co-ordinator afterwards."
        case = _open(stage, "panel", "Paul Ames", 2, said)
        _seats(stage, case)
        words, at = {"why": "Two members say the same, and it is not the first meeting."}, 2 * DAY - 2 * HOUR
        body: dict[str, Any] = {
            "document": "AL",
            "clauses": ["AL-2.1", "AL-3.5"],
            "ladder": "regular",
            "coordinates": False,
        }
        _does(stage, case, "screened", SCREENER, at, words, **body)
        _tells(stage, case, "notified", SCREENER, DAY)
        _does(stage, case, "notice_given", SCREENER, DAY - HOUR)


def _is_bound(stage: Stage) -> bool:
    return any(version.document == "ME" for version in codes_binding(stage.session, stage.person("carl"), stage.day))


def _open(stage: Stage, name: str, about: str, ago: int, said: str) -> BreachCase:
    heard = stage.at - ago * DAY
    person = stage.person(about) if about in stage.cast.people else None
    wanted = select(InvolvedPerson.id).where(InvolvedPerson.name == about)
    subject = person.id if person else stage.session.scalars(wanted).one()
    reported = conduct.Reported(
        cause=f"demo:{stage.day}:{name}", heard_at=heard, words=said, subject_id=subject,
        subject_kind="person" if person else "involved", firm_id=person.firm_id if person else None,
    )  # fmt: skip
    case = cases.open_case(stage.session, reported)
    assert case, "the demo goes into an empty database"
    case_readers.choose(stage.session, case, heard, stage.policy)
    return case


def _seats(stage: Stage, case: BreachCase) -> None:
    ago = stage.at - case.heard_at - HOUR
    for part, who in (("screener", SCREENER), ("decider", DECIDER)):
        _does(stage, case, "seated", LEAD, ago, part=part, person=stage.cast.people[who])


def _screened(stage: Stage, case: BreachCase) -> BreachCase:
    _seats(stage, case)
    ago = stage.at - case.heard_at - 2 * HOUR
    words = {"why": "What was said is private, and was said to somebody else."}
    _does(stage, case, "screened", SCREENER, ago, words, document="ME", clauses=["ME-2d"], ladder="conduct")
    return case


def _tells(stage: Stage, case: BreachCase, kind: str, by: str, ago: timedelta) -> None:
    who = case_readers.named(stage.session, case.subject_kind, case.subject_id)
    state = cases.state_of(stage.session, case.id)
    procedure = procedure_of(state.document)
    assert who and procedure
    about = case_letters.About(who.name, who.firm, who.page)
    letter = case_letters.LETTER_OF[kind]
    text = case_letters.first_text(letter, state, case.ref, about, procedure, stage.at - ago, stage.policy)
    for blank, words in (FILLED | (PANEL if state.document == "AL" else {})).items():
        text = text.replace(f"[say {blank}]", words)
    _does(stage, case, kind, by, ago, {"letter": text}, how="handed")


def _does(
    stage: Stage, case: BreachCase, kind: str, by: str, ago: timedelta, words: dict[str, str] | None = None, **body: Any
) -> None:
    """What needs two people is confirmed by the other of the two at once."""
    _step(stage, case, kind, by, ago, words, **body)
    if kind in OF_TWO:
        _step(stage, case, "confirmed", DECIDER if by == SCREENER else SCREENER, ago, what=kind)


def _step(
    stage: Stage, case: BreachCase, kind: str, by: str, ago: timedelta, words: dict[str, str] | None = None, **body: Any
) -> None:
    at: datetime = stage.at - ago
    act = Act(kind, at, stage.cast.people[by] if by else "", body, words or {})
    case_acts.step(stage.session, case, act, key=stage.form_key(), at=at, policy=stage.policy)
