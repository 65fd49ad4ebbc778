"""What may become of a version of a code, from draft to retired (domain D9). Pure."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from fieldvisit.ground.clock import say_date
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

HOUSING = "Housing staff (draft)"
KEPT_FACTS = Clause(HOUSING, "HS-4")  # owner, approval and the next review are written down
ASK_TENANTS = Clause(HOUSING, "HS-2.4b")
COPY_THEY_CAN_USE = Clause(HOUSING, "HS-2.2a")
SIGN = Clause("Melton", "ME-Ack1")


class Stage(StrEnum):
    DRAFT = "draft"
    CONSULTING = "consulting"
    APPROVED = "approved"
    LIVE = "live"
    RETIRED = "retired"


class Act(StrEnum):
    CONSULT = "consult"
    APPROVE = "approve"
    GO_BACK = "go_back"
    GO_LIVE = "go_live"


# A version retires when the next one goes live, and in no other way: without a live code nobody could be sent anywhere.
MOVES = MappingProxyType(
    {
        (Stage.DRAFT, Act.CONSULT): Stage.CONSULTING,
        (Stage.DRAFT, Act.APPROVE): Stage.APPROVED,
        (Stage.CONSULTING, Act.APPROVE): Stage.APPROVED,
        (Stage.CONSULTING, Act.GO_BACK): Stage.DRAFT,
        (Stage.APPROVED, Act.GO_BACK): Stage.DRAFT,
        (Stage.APPROVED, Act.GO_LIVE): Stage.LIVE,
    }
)
OPEN_TO_CHANGE = frozenset({Stage.DRAFT, Stage.CONSULTING})  # afterwards the text is what was approved, and stays
SEEN_BY_TWO = "Somebody else must see that the change is small: not who began this version or uploaded its text."
BINDING = frozenset({Stage.LIVE})
ACCESSIBLE = frozenset({"html", "large_print"})


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """formats: of ACCESSIBLE, those that are there. consulted: what people were asked, who answered, what came of it.
    small_said: a second person said of this very text that its change is small."""

    stage: Stage
    significant: bool = True
    has_text: bool = False
    formats: frozenset[str] = frozenset()
    owner: str = ""
    review_on: date | None = None
    live_from: date | None = None
    approved_on: date | None = None
    approved_by: str = ""
    change: str = ""
    consulted: str = ""
    consulted_from: date | None = None
    consulted_until: date | None = None
    small_said: bool = False


def may(act: Act, version: VersionFacts, on: date) -> Verdict:
    """May this be done with the version on that London date?"""
    if (version.stage, act) not in MOVES:
        return Refused("not-now", f"This version is {version.stage.value} now. Look at it again: somebody was faster.")
    if act is Act.GO_BACK:
        return Allowed()
    if not version.has_text:
        return Refused("no-text", "Upload the council's document first: it is what people sign.")
    if act is Act.APPROVE:
        return _may_approve(version, on)
    return _may_go_live(version, on) if act is Act.GO_LIVE else Allowed()


def _may_approve(version: VersionFacts, on: date) -> Verdict:
    if not version.change:
        return Refused("no-change", "Say what this version changes: people are told it when they are asked to sign.")
    if version.significant and not version.consulted:
        sentence = "A big change needs a consultation first. Write down whom you asked, when, and what they said."
        return Refused("not-consulted", sentence, ASK_TENANTS)
    if version.significant and (version.consulted_until is None or version.consulted_until > on):
        return Refused("still-consulting", "The consultation is not over. Approve the code when it is.", ASK_TENANTS)
    asked_on = version.consulted_from
    if version.consulted_until and asked_on and version.consulted_until < asked_on:
        return Refused(
            "ended-before", f"It began on {say_date(asked_on)}: it cannot have ended before that.", ASK_TENANTS
        )
    if not version.approved_by or version.approved_on is None or version.approved_on > on:
        return Refused(
            "no-approval", "Say who approved it and on which day. That day cannot be still to come.", KEPT_FACTS
        )
    return Allowed()


def _may_go_live(version: VersionFacts, on: date) -> Verdict:
    if not version.owner:
        return Refused("no-owner", "Name the owner of this code first.", KEPT_FACTS)
    if version.live_from is None:
        return Refused("no-day", "Choose the day from which it binds.", KEPT_FACTS)
    if version.live_from < on:
        return Refused("past", "Choose today or a later day: nobody is bound by what they could not know.", KEPT_FACTS)
    if version.review_on is None or version.review_on <= version.live_from:
        return Refused("no-review", "Choose the day of its next review, after the day from which it binds.", KEPT_FACTS)
    if not version.formats & ACCESSIBLE:
        sentence = "Nobody can go live with a PDF alone. Add the text as a plain page (HTML) or in large print."
        return Refused("not-accessible", sentence, COPY_THEY_CAN_USE)
    if not (version.significant or version.small_said):
        return Refused("not-small", SEEN_BY_TWO, ASK_TENANTS)
    return Allowed()


def may_say_small(version: VersionFacts, made_by: Set[str], by: str) -> Verdict:
    """Nobody is asked and nobody signs after a small change. made_by: ids of every account of who began it or uploaded it."""
    if version.stage is not Stage.APPROVED or version.significant:
        return Refused("not-now", "That is asked of a small change, once it is approved.", ASK_TENANTS)
    return Refused("same-person", SEEN_BY_TWO, ASK_TENANTS) if by in made_by else Allowed()


def may_upload(stage: Stage, kind: str, *, signed: bool, there: bool) -> Verdict:
    """May this text be put to a version? signed: somebody has signed it. there: it has a text of that kind."""
    if kind == "large_print" and not there and stage is not Stage.RETIRED:
        return Allowed()  # somebody needs it now, and it changes nothing that anybody signed
    if stage not in OPEN_TO_CHANGE:
        return Refused("approved", "This version is approved, so its text stays. Make a new version.")
    if signed:
        return Refused("signed", "Somebody has signed this draft, so its text stays. Make a new version.", SIGN)
    return Allowed()


def is_ripe(version: VersionFacts, on: date) -> bool:
    """Has the day come from which an approved version binds? Until then the old one stays live."""
    return version.live_from is not None and version.live_from <= on
