"""Several phones, users, one server, a clock, backups and faults: what they may do, and what must hold whatever they do.

The server is the real app on SQLite, in this process; the phones keep what they saved as the real ones do.
"""

import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from fieldvisit.backup import backup, restore
from fieldvisit.config import Config
from fieldvisit.db import Database
from fieldvisit.desk.check import problems
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.roles import CHECKING, INTAKE
from fieldvisit.outbox import held as decisions
from fieldvisit.outbox.envelope import digest_of
from fieldvisit.outbox.models import Attachment, Held
from fieldvisit.outbox.models import Phone as KnownPhone
from fieldvisit.register.models import Grant
from fieldvisit.tasks import Task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry
from tests.faults.offline_phone import Heard, InProcess, Item, OfflinePhone
from tests.stories import Story, a_visit
from tests.world import NOW, World

WORKERS = ("asha", "ben", "carl")
FACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("visit.set_off", {}), ("visit.arrived", {}), ("door.answered", {"who": "tenant"}), ("visit.late", {"minutes": 5}),
    ("consent.refused", {"reason": "unwell", "who": "tenant"}), ("visit.withdrew", {"reason": "danger"}),
    ("photo.taken", {"what": "before"}), ("visit.unheard_of", {}),
)  # fmt: skip
TROUBLES = (
    "entries come in any order", "an old request comes once more", "somebody copies an id", "a phone's clock is set",
    "other bytes come under a number that was used", "a phone's storage is wiped",
)  # fmt: skip
ACTS = ("cancels", "sends somebody else", "withdraws a phone", "takes in", "sets aside", "goes home")
MANNER = st.sampled_from(("well", "no signal", "lost", "answer lost", "twice", "late copy"))
PHONE, STORY = st.integers(0, 3), st.integers(0, 2)
Saved = tuple[str, str, str]  # device, uuid, SHA-256 of the seal


@dataclass
class Council:
    """What all runs share: made once, because making it costs more than a run."""

    app: Flask
    database: Database
    world: World
    home: Path
    template: Path
    set_clock: Callable[[datetime], None]

    def begin_again(self) -> None:
        self.put_back(self.template)
        shutil.rmtree(self.home / "attachments", ignore_errors=True)

    def put_back(self, file: Path) -> None:
        self.database.dispose()
        for old in self.home.glob("fieldvisit.db*"):
            old.unlink()
        shutil.copy(file, self.home / "fieldvisit.db")

    @property
    def config(self) -> Config:
        found: Config = self.app.extensions["fv_config"]
        return found


@dataclass
class BadRoad:
    """Straight into the app, except that requests and answers are lost, come twice, or come once more much later."""

    app: InProcess
    manner: str = "well"
    copies: list[tuple[Any, ...]] = field(default_factory=list)

    def __call__(self, *request: Any) -> Heard:
        if self.manner == "lost":
            return Heard()
        if self.manner == "twice":
            self.app(*request)
        if self.manner == "late copy":
            self.copies.append(request)
        answer = self.app(*request)
        return Heard() if self.manner == "answer lost" else answer


