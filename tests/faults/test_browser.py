"""A real browser in front of a real server process: killed while it saves and while it sends, wiped, and searched."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from fieldvisit.outbox.models import Phone as KnownPhone
from tests.faults.browser_phone import BrowserPhone, a_browser_phone
from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.phone.shell_fixtures import playwright  # noqa: F401 - fixture
from tests.phone.test_lock import found_in
from tests.phone.test_the_door_flow import i_go_to_the_door, i_introduce_myself

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
ROUNDS = 5 if LONG else 1
LONG_WORDS = "w" * 3_900
CLEAR = "file_systems,indexeddb,local_storage,service_workers,cache_storage"
PLANTED = tuple(f"{first}{second}" for first in ("quol", "zarp", "vint", "mosk", "drell") for second in
                ("amber", "basil", "cedar", "dahlia", "elder", "fennel", "gorse", "hazel"))  # fmt: skip


@pytest.fixture
def field(playwright: Playwright, council: Council, tmp_path: Path) -> Iterator[BrowserPhone]:
    """asha's phone, signed in, at a visit of hers, behind a road that can fail."""
    council.server.start()
    road = council.a_bad_road()
    road.only = b"POST /events"
    phone = a_browser_phone(playwright, council, tmp_path / "profile", road.address)
    phone.visit, phone.road = council.a_visit("asha").visit_id, road
    comes_back(phone)
    yield phone
    with suppress(Exception):
        phone.closes()


def at_the_visit(phone: BrowserPhone) -> None:
    phone.goes_to(f"/visits/{phone.visit}")
    phone.is_ready()


def comes_back(phone: BrowserPhone) -> None:
    """The phone is switched on again, and its owner signs in."""
    phone.opens()
    phone.signs_in("asha")
    phone.page.wait_for_url("**/today")
    at_the_visit(phone)


def test_killed_while_it_saves_the_phone_has_all_that_it_called_saved(field: BrowserPhone, council: Council) -> None:
    acknowledged: set[str] = set()
    council.server.kill()
    for turn in range(ROUNDS):
        field.begins_to_record(field.visit, 500, LONG_WORDS)
        field.has_acknowledged(15 + turn)
        field.dies()
        acknowledged |= set(field.acknowledged)
        council.server.start()
        comes_back(field)
        kept = {row["uuid"] for row in field.rows("items")}
        assert acknowledged <= kept
        field.sends_everything()
        council.server.kill()
    lines = [line.uuid for line in council.entries()]
    assert acknowledged <= set(lines)
    assert set(Counter(lines).values()) == {1}


def test_killed_while_it_sends_everything_arrives_once(field: BrowserPhone, council: Council) -> None:
    council.server.kill()
    field.records(field.visit, 60)
    saved = set(field.acknowledged)
    assert len(saved) == 60
    council.server.start()
    for _ in range(ROUNDS):
        begun = len(field.road.answers)
        field.road.then("cut-answer", 0).then("cut-answer", 0).then("cut-answer", 200)
        while len(field.road.answers) == begun:
            field.tries_again()
        field.dies()
        comes_back(field)
    field.sends_everything()
    assert Counter(line.uuid for line in council.entries()) == dict.fromkeys(saved, 1)
    assert council.tally() == (0, 0, 0)


TRIES = 6


def test_chromium_sends_a_post_twice_on_a_dying_line_and_it_counts_once(field: BrowserPhone, council: Council) -> None:
    """offline.md 2.4: one fetch, two requests with the same bytes, when a line that was kept alive dies unanswered.

    It does so on a line that it used before, and sometimes takes a new one. Where it never did, the road sends the twin:
    that it counts once is ours to show, whoever sent it."""
    assert any(arrived_twice(field, "cut-answer", 0) for _ in range(TRIES)) or any(
        arrived_twice(field, "twice")
        for _ in range(2)  # one of these may meet a mere sign of life
    )
    assert Counter(line.uuid for line in council.entries()) == dict.fromkeys(field.acknowledged, 1)


def arrived_twice(field: BrowserPhone, *manner: object) -> bool:
    """One more entry, on a line that was used before and then is of that manner. Did the server have it whole twice?"""
    field.records(field.visit, 1)
    field.sends_everything()
    field.road.reached.clear()
    field.road.then(*manner)
    field.records(field.visit, 1)
    field.sends_everything()
    entries = Counter(request.partition(b"\r\n\r\n")[2] for request in field.road.reached if b'"jwe"' in request)
    return max(entries.values(), default=0) > 1


def test_storage_wiped_with_three_entries_on_it_is_known_to_the_office_when_the_phone_comes_back(
    field: BrowserPhone, council: Council
) -> None:
    council.server.kill()
    field.records(field.visit, 28)
    council.server.start()
    field.road.loses = lambda request: request.startswith(b"POST /events") and len(request) < 10_000
    while field.lies("unsent") != "3":  # a batch of twenty-five goes; that of the last three does not
        field.tries_again()
    field.context.new_cdp_session(field.page).send(
        "Storage.clearDataForOrigin", {"origin": field.address, "storageTypes": CLEAR}
    )
    at_the_visit(field)
    (task,) = [task for task in council.tasks("phone_gap") if task.done_at is None]
    (phone,) = [phone for phone in council.rows(KnownPhone) if phone.id == task.about_id]
    assert (phone.queued, phone.missing) == (3, 0)


def test_forty_planted_words_of_unsent_work_are_nowhere_on_the_disk(field: BrowserPhone, council: Council) -> None:
    council.server.kill()
    i_go_to_the_door(field)
    i_introduce_myself(field)
    field.records(field.visit, 1, " ".join(PLANTED[:20]))
    field.presses("They said no", then="They said no")
    step = field.page.locator("[data-step]:visible")
    step.get_by_label("In their words").fill(" ".join(PLANTED[20:]))  # typed, and never saved
    assert int(field.lies("unsent")) >= 7
    field.dies()
    assert found_in(field.profile, PLANTED) == []


def test_the_search_would_have_found_them(field: BrowserPhone) -> None:
    field.page.evaluate("""words => new Promise((done) => {
        indexedDB.open("other", 1).onupgradeneeded = ({ target }) => {
            target.result.createObjectStore("s").put(words, 1);
            target.transaction.oncomplete = done;
        };
    })""", " ".join(PLANTED))  # fmt: skip
    field.closes()
    assert {word for word, _ in found_in(field.profile, PLANTED)} == set(PLANTED)
