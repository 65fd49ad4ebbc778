"""What the worker does with photos and signatures, for tests that only look at what came of it."""

from datetime import datetime

from sqlalchemy import select

from fieldvisit.ground.roles import CHECKING
from fieldvisit.outbox import pictures
from fieldvisit.outbox.models import Attachment
from tests.world import World


def room_in(world: World) -> pictures.Room:
    return pictures.room_of(world.app.extensions["fv_config"], world.database)


def make_all_ready(world: World, at: datetime | None = None) -> list[str]:
    """What became of each that was wished for, by id."""
    with world.database.reading(CHECKING) as session:
        wanted = session.scalars(select(Attachment.id).where(Attachment.picture == "wanted").order_by(Attachment.id)).all()
    return [pictures.make_ready(room_in(world), one, at or world.now) for one in wanted]
