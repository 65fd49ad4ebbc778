"""One bit turned anywhere in what a phone signed: it is never taken for the phone's word, and the true one still is."""

import base64
import re
from dataclasses import replace

from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.offline_phone import Item

EVENTS, EVERY = (50, 1) if LONG else (6, 41)
LETTERS = re.compile(r"[A-Za-z0-9._-]+")


def flipped(item: Item, part: str) -> list[Item]:
    """One copy for each bit (or each so-many-th) of that part, as far as it is still text that can be sent."""
    text = getattr(item, part).encode()
    copies = []
    for bit in range(item.seq % EVERY, len(text) * 8, EVERY):
        turned = bytearray(text)
        turned[bit // 8] ^= 1 << bit % 8
        if turned[bit // 8] < 128 and LETTERS.fullmatch(turned.decode()):
            copies.append(replace(item, **{part: turned.decode()}))
    return [copy for copy in copies if not says_the_same(copy, item)]


def says_the_same(copy: Item, item: Item) -> bool:
    """The last letter of a base64 text holds bits that mean nothing: turned, the signature is the same."""
    return copy.jwe == item.jwe and copy.uuid == item.uuid and copy.grant == item.grant and _bytes(copy) == _bytes(item)


def _bytes(item: Item) -> bytes | None:
    assert item.sig
    try:
        return base64.urlsafe_b64decode(item.sig + "==")
    except ValueError:
        return None


def test_no_turned_bit_of_a_signed_entry_is_ever_believed(open_council: Council) -> None:
    phone = open_council.a_phone()
    items = open_council.saves(phone, open_council.a_visit().visit_id, EVENTS)
    sent = 0
    for item in items:
        forged = [copy for part in ("jwe", "sig", "uuid", "grant") for copy in flipped(item, part)]
        for start in range(0, len(forged), 50):
            heard = phone.post(forged[start : start + 50], open_council.now())
            assert {(r["status"], r["code"]) for r in heard.told["results"]} == {("retry", "bad-signature")}
            sent += len(forged[start : start + 50])
    assert sent > 10 * EVENTS
    assert open_council.entries(phone.device) == open_council.held(phone.device) == []
    phone.sync_until_sent(open_council.now)
    assert open_council.tally(phone) == (0, 0, 0)


def test_a_counter_that_was_changed_on_the_road_is_not_believed(open_council: Council) -> None:
    phone = open_council.a_phone()
    item = open_council.saves(phone, open_council.a_visit().visit_id, 1)[0]
    heard = phone.post([replace(item, seq=item.seq + bit) for bit in (1, 2, 4, 8, 1024)], open_council.now())
    assert {r["code"] for r in heard.told["results"]} == {"bad-signature"}


def test_what_cannot_even_be_read_as_text_is_refused_whole_and_the_phone_finds_the_good_ones(
    open_council: Council,
) -> None:
    phone = open_council.a_phone()
    items = open_council.saves(phone, open_council.a_visit().visit_id, 9)
    spoilt = items[4]
    true, spoilt.jwe = spoilt.jwe, "not a seal at all: \x01"
    phone.sync(open_council.now())
    assert phone.queued == [spoilt]
    assert len(open_council.entries(phone.device)) == 8
    spoilt.jwe = true
    phone.sync_until_sent(open_council.now)
    assert len(open_council.entries(phone.device)) == 9
