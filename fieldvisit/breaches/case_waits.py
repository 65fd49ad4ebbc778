"""What waits for a second person, as the list of cases and the page of one show it; and what was typed, where it came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased

from fieldvisit.breaches import case_letters, two_people
from fieldvisit.breaches.case_facts import FINDINGS, RESULTS, Facts
from fieldvisit.breaches.case_models import BreachCase, BreachStep
from fieldvisit.breaches.case_state import ENDED, State, Waiting
from fieldvisit.breaches.procedure import Procedure

WordsOfSteps = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Waits:
    """What one person proposed. own: whoever looks did; why_not: why they may not confirm it, "" where they may.

    Of what came back, who and at are of whoever sent it back, and words are theirs.
    """

    what: str
    who: str
    at: datetime
    said: Sequence[str]
    words: Sequence[tuple[str, str]]
    own: bool
    why_not: str


def though_over() -> ColumnElement[bool]:
    """A case that was closed keeps a badge dark: somebody proposed to end that, and it waits or came back."""
    over, proposed, later = [stage.value for stage in ENDED], aliased(BreachStep), aliased(BreachStep)
    since = select(later.id).where(
        later.case_id == BreachCase.id,
        later.position > proposed.position,
        later.kind.in_(("lifted", "taken_back")),
    )
    here = select(proposed.id).where(
        proposed.case_id == BreachCase.id, proposed.kind == "proposed", proposed.stage_after.in_(over)
    )
    return and_(BreachCase.stage.in_(over), exists(here.where(~exists(since))))


def waits(
    waiting: Waiting, state: State, procedure: Procedure | None, facts: Facts, who: str, rows: Sequence[BreachStep],
    names: Mapping[str, str], words: WordsOfSteps,
) -> Waits:  # fmt: skip
    proposed = _of_today(words.get(rows[waiting.position - 1].id, {}), waiting.at, state, procedure, facts)
    own = facts.same(who, waiting.by)
    why_not = "" if own else two_people.may_be_second(state, waiting, who, facts).message
    said = said_of(waiting.what, waiting.body, procedure)
    who_did = names.get(waiting.by, "Somebody")
    listed = sorted(
        proposed.items(), key=lambda each: (each[0] == "letter", each[0])
    )  # the reasons, and then the letter
    return Waits(waiting.what, who_did, waiting.at, said, listed, own, why_not)


def came_back(
    returned: Waiting, facts: Facts, who: str, rows: Sequence[BreachStep], names: Mapping[str, str], words: WordsOfSteps
) -> Waits:
    row = next(row for row in reversed(rows) if row.kind == "sent_back" and row.body["what"] == returned.what)
    own, name = facts.same(who, returned.by), names.get(row.by or "", "Somebody")
    return Waits(returned.what, name, row.at, (), sorted(words.get(row.id, {}).items()), own, "")


def typed_before(
    step: str, state: State, procedure: Procedure | None, facts: Facts, rows: Sequence[BreachStep], words: WordsOfSteps
) -> Mapping[str, str]:
    """What was typed for it the last time, if it was sent or taken back since."""
    for row in reversed(rows):
        if row.kind == step:
            break
        if row.kind == "proposed" and row.body["what"] == step:
            return _of_today(words.get(row.id, {}), row.at, state, procedure, facts)
    return {}


def of_decision(rows: Sequence[BreachStep], words: WordsOfSteps) -> Mapping[str, str]:
    """What was written down with the last decision; where two took it, its words stand with what the first proposed."""
    found: Mapping[str, str] = {}
    for row in rows:
        if row.kind == "decided" or (row.kind == "proposed" and row.body["what"] == "decided"):
            found = words.get(row.id) or found
    return found


def _of_today(
    words: Mapping[str, str], then: datetime, state: State, procedure: Procedure | None, facts: Facts
) -> Mapping[str, str]:
    if procedure is None or "letter" not in words:
        return words
    letter = case_letters.of_the_day(words["letter"], state, procedure, then, facts.at, facts.policy)
    return {**words, "letter": letter}


def said_of(kind: str, body: Mapping[str, Any], procedure: Procedure | None) -> list[str]:
    """Of a decision, what it is."""
    if kind not in ("decided", "appeal_decided"):
        return []
    found = [FINDINGS.get(body.get("finding", ""), RESULTS.get(body.get("result", ""), ""))]
    if procedure and (chosen := procedure.sanction(body.get("sanction") or "")):
        found.append(f"{chosen.label} ({chosen.clause})")
    if body.get("skipped"):
        found.append("A step of the ladder is left out")
    return found
