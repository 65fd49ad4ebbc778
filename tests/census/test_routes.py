"""No route that nobody decided about, addresses people can read out, and a page that is looked at changes nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Blueprint, Flask
from sqlalchemy import event
from werkzeug.routing import UnicodeConverter

from fieldvisit import create_app
from fieldvisit.db import Database
from fieldvisit.faces import blueprints_of_faces
from fieldvisit.ground.roles import RIGHTS
from fieldvisit.web.access import RouteWithoutRuleError, access, refuse_to_start_without_rules, rule_of
from tests.census.objects import NOBODYS, Objects
from tests.census.test_permissions import rows
from tests.world import World

# What a GET may write, and why.
MAY_WRITE = {
    "access_record",  # a read is written down before it is shown
    "sign_in",  # when this browser was last seen
    "scan",  # that a badge was checked, never by whom
    "typed_try",  # a wrong guess
    "code_issue",  # that the document of a code was handed over: nobody signs it unopened
}
WRITES = re.compile(r"^\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)


def bare_app() -> Flask:
    return Flask("bare", static_folder=None)


# --- rules --------------------------------------------------------------------------------------------------------


def test_every_route_has_a_rule(app: Flask):
    assert [str(rule) for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) not in RIGHTS] == []


def test_the_app_does_not_start_with_a_route_that_has_no_rule():
    app = bare_app()
    app.add_url_rule("/forgotten", view_func=lambda: "x", endpoint="forgotten")
    with pytest.raises(RouteWithoutRuleError, match="/forgotten"):
        refuse_to_start_without_rules(app)


def test_nor_with_one_that_a_blueprint_brings(app: Flask, monkeypatch):
    blueprint = Blueprint("late", __name__)
    blueprint.add_url_rule("/late", view_func=lambda: "x", endpoint="late")
    faces = blueprints_of_faces()
    monkeypatch.setattr("fieldvisit.faces.blueprints_of_faces", lambda: faces | {"vault": (blueprint,)})
    with pytest.raises(RouteWithoutRuleError, match="/late"):
        create_app(app.extensions["fv_config"])


def test_nor_with_an_untyped_part_in_an_address():
    app = bare_app()
    app.add_url_rule("/visits/<ref>", view_func=access("site", "open")(lambda ref: ref), endpoint="loose")
    with pytest.raises(RouteWithoutRuleError, match="untyped"):
        refuse_to_start_without_rules(app)


def test_a_right_that_is_not_in_the_matrix_cannot_be_asked_for():
    with pytest.raises(RouteWithoutRuleError):
        access("visit", "adore")


def test_the_rule_is_on_the_view_whichever_order_the_decorators_stand_in():
    app = bare_app()
    view = access("site", "open")(app.get("/either")(lambda: "x"))
    assert view.access == ("site", "open")
    refuse_to_start_without_rules(app)


def test_a_route_added_after_the_start_answers_404(new_app: Callable[[], Flask]):
    app = new_app()
    app.add_url_rule("/sneaked-in", view_func=lambda: "secret", endpoint="sneaked_in")
    assert app.test_client().get("/sneaked-in").status_code == 404


# --- addresses ----------------------------------------------------------------------------------------------------


def test_addresses_are_kebab_case(app: Flask):
    words = [(str(rule), part) for rule in app.url_map.iter_rules() for part in _plain_parts(str(rule))]
    odd = {address for address, part in words if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?", part)}
    assert {address for address in odd if not address.startswith("/V")} == set(), "a QR holds capitals: /V alone"


def _plain_parts(address: str) -> list[str]:
    return [part for part in address.split("/") if part and not part.startswith("<")]


def test_every_part_of_an_address_that_varies_has_a_type(app: Flask):
    untyped = [
        str(rule) for rule in app.url_map.iter_rules() for c in rule._converters.values() if type(c) is UnicodeConverter
    ]
    assert untyped == []


@pytest.mark.parametrize("wrong", ["1", "0" * 31, "0" * 33, "G" * 32, "A" * 32, "%00", "..%2f..%2fetc%2fpasswd", "'--"])
def test_an_id_that_we_never_make_reaches_no_view(signed_in, wrong: str):
    assert signed_in("olive").get(f"/office/visits/{wrong}").status_code == 404


# --- looking changes nothing --------------------------------------------------------------------------------------


@contextmanager
def writes_to(*databases: Database) -> Iterator[set[str]]:
    """The tables that are written to while the block runs."""
    found: set[str] = set()

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if match := WRITES.match(statement):
            found.add(match[2].lower())

    engines = [engine for database in databases for engine in (database.reader, database.writer)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", listen)


def pages(app: Flask, objects: Objects) -> list[str]:
    by_url = {str(rule): rule for rule in app.url_map.iter_rules()}
    found = []
    for row in rows():
        if "GET" in row["method"].split() and row["whose"] in ("-", "own", "nobody"):
            rule = by_url[row["url"]]
            values = {name: objects.named(name, row["whose"], row["url"]) for name in rule.arguments}
            with app.test_request_context(base_url="http://localhost"):
                found.append(str(rule.build(values, append_unknown=False)[1]))
    return found


@pytest.mark.parametrize(
    "column", ["operative", "contractor_manager", "scheduler", "duty", "call_handler", "anonymous"]
)
@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_looking_at_any_page_writes_nothing_but_that_it_was_looked_at(world: World, column: str):
    from tests.census.objects import PEOPLE

    objects = Objects(world, column).fill()
    browser = world.client(PEOPLE[column])
    addresses = pages(world.app, objects)
    assert len(addresses) > 40
    with writes_to(world.app.extensions["fv_database"]) as written:
        for address in addresses:
            for method in ("GET", "HEAD"):
                with browser.open(address, method=method, headers={"Accept": "text/html"}):
                    pass
    assert written <= MAY_WRITE


def test_a_page_that_wrote_would_be_caught(world: World):
    from fieldvisit.tasks import raise_task

    database = world.app.extensions["fv_database"]
    with writes_to(database) as written, database.writing(None) as session:
        raise_task(
            session, "unhappy", cause="x", about="visit", about_id=NOBODYS, area_id=None, at=world.now, due=world.now
        )
    assert written == {"task"}


def test_what_a_get_changes_in_its_session_is_never_kept(world: World, new_app: Callable[[], Flask]):
    """The request's own session of a GET is not committed, whatever the view did."""
    from sqlalchemy import select

    from fieldvisit.register.models import Area
    from fieldvisit.web import access as gate

    app = world.app = new_app()

    def renames() -> str:
        gate.session().scalars(select(Area).where(Area.name == "North")).one().name = "Mine"
        return "done"

    app.add_url_rule("/renames", view_func=access("site", "sign-out")(renames), endpoint="renames")
    assert world.client("olive").get("/renames").text == "done"
    with world.database.reading(None) as session:
        assert set(session.scalars(select(Area.name))) == {"North", "South"}
