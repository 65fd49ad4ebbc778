"""The log's codes in words. A code that is not here is shown as it is, with spaces."""

from collections.abc import Callable, Mapping

from fieldvisit.ground.policy import Policy
from fieldvisit.notices.facts import CHANNELS

Say = Callable[[str, str | None], str]

KINDS = {
    "responsive_repair": "Repair",
    "planned_works": "Planned works",
    "inspection": "Inspection",
    "safety_check": "Safety check",
    "tenancy_visit": "Tenancy visit",
    "follow_up": "Follow-up",
    "other": "Other",
}
STAGES = {
    "draft": "Draft",
    "notice_pending": "Notice being sent",
    "notified": "Tenant told",
    "confirmed": "Tenant confirmed",
    "rearranging": "Being rearranged",
    "en_route": "On the way",
    "at_door": "At the door",
    "identified": "ID shown",
    "consented": "Tenant said yes",
    "lawful_entry": "Lawful entry without consent",
    "in_home": "In the home",
    "closing": "Finishing",
    "closed": "Closed",
    "refused": "Tenant said no",
    "no_access": "No access",
    "withdrawn": "Worker left for safety",
    "cancelled": "Cancelled",
}
OUTCOMES = {
    "open": "Not ended yet",
    "done": "Done",
    "further_visit": "Further visit needed",
    "refused_valid": "Tenant said no, for a reason that counts",
    "refused": "Tenant said no",
    "consent_withdrawn": "Tenant asked the worker to leave",
    "no_access": "No access",
    "withdrawn": "Worker left for safety",
    "cancelled": "Cancelled",
}
NOTICES = {
    "full": "Full notice",
    "minimum": "Minimum notice",
    "short": "Short notice",
    "agreed": "Agreed sooner",
    "exempt_emergency": "Emergency, notice not needed",
    "exempt_investigation": "Investigation, notice not needed",
}
EXCEPTIONS = {
    "short-notice": "Short notice",
    "outside-window": "Outside the time told",
    "no-id-step": "ID was not shown first",
    "clock": "The phone’s clock was wrong",
    "out-of-order": "Steps out of order",
    "alone": "One person went, where two must",
}
TASKS = {
    "tenant_unhappy": "The tenant is unhappy: acknowledge the complaint",
    "hazard_seen": "A hazard was seen in the home: look at it today",
    "refusal": "The tenant said no: get in touch with them",
    "no_id": "No ID was shown at the door: look into it",
    "child_alone": "A child was alone at home: think about safeguarding today",
    "no_access": "Nobody answered: try another way to reach the tenant",
    "withdrew": "The worker left for safety: speak to them today",
    "watch_overdue": "A worker has not checked in: ring them now",
    "watch_unanswered": "A worker asked to be watched, and we knew too late: find out that they are well",
    "watch_alarm": "A worker cannot be reached: decide now, on the board of who is out",
    "incident": "Something happened to a worker: write down what",
    "riddor": "An accident may have to be reported to the Health and Safety Executive",
    "precaution_approve": "A warning about a home waits for a second officer",
    "held": "An entry from a phone could not be filed: read it and decide",
    "concern": "A concern about conduct was taken by phone",
    "needs_changed": "What this household asks for has changed: look at the visit again",
    "precaution_review": "A warning about a home is due for review: does it still hold?",
    "code_question": "Somebody asks about a code before they sign it: answer them",
    "code_paper": "Somebody needs a printed copy of a code: send it",
    "code_overdue": "Somebody has not signed the new code in time: talk to them",
    "code_review": "A code of conduct is due for review: plan it with those whom it is for",
    "training_runs_out": "Somebody’s training or card runs out: book it again",
    "check_runs_out": "The check that somebody may visit runs out: have it made again",
    "insurance_runs_out": "A firm’s insurance runs out: ask for the new certificate",
    "notice_failed": "A notice did not reach the tenant: tell them another way today",
    "tell_tenant": "We have no safe way to write to this tenant: ring them and tell them",
    "asks_other_time": "The tenant asks for another time: find one with them",
    "tenant_said_no": "The tenant said no on their page: get in touch with them",
    "tenant_asks": "The tenant says who or what must be there: arrange it",
    "not_good": "The tenant says that the visit was not good: offer them a complaint",
    "gift_decide": "Something that was offered waits for a decision",
    "gift_return": "Something must be given back",
    "interest_read": "Somebody declared an interest: read it",
    "interest_manage": "An interest was read: say what follows",
    "interest_review": "An interest is a year old: ask whether it still holds",
    "sign_again": "An involved person has an agreement or a form to sign",
    "apart_reassign": "Somebody else must go on this visit: send another worker",
    "call_unheard": "Somebody is reached by neither e-mail nor text: tell them to sign in, and have both put right",
    "line_asks": "The phone line asks for you now: ring it",
    "complaint": "Somebody complained: acknowledge it",
    "complaint_due": "A complaint: something runs out soon",
    "complaint_back": "A letter about a complaint did not arrive: send it another way",
    "no_access_disputed": "The tenant says that the no-access record is wrong: look into it",
    "entry_proposed": "Somebody asks to go in without consent: decide now",
    "entry_to_review": "We went into a home without consent: somebody who had no part in it reviews it",
    "scan_alert": "A badge was shown where it should not be, or in two places at once: ring its holder’s firm",
    "photos_over": "A visit has more photos than it may: say whether the rest are shown",
    "phone_gap": "Entries of a worker’s phone have not reached us: ask the worker",
}
MESSAGES = {
    "notice": "Notice of the visit",
    "confirmation": "What was said, in writing",
    "change_of_worker": "Somebody else will come",
    "moved": "The visit is moved",
    "cancelled": "The visit is cancelled",
    "reminder": "Reminder",
    "on_the_way": "On the way",
    "late": "Running late",
    "summary": "What was done",
    "access_ask": "Asking again for a visit",
    "access_again": "Asking once more for a visit",
    "access_legal": "What may follow without a visit",
    "entered": "We went into the home",
    "call_us": "Please call us",
    "test": "Test message",
    "hazard_summary": "Written summary of a hazard",
    "complaint_letter": "Letter about a complaint",
}
_WHO = {
    "tenant": "the tenant",
    "joint_tenant": "a joint tenant",
    "representative": "the person who speaks for the tenant",
    "adult": "another adult",
    "child": "a child",
    "other": "somebody else",
}
_CODES: Mapping[str, Mapping[str, str]] = {
    "kind": KINDS,
    "stage": STAGES,
    "outcome": OUTCOMES,
    "notice": NOTICES,
    "exception": EXCEPTIONS,
    "task": TASKS,
    "channel": CHANNELS,
    "who": _WHO,
    "by": {"council": "the council", "contractor": "the contractor", "tenant": "the tenant"} | _WHO,
    "delivery": {
        "delivered": "delivered",
        "pending": "waiting to be sent",
        "sending": "being sent",
        "temporary-failure": "it could not be delivered for now",
        "permanent-failure": "it cannot be delivered",
        "technical-failure": "the sending service failed",
    },
    "why_ended": {
        "worker_ill": "the worker was ill",
        "overrun": "the visit before it took longer",
        "no_parts": "parts were missing",
        "weather": "the weather",
        "tenant_asked": "the tenant asked",
        "not_needed": "it was no longer needed",
        "aggression": "somebody was aggressive",
        "danger": "there was danger",
        "unwell": "the worker was unwell",
        "smoke": "the room was full of smoke",
        "unsafe_home": "the home was not safe to work in",
        "not_said": "why follows",
        "other": "another reason",
    },
    "message": MESSAGES,
    "receipt": {
        "taken": "handed over",
        "sending": "on its way",
        "despatched": "it left the building",
        "delivered": "delivered",
        "temporary-failure": "it could not be delivered for now",
        "permanent-failure": "it cannot be delivered",
        "technical-failure": "it could not be sent",
    },
    "receipt_by": {
        "provider": "said the sending service",
        "callback": "said the sending service",
        "poll": "said the sending service, when asked",
        "person": "said somebody here",
    },
    "id": {"card": "on a card", "phone": "on the phone", "both": "on a card and on the phone"},
    "check": {
        "scan": "by scanning the badge",
        "call": "by calling us",
        "word": "by the doorstep word",
        "other": "in their own way",
    },
    "said": {"spoken": "by saying so", "typed": "by typing their name", "signed": "by signing"},
    "said_there": {
        "good": "It went well",
        "not_good": "It did not go well",
        "complaint": "A complaint",
        "dispute": "The no-access record is wrong",
        "must_be_there": "Who or what must be there",
    },
    "asked": {
        "trusted_adult": "an adult they trust",
        "interpreter": "somebody who speaks their language",
        "female_worker": "a woman",
        "wait_longer": "time to get to the door",
    },
    "scope": {"enter": "coming in", "work": "the work", "photos": "photos"},
    "no_covers": {
        "trip_hazard": "they could trip somebody",
        "safety_boots": "safety boots were needed",
        "tenant_said_no_need": "the tenant said there was no need",
        "other": "another reason",
    },
    "photo": {
        "before": "before the work",
        "after": "after the work",
        "damage": "of damage",
        "hazard": "of something dangerous",
        "card_left": "of the card that was left",
        "other": "at the visit",
    },
    "photo_asked": {
        "yes": "The tenant was asked, and said yes.",
        "nobody_there": "Nobody was there to ask.",
        "outside": "It was taken outside the home.",
        "danger": "There was danger, and no time to ask.",
        "": "Whether the tenant was asked is not recorded.",
    },
    "recorder": {
        "call_handler": "a call handler",
        "scheduler": "a scheduler",
        "tenant": "the tenant",
        "visitor": "the visitor",
    },
    "field": {
        "reason": "Reason, as written",
        "words": "In their own words",
        "name": "Name given",
        "proof": "Proof",
        "why": "Why",
        "put_right": "What was put right at once",
        "unhappy_words": "What the tenant was unhappy about",
        "note": "Note",
        "where": "Where in the home",
        "seen": "What was seen",
    },
}


def sayer(policy: Policy) -> Say:
    """`say("who", "adult")`, with this council's own words for refusals, legal grounds and emergencies."""
    door = policy.door
    own = {
        "refusal": {row.code: row.label for row in door.refusal_reasons},
        "basis": {row.code: row.label for row in door.lawful_entry_bases},
        "hazard": {row.code: row.label for row in door.emergency_types} | {h.name: h.label for h in policy.hazards},
    }

    def say(family: str, code: str | None) -> str:
        words = own.get(family) or _CODES[family]
        code = code or ""
        return words.get(code) or words.get(code.replace("_", "-")) or code.replace("_", " ").replace("-", " ")

    return say
