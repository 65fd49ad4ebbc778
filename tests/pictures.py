"""What the worker does with photos and signatures, for tests that only look at what came of it."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from fieldvisit.badges.portraits import portrait
from fieldvisit.evidence.models import SubjectKey
from fieldvisit.evidence.service import path_of
from fieldvisit.ground.roles import CHECKING, KEYS
from fieldvisit.jobs import Work
from fieldvisit.outbox import pictures
from fieldvisit.outbox.models import Attachment
from tests.stories import Story, a_visit
from tests.world import World

PHOTO = portrait(4)
FIRST_HOME, SECOND_HOME = "100030000001", "100030000002"


def room_in(world: World) -> pictures.Room:
    return pictures.room_of(world.app.extensions["fv_config"], world.database)


def make_all_ready(world: World, at: datetime | None = None) -> list[str]:
    """What became of each that was wished for, by id."""
    with world.database.reading(CHECKING) as session:
        wanted = session.scalars(
            select(Attachment.id).where(Attachment.picture == "wanted").order_by(Attachment.id)
        ).all()
    return [pictures.make_ready(room_in(world), one, at or world.now) for one in wanted]


def came(world: World, *contents: bytes, home: str = FIRST_HOME) -> Story:
    """Photos of one visit, whole and filed."""
    story = a_visit(world, home=home).in_the_home()
    for content in contents:
        blob = story.phone.photo(story.visit_id, content, story.at)
        assert story.phone.send(story.at)[0]["status"] == "accepted"
        assert story.phone.put_whole(blob).get_json()["complete"]
    return story


def rows(world: World) -> list[Attachment]:
    with world.database.reading(CHECKING) as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.named_at, Attachment.id)))


def row(world: World) -> Attachment:
    [one] = rows(world)
    return one


def home_keys(world: World) -> list[SubjectKey]:
    with world.database.reading(KEYS) as session:
        return list(session.scalars(select(SubjectKey)))


def sealed_file(world: World, one: Attachment) -> Path:
    return path_of(room_in(world).sealed, one.id)


def blob_file(world: World, one: Attachment) -> Path:
    return path_of(world.app.extensions["fv_config"].evidence, one.stored or "")


def work_of(world: World, kind: str) -> list[Work]:
    with world.database.reading(None) as session:
        return list(session.scalars(select(Work).where(Work.kind == kind).order_by(Work.due_at)))
