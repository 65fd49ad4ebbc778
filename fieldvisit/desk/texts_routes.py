"""`/office/texts`: what we write to tenants, in the council's own words, never with less than they must be told."""

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldvisit.desk import texts
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.texts_forms import TypedText, read_speaker, read_text
from fieldvisit.ground.languages import DRAFT, ENGLISH
from fieldvisit.ground.roles import may_ever
from fieldvisit.ground.verdict import Refused
from fieldvisit.messages.service import write_test
from fieldvisit.messages.texts import CHANNELS, KINDS, Wording, standard
from fieldvisit.messages.texts_service import Text, save, text_of
from fieldvisit.register.models import Person
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
ONE = "/office/texts/<word:kind>/<word:channel>/<word:language>"
DONE = {
    "saved": "Saved. Messages that are written from now on say this.",
    "checked": "Marked as checked by a speaker.",
    "sent": "The test message is on its way to you.",
}
OVERTAKEN = (
    "Somebody else saved this text while you were writing. Yours is below and not saved; theirs is under “The text that "
    "stands now”. Bring the two together, then save."
)


@blueprint.get("/office/texts")
@access("text", "read")
def list_texts() -> Answer:
    kinds = texts.by_kind(session())
    every = [text for _, _, of_kind in kinds for text in of_kind]
    return page("desk/texts.html", kinds=kinds, savers=texts.savers(session(), every), ways=texts.WAYS, draft=DRAFT)


@blueprint.get(ONE)
@access("text", "read")
def one_text(kind: str, channel: str, language: str) -> Answer:
    text = _text(kind, channel, language)
    shown = standard(kind, channel, language) if "standard" in request.args else text.wording
    return _page(text, shown.subject, shown.body, {}, done=DONE.get(request.args.get("done", ""), ""))


@blueprint.post(f"{ONE}/save")
@access("text", "edit")
def change_text(kind: str, channel: str, language: str) -> Answer:
    text, typed = _text(kind, channel, language), read_text(request.form)
    new = texts.typed_wording(channel, typed.subject, typed.body)
    if typed.does == "preview":
        return _page(text, typed.subject, typed.body, {}, seen=typed.seen, fragment="preview")
    verdict = texts.judged(text, new, policy())
    if isinstance(verdict, Refused):
        return _page(text, typed.subject, typed.body, _error(verdict), seen=typed.seen), 422
    if typed.does == "test":
        return _test(text, typed, new)
    if save(session(), text, new, seen=typed.seen, checked_by="", by=principal().person_id, at=at()) is None:
        return _page(text, typed.subject, typed.body, {"body": OVERTAKEN}), 409
    log_access(_name(text), reason=f"saved after version {typed.seen}")
    return redirect(_address(text, done="saved"), 303)


@blueprint.post(f"{ONE}/checked")
@access("text", "edit")
def mark_checked(kind: str, channel: str, language: str) -> Answer:
    """The words stay as they are: a version of their own says who read them."""
    text = _text(kind, channel, language)
    if language == ENGLISH:
        abort(404)
    name, errors = read_speaker(request.form)
    seen = read_text(request.form).seen
    if not errors and seen != text.version:
        errors = {"speaker": "The text was changed while you were looking. Read it as it is now, then mark it again."}
    if errors:
        return _page(text, text.wording.subject, text.wording.body, errors, speaker=name), 422
    if save(session(), text, text.wording, seen=seen, checked_by=name, by=principal().person_id, at=at()) is None:
        abort(409)
    log_access(_name(text), reason="marked as checked by a speaker")
    return redirect(_address(text, done="checked"), 303)


def _test(text: Text, typed: TypedText, new: Wording) -> Answer:
    """What is in the box, saved or not, to the person who wrote it."""
    person = session().get_one(Person, principal().person_id)
    if not _can_test(text):
        abort(404)
    if not (person.phone if text.channel == "sms" else person.email):
        where = "telephone number" if text.channel == "sms" else "e-mail address"
        errors = {"body": f"We have no {where} of yours, so no test could be sent. Ask for yours to be put in."}
        return _page(text, typed.subject, typed.body, errors, seen=typed.seen), 422
    write_test(session(), person, texts.filled(new, policy(), text, at()), text.channel, at())
    log_access(_name(text), reason="test message to oneself")
    return _page(text, typed.subject, typed.body, {}, done=DONE["sent"], seen=typed.seen)


def _can_test(text: Text) -> bool:
    return text.channel in ("sms", "email")


def _text(kind: str, channel: str, language: str) -> Text:
    if not texts.is_text(kind, channel, language):
        abort(404)
    return text_of(session(), kind, channel, language)


def _page(
    text: Text,
    subject: str,
    body: str,
    errors: dict[str, str],
    *,
    done: str = "",
    speaker: str = "",
    seen: int = -1,
    fragment: str | None = None,
) -> str:
    new = texts.typed_wording(text.channel, subject, body)
    return page(
        "desk/texts_one.html",
        fragment=fragment,
        text=text,
        subject=subject,
        body=body,
        errors=errors,
        done=done,
        speaker=speaker,
        seen=seen if seen >= 0 else text.version,
        language=texts.language_of(text),
        kind=KINDS[text.kind],
        ways=texts.WAYS,
        channels=CHANNELS,
        parts=texts.parts_of_page(text, policy(), at()),
        preview=texts.preview(new, policy(), text, at()),
        english=None if text.language == ENGLISH else text_of(session(), text.kind, text.channel, ENGLISH).wording,
        saver=texts.savers(session(), [text]).get(text.saved_by or "", ""),
        limits=texts.limits(text),
        draft=DRAFT,
        overtaken=errors.get("body") == OVERTAKEN,
        may_edit=may_ever(principal(), "text", "edit"),
        can_test=_can_test(text),
        action=_address(text),
    )


def _error(refused: Refused) -> dict[str, str]:
    clause = f" Written in: {refused.clause}." if refused.clause else ""
    return {"subject" if refused.code in texts.OF_A_SUBJECT else "body": f"{refused.message}{clause}"}


def _name(text: Text) -> str:
    return f"{text.kind}/{text.channel}/{text.language}"


def _address(text: Text, done: str | None = None) -> str:
    return url_for("desk.one_text", kind=text.kind, channel=text.channel, language=text.language, done=done)
