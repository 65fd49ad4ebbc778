"""What the rules of a case must know beside its state, and the words that they share. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fieldvisit.breaches.procedure import Procedure, procedure_of
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

Words = Mapping[str, str]
PARTS = {
    "screener": "screener",
    "decider": "decider",
    "appeal": "officer of the appeal",
    "investigator": "investigator",
}
FINDINGS = {"upheld": "The code was broken", "not_upheld": "It could not be shown that the code was broken"}
RESULTS = {"upheld": "The decision stands", "changed": "Another step takes its place", "quashed": "The decision falls"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules must know beside the state. apart: who takes no part. binding: code document -> "live" or "draft" of
    what bound the person on the day. before: sanctions that stand from earlier cases on the ladder that is asked about.
    one_person: an account -> the others that are the same person, or are reached in the same way.
    has_email: whom it is about can be told by e-mail that there is a letter. name: theirs.
    """

    policy: Policy
    at: datetime
    apart: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    binding: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    one_person: Mapping[str, frozenset[str]] = field(default_factory=dict)
    of_a_firm: bool = False
    has_email: bool = True
    name: str = ""

    def same(self, one: str | None, other: str | None) -> bool:
        return bool(one and other) and (one == other or other in self.one_person.get(one or "", ()))


def of(document: str) -> Procedure | None:
    return procedure_of(document) if document else None


def written_in(clause: str) -> Clause:
    return Clause("", clause)


def letter(words: Words) -> Verdict:
    text = words.get("letter", "")
    if not text.strip():
        return Refused("no-letter", "Write the letter first.")
    if "[say " in text:
        return Refused(
            "unfinished", "The letter is not finished: something in [square brackets] is still to be written."
        )
    return Allowed()


def said(words: Words, name: str, sentence: str) -> Verdict:
    return Allowed() if words.get(name, "").strip() else Refused(f"no-{name}", sentence)
