"""Drives one visit of the demo: at the desk by the office's own commands and rules, at the door by a phone."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from fieldvisit.badges.service import badge_of
from fieldvisit.db import new_id
from fieldvisit.demo.homes import Place
from fieldvisit.demo.people import DUTY_OFFICER, SCHEDULER, STAND_INS, Cast
from fieldvisit.demo.phone import Phone
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal
from fieldvisit.ground.verdict import Verdict
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.register.models import Home, Person
from fieldvisit.register.service import principal_by_id
from fieldvisit.visits import events as ev
from fieldvisit.visits import rules, telling
from fieldvisit.visits.models import Visit
from fieldvisit.visits.planning import Plan, command, household_of, may_assign, plan, state_of, two_must_go
from fieldvisit.visits.service import lock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Step = tuple[str, dict[str, Any]]


@dataclass
class Stage:
    """Where the demo is played: one session, one day, everybody's phone of that day. at: aware UTC, the present."""

    session: Session
    policy: Policy
    intake: IntakeKey
    cast: Cast
    seed: int
    day: date
    at: datetime
    phones: dict[str, Phone] = field(default_factory=dict)
    forms: int = 0
    stood_in: int = 0

    def principal(self, ref: str, at: datetime) -> Principal:
        return principal_by_id(self.session, self.cast.people[ref], at)

    def person(self, ref: str) -> Person:
        return self.session.get_one(Person, self.cast.people[ref])

    def phone(self, ref: str, at: datetime) -> Phone:
        if ref not in self.phones:
            made = Phone(device_of(ref, self.day), self.intake)
            self.phones[ref] = made.enrol(self.session, self.cast.people[ref], at)
        return self.phones[ref]

    def form_key(self) -> str:
        self.forms += 1
        return hashlib.sha256(f"demo {self.seed} {self.day} {self.forms}".encode()).hexdigest()[:32]

    def who_goes(self, ref: str, window_start: datetime, planned_at: datetime) -> str:
        """That person, or whoever stands in for one who may not be sent any more."""
        self.stood_in += 1
        turn = self.stood_in % len(STAND_INS)
        for each in (ref, *STAND_INS[turn:], *STAND_INS[:turn]):
            if may_assign(self.session, self.person(each), window_start, planned_at):
                return each
        return ref  # nobody may go: the office's own rule then says why

    def still_goes(self, person: Person) -> bool:
        """False: what that phone says of today would be held for the office."""
        badge = badge_of(self.session, person.id)
        return badge is not None and badge.state == "active" and person.disabled_at is None


def device_of(ref: str, day: date) -> str:
    """By this name a later load sees that the day's round is there."""
    return f"demo-{ref}-{day.isoformat()}"


