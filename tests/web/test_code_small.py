"""That a change is small, so that nobody is asked and nobody signs again, is seen by a second person before it goes live."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from fieldvisit.audit.models import AccessRecord
from fieldvisit.codes.models import CodeVersion
from fieldvisit.register.models import Person
from tests.services.test_codes import a_version, page_of
from tests.web.desk_forms import said
from tests.web.test_codes import approval, going_live, started, uploaded
from tests.world import World

ASK = "Is the change small?"
TWO = "not who began this version or uploaded its text"


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Approved, and small: by the administrator alone."""
    a_version(world, "1.9")
    adam = world.client("adam")
    found = started(world, adam, size="minor")
    uploaded(adam, found, page_of("three"))
    assert adam.post(f"{found}/approve", data=approval()).status_code == 303
    yield found


def stage_of(world: World, address: str) -> str:
    with world.database.reading(None) as session:
        return session.get_one(CodeVersion, address.rpartition("/")[2]).status


def test_who_made_it_small_does_not_confirm_it_and_it_does_not_go_live(world: World, address: str):
    adam = world.client("adam")
    page = said(adam.get(address))
    assert ASK in page and "Their texts differ" in page
    refused = adam.post(f"{address}/go_live", data=going_live())
    assert refused.status_code == 422
    assert TWO in said(refused) and "Ada Owner" in refused.text
    own = adam.post(f"{address}/small")
    assert own.status_code == 409
    assert TWO in said(own)
    assert stage_of(world, address) == "approved"


def test_an_officer_who_compared_them_says_so_once_by_name_and_then_it_goes_live(world: World, address: str):
    olive, adam = world.client("olive"), world.client("adam")
    for _ in range(2):
        assert olive.post(f"{address}/small").location.endswith("?done=small")
    page = said(olive.get(address))
    assert "Olive Marsh said so on" in page and page.count("seen that the change is small") == 1
    assert adam.post(f"{address}/go_live", data=going_live()).status_code == 303
    assert stage_of(world, address) == "live"
    with world.database.reading(None) as session:
        assert session.query(AccessRecord).filter_by(reason="small").count() == 2


def test_another_account_of_the_same_person_is_no_second_person(world: World, address: str):
    with world.database.writing(None) as session:
        adam, olive = (session.get_one(Person, world.ids[ref]) for ref in ("adam", "olive"))
        adam.phone = olive.phone = "07700 900123"
    assert world.client("olive").post(f"{address}/small").status_code == 409


def test_another_text_is_looked_at_anew(world: World, address: str):
    adam = world.client("adam")
    world.client("olive").post(f"{address}/small")
    adam.post(f"{address}/go_back")
    uploaded(adam, address, page_of("four"))
    adam.post(f"{address}/approve", data=approval())
    assert adam.post(f"{address}/go_live", data=going_live()).status_code == 422
    world.client("olive").post(f"{address}/small")
    assert adam.post(f"{address}/go_live", data=going_live()).status_code == 303


def test_nobody_of_a_firm_confirms_it(world: World, address: str, client: FlaskClient):
    assert world.client("mona").post(f"{address}/small").status_code in (403, 404)
    assert client.post(f"{address}/small").status_code in (302, 303, 401, 403, 404)
