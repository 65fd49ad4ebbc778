"""A breach case in tests, led step by step: a_case(world).screened().told().answered().decided("training").communicated()."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit import conduct
from fieldvisit.breaches import case_acts, case_readers, cases
from fieldvisit.breaches.case_acts import Act
from fieldvisit.breaches.case_readers import sits_in
from fieldvisit.breaches.case_state import State
from fieldvisit.breaches.two_people import ASKS_WHY, OF_TWO
from fieldvisit.codes.models import CodeVersion
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CONDUCT, DEMO, Role
from fieldvisit.register.involved import take_in
from fieldvisit.register.models import Person
from tests.world import LONG_AGO, World

LETTER = "Dear colleague,\n\nThis is what it is about."
INVESTIGATORS = ("ines", "ivan", "iris", "ivor")


def with_investigators(world: World) -> None:
    """Ines alone cannot screen, decide and hear an appeal: three more."""
    with world.database.writing(DEMO) as session:
        if session.scalars(select(Person.id).where(Person.ref == INVESTIGATORS[1])).first():
            return
        for number, ref in enumerate(INVESTIGATORS[1:], start=60):
            person = Person(
                ref=ref, role=Role.INVESTIGATOR, name=f"{ref.capitalize()} Vale", email=f"{ref}@council.example",
                phone=f"077009003{number}",
            )  # fmt: skip
            session.add(person)
            session.flush()
            world.ids[ref] = person.id


def a_code(world: World, document: str, binds: list[str], status: str = "live") -> None:
    with world.database.writing(DEMO) as session:
        session.add(
            CodeVersion(
                document=document, version="1", status=status, live_from=LONG_AGO.date() if status == "live" else None,
                binds=binds, text_sha256="0" * 64,
            )
        )  # fmt: skip


def an_involved(world: World, kind: str, name: str) -> str:
    with world.database.writing(DEMO) as session:
        made = take_in(
            session, kind, name, starts_on=LONG_AGO.date(), email=f"{name.split()[0].lower()}@home.example",
            address="7 Elm Row\nMK9 1AA",
        )  # fmt: skip
        world.ids[name] = made.id
        return made.id


def a_case(world: World, subject: str | None = "asha", *, kind: str = "person", cause: str = "", **more: Any) -> "Case":
    """Reported two hours ago, by nobody in particular; ines screens, ivan decides, iris hears the appeal."""
    with_investigators(world)
    heard_at = more.pop("heard_at", world.now - timedelta(hours=2))
    reported = conduct.Reported(
        cause=cause or f"test:{new_id()}", heard_at=heard_at, words=more.pop("words", "He said whose flat it was."),
        subject_kind=kind, subject_id=world.ids[subject] if subject else None, **more,
    )  # fmt: skip
    with world.database.writing(world.principal("hana")) as session:
        case = cases.open_case(session, reported)
        assert case
        case_id = case.id
    case_readers.settle(world.database, world.now, world.policy)
    return Case(world, case_id, heard_at)


@dataclass
class Case:
    world: World
    id: str
    at: datetime
    policy: Any = None
    refusals: list[str] = field(default_factory=list)

    def act(self, kind: str, by: str = "", at: datetime | None = None, words: dict[str, str] | None = None,
            seen: int | None = None, **body: Any) -> "Case":  # fmt: skip
        """What needs two people is confirmed at once, by the first other who reads the case;
        a decision that is joint, by the screener."""
        if kind not in OF_TWO:
            self.says(kind, by, at, words, seen, **body)
            joint = kind == "decided" and self.state.waits("decided")
            return self.confirmed(kind, "ines", self.at) if joint else self
        self.proposed(kind, by, at, words, seen, **body)
        return self.confirmed(kind, self.another(by), self.at)

    def proposed(self, kind: str, by: str = "", at: datetime | None = None, words: dict[str, str] | None = None,
                 seen: int | None = None, **body: Any) -> "Case":  # fmt: skip
        why = {"why": "All is done."} if kind in ASKS_WHY else {}
        return self.says(kind, by, at, why | (words or {}), seen, **body)

    def confirmed(self, what: str, by: str, at: datetime | None = None) -> "Case":
        return self.says("confirmed", by, at, what=what)

    def another(self, by: str) -> str:
        refs = (*INVESTIGATORS, "lena")
        with self.world.database.reading(CONDUCT) as session:
            reading = {ref for ref in refs if self.id in session.scalars(sits_in(self.world.ids[ref])).all()}
        return next(ref for ref in refs if ref in reading and ref != by)

    def says(self, kind: str, by: str = "", at: datetime | None = None, words: dict[str, str] | None = None,
             seen: int | None = None, **body: Any) -> "Case":  # fmt: skip
        """One form."""
        self.at = at or self.at + timedelta(minutes=1)
        asking = self.world.principal(by or "lena", self.at)
        act = Act(kind, self.at, self.world.ids[by] if by else "", body, words or {}, seen)
        case_acts.do(
            self.world.database, self.id, act, key=new_id(), by=asking, policy=self.policy or self.world.policy
        )
        return self

    def seated(self, part: str, who: str, by: str = "lena") -> "Case":
        return self.act("seated", by, part=part, person=self.world.ids[who])

    def screened(self, document: str = "ME", clauses: tuple[str, ...] = ("ME-2d",), ladder: str = "conduct",
                 at: datetime | None = None, **body: Any) -> "Case":  # fmt: skip
        self.seated("screener", "ines").seated("decider", "ivan")
        words = {"why": body.pop("why", "")}
        return self.act("screened", "ines", at, words, document=document, clauses=list(clauses), ladder=ladder, **body)

    def told(self, how: str = "page", at: datetime | None = None) -> "Case":
        return self.act("notified", "ines", at, {"letter": LETTER}, how=how)

    def answered(self, at: datetime | None = None) -> "Case":
        return self.act("answered", "", at, {"answer": "I am sorry. I did not think."})

    def decided(
        self, sanction: str = "training", at: datetime | None = None, *, by: str = "ivan", **more: Any
    ) -> "Case":
        words = {"reasons": "It is not denied.", "learning": "Nothing new.", "considered": "Both."} | more.pop(
            "words", {}
        )
        body = {"finding": "upheld", "sanction": sanction, "considered": ["apology", "training", sanction]} | more
        return self.act("decided", by, at, words, **body)

    def communicated(self, at: datetime | None = None) -> "Case":
        return self.act("communicated", "ivan", at, {"letter": LETTER}, how="page")

    @property
    def state(self) -> State:
        with self.world.database.reading(CONDUCT) as session:
            return cases.state_of(session, self.id)
