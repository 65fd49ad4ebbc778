"""What the person whose badge it is reads when it is not good: why, and what to do. Pure."""

from datetime import date

from fieldvisit.badges.rules import BadgeStanding
from fieldvisit.ground.verdict import Refused

NO_BADGE = "You have no badge. Ask your manager to get you one."
REVOKED = "Your badge has been withdrawn for good. Give the card back. Ask your manager if you should have a new one."
SUSPENDED = (
    "Your badge is suspended. Two officers must restore it before you visit. If it was lost and you have found it, "
    "tell them."
)
LEFT = "We have you down as no longer working here. If that is wrong, ask your manager to put it right."
NO_START = "Your badge has no start date. Ask your manager to have it put in."
NO_END = "Your badge has no end date. Ask your manager for a new one."
UNSIGNED = "You have not signed the code of conduct. Read it and sign it, then you can visit."
UNINSURED = "Your firm’s insurance is not in date with us. Ask your manager to send us the new certificate."
NOT_ALLOWED = "The council has told us that you may not visit homes. Talk to your manager."
ALWAYS_THE_SAME = {
    "may-not-visit": NOT_ALLOWED,
    "badge-unknown": NO_BADGE,
    "badge-revoked": REVOKED,
    "badge-suspended": SUSPENDED,
    "person-inactive": LEFT,
    "code-unsigned": UNSIGNED,
    "insurance-lapsed": UNINSURED,
}


def to_its_holder(refused: Refused, standing: BadgeStanding) -> str:
    match refused.code:
        case "badge-not-yet":
            begins = standing.issued_on
            return f"Your badge starts on {long_day(begins)}. Wait until then." if begins else NO_START
        case "badge-expired":
            return _ran_out("Your badge", standing.expires_on, "Ask your manager for a new one.") or NO_END
        case "training-lapsed":
            said = _ran_out("Your training", standing.training_until, "Ask your manager for new training.")
            return said or "We have no training on record for you. Ask your manager for new training."
        case "check-lapsed":
            then = "Ask your manager to have it done again."
            return _ran_out("The check that you may visit homes", standing.visit_check_until, then) or refused.message
        case code:
            return ALWAYS_THE_SAME.get(code, refused.message)


def long_day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _ran_out(what: str, last_day: date | None, then: str) -> str | None:
    return f"{what} ran out at the end of {long_day(last_day)}. {then}" if last_day else None
