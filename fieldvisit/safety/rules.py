"""May this be done to a watch, by the desk? How long may an interval be? Which words may a worker choose? Pure.

These judge the office's commands. What a phone says is a fact, and never refused (ruling R1).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from fieldvisit.ground.clock import london_date, london_instant
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.running import times_called
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict
from fieldvisit.safety.state import Deed, Lengths, Stage, State

D10 = Clause("", "D10")
LEAST_MIN = 5  # minutes: nobody can be rung more often than that
LEAST_WORD = 4  # letters
LONGEST_WORD = 40
LEAST_REASON = 10


def interval_min(wanted: int | None, stay_min: int | None, policy: Policy) -> int:
    """D10: the council's interval where none is named; never longer than the expected stay and a little."""
    minutes = wanted if wanted and wanted > 0 else policy.safety.interval_min.value
    most = (stay_min if stay_min and stay_min > 0 else 4 * 60) + policy.safety.beyond_stay_min.value
    return max(LEAST_MIN, min(minutes, most))


def extension_min(wanted: int, policy: Policy) -> int:
    return max(LEAST_MIN, min(wanted, 4 * policy.safety.interval_min.value))


def home_by(said: str | None, at: datetime) -> datetime | None:
    """HH:MM in London on that day; what cannot be read, or has passed, is as if it had not been said."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", said or "")
    if not found:
        return None
    instant = london_instant(london_date(at), time(int(found[1]), int(found[2])))
    return instant if instant > at else None


def is_long_over(asked: datetime, heard: datetime, body: Mapping[str, Any], lengths: Lengths, *, ended: bool) -> bool:
    """Of a wish to be watched that waited for a person before it was taken in (aware UTC): is what it asked for over?

    Had we heard of it in time, silence would be an alarm by now; nobody there waits for us to begin. ended: their phone
    has said since that the visit is. Not before they meant to be home."""
    runs = timedelta(minutes=body["interval_min"]) + lengths.overdue + lengths.alarm
    ends = asked if ended else asked + runs
    home = datetime.fromisoformat(body["home_by"]) if body.get("home_by") else asked
    return heard >= max(ends, home)


def warns_at(state: State, lengths: Lengths) -> datetime | None:
    """From when the phone says that a check-in is due soon."""
    return state.due_at - lengths.warn if state.due_at and state.stage is Stage.ACTIVE else None


# --- calling those on duty ----------------------------------------------------------------------------------------

_CALLING = ("panicked", "aggression", "alarm_by_time")
_TAKING = ("called", "no_contact", "alarm", "decided", "found_safe", "closed")


def waits_for_somebody(deeds: Sequence[Deed], state: State) -> int | None:
    """Which line, counted from 1, is an alarm that nobody at the desk has taken yet. None: there is none.

    A word under duress is one at any time, also when it was given to somebody at the desk: they do not see what it was.
    """
    found = None
    for position, deed in enumerate(deeds, 1):
        if deed.kind in _CALLING or deed.body.get("word") == "duress":
            found = position
        elif deed.kind in _TAKING:
            found = None
    return found if state.stage is Stage.ALARM else None


def calls_by_now(since: datetime, at: datetime, policy: Policy) -> int:
    """How many times those on duty must have been called: at once, and again until somebody has taken it."""
    return times_called(since, at, timedelta(minutes=policy.safety.call_again_min.value))


# --- the desk -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """What came with an act. has_words: whether this worker has set words. sure: asked once more, and said yes."""

    reason: str = ""
    has_words: bool = True
    word: str = ""
    sure: bool = False

    @property
    def with_reason(self) -> bool:
        return len(self.reason.strip()) >= LEAST_REASON


def may(
    kind: str, state: State, *, reason: str = "", has_words: bool = True, word: str = "", sure: bool = False
) -> Verdict:
    return _MAY[kind](state, Given(reason, has_words, word, sure))


def _may_call(state: State, given: Given) -> Verdict:
    return _while_live(state)


def _may_speak(state: State, given: Given) -> Verdict:
    if not (found := _while_live(state)):
        return found
    if given.has_words and not given.word:
        return Refused("no-word", "Ask for their word, and write down what they say.", D10)
    if not given.has_words and not given.with_reason:
        return Refused("no-reason", "This worker has set no word. Say how you know that it was them.", D10)
    return Allowed()


def _may_find_no_contact(state: State, given: Given) -> Verdict:
    if state.stage is Stage.ALARM:
        return Refused("already", "It is an alarm already. Decide about 999.", D10)
    if not state.called:
        return Refused("not-called", "Ring them first, and record the call.", D10)
    return _while_live(state)


def _may_raise(state: State, given: Given) -> Verdict:
    if state.stage is Stage.ALARM:
        return Refused("already", "It is an alarm already. Decide about 999.", D10)
    return Allowed() if given.with_reason else Refused("no-reason", "Say why you raise the alarm.", D10)


def _may_decide(state: State, given: Given) -> Verdict:
    if state.stage is not Stage.ALARM:
        return Refused("no-alarm", "There is no alarm to decide about. Raise it first.", D10)
    return Allowed() if given.with_reason else Refused("no-reason", "Say why you decide so.", D10)


def _may_find_safe(state: State, given: Given) -> Verdict:
    if state.stage is not Stage.ALARM:
        return Refused("no-alarm", "There is no alarm. Record that you spoke with them.", D10)
    if not given.with_reason:
        return Refused("no-reason", "Say who found them safe, and how you know.", D10)
    if not given.sure:
        return Refused("not-sure", "This ends an alarm. Say once more that they are safe.", D10)
    return Allowed()


def _may_close(state: State, given: Given) -> Verdict:
    if state.stage is Stage.ALARM:
        return Refused("alarm", "An alarm ends when somebody has found them safe. Record that first.", D10)
    if not (found := _while_live(state)):
        return found
    return Allowed() if given.with_reason else Refused("no-reason", "Say why nobody need watch any longer.", D10)


def _while_live(state: State) -> Verdict:
    return Allowed() if state.live else Refused("ended", "Nobody is being watched here any longer.", D10)


_MAY = {
    "called": _may_call,
    "spoke": _may_speak,
    "no_contact": _may_find_no_contact,
    "alarm": _may_raise,
    "decided": _may_decide,
    "found_safe": _may_find_safe,
    "closed": _may_close,
}


# --- a worker's words ---------------------------------------------------------------------------------------------


def as_said(word: str) -> str:
    """However it was typed or heard: small letters and digits alone."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def may_say_word(judged: str) -> Verdict:
    """judged: what a word that came from the worker's own phone turned out to be."""
    if judged == "none":
        return Refused("no-words", "You have set no words, so none can be checked. Set both, or ring the office.", D10)
    return Allowed()


def may_choose_words(safe: str, duress: str) -> Verdict:
    ours, theirs = as_said(safe), as_said(duress)
    if len(ours) < LEAST_WORD or len(theirs) < LEAST_WORD or max(len(safe), len(duress)) > LONGEST_WORD:
        return Refused("length", f"Each word has {LEAST_WORD} to {LONGEST_WORD} letters.", D10)
    if ours in theirs or theirs in ours or ours[:LEAST_WORD] == theirs[:LEAST_WORD]:
        return Refused("alike", "The two words must begin differently: somebody tired must hear which it was.", D10)
    return Allowed()


def lasts(policy: Policy) -> timedelta:
    """R24: check-ins one year."""
    return timedelta(days=policy.safety.keep_days.value)
