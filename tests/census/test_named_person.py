"""Whoever a report names sees every page as it was, byte by byte, and no page asks a database one thing more (N1, N3, T10)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from fieldvisit.ground.roles import BOXES
from fieldvisit.safeguarding.models import SealedBox
from fieldvisit.vault import watch
from fieldvisit.vault.seeing import cases_of, everybody
from tests.census.test_no_trace import BOX, OWN, pages
from tests.stories import Story, a_visit
from tests.vault_house import STEP, House, a_vault
from tests.world import NOW, PEOPLE, World

NAMED = ("asha", "mona", "olive", "lena", "ines")  # the others: test_no_trace.py
BY_CHANCE = ("Set-Cookie", "Content-Security-Policy")
FORMS_OWN = re.compile(rb'name="k" value="[0-9a-f]{32}"')


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    vault = a_vault(tmp_path)
    world.app.extensions["fv_vault"] = vault
    yield House(vault).enrol("lena", "ines", ids=world.ids).enrol("luca", "dina")
    vault.store.dispose()


@contextmanager
def asked_of(world: World, house: House) -> Iterator[list[str]]:
    """Every statement that reaches either database."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engines = (world.database.reader, world.database.writer, house.vault.store.reader, house.vault.store.writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield said
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def crawl(
    world: World, house: House, browser: FlaskClient, addresses: list[str]
) -> dict[str, tuple[int, bytes, bytes, int]]:
    """Of each address: its status, its headers, its bytes without what is always by chance, and how much it asked."""
    seen = {}
    for address in addresses:
        with asked_of(world, house) as said, browser.get(address) as answer:
            body = FORMS_OWN.sub(b"", OWN.sub(b"", answer.data))
            heads = sorted(
                (name, value) for name, value in answer.headers if name not in ("Set-Cookie", "Content-Security-Policy")
            )
            seen[address] = answer.status_code, repr(heads).encode(), body, len(said)
    return seen


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize("ref", NAMED)
def test_who_is_named_finds_every_page_as_it_was(world: World, house: House, ref: str) -> None:
    story: Story = a_visit(world).in_the_home()
    house.send(facts="Something else altogether")
    watch.watch(house.vault, NOW)
    browser = world.client(ref)
    if ref in ("lena", "ines"):
        assert browser.post("/safe/come-in", data={"code": house.code(ref, NOW - STEP)}).status_code == 303
    reachable = [
        one for one, (status, *_) in crawl(world, house, browser, pages(world, story)).items() if status == 200
    ]
    addresses = [*reachable, "/safe", "/safe/record", "/safe/" + "f" * 32]
    without = crawl(world, house, browser, addresses)
    assert len(reachable) > 5 and crawl(world, house, browser, addresses) == without, "a crawl changes nothing"

    [(_, role, name, *_)] = [one for one in PEOPLE if one[0] == ref]
    named = [house.send(facts=f"Report {number}", named_staff=name, who_harms=name) for number in range(2)]
    with world.database.writing(BOXES) as session:  # they came by the main server, which has handed them over
        session.add(SealedBox(device="desk", uuid="0" * 36, envelope_sha256="0" * 64, sha256="0" * 64, jwe=BOX,
                              received_at=NOW))  # fmt: skip
    watch.watch(house.vault, NOW)
    case = house.case_of(named[0])
    with house.vault.store.reading() as session:
        there = {row.person_id: row for row in everybody(session).enrolled}
        if ref in ("lena", "ines"):
            assert case not in {one.case.id for one in cases_of(session, house.vault, there[world.ids[ref]])}
        assert case in {one.case.id for one in cases_of(session, house.vault, there["person-luca"])}
    with_one = crawl(world, house, browser, addresses)
    assert {one for one in addresses if with_one[one] != without[one]} == set(), role
    assert crawl(world, house, browser, [f"/safe/{case}"])[f"/safe/{case}"] == without["/safe/" + "f" * 32]
