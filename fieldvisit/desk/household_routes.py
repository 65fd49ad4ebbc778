"""`/office/homes/<home>`: what a household has asked for, and what the worker is told. Each small form is its own deed."""

from collections.abc import Callable

from flask import abort, jsonify, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from fieldvisit.audit.service import note_access
from fieldvisit.desk import household as pages
from fieldvisit.desk import household_forms as forms
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.household_words import DONE, LABELS
from fieldvisit.desk.one_step import NO_BOXES, carry_out
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import RAISING
from fieldvisit.register import needs_rules as rules
from fieldvisit.register import needs_service as needs
from fieldvisit.register import needs_warnings as warnings
from fieldvisit.register.models import Home, Household, Precaution, Resident
from fieldvisit.visits import needs_told
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, database, log_access, policy, principal, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
Act = Callable[[Household, Typed], object]

assert needs_told  # what a change sets off is told to the home's open visits


@blueprint.get("/office/homes/<id:home_id>")
@access("household", "read")
def home(home_id: str) -> Answer:
    found = _home(home_id)
    log_access(found.id)
    return _page(found)


@blueprint.get("/office/homes/<id:home_id>/alerts.json")
@access("household", "export")
def alerts_json(home_id: str) -> Answer:
    """PersonAlert and LocationAlert as HACT writes them: the instruction in the comments, never a cause."""
    found = _home(home_id)
    log_access(found.id)
    return jsonify(warnings.alerts_of(session(), found.id))


# --- what they asked for ------------------------------------------------------------------------------------------


@blueprint.post("/office/homes/<id:home_id>/needs")
@access("household", "change")
def set_needs(home_id: str) -> Answer:
    return _change(
        home_id, "needs", lambda it, typed: needs.set_needs(session(), it, typed.many("needs"), at()), box="needs"
    )


@blueprint.post("/office/homes/<id:home_id>/writing")
@access("household", "change")
def set_writing(home_id: str) -> Answer:
    """The language and the look of letters."""

    def act(it: Household, typed: Typed) -> None:
        language = typed.choice("language", (*LABELS.language_codes, it.language), "Choose a language.")
        look = typed.choice("letter_look", LABELS.look_codes, "Choose how letters should look.")
        if language and look:
            needs.set_language(session(), it, language, at())
            needs.set_letter_look(session(), it, look, at())

    return _change(home_id, "writing", act)


@blueprint.post("/office/homes/<id:home_id>/word")
@access("household", "change")
def set_word(home_id: str) -> Answer:
    """How the doorstep word is given."""

    def act(it: Household, typed: Typed) -> None:
        if style := typed.choice("word_style", LABELS.style_codes, "Choose words, numbers or a picture."):
            needs.set_word_style(session(), it, style, at())

    return _change(home_id, "word", act)


@blueprint.post("/office/homes/<id:home_id>/password")
@access("household", "change")
def set_password(home_id: str) -> Answer:
    def act(it: Household, typed: Typed) -> None:
        remove = typed.text("do", 10) == "remove"
        password = "" if remove else typed.words("password", "Write the password that the tenant chose.", most=200)
        if remove or password:
            needs.set_password(session(), it, password, at())

    return _change(home_id, "password", act, box="password")


@blueprint.post("/office/homes/<id:home_id>/trusted-adult")
@access("household", "change")
def set_trusted_adult(home_id: str) -> Answer:
    def act(it: Household, typed: Typed) -> None:
        wanted = forms.yes_or_no(typed, "adult_wanted", "Say whether we must wait for an adult whom the tenant trusts.")
        named = forms.read_named(typed, "adult")
        if wanted is not None and not typed.errors:
            needs.ask_trusted_adult(session(), it, wanted, at(), named)

    return _change(home_id, "trusted_adult", act, box="adult_agreed", boxes=_boxes("adult"))


@blueprint.post("/office/homes/<id:home_id>/neighbour")
@access("household", "change")
def set_neighbour(home_id: str) -> Answer:
    def act(it: Household, typed: Typed) -> None:
        remove = typed.text("do", 10) == "remove"
        named = None if remove else forms.read_named(typed, "neighbour")
        if not remove and named is None:
            typed.wrong("neighbour_name", "Write their name.")
        if not typed.errors:
            needs.name_neighbour(session(), it, named, at())

    return _change(home_id, "neighbour", act, box="neighbour_agreed", boxes=_boxes("neighbour"))


