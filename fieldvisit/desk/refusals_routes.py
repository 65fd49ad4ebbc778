"""`/office/refusals`: doors that said no or stayed shut (D2). Each small form is one step; none overrides a rule."""

from collections.abc import Callable

from flask import abort, redirect, request
from werkzeug.wrappers import Response

from fieldvisit.desk import refusals as pages
from fieldvisit.desk.blueprint import blueprint
from fieldvisit.desk.forms import read_place
from fieldvisit.desk.household import forms_on_page
from fieldvisit.desk.one_step import carry_out
from fieldvisit.desk.refusals_words import (
    CHANNELS,
    CHASES,
    CODES,
    DONE,
    LABELS,
    METHODS,
    OUTCOMES,
    STAGES,
    STEPS,
    reason_in_words,
)
from fieldvisit.desk.wording import sayer
from fieldvisit.ground.clock import london_date
from fieldvisit.visits import access_chase
from fieldvisit.visits import access_rules as rules
from fieldvisit.visits import access_service as service
from fieldvisit.visits import access_steps as steps
from fieldvisit.visits.access_cases import AccessCase
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.visits.pressed import Pressed
from fieldvisit.web.access import access, at, log_access, policy, principal, session
from fieldvisit.web.render import page

Answer = str | Response | tuple[str, int]
Act = Callable[[AccessCase, Typed, Pressed], object]
LONG = 2000  # letters


@blueprint.get("/office/refusals")
@access("access-case", "list")
def refusals() -> Answer:
    log_access()
    found = pages.reasons(session())
    asked = request.args.get("reason", "")
    reason = asked if asked in found else ""
    after = read_place(request.args.get("after", ""))
    listed, later = pages.queue(session(), principal(), reason, after)
    reasons = [(code, reason_in_words(code, policy()), number) for code, number in found.items()]
    return page(
        "desk/refusals.html",
        listed=listed,
        later=later,
        first=after is None,
        reason=reason,
        reasons=reasons,
        words={code: label for code, label, _ in reasons},
        stages=STAGES,
    )


@blueprint.get("/office/refusals/<id:case_id>")
@access("access-case", "read")
def refusal(case_id: str) -> Answer:
    case = _case(case_id)
    log_access(case.id)
    return _page(case)


