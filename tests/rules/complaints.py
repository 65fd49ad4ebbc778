"""What the tests of complaints' rules share: steps, a complaint at every stage, and the verdicts on it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fieldvisit.complaints import clocks, rules
from fieldvisit.complaints.rules import SENIOR, WORKS, Hands
from fieldvisit.complaints.state import Deed, State, fold
from fieldvisit.ground.clock import LONDON, london_date
from fieldvisit.ground.policy import Policy, load_policy

POLICY = load_policy("melton")
DAY = timedelta(days=1)
ANNA, BEA, CLEO = "anna", "bea", "cleo"  # of complaints; senior; senior
BOTH = frozenset({WORKS, SENIOR})
HANDS = Hands(duties=BOTH, handlers={ANNA: frozenset({WORKS}), BEA: BOTH, CLEO: BOTH})
WORDS = {
    "reasons1": "Nobody came on two days.", "remedy1": "We say that we are sorry.", "answer:1": "Nobody came.",
    "reasons2": "It is as stage 1 says.", "remedy2": "We say that we are sorry.", "answer:2": "He rang once.",
    "learning": "Rounds are confirmed the day before.", "what": "A new boiler is fitted.",
}  # fmt: skip


def london(day: int, month: int, year: int = 2027, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour, tzinfo=LONDON).astimezone(UTC)


RECEIVED = london(24, 5)  # a Monday; 31 May is a bank holiday


def decided(process: int = 1, **body: Any) -> tuple[str, dict[str, Any]]:
    said = {"stage": process, "outcome": "upheld", "answers": {"1": "upheld", "2": "upheld"}, "remedies": ["apology"]}
    return "decided", said | body


LOGGED = ("logged", {"handler": ANNA, "points": 2, "theme": "repairs"})
ACK1 = ("handed", {"letter": "ack1", "how": "by_hand"})
ANSWER1 = ("handed", {"letter": "answer1", "how": "by_hand"})
ESCALATED = ("escalated", {})
HANDLER2 = ("handler", {"handler": CLEO, "stage": 2})
ACK2 = ("handed", {"letter": "ack2", "how": "by_hand"})
ANSWER2 = ("handed", {"letter": "answer2", "how": "by_hand"})
AT_STAGE_2 = (LOGGED, ACK1, decided(), ANSWER1, ESCALATED, HANDLER2, ACK2)
Steps = Iterable[tuple[str, dict[str, Any]]]


def state(
    *steps: tuple[str, dict[str, Any]], received: datetime = RECEIVED, by: str = ANNA, wanted: bool = True
) -> State:
    """A day between two steps."""
    deeds = [Deed("received", received, "", {"from": "phone"})]
    for number, (kind, body) in enumerate(steps, start=1):
        deeds.append(Deed(kind, received + number * DAY, by, body))
    return fold(deeds)


def may(found: State, kind: str, body: dict[str, Any], hands: Hands = HANDS, by: str = ANNA, **words: str) -> str:
    """The code of the refusal, or 'allowed'."""
    deed = Deed(kind, RECEIVED + 30 * DAY, by, body)
    return rules.may(found, deed, WORDS | words, hands, POLICY, date(2027, 6, 1)).code


def letter(found: State, which: str, hands: Hands = HANDS, by: str = BEA, **body: Any) -> str:
    return may(found, "handed", {"letter": which, "how": "by_hand"} | body, hands, by)


def due_of(found: State, clock: str, policy: Policy = POLICY) -> date:
    return next(london_date(one.due) for one in clocks.clocks(found, policy) if one.clock == clock)


PATH: dict[str, Steps] = {
    "received": (),
    "logged": (LOGGED,),
    "acknowledged": (LOGGED, ("written", {"letter": "ack1", "how": "email", "message": "m"})),
    "stage1_open": (LOGGED, ACK1),
    "stage1_extended": (LOGGED, ACK1, ("handed", {"letter": "extension1", "how": "by_hand", "until": "2027-06-24"})),
    "stage1_answered": (LOGGED, ACK1, decided(), ANSWER1),
    "stage2_requested": (LOGGED, ACK1, decided(), ANSWER1, ESCALATED),
    "stage2_acknowledged": (*AT_STAGE_2[:-1], ("written", {"letter": "ack2", "how": "email", "message": "m"})),
    "stage2_open": AT_STAGE_2,
    "stage2_extended": (*AT_STAGE_2, ("handed", {"letter": "extension2", "how": "by_hand", "until": "2027-07-20"})),
    "stage2_answered": (*AT_STAGE_2, decided(2), ANSWER2),
    "actions_outstanding": (LOGGED, ACK1, decided(), ("action", {"owner": ANNA, "due": "2027-07-01"}), ANSWER1),
    "closed": (LOGGED, ACK1, decided(), ANSWER1, ("learned", {}), ("closed", {})),
    "not_accepted": (("handed", {"letter": "refusal", "how": "by_hand", "ground": "over-12-months"}),),
}
