"""Watches over workers: what a phone said, what the clock does, what the desk did. The only writer of watches and their
lines. A word that somebody says is compared here and forgotten."""

import contextlib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldvisit.db import new_id
from fieldvisit.ground.clock import end_of_london_day, london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.verdict import insist
from fieldvisit.jobs import want
from fieldvisit.register.models import Person
from fieldvisit.safety import rules
from fieldvisit.safety.models import SafetyWord, Watch, WatchStep, WatchWords
from fieldvisit.safety.state import BY_TIME, Deed, Stage, State, as_the_phone_sees_it, fold, lengths_of, let_pass
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits import safety_events as safe
from fieldvisit.visits.models import Entry, Visit
from fieldvisit.visits.words import storable

TICK = "watch"  # a kind of work: `tick` does it
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # as passwords
_ENDS = (ev.VisitClosed, ev.VisitWithdrew, ev.DoorNoAnswer, ev.ConsentRefused, ev.DoorChildAnswered)
_ENDED_BY = {ev.name_of(each) for each in (*_ENDS, safe.SafetyEnded) if each is not ev.DoorChildAnswered}
_KINDS: Mapping[type[ev.Event], str] = {
    safe.SafetyStarted: "started",
    safe.SafetyCheckedIn: "checked_in",
    safe.SafetyExtended: "extended",
    safe.SafetyPanicked: "panicked",
    safe.SafetyEnded: "ended",
}


CALLS = ("panicked", "aggression")


# --- from a phone -------------------------------------------------------------------------------------------------


def hear(
    session: Session, visit: Visit, entry: Entry, event: ev.Event, policy: Policy, heard: datetime | None = None
) -> None:
    """What an event of a visit means for the watch over whoever recorded it. A visit that ends opens none.

    heard: when a person took it in (aware UTC), where it was held until then."""
    kind = _kind_of(event)
    if kind is None:
        return
    key = key_of(entry.device, entry.uuid)
    if _is_known(session, key):
        return  # it was heard when the entry was held
    watch = _watch_of(session, visit.id, entry.recorded_by)
    if watch is None and kind in ("visit_ended", "ended"):
        return
    at, body = min(entry.corrected_time, entry.received_at), _body(event, entry, policy)
    since = _said_since(session, entry) if heard and kind == "started" else set()
    if heard and kind == "started":
        body["long_over"] = rules.is_long_over(at, heard, body, lengths_of(policy), ended=bool(since & _ENDED_BY))
    heard = heard or entry.received_at
    watch = watch or _open(session, visit, entry.recorded_by, heard, policy)
    _write(session, watch, Deed(kind, at, heard, entry.recorded_by, body), "", key, policy)
    if body.get("long_over") and not since and not _is_known_to_be_well(session, watch, at):
        _raise_once(session, watch, "watch_unanswered", at=heard, due=end_of_london_day(london_date(heard)))


def _said_since(session: Session, asked: Entry) -> set[str]:
    """The kinds of what the same worker's phone said of that visit after it."""
    since = select(Entry.kind).where(
        Entry.visit_id == asked.visit_id, Entry.recorded_by == asked.recorded_by,
        Entry.corrected_time > asked.corrected_time,
    )  # fmt: skip
    return set(session.scalars(since))


def _is_known_to_be_well(session: Session, watch: Watch, since: datetime) -> bool:
    """By a word, or because somebody found them."""
    return any(
        line.kind in ("spoke", "found_safe") and line.at > since for line in steps_of(session, [watch.id])[watch.id]
    )


@dataclass(frozen=True, slots=True)
class Call:
    """Who called for help, when, when we heard of it (both aware UTC), and the entry's key: one call is one alarm."""

    person_id: str
    at: datetime
    heard: datetime
    key: str


def key_of(device: str, uuid: str) -> str:
    """Of an entry, whether it was filed or held (ruling R2)."""
    return hashlib.sha256(f"{device} {uuid}".encode()).hexdigest()[:32]


