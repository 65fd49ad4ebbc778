"""What the tenant's pages weigh as they go over the line, headers and all: within a phone's first flight.

The page of the link goes out as it is. The details carry the photo and every form, and keep within it when they are packed.
"""

import gzip
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from tests.stories import a_visit
from tests.web.test_my_visit import WEIGHT_LIMIT, Tenant, weight
from tests.world import NOW, World

DAY = timedelta(days=1)
TAILS = ("", "?lang=pl", "?lang=ur", "?easy=1", "?easy=1&lang=ur")


@pytest.fixture
def tenant(world: World) -> Tenant:
    return Tenant(world, world.app.test_client(), a_visit(world, starts=NOW + DAY).told())


@pytest.mark.parametrize("tail", TAILS)
def test_the_page_before_the_word_is_under_14_kb(tail, tenant):
    answer = tenant.looks(tail)
    assert answer.status_code == 200
    print(f"{tail or 'plain'}: {weight(answer)} bytes")
    assert weight(answer) <= WEIGHT_LIMIT


@pytest.mark.parametrize("tail", TAILS)
def test_the_details_with_the_photo_are_under_14_kb_when_packed(tail, tenant):
    answer = tenant.opens(tail)
    assert answer.status_code == 200
    assert "data:image/jpeg;base64," in answer.text
    print(f"{tail or 'plain'}: {weight(answer)} bytes, {packed(answer)} packed")
    assert packed(answer) <= WEIGHT_LIMIT


def packed(answer: TestResponse) -> int:
    return weight(answer) - len(answer.data) + len(gzip.compress(answer.data, 9))
