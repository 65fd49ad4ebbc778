"""Gifts and interests as they are written down (D8): who decides, what is passed on, who is kept apart, what goes when."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from fieldvisit import conduct
from fieldvisit.conduct import Reported
from fieldvisit.db import new_id
from fieldvisit.declarations import reviews, service, ties, undertakings
from fieldvisit.declarations.interests import Control
from fieldvisit.declarations.models import Declaration, DeclarationStep, DeclarationWords, Undertaking
from fieldvisit.declarations.rules import Offer
from fieldvisit.declarations.service import Gift, interest_between
from fieldvisit.declarations.ties import Apart, Interest
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.ground.roles import CHECKING, DECLARING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.register import involved
from fieldvisit.register.apart import KeptApart
from fieldvisit.tasks import Task
from tests.stories import FIRST_HOME, a_visit
from tests.world import World

WHY = "She bakes for everybody who comes."


@pytest.fixture
def told(monkeypatch) -> list[Reported]:
    """What was passed on to whoever looks after conduct."""
    heard: list[Reported] = []
    monkeypatch.setattr(conduct, "_answer", lambda session, reported: heard.append(reported))
    return heard


def policy(name: str) -> Policy:
    return load_policy(name)


def declare(
    world: World, who: str = "asha", council: str = "milton-keynes", *, form: str = "thing", giver: str = "tenant",
    accepted: bool = True, pence: int | None = 1000, what: str = "A cake in a tin", at: datetime | None = None,
    offered: datetime | None = None, key: str = "", **more: Any,
) -> Declaration:  # fmt: skip
    at = at or world.now
    offer = Offer(form=form, giver=giver, accepted=accepted, value_pence=pence, reason=more.pop("reason", WHY), **{
        name: more.pop(name) for name in ("purpose", "in_return") if name in more
    })  # fmt: skip
    with world.database.writing(DECLARING) as session:
        subject = service.subject_of(session, world.ids[who], more.get("visit_id"), at)
        gift = Gift(offer=offer, what=what, offered_at=offered or at, **more)
        return service.declare_gift(
            session, subject, gift, key=key or new_id(), by=world.ids[who], at=at, policy=policy(council)
        )


def decide(
    world: World, declared: Declaration, decision: Any, by: str = "mona", reason: str = WHY, key: str = ""
) -> None:
    with world.database.writing(DECLARING) as session:
        row = service.lock(session, declared.id)
        assert row
        service.decide(
            session, row, decision, reason, key=key or new_id(), by=world.ids[by], at=world.now,
            policy=policy("milton-keynes"),
        )  # fmt: skip


def row_of(world: World, declared: Declaration) -> Declaration:
    with world.database.reading(DECLARING) as session:
        return session.get_one(Declaration, declared.id)


def tasks(world: World, *kinds: str) -> list[tuple[str, bool]]:
    with world.database.reading(CHECKING) as session:
        found = select(Task).where(Task.kind.in_(kinds)).order_by(Task.raised_at, Task.kind)
        return [(task.kind, task.done_at is not None) for task in session.scalars(found)]


def tie(world: World, who: str = "asha", type: str = "relative", **more: Any) -> Declaration:
    with world.database.writing(DECLARING) as session:
        subject = service.subject_of(session, world.ids[who], more.get("visit_id"), world.now)
        interest = Interest(type=type, who="My sister", what=more.pop("what", "She lives there."), **more)
        return ties.declare(
            session, subject, interest, key=new_id(), by=world.ids[who], at=world.now, policy=world.policy
        )


def between(world: World, who: str, whom: str, kind: str = "person", asked_by: str = "ines") -> bool:
    with world.database.reading(world.principal(asked_by)) as session:
        return interest_between(session, world.ids[who], kind, world.ids[whom])


# --- gifts --------------------------------------------------------------------------------------------------------


def test_milton_keynes_24_99_waits_for_the_manager_who_lets_it_be_kept(world: World, told):
    declared = declare(world, pence=2499)
    assert (declared.stage, told) == ("referred", [])
    assert tasks(world, "gift_decide") == [("gift_decide", False)]
    decide(world, declared, "keep")
    kept = row_of(world, declared)
    assert (kept.stage, kept.stood, kept.keep_until) == ("closed", "approved_keep", date(2032, 12, 8))
    assert tasks(world, "gift_decide") == [("gift_decide", True)]


def test_milton_keynes_25_00_goes_back_and_is_over_when_somebody_says_how_we_know(world: World, told):
    declared = declare(world, pence=2500)
    assert (declared.stage, declared.must_return) == ("refused_return", True)
    with world.database.writing(DECLARING) as session:
        row = service.lock(session, declared.id)
        assert row
        give: dict[str, Any] = {"by": world.ids["asha"], "at": world.now, "policy": policy("milton-keynes")}
        with pytest.raises(RefusedError, match="who saw it"):
            service.give_back(session, row, "returned", "Done", key=new_id(), **give)
        service.give_back(session, row, "returned", "Given back at the door; Ben saw it.", key=new_id(), **give)
    after = row_of(world, declared)
    assert (after.stage, after.stood) == ("closed", "returned_or_donated")
    assert tasks(world, "gift_return") == [("gift_return", True)]


def test_melton_what_was_taken_from_a_tenant_is_passed_on_once_and_goes_back(world: World, told):
    key = new_id()
    declared = declare(world, council="melton", key=key)
    again = declare(world, council="melton", key=key)
    assert declared.id == again.id
    assert (declared.stage, declared.must_return) == ("escalated", True)
    [said] = told
    assert (said.subject_id, said.clauses, said.cause) == (world.ids["asha"], ("ME-5.3a",), f"gift:{declared.id}")
    assert "A cake in a tin" in said.words


@pytest.mark.parametrize("council", ["melton", "milton-keynes", "alliance"])
def test_cash_that_was_refused_is_passed_on_and_accuses_nobody(world: World, told, council):
    declared = declare(world, council=council, form="cash", accepted=False)
    assert declared.stage == "escalated" and not declared.must_return
    assert [(said.subject_id, said.told_by_id) for said in told] == [(None, world.ids["asha"])]
    assert said_of(told) == {"melton": "ME-5.3a", "milton-keynes": "MO-6a", "alliance": "AL-2.13"}[council]


def said_of(told: list[Reported]) -> str:
    return told[0].clauses[0]


def test_a_refused_offer_is_kept_too(world: World, told):
    declared = declare(world, accepted=False, pence=None)
    assert (declared.stage, declared.stood, told) == ("closed", "declined", [])
    assert declared.keep_until == date(2032, 12, 8)


def test_what_is_written_down_late_is_kept_and_marked(world: World, told):
    monday = world.now - timedelta(days=1)
    assert [declare(world, offered=when).late for when in (world.now, monday, world.now - timedelta(days=4))] == [
        False, False, True,
    ]  # fmt: skip


def test_two_who_decide_at_once_the_second_is_told_and_the_first_stands(world: World, told):
    declared = declare(world)
    decide(world, declared, "return", by="mona")
    with pytest.raises(RefusedError) as second:
        decide(world, declared, "keep", by="olive")
    assert second.value.verdict.code == "decided"
    assert row_of(world, declared).stage == "refused_return"


def test_the_same_press_twice_decides_once(world: World, told):
    declared, key = declare(world), new_id()
    decide(world, declared, "keep", key=key)
    decide(world, declared, "keep", key=key)
    with world.database.reading(DECLARING) as session:
        kinds = session.scalars(select(DeclarationStep.kind).where(DeclarationStep.declaration_id == declared.id)).all()
    assert sorted(kinds) == ["closed", "decided", "offered", "referred"]


def test_the_receiver_never_decides(world: World, told):
    with pytest.raises(RefusedError) as refused:
        decide(world, declare(world), "keep", by="asha")
    assert refused.value.verdict.code == "own"


def test_the_third_from_one_home_is_a_pattern_also_when_two_were_refused(world: World, told):
    visit = a_visit(world)
    home = world.ids[FIRST_HOME]
    for days, who in ((200, "asha"), (100, "ben")):
        declare(world, who, accepted=False, offered=world.now - timedelta(days=days), home_id=home)
    third = declare(world, "carl", visit_id=visit.visit_id, home_id=home)
    with world.database.reading(DECLARING) as session:
        found = service.patterns_of(session, session.get_one(Declaration, third.id), world.now, world.policy)
    assert [(each.same, len(each.ids)) for each in found] == [("giver", 3)]
    with pytest.raises(RefusedError) as refused:
        decide(world, third, "keep", by="omar", reason="")
    assert refused.value.verdict.code == "no-reason"


def test_a_step_is_never_changed(world: World, told):
    declared = declare(world)
    with (
        world.database.as_owner(write=True).connect() as connection,
        pytest.raises(Exception, match=r"never changed|append"),
    ):
        connection.execute(
            text("UPDATE declaration_step SET kind = 'kept' WHERE declaration_id = :id"), {"id": declared.id}
        )


# --- once a day ---------------------------------------------------------------------------------------------------


def daily(world: World, day: date) -> None:
    with world.database.writing(DECLARING) as session:
        reviews.daily(session, datetime(day.year, day.month, day.day, 6, tzinfo=world.now.tzinfo))


def test_a_year_later_the_office_is_reminded_once(world: World):
    tie(world)
    daily(world, date(2027, 12, 7))
    assert tasks(world, "interest_review") == []
    daily(world, date(2027, 12, 8))
    daily(world, date(2027, 12, 9))
    assert tasks(world, "interest_review") == [("interest_review", False)]


def test_a_panel_member_who_has_not_signed_is_asked_for_and_again_each_year(world: World):
    with world.database.writing(DECLARING) as session:
        member = involved.take_in(session, "panel", "Pat Ryder", starts_on=date(2026, 12, 1))
        daily_at = world.now
        reviews.daily(session, daily_at)
        for kind in undertakings.KINDS:
            undertakings.sign(
                session, member, kind, "Pat Ryder", agrees=True, key=new_id(), at=world.now, policy=world.policy
            )
        due = [
            standing.is_due(date(2027, 12, day))
            for standing in undertakings.standings(session, member.id)
            for day in (7, 8, 9)
        ]
    assert tasks(world, "sign_again") == [("sign_again", True)] * 2
    assert due == [False, True, True] * 2


def test_another_text_is_signed_anew_and_asked_for_once(world: World, monkeypatch: pytest.MonkeyPatch):
    with world.database.writing(DECLARING) as session:
        member = involved.take_in(session, "panel", "Pat Ryder", starts_on=date(2026, 12, 1))
        for kind in undertakings.KINDS:
            undertakings.sign(
                session, member, kind, "Pat Ryder", agrees=True, key=new_id(), at=world.now, policy=world.policy
            )
        reviews.daily(session, world.now)
        monkeypatch.setitem(undertakings.TEXTS, "conflicts", "Another text.")
        for _ in range(2):
            reviews.daily(session, world.now)
        due = [each.kind for each in undertakings.standings(session, member.id) if each.is_due(london_date(world.now))]
    assert (due, tasks(world, "sign_again")) == (["conflicts"], [("sign_again", False)])


def test_a_form_of_conflicts_keeps_each_interest_as_a_declaration_of_its_own(world: World):
    with world.database.writing(DECLARING) as session:
        member = involved.take_in(session, "panel", "Pat Ryder", starts_on=date(2026, 12, 1))
        declared = [
            Interest(type="financial", who="Oakline", what="I own a share.", firm_id=world.ids["Oakline Repairs"])
        ]
        how: dict[str, Any] = {"agrees": True, "key": "k", "at": world.now, "policy": world.policy}
        undertakings.sign(session, member, "conflicts", "Pat Ryder", declared=declared, **how)
        undertakings.sign(session, member, "conflicts", "Pat Ryder", declared=declared, **how)
        assert [one.form for one in undertakings.open_interests(session, member.id)] == ["financial"]
        member_id = member.id
        assert len(session.scalars(select(Undertaking)).all()) == 1
        [row] = undertakings.open_interests(session, member_id)
        ties.acknowledge(session, row, "manager", key=new_id(), by=world.ids["dora"], at=world.now, policy=world.policy)
        follows = Apart(people=(("person", world.ids["ines"]),))
        control = Control(people=1, reason=WHY)
        ties.manage(
            session, row, follows, control, key=new_id(), by=world.ids["dora"], at=world.now, policy=world.policy
        )
    world.ids["pat"] = member_id
    assert between(world, "ines", "pat", "involved")
    assert not between(world, "lena", "pat", "involved")


def test_a_declaration_goes_whole_on_its_day_and_not_before(world: World, told):
    declare(world, accepted=False)
    kept = declare(world)  # nobody has decided: it stays
    for day, left in ((date(2032, 12, 7), 2), (date(2032, 12, 8), 1)):
        with world.database.writing(DECLARING) as session:
            reviews.purge(session, day)
            assert len(session.scalars(select(Declaration)).all()) == left
    with world.database.reading(DECLARING) as session:
        assert {step.declaration_id for step in session.scalars(select(DeclarationStep))} == {kept.id}
        assert {words.declaration_id for words in session.scalars(select(DeclarationWords))} == {kept.id}
        assert session.scalars(select(KeptApart)).all() == []


def test_what_is_passed_on_becomes_one_case_that_the_receiver_never_sees(world: World):
    """The whole way, with nobody standing in for whoever opens cases."""
    from fieldvisit.breaches.models import BreachCase
    from fieldvisit.ground.roles import CONDUCT

    key = new_id()
    for _ in range(2):
        declare(world, council="melton", key=key)
    with world.database.reading(CONDUCT) as session:
        [case] = session.scalars(select(BreachCase)).all()
        assert case.subject_id == world.ids["asha"]
    with world.database.reading(world.principal("asha")) as session:
        assert session.scalars(select(BreachCase)).all() == []


def test_the_worker_goes_through_them_once_a_day(world: World):
    from fieldvisit.worker import run

    tie(world)
    with world.database.writing(DECLARING) as session:
        session.scalars(select(Declaration)).one().review_on = world.now.date()
    for _ in range(2):
        run(world.database, world.app.extensions["fv_config"], world.policy, once=True)
    assert tasks(world, "interest_review") == [("interest_review", False)]
