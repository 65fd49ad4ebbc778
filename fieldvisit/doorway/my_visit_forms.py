"""What a tenant sends from their own page: read here, judged in `rules.py`. Nothing typed is lost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from fieldvisit.db import new_id
from fieldvisit.visits.tenant_acts import MUST_BE_THERE

_ = str  # marks a sentence for the catalogues and leaves it as it is

CONFIRM, OTHER_TIME, SOONER, MUST, NO = "confirm", "other-time", "sooner", "must-be-there", "say-no"
GOOD, NOT_GOOD, COMPLAIN, CONCERN, DISPUTE = "good", "not-good", "complain", "concern", "dispute"
HAZARD = "hazard"
ACTS = (CONFIRM, OTHER_TIME, SOONER, MUST, NO, GOOD, NOT_GOOD, HAZARD, COMPLAIN, CONCERN, DISPUTE)
LONGEST = 4000  # characters of a person's own words
_KEY = re.compile(r"[0-9a-f]{32}")
_MISSING: Mapping[str, str] = {
    COMPLAIN: _("Write what went wrong. A few words are enough."),
    CONCERN: _("Write what happened. A few words are enough."),
    HAZARD: _("Write what is dangerous, and where. A few words are enough."),
    MUST: _("Choose who must be there, or write it."),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """act: one of ACTS, or empty: the page is only looked at. key: made with the form (ruling R2)."""

    act: str
    key: str
    words: str = ""
    asked: tuple[str, ...] = ()
    anonymous: bool = False
    no_complaint: bool = False

    @property
    def problem(self) -> str:
        """What is missing, as a sentence; empty: nothing."""
        if len(self.words) > LONGEST:
            return _("That is too long to send in one go. Please make it shorter, or ring us.")
        if self.act == MUST and self.asked:
            return ""
        return "" if self.words else _MISSING.get(self.act, "")


def read(form: MultiDict[str, str]) -> Typed:
    act, key = form.get("act", ""), form.get("k", "")
    asked = form.getlist("who")
    return Typed(
        act=act if act in ACTS else "",
        key=key if _KEY.fullmatch(key) else new_id(),
        words=plain(form.get("words", "")),
        asked=tuple(code for code in MUST_BE_THERE if code in asked),
        anonymous=form.get("anonymous") == "yes",
        no_complaint=form.get("no_complaint") == "yes",
    )


def plain(text: str) -> str:
    """Lines end in one way, whatever the browser sends, and what no database keeps is left out."""
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode().strip()
