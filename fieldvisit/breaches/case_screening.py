"""What the form of screening offers: whom it may be about, which codes bound them, and what of those they can have broken."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.breaches.case_facts import Facts
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.case_rules import drafts_alone
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.codes.catalogue import Document, by_section
from fieldvisit.codes.own import known_documents, say_procedure
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import SIGNED_IN
from fieldvisit.register.involved import involved_now
from fieldvisit.register.models import Person

Options = list[tuple[str, str]]


def options(session: Session, case: BreachCase, facts: Facts, who: str) -> dict[str, Any]:
    """Everybody is offered but whoever chooses: one who is missing there would be the one who told it."""
    day = london_date(case.heard_at)
    works_here = Person.role.in_([role.value for role in SIGNED_IN])
    people = session.scalars(select(Person).where(Person.disabled_at.is_(None), works_here).order_by(Person.name))
    subjects: Options = [(f"person:{one.id}", one.name) for one in people if one.id != who]
    subjects += [(f"involved:{one.id}", f"{one.name} ({one.kind_label.lower()})") for one in involved_now(session, day)]
    bound = [
        (document, procedure_of(document.code)) for document in known_documents() if document.code in facts.binding
    ]
    return {
        "subjects": subjects,
        "documents": [
            (document.code, document.title, facts.binding[document.code], _clauses(document, facts)) for document, _ in bound
        ],
        "ladders": [
            (f"{document.code}:{ladder.name}", f"{document.code}: {ladder.label}", ladder.clause)
            for document, procedure in bound if procedure for ladder in procedure.ladders
        ] + [(f"{one.code}:none", f"{one.code}: nobody has written its rows yet", "") for one, has in bound if has is None],
        "drafts_alone": drafts_alone(facts),
        "gone": [say_procedure(code) for code in sorted({*facts.binding} - {document.code for document, _ in bound})],
        "follows": {document.code: say_procedure(document.code) for document, _ in bound},
        "presets": [
            (f"{document.code}:{preset.code}", preset.label, preset.clause)
            for document, procedure in bound if procedure for preset in procedure.presets
        ],
        "asks_coordinator": any(procedure and procedure.people["screener"].if_coordinator for _, procedure in bound),
    }  # fmt: skip


def _clauses(document: Document, facts: Facts) -> list[tuple[str, Options]]:
    """By section: what this person can have broken, and nothing else."""
    theirs = [each for each in document.clauses if each.can_be_broken(of_a_firm=facts.of_a_firm)]
    return [
        (heading, [(each.id, f"{each.id}: {each.duty}") for each in listed]) for heading, listed in by_section(theirs)
    ]
