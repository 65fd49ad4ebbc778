"""What the scheduler's and the duty officer's pages show: a rule's answer with its clause in words, people, notices."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from fieldvisit.codes import catalogue
from fieldvisit.db import new_id
from fieldvisit.ground.clock import say_date
from fieldvisit.ground.roles import Duty, Principal, Role
from fieldvisit.ground.settings import DEFAULT_NOTE, PROJECT_DEFAULT
from fieldvisit.ground.verdict import Clause, Refused, Verdict
from fieldvisit.notices.facts import CHANNELS
from fieldvisit.notices.rules import NoticeAnswer, PlannedVisit
from fieldvisit.register import apart
from fieldvisit.register.models import Firm, Home, Household, Person
from fieldvisit.register.needs import REACHED_BY
from fieldvisit.visits.models import Job, Visit
from fieldvisit.visits.plan_forms import HomeSearch, Typed
from fieldvisit.visits.planning import may_assign
from fieldvisit.visits.precautions import LANGUAGES, SENTENCES
from fieldvisit.visits.rules import may_be_sent_to
from fieldvisit.visits.state import Stage, VisitState

MOST_HOMES = 50
MOST_JOBS = 50
MOST_PEOPLE = 25
COUNCIL_OWN = "council"  # in the place of a firm: the council's own officers

KIND_LABELS = (
    ("responsive_repair", "Repair"),
    ("planned_works", "Planned works", "A new kitchen, bathroom and so on"),
    ("inspection", "Inspection", "Needs notice in writing"),
    ("safety_check", "Gas or electrical safety check", "Needs notice in writing"),
    ("tenancy_visit", "Tenancy visit"),
    ("follow_up", "Follow-up visit"),
    ("other", "Something else"),
)
WHOM_LABELS = (
    ("tenant", "The tenant"),
    ("joint_tenant", "A joint tenant"),
    ("representative", "The person named to speak for the tenant"),
    ("adult", "Another adult at the home"),
    ("child", "A child"),
    ("other", "Somebody else"),
)
AGE_LABELS = (("adult", "18 or over"), ("16_or_17", "16 or 17"), ("under_16", "Under 16"), ("unknown", "Not known"))
DELIVERY_LABELS = (
    ("delivered", "Delivered"),
    ("pending", "Waiting: no receipt yet"),
    ("sending", "Still being sent"),
    ("temporary-failure", "Failed for now: phone off or inbox full"),
    ("permanent-failure", "Failed for good: no such number or address"),
    ("technical-failure", "Failed: a fault at the sender’s"),
)
BY_LABELS = (("council", "The council"), ("contractor", "The contractor"), ("tenant", "The tenant"))
REASON_LABELS = {
    "worker_ill": "The worker is ill",
    "overrun": "The job before ran over",
    "no_parts": "Parts have not come",
    "weather": "The weather",
    "tenant_asked": "The tenant asked",
    "not_needed": "The visit is no longer needed",
    "other": "Another reason",
}
METHOD_LABELS = (
    ("knocked", "Knocked and waited"),
    ("called", "Rang every number we have"),
    ("texted", "Sent a text message"),
    ("neighbour", "Asked a neighbour"),
    ("next_of_kin", "Rang the next of kin"),
)
TRAVELS = ("sms", "email", "letter_first_class", "letter_second_class", "signed_for")

# A rule of ours, where no clause of a code speaks (domain A3): what it asks, in a line.
RULES = {
    "NR-1": "The shortest notice of this council must pass between telling the tenant and the start of the window.",
    "NR-2": "Inspections and safety checks need notice in writing.",
    "NR-3": "Planned works need longer notice, counted in days.",
    "NR-5": "Notice is given when it reaches the tenant, not when it is sent.",
    "NR-7": "A time that the tenant was not told is a new time, and needs its own notice or agreement.",
    "NR-8": "An emergency must be authorised by somebody other than the visiting worker.",
    "NR-9": "Whether it is an emergency when the visit starts is what decides.",
    "NR-10": "Only a council officer may visit without notice to look into a tenancy breach.",
    "NR-11": "The tenant may agree to a sooner time, recorded beforehand by somebody who is not visiting.",
    "NR-13": "A way of telling that the household cannot use does not count.",
    "NR-14": "Notice is given to the tenant or another adult, never to a child.",
    "NR-15": "The tenant must be told who is coming, and why.",
    "NR-16": "What is not on record is not guessed.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A rule's answer, for the page: in words, with its clause, and from when it would be allowed (aware UTC)."""

    code: str
    words: str
    clause: str
    clause_words: str
    opens: datetime | None


