"""Every address, method, role and relation against `permissions.csv`, which people write by hand from the council's matrix.

`whose`: own (the operative's own visit, the manager's firm, the officer's area), company (another firm's, same area),
area (another area's, same firm), nobody (an id that was never made), - (no object in the address).
A cell is the status that the person gets. 404 is what anybody sees of what they may not see. 422 and 409 mean that the
person got through and the form was the matter.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from fieldvisit.db import new_id
from fieldvisit.ground.roles import Role
from tests.census.objects import OFFICERS, PEOPLE, Objects
from tests.world import World

ORACLE = Path(__file__).with_name("permissions.csv")


def rows() -> list[dict[str, str]]:
    with ORACLE.open() as file:
        return list(csv.DictReader(file))


def methods(rule: Any) -> set[str]:
    return set(rule.methods) - {"HEAD", "OPTIONS"}


def in_the_oracle() -> set[tuple[str, str]]:
    return {(row["url"], method) for row in rows() for method in row["method"].split()}


HEADED = ("operative", "officer")


def checks(app: Flask, objects: Objects, wanted: list[dict[str, str]]) -> Iterator[tuple[str, int, int]]:
    """What was asked, what the oracle says, what the app answers. A new browser for each: one answer changes no other."""
    by_url = {str(rule): rule for rule in app.url_map.iter_rules()}
    who = PEOPLE[objects.column]
    headed: set[str] = set()
    for row in wanted:
        rule = by_url[row["url"]]
        values = {name: objects.named(name, row["whose"], row["url"]) for name in rule.arguments}
        with app.test_request_context(base_url="http://localhost"):
            address = str(rule.build(values, append_unknown=False)[1])
        for method in row["method"].split():
            said, expected = f"{method} {row['url']} ({row['whose']})", int(row[objects.column])
            answered = _status(objects.world, who, method, address)
            yield said, expected, answered
            if method == "GET" and objects.column in HEADED and row["url"] not in headed:
                headed.add(row["url"])  # the same view behind the same gate: whose it is has no say in it
                yield f"HEAD for {said}", expected, _status(objects.world, who, "HEAD", address)


def _status(world: World, who: str | None, method: str, address: str) -> int:
    form = {"k": new_id()} if method == "POST" else None
    browser = world.client(who)
    with browser.open(address, method=method, data=form, headers={"Accept": "text/html"}) as answer:
        return answer.status_code


def once_each(table: list[dict[str, str]]) -> list[dict[str, str]]:
    """One row of each rule and method: PostgreSQL is asked each of them once (ruling R26)."""
    return list({(row["url"], row["method"]): row for row in reversed(table)}.values())[::-1]


@pytest.mark.parametrize("column", PEOPLE)
def test_each_person_gets_what_the_oracle_says_and_nothing_else(world: World, column: str):
    table = rows() if world.database.is_sqlite else once_each(rows())
    asked = list(checks(world.app, Objects(world, column).fill(), table))
    print(f"{column}: {len(asked)} checks")
    wrong = [f"{what}: {expected} expected, {got} answered" for what, expected, got in asked if expected != got]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_address_and_method_has_a_row_and_every_row_an_address(app: Flask):
    served = {(str(rule), method) for rule in app.url_map.iter_rules() for method in methods(rule)}
    assert served - in_the_oracle() == set(), "write a row for it, from the matrix"
    assert in_the_oracle() - served == set(), "no such address any more"


def test_every_object_in_an_address_is_tried_as_somebody_elses_and_as_nobodys():
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows():
        if "<" in row["url"]:
            found.setdefault((row["url"], row["method"]), set()).add(row["whose"])
    assert [where for where, whose in found.items() if "nobody" not in whose] == []
    visits = {where: whose for where, whose in found.items() if "<id:visit_id>" in where[0]}
    assert [where for where, whose in visits.items() if whose != {"own", "company", "area", "nobody"}] == []


def test_every_role_has_a_column():
    assert {role.value for role in Role} <= set(PEOPLE)
    assert list(rows()[0])[3:] == list(PEOPLE)


def test_a_right_given_to_one_role_more_is_caught(world: World, monkeypatch):
    """The sister: were the matrix in the code loosened, the oracle would say so."""
    from fieldvisit.ground import roles

    right = roles.RIGHTS["visit", "list"]
    monkeypatch.setitem(roles.RIGHTS, ("visit", "list"), right | {Role.AUDITOR: roles.Right(roles.Scope.ANY)})
    only = [row for row in rows() if row["url"] == "/office/visits"]
    asked = list(checks(world.app, Objects(world, "auditor").fill(), only))
    assert ("GET /office/visits (-)", 404, 200) in asked


def test_every_right_taken_away_or_given_is_noticed_by_the_oracle(app: Flask):
    """Each right of `roles.RIGHTS` guards at least one row in which its roles and the others differ."""
    from fieldvisit.ground.roles import RIGHTS
    from fieldvisit.web.access import rule_of

    columns = {role: tuple(column for column in PEOPLE if column == role.value) for role in Role}
    columns[Role.OFFICER] = OFFICERS
    open_to: dict[tuple[str, str], set[Role]] = {}
    by_url = {str(rule): rule for rule in app.url_map.iter_rules()}
    for row in rows():
        right = rule_of(app, by_url[row["url"]].endpoint)
        assert right
        let_in = {role for role in Role if any(int(row[column]) != 404 for column in columns[role])}
        open_to.setdefault(right, set()).update(let_in)
    wrong = {right: (roles, set(RIGHTS[right])) for right, roles in open_to.items() if roles != set(RIGHTS[right])}
    assert wrong == {}
