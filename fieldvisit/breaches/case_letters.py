"""First texts of the letters of a case, which the officer completes. Pure. Plain English, and nothing of who said it.

`[say ...]` is what somebody must still write; `case_rules` refuses a letter in which one is left.
"""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from fieldvisit.breaches.case_clocks import due_of
from fieldvisit.breaches.case_facts import RESULTS, Words
from fieldvisit.breaches.case_state import State
from fieldvisit.breaches.procedure import Limit, Procedure
from fieldvisit.codes.own import clause
from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.settings import DEFAULT_NOTE, PROJECT_DEFAULT

LETTERS = {
    "notice": "What you are asked about",
    "interim": "You are suspended for now",
    "lifted": "This suspension has ended",
    "outcome": "The outcome",
    "appeal_outcome": "The outcome of your appeal",
    "firm": "About one of your workers",
    "cih": "A referral",
    "no_case": "This is closed",
}
# Where a first text of which letter stands in which form.
LETTER_OF = {
    "notified": "notice", "suspended": "interim", "lifted": "lifted", "communicated": "outcome",
    "appeal_decided": "appeal_outcome", "told_firm": "firm", "told_cih": "cih",
}  # fmt: skip
# True whatever else may keep a badge dark, of which the reader may know nothing: another case, a lost badge, a training.
ENDED_PERSON = (
    "Look at your badge before your next visit: it says itself whether it works. If another letter from us says that it "
    "does not, that letter still holds."
)
ENDED_INVOLVED = "If another letter from us says that you may not take part, that letter still holds."
WHICH_LINK = (
    "Your personal link is the address that we gave you for what you read, sign and declare as somebody who takes part. If you "
    "do not have it any more, ring {phone}: we give you a new one."
)
# What was written down with the decision, and where it stands in the letter.
FILLED = {
    "reasons": ("Why: [say the reasons].", "Why: {}"),
    "considered": ("[say what was considered besides]", "What we considered: {}"),
    "learning": ("What we learned from it: [say what changes].", "What we learned from it: {}"),
    "skip_why": ("We left it out: [say why].", "We left it out: {}"),
}
NONE_CHOSEN = "[say what was considered, and why it was not chosen]"
HELP = (
    "If this letter is hard to read, or you would like help to answer, ring {phone}. You may have somebody with you, and "
    "you may tell us your answer aloud: we write it down in your own words and read it back to you."
)


@dataclass(frozen=True, slots=True)
class About:
    """Whom a letter is about, as the letter calls them. page: where they read it and answer, "" where they have none."""

    name: str
    firm: str = ""
    page: str = ""


def first_text(
    letter: str, state: State, ref: str, about: About, procedure: Procedure, at: datetime, policy: Policy,
    decided: Words = MappingProxyType({}),
) -> str:  # fmt: skip
    """at: the instant from which the days in it are counted, that of its giving. decided: what was written down with the
    decision, so that nobody writes it twice; it is not in the outcome of an appeal."""
    made = {
        "notice": _notice, "interim": _interim, "lifted": _lifted, "outcome": _outcome, "appeal_outcome": _appeal_outcome,
        "firm": _firm, "cih": _cih,
    }[letter](state, about, procedure, at, policy)  # fmt: skip
    phone = policy.council.conduct_line.value
    help_offered = [] if letter in ("firm", "cih") else ["", HELP.format(phone=phone)]
    end = ["", f"Please give our reference, {ref}, when you ring {phone} or write."]
    text = "\n".join([*made, *help_offered, *end])
    return _filled(text, decided) if letter == "outcome" else text


def _filled(text: str, decided: Words) -> str:
    for field, (blank, filled) in FILLED.items():
        if said := decided.get(field, "").strip():
            said = said if said.endswith((".", "!", "?")) else f"{said}."
            text = text.replace(blank, filled.format(said))
            if field == "considered":
                text = text.replace(NONE_CHOSEN, filled.format(said))
    return text


def say_clause(clause: str) -> str:
    """Inside a sentence."""
    return DEFAULT_NOTE if clause == PROJECT_DEFAULT else clause


def answer_by(procedure: Procedure, at: datetime, policy: Policy) -> datetime:
    return due_of(procedure.limits["respond"], at, policy)


def of_the_day(letter: str, state: State, procedure: Procedure, then: datetime, at: datetime, policy: Policy) -> str:
    """The letter that was written then as it leaves now: the day until which they may appeal is counted from now."""
    was, now = (appeal_by(state, procedure, instant, policy) for instant in (then, at))
    if was is None or now is None:
        return letter
    said, says = (f"until the end of {say_date(london_date(until))}" for until in (was, now))
    return letter.replace(said, says)


def appeal_by(state: State, procedure: Procedure, at: datetime, policy: Policy) -> datetime | None:
    if state.finding != "upheld" or len(state.appeals) >= len(procedure.appeals.levels):
        return None
    return due_of(Limit("", working_days=procedure.appeals.window_wd), at, policy)


def _clauses(state: State) -> list[str]:
    found = []
    for each in state.clauses:
        try:
            found.append(f"- {each}: {clause(each).duty}")
        except LookupError:
            found.append(f"- {each}")
    return found


