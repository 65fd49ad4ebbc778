"""Phone and server of different ages: what any phone ever wrote is taken, what only a newer one writes is kept whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from fieldvisit.outbox.opening import DESK_ONLY
from tests.faults.council import Council

CORPUS = json.loads((Path(__file__).parents[1] / "services" / "wire_examples.json").read_text())
FROM_PHONES = [example for example in CORPUS if example["kind"] not in DESK_ONLY]


def test_every_event_that_a_phone_ever_wrote_is_still_taken(open_council: Council) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    for example in FROM_PHONES:
        phone.keep(example["kind"], visit, example["body"], at=open_council.now(), kv=example["kv"])
    assert phone.sync(open_council.now()) == "done"
    assert {(item.kind, item.state, item.code) for item in phone.items} == {
        (example["kind"], "sent", None) for example in FROM_PHONES
    }


@pytest.mark.parametrize(
    ("kind", "kv", "body"),
    [("visit.teleported", 1, {}), ("visit.arrived", 99, {}), ("visit.late", 1, {"minutes": 5, "mood": "good"})],
)
def test_what_only_a_newer_phone_writes_is_held_whole_and_those_behind_it_go_on(
    open_council: Council, kind: str, kv: int, body: dict[str, Any]
) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    newer = phone.keep(kind, visit, body, at=open_council.now(), kv=kv)
    phone.keep("visit.arrived", visit, at=open_council.now())
    phone.sync(open_council.now())
    assert [(item.state, item.code) for item in phone.items] == [("held", "unreadable"), ("sent", None)]
    (kept,) = open_council.held(phone.device)
    assert (kept.jwe.decode(), kept.sig) == (newer.jwe, newer.sig)


def test_a_phone_of_another_wire_format_is_told_to_update_and_keeps_everything(open_council: Council) -> None:
    visit, phone = open_council.a_visit().visit_id, open_council.a_phone()
    item = open_council.saves(phone, visit, 1)[0]
    told = {"proto": 2, "device": phone.device, "sent_at": open_council.now().isoformat(), "events": [item.on_the_wire]}
    heard = phone._ask("POST", "/events", json.dumps(told).encode(), {"Content-Type": "application/json"})
    assert heard.status == 426
    assert open_council.entries(phone.device) == []
    phone.sync_until_sent(open_council.now)
    assert open_council.tally(phone) == (0, 0, 0)