def _boxes(prefix: str) -> dict[str, str]:
    return {"not-a-phone": f"{prefix}_reach", "not-a-email": f"{prefix}_reach", "incomplete": f"{prefix}_name"}


# --- how to reach them --------------------------------------------------------------------------------------------


@blueprint.post("/office/homes/<id:home_id>/residents/<id:resident_id>/numbers")
@access("household", "change")
def set_numbers(home_id: str, resident_id: str) -> Answer:
    """The boxes bear the resident's id: several people of one home stand on one page."""
    wanted = select(Resident).where(Resident.id == resident_id, Resident.home_id == _home(home_id).id)
    resident = session().scalars(wanted).first() or abort(404)
    phone, email = f"phone_{resident_id}", f"email_{resident_id}"

    def act(it: Household, typed: Typed) -> None:
        said = typed.words(phone, most=60), typed.words(email, most=254)
        if not typed.errors:
            needs.set_numbers(session(), it, resident, *said, at())

    boxes = {"not-a-phone": phone, "not-a-email": email}
    return _change(home_id, f"numbers {resident_id}", act, box=phone, boxes=boxes, done="numbers")


@blueprint.post("/office/homes/<id:home_id>/residents/<id:resident_id>/own")
@access("household", "change")
def set_own(home_id: str, resident_id: str) -> Answer:
    """The language of one of several tenants, and where less may be said to them than the household's marks allow."""
    wanted = select(Resident).where(Resident.id == resident_id, Resident.home_id == _home(home_id).id)
    resident = session().scalars(wanted).first() or abort(404)
    language = f"language_{resident_id}"

    def act(it: Household, typed: Typed) -> None:
        chosen = typed.choice(language, ("", *LABELS.language_codes, resident.language))
        marks = forms.read_own_marks(typed, resident_id)
        if not typed.errors:
            needs.set_own(session(), it, resident, chosen or "", marks, at())

    return _change(home_id, f"own {resident_id}", act, box=language, done="own")


@blueprint.post("/office/homes/<id:home_id>/channels")
@access("household", "change")
def set_channels(home_id: str) -> Answer:
    """Ways of telling that the household cannot use (NR-13)."""
    return _change(
        home_id,
        "channels",
        lambda it, typed: needs.set_channels(session(), it, typed.many("unusable"), at()),
        box="unusable",
    )


@blueprint.post("/office/homes/<id:home_id>/safety")
@access("household", "change")
def set_safety(home_id: str) -> Answer:
    """How much each way may say (T17)."""

    def act(it: Household, typed: Typed) -> None:
        marks = forms.read_marks(typed)
        if not typed.errors:
            needs.set_contact_safety(session(), it, marks, at())

    return _change(home_id, "safety", act, box="mark_sms")


@blueprint.post("/office/homes/<id:home_id>/protected")
@access("household", "change")
def set_protected(home_id: str) -> Answer:
    def act(it: Household, typed: Typed) -> None:
        protected = forms.yes_or_no(typed, "protected", "Say whether this home must be protected.")
        if protected is not None:
            needs.protect(session(), it, protected, at())

    return _change(home_id, "protected", act)


@blueprint.post("/office/homes/<id:home_id>/letters")
@access("household", "change")
def hold_letters(home_id: str) -> Answer:
    def act(it: Household, typed: Typed) -> None:
        again = typed.text("do", 10) == "again"
        until = None if again else typed.day("until", "Say until which day nothing is posted here.")
        if again or until:
            needs.hold_letters(session(), it, until, at(), policy())

    return _change(home_id, "letters", act, box="until")


# --- warnings -----------------------------------------------------------------------------------------------------


@blueprint.post("/office/homes/<id:home_id>/warnings")
@access("household", "change")
def warn(home_id: str) -> Answer:
    def act(it: Household, typed: Typed) -> None:
        code = typed.choice("warning", LABELS.warning_codes, "Choose what the worker must do.")
        officers = dict(pages.officers_of(session(), _home(home_id).area_id, principal()))
        owner = typed.choice("owner", officers, "Choose who answers for this warning.")
        day = typed.day("review", "Say when somebody looks at it again.")
        if code and owner and day:
            key = typed.key or abort(400)
            warnings.warn(
                session(), it, code, owner_id=owner, review_on=day, key=key, at=at(), policy=policy(),
                set_by=principal().person_id,
            )  # fmt: skip

    return _change(home_id, "warnings", act, box="review")