def hear_a_call(session: Session, visit: Visit, event: ev.Event, call: Call, policy: Policy) -> None:
    """Out of an entry that is held: a call for help, and nothing else of it."""
    kind = _kind_of(event)
    if kind not in CALLS or _is_known(session, call.key):
        return
    watch = _watch_of(session, visit.id, call.person_id)
    watch = watch or _open(session, visit, call.person_id, call.heard, policy)
    _write(session, watch, Deed(kind, call.at, call.heard, call.person_id), "", call.key, policy)


def _is_known(session: Session, key: str) -> bool:
    return session.scalars(select(WatchStep.id).where(WatchStep.form_key == key)).first() is not None


def _kind_of(event: ev.Event) -> str | None:
    if isinstance(event, ev.VisitWithdrew | safe.SafetyLeftBecause) and event.reason == "aggression":
        return "aggression"
    if isinstance(event, ev.DoorChildAnswered) and event.adult_coming:
        return None
    return "visit_ended" if isinstance(event, _ENDS) else _KINDS.get(type(event))


def _body(event: ev.Event, entry: Entry, policy: Policy) -> dict[str, Any]:
    match event:
        case safe.SafetyStarted():
            home = rules.home_by(event.home_by, entry.corrected_time)
            body: dict[str, Any] = {"interval_min": rules.interval_min(event.minutes, event.stay_min, policy)}
            body |= {"home_by": home.isoformat()} if home else {}
            return body | {
                key: value for key in ("stay_min", "device_on") if (value := getattr(event, key)) is not None
            }
        case safe.SafetyExtended(minutes=minutes):
            return {"minutes": rules.extension_min(minutes, policy)}
    return {}


def _watch_of(session: Session, visit_id: str, person_id: str) -> Watch | None:
    found = select(Watch).where(Watch.visit_id == visit_id, Watch.person_id == person_id)
    return session.scalars(found.with_for_update()).first()


def _open(session: Session, visit: Visit, person_id: str, at: datetime, policy: Policy) -> Watch:
    firm_id = session.scalars(select(Person.firm_id).where(Person.id == person_id)).one()
    watch = Watch(
        id=new_id(), visit_id=visit.id, person_id=person_id, area_id=visit.area_id, firm_id=firm_id,
        stage=Stage.PLANNED, due_at=None, opened_at=at, keep_until=london_date(at + rules.lasts(policy)),
    )  # fmt: skip
    session.add(watch)
    session.flush()
    return watch


# --- the clock ----------------------------------------------------------------------------------------------------


def tick(session: Session, watch_id: str, at: datetime, policy: Policy) -> None:
    """What time alone has done since the last line: written down, with a task for whoever must ring or decide."""
    watch = lock(session, watch_id)
    if watch:
        _let_pass(session, watch, at, policy)


def _let_pass(session: Session, watch: Watch, at: datetime, policy: Policy) -> None:
    deeds, lengths = deeds_of(session, [watch.id])[watch.id], lengths_of(policy)
    if not deeds:
        return
    before = fold(deeds, lengths, deeds[-1].heard)
    for kind, when in let_pass(before, lengths, at)[1]:
        _write(session, watch, Deed(kind, when, when), "", f"{watch.id}:{kind}:{int(when.timestamp())}", policy, at)
        _raise(session, watch, kind, when, policy)


def _raise(session: Session, watch: Watch, kind: str, when: datetime, policy: Policy) -> None:
    task = "watch_alarm" if kind in CALLS else {"overdue": "watch_overdue", "alarm_by_time": "watch_alarm"}.get(kind)
    if task is None:
        return
    due = when if kind in CALLS else when + timedelta(minutes=policy.safety.alarm_min.value)
    _raise_once(session, watch, task, at=when, due=due)


def _raise_once(session: Session, watch: Watch, task: str, *, at: datetime, due: datetime) -> None:
    cause = f"{_cause(watch)}{task}:{int(at.timestamp())}"
    if not session.scalars(select(Task.id).where(Task.cause == cause)).first():
        raise_task(
            session, task, cause=cause, about="visit", about_id=watch.visit_id, area_id=watch.area_id, at=at, due=due
        )


def _cause(watch: Watch) -> str:
    return f"w:{watch.id}:"


# --- words --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _nobodys_word() -> str:
    """Checked where no word was set, so that every answer takes as long."""
    return _hasher.hash(new_id())


