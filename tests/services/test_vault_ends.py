"""The vault: two people at every end, cases that go when their time is over, who is near, and copies (D5, N1, N2, N3, DR-20)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from fieldvisit.db import new_id
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.vault import doors, record, service, state, watch
from fieldvisit.vault.intake import take_in
from fieldvisit.vault.models import Act, Box, Case, Destruction, Reader, Record
from fieldvisit.vault.naming import Known
from fieldvisit.vault.rules import Rank
from fieldvisit.vault.seeing import find
from tests.services.test_vault import seen_by
from tests.services.test_vault_acts import act
from tests.vault_house import AFTER_ITS_TIME, SECRET, STEP, TO_ITS_END, TO_NOTHING, WHY, House, seal
from tests.world import NOW

MIN = timedelta(minutes=1)


def seen(house: House, ref: str, case: str) -> Any:
    with house.vault.store.reading() as session:
        return find(session, house.vault, session.get_one(Reader, house.readers[ref]), case)


# --- two people -----------------------------------------------------------------------------------------------------


def enrol_again_as(house: House, other: str, **same: str) -> None:
    """Another sign-in of somebody who is there: with the same staff number, e-mail or telephone."""
    from urllib.parse import parse_qs, urlsplit

    known = Known(f"person-{other}", same.get("ref", "ref-x"), "L. O.", same.get("email", ""), same.get("phone", ""))
    reader, uri = doors.enrol(house.vault, known, Rank.DEPUTY, NOW - timedelta(days=1))
    house.readers[other], house.secrets[other] = reader.id, parse_qs(urlsplit(uri).query)["secret"][0]


@pytest.mark.parametrize(
    "same",
    [{"ref": "REF-lena"}, {"email": "Lena@council.example"}, {"phone": "+44 7700 900100"}],
    ids=lambda one: next(iter(one)),
)
@pytest.mark.parametrize("end", ["nothing", "close"])
@pytest.mark.parametrize(("first", "second"), [("lena", "other"), ("other", "lena")])
def test_one_person_with_two_sign_ins_is_not_two_people(
    house: House, same: dict[str, str], end: str, first: str, second: str
):
    house.enrol("lena", "luca")
    enrol_again_as(house, "other", **same)
    steps = {"nothing": [TO_ITS_END[0], ("lena", "nothing", {})], "close": TO_ITS_END[:3]}[end]
    case = house.ends(*((first, kind, facts) for _, kind, facts in steps), at=NOW, by=(first, "luca"))
    kind, facts = ("second_look", {"agrees": True}) if end == "nothing" else ("agreed_close", {})
    staying = house.staying(second, NOW + 2 * MIN)
    house.open(staying, second, case, NOW + 2 * MIN)
    with pytest.raises(RefusedError) as refused:
        service.act(house.vault, staying, case, kind, facts, {}, new_id(), NOW + 2 * MIN)
    assert refused.value.verdict.code == "second-person"
    shown = seen(house, second, case)
    assert kind not in state.offered(shown.state, shown.persons[staying.reader.id])
    luca = house.staying("luca", NOW + 2 * MIN)
    house.open(luca, "luca", case, NOW + 2 * MIN)
    service.act(house.vault, luca, case, kind, facts, {}, new_id(), NOW + 2 * MIN)


def test_what_is_not_there_for_somebody_is_not_there_under_another_sign_in_of_theirs(house: House):
    house.enrol("lena", "luca")
    case = house.case_of(house.send(named_staff="Lena"))
    enrol_again_as(house, "other", email="lena@council.example")
    assert seen_by(house, "other") == [] and seen_by(house, "luca") == [case]
    later = house.case_of(house.send(facts="Lena Osei did it"))
    assert later not in seen_by(house, "other") and later in seen_by(house, "luca")


# --- who is near ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("near", ["firm", "manager", "household", "declared", "named"])
def test_a_lead_who_is_near_stands_aside_without_reading_it(house: House, near: str):
    house.enrol("lena", "luca")
    case = house.case_of(house.send())
    lena = house.staying("lena")
    service.act(house.vault, lena, case, "stood_aside", {"near": near}, {}, new_id(), NOW)
    assert seen_by(house, "lena") == [] and seen_by(house, "luca") == [case]
    with pytest.raises(LookupError):
        house.open(lena, "lena", case)
    [one] = seen(house, "luca", case).acts
    assert (one.kind, one.facts) == ("stood_aside", {"near": near})
    with house.vault.store.reading() as session:
        assert case not in {
            line.object_id for line in record.own_lines(session, lena.reader) if line.action != "absent"
        }


def test_another_lead_takes_sight_away_from_one_who_is_near_but_not_from_themselves(house: House):
    house.enrol("lena", "luca", "dina")
    enrol_again_as(house, "other", email="lena@council.example")
    case, lena = house.case_of(house.send()), house.staying("lena")
    house.open(lena, "lena", case)
    for own in ("lena", "other"):
        with pytest.raises(RefusedError, match="stand aside"):
            act(house, lena, case, "named", reader=house.readers[own], near="firm")
    act(house, lena, case, "named", reader=house.readers["luca"], near="household")
    assert seen_by(house, "luca") == [] and seen_by(house, "dina") == [case]


def test_when_all_stand_aside_it_goes_to_the_contact_outside_and_they_are_called(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    sent: list[Any] = []
    monkeypatch.setattr("fieldvisit.vault.watch.smtp.send", lambda outgoing, sending, at: sent.append(outgoing))
    house.vault.config.vault_pager = "smtp"
    house.enrol("lena", "luca", "opal")
    case = house.case_of(house.send())
    for ref in ("lena", "luca"):
        service.act(house.vault, house.staying(ref), case, "stood_aside", {"near": "firm"}, {}, new_id(), NOW)
    assert seen_by(house, "opal") == [case]
    watch.watch(house.vault, NOW + 15 * MIN)
    assert {one.to for one in sent} == {house.vault.policy.safeguarding.outside_email.value, "opal@council.example"}


# --- its time is over -----------------------------------------------------------------------------------------------


def rows_of(house: House, case: str) -> tuple[bytes, list[str], list[Any], list[Destruction]]:
    with house.vault.store.reading() as session:
        return (
            session.get_one(Case, case).key,
            list(session.scalars(select(Box.jwe).where(Box.case_id == case))),
            list(session.scalars(select(Act.words).where(Act.case_id == case))),
            list(session.scalars(select(Destruction))),
        )


def test_when_its_time_is_over_two_people_destroy_its_words_and_its_key(house: House):
    house.enrol("lena", "luca")
    other = house.case_of(house.send())
    case = house.destroyed_case()
    key, boxes, words, [gone] = rows_of(house, case)
    assert (key, boxes, set(words)) == (b"", [""], {None})
    assert (gone.case_id, gone.asked_by_id, gone.agreed_by_id) == (case, house.readers["lena"], house.readers["luca"])
    until = state.kept_until(seen(house, "luca", case).state, house.vault.policy)
    assert gone.due == until and gone.at > gone.due
    left = seen(house, "luca", case)
    assert left.state.stage == "destroyed" and [one.kind for one in left.acts][-2:] == [
        "asked_destroy",
        "agreed_destroy",
    ]
    assert all(rows_of(house, other)[:2])  # the others have all of theirs
    assert list(record.problems(house.vault.store, house.vault.keys)) == []
    at = AFTER_ITS_TIME + 2 * MIN
    with pytest.raises(RefusedError, match="destroyed"):
        house.open(house.staying("luca", at), "luca", case, at)


def test_why_it_was_opened_goes_with_it(house: House):
    """What a reader wrote in the record is locked under the case's key: the chain stays whole, the words are gone."""
    house.enrol("lena", "luca")
    case = house.closed_case()
    key = service._key(house.vault, seen(house, "lena", case).case)
    from fieldvisit.vault.keys import opened_with

    with house.vault.store.reading() as session:
        line = session.scalars(select(Record).where(Record.object_id == case, Record.action == "opened")).first()
    assert line and line.words and opened_with(key, line.words, f"record|words|{line.seq}").decode() == WHY


