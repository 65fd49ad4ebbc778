"""`/office/messages`: every message to a tenant, word for word, the proof of what became of it, letters as PDF."""

from flask import abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from fieldvisit.complaints import sending as complaint_letters
from fieldvisit.config import Config
from fieldvisit.desk import messages_page
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.forms import read_id
from fieldvisit.desk.messages_page import Shown
from fieldvisit.desk.wording import sayer
from fieldvisit.ground.clock import london_instant
from fieldvisit.ground.verdict import Refused, RefusedError
from fieldvisit.messages.models import Message
from fieldvisit.messages.outgoing import NeverError, Outgoing
from fieldvisit.messages.printing import as_pdf
from fieldvisit.messages.rules import may_be_said_of, sayable
from fieldvisit.messages.texts import fill_link
from fieldvisit.notices.links import link_key, link_of_visit, token_of
from fieldvisit.visits import whom
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import access, at, log_access, policy, session
from fieldvisit.web.render import page

Answer = str | tuple[str, int] | BaseResponse
THE_LINK = "[the tenant’s own link]"
BECAME = {
    "despatched": "It left the building", "delivered": "It reached them",
    "permanent-failure": "It came back, or never reached them",
}  # fmt: skip


@blueprint.get("/office/messages")
@access("message", "list")
def list_messages() -> Answer:
    log_access()
    after = read_id(request.args.get("after", ""))
    found, later = messages_page.page_of(session(), after)
    return page("desk/messages.html", found=found, later=later, first=not after, say=sayer(policy()))


@blueprint.get("/office/messages/<id:message_id>")
@access("message", "read")
def message(message_id: str) -> Answer:
    log_access(message_id)
    return _page(_find(message_id), Typed.nothing())


@blueprint.post("/office/messages/<id:message_id>/said")
@access("message", "settle")
def said(message_id: str) -> Answer:
    """What somebody knows of a message that no provider reports on: it left, it came, it came back."""
    shown, typed = _find(message_id), Typed(request.form)
    status = typed.text("status", 24)
    day = typed.day("happened", "Say on which day.")
    happened = typed.instant(day, "happened_time", "Say at what time.") if status != "despatched" else None
    if status == "despatched" and day:
        happened = london_instant(day)
    if happened:
        verdict = may_be_said_of(status, happened, shown.message.written_at, at())
        if isinstance(verdict, Refused):
            typed.wrong("happened", verdict.message)
    if typed.errors or happened is None:
        return _page(shown, typed), 422
    try:
        messages_page.say(session(), shown, status, happened, at(), policy())
    except RefusedError as refused:
        typed.wrong("status", refused.verdict.message)
        return _page(shown, typed), 409
    log_access(message_id, reason=f"said: {status}")
    return redirect(url_for("desk.message", message_id=message_id), 303)


@blueprint.get("/office/messages/<id:message_id>/letter.pdf")
@access("message", "read")
def letter(message_id: str) -> Answer:
    log_access(message_id, reason="letter")
    shown = _find(message_id)
    row = shown.message
    if not row.channel.startswith("letter"):
        abort(404)
    address = _address(row)
    outgoing = Outgoing(
        row.id,
        row.channel,
        row.to,
        fill_link(row.subject, address),
        fill_link(row.body, address),
        row.language,
        row.look,
        headings=complaint_letters.headings_of(row),
    )
    try:
        return as_pdf(outgoing, f"letter-{shown.visit.ref if shown.visit else row.id}", row.written_at)
    except NeverError as refused:
        typed = Typed.nothing()
        typed.wrong("status", f"This letter cannot be printed here: {refused}")
        return _page(shown, typed), 409


def _page(shown: Shown, typed: Typed) -> str:
    by_post = shown.message.channel.startswith("letter")
    nothing_leaves = _config().sending.provider_of(shown.message.channel) == "screen"
    link = _address(shown.message) if nothing_leaves else THE_LINK
    known = sayable(shown.message.provider, shown.message.channel)
    return page(
        "desk/message.html",
        shown=shown,
        message=shown.message,
        subject=fill_link(shown.message.subject, link),
        body=fill_link(shown.message.body, link),
        say=sayer(policy()),
        carried=bool(known) and shown.message.state == "taken",
        choices=[(status, BECAME[status]) for status in known],
        by_post=by_post,
        typed=typed,
        errors=typed.errors,
    )


def _config() -> Config:
    found: Config = current_app.extensions["fv_config"]
    return found


def _address(message: Message) -> str:
    """The tenant's own page. Shown at the desk only where this screen is all that the message goes to."""
    config, link = _config(), link_of_visit(session(), message.visit_id or "")
    address = f"{config.links_base}/t/{token_of(link, link_key(config.secret_key()))}" if link else config.links_base
    return whom.in_their_language(session(), address, message)


def _find(message_id: str) -> Shown:
    return messages_page.find(session(), message_id) or abort(404)
