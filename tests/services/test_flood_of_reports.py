"""T40: many false reports against one worker from one place: to the phone line, linked to the first, and nobody suspended."""

from datetime import timedelta

from sqlalchemy import func, select

from fieldvisit.badges.models import Badge
from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.models import Concern, ConcernLink
from fieldvisit.breaches.rules import PUBLIC_AN_HOUR, Channel, Told
from fieldvisit.doorway.reports import take
from fieldvisit.ground.roles import CONDUCT, TAKING, Principal, Role
from fieldvisit.messages.models import Message
from fieldvisit.register.service import tenants_stand_in
from fieldvisit.tasks import Task
from tests.world import NOW, World

MANY, HOURS = 400, 4


def test_of_a_flood_few_are_taken_all_are_linked_and_the_badge_stays_good(world: World) -> None:
    told = Told(
        danger_now=False, still_there=False, anonymous=True, what="He swore", badge_number="MB-1003",
        about_id=world.ids["carl"], channel=Channel.FORM,
    )  # fmt: skip
    with world.database.writing(TAKING) as session:
        sender, came = tenants_stand_in(session).id, []
        for number in range(MANY):
            by = Principal(sender, Role.TENANT_LINK, NOW + number * timedelta(hours=HOURS) / MANY)
            taken = take(
                session, told, form_key=f"{number:032x}", net="e" * 16, counted="c" * 64, by=by, policy=world.policy,
                key=b"k" * 32,
            )  # fmt: skip
            came.append(taken is not None)
    few = HOURS * PUBLIC_AN_HOUR
    assert (came.count(True), came.count(False)) == (few, MANY - few) == (20, 380)
    with world.database.reading(CONDUCT) as session:
        links = session.scalars(select(ConcernLink)).all()
        assert session.scalar(select(func.count(Concern.id))) == few
        assert (len(links), len({link.other_id for link in links}), {link.kind for link in links}) == (
            few - 1,
            1,
            {"net"},
        )
        assert session.scalars(select(BreachCase.stage)).all() == ["reported"] * few
        assert session.scalars(select(Badge.state).where(Badge.number == "MB-1003")).one() == "active"
        assert session.scalars(select(Message.id)).all() == [] and session.scalars(select(Task.id)).all() == []
