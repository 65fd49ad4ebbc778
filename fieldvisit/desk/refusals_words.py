"""The words of the refusals' pages: what each choice is called, what was done, and letters to copy that threaten nobody."""

from dataclasses import dataclass

from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.visits import access_rules as rules

REASONS = {"no-access": "Nobody answered", "child-alone": "A child answered and no adult was there"}
STAGES = {
    "recorded": ("Get in touch", "warn", "door"),
    "tenant_contacted": ("Tenant contacted", "calm", "arrow"),
    "support_arranged": ("Support arranged", "good", "tick"),
    "rebooked": ("New visit booked", "good", "clock"),
    "council_review": ("Under review", "special", "lens"),
    "access_plan": ("Plan to get in", "special", "pen"),
    "legal_considered": ("Legal steps considered", "bad", "warn"),
    "closed": ("Closed", "quiet", "tick"),
}
STEPS = {
    "safeguarding_asked": "Somebody said that they thought about safeguarding",
    "dispute_told": "The tenant told us that a record is wrong",
    "dispute_settled": "The tenant’s dispute was looked at",
    "support_arranged": "Support was arranged",
    "rebooked": "A new visit was booked",
    "council_review": "The council’s review began",
    "access_plan": "A plan to get in was made",
    "legal_considered": "A repairs manager signed off that legal steps are considered",
    "closed": "The case was closed",
}
TOLD_BY = {
    "phone": "By telephone", "in_person": "In person", "letter": "By letter", "email": "By email",
    "text": "By text message", "somebody_else": "Through somebody who speaks for them",
}  # fmt: skip
CODES = TOLD_BY | {
    "right": "The record is right", "wrong": "The record is wrong", "gas": "Gas safety", "electric": "Electrical safety",
    "awaab": "A hazard under Awaab’s Law", "low-risk": "The risk is low", "access": "Somebody was let in",
}  # fmt: skip
METHODS = {
    "phone": "Phone call", "text": "Text message", "email": "Email", "letter": "Letter", "card": "Card through the door",
    "calling_round": "Calling round", "trusted_person": "Through somebody they trust",
    "support_worker": "Through a support worker",
}  # fmt: skip
OUTCOMES = {
    "reached": "We spoke with the tenant", "no_reply": "No reply yet",
    "did_not_arrive": "It did not arrive: wrong number or address",
}  # fmt: skip
CHASES = {
    "access_ask": "Ask for a new time", "access_again": "Ask once more", "access_legal": "Say what may follow",
}  # fmt: skip
CHANNELS = {
    "sms": "by text message", "email": "by email", "letter_first_class": "by first class letter",
    "letter_second_class": "by second class letter",
}  # fmt: skip
DONE = {
    "contact": "The contact is written down.",
    "safeguarding": "It is kept that you thought about safeguarding. Your answer is not kept.",
    "support": "The support is written down. Book a visit that fits it.",
    "rebook": "The new visit is joined to this case.",
    "review": "The review has begun.",
    "close": "The case is closed. The tenant may ring us at any time.",
    "plan": "The plan is written down. Keep a note of everything that you try.",
    "legal": "It is signed off. Anything before a court is done outside this service.",
    "settle": "The dispute is looked at.",
    "disputed": "It is written down. It does not count until an officer who was not there has looked at it.",
    "send": "The message is on its way, and written down as a contact.",
}
FORMS = {
    "support": "Arrange support", "rebook": "Book a new visit", "review": "Begin the review", "close": "Close the case",
    "plan": "Make a plan to get in", "legal": "Sign off that legal steps are considered",
}  # fmt: skip
# Steps whose turn has not come in any way that somebody could hasten: nothing is said of them.
SILENT = frozenset({"closed", "not-here", "not-valid", "not-reviewed", "no-plan"})


def reason_in_words(code: str, policy: Policy) -> str:
    labels = {reason.code: reason.label for reason in policy.door.refusal_reasons}
    return REASONS.get(code) or labels.get(code) or code.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Labels:
    """(value, label), for the macros of forms."""

    methods: tuple[tuple[str, str], ...] = tuple(METHODS.items())
    outcomes: tuple[tuple[str, str], ...] = tuple(OUTCOMES.items())
    told_by: tuple[tuple[str, str], ...] = tuple(TOLD_BY.items())
    needs: tuple[tuple[str, str], ...] = tuple((code, CODES[code]) for code in rules.NEEDS)
    findings: tuple[tuple[str, str], ...] = (("right", CODES["right"]), ("wrong", CODES["wrong"]))


LABELS = Labels()


def letter(last: rules.Attempt, policy: Policy, *, content_free: bool, closed: bool = False) -> tuple[str, ...]:
    """The paragraphs of a letter to copy. content_free: this household's post may say nothing of a visit (T17)."""
    ring = f"Please ring us on {policy.council.office_line.value}."
    if content_free:
        return ("Please call us about your home.", ring)
    on = say_date(london_date(last.happened_at))
    if closed:
        return (
            f"We wrote to you about a visit to your home after we called on {on}.",
            "We have stopped asking for now. You have done nothing wrong.",
            f"If you would like the visit after all, or if anything changes, we are glad to come. {ring}",
        )
    return (_began(last, on), *_asks(last), f"{ring} You can also ask somebody to ring for you.")


def _began(last: rules.Attempt, on: str) -> str:
    if last.kind == rules.NO_ANSWER:
        return (
            f"We came to your home on {on} and nobody answered. Perhaps it was not a good time, or you did not hear us."
        )
    if last.kind == rules.CHILD_ALONE:
        return f"We came to your home on {on}. No adult could come to the door, so we did not come in."
    return f"We came to your home on {on} and you told us that it was not right for you. Thank you for telling us."


def _asks(last: rules.Attempt) -> tuple[str, ...]:
    help_offered = (
        "Tell us which day and time suits you. Tell us too if you would like somebody with you, an interpreter, a woman "
        "to come, or more time to get to the door."
    )
    if last.valid:
        return ("That was a good reason. It is not held against you.", help_offered)
    return ("You have done nothing wrong. We would still like to do the work for you.", help_offered)
