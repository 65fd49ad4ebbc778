"""The vault: what goes in sealed is read by the right people alone, and never unwritten (D5, N1-N6)."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from fieldvisit.ground.verdict import RefusedError
from fieldvisit.outbox.envelope import is_well_signed
from fieldvisit.vault import intake, record, service, watch, words
from fieldvisit.vault.intake import BoxRefusedError, digest_of, receipt_text, take_in
from fieldvisit.vault.models import Box, Case, Reader, Record
from fieldvisit.vault.seeing import cases_of
from tests.vault_house import SECRET, STEP, WHY, House, a_vault, seal
from tests.world import NOW

MIN = timedelta(minutes=1)


def seen_by(house: House, ref: str) -> list[str]:
    with house.vault.store.reading() as session:
        reader = session.get_one(Reader, house.readers[ref])
        return [one.case.id for one in cases_of(session, house.vault, reader)]


# --- coming in ----------------------------------------------------------------------------------------------------


def test_a_receipt_is_signed_by_the_vault(house: House):
    receipt = house.send()
    told = receipt_text(receipt.sha256, receipt.number, receipt.received_at)
    assert is_well_signed(house.vault.keys.public["sign"], receipt.signature, told)
    assert len(receipt.number) == 8


def test_the_same_report_twice_gives_the_same_receipt_and_one_case(house: House):
    box = seal(house.vault.keys.public["seal"], {"facts": SECRET})
    first, second = take_in(house.vault, box, NOW), take_in(house.vault, box, NOW + MIN)
    assert first == second and first.sha256 == digest_of(box)
    with house.vault.store.reading() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_at_one_instant_too(house: House):
    box, got = seal(house.vault.keys.public["seal"], {"facts": SECRET}), []
    threads = [threading.Thread(target=lambda: got.append(take_in(house.vault, box, NOW))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(got) == 4 and len(set(got)) == 1


def test_a_box_for_another_vault_is_refused_and_leaves_nothing(house: House, tmp_path: Path):
    other = a_vault(tmp_path / "other")
    with pytest.raises(BoxRefusedError, match="unreadable"):
        take_in(house.vault, seal(other.keys.public["seal"], {"facts": SECRET}), NOW)
    with house.vault.store.reading() as session:
        assert session.scalars(select(Box)).all() == []


def test_a_box_that_no_phone_makes_is_too_large(house: House):
    with pytest.raises(BoxRefusedError, match="too-large"):
        take_in(house.vault, "x" * (400 * 1024 + 1), NOW)


def test_a_report_that_quotes_a_receipt_joins_its_case(house: House):
    first = house.send()
    second = house.send(NOW + MIN, facts="More", quoting=first.number.lower())
    assert house.case_of(first) == house.case_of(second) and first.number != second.number


def test_what_was_late_on_its_way_was_not_opened_with_what_was_there(house: House):
    house.enrol("lena")
    first = house.send()
    staying = house.staying("lena", NOW + 9 * MIN)
    house.open(staying, "lena", house.case_of(first), NOW + 9 * MIN)
    late = seal(house.vault.keys.public["seal"], {"facts": "More", "quoting": first.number})
    take_in(house.vault, late, NOW + MIN, NOW + 20 * MIN)
    with house.vault.store.reading() as session:
        [seen] = cases_of(session, house.vault, staying.reader)
    assert [box.sha256 for box in seen.unopened] == [take_in(house.vault, late, NOW).sha256]


@pytest.mark.parametrize(
    "inside",
    [
        b'{"v":1,"kind":"report","said":{"facts":"\\ud83d half a face"}}',
        b'{"v":1,"kind":"report","said":{"facts":"x","seen_at":"0001-01-01T00:00:00+00:00"}}',
        b"[" * 100_000,
    ],
)
def test_no_report_keeps_its_case_from_being_opened(inside: bytes):
    rows = list(words.rows_of(intake.read(inside)))
    assert rows and all(text.encode() for _label, text in rows)


def test_a_report_in_a_form_that_nobody_knows_is_kept_whole(house: House):
    house.enrol("lena")
    import joserfc.jwe
    from joserfc.jwk import ECKey

    header = {"alg": "ECDH-ES", "enc": "A256GCM"}
    key = ECKey.import_key(house.vault.keys.public["seal"])
    box = joserfc.jwe.encrypt_compact(header, b"help me, plainly", key, algorithms=["ECDH-ES", "A256GCM"])
    case = house.case_of(take_in(house.vault, box, NOW))
    opened = house.open(house.staying("lena"), "lena", case)
    assert opened.reports[0][1] == {"facts": "help me, plainly"}


# --- N1 -----------------------------------------------------------------------------------------------------------


def test_a_lead_who_is_named_does_not_have_the_case_at_all(house: House):
    house.enrol("lena", "luca")
    named = house.case_of(house.send(named_staff="Somebody called Lena, at the council"))
    other = house.case_of(house.send(facts="Another"))
    assert seen_by(house, "lena") == [other]
    assert set(seen_by(house, "luca")) == {named, other}


def test_a_named_lead_who_asks_for_it_gets_what_no_case_gives_and_one_line_of_the_same_kind(house: House):
    house.enrol("lena", "luca")
    case = house.case_of(house.send(who_harms="Mrs Osei"))
    staying = house.staying("lena")
    with pytest.raises(LookupError):
        house.open(staying, "lena", case)
    with pytest.raises(LookupError):
        house.open(staying, "lena", "f" * 32, NOW + STEP)
    with house.vault.store.reading() as session:
        lines = record.own_lines(session, staying.reader)
    assert [(line.action, line.reason) for line in lines[:2]] == [("absent", "new")] * 2


def test_where_all_leads_are_named_the_contact_outside_has_it(house: House):
    house.enrol("lena", "luca", "dina", "dirk", "opal")
    said = "Lena Osei, Luca Ferrante, Dina Prowse and Dirk Hallam"
    case = house.case_of(house.send(named_staff=said))
    assert [ref for ref in house.readers if seen_by(house, ref) == [case]] == ["opal"]


def test_the_contact_outside_sees_nothing_while_a_lead_or_a_deputy_is_left(house: House):
    house.enrol("lena", "luca", "dina", "dirk", "opal")
    house.send(named_staff="Lena Osei, Luca Ferrante")
    assert seen_by(house, "opal") == [] and len(seen_by(house, "dirk")) == 1
    house.send(named_staff="Lena Osei, Luca Ferrante, Dina Prowse")
    assert len(seen_by(house, "opal")) == 1 and len(seen_by(house, "dirk")) == 2


def test_whoever_is_enrolled_later_never_sees_an_old_report_that_names_them(house: House):
    house.enrol("lena")
    house.send(named_staff="Luca Ferrante")
    house.enrol("luca", at=NOW + MIN)
    assert seen_by(house, "luca") == []


def test_enrolled_again_somebody_is_still_named(house: House):
    house.enrol("lena", "luca")
    house.send(named_staff="Lena")
    house.enrol("lena", at=NOW + MIN)
    assert seen_by(house, "lena") == []


def test_who_is_named_by_a_lead_loses_sight_at_once_and_what_they_did_there_goes_from_their_own_record(house: House):
    house.enrol("lena", "luca", "dina")
    case = house.case_of(house.send())
    lena, luca = house.staying("lena"), house.staying("luca")
    house.open(lena, "lena", case)
    house.open(luca, "luca", case)
    service.act(house.vault, luca, case, "named", {"reader": house.readers["lena"]}, {"why": "x"}, "1" * 32, NOW)
    assert seen_by(house, "lena") == []
    with pytest.raises(LookupError):
        service.act(house.vault, lena, case, "note", {}, {"what": "x"}, "2" * 32, NOW)
    with house.vault.store.reading() as session:
        assert case not in {line.object_id for line in record.own_lines(session, lena.reader)}


# --- N6: the record first ------------------------------------------------------------------------------------------


def test_opening_shows_the_words_and_writes_the_record(house: House):
    house.enrol("lena")
    case = house.case_of(house.send())
    opened = house.open(house.staying("lena"), "lena", case)
    assert opened.reports[0][1]["facts"] == SECRET
    with house.vault.store.reading() as session:
        line = session.scalars(select(Record).order_by(Record.seq.desc())).first()
    assert line and (line.action, line.object_id, line.reason) == ("opened", case, "new")


def test_a_record_that_cannot_be_written_refuses_the_read(house: House, monkeypatch: pytest.MonkeyPatch):
    house.enrol("lena")
    case, staying = house.case_of(house.send()), house.staying("lena")

    def full(name: str) -> None:
        if name == "vault_record":
            raise OSError(28, "No space left on device")

    opened: list[Any] = []
    monkeypatch.setattr("fieldvisit.vault.record.reach", full)
    monkeypatch.setattr("fieldvisit.vault.service._open", lambda *a: opened.append(a))
    with pytest.raises(OSError, match="No space"):
        house.open(staying, "lena", case)
    assert opened == []


def test_whoever_dies_between_the_record_and_the_words_left_the_record(house: House, monkeypatch: pytest.MonkeyPatch):
    house.enrol("lena")
    case, staying = house.case_of(house.send()), house.staying("lena")

    def dies(name: str) -> None:
        raise SystemExit(name)

    monkeypatch.setattr("fieldvisit.vault.service.reach", dies)
    with pytest.raises(SystemExit, match="vault_recorded"):
        house.open(staying, "lena", case)
    with house.vault.store.reading() as session:
        assert session.scalars(select(Record.action).order_by(Record.seq.desc())).first() == "opened"


@pytest.mark.parametrize(("reason", "why"), [("", WHY), ("new", "too short"), ("curious", WHY)])
def test_no_reason_no_opening(house: House, reason: str, why: str):
    house.enrol("lena")
    case, staying = house.case_of(house.send()), house.staying("lena")
    with pytest.raises(RefusedError):
        service.open_report(house.vault, staying, case, reason, why, house.code("lena", NOW), NOW)


def test_the_record_is_a_chain_and_a_changed_line_is_found(house: House):
    house.enrol("lena")
    house.open(house.staying("lena"), "lena", house.case_of(house.send()))
    assert list(record.problems(house.vault.store, house.vault.keys)) == []
    with house.vault.store.writing() as session:
        if house.vault.store.is_sqlite:
            session.execute(text("DROP TRIGGER record_no_update"))
        else:
            session.execute(text("ALTER TABLE record DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE record SET reason = 'chase' WHERE seq = 3"))
    assert next(record.problems(house.vault.store, house.vault.keys)).startswith("The vault's access record: line 3")


def test_a_record_cut_at_its_end_is_found(house: House):
    house.enrol("lena", "luca")
    with house.vault.store.writing() as session:
        if house.vault.store.is_sqlite:
            session.execute(text("DROP TRIGGER record_no_delete"))
        else:
            session.execute(text("ALTER TABLE record DISABLE TRIGGER ALL"))
        session.execute(text("DELETE FROM record WHERE seq = 2"))
    found = list(record.problems(house.vault.store, house.vault.keys))
    assert found == ["The vault's access record should have 2 lines and has 1."]


# --- the words are nowhere ------------------------------------------------------------------------------------------


def test_no_word_of_a_report_or_of_a_lead_is_in_the_database_its_journal_or_a_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    house = House(a_vault(tmp_path)).enrol("lena", "luca")
    secrets = {f"word{n}": f"zebrafinch{n}quartz" for n in range(40)}
    case = house.case_of(house.send(**secrets, named_staff="Nobody"))
    lena = house.staying("lena")
    assert house.open(lena, "lena", case).reports[0][1]["word7"] == "zebrafinch7quartz"
    service.act(house.vault, lena, case, "note", {}, {"what": "zebrafinch of the lead"}, "a" * 32, NOW)
    with pytest.raises(RefusedError):
        service.open_report(house.vault, lena, case, "new", "zebrafinch is why I open it", "000000", NOW)
    service.open_report(
        house.vault, lena, case, "new", "zebrafinch is why I open it", house.code("lena", NOW + STEP), NOW + STEP
    )
    watch.watch(house.vault, NOW + 20 * MIN)
    raw = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    out, err = capfd.readouterr()
    assert (tmp_path / "vault" / "vault.db-wal").exists()
    for word in (b"zebrafinch", "zebrafinch".encode("utf-16-le"), b"emVicmFmaW5ja", SECRET.encode()):
        assert word not in raw, word
    assert "zebrafinch" not in out + err


def test_a_cases_key_moved_to_another_case_opens_nothing(house: House):
    first, second = house.case_of(house.send()), house.case_of(house.send(facts="Other"))
    from fieldvisit.vault.keys import CannotOpenError

    with house.vault.store.reading() as session:
        one, other = session.get_one(Case, first), session.get_one(Case, second)
    moved = Case(id=other.id, received_at=other.received_at, key=one.key)
    with pytest.raises(CannotOpenError):
        service._key(house.vault, moved)