def said_of_answer(answer: NoticeAnswer) -> Said:
    opens = to_the_minute(answer.not_before)
    return Said(answer.result, answer.reason, answer.clause, clause_words(answer.clause), opens)


def said_of_verdict(verdict: Verdict | None) -> Said | None:
    """None where it is allowed: there is nothing to explain."""
    if not isinstance(verdict, Refused):
        return None
    where = verdict.clause.where if verdict.clause else ""
    return Said(verdict.code, verdict.message, where, clause_words(where), to_the_minute(verdict.not_before))


def clause_words(where: str) -> str:
    try:
        return catalogue.clause(where).duty
    except LookupError:
        return RULES.get(where, "")


def to_the_minute(moment: datetime | None) -> datetime | None:
    """Rounded up: a minute that a page names is one at which it is allowed."""
    if moment is None or not (moment.second or moment.microsecond):
        return moment
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


# --- homes, jobs, people ------------------------------------------------------------------------------------------


def areas_of(asking: Principal, duty: Duty) -> frozenset[str]:
    """The areas in which this person holds that duty."""
    return frozenset(area for area in asking.areas if asking.holds(duty, area))


def find_homes(session: Session, wanted: HomeSearch, areas: Iterable[str]) -> Sequence[tuple[Home, Job | None]]:
    """Homes of those areas, at most MOST_HOMES; with the job where the search named one."""
    mine = select(Home).where(Home.area_id.in_(areas)).order_by(Home.postcode, Home.address_line, Home.id)
    if wanted.job:
        job = session.scalars(select(Job).where(Job.ref == wanted.job)).first()
        home = job and session.scalars(mine.where(Home.id == job.home_id)).first()
        return [(home, job)] if home else []
    if wanted.uprn:
        return [(home, None) for home in session.scalars(mine.where(Home.uprn == wanted.uprn))]
    there = session.scalars(mine.where(Home.postcode == wanted.postcode).limit(500))
    return [(home, None) for home in there if _is_house(home, wanted.house)][:MOST_HOMES]


def _is_house(home: Home, house: str) -> bool:
    """'3' and 'Flat 3' find 'Flat 3, Mill House', not '13 Mill Road'."""
    here = f"{home.address_line} {home.building}".lower().replace(",", " ").split()
    return all(word in here for word in house.lower().replace(",", " ").split())


def open_jobs(session: Session, home_id: str) -> Sequence[Job]:
    """Jobs that no visit has finished, the newest first."""
    done = exists(select(Visit.id).where(Visit.job_id == Job.id, Visit.stage == Stage.CLOSED, Visit.outcome == "done"))
    found = select(Job).where(Job.home_id == home_id, ~done).order_by(Job.reported_at.desc(), Job.ref).limit(MOST_JOBS)
    return session.scalars(found).all()