@dataclass
class Driven:
    stage: Stage
    visit: Visit
    place: Place
    lead: str  # refs
    scheduler: str
    duty: str

    @property
    def start(self) -> datetime:
        return self.visit.window_start

    # --- at the desk ----------------------------------------------------------------------------------------------

    def _command(self, event: ev.Event, verdict: Verdict, by: str, at: datetime) -> "Driven":
        stage = self.stage
        command(
            stage.session, self.locked(), event, verdict, by=stage.principal(by, at), at=at, policy=stage.policy,
            form_key=stage.form_key(),
        )  # fmt: skip
        return self

    def locked(self) -> Visit:
        found = lock(self.stage.session, self.visit.id)
        assert found
        return found

    def _state(self) -> Any:
        return state_of(self.stage.session, self.visit, self.stage.policy)

    def told(self, channel: str, *, hours: float, arrived: bool = True, **facts: Any) -> "Driven":
        """The tenant was told so many hours before the window; arrived=False: the message is still on its way."""
        sent = self.start - timedelta(hours=hours)
        household = household_of(self.stage.session, self.place.home_id)
        if channel in ("sms", "email"):
            facts |= {"delivery": "delivered", "delivered_at": sent} if arrived else {"delivery": "pending"}
        else:
            facts |= {"spoke_to": "tenant"}
        event = ev.NoticeRecorded(
            notice=new_id(),
            channel=channel,
            sent_at=sent,
            window_start=self.start,
            window_end=self.visit.window_end,
            usable=not household or channel not in household.unusable_channels,
            **facts,
        )
        return self._command(event, rules.may_record_notice(self._state()), self.scheduler, sent)

    def confirmed(self, at: datetime) -> "Driven":
        return self._command(ev.VisitNoted(code="confirmed"), telling.may_confirm(self._state()), self.scheduler, at)

    def asked_other_time(self, at: datetime) -> "Driven":
        event = ev.VisitNoted(code="asks_other_time", words=ev.Words("Has a hospital appointment that morning"))
        return self._command(event, telling.may_ask_other_time(self._state()), self.scheduler, at)

    def agreed(self, at: datetime) -> "Driven":
        event = ev.TimeAgreed("tenant", "scheduler", self.start, self.visit.window_end)
        by = self.stage.cast.people[self.scheduler]
        verdict = rules.may_agree_time(self._state(), recorder=by, at=at, policy=self.stage.policy)
        return self._command(event, verdict, self.scheduler, at)

    def emergency(self, at: datetime, reason: str) -> "Driven":
        by, hazard = self.stage.cast.people[self.duty], self.stage.policy.door.emergency_types[0].code
        event = ev.EmergencyAuthorised(by, at, hazard, ev.Words(reason))
        verdict = rules.may_authorise_emergency(self._state(), authoriser=by, hazard=hazard, reason=reason)
        return self._command(event, verdict, self.duty, at)

    def investigation(self, at: datetime, reason: str) -> "Driven":
        """Where the council exempts these; elsewhere the visit stands on its notice."""
        by, state = self.stage.cast.people[self.duty], self._state()
        verdict = rules.may_authorise_investigation(state, reason=reason, policy=self.stage.policy)
        if not verdict:
            return self.told("handed", hours=50)
        event = ev.InvestigationAuthorised(by, ev.Words(reason))
        return self._command(event, verdict, self.duty, at)

    def entry_authorised(self, at: datetime) -> "Driven":
        by, proposer = self.stage.cast.people[self.duty], self.stage.cast.people[self.lead]
        basis, methods = self.stage.policy.door.lawful_entry_bases[0].code, ("knocked", "called")
        words = ev.Words("Gas can be smelt from the street and nobody answers. The tenant may be inside.")
        event = ev.EntryAuthorised(basis, by, proposer, methods, True, words)
        verdict = rules.may_authorise_entry(
            self._state(), authoriser=by, proposer=proposer, basis=basis, contact_methods=len(methods),
            life_at_risk=True, policy=self.stage.policy,
        )  # fmt: skip
        return self._command(event, verdict, self.duty, at)

    def cancelled(self, at: datetime) -> "Driven":
        event = ev.VisitCancelled("contractor", "worker_ill", apologised=True, offered_new_time=True)
        verdict = rules.may_cancel(self._state(), by="contractor", apologised=True, offered_new_time=True)
        return self._command(event, verdict, self.scheduler, at)

    # --- at the door ----------------------------------------------------------------------------------------------

    def walk(self, steps: Sequence[Step], times: Sequence[datetime], *, no_signal: bool = False) -> "Driven":
        """The phone saves each step at its time, and sends it then, or everything at the end."""
        phone = self.stage.phone(self.lead, times[0])
        for (kind, body), at in zip(steps, times, strict=True):
            phone.save(kind, self.visit.id, body, at)
            if not no_signal or at == times[-1]:
                phone.send(self.stage.session, at, self.stage.policy)
        return self


def a_visit(
    stage: Stage, place: Place, lead: str, *, kind: str, reason: str, start: datetime, hours: float = 2,
    planned: timedelta = timedelta(hours=72), others: tuple[str, ...] = (),
) -> Driven:  # fmt: skip
    """planned: how long before the window's start the office planned it."""
    planned_at, scheduler = start - planned, SCHEDULER[place.area]
    who = stage.who_goes(lead, start, planned_at)
    home = stage.session.get_one(Home, place.home_id)
    if two_must_go(household_of(stage.session, home.id)) and not others:
        others = ("dev", "cleo")[who == "dev" :][:1]
    with_them = tuple(dict.fromkeys(ref for ref in others if ref != who))
    wanted = Plan(
        home=home,
        kind=kind,
        reason=reason,
        lead=stage.person(who),
        others=tuple(stage.person(ref) for ref in with_them),
        window_start=start,
        window_end=start + timedelta(hours=hours),
        form_key=stage.form_key(),
    )
    visit = plan(stage.session, wanted, stage.principal(scheduler, planned_at), planned_at, stage.policy)
    return Driven(stage, visit, place, who, scheduler, DUTY_OFFICER[place.area])
