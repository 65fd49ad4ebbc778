"""The written summary of a hazard as a message: only where all may be said, and sent when a receipt says so (DR-4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.ground.roles import SENDING
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.hazards import sending, service
from fieldvisit.hazards.models import Hazard, HazardStep
from fieldvisit.hazards.state import Deed
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError
from fieldvisit.register.models import Household, Resident
from tests.services.test_hazards import HOUR, acts, reported, triaged
from tests.stories import FIRST_HOME
from tests.telling import hears, rows
from tests.world import World

DAY = timedelta(days=1)
SAYS = ["found", "action", "times", "contact", "complain"]
TEXT = "We found a significant hazard: damp.\n\nWe will mend the gutter by Friday."


def found(world: World) -> str:
    case = reported(world)
    triaged(world, case, "significant")
    acts(world, case, "investigating", how="in_person")
    acts(world, case, "concluded", finding="significant")
    return case


@pytest.fixture(autouse=True)
def by_smtp(works: Any) -> None:
    works.config.smtp_host, works.config.smtp_from = "mail.example", "homes@council.example"
    works.config.email = "smtp"  # which takes a message and never says what became of it


@pytest.fixture(autouse=True)
def everything_may_be_said(world: World) -> None:
    with world.database.writing(world.principal("olive")) as session:
        home = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        home.contact_safety = {"email": "safe", "letter": "safe", "sms": "safe"}
        for one in session.scalars(select(Resident).where(Resident.home_id == world.ids[FIRST_HOME])):
            one.email = "tenant@example.org"


def marked(world: World, **facts: Any) -> None:
    with world.database.writing(world.principal("olive")) as session:
        home = session.scalars(select(Household).where(Household.home_id == world.ids[FIRST_HOME])).one()
        for name, value in facts.items():
            setattr(home, name, value)


def sends(world: World, case: str, how: str = "email", says: Any = SAYS, key: str = "") -> str:
    asking = world.principal("olive")
    with world.database.writing(asking) as session:
        hazard = service.lock(session, case)
        assert hazard
        deed = Deed("summary_written", world.now, asking.person_id, {"says": says, "how": how})
        made = sending.send(
            session, hazard, deed, {"summary": TEXT}, key=key or new_id(), at=world.now, policy=world.policy
        )
        return made.id if made else ""


def steps(world: World) -> list[tuple[str, datetime]]:
    found = sorted(rows(world, HazardStep), key=lambda step: step.position)
    return [(step.kind, step.at) for step in found if step.kind.startswith("summary")]


def owed(world: World, case: str) -> list[str]:
    from fieldvisit.hazards.clocks import outstanding

    with world.database.reading(SENDING) as session:
        return [clock.rule for clock in outstanding(service.state_of(session, case), world.policy)]


def test_it_is_sent_when_its_provider_has_it_and_the_clock_runs_until_then(world, provider, works):
    case = found(world)
    message = sends(world, case)
    assert [kind for kind, _ in steps(world)] == ["summary_written"]
    assert "DR-4" in owed(world, case)
    works()
    went = provider.ledger[message]
    assert (went.channel, went.to, went.body) == ("email", "tenant@example.org", TEXT)
    assert "damp" not in went.subject.lower(), "a subject is read over a shoulder"
    assert [kind for kind, _ in steps(world)] == ["summary_written", "summary_sent"]
    assert "DR-4" not in owed(world, case)


def test_one_that_comes_back_was_not_sent_and_may_be_sent_again(world, provider, works):
    case = found(world)
    message = sends(world, case)
    works()
    hears(world, message, "permanent-failure", world.now)
    works()
    assert [kind for kind, _ in steps(world)] == ["summary_written", "summary_sent", "summary_failed"]
    assert "DR-4" in owed(world, case)
    again = sends(world, case, "letter_first_class")
    assert again and again != message


def test_one_that_the_provider_refuses_was_never_sent(world, provider, works):
    case = found(world)
    provider.fails = NeverError("permanent-failure", "no such box")
    sends(world, case)
    works()
    assert [kind for kind, _ in steps(world)] == ["summary_written", "summary_failed"]
    assert "DR-4" in owed(world, case)


def test_a_letter_counts_from_the_day_on_which_it_left(world, provider, works):
    case = found(world)
    message = sends(world, case, "letter_first_class")
    works()
    assert "DR-4" in owed(world, case), "a printer has it, and nobody has posted it"
    hears(world, message, "despatched", world.now)
    works()
    assert steps(world)[-1] == ("summary_sent", world.now)
    assert "DR-4" not in owed(world, case)


def test_where_nobody_carries_messages_it_is_sent_when_a_person_says_so(world, provider, works):
    case = found(world)
    works.config.email = "screen"
    message = sends(world, case)
    works()
    assert "DR-4" in owed(world, case)
    hears(world, message, "delivered", world.now)
    works()
    assert "DR-4" not in owed(world, case)


def test_receipts_that_come_again_are_one_step(world, provider, works):
    case = found(world)
    message = sends(world, case)
    works()
    for minute in range(3):
        hears(world, message, "delivered", world.now + timedelta(minutes=minute))
        works()
    assert [kind for kind, _ in steps(world)].count("summary_sent") == 1


@pytest.mark.parametrize(
    "marks",
    [{"contact_safety": {}}, {"contact_safety": {"email": "content_free"}}, {"contact_safety": {"email": "never"}},
     {"contact_safety": {"email": "safe"}, "protected": True}],
)  # fmt: skip
def test_a_channel_that_is_not_marked_safe_never_carries_it(world, provider, works, marks):
    case = found(world)
    marked(world, **marks)
    with pytest.raises(RefusedError) as refused:
        sends(world, case)
    assert refused.value.verdict.code == "not-safe"
    assert rows(world, Message) == [] and [kind for kind, _ in steps(world)] == []


def test_a_channel_that_is_marked_otherwise_while_it_waits_does_not_carry_it(world, provider, works):
    case = found(world)
    sends(world, case)
    marked(world, contact_safety={"email": "content_free"})
    works()
    assert provider.ledger == {}
    assert [kind for kind, _ in steps(world)] == ["summary_written", "summary_failed"]
    assert "DR-4" in owed(world, case)


@pytest.mark.parametrize("left_out", SAYS)
def test_what_does_not_say_all_is_not_sent(world, provider, works, left_out):
    case = found(world)
    with pytest.raises(RefusedError) as refused:
        sends(world, case, says=[one for one in SAYS if one != left_out])
    assert refused.value.verdict.code == "incomplete"
    assert rows(world, Message) == []


def test_pressed_twice_is_one_and_while_it_waits_there_is_no_second(world, provider, works):
    case, key = found(world), new_id()
    assert sends(world, case, key=key) and not sends(world, case, key=key)
    with pytest.raises(RefusedError) as refused:
        sends(world, case)
    assert refused.value.verdict.code == "waits"
    assert len(rows(world, Message)) == 1


def test_a_receipt_after_a_new_report_is_of_the_round_that_it_sums_up(world, provider, works):
    case = found(world)
    sends(world, case)
    asking = world.principal("olive")
    with world.database.writing(asking) as session:
        hazard = service.lock(session, case)
        assert hazard
        deed = Deed("reported", world.now + timedelta(minutes=1), asking.person_id, {"from": "desk"})
        at = world.now + HOUR
        service.act(session, hazard, deed, {"seen": "It is back."}, key=new_id(), at=at, policy=world.policy)
    works()
    with world.database.reading(SENDING) as session:
        first, second = service.state_of(session, case).rounds
    assert "summary_sent" in first.done and "summary_sent" not in second.done


def test_officers_of_the_area_see_it_and_nobody_else(world, provider, works):
    case = found(world)
    message = sends(world, case)
    for who, sees in (("olive", True), ("dora", True), ("otto", False), ("asha", False), ("mona", False)):
        with world.database.reading(world.principal(who)) as session:
            assert bool(session.scalars(select(Message).where(Message.id == message)).first()) is sees, who
    assert rows(world, Hazard)[0].id == case
    assert sending.KIND in messages.SENT_COUNTS