def test_its_words_are_in_no_file_of_the_vault_any_more(tmp_path: Path):
    from tests.vault_house import a_vault

    house = House(a_vault(tmp_path)).enrol("lena", "luca")
    box = seal(house.vault.keys.public["seal"], {"facts": SECRET})
    case = house.case_of(take_in(house.vault, box, NOW))
    house.ends(*TO_ITS_END, at=NOW, case_id=case)

    def on_the_disk() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file())

    assert box[200:260].encode() in on_the_disk()
    house.ends(*TO_NOTHING, at=AFTER_ITS_TIME, case_id=case)
    assert box[200:260].encode() not in on_the_disk()


def test_never_earlier(house: House):
    house.enrol("lena", "luca")
    case = house.closed_case()
    until = state.kept_until(seen(house, "lena", case).state, house.vault.policy)
    assert until
    with pytest.raises(RefusedError, match="before the council's own schedule"):
        house.ends(TO_NOTHING[0], at=until, case_id=case)
    house.ends(TO_NOTHING[0], at=until + timedelta(minutes=5), case_id=case)


def test_the_database_itself_takes_no_destruction_before_its_time_and_lets_no_word_go_without_one(house: House):
    house.enrol("lena", "luca")
    case = house.closed_case()
    who = {"asked_by_id": house.readers["lena"], "agreed_by_id": house.readers["luca"]}
    with pytest.raises(DBAPIError), house.vault.store.writing() as session:
        session.add(Destruction(case_id=case, at=NOW, due=NOW, **who))
    for wanted in ("UPDATE box SET jwe = ''", "UPDATE act SET words = NULL WHERE words IS NOT NULL"):
        with pytest.raises(DBAPIError, match="only added"), house.vault.store.writing() as session:
            session.execute(text(wanted))