@dataclass(frozen=True, slots=True)
class Candidate:
    person: Person
    refused: Said | None

    @property
    def works_for(self) -> str:
        return self.person.firm.name if self.person.firm else "The council"

    @property
    def why_not(self) -> str:
        """Beside the name, which the sentence then need not say again."""
        return self.refused.words.removeprefix(f"{self.person.name} cannot be sent. ") if self.refused else ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may be sent and who may not, of one firm or of all. more: the list was cut at MOST_PEOPLE."""

    everybody: tuple[Candidate, ...]
    more: bool

    @property
    def ready(self) -> list[tuple[str, str, str]]:
        return [(one.person.id, one.person.name, one.works_for) for one in self.everybody if one.refused is None]

    @property
    def stopped(self) -> list[Candidate]:
        return [one for one in self.everybody if one.refused is not None]


def candidates(
    session: Session, firm: str, window_start: datetime | None, at: datetime, keep: Iterable[str] = (), *, home_id: str
) -> Candidates:
    """keep: people already chosen, who stay on the list whatever firm it shows."""
    people = (
        select(Person)
        .where(Person.role.in_((Role.OPERATIVE, Role.OFFICER)), Person.disabled_at.is_(None))
        .options(joinedload(Person.firm))
        .order_by(Person.name, Person.id)
    )
    if firm:
        theirs = Person.firm_id.is_(None) if firm == COUNCIL_OWN else Person.firm_id == firm
        people = people.where(or_(theirs, Person.id.in_(list(keep))))
    found = session.scalars(people.limit(MOST_PEOPLE + 1)).all()
    missing = set(keep) - {person.id for person in found[:MOST_PEOPLE]}
    kept = [person for person in (session.get(Person, each) for each in sorted(missing)) if person]
    listed = [*found[:MOST_PEOPLE], *kept]
    away = apart.away_from(session, home_id, at)
    verdicts = (
        may_assign(session, one, window_start or at, at) and may_be_sent_to(one.name, kept_apart=one.id in away)
        for one in listed
    )
    judged = [Candidate(one, said_of_verdict(verdict)) for one, verdict in zip(listed, verdicts, strict=True)]
    return Candidates(tuple(judged), len(found) > MOST_PEOPLE)


def firm_options(session: Session) -> list[tuple[str, str]]:
    firms = session.execute(select(Firm.id, Firm.name).order_by(Firm.name).limit(200))
    return [("", "Everybody"), (COUNCIL_OWN, "The council"), *((row.id, row.name) for row in firms)]


def needs_in_words(household: Household | None) -> list[tuple[str, str]]:
    """What the household has asked of us, to be read before anything is planned (C16)."""
    if household is None:
        return []
    told = []
    if household.protected:
        told.append(("Private home", "Tell nobody but the tenant that a visit is planned."))
    if household.trusted_adult:
        told.append(("Trusted adult", "Must be there first. Ask when they are free before you choose a time."))
    if household.language != "en":
        language = LANGUAGES.get(household.language, household.language)
        told.append(("Language", f"{language}. Arrange an interpreter, and write in this language."))
    if household.unusable_channels:
        names = ", ".join(CHANNELS.get(channel, channel) for channel in household.unusable_channels)
        told.append(("Cannot use", f"{names[0].upper()}{names[1:]}. It does not count as notice."))
    told += _safe_ways(household)
    if household.password:
        told.append(("Password", "They have chosen one for the door. The worker must say it."))
    return told + [("At the door", precaution_in_words(code)) for code in household.precautions]


def _safe_ways(household: Household) -> list[tuple[str, str]]:
    """Where less may be said than who comes, when and why (T17)."""
    told = []
    for mark, what in (("content_free", "Say only “please call us”"), ("never", "Never use")):
        ways = [label for channel, label in REACHED_BY.items() if household.contact_safety.get(channel) == mark]
        if ways and not household.protected:
            told.append((what, ", ".join(ways)))
    if household.no_letters_until:
        told.append(("Letters", f"Post nothing here before {say_date(household.no_letters_until)}: somebody has left."))
    return told


def precaution_in_words(code: str) -> str:
    """As the worker reads it; of one that has no sentence yet, what was written down."""
    if code.startswith(("person ", "location ")):
        return f"Another system warns of this home ({code} of HACT’s alerts). Nobody has looked at it yet."
    return SENTENCES.get(code) or code.replace("_", " ").replace("-", " ").capitalize()


# --- a visit as the rules take it -----------------------------------------------------------------------------------


def as_planned(state: VisitState, arrival: datetime | None = None) -> PlannedVisit:
    assert state.window_start and state.window_end, "a log begins with visit.planned"
    return PlannedVisit(
        kind=state.kind,
        window_start=state.window_start,
        window_end=state.window_end,
        arrival=arrival or state.window_start,
        visitor=state.visitor,
        works_started=state.works_started,
    )


def names_of(session: Session, ids: Iterable[str]) -> dict[str, str]:
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids))))
    return {row.id: row.name for row in found}


# --- forms on a page that holds many ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OneForm:
    """typed: what was typed into it, or nothing. key: its idempotency key. open: sent, and something was wrong."""

    typed: Typed
    key: str
    open: bool


def forms_on_page(sent: str, typed: Typed | None) -> Callable[[str], OneForm]:
    """Asked by name: the form that was sent keeps what was typed and its key; the others are new."""

    def form(name: str) -> OneForm:
        if typed is not None and name == sent:
            return OneForm(typed, typed.key or new_id(), True)
        return OneForm(Typed.nothing(), new_id(), False)

    return form


def kind_label(kind: str) -> str:
    return next((label[1] for label in KIND_LABELS if label[0] == kind), kind)


def reasons(codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, REASON_LABELS[code]) for code in codes]


def where_written(clause: Clause) -> str:
    """R18: what rests on our own default says so."""
    return f"{DEFAULT_NOTE}: {clause.where}" if clause.source == PROJECT_DEFAULT else str(clause)
