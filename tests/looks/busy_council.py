"""What has happened before anybody looks: visits, messages and cases in every state that a page shows differently."""

from datetime import timedelta

from sqlalchemy import select

from fieldvisit.badges.codes import SERVER_DEVICE, shown_at
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import with_secret
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING, SENDING
from fieldvisit.messages import service
from fieldvisit.outbox.models import Held
from fieldvisit.register.models import Household, Person, Precaution
from fieldvisit.visits import events as ev
from fieldvisit.visits import notifying
from fieldvisit.visits.service import lock
from tests.looks import codes
from tests.looks.breaches import some_breaches
from tests.looks.complaints import some_complaints
from tests.looks.concerns import some_concerns
from tests.looks.declarations import some_declarations
from tests.looks.hazards import some_hazards
from tests.looks.lawful_entries import entries_without_consent
from tests.looks.photos import a_photographed_visit
from tests.looks.refusals import doors_that_stayed_shut
from tests.looks.safety import some_watches
from tests.stories import FIRST_HOME, Story, a_phone, a_visit
from tests.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND_HOME, THIRD_HOME = "100030000002", "100030000003"


def a_busy_council(world: World) -> dict[str, str]:
    """Visits in every state that a page shows differently. Names for addresses: 'today' -> its id, and so on."""
    now = world.now
    with world.database.writing(world.principal("olive")) as session:
        home = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        home.trusted_adult, home.needs, home.language = True, ["dog", "wait_longer"], "pl"
        today = now.date()
        for code, owner, hact in (("side_door", "dora", ""), ("", None, "location 50")):
            owner_id = owner and world.ids[owner]
            row = Precaution(
                home_id=home.home_id, code=code, owner_id=owner_id, set_on=today, review_on=today, hact_code=hact
            )
            session.add(row)
    with world.database.writing(world.principal("otto")) as session:
        hidden = session.scalars(select(Household).where(Household.home_id == world.ids["100030000004"])).one()
        hidden.protected = True
    made = {
        "done": a_visit(world, starts=now - DAY).at_the_door().answered().identified()
        .consented(trusted_adult="present").entered().closing().closed(unhappy=True),
        "hasty": a_visit(world, home=SECOND_HOME, starts=now - 2 * DAY, reason="The kitchen tap drips")
        .told(hours_before=5).set_off().arrived().answered().says("door.introduced").consented().entered(),
        "refused": a_visit(world, home=THIRD_HOME, starts=now - HOUR, lead="ben").at_the_door().answered()
        .identified().refused(),
        "at_door": a_visit(world, home=SECOND_HOME, lead="ben").at_the_door(),
        "today": a_visit(world, starts=now + HOUR).told(),
        "untold": a_visit(world, home=THIRD_HOME, starts=now + 4 * HOUR, reason="Damp in the back bedroom"),
        "tomorrow": a_visit(world, home=SECOND_HOME, starts=now + DAY, kind="safety_check", reason="Yearly gas check")
        .told(),
    }  # fmt: skip
    made["failed"] = a_visit(world, home=SECOND_HOME, starts=now + 3 * DAY, reason="The fence")
    made["works"] = a_visit(
        world, home=SECOND_HOME, starts=now + 30 * DAY, kind="planned_works", reason="A new kitchen"
    )
    with world.database.writing(CHECKING) as session:
        session.get_one(Badge, world.ids["badge of carl"]).state = "suspended"
        session.get_one(Person, world.ids["carl"]).photo = None
    ids = {"home": world.ids[FIRST_HOME], "other_home": world.ids[THIRD_HOME]}
    ids |= {"worker": world.ids["asha"], "stopped": world.ids["carl"]}
    ids["held"] = _held(world, made["at_door"])
    ids |= _messages(world, made["failed"].visit_id) | some_hazards(world) | some_complaints(world)
    ids |= doors_that_stayed_shut(world, made["refused"])
    ids |= entries_without_consent(world) | some_declarations(world)
    ids |= some_watches(world, made) | a_photographed_visit(world)
    ids |= some_breaches(world) | codes.some_codes(world) | some_concerns(world)
    return {name: story.visit_id for name, story in made.items()} | _badge(world) | ids


def _messages(world: World, visit_id: str) -> dict[str, str]:
    """A text that did not reach them, a letter that people print, and one that waits."""
    ids: dict[str, str] = {}
    with world.database.writing(SENDING) as session:
        visit = lock(session, visit_id)
        assert visit
        told = {"by": world.ids["olive"], "at": world.now, "policy": world.policy}
        for name, channel in (("text", "sms"), ("letter", "letter_first_class"), ("waiting", "letter_second_class")):
            [way] = [way for way in notifying.ways(session, visit, world.now) if way.channel == channel]
            text = notifying.text_for(session, visit, "notice", way, world.policy)
            row = notifying.give_notice(session, visit, text, key=new_id(), **told)
            if name != "waiting":
                row.provider = "screen"
                service.receive(session, row, "taken", world.now, by="provider", at=world.now)
            if name == "text":
                service.receive(session, row, "permanent-failure", world.now, by="callback", at=world.now)
                notifying.hear(session, row.id, world.now, world.policy)
            ids[name] = row.id
    return ids


def _held(world: World, of_somebody_else: Story) -> str:
    """A fact of a visit that was never this worker's."""
    phone = a_phone(world, "asha")
    phone.save("visit.noted", of_somebody_else.visit_id, {"words": "The key stuck in the lock."}, world.now)
    phone.send(world.now)
    with world.database.reading(CHECKING) as session:
        return session.scalars(select(Held.id)).one()


def a_visit_with_every_step(world: World) -> str:
    story = a_visit(world).told()
    return story.desk(
        ev.EntryAuthorised("necessity", world.ids["dora"], world.ids["olive"], ("call", "neighbour"))
    ).visit_id


def _badge(world: World) -> dict[str, str]:
    with world.database.reading(CHECKING) as session:
        badge = with_secret(session, world.ids["badge of asha"])
        assert badge
        step_s = world.policy.badge.step_s.value
        shown, before = (
            shown_at(badge.secret, badge.id, SERVER_DEVICE, at, step_s)
            for at in (world.now, world.now - timedelta(minutes=10))
        )
    return {"badge": badge.id, "code": shown.code, "old_code": before.code}