def choose_words(session: Session, person_id: str, safe: str, duress: str, at: datetime) -> None:
    insist(rules.may_choose_words(safe, duress))
    hashes = [_hasher.hash(rules.as_said(word)) for word in (safe, duress)]
    row = session.get(SafetyWord, person_id)
    if row is None:
        row = SafetyWord(person_id=person_id)
        session.add(row)
    row.safe_hash, row.duress_hash, row.set_at = hashes[0], hashes[1], at
    session.flush()


def words_set_at(session: Session, person_ids: Iterable[str]) -> dict[str, datetime]:
    """Whose words are set, and since when."""
    wanted = select(SafetyWord.person_id, SafetyWord.set_at).where(SafetyWord.person_id.in_(list(person_ids)))
    return {row.person_id: row.set_at for row in session.execute(wanted)}


def judge_word(session: Session, person_id: str, word: str) -> str:
    """'right', 'duress', 'wrong', or 'none' where this worker has set none. Both digests are always worked out."""
    row = session.get(SafetyWord, person_id)
    said = rules.as_said(word)
    hashes = (row.safe_hash, row.duress_hash) if row else (_nobodys_word(), _nobodys_word())
    is_safe, is_duress = (_matches(digest, said) for digest in hashes)
    if row is None:
        return "none"
    return "duress" if is_duress else "right" if is_safe else "wrong"


def _matches(digest: str, said: str) -> bool:
    with contextlib.suppress(VerificationError):
        return _hasher.verify(digest, said)
    return False


# --- the desk -----------------------------------------------------------------------------------------------------


def lock(session: Session, watch_id: str) -> Watch | None:
    return session.scalars(select(Watch).where(Watch.id == watch_id).with_for_update()).first()


def act(
    session: Session,
    watch: Watch,
    deed: Deed,
    *,
    reason: str,
    has_words: bool,
    word_said: bool,
    key: str,
    policy: Policy,
    sure: bool = False,
) -> None:
    """One act of the desk. The watch must be locked. The same form twice is one line, but for another word: that is
    heard. Raises RefusedError."""
    key = _key_with(key, deed)
    if _is_known(session, key):
        return
    _let_pass(session, watch, deed.heard, policy)
    state = state_of(session, watch.id, deed.heard, policy)
    word = "said" if word_said else ""
    insist(rules.may(deed.kind, state, reason=reason, has_words=has_words, word=word, sure=sure))
    _write(session, watch, deed, reason, key, policy)
    if deed.kind == "found_safe":
        raise_task(
            session, "incident", cause=f"incident:{key}", about="visit", about_id=watch.visit_id, area_id=watch.area_id,
            at=deed.heard, due=end_of_london_day(london_date(deed.heard)),
        )  # fmt: skip


def said_by_phone(session: Session, watch: Watch, word: str, key: str, at: datetime, policy: Policy) -> None:
    """The worker's own word, from their phone. Every word is answered alike. Raises RefusedError where none was set."""
    judged = judge_word(session, watch.person_id, word)
    insist(rules.may_say_word(judged))
    deed = Deed("spoke", at, at, watch.person_id, {"word": judged, "from": "phone"})
    key = _key_with(key, deed)
    if _is_known(session, key):
        return
    _let_pass(session, watch, at, policy)
    _write(session, watch, deed, "", key, policy)


def out_by_phone(session: Session, watch: Watch, key: str, at: datetime, policy: Policy) -> None:
    """The worker says on their own page that they are out: as the tap at the door, which a visit that is over has no more.
    In an alarm, or while somebody rings, it moves nothing."""
    if not _is_known(session, key):
        _write(session, watch, Deed("ended", at, at, watch.person_id, {"from": "page"}), "", key, policy)


def _key_with(key: str, deed: Deed) -> str:
    """Of the form and of what its word was: whoever goes back and gives another word, under duress too, is heard."""
    if deed.kind != "spoke":
        return key
    return hashlib.sha256(f"{key} {deed.body['word']}".encode()).hexdigest()[:32]


# --- reading ------------------------------------------------------------------------------------------------------


