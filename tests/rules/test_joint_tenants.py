"""Joint tenants: each is told, by ways of their own that say no more than they may, and what counts as told."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldvisit.hazards.rules import sent_to_all
from fieldvisit.messages.parties import Dwelling, Known, each_once, own_marks, parties
from fieldvisit.messages.rules import Way
from fieldvisit.register.needs_rules import may_mark_own, own_marks_after_a_new_number
from fieldvisit.visits import events as ev
from fieldvisit.visits.access_rules import way_to_chase
from fieldvisit.visits.fold import Line
from fieldvisit.visits.hearing import newer_notice
from fieldvisit.visits.joint import Confirmation, told_one
from fieldvisit.visits.state import VisitState

TERRY = Known("t", "Terry Moss", phone="+447700900101", email="terry@home.example")
ANN = Known("a", "Ann Moss", phone="+447700900102", language="pl")
KIT = Known("k", "Kit Moss", tenant=False, phone="+447700900199", email="kit@home.example")
SAFE = dict.fromkeys(("sms", "email", "letter"), "safe")
HOME = Dwelling(["1 Larch Close", "LE13 9AA"], "ur", SAFE)


def reached(party):
    return {way.channel: way.to for way in party.ways}


def test_one_tenant_is_told_by_every_number_of_the_home_and_is_nobody_in_particular():
    [alone] = parties([Known("t", "Terry Moss"), KIT], HOME)
    assert (alone.resident, alone.name, alone.language) == (None, "Terry Moss", "ur")
    assert reached(alone)["sms"] == KIT.phone


def test_where_nobody_is_known_a_letter_still_goes_to_the_tenant():
    [nobody] = parties([], HOME)
    assert nobody.resident is None
    assert reached(nobody)["letter_first_class"] == "The tenant\n1 Larch Close\nLE13 9AA"


def test_each_of_two_tenants_is_told_by_their_own_number_and_name():
    terry, ann = parties([TERRY, ANN, KIT], HOME)
    assert (terry.resident, ann.resident) == ("t", "a")
    assert reached(terry)["sms"] == TERRY.phone
    assert reached(ann)["sms"] == ANN.phone
    assert reached(ann)["letter_second_class"].startswith("Ann Moss\n")


def test_nobody_gets_a_message_on_the_other_tenants_number():
    _, ann = parties([TERRY, ANN], HOME)
    assert "email" not in reached(ann)


def test_a_representatives_number_stands_in_only_where_no_tenant_has_any_such():
    _, ann = parties([TERRY, ANN, KIT], HOME)
    assert "email" not in reached(ann)
    first, second = parties([Known("t", "Terry Moss"), Known("a", "Ann Moss"), KIT], HOME)
    assert reached(first)["sms"] == reached(second)["sms"] == KIT.phone


def test_two_who_share_a_number_are_told_there_once():
    pair = parties([TERRY, Known("a", "Ann Moss", phone=TERRY.phone)], HOME)
    assert len(each_once((one, one.way("sms")) for one in pair)) == 1


def test_two_who_share_a_number_and_no_language_are_told_there_each():
    pair = parties([TERRY, Known("a", "Ann Moss", phone=TERRY.phone, language="pl")], HOME)
    assert len(each_once((one, one.way("sms")) for one in pair)) == 2


def test_each_is_written_to_in_their_own_language_and_else_in_the_households():
    assert [one.language for one in parties([TERRY, ANN], HOME)] == ["ur", "pl"]


def test_two_letters_to_one_address_are_two_letters():
    pair = parties([TERRY, ANN], HOME)
    assert len(each_once((one, one.way("letter_first_class")) for one in pair)) == 2


@pytest.mark.parametrize(
    ("household", "own", "said"),
    [
        ("safe", "safe", "safe"),
        ("safe", "content_free", "content_free"),
        ("safe", "never", "never"),
        ("content_free", "safe", "content_free"),
        ("never", "safe", "never"),
    ],
)
def test_a_mark_of_ones_own_says_less_than_the_households_and_never_more(household, own, said):
    assert own_marks({"sms": household}, {"sms": own}) == {"sms": said}


def test_a_way_that_nobody_marked_for_the_household_is_not_made_safe_by_one_of_them():
    assert own_marks({}, {"email": "safe"}) == {"email": "content_free"}


def test_whoever_is_not_to_be_written_to_is_not_while_the_other_is():
    ann = Known("a", "Ann Moss", phone=ANN.phone, marks={"sms": "never", "letter": "never"})
    terry, ann = parties([TERRY, ann], HOME)
    assert {way.safety for way in terry.ways} == {"safe"}
    assert {way.safety for way in ann.ways} == {"never"}
    assert ann.safe_ways == []


def test_a_protected_home_says_call_us_to_each_of_them_whatever_is_marked():
    home = Dwelling(HOME.address, "en", SAFE, protected=True)
    assert {way.safety for one in parties([TERRY, ANN], home) for way in one.ways} == {"content_free"}


# --- who has been told --------------------------------------------------------------------------------------------

NOW = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
START, END = NOW + timedelta(days=3), NOW + timedelta(days=3, hours=2)
STATE = VisitState(window_start=START, window_end=END)
PLANNED = ev.VisitPlanned("responsive_repair", START, END, "asha", "contractor", ev.Words("A leak"))


def log(*events):
    return [
        Line(event, "desk", str(number), None, number, NOW, NOW + timedelta(minutes=number))
        for number, event in enumerate((PLANNED, *events))
    ]


def notice(resident="a", channel="sms", **facts):
    facts = {"window_start": START, "window_end": END, "delivery": "pending"} | facts
    return ev.NoticeRecorded(f"{resident}-{channel}", channel, resident=resident, **facts)


DELIVERED = {"delivery": "delivered", "delivered_at": NOW}


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "not"),
        ([notice("t", **DELIVERED)], "not"),
        ([notice()], "waiting"),
        ([notice(**DELIVERED)], "told"),
        ([notice(delivery="permanent-failure")], "failed"),
        ([notice(), ev.NoticeFailed("a-sms", "temporary-failure")], "failed"),
        ([notice(**DELIVERED), ev.NoticeWithdrawn("a-sms", "bounced")], "failed"),
        ([notice(**DELIVERED, states_who=False)], "asked"),
        ([notice(**DELIVERED, states_why=False)], "asked"),
        ([notice(**DELIVERED, usable=False)], "not"),
        ([notice(delivery="permanent-failure"), notice(channel="email", **DELIVERED)], "told"),
        ([notice(channel="letter_first_class", delivery=None)], "waiting"),
        ([notice(channel="letter_first_class", delivery=None, despatched_at=NOW)], "told"),
        ([notice(channel="phone", delivery=None, sent_at=NOW)], "told"),
        ([notice(**DELIVERED, window_start=START - timedelta(days=1))], "not"),
    ],
)
def test_one_of_two_tenants_has_been_told_when_a_notice_to_her_of_this_time_has_come(events, state):
    assert told_one("a", log(*events), STATE).state == state


CHANGED = ev.VisitReassigned("ben", "contractor")


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([notice(**DELIVERED), CHANGED], "not"),
        ([notice(), CHANGED, notice(**DELIVERED)], "not"),  # the receipt of the one before
        ([notice(**DELIVERED), CHANGED, notice(channel="email")], "waiting"),
        ([notice(**DELIVERED), CHANGED, notice(channel="email", **DELIVERED)], "told"),
        ([notice(**DELIVERED), ev.VisitReassigned("ben", "contractor", tenant_told=True)], "told"),
    ],
)
def test_what_named_another_worker_does_not_tell_her_who_comes(events, state):
    assert told_one("a", log(*events), STATE).state == state


def test_a_confirmation_that_named_another_worker_does_not_either():
    one = Confirmation("sms", NOW, "delivered", NOW)
    assert told_one("a", log(CHANGED), STATE, [one]).state == "not"


def test_a_programme_that_holds_the_day_tells_her_of_it():
    told = notice(
        window_end=END + timedelta(hours=1), programme_start=START.date(), programme_end=END.date(), **DELIVERED
    )
    assert told_one("a", log(told), STATE).state == "told"
    earlier = notice(
        window_end=END + timedelta(hours=1), programme_start=START.date() - timedelta(days=9),
        programme_end=START.date() - timedelta(days=1), **DELIVERED,
    )  # fmt: skip
    assert told_one("a", log(earlier), STATE).state == "not"


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"delivery": "pending"}, "waiting"),
        ({"delivery": "delivered", "delivered_at": NOW}, "told"),
        ({"delivery": "permanent-failure"}, "failed"),
        ({"delivery": "delivered", "delivered_at": NOW, "written_at": NOW - timedelta(days=1)}, "not"),
    ],
)
def test_the_written_confirmation_of_this_time_tells_her_too(facts, state):
    one = Confirmation(**{"channel": "sms", "written_at": NOW} | facts)
    assert told_one("a", log(), STATE, [one]).state == state


def test_what_went_to_a_number_that_both_have_told_both():
    his = notice("t", **DELIVERED)
    assert told_one("a", log(his), STATE, shared=["t-sms"]).state == "told"
    assert told_one("a", log(his, CHANGED), STATE, shared=["t-sms"]).state == "not"


def test_what_was_confirmed_before_the_visit_was_moved_tells_nobody_of_the_new_time():
    moved = ev.VisitMoved("council", START, END, True)
    one = Confirmation("sms", NOW, "delivered", NOW)
    assert told_one("a", log(moved), STATE, [one]).state == "not"


def test_a_notice_to_the_other_does_not_take_the_place_of_hers():
    lines = log(notice("a"), notice("t"))
    assert not newer_notice(lines, "a-sms")
    assert newer_notice(log(notice("a"), notice("a", "email")), "a-sms")
    assert not newer_notice(lines, "nobodys")


# --- what else is each one's own ----------------------------------------------------------------------------------


def test_a_new_number_of_one_tenant_is_not_safe_and_that_of_the_other_is_as_it_was():
    assert own_marks_after_a_new_number({}, ["sms"]) == {"sms": "content_free"}
    assert own_marks_after_a_new_number({"sms": "never"}, ["sms"]) == {"sms": "never"}
    assert own_marks_after_a_new_number({"email": "never"}, []) == {"email": "never"}


@pytest.mark.parametrize(
    ("channel", "mark", "may"),
    [("sms", "never", True), ("letter", "content_free", True), ("sms", "safe", False), ("pigeon", "never", False)],
)
def test_a_mark_of_ones_own_can_only_say_less(channel, mark, may):
    assert bool(may_mark_own(channel, mark)) is may


@pytest.mark.parametrize(
    ("moments", "sent"),
    [([NOW], NOW), ([NOW, START], START), ([START, None], None), ([None], None), ([], None)],
)
def test_a_summary_is_sent_when_the_last_of_them_was_sent_theirs(moments, sent):
    assert sent_to_all(moments) == sent


def test_each_is_asked_again_as_it_was_chosen_or_else_by_the_next_way_of_theirs():
    sms, letter = Way("sms", "1", "safe"), Way("letter_first_class", "2", "safe")
    assert way_to_chase("sms", [letter, sms]) == sms
    assert way_to_chase("email", [letter, sms]) == letter
    assert way_to_chase("sms", []) is None