@pytest.mark.parametrize("wanted", ["UPDATE box SET jwe = 'x'", "UPDATE box SET jwe = '', number = 'ABCDEFGH'"])
def test_a_destruction_lets_nothing_else_change(house: House, wanted: str):
    house.enrol("lena", "luca")
    house.destroyed_case()
    with pytest.raises(DBAPIError, match="only added"), house.vault.store.writing() as session:
        session.execute(text(wanted))


def test_a_report_that_quotes_what_was_destroyed_is_a_new_case_and_the_same_one_again_is_not(house: House):
    house.enrol("lena", "luca")
    box = seal(house.vault.keys.public["seal"], {"facts": SECRET})
    receipt = take_in(house.vault, box, NOW - timedelta(hours=1))
    case = house.case_of(receipt)
    house.ends(*TO_ITS_END, at=NOW - timedelta(hours=1), case_id=case)
    house.ends(*TO_NOTHING, at=AFTER_ITS_TIME, case_id=case)
    assert take_in(house.vault, box, AFTER_ITS_TIME) == receipt
    later = house.send(NOW, quoting=receipt.number)
    assert house.case_of(later) != case
    house.enrol("dina")  # every report that is there is looked through: what is gone is no mistake
    assert len(seen_by(house, "dina")) == 2


# --- a copy for somebody outside ------------------------------------------------------------------------------------


def copies(house: House, ref: str, case: str, key: str = "", code: str = "", **changes: str) -> service.Opened:
    staying = house.staying(ref)
    asked = {"reason": "referral", "to": "First Response, Ms Hale", "why": "It goes with the referral"} | changes
    code = code or house.code(ref, NOW)
    return service.copy_out(
        house.vault, staying, case, asked["reason"], asked["to"], asked["why"], code, key or new_id(), NOW
    )


def test_a_copy_is_written_down_first_and_the_others_see_that_it_was_made(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    house.enrol("lena", "luca")
    case = house.case_of(house.send())
    assert copies(house, "lena", case).reports[0][1]["facts"] == SECRET
    with house.vault.store.reading() as session:
        line = session.scalars(select(Record).order_by(Record.seq.desc())).first()
    assert line and (line.action, line.object_id, line.reason) == ("exported", case, "referral")
    [one] = seen(house, "luca", case).acts
    assert (one.kind, one.facts) == ("exported", {"for": "referral"})

    def full(name: str) -> None:
        raise OSError(28, name)

    monkeypatch.setattr("fieldvisit.vault.record.reach", full)
    opened: list[Any] = []
    monkeypatch.setattr("fieldvisit.vault.service._open", lambda *a: opened.append(a))
    with pytest.raises(OSError, match="vault_record"):
        service.copy_out(house.vault, house.staying("luca", NOW + STEP), case, "referral", "x", WHY, "0", "k" * 32, NOW)
    assert opened == []


def test_no_copy_without_a_new_code_nor_for_who_is_named_nor_for_an_investigator(house: House):
    house.enrol("lena", "luca", "ines")
    case, lena = house.case_of(house.send(named_staff="Luca")), house.staying("lena")
    house.open(lena, "lena", case)
    act(house, lena, case, "shared", reader=house.readers["ines"])
    with pytest.raises(RefusedError, match="used before"):
        service.copy_out(house.vault, lena, case, "referral", "Ms Hale", WHY, house.code("lena", NOW), "k" * 32, NOW)
    for ref in ("luca", "ines"):
        with pytest.raises(LookupError):
            copies(house, ref, case)
    with house.vault.store.reading() as session:
        assert "exported" not in set(session.scalars(select(Record.action)))
