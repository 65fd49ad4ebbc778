"""Whoever is told by e-mail that there is a letter must have an e-mail; and one that comes back told nobody (D7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldvisit.audit.service import note_access
from fieldvisit.breaches import case_calls, case_came_back
from fieldvisit.breaches.case_acts import BY_LINK
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.breaches.unread import OPENED
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages import desk_calls
from fieldvisit.messages import service as messages
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError
from fieldvisit.register import involved
from fieldvisit.register.models import Person
from tests.cases import LETTER, Case, a_case, a_code, an_involved
from tests.services.test_case_calls import goes, sent
from tests.world import World

HOUR = timedelta(hours=1)


def without_email(world: World, ref: str) -> None:
    with world.database.writing(DEMO) as session:
        session.get_one(Person, world.ids[ref]).email = None


def comes_back(case: Case, letter: str = "notice", status: str = "permanent-failure") -> None:
    """The provider says so, and the worker hears it; twice."""
    at = case.at + timedelta(minutes=1)
    with case.world.database.writing(CONDUCT) as session:
        wanted = select(BreachTold.id).where(BreachTold.case_id == case.id, BreachTold.letter == letter)
        message = messages.lock(session, session.scalars(wanted).one())
        assert message
        messages.receive(session, message, status, at, by="callback", at=at)
        heard = message.id
    for _ in range(2):
        case_came_back.hear(case.world.database, heard, at)
    case.at = at


@pytest.mark.parametrize(("kind", "who"), [("notified", "nameless"), ("suspended", "nameless"), ("notified", "gone")])
def test_nobody_who_cannot_get_one_is_told_by_e_mail_and_no_day_is_counted(world: World, kind: str, who: str):
    case = a_case(world).screened()
    if who == "nameless":
        without_email(world, "asha")
    else:  # they cannot sign in any more
        with world.database.writing(DEMO) as session:
            session.get_one(Person, world.ids["asha"]).disabled_at = world.now
    words = {"letter": LETTER, "why": "She has a key."}
    with pytest.raises(RefusedError, match="no e-mail address of this person") as refused:
        case.act(kind, "ines", None, words, how="page", because="safety")
    assert refused.value.verdict.code == "no-email"
    assert case.state.stage == "screened" and case.state.notified_at is None
    case.act(kind, "ines", None, words, how="handed", because="safety")


def test_what_ends_by_itself_is_told_in_the_way_that_there_is(world: World):
    case = a_case(world).screened()
    case.act("suspended", "ines", None, {"letter": LETTER, "why": "A key."}, how="handed", because="safety")
    without_email(world, "asha")
    case.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    assert not case.state.suspended


def test_a_notice_that_came_back_waits_to_be_given_and_calls_those_seated(world: World):
    case = a_case(world).screened().told(at=world.now)
    goes(world)
    before = sent(world)
    comes_back(case)
    state = case.state
    assert (state.stage, state.notified_at, state.told_due) == ("notified", None, "")
    assert [letter for letter, _ in state.unreached] == ["notice"]
    goes(world)
    assert set(sent(world)) - set(before) == {"ivan", "ines", "lena"}, "without a word of what it is"
    with pytest.raises(RefusedError, match="It stands at"):
        case.act("time_up", "ines")
    with pytest.raises(RefusedError, match="Say first when the person had the letter"):
        case.answered()
    given = case.at + HOUR
    case.act("notice_given", "ines", given)
    assert (case.state.stage, case.state.notified_at, case.state.unreached) == ("awaiting_response", given, ())


def test_an_outcome_that_came_back_starts_no_days_to_appeal(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved").screened("AL", ("AL-2.1",), "regular", coordinates=False)
    case.told().answered().decided("", considered=["aware_warned"]).communicated()
    comes_back(case, "outcome", "temporary-failure")
    assert (case.state.outcome_waits, case.state.appeal_from, case.state.communicated_at) == (True, None, None)
    case.act("outcome_given", "ivan")
    assert case.state.appeal_from == case.state.communicated_at == case.at and not case.state.unreached


def test_one_that_they_opened_all_the_same_did_not_fail_and_a_delivered_one_says_nothing(world: World):
    case = a_case(world).screened().told()
    comes_back(case, status="delivered")
    with world.database.writing(DEMO) as session:
        told = session.scalars(select(BreachTold.id)).one()
        asha = world.principal("asha")
        note_access(session, asha, "breach", "own", object_id=told, reason=OPENED, at=case.at)
    comes_back(case)
    assert case.state.stage == "awaiting_response" and not case.state.unreached


def test_whoever_finds_it_on_their_page_may_answer_though_the_e_mail_came_back(world: World):
    case = a_case(world).screened().told()
    comes_back(case)
    case.says("answered", "", None, {"answer": "I am sorry."}, **{"from": "page"})
    assert case.state.stage == "investigating" and case.state.notified_at == case.at


def test_by_their_link_a_letter_opens_with_six_characters_that_go_out_with_it_and_stand_in_nothing_that_is_kept(
    world: World,
):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    key = b"k" * 32
    for how in ("page", "post"):
        case = a_case(world, "Pia Lund", kind="involved").screened("AL", ("AL-2.1",), "regular", coordinates=False)
        case.told(how=how)
        with world.database.reading(CONDUCT) as session:
            told = session.scalars(select(BreachTold).where(BreachTold.case_id == case.id)).one()
            kept = session.get_one(Message, told.id).body
            assert involved.CODE in kept and (how == "page" or BY_LINK in kept)
            out = involved.fill_code(kept, told.id, key)
            assert involved.code_of(told.id, key) in out and involved.CODE not in out


def test_the_call_says_nothing_of_it(world: World):
    case = a_case(world).screened().told()
    comes_back(case)
    case_calls.call(world.database, world.now, world.policy, set())
    with world.database.reading(CONDUCT) as session:
        bodies = set(session.scalars(select(Message.body).where(Message.kind == desk_calls.KIND)))
    assert bodies == {desk_calls.BODY.format(council=world.policy.council.name)}


def test_the_worker_fills_them_in_and_hears_what_came_back(world: World, provider, works):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    one, other = (
        a_case(world, "Pia Lund", kind="involved").screened("AL", ("AL-2.1",), "regular", coordinates=False)
        for _ in range(2)
    )
    one.told()
    works()
    [(letter, out)] = provider.ledger.items()
    key = involved.key_of_links(works.config.secret_key())
    assert f"type these six characters: {involved.code_of(letter, key)}." in out.body
    provider.fails = NeverError("permanent-failure", "no such mailbox")
    other.told()
    works()
    assert (one.state.stage, other.state.stage) == ("awaiting_response", "notified")