@blueprint.post("/office/refusals/<id:case_id>/contact")
@access("access-case", "work")
def refusal_contact(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        method = typed.choice("method", rules.METHODS, "Say how you got in touch.")
        day = typed.day("happened", "Say on which day.")
        happened = typed.instant(day, "happened_time", "Say at what time.")
        outcome = typed.choice("outcome", rules.OUTCOMES, "Say what came of it.")
        words = typed.words("contact_words", most=LONG)
        if method and happened and outcome and not typed.errors:
            steps.record_contact(session(), case, method, happened, outcome, words, pressed)

    return _step(case_id, "contact", act, box="happened")


@blueprint.post("/office/refusals/<id:case_id>/send")
@access("access-case", "work")
def refusal_send(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        code = typed.words("send", "Choose what to send, and how.", most=64)
        if code and not typed.errors:
            access_chase.send(session(), case, code, pressed)

    return _step(case_id, "send", act, box="send")


@blueprint.post("/office/refusals/<id:case_id>/safeguarding")
@access("access-case", "work")
def refusal_safeguarding(case_id: str) -> Answer:
    """Both answers come back to the same page: not even the address tells which was given (ruling R4)."""

    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        answer = typed.choice("safeguarding", ("yes", "no"), "Say yes or no: a child was alone at the door.")
        if answer:
            steps.answer_safeguarding(session(), case, answer, pressed)

    return _step(case_id, "safeguarding", act, box="safeguarding")


@blueprint.post("/office/refusals/<id:case_id>/support")
@access("access-case", "work")
def refusal_support(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        words = typed.words("support_words", "Write what you arranged with the tenant.", most=LONG)
        if not typed.errors:
            steps.arrange_support(session(), case, words, pressed)

    return _step(case_id, "support", act)


@blueprint.post("/office/refusals/<id:case_id>/rebook")
@access("access-case", "work")
def refusal_rebook(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        visit = typed.words("visit", "Choose the visit that the tenant accepted.", most=32)
        if visit:
            steps.rebook(session(), case, visit, pressed)

    return _step(case_id, "rebook", act, box="visit")


@blueprint.post("/office/refusals/<id:case_id>/review")
@access("access-case", "work")
def refusal_review(case_id: str) -> Answer:
    """D2: both checks are mandatory, each a box and what was found."""

    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        for name, sentence in (
            ("vulnerability", "Tick this when you have asked what the tenant needs, and whether anybody is at risk."),
            ("equality", "Tick this when you have thought about the Equality Act."),
        ):
            if not typed.ticked(f"{name}_checked"):
                typed.wrong(f"{name}_checked", sentence)
        vulnerability = typed.words("vulnerability", "Write what you found about what the tenant needs.", most=LONG)
        equality = typed.words(
            "equality", "Write how disability and the other characteristics bear on this.", most=LONG
        )
        if not typed.errors:
            steps.review(session(), case, vulnerability, equality, pressed)

    return _step(case_id, "review", act)


@blueprint.post("/office/refusals/<id:case_id>/close")
@access("access-case", "work")
def refusal_close(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        why = typed.words("close_words", "Write why the risk is low, and how the door is left open.", most=LONG)
        if not typed.errors:
            steps.close(session(), case, why, pressed)

    return _step(case_id, "close", act)


@blueprint.post("/office/refusals/<id:case_id>/plan")
@access("access-case", "work")
def refusal_plan(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        need = typed.choice("need", rules.NEEDS, "Say which safety need there is. Without one there is no plan.")
        why = typed.words("plan_words", "Write what will be tried, by whom, and by when.", most=LONG)
        if not typed.errors:
            steps.plan_access(session(), case, need, why, pressed)

    return _step(case_id, "plan", act)


@blueprint.post("/office/refusals/<id:case_id>/legal")
@access("access-case", "work")
def refusal_legal(case_id: str) -> Answer:
    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        why = typed.words("legal_words", "Write why the plan did not work.", most=LONG)
        if not typed.errors:
            steps.consider_legal(session(), case, why, pressed)

    return _step(case_id, "legal", act)


@blueprint.post("/office/refusals/<id:case_id>/attempts/<id:attempt_id>/settle")
@access("access-case", "work")
def refusal_settle(case_id: str, attempt_id: str) -> Answer:
    """The boxes bear the attempt's id: several of one case stand on one page."""
    if attempt_id not in {one.row.id for one in service.standing(session(), _case(case_id), policy()).attempts}:
        abort(404)

    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        finding = typed.choice(f"finding_{attempt_id}", ("right", "wrong"), "Say whether the record is right or wrong.")
        why = typed.words(f"found_{attempt_id}", "Write what you looked at and what you found.", most=LONG)
        if not typed.errors:
            steps.settle_dispute(session(), case, attempt_id, finding, why, pressed)

    return _step(case_id, f"settle {attempt_id}", act)


@blueprint.post("/office/refusals/<id:case_id>/attempts/<id:attempt_id>/disputed")
@access("access-case", "work")
def refusal_disputed(case_id: str, attempt_id: str) -> Answer:
    """For who has no page of their own, or does not use it: they told us that the record is wrong."""
    if attempt_id not in {one.row.id for one in service.standing(session(), _case(case_id), policy()).attempts}:
        abort(404)

    def act(case: AccessCase, typed: Typed, pressed: Pressed) -> None:
        told_by = typed.choice(f"told_by_{attempt_id}", rules.TOLD_BY, "Say how the tenant told us.")
        words = typed.words(f"tenant_says_{attempt_id}", "Write what the tenant says, in their own words.", most=LONG)
        if not typed.errors:
            steps.say_disputed(session(), case, attempt_id, told_by, words, pressed)

    return _step(case_id, f"disputed {attempt_id}", act, box=f"tenant_says_{attempt_id}")


# --- what every form does -----------------------------------------------------------------------------------------


def _step(case_id: str, form: str, act: Act, *, box: str = "") -> Answer:
    """box: where a refusal is shown. Nothing typed is lost, nothing half is kept."""
    case, typed = _case(case_id, lock=True), Typed(request.form)
    pressed = Pressed(typed.key or abort(400), principal(), policy())
    if again := carry_out(lambda: act(case, typed, pressed), typed, "access-case", case_id, box=box):
        return _page(_case(case_id), form, typed), again
    done = form.partition(" ")[0]
    log_access(case_id, reason=done)
    return redirect(f"/office/refusals/{case_id}?done={done}", 303)


def _page(case: AccessCase, form: str = "", typed: Typed | None = None) -> str:
    return page(
        "desk/refusals_one.html",
        it=pages.page_of(session(), case, principal(), policy()),
        form=forms_on_page(form, typed),
        errors=typed.errors if typed else {},
        done=DONE.get(request.args.get("done", ""), "") if typed is None else "",
        labels=LABELS,
        stages=STAGES,
        steps=STEPS,
        codes=CODES,
        methods=METHODS,
        outcomes=OUTCOMES,
        chases=CHASES,
        channels=CHANNELS,
        reason=lambda code: reason_in_words(code, policy()),
        say=sayer(policy()),
        numbers=[policy().contact(code) for code in ("safeguarding-child", "safeguarding-out-of-hours")],
        needed=policy().door.no_access_attempts.value,
        ways_needed=policy().door.no_access_methods.value,
        today=london_date(at()),
    )


def _case(case_id: str, *, lock: bool = False) -> AccessCase:
    return service.find(session(), case_id, lock=lock) or abort(404)
