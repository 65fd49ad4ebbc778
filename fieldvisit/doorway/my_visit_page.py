"""The tenant's own pages as single answers, in the language that was asked for: bytes and headers, as in `verify_page.py`.

No page differs from another by a header, and the one that says 'please call us' is the same bytes whyever it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import ngettext
from jinja2 import Environment

from fieldvisit.breaches.service import Taken
from fieldvisit.db import new_id
from fieldvisit.doorway import rules
from fieldvisit.doorway.my_visit_forms import Typed
from fieldvisit.doorway.service import small
from fieldvisit.doorway.verify_page import CSS, Door, Page, photo_data, write
from fieldvisit.ground.languages import ENGLISH, LANGUAGES, direction, draft_note
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import Refused, Verdict
from fieldvisit.messages.saying import say_day, say_sign, say_window
from fieldvisit.notices.facts import NoticeAnswer
from fieldvisit.visits.door_page import HELP, contacts
from fieldvisit.visits.state import DOORSTEP, ENDED, PLANNING, Stage
from fieldvisit.visits.tenant_view import TenantView

SHEET = CSS / "my_visit.css"


@dataclass(frozen=True, slots=True)
class Asking:
    """How the page was asked for. language: of the page. asked_language: of the address, empty where it says none."""

    policy: Policy
    language: str = ENGLISH
    asked_language: str = ""
    easy: bool = False

    def door(self, runs: str) -> Door:
        council = self.policy.council
        return Door(council.name, council.office_line.value, language=self.language, direction=runs)

    def tail(self, **other: str) -> str:
        """What the address says after its path, so that a form that is sent comes back in the same manner."""
        said = {"lang": self.asked_language, "easy": "1" if self.easy else ""} | other
        kept = {name: value for name, value in said.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of the form that was sent. problem: of what was typed. reference, receipt, then: of a concern."""

    typed: Typed
    done: bool = False
    problem: str = ""
    refused: Refused | None = None
    reference: str = ""
    receipt: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        return 409 if self.refused is not None else 422 if self.problem else 200


def call_us(environment: Environment, asking: Asking) -> Page:
    """Guessed, expired, foreign, protected: one page, whatever the reason (T15)."""
    return _page(environment, asking, "call_us")


def wait(environment: Environment, asking: Asking) -> Page:
    return _page(environment, asking, "wait", 429)


def broken(environment: Environment, asking: Asking) -> Page:
    return _page(environment, asking, "broken", 503)


def ask_reference(environment: Environment, asking: Asking, typed: str = "", problem: str = "") -> Page:
    return _page(environment, asking, "reference", 422 if problem else 200, typed=typed[:40], problem=problem)


def ask_word(
    environment: Environment, asking: Asking, here: str, window: tuple[datetime, datetime], problem: str = ""
) -> Page:
    """All that a link says without the word: a day, and which half of it."""
    halves = {
        "morning": _("in the morning"),
        "afternoon": _("in the afternoon"),
        "evening": _("in the evening"),
        "day": _("during the day"),
    }
    return _page(
        environment, asking, "word", 422 if problem else 200, here=here, problem=problem,
        day=say_day(window[0], asking.language), half=halves[rules.half_day(*window)],
    )  # fmt: skip


def rights(environment: Environment, asking: Asking) -> Page:
    return _page(
        environment, asking, "rights", ombudsman=asking.policy.contact("housing-ombudsman"),
        conduct_line=asking.policy.council.conduct_line.value, hours=asking.policy.notice.floor_h.value,
        planned=asking.policy.notice.planned_days.value, ack=asking.policy.deadline.complaint_ack.value,
        danger=asking.policy.contact("danger"), worried=contacts(HELP, asking.policy),
    )  # fmt: skip


def details(
    environment: Environment, asking: Asking, here: str, word: str, view: TenantView, may: Mapping[str, Verdict],
    said: Said,
) -> Page:  # fmt: skip
    return _page(
        environment, asking, "visit_easy" if asking.easy else "visit", said.status, here=here, word=word, view=view,
        may=may, said=said, key=new_id, day=say_day(view.window[0], asking.language),
        window=say_window(*view.window, asking.language), why=_why(view), stands=_stands(view),
        notice=_notice(view, asking.policy), keeps=view.answer.may_proceed,
        photos=[photo_data(small(one.photo)) if one.photo else None for one in view.workers],
        tenants=say_sign(view.signs.tenants, asking.language), workers=say_sign(view.signs.workers, asking.language),
        promised=_promised(view, asking.language), check_at=f"{asking.policy.council.verify_host}/v",
        ended=view.state.stage.value if view.state.stage in ENDED else "",
        first={code: asking.policy.contact(code).number for code in ("danger", "gas", "power")},
    )  # fmt: skip


def plain(environment: Environment, asking: Asking, name: str, status: int = 200, **facts: object) -> Page:
    """A page of the same face that is about no visit."""
    return _page(environment, asking, name, status, **facts)


def what_then(taken: Taken, language: str) -> tuple[str, ...]:
    """Of a concern that was sent: what happens next, and by when (Q19)."""
    said = [_("Somebody looks at it by the end of %(day)s.", day=say_day(taken.looked_at_by, language))]
    if taken.answered_by:
        day = say_day(taken.answered_by, language)
        said.append(
            _(
                "It is a complaint too. We tell you that we have it, and who looks into it, by the end of %(day)s.",
                day=day,
            )
        )
    if taken.receipt:
        said.append(_("We do not know who you are, so we cannot write to you."))
    return tuple(said)


def _page(environment: Environment, asking: Asking, name: str, status: int = 200, **facts: object) -> Page:
    others = [language for language in LANGUAGES.values() if language.code != asking.language]
    return write(
        environment, f"my_visit/{name}", SHEET, status=status, door=asking.door(direction(asking.language)),
        draft=draft_note(asking.language), others=others, asking=asking, tail=asking.tail(), **facts,
    )  # fmt: skip


