"""Signing a code: once, again after a big change, on paper with a second person, and what follows for whoever has not."""

from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.badges.service import may_visit
from fieldvisit.codes import service, versions
from fieldvisit.codes.models import Acknowledgement, CodeIssue, CodeVersion
from fieldvisit.codes.rules import Standing
from fieldvisit.codes.text import read_upload
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register.models import Person
from fieldvisit.visits.planning import may_assign
from tests.services.test_codes import DAY, a_version, day_of_the_worker, good, signs, stands, tasks
from tests.world import World


def test_a_big_change_is_due_again_then_blocks_a_contractor_from_new_visits_and_dims_the_badge(world: World):
    new, today = a_version(world), london_date(world.now)
    assert stands(world, "asha", today) is Standing.DUE_AGAIN
    for days, may in ((0, True), (14, True), (15, False)):
        at = world.now + days * DAY
        with world.database.reading(None) as session:
            asha = session.get_one(Person, world.ids["asha"])
            assert bool(may_visit(session, asha, at)) is may
            assert bool(may_assign(session, asha, at, world.now)) is may
    signs(world, "asha", new, world.now + 15 * DAY)
    assert good(world, "asha", today + 15 * DAY)


def test_an_officers_manager_has_a_task_before_the_officer_is_stopped(world: World):
    a_version(world)
    today = london_date(world.now)
    day_of_the_worker(world, world.now + 14 * DAY)
    assert tasks(world, "code_overdue") == []
    day_of_the_worker(world, world.now + 15 * DAY)
    chased = {task.about_id for task in tasks(world, "code_overdue")}
    assert world.ids["olive"] in chased
    assert good(world, "olive", today + 28 * DAY)
    assert not good(world, "olive", today + 29 * DAY)
    day_of_the_worker(world, world.now + 16 * DAY)
    assert {task.about_id for task in tasks(world, "code_overdue")} == chased


def test_a_small_change_asks_nobody_to_sign_again(world: World):
    a_version(world, "1.1", significant=False)
    today = london_date(world.now)
    assert stands(world, "asha", today) is Standing.SIGNED
    assert good(world, "asha", today + 400 * DAY)


def test_an_old_signature_is_kept_with_its_version_and_its_hash(world: World):
    new = a_version(world)
    signs(world, "asha", new)
    with world.database.reading(None) as session:
        newest, oldest = service.signatures(session, session.get_one(Person, world.ids["asha"]))
        assert (newest.standing, oldest.standing) == (Standing.SIGNED, Standing.SUPERSEDED)
        assert oldest.version.version == "1.0"
        assert newest.row.text_sha256 == newest.version.text_sha256 != oldest.version.text_sha256
        text = versions.content_of(session, newest.version.id, "signed")
        assert text is not None and read_upload(text.content).sha256 == newest.row.text_sha256


def test_signing_twice_is_signing_once_and_keeps_the_first_day(world: World):
    new = a_version(world)
    signs(world, "asha", new)
    signs(world, "asha", new, world.now + 3 * DAY, name="Somebody Else")
    with world.database.reading(None) as session:
        [row] = session.scalars(select(Acknowledgement).where(Acknowledgement.code_version_id == new)).all()
        assert (row.name, row.signed_on, row.how) == ("Asha Kaur", london_date(world.now), "typed")


def test_a_text_that_was_exchanged_while_it_was_read_is_not_signed(world: World):
    new = a_version(world)
    with pytest.raises(RefusedError) as refused:
        signs(world, "asha", new, sha256="f" * 64)
    assert refused.value.verdict.code == "other-text"


def test_everybody_whom_it_binds_is_given_a_copy_once(world: World):
    new = a_version(world)
    day_of_the_worker(world)
    day_of_the_worker(world, world.now + DAY)
    with world.database.reading(None) as session:
        given = session.scalars(select(CodeIssue.person_id).where(CodeIssue.code_version_id == new)).all()
    visitors = {"asha", "ben", "carl", "olive", "dora", "otto"}
    assert sorted(given) == sorted(world.ids[ref] for ref in visitors)


def test_who_joins_is_given_the_code_and_may_not_be_sent_before_signing(world: World):
    with world.database.writing(None) as session:
        session.add(
            Person(
                id=(joined := new_id()),
                ref="new",
                role="operative",
                name="Nia New",
                firm_id=world.ids["Oakline Repairs"],
            )
        )
    world.ids["new"] = joined
    day_of_the_worker(world)
    assert stands(world, "new", london_date(world.now)) is Standing.ISSUED
    assert not good(world, "new", london_date(world.now))
    signs(world, "new", world.ids["ME 1.0"])
    assert good(world, "new", london_date(world.now))