def _notice(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    limit = procedure.limits["respond"]
    until = say_date(london_date(answer_by(procedure, at, policy)))
    how = f"Answer online at {about.page}, by letter, or ring us." if about.page else "Answer by letter, or ring us."
    if about.page and state.subject_kind == "involved":
        how += " " + WHICH_LINK.format(phone=policy.council.conduct_line.value)
    ladder = procedure.ladder(state.ladder)
    row = f" ({ladder.label.lower()}, {say_clause(ladder.clause)})" if ladder else ""
    return [
        f"Dear {about.name},",
        "",
        "It was reported that something was done which the code of conduct does not allow. Nothing has been decided.",
        "",
        "What it is about: [say what is said to have happened, where and when, without saying who told us].",
        "",
        f"The parts of the code that it is about{row}:",
        *_clauses(state),
        "",
        "What we may do, if it turns out to be so: [say which step is proposed].",
        "",
        f"What do you say to it? You have until the end of {until} ({say_clause(limit.clause)}). {how}",
    ]


def _interim(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    what = (
        "You may not take part"
        if state.subject_kind == "involved"
        else "Your badge does not work, and you may not visit"
    )
    return [
        f"Dear {about.name},",
        "",
        f"{what} from {say_date(london_date(at))} until we write to you again.",
        "",
        "This is not a finding, and it says nothing about what will be decided. [say why it cannot wait, without saying who "
        "told us]",
    ]


def _lifted(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    decided = state.communicated_at and state.stands
    not_a_finding = "" if decided else " It was not a finding, and nothing of it stands against you."
    return [
        f"Dear {about.name},",
        "",
        f"The suspension that we wrote to you about under this reference has ended.{not_a_finding}",
        "",
        _still_holds(state),
    ]


def _still_holds(state: State) -> str:
    return ENDED_INVOLVED if state.subject_kind == "involved" else ENDED_PERSON


def _outcome(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    said = [f"Dear {about.name},", "", "We have decided what you were asked about.", ""]
    if state.finding == "not_upheld":
        said += [
            "We could not find that the code was broken. Nothing stands against you.",
            "",
            "Why: [say the reasons].",
        ]
        over = f"The suspension under this reference has ended. {_still_holds(state)}"
        return said + (["", over] if state.suspended else [])
    sanction = procedure.sanction(state.sanction)
    said += ["We find that the code was broken:", *_clauses(state), "", "Why: [say the reasons].", ""]
    if sanction:
        said += [
            f"What follows: {sanction.label.lower()} ({say_clause(sanction.clause)}). [say what was considered besides]"
        ]
        ladder = procedure.ladder(state.ladder)
        if state.skipped and ladder and ladder.skip:
            said += [
                "",
                f"A milder step usually comes first ({say_clause(ladder.clause)}). We left it out: [say why]. The "
                f"{procedure.people[ladder.skip].label} confirmed it ({say_clause(ladder.skip_clause)}).",
            ]
        if _stops(state, procedure):
            said += [
                "",
                "You do not take part from the day on which you have this letter. Your personal link then opens our letters to "
                "you and what you write back, and nothing to sign or to declare.",
            ]
    else:
        said += ["What follows: nothing more. [say what was considered, and why it was not chosen]"]
    return [*said, "", "What we learned from it: [say what changes].", "", *_appeal_words(state, procedure, at, policy)]


def _stops(state: State, procedure: Procedure) -> bool:
    sanction = procedure.sanction(state.sanction)
    return bool(sanction and sanction.stops and state.subject_kind == "involved")


def _appeal_words(state: State, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    until = appeal_by(state, procedure, at, policy)
    if until is None:
        if state.appeals and procedure.appeals.levels:
            return ["This was the last appeal."]
        return [f"Can you appeal? {procedure.appeals.route}"]
    level = procedure.appeals.levels[len(state.appeals)]
    return [
        f"Can you appeal? Yes, in writing, until the end of {say_date(london_date(until))} "
        f"({say_clause(procedure.appeals.clause)}). {procedure.appeals.route}",
        f"{level.label} ({say_clause(level.clause)}).",
    ]


def _appeal_outcome(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    said = [
        f"Dear {about.name},",
        "",
        "Somebody who had no part in your case before has looked at it again.",
        "",
        f"What becomes of the decision: [say one of: {'; '.join(each.lower() for each in RESULTS.values())}].",
        "",
        "Why: [say the reasons].",
    ]
    if state.suspended:
        said += ["", "The suspension under this reference: [say that it has ended, if the decision falls, or that it goes on]. "
                 + _still_holds(state)]  # fmt: skip
    elif _stops(state, procedure):
        said += ["", "Taking part: [say that you take part again from today, or that nothing changes]."]
    return said


def _firm(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    said = [
        f"This is about {about.name}, who visits tenants' homes for you.",
        "",
        "The parts of the code of conduct that it is about:",
        *_clauses(state),
        "",
    ]
    if state.suspended:
        said += ["Their badge is suspended. This is not a finding. Please send somebody else to their visits.", ""]
    sanction = procedure.sanction(state.sanction)
    if state.communicated_at and sanction:
        said += [f"What was decided: {sanction.label.lower()} ({say_clause(sanction.clause)}).", ""]
    return [*said, "What we ask of you: [say what the firm is to do, and by when]."]


def _cih(state: State, about: About, procedure: Procedure, at: datetime, policy: Policy) -> list[str]:
    return [
        "To the Chartered Institute of Housing",
        "",
        f"Our code asks us to tell you of a breach by one of your members ({say_clause('HS-3.1.12')}).",
        "",
        f"The member: {about.name}.",
        "The parts of the code that were broken:",
        *_clauses(state),
        "",
        "What we decided: [say the decision and its date].",
    ]
