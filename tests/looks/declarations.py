"""Gifts and interests in every state that a page shows differently: see `busy_council.py`."""

from datetime import timedelta

from playwright.sync_api import Page

from fieldvisit.db import new_id
from fieldvisit.declarations import service, ties, undertakings
from fieldvisit.declarations.interests import Control
from fieldvisit.declarations.rules import Offer
from fieldvisit.declarations.service import Gift
from fieldvisit.declarations.ties import Apart, Interest
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import DEMO
from fieldvisit.register import involved
from fieldvisit.register.models import Person, PersonDuty
from tests.stories import FIRST_HOME
from tests.world import LONG_AGO, World

DAY = timedelta(days=1)
WHY = "She baked for everybody who worked on her street, and would have been hurt."


def sends_nothing(page: Page) -> None:
    page.get_by_role("button", name="Send").click()
    page.get_by_text("There is a problem").wait_for()


def decides_nothing(page: Page) -> None:
    page.get_by_role("button", name="Record the decision").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def some_declarations(world: World) -> dict[str, str]:
    """Three cakes from one home, one decided; cash refused; a relative who is managed, and one whose year is over."""
    now, ids = world.now, {}
    keynes = load_policy("milton-keynes")  # where a small gift may be kept; the rest is judged as here
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids["olive"]).manager_id = world.ids["dora"]
        for duty in ("complaints_senior", "repairs_manager"):
            session.add(PersonDuty(person_id=world.ids["dora"], duty=duty, area_id=None, starts=LONG_AGO))
        for name, who, days in (("first", "ben", 90), ("second", "asha", 40), ("gift", "olive", 9)):
            at = now - days * DAY
            offer = Offer(form="thing", giver="tenant", accepted=True, value_pence=1250, reason=WHY)
            gift = Gift(offer=offer, what="A cake in a tin, because the boiler works again.", offered_at=at - 4 * DAY,
                        home_id=world.ids[FIRST_HOME])  # fmt: skip
            subject = service.subject_of(session, world.ids[who], None, at)
            row = service.declare_gift(session, subject, gift, key=new_id(), by=subject.id, at=at, policy=keynes)
            ids[f"declared_{name}"] = row.id
            if name == "first":
                service.decide(
                    session, row, "keep", WHY, key=new_id(), by=world.ids["mona"], at=at + DAY, policy=keynes
                )
        for who, name in (("olive", "tie"), ("asha", "old_tie")):
            at = now - (400 if name == "old_tie" else 3) * DAY
            subject = service.subject_of(session, world.ids[who], None, at)
            interest = Interest(
                type="relative",
                who="My sister",
                what="She lives at 1 Larch Close.",
                firm_id=world.ids["Oakline Repairs"],
            )
            row = ties.declare(session, subject, interest, key=new_id(), by=subject.id, at=at, policy=world.policy)
            ids[f"declared_{name}"] = row.id
        tie = service.lock(session, ids["declared_tie"])
        assert tie
        ties.acknowledge(session, tie, "manager", key=new_id(), by=world.ids["dora"], at=now - DAY, policy=world.policy)
        follows = Apart((world.ids[FIRST_HOME],), (world.ids["Oakline Repairs"],), (("person", world.ids["ines"]),))
        control = Control(homes=1, firms=1, people=1, reason="She is kept away from her sister's home and its repairs.")
        ties.manage(
            session, tie, follows, control, key=new_id(), by=world.ids["dora"], at=now - DAY, policy=world.policy
        )
        pat = involved.take_in(session, "panel", "Pat Ryder", starts_on=(now - 30 * DAY).date())
        undertakings.sign(
            session,
            pat,
            "confidentiality",
            "Pat Ryder",
            agrees=True,
            key=new_id(),
            at=now - 30 * DAY,
            policy=world.policy,
        )
        undertakings.record_recusal(
            session, "involved", pat.id, "meeting", held_on=(now - DAY).date(), left=True,
            words="Item 4, the repairs contract. The chair noted it, and the others decided.", key=new_id(),
            by=world.ids["dora"], at=now, policy=world.policy,
        )  # fmt: skip
        ids["pat"] = pat.id
    return ids
