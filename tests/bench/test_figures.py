"""What is asked to be fast, each beside a bare Flask view that answers as many bytes, in the same run: read the ratio.

Run by `make bench`. Every figure is in process, one request after another; nothing is asserted about the clock.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.badges.codes import SERVER_DEVICE, shown_at
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import with_secret
from fieldvisit.ground.roles import CHECKING
from fieldvisit.register.models import Person
from fieldvisit.visits.models import Visit, VisitWorker
from tests.phone_double import Phone
from tests.world import World

Asked = Callable[[], Response]


def browser(app: Flask, email: str) -> FlaskClient:
    database = app.extensions["fv_database"]
    with database.reading(None) as session:
        person = session.scalars(select(Person).where(Person.email.startswith(email))).first()
    assert person, f"the demo has no {email}"
    world = World(app, database, app.extensions["fv_policy"], {"them": person.id}, now=datetime.now(UTC))
    return world.client("them")


def bare(size: int) -> Asked:
    """The least that Flask can do for an answer of that size."""
    app = Flask("bare")
    body = b"x" * size
    app.add_url_rule("/", view_func=lambda: body)
    client = app.test_client()
    return lambda: client.get("/")


def measure(benchmark: Any, group: str, which: str, ours: Asked) -> None:
    """Two rows in one group: ours, and the bare view of the same size."""
    answer = ours()
    assert answer.status_code == 200, answer.text[:300]
    benchmark.group = group
    benchmark.extra_info["bytes"] = len(answer.data)
    answer = benchmark(ours if which == "ours" else bare(len(answer.data)))
    assert answer.status_code == 200


both = pytest.mark.parametrize("which", ["ours", "bare"])


@both
def test_one_verify_answer(benchmark: Any, big: Flask, which: str) -> None:
    now = datetime.now(UTC)
    with big.extensions["fv_database"].reading(None) as session:
        badge_id = session.scalars(
            select(Badge.id).join(Person).where(Badge.state == "active", Person.email.startswith("asha"))
        ).first()
        badge = with_secret(session, badge_id)
    shown = shown_at(badge.secret, badge.id, SERVER_DEVICE, now, 30)
    client = big.test_client()
    measure(
        benchmark, "verify", which, lambda: client.get(f"/v/{badge.id}/{shown.code}", headers={"Host": "localhost"})
    )


@both
def test_one_round(benchmark: Any, big: Flask, which: str) -> None:
    client = browser(big, "asha")
    measure(benchmark, "round", which, lambda: client.get("/today"))


@both
def test_the_logs_first_page(benchmark: Any, big: Flask, which: str) -> None:
    client = browser(big, "olive")
    measure(benchmark, "log, page 1", which, lambda: client.get("/office/visits"))


@both
def test_the_logs_thousandth_page(benchmark: Any, big: Flask, which: str) -> None:
    client = browser(big, "olive")
    page = older(client, 1_000)
    measure(benchmark, "log, page 1,000", which, lambda: client.get(page))


def older(client: FlaskClient, pages: int) -> str:
    """The address of the page that so many presses of 'Older' lead to, or of the last there is."""
    address = "/office/visits"
    for _ in range(pages - 1):
        link = re.search(r'href="([^"]*after=[^"]*)"', client.get(address).text)
        if link is None:
            break
        address = link[1].replace("&amp;", "&")
    return address


@both
def test_one_door_event_committed(benchmark: Any, big: Flask, which: str) -> None:
    """Opened, verified, chained, folded and committed with synchronous=FULL."""
    if which == "bare":
        measure(benchmark, "event", which, bare(400))
        return
    phone = Phone(big).enrol(browser(big, "asha"))
    with big.extensions["fv_database"].reading(CHECKING) as session:
        visit = session.scalars(
            select(Visit.id).join(VisitWorker, VisitWorker.visit_id == Visit.id).join(Person, Person.id == VisitWorker.person_id)
            .where(Person.email.startswith("asha"), Visit.stage == "notified").order_by(Visit.window_start.desc())
        ).first()  # fmt: skip
    assert visit, "the demo keeps a visit ready for asha"

    def another() -> tuple[tuple[Any, ...], dict[str, Any]]:
        now = datetime.now(UTC)
        return (now, [phone.save("visit.late", visit, {"minutes": 10}, now, uuid=str(uuid.uuid4()))]), {}

    benchmark.group = "event"
    # The visit's log grows by one line a round: few rounds, so that the figure is that of a real log's length.
    results = benchmark.pedantic(phone.send, setup=another, rounds=40)
    assert results[0]["status"] == "accepted"
