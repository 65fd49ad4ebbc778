"""A report for the vault leaves no trace (N3, R4): every page of every role is the same, byte by byte, with one and without."""

import re
from pathlib import Path
from typing import Any

import pytest

from fieldvisit import worker
from fieldvisit.config import Config
from fieldvisit.ground.roles import BOXES
from fieldvisit.safeguarding.models import SealedBox
from tests.census.objects import PEOPLE
from tests.stories import Story, a_visit
from tests.world import NOW, World

BOX = "eyJhbGciOiJFQ0RILUVTIn0..AAAAAAAAAAAAAAAA." + "A" * 5462 + ".AAAAAAAAAAAAAAAAAAAAAA"
ROOT = Path(__file__).parents[2]
OWN = re.compile(rb'(name="(?:k|csrf_token)" value=|X-CSRFToken": ?|name="csrf-token" content=|"csrf": ?)"[^"]*"')
NOT_A_PAGE = ("/static/", "/app/", "/safe", "/sign-out", "/badge", "/V", "/v/", "/t/", "/calendar/", "/sw.js", "/packs")


def pages(world: World, story: Story) -> list[str]:
    """Every address that answers a GET, with the ids of the visit, the home and the worker of whom the report is."""
    values = {"visit_id": story.visit_id, "home_id": world.ids["100030000001"], "person_id": world.ids["asha"]}
    found = []
    for rule in world.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= set(values) and not str(rule).startswith(NOT_A_PAGE):
            address = str(rule)
            for name in rule.arguments:
                address = re.sub(rf"<\w+:{name}>", values[name], address)
            found.append(address)
    return sorted(found)


def test_no_form_of_ours_records_one_by_the_common_road() -> None:
    """That road seals to the main server alone: what is typed for the vault is sealed to it first (js/matter.js)."""
    for path in ROOT.joinpath("templates").rglob("*.html"):
        assert not re.search(r"""(data-event=|fact\(|form\()["']box""", path.read_text()), path


def crawl(world: World, addresses: list[str]) -> dict[tuple[str, str], tuple[int, bytes]]:
    seen = {}
    for ref in sorted({who for who in PEOPLE.values() if who in world.ids}):
        browser = world.client(ref)
        for address in addresses:
            with browser.get(address) as answer:
                seen[ref, address] = answer.status_code, OWN.sub(b"", answer.data)
    return seen


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_nobody_sees_that_there_is_one_nor_that_it_was_received(world: World, home: Any) -> None:
    story = a_visit(world).in_the_home()
    addresses = pages(world, story)
    assert {"/office/visits", "/office/visits.csv", "/office/tasks", "/office/held", "/office/messages", "/outbox", "/today",
            f"/office/visits/{story.visit_id}", f"/visits/{story.visit_id}", "/concern", "/readyz"} <= set(addresses)  # fmt: skip
    without = crawl(world, addresses)
    assert crawl(world, addresses) == without  # the crawl itself changes nothing
    story.phone.save("box", None, {"size": 4096, "sealed": BOX}, story.at, kv=2)  # type: ignore[arg-type]
    assert story.phone.send(story.at)[0]["status"] == "accepted"
    assert crawl(world, addresses) == without
    worker.run(world.database, Config.model_construct(home=home), world.policy, once=True)  # this vault cannot open it
    with world.database.writing(BOXES) as session:
        [row] = session.query(SealedBox)
        row.jwe, row.number, row.delivered_at = None, "ABCDEFGH", NOW
    with_one = crawl(world, addresses)
    assert {page for page in without if without[page] != with_one[page]} <= {(ref, "/readyz") for ref in world.ids}