def test_a_councils_own_first_code_darkens_nobody_at_work_overnight_and_everybody_else_signs_first(world: World):
    today = london_date(world.now)
    joined = new_id()
    with world.database.writing(None) as session:
        session.add(
            Person(id=joined, ref="new", role="operative", name="Nia New", firm_id=world.ids["Oakline Repairs"])
        )
    world.ids["new"] = joined
    a_version(world, "1", document="MO", binds=("operative",))
    signs(world, "new", world.ids["ME 1.0"])  # on the day of the new code: not before it
    assert [good(world, "asha", today + days * DAY) for days in (0, 14, 15)] == [True, True, False]
    assert not good(world, "new", today)


def two_presses(monkeypatch: pytest.MonkeyPatch, name: str, nothing: Any) -> None:
    """The first look finds nothing, as it does for the second of two presses at one instant."""
    real, looks = getattr(service, name), []

    def look(*args: Any, **more: Any) -> Any:
        looks.append(name)
        return nothing if len(looks) == 1 else real(*args, **more)

    monkeypatch.setattr(service, name, look)


def test_of_two_who_press_sign_at_once_the_second_finds_what_the_first_wrote(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    new = a_version(world)
    signs(world, "asha", new)
    two_presses(monkeypatch, "signature_of", None)
    signs(world, "asha", new, name="Somebody Else")
    with world.database.reading(None) as session:
        rows = session.scalars(select(Acknowledgement).where(Acknowledgement.code_version_id == new))
        assert [row.name for row in rows] == ["Asha Kaur"]


def test_of_two_who_open_a_code_at_once_each_is_given_it_and_one_copy_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    new = a_version(world)
    day_of_the_worker(world)
    two_presses(monkeypatch, "issue_of", None)
    with world.database.writing(None) as session:
        person, version = session.get_one(Person, world.ids["asha"]), session.get_one(CodeVersion, new)
        assert service.issue(session, person, version, world.now).person_id == person.id
    with world.database.reading(None) as session:
        given = select(CodeIssue).where(CodeIssue.code_version_id == new, CodeIssue.person_id == world.ids["asha"])
        assert len(session.scalars(given).all()) == 1


def test_how_far_somebody_has_read_is_kept_and_the_end_is_the_end(world: World):
    new = a_version(world)
    with world.database.writing(None) as session:
        asha, version = session.get_one(Person, world.ids["asha"]), session.get_one(CodeVersion, new)
        row = service.read_part(session, asha, version, 1, 2, "sections", world.now)
        assert (row.part, row.read_at) == (1, None)
        assert service.read_part(session, asha, version, 2, 2, "sections", world.now).read_at == world.now
        assert service.read_part(session, asha, version, 1, 2, "sections", world.now + DAY).part == 2
        assert row.read_at == world.now


def test_a_question_makes_a_task_and_keeps_nobody_from_signing(world: World):
    new, key = a_version(world), new_id()
    with world.database.writing(None) as session:
        asha, version = session.get_one(Person, world.ids["asha"]), session.get_one(CodeVersion, new)
        for _ in range(2):  # sent twice
            asked = service.ask(session, asha, version, "May I take tea?", world.now, key=key, policy=world.policy)
    [task] = tasks(world, "code_question")
    assert (task.about, task.about_id, task.done_at) == ("person", world.ids["asha"], None)
    signs(world, "asha", new)
    with world.database.writing(world.principal("mona")) as session:
        row = session.get_one(type(asked), asked.id)
        service.answer(session, row, "Yes, if it is offered.", by=world.ids["mona"], at=world.now)
        service.answer(session, row, "No.", by=world.ids["olive"], at=world.now)
    [task] = tasks(world, "code_question")
    assert task.done_at == world.now
    with world.database.reading(None) as session:
        assert session.get_one(type(asked), asked.id).answer == "Yes, if it is offered."


def test_paper_counts_once_a_second_person_has_looked_at_it(world: World):
    new, today = a_version(world), london_date(world.now)
    with world.database.writing(None) as session:
        asha, version = session.get_one(Person, world.ids["asha"]), session.get_one(CodeVersion, new)
        row = service.keep_paper(session, asha, version, b"jpeg", today, by=world.ids["mona"], at=world.now)
    assert stands(world, "asha", today) is Standing.DUE_AGAIN
    with world.database.writing(None) as session:
        kept = session.get_one(Acknowledgement, row.id)
        kept.countersigned_by, kept.countersigned_at = world.ids["olive"], world.now
    assert stands(world, "asha", today) is Standing.SIGNED
