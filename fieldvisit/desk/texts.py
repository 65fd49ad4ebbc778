"""What the pages of the message texts show: each text as it stands, and how it would read with made-up facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.languages import LANGUAGES, Language
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Clause, Verdict
from fieldvisit.messages.texts import (
    CHANNELS,
    KINDS,
    ONLY_IN_LETTERS,
    PARTS,
    Facts,
    Wording,
    compose,
    fill_link,
    say_day,
    say_sign,
    say_window,
    wording,
)
from fieldvisit.messages.texts_rules import (
    CONTENT_FREE,
    LONGEST_BODY,
    NOT_IN_A_SUBJECT,
    REQUIRED,
    length_of,
    may_save_text,
    unknown_parts,
)
from fieldvisit.messages.texts_service import Text, texts_of
from fieldvisit.register.models import Person

WAYS: Mapping[str, str] = {"sms": "Text message", "email": "E-mail", "letter": "Letter"}
OF_A_SUBJECT = frozenset({"subject-empty", "subject-too-long", "subject-says-too-much"})


@dataclass(frozen=True, slots=True)
class Preview:
    """The text as a tenant would read it. paragraphs: of lines. verdict: may it be saved so?"""

    subject: str
    paragraphs: Sequence[Sequence[str]]
    length: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    stands_for: str
    example: str
    required: bool


def is_text(kind: str, channel: str, language: str) -> bool:
    return kind in KINDS and channel in CHANNELS and language in LANGUAGES


def by_kind(session: Session) -> list[tuple[str, str, list[Text]]]:
    """Each kind with its label and its texts, in the order of channels and languages."""
    texts = texts_of(session).values()
    return [(kind, label, [text for text in texts if text.kind == kind]) for kind, label in KINDS.items()]


def savers(session: Session, texts: Sequence[Text]) -> dict[str, str]:
    """Id to name of everybody who saved one of these."""
    ids = {text.saved_by for text in texts if text.saved_by}
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}


def clause_of(policy: Policy) -> Clause:
    """Where this council's code asks that the tenant is told who, why and when."""
    where = policy.clause_id("NR-15")
    return Clause("Notice rule" if where.startswith("NR-") else "Code of conduct", where)


def judged(text: Text, new: Wording, policy: Policy) -> Verdict:
    return may_save_text(text.kind, text.channel, new.subject, new.body, clause_of(policy))


def typed_wording(channel: str, subject: str, body: str) -> Wording:
    return wording("" if channel == "sms" else subject, body)


def made_up(policy: Policy, language: str, channel: str, at: datetime) -> Facts:
    """Facts for a preview and a test message: nobody's."""
    start = london_instant(london_date(at) + timedelta(days=2)) + timedelta(hours=10)
    return Facts(
        council=policy.council.name,
        phone=policy.council.office_line.value,
        firm="Example Heating",
        who="Sam E",
        why="The boiler does not heat",
        day=say_day(start, language),
        window=say_window(start, start + timedelta(hours=2), language),
        link=f"https://{policy.council.verify_host}/t/example",
        reference="7KQ2M9PX",
        word=say_sign("boat", language),
        address_line="1 Example Street" if channel == "letter" else "",
    )


def filled(new: Wording, policy: Policy, text: Text, at: datetime) -> Wording:
    """With made-up facts; parts that we do not know, or that have no place here, stay as they were typed."""
    facts = made_up(policy, text.language, text.channel, at)
    if unknown_parts(f"{new.subject}\n{new.body}") or judged(text, new, policy).code == "parts-not-here":
        return new
    subject, body = compose(new, facts)
    return replace(new, subject=subject, body=fill_link(body, facts.link or ""))


def preview(new: Wording, policy: Policy, text: Text, at: datetime) -> Preview:
    shown = filled(new, policy, text, at)
    paragraphs = [paragraph.split("\n") for paragraph in shown.body.split("\n\n")] if shown.body else []
    return Preview(shown.subject, paragraphs, length_of(text.channel, shown.body), judged(text, new, policy))


def parts_of_page(text: Text, policy: Policy, at: datetime) -> list[Part]:
    """The parts that may stand in this text, those that must first."""
    facts = made_up(policy, text.language, "letter", at)
    required = REQUIRED[text.kind, text.channel]
    may = CONTENT_FREE.get(text.kind, frozenset(PARTS)) - (frozenset() if text.channel == "letter" else ONLY_IN_LETTERS)
    rows = [
        Part(name, said, str(getattr(facts, name)), name in required) for name, said in PARTS.items() if name in may
    ]
    return sorted(rows, key=lambda part: not part.required)


def language_of(text: Text) -> Language:
    return LANGUAGES[text.language]


def limits(text: Text) -> str:
    """What the page says beside the box."""
    never = ", ".join(f"(({part}))" for part in sorted(NOT_IN_A_SUBJECT))
    most = f"At most {LONGEST_BODY[text.channel]} letters."
    return most if text.channel == "sms" else f"{most} Never in the subject: {never}."
