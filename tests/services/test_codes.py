"""A code from its draft to the day on which the next takes its place, and what becomes of those whom it binds (D9)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.badges.service import may_visit
from fieldvisit.codes import own, service, training, versions
from fieldvisit.codes.models import CodeStep, CodeVersion
from fieldvisit.codes.rules import Signing, Standing
from fieldvisit.codes.text import read_upload
from fieldvisit.codes.version_rules import Act, Stage
from fieldvisit.codes.versions import New
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import SENDING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register import involved
from fieldvisit.register.models import Firm, Person
from fieldvisit.tasks import Task
from tests.world import World

DAY = timedelta(days=1)
WORDS = "Be kind to people and take care of their homes. " * 4
CONSULTED = "We asked the tenants' forum in October. Two things were changed."


OWN_CODE = """
[document]
code = "DP"
title = "Data protection policy"
landlord = "Melton Borough Council"
version = "1"
dated = "1 March 2026"
status = "live"
binds = "Everybody who works for the council"

[[clause]]
id = "DP-1"
section = "1"
bearer = "Everybody"
duty = "Look up only what your job needs."
how = "displayed"
met = "It is read and signed."
where = ["/codes"]
"""


def page_of(extra: str = "") -> bytes:
    return f"<h1>Code</h1><h2>At the door</h2><p>{WORDS}{extra}</p><h2>Inside</h2><p>Cover your shoes.</p>".encode()


def a_version(
    world: World, name: str = "2.0", *, significant: bool = True, live_in: int = 0, extra: str = "two", document: str = "ME",
    binds: tuple[str, ...] = ("operative", "officer"),
) -> str:  # fmt: skip
    """Through every act of the administrator, until it is live, or waits for its day."""
    at, adam = world.now, world.ids["adam"]
    today = london_date(at)
    with world.database.writing(None) as session:
        new = New(document, name, significant, f"What {name} changes.", binds)
        version = versions.start(session, new, by=adam, at=at)
        versions.add_text(session, version, "signed", read_upload(page_of(extra)), by=adam, at=at)
        if significant:
            _do(session, world, version, Act.CONSULT, consulted_from=today - 40 * DAY)
        _do(
            session, world, version, Act.APPROVE, change=version.change, consulted=CONSULTED if significant else "",
            consulted_until=today - 10 * DAY if significant else None, approved_by="Cabinet", approved_on=today - DAY,
        )  # fmt: skip
        if not significant:
            versions.say_small(session, version, by=world.ids["olive"], at=at)
        _do(
            session, world, version, Act.GO_LIVE, owner="Head of Repairs", live_from=today + live_in * DAY,
            review_on=today + 700 * DAY,
        )  # fmt: skip
        return version.id


def _do(session: Any, world: World, version: CodeVersion, act: Act, **said: Any) -> None:
    versions.do(session, version, act, said, by=world.ids["adam"], at=world.now, policy=world.policy)


def stands(world: World, ref: str, on: date) -> Standing:
    with world.database.reading(None) as session:
        person = session.get_one(Person, world.ids[ref])
        [held] = service.standings(session, [person], on)[person.id]
        return held.stands.standing


def good(world: World, ref: str, on: date) -> bool:
    with world.database.reading(None) as session:
        return service.has_signed(session, session.get_one(Person, world.ids[ref]), on)


def signs(world: World, ref: str, version_id: str, at: Any = None, **lacks: Any) -> None:
    at = at or world.now
    with world.database.writing(None) as session:
        person, version = session.get_one(Person, world.ids[ref]), session.get_one(CodeVersion, version_id)
        service.read_part(session, person, version, 2, 2, "all", at)
        facts = {"name": person.name, "position": "Engineer", "organisation": "Brightwater", "agrees": True}
        signing = Signing(**(facts | {"sha256": version.text_sha256} | lacks))
        service.sign_now(session, person, version, signing, at)


def tasks(world: World, kind: str) -> list[Task]:
    with world.database.reading(SENDING) as session:
        return list(session.scalars(select(Task).where(Task.kind == kind).order_by(Task.cause)))


def day_of_the_worker(world: World, at: Any = None) -> None:
    with world.database.writing(SENDING) as session:  # as whom the worker asks
        training.day(session, at or world.now, world.policy)


# --- versions -----------------------------------------------------------------------------------------------------


def test_a_version_goes_live_and_the_old_one_retires_on_that_day(world: World):
    new = a_version(world)
    with world.database.reading(None) as session:
        old, version = session.get_one(CodeVersion, world.ids["ME 1.0"]), session.get_one(CodeVersion, new)
        assert (old.stage, old.retired_on, version.stage) == (Stage.RETIRED, version.live_from, Stage.LIVE)
        assert version.text_sha256 == read_upload(page_of("two")).sha256
        kinds = [step.kind for step in versions.steps_of(session, new)]
        assert sorted(kinds) == sorted(["started", "text", "consult", "approve", "go_live"])
        live = select(CodeVersion.version).where(CodeVersion.document == "ME", CodeVersion.status == "live")
        assert session.scalars(live).all() == ["2.0"]


def test_a_version_for_a_later_day_waits_and_the_worker_makes_it_live_on_it(world: World):
    new = a_version(world, live_in=3)
    for days, stage in ((0, Stage.APPROVED), (2, Stage.APPROVED), (3, Stage.LIVE), (4, Stage.LIVE)):
        day_of_the_worker(world, world.now + days * DAY)
        with world.database.reading(None) as session:
            assert session.get_one(CodeVersion, new).stage is stage


def test_the_second_of_two_who_press_at_once_is_told_and_nothing_is_lost(world: World):
    new = a_version(world, live_in=3)
    with world.database.writing(None) as session, pytest.raises(RefusedError) as refused:
        _do(session, world, session.get_one(CodeVersion, new), Act.CONSULT, consulted_from=world.now.date())
    assert "somebody was faster" in refused.value.verdict.message
    with world.database.reading(None) as session:
        assert session.get_one(CodeVersion, new).consulted == CONSULTED


def test_what_was_approved_keeps_its_text(world: World):
    new = a_version(world, live_in=3)
    with world.database.writing(None) as session, pytest.raises(RefusedError):
        upload = read_upload(page_of("another"))
        versions.add_text(session, session.get_one(CodeVersion, new), "signed", upload, by=None, at=world.now)


def test_another_text_of_an_offered_draft_is_read_anew_and_one_that_was_signed_stays(world: World):
    with world.database.writing(None) as session:
        new = New("ME", "3.0", True, "What is new.", ("operative",))
        draft = versions.start(session, new, by=None, at=world.now)
        versions.add_text(session, draft, "signed", read_upload(page_of("one")), by=None, at=world.now)
        person = session.get_one(Person, world.ids["asha"])
        service.read_part(session, person, draft, 2, 2, "all", world.now)
        versions.add_text(session, draft, "signed", read_upload(page_of("another")), by=None, at=world.now)
        issue = service.issue_of(session, person, draft.id)
        assert issue and (issue.part, issue.read_at) == (0, None)
        draft_id = draft.id
    signs(world, "asha", draft_id)
    with world.database.writing(None) as session, pytest.raises(RefusedError, match="has signed this draft"):
        draft = session.get_one(CodeVersion, draft_id)
        versions.add_text(session, draft, "signed", read_upload(page_of("a third")), by=None, at=world.now)


def test_a_name_is_given_once(world: World):
    with world.database.writing(None) as session, pytest.raises(RefusedError):
        versions.start(session, New("ME", "1.0", True, "", ("operative",)), by=None, at=world.now)


# --- whom it binds ------------------------------------------------------------------------------------------------


def test_a_draft_that_would_bind_somebody_is_among_their_codes_and_says_that_it_is_a_draft(world: World):
    with world.database.writing(None) as session:
        draft = CodeVersion(document="HS", version="draft", status="draft", binds=["housing"], text_sha256="0" * 64)
        session.add(draft)
        olive = session.get_one(Person, world.ids["olive"])
        on = london_date(world.now)
        assert [each.document for each in service.codes_binding(session, olive, on)] == ["ME"]
        olive.half_housing = True
        session.flush()
        found = service.codes_binding(session, olive, on)
        assert [(each.document, each.is_draft) for each in found] == [("ME", False), ("HS", True)]
        assert service.has_signed(session, olive, on)  # a draft asks for nothing


def test_an_involved_resident_is_bound_by_involvement_and_by_nothing_else(world: World):
    a_version(world, "2", document="MR", binds=("resident",))
    with world.database.writing(None) as session:
        rosa = involved.take_in(session, "resident", "Rosa Quist", starts_on=date(2026, 1, 1))
        paul = involved.take_in(session, "panel", "Paul Ames", starts_on=date(2026, 1, 1))
        on = london_date(world.now)
        assert [each.document for each in service.codes_binding(session, rosa, on)] == ["MR"]
        assert service.codes_binding(session, paul, on) == []
        assert service.subject_of(session, "involved", rosa.id) is rosa
        assert service.subject_of(session, "person", world.ids["asha"]) is not None


# --- training, checks, insurance ----------------------------------------------------------------------------------


def test_a_newer_safeguarding_training_renews_what_the_badge_needs(world: World):
    with world.database.writing(None) as session:
        asha = session.get_one(Person, world.ids["asha"])
        said = {"by": world.ids["olive"], "at": world.now}
        training.record(
            session, asha, "safeguarding", "Level 1", date(2026, 12, 1), date(2029, 12, 1), key=new_id(), **said
        )
        training.record(
            session, asha, "qualification", "Gas card", date(2026, 1, 1), date(2026, 12, 20), key=new_id(), **said
        )
        assert asha.training_until == date(2029, 12, 1)


@pytest.mark.parametrize(
    ("may", "checked_on", "code"),
    [
        (True, date(2026, 12, 1), "allowed"),
        (True, date(2023, 12, 8), "allowed"),  # three years to the day
        (True, date(2023, 12, 7), "check-lapsed"),
        (False, date(2026, 12, 1), "may-not-visit"),
    ],
)
def test_may_visit_no_or_out_of_date_keeps_somebody_from_a_door_and_says_so(world: World, may, checked_on, code):
    with world.database.writing(None) as session:
        asha = session.get_one(Person, world.ids["asha"])
        training.set_visit_check(asha, may, checked_on, world.policy)
        session.flush()
        verdict = may_visit(session, asha, world.now)
        assert verdict.code == code
        if code != "allowed":
            assert verdict.clause.where == "MO-1f"


def test_what_runs_out_in_thirty_days_is_a_task_once_and_not_a_day_sooner(world: World):
    last = date(2027, 1, 7)  # thirty days from now
    with world.database.writing(None) as session:
        session.get_one(Person, world.ids["asha"]).training_until = last
        session.get_one(Person, world.ids["ben"]).training_until = last + DAY
        session.get_one(Firm, world.ids["Oakline Repairs"]).insurance_until = last
    day_of_the_worker(world)
    day_of_the_worker(world)
    assert [task.about_id for task in tasks(world, "training_runs_out")] == [world.ids["asha"]]
    assert [task.about_id for task in tasks(world, "insurance_runs_out")] == [world.ids["Oakline Repairs"]]
    assert tasks(world, "training_runs_out")[0].due_at.date() == last
    day_of_the_worker(world, world.now + DAY)
    assert {task.about_id for task in tasks(world, "training_runs_out")} == {world.ids["asha"], world.ids["ben"]}


def test_a_review_is_a_task_three_months_before_its_day(world: World):
    new = a_version(world)
    with world.database.writing(None) as session:
        session.get_one(CodeVersion, new).review_on = date(2027, 3, 9)
    day_of_the_worker(world)
    assert tasks(world, "code_review") == []
    day_of_the_worker(world, world.now + DAY)
    assert [task.about_id for task in tasks(world, "code_review")] == [new]


def test_what_was_done_with_a_version_bears_who_did_it(world: World):
    new = a_version(world)
    with world.database.reading(None) as session:
        who = set(session.scalars(select(CodeStep.by_id).where(CodeStep.code_version_id == new)))
    assert who == {world.ids["adam"]}


def test_a_councils_own_code_is_read_and_signed_as_the_others_are(world: World, tmp_path: Path):
    """Terms of reference, or the data protection policy: whatever a council adds to its folder."""
    (tmp_path / "policy.toml").write_text(OWN_CODE)
    own.use(tmp_path)
    try:
        policy = a_version(world, "1", document="DP", binds=("employee",))
        today = london_date(world.now)
        with world.database.reading(None) as session:
            hana = session.get_one(Person, world.ids["hana"])
            [held] = service.standings(session, [hana], today)[hana.id]
            assert (held.version.id, held.stands.standing) == (policy, Standing.ISSUED)
        signs(world, "hana", policy)
        assert stands(world, "hana", today) is Standing.SIGNED
    finally:
        own.use(None)
