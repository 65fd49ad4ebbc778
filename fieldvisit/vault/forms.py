"""The forms of a case: what each step asks, and what was typed, read into codes and words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from fieldvisit.vault.words import FACTS

LONGEST = 20_000  # characters of one box


@dataclass(frozen=True, slots=True)
class Ask:
    """how: radios, checkboxes, select, area, text. Answers of the first three are codes, of the others words.

    of: "waiting", "readers", "investigators", "shared": choices that depend on the case. error: what an empty one says.
    """

    name: str
    how: str
    label: str
    choices: tuple[str, ...] = ()
    of: str = ""
    error: str = ""
    hint: str = ""


COPY = ("copy_for", "copy_to", "copy_why", "copy_code")  # the boxes of the form that asks for a copy
WHY = "Say why."
_NEAR = ("firm", "manager", "household", "declared", "named")
_WANTED = Ask(
    "wanted",
    "radios",
    "Has anybody asked that it be kept: an inquiry, a court, the police, a person in it?",
    ("no", "yes"),
    error="Choose yes or no.",
    hint="If so it is kept, and nothing is recorded here.",
)
_OF = Ask("of", "radios", "Which referral?", of="waiting", error="Choose which referral this is about.")
_WHO = Ask("who", "text", "Who took it?", hint="Name and office, as they gave it.")
_REFERENCE = Ask("reference", "text", "Their reference, if they gave one")

ASKS: dict[str, tuple[Ask, ...]] = {
    "triaged": (
        Ask("about", "radios", "Who is it about?", ("adult", "child", "both", "unsure"), error="Choose who it is about."),
        Ask(
            "worker", "radios", "Is somebody who works for the council or a contractor said to have done it?",
            ("yes", "no"), error="Choose yes or no.",
        ),
        Ask("why", "area", "What do you make of it?", error="Say what you make of it."),
    ),
    "referred_adult": (
        Ask("consent", "radios", "Did they agree to it?", ("given", "overridden"), error="Choose with or without consent."),
        Ask(
            "why", "area", "Why is it referred?", error=WHY,
            hint="Which of the three tests look met, or that you are not sure; without consent, the reason that overrides it.",
        ),
        _WHO,
        _REFERENCE,
    ),
    "referred_child": (
        Ask(
            "written", "radios", "You telephone first. Has the written form gone too?", ("sent", "later"),
            error="Choose whether the written form has gone.",
        ),
        Ask("why", "area", "What did you tell them?", error="Say what you told them."),
        _WHO,
        _REFERENCE,
    ),
    "advised": (Ask("what", "area", "What was arranged?", error="Say what was arranged."),),
    "nothing": (Ask("why", "area", "Why is nothing needed?", error=WHY, hint="Somebody else gives it a second look."),),
    "second_look": (
        Ask("agrees", "radios", "Do you agree that nothing is needed?", ("yes", "no"), error="Choose yes or no."),
        Ask("why", "area", "Why?", error=WHY),
    ),
    "feedback": (
        _OF,
        Ask("agrees", "radios", "Do you agree with what they decided?", ("yes", "no"), error="Choose yes or no."),
        Ask(
            "what", "area", "What did they say?", error="Say what they said.",
            hint="Where you do not agree: to whom you have taken it further.",
        ),
    ),
    "chased": (_OF, Ask("what", "area", "Whom did you ask, and what did they say?", error="Say whom you asked.")),
    "worker_step": (
        Ask(
            "badge", "radios", "The badge", ("suspended", "not_needed", "not_ours"),
            error="Choose what was done about the badge.",
            hint="The badge is suspended on the office's own page, without a reason. Nothing of this case goes there.",
        ),
        Ask("considered", "checkboxes", "Whom did you tell or consider?", ("lado", "pipot")),
        Ask("why", "area", "Why so?", error=WHY),
    ),
    "note": (Ask("what", "area", "Your note", error="Write the note."),),
    "shared": (
        Ask("reader", "select", "With whom?", of="investigators", error="Choose a name."),
        Ask("why", "area", "Why?", error=WHY),
    ),
    "unshared": (
        Ask("reader", "select", "With whom no longer?", of="shared", error="Choose a name."),
        Ask("why", "area", "Why?", error=WHY),
    ),
    "named": (
        Ask("reader", "select", "Who?", of="readers", error="Choose a name."),
        Ask("near", "radios", "What are they to it?", ("named", *_NEAR[:-1]), error="Choose what they are to it."),
        Ask("why", "area", "How do you know?", error=WHY),
    ),
    "stood_aside": (
        Ask(
            "near", "radios", "What are you to it?", _NEAR, error="Choose what you are to it.",
            hint="You lose sight of it at once, and cannot come back to it. The others go on.",
        ),
    ),
    "asked_close": (
        Ask("told", "radios", "Was the sender told?", ("told", "not_told"), error="Choose whether the sender was told."),
        Ask("what", "area", "What came of it?", error="Say what came of it.", hint="Somebody else agrees before it closes."),
    ),
    "agreed_close": (Ask("why", "area", "Why do you agree?", error=WHY),),
    "kept_open": (Ask("why", "area", "Why should it stay open?", error=WHY),),
    "asked_destroy": (_WANTED,),
    "agreed_destroy": (_WANTED,),
    "kept_longer": (Ask("why", "area", "Who wants it kept, and why?", error=WHY),),
}  # fmt: skip
_YES_NO = ("worker", "agrees")


@dataclass
class Typed:
    """What was sent for one step: kept for the page that shows it again, with what is wrong beside each box."""

    step: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def one(self, step: str, name: str) -> str:
        return next(iter(self.many(step, name)), "")

    def many(self, step: str, name: str) -> list[str]:
        return self.values.get(name, []) if step == self.step else []

    def error(self, step: str, name: str) -> str | None:
        return self.errors.get(f"{step}_{name}") if step == self.step else None


def read_step(
    step: str, sent: MultiDict[str, str], choices: Mapping[str, Mapping[str, str]]
) -> tuple[Typed, dict[str, Any], dict[str, str]]:
    """What was typed, the facts and the words. choices: for what depends on the case, value to label."""
    typed, facts, words = Typed(step), dict[str, Any](), dict[str, str]()
    for ask in ASKS[step]:
        box = f"{step}_{ask.name}"
        values = [_clean(value) for value in sent.getlist(box)]
        typed.values[ask.name] = values
        if ask.how in ("area", "text"):
            if text := "".join(values[:1]).strip():
                words[ask.name] = text
        else:
            allowed = choices[ask.of] if ask.of else dict.fromkeys(ask.choices, "")
            picked = [value for value in values if value in allowed]
            if picked:
                facts[ask.name] = picked if ask.how == "checkboxes" else picked[0]
        if ask.error and ask.name not in facts and ask.name not in words:
            typed.errors[box] = ask.error
    for name in _YES_NO:
        if name in facts:
            facts[name] = facts[name] == "yes"
    return typed, facts, words


def options(ask: Ask, choices: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """(value, label) of each choice, as the page offers them."""
    if ask.of:
        return list(choices[ask.of].items())
    return [(value, FACTS[value]) for value in ask.choices]


def _clean(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST]