@blueprint.post("/office/homes/<id:home_id>/warnings/<id:precaution_id>/reviewed")
@access("household", "change")
def review_warning(home_id: str, precaution_id: str) -> Answer:
    """Whoever says that it still holds answers for it from now on."""
    row = _precaution(home_id, precaution_id)

    def act(_: Household, __: Typed) -> None:
        day = rules.review_day(london_date(at()), policy())
        warnings.review(session(), row, owner_id=principal().person_id, review_on=day, at=at(), policy=policy())

    return _change(home_id, "reviewed", act)


@blueprint.post("/office/homes/<id:home_id>/warnings/<id:precaution_id>/approved")
@access("household", "change")
def approve_warning(home_id: str, precaution_id: str) -> Answer:
    """The second officer."""
    row = _precaution(home_id, precaution_id)
    return _change(home_id, "approved", lambda _, __: warnings.approve(session(), row, by=principal(), at=at()))


@blueprint.post("/office/homes/<id:home_id>/warnings/<id:precaution_id>/ended")
@access("household", "change")
def end_warning(home_id: str, precaution_id: str) -> Answer:
    row = _precaution(home_id, precaution_id)
    area_id = _home(home_id).area_id
    return _change(
        home_id, "ended", lambda _, __: warnings.end(session(), row, by=principal(), area_id=area_id, at=at())
    )


def _precaution(home_id: str, precaution_id: str) -> Precaution:
    wanted = select(Precaution).where(Precaution.id == precaution_id, Precaution.home_id == _home(home_id).id)
    return session().scalars(wanted).first() or abort(404)


# --- a caller says: not that way ----------------------------------------------------------------------------------


@blueprint.get("/office/safer-contact")
@access("contact-safety", "raise")
def safer_contact() -> Answer:
    return _safer_page(Typed.nothing(), done="")


@blueprint.post("/office/safer-contact")
@access("contact-safety", "raise")
def raise_contact_safety() -> Answer:
    """Beyond the sight of who asks, and says nothing of what was marked before: only that no more than this is said."""
    typed = Typed(request.form)
    wanted = forms.read_safer_contact(typed)
    if typed.errors:
        return _safer_page(typed, done=""), 422
    with database().writing(RAISING) as own:
        found = pages.home_named(own, wanted)
        said = f"{wanted.channel} {wanted.mark}" if found else "no such home"
        note_access(
            own, principal(), "contact-safety", "raise", object_id=found.id if found else "", reason=said, at=at()
        )
        if found:
            it = needs.household_at(own, found.id)
            mark = rules.strictest(it.contact_safety, wanted.channel, wanted.mark)
            needs.raise_contact_safety(own, it, wanted.channel, mark, at())
    if found is None:
        typed.wrong("postcode", "We have no one home there. Check the postcode and the house, or write the UPRN.")
        return _safer_page(typed, done=""), 422
    return redirect(f"/office/safer-contact?done={wanted.mark}", 303)


def _safer_page(typed: Typed, done: str) -> str:
    done = done or DONE.get(f"raised_{request.args.get('done', '')}", "")
    return page("desk/safer_contact.html", typed=typed, errors=typed.errors, labels=LABELS, done=done)


# --- what every form does -----------------------------------------------------------------------------------------


def _change(
    home_id: str, form: str, act: Act, *, box: str = "", boxes: dict[str, str] | None = None, done: str = ""
) -> Answer:
    """box: where a refusal is shown; boxes: where that depends on its code. Nothing typed is lost, nothing half is kept."""
    found, typed = _home(home_id), Typed(request.form)
    household = needs.household_at(session(), found.id)
    if again := carry_out(lambda: act(household, typed), typed, "household", home_id, box=box, boxes=boxes or NO_BOXES):
        return _page(_home(home_id), form, typed), again
    log_access(home_id, reason=f"{form.partition(' ')[0]} changed")
    return redirect(f"/office/homes/{home_id}?done={done or form}", 303)


def _page(found: Home, form: str = "", typed: Typed | None = None) -> str:
    return page(
        "desk/household.html",
        it=pages.page_of(session(), found, principal(), policy()),
        form=pages.forms_on_page(form, typed),
        errors=typed.errors if typed else {},
        done=DONE.get(request.args.get("done", ""), ""),
        labels=LABELS,
        me=principal().person_id,
    )


def _home(home_id: str) -> Home:
    return pages.home_of(session(), principal(), home_id) or abort(404)
