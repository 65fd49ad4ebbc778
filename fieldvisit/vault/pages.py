"""What the vault's pages show, made ready for their templates."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask import current_app, g, request
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground import running
from fieldvisit.ground.roles import Role
from fieldvisit.vault import forms, rules, service, state, words
from fieldvisit.vault.doors import Staying
from fieldvisit.vault.forms import Typed
from fieldvisit.vault.models import Reader
from fieldvisit.vault.seeing import Seen, readers
from fieldvisit.vault.service import Opened
from fieldvisit.vault.store import Vault
from fieldvisit.web.access import at, principal
from fieldvisit.web.render import page


def vault() -> Vault:
    found: Vault = current_app.extensions["fv_vault"]
    return found


def case_page(
    session: Session,
    staying: Staying,
    seen: Seen,
    *,
    opened: Opened | None = None,
    asked: Mapping[str, str] | None = None,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    done: str = "",
    kept: str = "",
) -> str:
    """kept: what somebody typed when they were out, sealed: it comes back when the case is opened again."""
    g.safe_typing = True
    choices, names = choices_of(session, seen), _names(session)
    may_act = staying.reader.rank != rules.Rank.INVESTIGATOR
    still = may_act and (opened is not None or service.is_open(session, staying, seen.case.id, at()))
    over = state.is_over(seen.state, vault().policy, at())
    offered = state.offered(seen.state, seen.persons[staying.reader.id], over=over) if may_act else ()
    offered = tuple(kind for kind in offered if still or kind in state.UNREAD)
    if typed and typed.step not in offered:
        offered = (typed.step, *offered)  # somebody was quicker: what was typed is still there to be read
    return page(
        "vault/case.html",
        row=row(seen),
        seen=seen,
        steps=[_step(one, names, opened) for one in seen.acts],
        reports=[(box, list(words.rows_of(said))) for box, said in opened.reports] if opened else [],
        opened=opened is not None,
        still=still,
        may_act=may_act,
        offered=offered,
        forms=[
            SimpleNamespace(
                step=kind,
                title=words.OFFERS[kind],
                asks=[(ask, forms.options(ask, choices)) for ask in forms.ASKS[kind]],
                key=request.form.get("k", "") if typed and typed.step == kind else new_id(),
            )
            for kind in offered
            if all(choices[ask.of] for ask in forms.ASKS[kind] if ask.of) or (typed and typed.step == kind)
        ],
        typed=typed or Typed(),
        asked=asked or {},
        errors=errors or {},
        done=done,
        reasons=list(rules.REASONS.items()),
        copies=list(rules.COPIES.items()),
        copy_key=new_id(),
        kept_until=state.kept_until(seen.state, vault().policy),
        over=over,
        gone=seen.state.since if seen.state.stage == "destroyed" else None,
        kept=kept,
        closes=g.safe_until,
        idle_s=int((g.safe_until - at()).total_seconds()) + 1,
        ends_s=int((g.safe_ends - at()).total_seconds()),
        words=words,
        contacts=_contacts(),
        **about(),
    )


def copy_page(session: Session, staying: Staying, opened: Opened, to: str) -> str:
    """To be printed: it says who made it, when and for whom, and goes from the screen like any other page of the vault."""
    names = _names(session)
    return page(
        "vault/copy.html",
        row=row(opened.seen),
        reports=[(box, list(words.rows_of(said))) for box, said in opened.reports],
        steps=[_step(one, names, opened) for one in opened.seen.acts],
        to=to,
        by=_who(staying.reader),
        made_at=at(),
        closes=g.safe_until,
        **about(),
    )


def row(seen: Seen) -> SimpleNamespace:
    return SimpleNamespace(
        id=seen.case.id,
        number=seen.boxes[0].number,
        received_at=seen.case.received_at,
        stage=words.STAGES[seen.state.stage],
        unopened=len(seen.unopened),
        reports=len(seen.boxes),
        clocks=[
            SimpleNamespace(
                label=words.CLOCKS[clock.name],
                due=clock.due,
                rule=clock.rule,
                state=running.standing(clock.due, None, at()),
                left=running.due_in(clock.due, None, at()),
            )
            for clock in seen.clocks
        ],
        since=seen.state.since,
        danger=seen.state.danger_since is not None,
        second=bool(seen.state.nothing_by or seen.state.close_by or seen.state.destroy_by),
        over=state.is_over(seen.state, vault().policy, at()),
    )


def _step(one: Any, names: Mapping[str, str], opened: Opened | None) -> SimpleNamespace:
    said = opened.words.get(one.id, {}) if opened else {}
    return SimpleNamespace(
        what=words.KINDS[one.kind],
        who=names.get(one.by_id, "Somebody"),
        at=one.at,
        facts=list(words.facts_of(one.facts, names)),
        words=list(said.values()),
        locked=one.words is not None and opened is None,
    )


def choices_of(session: Session, seen: Seen) -> dict[str, dict[str, str]]:
    there = readers(session)
    excluded = seen.excluded
    investigators = {one.id: one.name for one in there if one.rank == rules.Rank.INVESTIGATOR}
    return {
        "waiting": {kind: words.FACTS[kind] for kind in seen.state.waiting},
        "readers": {one.id: _who(one) for one in there if one.id not in excluded},
        "investigators": {key: name for key, name in investigators.items() if key not in excluded | seen.state.shared},
        "shared": {key: name for key, name in investigators.items() if key in seen.state.shared},
    }


def _names(session: Session) -> dict[str, str]:
    return {one.id: one.name for one in session.query(Reader)}


def _who(one: Reader) -> str:
    return f"{one.name}, {words.RANKS[one.rank].lower()}"


def numbers(seen: list[Seen]) -> dict[str, str]:
    return {one.case.id: one.boxes[0].number for one in seen}


def _contacts() -> list[tuple[str, str, str]]:
    """To whom a referral goes, by the council's settings: which is often another council (B5)."""
    settings, policy = vault().policy.safeguarding, vault().policy
    adult, child = policy.contact("safeguarding-adult"), policy.contact("safeguarding-child")
    return [
        ("An adult", settings.adult_authority.value, _number(adult)),
        ("A child", settings.child_authority.value, _number(child)),
    ]


def _number(contact: Any) -> str:
    return f"{contact.number}, {contact.hours}" if contact.confirmed else "number not confirmed: ask your council"


def about() -> dict[str, Any]:
    """What every page of the vault says about itself."""
    alone = current_app.extensions["fv_vault_alone"]
    return {"alone": alone, "demo": vault().demo, "is_lead": principal().role is Role.SAFEGUARDING_LEAD}
