"""Complaints for tests: officers with the duty, and a complaint at any stage, by the real service."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit.complaints import sending, service
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.rules import Heard
from fieldvisit.complaints.sending import Typed
from fieldvisit.complaints.state import Deed
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Person, PersonArea, PersonDuty
from tests.stories import FIRST_HOME
from tests.world import LONG_AGO, World

DAY = timedelta(days=1)
SAID = "Nobody came on two days, and nobody rang."


def officers(world: World) -> None:
    """In the north: olive works on complaints; dora and cass are senior; olga has no duty. In the south: otto works on them."""
    with world.database.writing(None) as session:
        for ref, name in (("cass", "Cass Hume"), ("olga", "Olga Penn")):
            person = Person(ref=ref, role="officer", name=name, email=f"{ref}@council.example")
            session.add(person)
            session.flush()
            world.ids[ref] = person.id
            session.add(PersonArea(person_id=person.id, area_id=world.ids["North"], starts=LONG_AGO))
        for ref, duty, area in (
            ("olive", "complaints", "North"), ("dora", "complaints_senior", "North"),
            ("cass", "complaints_senior", "North"), ("otto", "complaints", "South"),
        ):  # fmt: skip
            session.add(PersonDuty(person_id=world.ids[ref], duty=duty, area_id=world.ids[area], starts=LONG_AGO))


def heard(world: World, **facts: Any) -> Heard:
    home = world.ids[facts.pop("home", FIRST_HOME)]
    said: dict[str, Any] = {
        "cause": f"desk:{new_id()}", "channel": "phone", "heard_at": world.now - DAY, "words": SAID, "home_id": home,
        "complainant_name": "Terry Moss",
    }  # fmt: skip
    return Heard(**(said | facts))


def received(world: World, by: str = "olive", at: datetime | None = None, **facts: Any) -> str:
    asking = world.principal(by)
    with world.database.writing(asking) as session:
        found = service.receive(session, heard(world, **facts), by=asking, at=at or world.now, policy=world.policy)
        return found.id


def row(world: World, complaint: str) -> Complaint:
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Complaint).where(Complaint.id == complaint)).one()


def acts(world: World, complaint: str, kind: str, words: dict[str, str] | None = None, *, by: str = "olive",
         key: str = "", seen: int | None = None, at: datetime | None = None, **body: Any) -> None:  # fmt: skip
    asking = world.principal(by)
    with world.database.writing(asking) as session:
        found = service.lock(session, complaint)
        assert found, f"{by} cannot see it"
        last = len(service.steps_of(session, [complaint])[complaint])
        service.act(
            session, found, Deed(kind, at or world.now, asking.person_id, body), words or {},
            hands=service.hands_of(session, found, asking), key=key or new_id(), seen=last if seen is None else seen,
            at=world.now, policy=world.policy,
        )  # fmt: skip


def writes(world: World, complaint: str, letter: str, how: str = "by_hand", by: str = "olive", key: str = "",
           at: datetime | None = None, until: date | None = None, ground: str = "", **words: str) -> None:  # fmt: skip
    asking = world.principal(by)
    with world.database.writing(asking) as session:
        found = service.lock(session, complaint)
        assert found, f"{by} cannot see it"
        sending.send(
            session, found, letter, how, Typed(words, until, ground), by=asking, key=key or new_id(),
            seen=len(service.steps_of(session, [complaint])[complaint]), at=world.now, happened=at or world.now,
            policy=world.policy,
        )  # fmt: skip


def logged(world: World, complaint: str, handler: str = "olive", by: str = "olive") -> None:
    words = {
        "definition": "Nobody came on 3 and 4 December.", "outcomes": "A new day, and that we keep it.",
        "responsible": "We answer for our visits and our contractor’s.", "point:1": "Nobody came", "point:2": "Nobody rang",
    }  # fmt: skip
    acts(world, complaint, "logged", words, by=by, handler=world.ids[handler], points=2, theme="visit")


def decided(world: World, complaint: str, process: int = 1, by: str = "olive") -> None:
    words = {
        "answer:1": "The round was full.", "answer:2": "The call was forgotten.",
        f"reasons{process}": "The record shows no visit and no call.", f"remedy{process}": "We are sorry, and we come on Friday.",
    }  # fmt: skip
    acts(world, complaint, "decided", words, by=by, stage=process, outcome="upheld",
         answers={"1": "upheld", "2": "upheld"}, remedies=["apology", "work"])  # fmt: skip


def answered(world: World) -> str:
    """At stage 1, by hand."""
    complaint = received(world)
    logged(world, complaint)
    writes(world, complaint, "ack1")
    decided(world, complaint)
    writes(world, complaint, "answer1")
    return complaint


def at_stage_2(world: World) -> str:
    complaint = answered(world)
    acts(world, complaint, "escalated")
    acts(world, complaint, "handler", by="dora", handler=world.ids["dora"], stage=2)
    writes(world, complaint, "ack2", by="dora")
    return complaint
