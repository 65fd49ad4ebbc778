"""T31: with the whole database in hand nobody finds out when somebody told of a concern without giving a name."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import DateTime, select

from fieldvisit.breaches import case_readers
from fieldvisit.breaches.case_models import BreachCase, BreachSeat
from fieldvisit.db import Base
from fieldvisit.doorway import scans
from fieldvisit.ground.roles import CONDUCT
from tests.web.test_behaviour import asks, reports, the_receipt
from tests.web.test_intake_line import NAMELESS, every_row, take
from tests.world import NOW, World

CALLED = NOW + timedelta(hours=2, minutes=17, seconds=23)
HOUR = timedelta(hours=1)
# (table, column): why an instant may stand there within the hour of the call.
ALLOWED = {
    (
        "access_record",
        "at",
    ): "that a list was opened, never what for; that somebody was looked for, by the hour and never whom",
    ("link_try", "at"): "the hour alone, under a key of this home, and for an hour",
    ("deployment", "worker_seen_at"): "the worker was here",
    ("sign_in", "seen_at"): "somebody was at work, on whatever page",
    ("work", "due_at"): "the worker's rounds, which come whether or not anybody rings",
    ("work", "leased_until"): "the same",
    ("work", "done_at"): "the same",
}


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


def instants(world: World) -> list[tuple[str, str, Any]]:
    """Of every column of every table that can hold one."""
    found = []
    for table in Base.metadata.sorted_tables:
        columns = [
            column.name for column in table.columns if isinstance(column.type, DateTime) or _is_ours(column.type)
        ]
        for row in every_row(world.database, table.name) if columns else ():
            found += [(table.name, name, _aware(row[name])) for name in columns if row[name] is not None]
    return found


def _is_ours(kind: Any) -> bool:
    return isinstance(getattr(kind, "impl", None), DateTime)


def _aware(value: Any) -> datetime:
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def near_the_call(world: World, before: list[tuple[str, str, Any]]) -> list[tuple[str, str, Any]]:
    return [each for each in instants(world) if each not in before and abs(each[2] - CALLED) < HOUR]


def test_after_an_anonymous_call_and_a_public_report_no_instant_within_the_hour_stands_anywhere(
    world: World, clock: Any, works: Any
):
    works()  # the daily round of this day
    world.now = CALLED
    clock.move_to(CALLED)
    hana, ines, anybody = world.client("hana"), world.client("ines"), world.client()
    before = instants(world)
    hana.post("/office/intake/draft", data=NAMELESS | {"n": "7"})
    assert hana.post("/office/intake/who", data=NAMELESS | {"who": "kaur"}).status_code == 200
    assert take(hana, NAMELESS).status_code == 303
    answer = reports(anybody, 3)
    assert asks(anybody, "1234 5678 9012 3456").status_code == 200
    assert asks(anybody, the_receipt(answer), words="And a cup", k="5" * 32).status_code == 200
    clock.move_to(CALLED + timedelta(minutes=4))
    assert works()
    assert {row["readers_at"] for row in every_row(world.database, "breach_case")} == {None}
    clock.move_to(CALLED + timedelta(minutes=9))
    assert ines.get("/office/breaches").text.count("/office/breaches/") >= 2
    near = near_the_call(world, before)
    assert [each for each in near if each[:2] not in ALLOWED] == []
    for name, column, at in near:
        if name == "link_try":
            assert (at.minute, at.second) == (0, 0), column
    kept = every_row(world.database, "access_record")
    looked = [_aware(row["at"]) for row in kept if row["action"] == "search" and row["reason"] == "by a name"]
    assert looked == [CALLED.replace(minute=0, second=0)], "it is recorded, and by the hour"
    assert [row for row in kept if row["action"] == "take" and _aware(row["at"]) != NOW.replace(hour=0)] == []


def test_what_the_handler_reads_back_and_the_networks_that_are_counted_lead_to_no_concern(
    world: World, hana: FlaskClient
):
    address = take(hana, NAMELESS).headers["Location"]
    reports(world.client(), 3)
    asks(world.client(), "1234 5678 9012 3456")
    concerns = every_row(world.database, "concern")
    drafts, tries = every_row(world.database, "concern_draft"), every_row(world.database, "link_try")
    assert len(drafts) == 2 and len(tries) == 4, "two of networks, and that the handler asked"
    known = {each[name] for each in concerns for name in ("id", "form_key", "net", "ref") if each[name]}
    known.add(scans.network("198.51.100.7", world.app.config["SECRET_KEY"], NOW))  # as of whoever checks a badge there
    made = known | {
        sha256(f"{what}\n{each}".encode()).hexdigest() for each in known for what in ("report", "receipt", "linked")
    }
    assert not made & ({row["form_key"] for row in drafts} | {row["key"] for row in tries})
    assert not {each[:16] for each in made - known} & {each["net"] for each in concerns}
    assert not any(each in address for each in known)


def test_an_anonymous_case_gets_its_readers_in_the_daily_round_and_a_named_one_in_ten_minutes(world: World):
    hana = world.client("hana")
    take(hana, NAMELESS)
    take(hana, NAMELESS | {"anonymous": "no", "k": "b" * 32, "same": "no"})
    case_readers.settle(world.database, world.now, world.policy, but_anonymous=True)
    with world.database.reading(CONDUCT) as session:
        waiting, seated = session.scalars(select(BreachCase).order_by(BreachCase.readers_at.is_not(None))).all()
        assert (waiting.readers_at, seated.readers_at) == (None, world.now)
    case_readers.settle(world.database, world.now, world.policy)
    with world.database.reading(CONDUCT) as session:
        seats = session.scalars(select(BreachSeat).where(BreachSeat.case_id == waiting.id)).all()
        assert seats and {seat.starts for seat in seats} == {NOW.replace(hour=0)}
