"""`/office/intake`: the phone line writes down a concern about conduct while somebody talks, and reads a reference back.

Every button works without a script. With one, what is typed is saved here as it is typed, and filing waits out a lost
connection (static/desk/intake.js).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.badges.service import badge_of
from fieldvisit.breaches import danger, draft_pages, drafts, forms, receipts, rules, service
from fieldvisit.breaches.drafts import CONDUCT, Draft
from fieldvisit.breaches.forms import Typed
from fieldvisit.db import new_id
from fieldvisit.ground.clock import london_date, whole_hour
from fieldvisit.ground.roles import TAKING, may_ever
from fieldvisit.web.access import access, at, database, policy, principal, session
from fieldvisit.web.render import page

blueprint = Blueprint("breaches", __name__)
Answer = str | Response | tuple[str, int] | tuple[Response, int]
ON_THE_LINE = {"phone": "On the phone", "letter": "By letter", "email": "By e-mail", "social": "On social media"}
SAME = "It may be the same. Choose one: the same, or another."


@blueprint.get("/office/intake")
@access("concern", "take")
def intake() -> Answer:
    """draft: one of their own, to go on with."""
    waiting = draft_pages.waiting()
    chosen = draft_pages.chosen(waiting, CONDUCT)
    if chosen is None:
        return _form(forms.blank(), {}, waiting=waiting)
    # What was kept is as it was typed then: a field that is newer than the draft is empty.
    return _form(forms.blank() | dict(chosen.typed), {}, draft=chosen)


@blueprint.post("/office/intake")
@access("concern", "take")
def take() -> Answer:
    typed, errors = forms.read(request.form, london_date(at()))
    told = forms.told(typed)
    like = None if errors else _likely(told, typed["k"])
    if like and typed["same"] not in ("yes", "no"):
        errors["same"] = SAME
    if errors:
        return _form(typed, errors, like=like), 422
    try:
        name = _file(typed, told, like.concern_id if like and typed["same"] == "yes" else "")
    except service.NobodyThereError:
        return _form(typed | {"about_id": ""}, {"who": "Look this person up once more, or describe them below."}), 422
    except service.ReferenceTaken:
        return _form(typed | {"k": new_id()}, {"": "This was not saved yet. Press ‘Save’ once more."}), 409
    return draft_pages.filed(url_for("breaches.read_back", taken_id=name))


def _file(typed: Typed, told: rules.Told, likely_id: str) -> str:
    """The concern is there and the draft is not: together. What is to be read back waits, sealed, until they have it."""
    by = principal()
    with database().writing(TAKING) as own:
        taken = service.take(
            own, told, form_key=typed["k"], by=by, policy=policy(), key=_receipt_key(), likely_id=likely_id
        )
        duty = danger.on_duty_now(own, taken.id, told, by, _ways_out())
        said = {
            "reference": taken.reference,
            "receipt": taken.receipt,
            "looked_at_by": taken.looked_at_by.isoformat(),
            "answered_by": taken.answered_by.isoformat() if taken.answered_by else "",
            "urgent": rules.is_urgent(told),
            "asked_for": danger.call_duty(own, taken.id, told, by, policy(), _ways_out()),
            "called": duty.called,
            "ring": duty.ring,
            "badge": _badge_to_stop(own, told),
            "complaint": rules.complaint_or_not(told),
            "by_phone": told.channel == rules.Channel.PHONE,
        }
        name = drafts.keep_read_back(own, by.person_id, taken.id, said, at=at(), policy=policy(), key=draft_pages.key())
        draft_pages.drop(own, typed["k"])
    return name


def _ways_out() -> tuple[str, ...]:
    found: tuple[str, ...] = current_app.extensions["fv_config"].sending.ways_out
    return found


def _badge_to_stop(own: Session, told: rules.Told) -> tuple[str, str] | None:
    """The good badge of whoever was pointed out, for one who may stop it (security 2: CH, 'at once')."""
    if told.about_id is None or may_ever(principal(), "badge", "suspend") is None:
        return None
    badge = badge_of(own, told.about_id)
    return (badge.id, badge.number) if badge and badge.state == "active" else None


@blueprint.get("/office/intake/<id:taken_id>/taken")
@access("concern", "take")
def read_back(taken_id: str) -> Answer:
    said = drafts.read_back(session(), taken_id, at(), draft_pages.key())
    if said is None:  # the same for what never was
        return page("breaches/taken_over.html"), 404
    return page(
        "breaches/taken.html",
        here=url_for("breaches.read_out", taken_id=taken_id),
        groups=rules.in_groups(said["reference"]),
        receipt=rules.in_fours(said["receipt"]),
        looked_at_by=datetime.fromisoformat(said["looked_at_by"]),
        answered_by=datetime.fromisoformat(said["answered_by"]) if said["answered_by"] else None,
        by_phone=said["by_phone"],
        urgent=said.get("urgent"),
        asked_for=said.get("asked_for"),
        called=said.get("called"),
        ring=said.get("ring", ()),
        badge=said.get("badge"),
        complaint=said.get("complaint"),
        danger=policy().contact("danger"),
        written_in=policy().task.concern_wd.written_in,
        host=policy().council.verify_host,
    )


@blueprint.post("/office/intake/<id:taken_id>/taken")
@access("concern", "take")
def read_out(taken_id: str) -> Answer:
    """They have written it down."""
    drafts.is_read_back(session(), taken_id)
    return redirect(url_for("breaches.intake"), 303)


# --- the draft ----------------------------------------------------------------------------------------------------


@blueprint.post("/office/intake/draft")
@access("concern", "take")
def save_draft() -> Answer:
    typed = forms.typed_in(request.form)
    longer = {name: words[: forms.LENGTHS[name]] for name, words in typed.items() if name in forms.LENGTHS}
    return draft_pages.keep(typed | longer, CONDUCT)


@blueprint.post("/office/intake/draft/<id:draft_id>/delete")
@access("concern", "take")
def delete_draft(draft_id: str) -> Answer:
    """Of whichever page: one's own."""
    drafts.drop_one(session(), draft_id)
    return redirect(url_for("breaches.intake"), 303)


