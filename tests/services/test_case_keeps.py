"""While a case of conduct is open, the photos of its visit stay, and so do the checks of a badge that it rests on (5.3)."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from fieldvisit import worker
from fieldvisit.badges.models import Scan
from fieldvisit.breaches.case_evidence import attach, to_attach
from fieldvisit.breaches.case_keeps import AFTERWARDS
from fieldvisit.breaches.case_models import BreachCase, BreachStep
from fieldvisit.ground.roles import CONDUCT, DEMO, SENDING
from fieldvisit.jobs import Work
from fieldvisit.worker_sending import Shop
from tests.cases import a_case
from tests.services.test_purging import DAY, PHOTO_GOES, here, purge, with_pictures
from tests.world import World

MONTH = timedelta(days=31)


def ends(world: World, case_id: str, at: datetime | None) -> None:
    with world.database.writing(DEMO) as session:
        session.execute(update(BreachCase).where(BreachCase.id == case_id).values(closed_at=at))


def test_an_open_case_of_conduct_holds_the_photos_of_its_visit(world: World) -> None:
    story = with_pictures(world)
    case = a_case(world, visit_id=story.visit_id)
    a_case(world, "ben")  # of no visit: it holds nothing
    assert (purge(world, PHOTO_GOES + DAY), here(world)) == (0, {"photo", "signature"})
    ends(world, case.id, PHOTO_GOES)
    assert [purge(world, at) for at in (PHOTO_GOES, PHOTO_GOES + DAY)] == [0, 1], "the day after it was closed"
    assert here(world) == {"signature"}


def two_scans(world: World) -> tuple[str, str]:
    """One that a case rests on, and one like it."""
    with world.database.writing(DEMO) as session:
        badge = world.ids["badge of asha"]
        found = [Scan(badge_id=badge, answer="FRESH", hour=world.now - timedelta(hours=3)) for _ in range(2)]
        session.add_all(found)
        session.flush()
        return found[0].id, found[1].id


def tidied(world: World, at: datetime) -> set[str]:
    """What is left after the worker's daily round."""
    shop = Shop(world.database, world.app.extensions["fv_config"], world.policy, "")
    with world.database.writing(SENDING) as session:
        worker._tidy(session, shop, Work(), at)
    with world.database.reading(CONDUCT) as session:
        return set(session.scalars(select(Scan.id)))


def test_a_check_that_a_case_rests_on_stays_until_the_case_is_over_and_others_go(world: World) -> None:
    held, other = two_scans(world)
    case = a_case(world)
    with world.database.writing(CONDUCT) as session:
        row = session.get_one(BreachCase, case.id)
        step = session.scalars(select(BreachStep.id).where(BreachStep.case_id == row.id)).first()
        assert step
        attach(session, row, step, [item for item in to_attach(session, row) if item.ref_id == held])
    assert tidied(world, world.now + timedelta(days=1)) == {held, other}
    assert tidied(world, world.now + MONTH) == {held}
    ends(world, case.id, world.now + MONTH)
    assert tidied(world, world.now + MONTH + AFTERWARDS) == {held}, "an appeal may still open it again"
    assert tidied(world, world.now + MONTH + AFTERWARDS + DAY) == set()
