"""Four complaints in different states, through the real services: new, at stage 1, at stage 2, and one with promises open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from fieldvisit.complaints import sending, service
from fieldvisit.complaints.models import Complaint
from fieldvisit.complaints.rules import Heard
from fieldvisit.complaints.state import Deed
from fieldvisit.demo.drive import DAY, HOUR, Stage
from fieldvisit.demo.homes import Place
from fieldvisit.ground.clock import london_date
from fieldvisit.register.models import Resident

FIRST, SENIOR = "connor", "celia"  # who deals with complaints, and the senior one


class Played:
    """One complaint as it is worked on. at: of the last step."""

    def __init__(self, stage: Stage, place: Place, name: str, ago: timedelta, said: str, **facts: Any) -> None:
        self.stage = stage
        self.at: datetime = stage.at - ago
        heard = Heard(
            cause=f"demo:{stage.day}:{name}", heard_at=self.at, words=said, home_id=place.home_id,
            handler_is=stage.cast.people[FIRST],
            **({"channel": "phone", "wants": "That it is put right, and a word about why."} | facts),
        )  # fmt: skip
        by = stage.principal(FIRST, self.at)
        self.complaint: Complaint = service.receive(stage.session, heard, by=by, at=self.at, policy=stage.policy)

    def does(
        self, kind: str, after: timedelta, by: str = FIRST, words: dict[str, str] | None = None, **body: Any
    ) -> "Played":
        asking = self._next(after, by)
        service.act(
            self.stage.session, self._locked(), Deed(kind, self.at, asking.person_id, body), words or {},
            hands=service.hands_of(self.stage.session, self.complaint, asking), key=self.stage.form_key(), seen=self._seen(),
            at=self.at, policy=self.stage.policy,
        )  # fmt: skip
        return self

    def writes(self, letter: str, after: timedelta, by: str = FIRST, how: str = "own_post") -> "Played":
        asking = self._next(after, by)
        sending.send(
            self.stage.session, self._locked(), letter, how, sending.NOTHING_TYPED, by=asking, key=self.stage.form_key(),
            seen=self._seen(), at=self.at, happened=self.at, policy=self.stage.policy,
        )  # fmt: skip
        return self

    def logged(self, theme: str, definition: str, *points: str) -> "Played":
        words = {
            "definition": definition, "outcomes": "That it is put right, and a word about why.",
            "responsible": "We answer for our own visits and for those of our contractors.",
        } | {f"point:{number}": point for number, point in enumerate(points, start=1)}  # fmt: skip
        handler = self.stage.cast.people[FIRST]
        return self.does("logged", 3 * HOUR, words=words, handler=handler, points=len(points), theme=theme)

    def decided(self, after: timedelta, outcome: str, *answers: tuple[str, str]) -> "Played":
        words = {f"answer:{number}": text for number, (_, text) in enumerate(answers, start=1)}
        words |= {"reasons1": "We read the log of the visits and spoke to the contractor.",
                  "remedy1": "We are sorry. The work is done again, and we pay for the day that was lost."}  # fmt: skip
        found = {str(number): finding for number, (finding, _) in enumerate(answers, start=1)}
        return self.does(
            "decided", after, words=words, stage=1, outcome=outcome, answers=found, remedies=["apology", "work"]
        )

    def _next(self, after: timedelta, by: str) -> Any:
        self.at = min(self.at + after, self.stage.at)
        return self.stage.principal(by, self.at)

    def _locked(self) -> Complaint:
        found = service.lock(self.stage.session, self.complaint.id)
        assert found
        return found

    def _seen(self) -> int:
        return len(service.steps_of(self.stage.session, [self.complaint.id])[self.complaint.id])


def play_complaints(stage: Stage, home: Callable[[str], Place]) -> None:
    north, town = home("North"), home("Town")
    Played(
        stage, north, "new", 2 * DAY, "My mother waited in all day on Friday and nobody came or rang.",
        channel="representative", complainant_name=_tenant_of(stage, north), representative="Her son, Piotr",
        authority="The tenant said so on the telephone", complainant_contact="Through her son, after 6pm",
    )  # fmt: skip
    damp = Played(
        stage, town, "damp", 9 * DAY, "The wall was painted over and the mould is back.", hazard="damp_and_mould_growth",
        hazard_seen="Black mould above the skirting in the back bedroom", complainant_name=_tenant_of(stage, town),
    )  # fmt: skip
    damp.logged("damp", "The mould came back after our repair.", "The repair did not hold", "Nobody rang back")
    damp.writes("ack1", 2 * DAY)
    late = Played(
        stage, home("Vale"), "late", 40 * DAY, "He came two hours late and left the hall dirty.", channel="letter"
    )
    late.logged(
        "visit", "The visit was late and the hall was left dirty.", "The visit was late", "The hall was left dirty"
    )
    late.writes("ack1", DAY)
    late.decided(
        6 * DAY,
        "partly_upheld",
        ("upheld", "The log shows that he came at 2pm."),
        ("not_upheld", "The photos show it clean."),
    )
    late.writes("answer1", HOUR)
    late.does("escalated", 20 * DAY, words={"why": "The photos are of another day."})
    late.does("handler", 2 * HOUR, SENIOR, handler=stage.cast.people[SENIOR], stage=2)
    late.writes("ack2", DAY, SENIOR)
    _promised(stage, home("North"))


def _tenant_of(stage: Stage, place: Place) -> str:
    """As the register has it: whoever is not in it gets no letter at that home."""
    found = select(Resident.name).where(Resident.home_id == place.home_id, Resident.role == "tenant")
    return stage.session.scalars(found.order_by(Resident.ref)).first() or "The tenant"


def _promised(stage: Stage, place: Place) -> None:
    """Answered in time; one promise kept and one open."""
    door = Played(stage, place, "door", 24 * DAY, "The new front door does not lock, and I have told you three times.")
    door.logged("repairs", "The front door does not lock.", "The door does not lock", "Three calls were not answered")
    door.writes("ack1", DAY)
    door.decided(
        7 * DAY,
        "upheld",
        ("upheld", "The lock was fitted the wrong way round."),
        ("upheld", "Two calls went to nobody."),
    )
    for what, days in (("The lock is changed.", 5), ("Our call list is checked each morning.", -20)):
        due = london_date(stage.at - days * DAY) if days > 0 else london_date(stage.at + 20 * DAY)
        due = max(due, london_date(door.at))
        door.does("action", HOUR, words={"what": what}, owner=stage.cast.people[FIRST], due=due.isoformat())
    door.writes("answer1", HOUR)
    door.does("action_done", 2 * DAY, words={"what": "Changed, and tried with the tenant."}, number=1)
    door.does("learned", HOUR, words={"learning": "Whoever fits a lock locks it twice before leaving."})