# --- whom is it about, and is it told already? --------------------------------------------------------------------


@blueprint.post("/office/intake/who")
@access("concern", "search")
def who() -> Answer:
    """The people who fit, for htmx; without it, the form once more with them in it.

    The record says that somebody looked, each time, by the hour and never for whom: beside an anonymous call that would
    name the accused, and tell when it came (N1, T31). Nobody knows yet whether this one will be anonymous.
    """
    typed = forms.typed_in(request.form)
    if typed["who"]:
        reason = "by a badge number" if any(map(str.isdigit, typed["who"])) else "by a name"
        note_access(session(), principal(), "concern", "search", reason=reason, at=whole_hour(at()))
    return _form(typed, {}, fragment="found")


@blueprint.post("/office/intake/likely")
@access("concern", "take")
def likely() -> Answer:
    """For htmx, while they talk. Without it, `take` asks once."""
    typed = forms.typed_in(request.form)
    return _form(typed, {}, like=_likely(forms.told(typed), typed["k"]), fragment="likely")


def _likely(told: rules.Told, form_key: str) -> service.Likely | None:
    """Recorded and counted first, and committed: what is asked too often is not answered, and can be filed all the same."""
    with database().writing(TAKING) as own:
        if not service.may_ask_likely(own, told, principal(), draft_pages.key()):
            return None
    with database().reading(TAKING) as own:
        return service.likely(own, told, principal(), form_key)


def _form(
    typed: Typed, errors: dict[str, str], *, like: service.Likely | None = None, waiting: Any = (),
    draft: Draft | None = None, fragment: str | None = None,
) -> str:  # fmt: skip
    people, firms = _found(typed)
    too_many = len(people) > service.MOST_FOUND
    return page(
        "breaches/intake.html",
        fragment=fragment,
        typed=typed,
        errors=errors,
        people=[] if too_many else [_option(one) for one in people],
        too_many=too_many,
        firms=firms,
        like=like,
        like_groups=rules.in_groups(like.reference) if like and like.reference else None,
        waiting=waiting,
        **draft_pages.line(draft),
        channels=list(ON_THE_LINE.items()),
        danger=policy().contact("danger"),
        may_verify=may_ever(principal(), "caller", "verify") is not None,
        tells=may_ever(principal(), "hazard", "tell") is not None,
    )


def _found(typed: Mapping[str, str]) -> tuple[list[service.Found], list[str]]:
    """Those who fit what is looked for, and whoever was pointed out before."""
    with database().reading(None) as own:
        people, firms = service.find(own, typed["who"], policy())
        chosen = typed["about_id"]
        if chosen and all(one.person_id != chosen for one in people) and len(people) <= service.MOST_FOUND:
            before = service.found_one(own, chosen, policy())
            people = [*([before] if before else []), *people]
    return people, firms


def _option(one: service.Found) -> tuple[str, str]:
    return one.person_id, f"{one.name}, {one.firm or policy().council.name}, badge {one.badge}"


# --- words that are said later ------------------------------------------------------------------------------------


@blueprint.get("/office/intake/more")
@access("concern", "take")
def more_form() -> Answer:
    return page("breaches/more.html", errors={}, words="", k=new_id())


@blueprint.post("/office/intake/more")
@access("concern", "take")
def more() -> Answer:
    """Somebody rings again. The same sentence whether or not a number is known would lose their words: it says which."""
    words, number = forms.words_added(request.form), request.form.get("number", "")[:40]
    errors = {}
    if not (rules.receipt_typed(number) or rules.reference_typed(number)):
        errors["number"] = "Type the 16 digits of the receipt, or C and the seven letters of the reference."
    if not words:
        errors["words"] = "Write down what they add, in their words."
    if len(words) > forms.LONG:
        errors["words"] = f"Make this shorter: at most {forms.LONG:,} characters."
    if not errors:
        with database().writing(TAKING) as own:
            known = receipts.add_words(
                own, number, words, form_key=forms.key_of(request.form), at=at(), key=_receipt_key()
            )
        if known:
            return page("breaches/more_taken.html")
        errors["number"] = "There is nothing with this number. Let them read it again, or take it as a new concern."
    return page("breaches/more.html", errors=errors, words=words, k=forms.key_of(request.form)), 422


def _receipt_key() -> bytes:
    return receipts.receipt_key(current_app.config["SECRET_KEY"])