def steps_of(session: Session, watch_ids: Iterable[str]) -> dict[str, list[WatchStep]]:
    found: dict[str, list[WatchStep]] = {each: [] for each in watch_ids}
    query = select(WatchStep).where(WatchStep.watch_id.in_(list(found)))
    for step in session.scalars(query.order_by(WatchStep.watch_id, WatchStep.position)):
        found[step.watch_id].append(step)
    return found


def deeds_from(steps: Sequence[WatchStep]) -> list[Deed]:
    """What the clock did is heard when it was due, however late the worker process was."""
    return [
        Deed(step.kind, step.at, step.at if step.kind in BY_TIME else step.recorded_at, step.by or "", step.body)
        for step in steps
    ]


def deeds_of(session: Session, watch_ids: Iterable[str]) -> dict[str, list[Deed]]:
    return {watch_id: deeds_from(steps) for watch_id, steps in steps_of(session, watch_ids).items()}


def state_of(session: Session, watch_id: str, at: datetime, policy: Policy) -> State:
    return fold(deeds_of(session, [watch_id])[watch_id], lengths_of(policy), at)


def phone_sees(session: Session, watches: Sequence[Watch], at: datetime, policy: Policy) -> dict[str, State]:
    """By watch, as the worker's own phone is told it."""
    lengths = lengths_of(policy)
    deeds = deeds_of(session, [watch.id for watch in watches])
    return {watch_id: as_the_phone_sees_it(each, lengths, at) for watch_id, each in deeds.items()}


def words_of(session: Session, watch_id: str) -> dict[str, str]:
    """Step id -> what somebody wrote beside it."""
    found = session.scalars(select(WatchWords).where(WatchWords.watch_id == watch_id))
    return {words.step_id: words.text for words in found}


# --- writing ------------------------------------------------------------------------------------------------------


def _write(
    session: Session,
    watch: Watch,
    deed: Deed,
    reason: str,
    key: str,
    policy: Policy,
    recorded_at: datetime | None = None,
) -> None:
    if deed.kind not in BY_TIME:
        _let_pass(session, watch, deed.heard, policy)
    before = steps_of(session, [watch.id])[watch.id]
    state = fold([*deeds_from(before), deed], lengths_of(policy), deed.heard)
    step = WatchStep(
        id=new_id(), watch_id=watch.id, position=len(before) + 1, kind=deed.kind, at=deed.at,
        recorded_at=recorded_at or deed.heard, by=deed.by or None, stage_after=state.stage, body=dict(deed.body),
        form_key=key,
    )  # fmt: skip
    session.add(step)
    session.flush()
    if reason:
        session.add(
            WatchWords(step_id=step.id, watch_id=watch.id, text=storable(reason), keep_until=watch.keep_until)
        )  # fmt: skip
    _settle_tasks(session, watch, state, deed)
    if deed.kind in CALLS:  # a word under duress raises none: the list of tasks is no secret
        _raise(session, watch, deed.kind, deed.heard, policy)
    watch.stage, watch.due_at = state.stage, state.next_at(lengths_of(policy))
    # Wished in any case: a word under duress takes no less work than the right one.
    due = watch.due_at or deed.heard + timedelta(minutes=policy.safety.interval_min.value)
    want(session, TICK, watch.id, due=due, dedupe=f"{TICK}:{watch.id}:{step.position}")
    session.flush()


def _settle_tasks(session: Session, watch: Watch, state: State, deed: Deed) -> None:
    """Ringing is done when somebody rang, or a word came; deciding, when somebody decided, or found them."""
    spoke = deed.kind == "spoke" and deed.body.get("word") != "wrong"
    rung = spoke or deed.kind == "called" or state.stage in (Stage.ACTIVE, Stage.SAFE, Stage.ENDED)
    decided = deed.kind in ("decided", "found_safe", "closed")
    open_ones = select(Task).where(Task.cause.startswith(_cause(watch), autoescape=True), Task.done_at.is_(None))
    for task in session.scalars(open_ones):
        if (task.kind == "watch_overdue" and (rung or decided)) or (task.kind == "watch_alarm" and decided):
            task.done_at = deed.heard
