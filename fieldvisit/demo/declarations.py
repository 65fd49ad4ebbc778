"""Gifts, hospitality and interests in different states, through the real services: what each council's rule makes of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fieldvisit.declarations import service, ties, undertakings
from fieldvisit.declarations.interests import Control
from fieldvisit.declarations.interests import Stage as Tie
from fieldvisit.declarations.models import Declaration
from fieldvisit.declarations.rules import Offer
from fieldvisit.declarations.rules import Stage as Stands
from fieldvisit.declarations.service import Gift
from fieldvisit.declarations.ties import Apart, Interest
from fieldvisit.demo.drive import DAY, HOUR, Stage
from fieldvisit.demo.homes import Place
from fieldvisit.ground.clock import london_date
from fieldvisit.register import involved

SENIOR, CONTACT, FIRMS_MANAGER = "celia", "rafe", "mona"
# Who answers to whom at the council; a firm's workers answer to their own firm's manager.
MANAGERS = {"olive": SENIOR, "dora": SENIOR, "otto": SENIOR, "connor": SENIOR, "hana": SENIOR, "vera": CONTACT}
WHY = "It was small, everybody on the street had one, and a no would have hurt."


def play_declarations(stage: Stage, home: Callable[[str], Place]) -> None:
    for ref, manager in MANAGERS.items():
        stage.person(ref).manager_id = stage.cast.people[manager]
    stage.session.flush()
    _gifts(stage, home("Town"))
    _interests(stage, home("North"))
    _panel(stage)


def _gifts(stage: Stage, place: Place) -> None:
    """Cash that was refused; a cake; chocolates from one home three times; a supplier's dinner, late; a hamper."""
    tenant: dict[str, Any] = {"giver": "tenant", "home_id": place.home_id}
    _gift(stage, "asha", 1, "A folded £20 note, for doing the tap as well.", form="cash", taken=False, **tenant)
    _gift(stage, "ben", 2, "A cake in a tin, because the boiler works again.", pence=1250, giver="tenant")
    for ref, days in (("cleo", 200), ("dev", 90), ("cleo", 6)):
        _gift(stage, ref, days, "A box of chocolates, as a thank you.", taken=False, **tenant)
    dinner: dict[str, Any] = {"form": "hospitality", "giver": "supplier", "firm_id": stage.cast.firms["oakline"]}
    _gift(
        stage,
        "olive",
        9,
        "Dinner after their open day for landlords.",
        purpose="work_event",
        late=4,
        pence=3500,
        **dinner,
    )
    hamper = _gift(stage, "vera", 20, "A hamper from a shop beside the office.", giver="other", pence=3000)
    if hamper.stage == Stands.REFERRED:
        service.decide(stage.session, hamper, "return", WHY, **_by(stage, CONTACT, hamper.declared_at + DAY))
    said = "Taken back to the shop the same afternoon; Dora came along."
    service.give_back(stage.session, hamper, "returned", said, **_by(stage, "vera", hamper.declared_at + 2 * DAY))


def _gift(
    stage: Stage, ref: str, days: int, what: str, *, giver: str, form: str = "thing", taken: bool = True,
    pence: int | None = None, home_id: str | None = None, firm_id: str | None = None, purpose: str = "", late: int = 0,
) -> Declaration:  # fmt: skip
    at = stage.at - days * DAY
    offer = Offer(
        form=form, giver=giver, accepted=taken, value_pence=pence, purpose=purpose, reason=WHY if taken else ""
    )
    gift = Gift(offer=offer, what=what, offered_at=at - late * DAY, home_id=home_id, giver_firm_id=firm_id)
    subject = service.subject_of(stage.session, stage.cast.people[ref], None, at)
    return service.declare_gift(stage.session, subject, gift, **_by(stage, ref, at))


def _interests(stage: Stage, place: Place) -> None:
    """A sister whose home is out of bounds; shares that nobody has read yet; a second job with leave; one a year old."""
    sister = _interest(stage, "gita", 30, "relative", "My sister", "She lives in a home where we repair boilers.")
    read = sister.declared_at + DAY
    ties.acknowledge(stage.session, sister, "manager", **_by(stage, FIRMS_MANAGER, read))
    ties.acknowledge(stage.session, sister, "contact", **_by(stage, CONTACT, read + HOUR))
    apart = Apart(homes=(place.home_id,))
    control = Control(homes=1, reason="She is not sent to her sister's home. Somebody else goes.")
    ties.manage(stage.session, sister, apart, control, **_by(stage, CONTACT, read + 2 * HOUR))
    _interest(
        stage, "connor", 2, "financial", "Oakline Repairs", "My wife owns a tenth of it.", stage.cast.firms["oakline"]
    )
    job = _interest(stage, "vera", 60, "other_work", "A bakery", "Two mornings at the weekend.")
    ties.acknowledge(stage.session, job, "manager", **_by(stage, CONTACT, job.declared_at + DAY))
    leave = Control(leave="granted", reason="It is outside our hours, and nothing to do with homes.")
    ties.manage(stage.session, job, Apart(), leave, **_by(stage, CONTACT, job.declared_at + 2 * DAY))
    club = _interest(
        stage, "dora", 400, "organisational", "A football club", "I am its treasurer, and the council gives it money."
    )
    ties.acknowledge(stage.session, club, "manager", **_by(stage, SENIOR, club.declared_at + DAY))
    follows = Control(reason="Nothing: she has no part in grants.")
    ties.manage(stage.session, club, Apart(), follows, **_by(stage, SENIOR, club.declared_at + 2 * DAY))
    assert club.stage == Tie.MANAGED


def _interest(
    stage: Stage, ref: str, days: int, type: str, who: str, what: str, firm_id: str | None = None
) -> Declaration:
    at = stage.at - days * DAY
    subject = service.subject_of(stage.session, stage.cast.people[ref], None, at)
    interest = Interest(type=type, who=who, what=what, firm_id=firm_id)
    return ties.declare(stage.session, subject, interest, **_by(stage, ref, at))


def _panel(stage: Stage) -> None:
    """Somebody who signed one of the two, and left the room once."""
    at = stage.at - 40 * DAY
    pat = involved.take_in(
        stage.session, "panel", "Pat Ryder", starts_on=london_date(at), organisation="Tenants' panel"
    )
    undertakings.sign(
        stage.session,
        pat,
        "confidentiality",
        "Pat Ryder",
        agrees=True,
        key=stage.form_key(),
        at=at,
        policy=stage.policy,
    )
    undertakings.record_recusal(
        stage.session, "involved", pat.id, "meeting", held_on=london_date(stage.at - 10 * DAY), left=True,
        words="Item 4, the repairs contract. The chair noted it, and the others decided.",
        **_by(stage, SENIOR, stage.at - 9 * DAY),
    )  # fmt: skip


def _by(stage: Stage, ref: str, at: datetime) -> dict[str, Any]:
    return {"key": stage.form_key(), "by": stage.cast.people[ref], "at": min(at, stage.at), "policy": stage.policy}