# --- what is said -------------------------------------------------------------------------------------------------


def _why(view: TenantView) -> str:
    """Empty where the kind says nothing that the scheduler's own words do not."""
    return "" if view.kind == "other" and view.reason else _kinds()[view.kind]


def _kinds() -> dict[str, str]:
    return {
        "responsive_repair": _("a repair"),
        "planned_works": _("planned works"),
        "inspection": _("an inspection"),
        "safety_check": _("a safety check"),
        "tenancy_visit": _("a visit about your tenancy"),
        "follow_up": _("to follow up an earlier visit"),
        "other": _("another reason"),
    }


def _stands(view: TenantView) -> str:
    match view.state.stage:
        case Stage.CONFIRMED if not view.several:
            return _("You said yes to this visit.")
        case Stage.REARRANGING:
            return _("The time of this visit is being changed. We will get in touch with you.")
        case Stage.EN_ROUTE:
            return _("The worker is on the way to you.")
        case Stage.IN_HOME | Stage.CLOSING:
            return _("The worker is in your home. You can ask them to leave at any time.")
        case Stage.CLOSED:
            return _("This visit is over.")
        case Stage.REFUSED if view.state.answered_by == "child":
            return _("A child came to the door and no adult, so the worker left. If that is not right, tell us below.")
        case Stage.REFUSED if view.several:
            return _("The worker left and did not come in. If that is not right, tell us below.")
        case Stage.REFUSED:
            return _("You said no, and the worker left. That is your right.")
        case Stage.NO_ACCESS:
            return _("We called and nobody answered. If that is not right, tell us below.")
        case Stage.WITHDRAWN:
            return _("The worker left before the end. We will get in touch with you.")
        case Stage.CANCELLED:
            return _("This visit is cancelled. Nobody should come. If somebody comes, do not let them in. Call us.")
        case stage if stage in PLANNING:
            return _("A visit to your home is planned.")
        case stage if stage in DOORSTEP:
            return _("The worker is at your door. Take your time. They will wait outside.")
    return _("The worker is at your door.")


def _notice(view: TenantView, policy: Policy) -> list[str]:
    """Does this visit keep the notice rule? In plain words, each a sentence."""
    answer, floor = view.answer, policy.notice.floor_h.value
    if answer.result == "exempt_emergency":
        return [_("This is an emergency. Our code lets us come without notice then. You can ask us why.")]
    if answer.result == "exempt_investigation":
        return [_("Our code lets us come without notice for this visit. You still decide who comes in.")]
    told = [_told(view)]
    by_days = view.kind == "planned_works" and not view.state.works_started
    if answer.notice_days is not None or (answer.given_at is None and by_days):
        days = policy.notice.planned_days.value
        told.append(
            ngettext("Our code asks for at least %(num)s day.", "Our code asks for at least %(num)s days.", days)
        )
    else:
        told.append(
            ngettext("Our code asks for at least %(num)s hour.", "Our code asks for at least %(num)s hours.", floor)
        )
    if answer.result == "short":
        return [*told, _("So this visit does not keep our rule. You do not have to accept it.")]
    if answer.result == "agreed":
        agreed = _("This sooner time was agreed.") if view.several else _("You agreed to this sooner time.")
        return [*told, agreed]
    return [*told, _("So this visit keeps our rule.")]


def _told(view: TenantView) -> str:
    answer = view.answer
    if answer.given_at is None:
        return _("We have no proof that you were told in time.")
    if view.several:
        return _home_told(answer)
    if answer.notice_days is not None:
        return ngettext("You were told %(num)s day ahead.", "You were told %(num)s days ahead.", answer.notice_days)
    hours = (answer.notice_seconds or 0) // 3600
    if hours < 0:
        return _("You were told only after the visit was to begin.")
    if hours == 0:
        return _("You were told less than an hour ahead.")
    return ngettext("You were told %(num)s hour ahead.", "You were told %(num)s hours ahead.", hours)


def _home_told(answer: NoticeAnswer) -> str:
    """Joint tenants: it counts from when the first of them was told, who may be another than whoever reads this."""
    if answer.notice_days is not None:
        return ngettext(
            "Your home was told %(num)s day ahead.", "Your home was told %(num)s days ahead.", answer.notice_days
        )
    hours = (answer.notice_seconds or 0) // 3600
    if hours < 0:
        return _("Your home was told only after the visit was to begin.")
    if hours == 0:
        return _("Your home was told less than an hour ahead.")
    return ngettext("Your home was told %(num)s hour ahead.", "Your home was told %(num)s hours ahead.", hours)


def _promised(view: TenantView, language: str) -> list[str]:
    """What was done, promised and photographed: from the close-out's answers, never in anybody's words."""
    said = []
    if after := view.afterwards:
        said += [
            sentence
            for true, sentence in (
                (after.tidy, _("The worker says that they left the place tidy.")),
                (after.rubbish_removed, _("The worker says that they took the rubbish away.")),
                (after.left_as_found, _("The worker says that your home is as it was, or better.")),
            )
            if true
        ]
        if after.complete_by:
            said.append(_("We promised to be finished by %(day)s.", day=say_day(after.complete_by, language)))
        if after.further_on:
            said.append(_("We want to come again on %(day)s.", day=say_day(after.further_on, language)))
        elif after.further_visit:
            said.append(_("We need to come again. We will tell you when."))
        else:
            said.append(_("We do not need to come again for this."))
    if view.photos:
        said.append(ngettext("%(num)s photo was taken.", "%(num)s photos were taken.", view.photos))
    return said