class Promises(RuleBasedStateMachine):
    """O1 to O8 of security.md 4.1, held against whatever Hypothesis thinks of."""

    council: Council

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        self.phones: list[OfflinePhone] = []
        self.owner: dict[str, str] = {}
        self.stories: list[Story] = []
        self.saved: dict[Saved, Item] = {}
        self.wiped: set[Saved] = set()
        self.digests: dict[tuple[str, str], str] = {}
        self.ever_held: set[str] = set()
        self.decided: set[str] = set()
        self.kept_backup: Path | None = None
        self.backups = self.restores = self.wipes = 0

    @initialize()
    def a_morning(self) -> None:
        self.council.begin_again()
        self.tick(timedelta(0))
        for lead, others in (("asha", ("ben",)), ("ben", ()), ("carl", ())):
            starts = NOW - timedelta(minutes=30)
            self.stories.append(a_visit(self.council.world, lead=lead, others=others, starts=starts).told())
        for ref in (*WORKERS, "asha"):
            self.a_new_phone(ref)

    def a_new_phone(self, ref: str) -> OfflinePhone:
        phone = OfflinePhone(road=BadRoad(InProcess(self.council.app)))
        phone.enrol(self.council.world.client(ref))
        self.phones.append(phone)
        self.owner[phone.device] = ref
        return phone

    def tick(self, by: timedelta) -> None:
        self.at += by
        self.council.world.now = self.at
        self.council.set_clock(self.at)

    # --- what people and phones do --------------------------------------------------------------------------------

    @rule(which=PHONE, story=STORY, facts=st.lists(st.sampled_from(FACTS), min_size=1, max_size=4), manner=MANNER)
    def a_visit_goes_on(self, which: int, story: int, facts: list[tuple[str, dict[str, Any]]], manner: str) -> None:
        for kind, body in facts:
            self.saves(which, story, kind, body)
        if manner != "no signal":
            self.sends(which, manner)

    @rule()
    def everybody_has_signal(self) -> None:
        for which in range(4):
            self.phones[which].heartbeat(self.at)
            self.sends(which, "well")

    def saves(self, which: int, story: int, kind: str, body: dict[str, Any]) -> None:
        phone = self.phones[which]
        photos = (random.Random(len(self.saved)).randbytes(60),) if kind == "photo.taken" else ()
        item = phone.keep(kind, self.stories[story].visit_id, body, at=self.at, photos=photos)
        self.saved[self.print_of(phone, item)] = item
        self.tick(timedelta(seconds=20))

    def sends(self, which: int, manner: str) -> None:
        phone = self.phones[which]
        phone.road.manner = manner  # type: ignore[union-attr]
        phone.sync(self.at)
        self.tick(timedelta(seconds=5))

    # --- what goes wrong --------------------------------------------------------------------------------------------

    @rule(trouble=st.sampled_from(TROUBLES), which=PHONE, other=PHONE, story=STORY, seed=st.integers(-80, 80))
    def something_goes_wrong(self, trouble: str, which: int, other: int, story: int, seed: int) -> None:
        match trouble:
            case "entries come in any order":
                self.entries_come_in_any_order(which, seed)
            case "an old request comes once more":
                road: Any = self.phones[which].road
                for request in road.copies:
                    road.app(*request)
            case "somebody copies an id":
                self.somebody_copies_an_id(which, other, story)
            case "other bytes come under a number that was used":
                self.other_bytes_come(which, story, same_id=seed > 0)
            case "a phone's clock is set":
                self.phones[which].slow_by = timedelta(hours=seed)
            case "a phone's storage is wiped" if self.wipes < 3:
                self.storage_is_wiped(which)

    def entries_come_in_any_order(self, which: int, seed: int) -> None:
        """One at a time, and the signal goes before they are all there."""
        phone = self.phones[which]
        shuffled = random.Random(seed).sample(phone.queued, len(phone.queued))
        phone.road.manner = "answer lost"  # type: ignore[union-attr]
        for item in shuffled[: 1 + abs(seed) % 5]:
            phone.post([item], self.at)

    def somebody_copies_an_id(self, victim: int, thief: int, story: int) -> None:
        his, hers = self.phones[thief], self.phones[victim]
        uuids = {item.uuid for item in his.items}
        true = next((item for item in hers.items if item.uuid not in uuids), None)
        if true:
            item = his.keep("visit.late", self.stories[story].visit_id, {"minutes": 99}, at=self.at, uuid=true.uuid)
            self.saved[self.print_of(his, item)] = item

    def other_bytes_come(self, which: int, story: int, *, same_id: bool) -> None:
        phone = self.phones[which]
        if not phone.items:
            return
        true, seq = phone.items[-1], phone.seq
        phone.seq = true.seq - 1
        uuid = true.uuid if same_id else None
        wire = phone.save("visit.late", self.stories[story].visit_id, {"minutes": 7}, self.at, uuid=uuid)
        phone.seq = seq
        forged = Item(wire["seq"], wire["uuid"], wire["grant"], wire["jwe"], wire["sig"], "", "visit.late")
        phone.road.manner = "answer lost"  # type: ignore[union-attr]
        phone.post([forged], self.at)

    def breaks(self, which: int) -> None:
        """And is never heard of again."""
        phone = self.phones.pop(which)
        self.wiped |= {self.print_of(phone, item) for item in phone.items}

    def storage_is_wiped(self, which: int) -> None:
        """All of it at once, as browsers do; the worker enrols again, as somebody new to the server."""
        old = self.phones[which]
        self.wiped |= {self.print_of(old, item) for item in old.items}
        old.items = []
        self.wipes += 1
        self.a_new_phone(self.owner[old.device])
        self.phones[which] = self.phones.pop()

    # --- what the office does -------------------------------------------------------------------------------------

    @rule(act=st.sampled_from(ACTS), story=STORY, to=st.sampled_from(WORKERS), which=PHONE)
    def the_office_acts(self, act: str, story: int, to: str, which: int) -> None:
        match act:
            case "cancels":
                cancelled = ev.VisitCancelled(by="tenant", reason="weather", apologised=True, offered_new_time=True)
                self.stories[story].desk(cancelled, at=self.at)
            case "sends somebody else":
                sent = ev.VisitReassigned(lead=self.council.world.ids[to], visitor="contractor")
                self.stories[story].desk(sent, at=self.at)
            case "withdraws a phone":
                with self.council.database.writing(None) as session:
                    if grant := session.get(Grant, self.phones[which].grant):
                        grant.revoked_at = grant.revoked_at or self.at
            case "goes home":
                self.tick(timedelta(hours=15))
            case _:
                self.a_person_decides(act)

    def a_person_decides(self, how: str) -> None:
        """About the held entry that waits longest."""
        world = self.council.world
        with self.council.database.writing(INTAKE) as session:
            waiting, _ = decisions.waiting(session, None)
            one = decisions.find(session, waiting[0].id) if waiting else None
            if one is None:
                return
            by = world.ids["olive"]
            if how == "takes in":
                key = self.council.app.extensions["fv_intake_key"]
                decisions.take_in(session, one, by=by, why="It counts.", at=self.at, key=key, policy=world.policy)
            else:
                decisions.set_aside(session, one, by=by, why="A trial.", at=self.at)
            if one.settled_at:
                self.decided.add(one.id)

    @precondition(lambda self: len(self.saved) > 2)
    @rule(what=st.sampled_from(("backup", "restore")))
    def something_happens_at_night(self, what: str) -> None:
        if what == "restore" and self.kept_backup and self.restores < 2:
            self.the_last_backup_is_put_back()
        elif self.backups < 2:
            self.a_backup_is_made()

    def a_backup_is_made(self) -> None:
        self.backups += 1
        self.kept_backup = self.council.home.parent / f"backup-{self.backups}"
        shutil.rmtree(self.kept_backup, ignore_errors=True)
        backup(self.council.config, self.council.database, self.kept_backup, self.at)

    def the_last_backup_is_put_back(self) -> None:
        assert self.kept_backup
        self.restores += 1
        new_home = self.council.home.parent / "new home"
        shutil.rmtree(new_home, ignore_errors=True)
        elsewhere = self.council.config.model_copy(update={"home": new_home, "database_url": ""})
        database = Database(elsewhere.url)
        restore(elsewhere, database, self.kept_backup, self.at)
        database.dispose()
        self.council.put_back(new_home / "fieldvisit.db")
        shutil.rmtree(self.council.home / "attachments", ignore_errors=True)
        if (new_home / "attachments").exists():
            shutil.move(new_home / "attachments", self.council.home / "attachments")
        held = self.rows(Held.id, Held.settled_at)
        self.ever_held = {one for one, _ in held}
        self.decided &= {one for one, settled in held if settled}
        self.tick(timedelta(minutes=1))

    # --- what must hold -------------------------------------------------------------------------------------------

    def print_of(self, phone: OfflinePhone, item: Item) -> Saved:
        """As it was saved: a phone that let go of the bytes still knows which entry it was."""
        if item.jwe:
            self.digests[phone.device, item.uuid] = digest_of(item.jwe)
        return phone.device, item.uuid, self.digests[phone.device, item.uuid]

    def rows(self, *what: Any) -> list[Any]:
        with self.council.database.reading(CHECKING) as session:
            return list(session.scalars(select(*what)) if len(what) == 1 else session.execute(select(*what)).all())

    def stored(self) -> set[Saved]:
        return {tuple(row) for of in (Entry, Held) for row in self.rows(of.device, of.uuid, of.envelope_sha256)}

    @invariant()
    def what_was_saved_is_stored_or_on_the_phone_or_was_wiped(self) -> None:
        on_phones = {self.print_of(phone, item) for phone in self.phones for item in phone.items if item.jwe}
        lost = self.saved.keys() - on_phones - self.wiped
        lost -= self.stored() if lost else set()
        assert not lost, f"lost: {[self.saved[one] for one in lost]}"

    @invariant()
    def nothing_takes_effect_twice(self) -> None:
        lines = [row for row in self.rows(Entry.device, Entry.uuid, Entry.kind) if row.device != "desk"]
        assert all(times == 1 for times in Counter((row.device, row.uuid) for row in lines).values())
        kinds = Counter(row.kind for row in lines)
        tasks = Counter(self.rows(Task.kind))
        assert (tasks["refusal"], tasks["withdrew"]) == (kinds["consent.refused"], kinds["visit.withdrew"])

    @invariant()
    def what_is_held_goes_by_a_persons_act_alone(self) -> None:
        rows = dict(tuple(row) for row in self.rows(Held.id, Held.settled_at))
        assert self.ever_held <= rows.keys()
        assert {one for one, settled in rows.items() if settled} == self.decided
        self.ever_held |= rows.keys()

    def teardown(self) -> None:
        """In the end there is signal: everything arrives, and what cannot is known to be missing."""
        if not self.stories:
            return
        for phone in self.phones:
            phone.road.manner = "well"  # type: ignore[union-attr]
            phone.heartbeat(self.at)
            phone.sync(self.at)
            phone.sync(self.at)
        unknown = self._signed_under_a_grant_that_the_restore_lost()
        assert all(phone.all_sent for phone in self.phones if phone not in unknown)
        kept = {self.print_of(phone, item) for phone in unknown for item in phone.items if item.jwe}
        assert self.saved.keys() <= self.stored() | self.wiped | kept
        self._photos_are_whole()
        self._what_was_wiped_is_reported()
        whole = problems(self.council.config, self.council.database, self.council.world.policy, london_date(self.at))
        assert [each for each in whole if "Is a worker running?" not in each] == []  # none runs here

    def _signed_under_a_grant_that_the_restore_lost(self) -> list[OfflinePhone]:
        """Enrolled after the backup that was put back: the office cannot check their signatures, and they keep all."""
        known = {grant.id for grant in self.rows(Grant)}
        return [phone for phone in self.phones if phone.grant not in known]

    def _photos_are_whole(self) -> None:
        unknown = self._signed_under_a_grant_that_the_restore_lost()
        whole = {row.blob for row in self.rows(Attachment) if row.completed_at}
        wanted = {
            blob.id for phone in self.phones if phone not in unknown for item in phone.items for blob in item.blobs
        }
        assert wanted <= whole

    def _what_was_wiped_is_reported(self) -> None:
        """As far as the server was ever told of it: a phone that had said 'two to go', or skipped a number."""
        self.tick(timedelta(hours=25))
        self.phones[0].heartbeat(self.at)
        told = {task.about_id for task in self.rows(Task) if task.kind == "phone_gap" and task.done_at is None}
        known = {row.device: row for row in self.rows(KnownPhone)}
        for device in {device for device, _, _ in self.wiped - self.stored()}:
            row = known.get(device)
            if row and row.missing + row.queued:
                assert row.id in told, f"{row.missing} missing and {row.queued} unsent of {device}: nobody was told"
