"""The commands: each parses, calls a service, prints. Exit 0 done, 1 refused with the reason on stderr, 2 wrong usage."""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from fieldvisit.ground.clock import london_date, now
from fieldvisit.ground.policy import Policy, PolicyError, load_policy


class StopError(Exception):
    """A command that cannot go on; the message says why and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    from fieldvisit.codes.own import OwnCodesError
    from fieldvisit.config import ConfigError

    told = _parser().parse_args(argv)
    try:
        return int(told.run(told) or 0)
    except (StopError, ConfigError, PolicyError, OwnCodesError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("fieldvisit", description="Home visits that keep the council's code of conduct.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=help)
        made.set_defaults(run=run)
        return made

    made = command("init", _init, "make keys and the database of a new home")
    made.add_argument("--council", default="melton", help="melton, milton-keynes, alliance, or FILE.toml")
    made = command("demo", _demo, "load a made-up council into an empty database")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--today", type=date.fromisoformat)
    made.add_argument("--visits", type=int, default=0, help="so many finished visits more, for trials of speed")
    made.add_argument("--if-empty", action="store_true", help="add only what is missing: what `make run` does")
    made = command("serve", _serve, "serve the faces, all by default")
    made.add_argument("--face", action="append", choices=("verify", "field", "office", "vault"), default=[])
    made.add_argument("--port", type=int)
    made.add_argument("--with-worker", action="store_true", help="and one worker beside it, for a machine of one's own")
    made = command("worker", _worker, "send what is due, run clocks, clear away; safe to run several")
    made.add_argument("--once", action="store_true", help="stop when nothing is due")
    made = command("import", _import, "read homes, people, jobs or HACT messages from a file")
    made.add_argument("kind", choices=("homes", "people", "jobs", "hact"))
    made.add_argument("file", type=Path)
    made.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    made = command("password", _password, "set the password of a person who was imported")
    made.add_argument("email")
    made = command("rules", _rules, "ask the rules: JSON Lines in, one answer a line")
    made.add_argument("which", choices=("notice", "deadline"))
    made.add_argument("--council", default="melton")
    made = command("clauses", _clauses, "how every clause of the five codes is met")
    made.add_argument("--json", action="store_true")
    made = command("routes", _routes, "every address, and who may use it")
    made.add_argument("--json", action="store_true")
    command("migrate", _migrate, "bring the database up to this release")
    command("check", _check, "is what this home holds whole?")
    made = command("backup", _backup, "a verified copy of this home, its keys with it, in a new folder")
    made.add_argument("folder", type=Path, metavar="DIR")
    made = command("restore", _restore, "bring a backup back into an empty home")
    made.add_argument("folder", type=Path, metavar="DIR")
    from fieldvisit.vault import cli as vault

    vault.add_commands(commands.add_parser("vault", help="the safeguarding vault: make it, enrol readers, watch, copy"))
    from fieldvisit.evidence import console as keys

    keys.add_commands(commands.add_parser("keys", help="change the key under which homes’ photos and signatures lie"))
    made = command("purge", _purge, "delete photos and signatures whose day has come; the worker does so every day")
    made.add_argument("--dry-run", action="store_true", help="print how many, and when, and delete nothing")
    made = command("verify-envelope", _verify_envelope, "check and explain one sealed, signed entry of a phone")
    made.add_argument("file", type=Path, help="JSON: grant, uuid, seq, jwe, sig")
    return parser


def _init(told: argparse.Namespace) -> None:
    from fieldvisit import schema
    from fieldvisit.config import load_config, make_keys
    from fieldvisit.db import Database
    from fieldvisit.evidence import console as keys

    load_policy(told.council)
    config = load_config()
    if (config.keys / "session.key").exists():
        raise StopError(f"{config.home} is set up already. Nothing was changed.")
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_keys(config)
    chosen = told.council if not told.council.endswith(".toml") else str(Path(told.council).resolve())
    (config.home / "council").write_text(chosen + "\n")
    schema.upgrade(Database(config.url))
    print(f"{config.home} is ready. Council: {told.council}.")
    keys.print_where(config.evidence_kek)


def _demo(told: argparse.Namespace) -> None:
    from fieldvisit import schema
    from fieldvisit.config import load_config
    from fieldvisit.db import Database
    from fieldvisit.demo import load

    config = load_config()
    config.secret_key()
    database, policy, at = Database(config.url), load_policy(config.policy_name), now()
    schema.upgrade(database)
    _catch_up(database, policy)
    facts = {"seed": told.seed, "today": told.today or london_date(at), "at": at}
    empty = load.is_empty(database)
    if not empty and not told.if_empty:
        raise StopError("The database is not empty. The demo goes into an empty one only.")
    if empty:
        load.load(database, config, policy, visits=told.visits, progress=_progress("visits"), **facts)
    else:
        load.add_todays_round(database, config, policy, **facts)
    _print_sign_ins(load.sign_ins(database, config))
    _demo_vault(config, database)


def _demo_vault(config: Any, database: Any) -> None:
    """Leads who can be tried out at once: for a vault that was made for that, and for no other."""
    from fieldvisit.vault.demo import enrolled

    for name, rank, email in enrolled(config, database, now()):
        print(f"  {f'Safe ({rank})':34} {name:22} its six numbers: fieldvisit vault code {email}")


def _print_sign_ins(lines: Iterable[tuple[str, str, str]]) -> None:
    for role, name, email in lines:
        print(f"  {role:34} {name:22} {email}")


def _serve(told: argparse.Namespace) -> None:
    from fieldvisit.config import FACES, load_config
    from fieldvisit.failpoints import WANTED
    from fieldvisit.serving import serve
    from fieldvisit.vault.check import at_start

    config = load_config()
    if WANTED:
        print(f"FV_FAIL is set: this process fails on purpose at {', '.join(sorted(WANTED))}.", file=sys.stderr)
    here = tuple(face for face in FACES if face != "vault" or not config.vault_is_elsewhere)
    for trouble in at_start(config) if not told.face else ():
        print(trouble, file=sys.stderr)
    serve(config, tuple(told.face) or here, told.port or config.port, with_worker=told.with_worker)


def _worker(told: argparse.Namespace) -> None:
    import signal
    import threading

    from fieldvisit import worker
    from fieldvisit.breaches import own_procedures
    from fieldvisit.config import load_config
    from fieldvisit.evidence.console import insist
    from fieldvisit.vault import opening as vault

    config = load_config()
    config.secret_key()
    insist(config)
    own_procedures.use(config.codes_dir)
    policy, stop = load_policy(config.policy_name), threading.Event()
    vault.insist(
        config, policy
    )  # a vault that could not be watched stops the start; one that breaks later not the post
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    with _database(config.url) as database:
        done = worker.run(database, config, policy, once=told.once, stop=stop)
    if told.once:
        print(f"{done} piece{'' if done == 1 else 's'} of work done.")


def _import(told: argparse.Namespace) -> int:
    from fieldvisit.config import load_config
    from fieldvisit.db import Database
    from fieldvisit.desk import imports

    config = load_config()
    policy, database = load_policy(config.policy_name), Database(config.url)
    report = imports.run(told.kind, told.file, database, policy, now(), dry_run=told.dry_run)
    return imports.print_report(report, out=sys.stdout, err=sys.stderr)


def _password(told: argparse.Namespace) -> None:
    from sqlalchemy import select

    from fieldvisit.config import load_config
    from fieldvisit.db import Database
    from fieldvisit.register.models import Person
    from fieldvisit.register.service import hash_password

    password = sys.stdin.readline().rstrip("\n") if not sys.stdin.isatty() else ""
    shown = not password
    password = password or "-".join(secrets.token_hex(2) for _ in range(5))
    with Database(load_config().url).writing(None) as session:
        person = session.scalars(select(Person).where(Person.email == told.email.strip().lower())).first()
        if person is None:
            raise StopError(f"Nobody here has the e-mail address {told.email}.")
        try:
            person.password_hash = hash_password(password)
        except ValueError as error:
            raise StopError(str(error)) from None
    print(f"The new password is {password}" if shown else "The password is set.")


def _rules(told: argparse.Namespace) -> None:
    from fieldvisit.ground import deadlines_jsonl
    from fieldvisit.notices import jsonl

    policy: Policy = load_policy(told.council)
    answers = jsonl.answers if told.which == "notice" else deadlines_jsonl.answers
    for line in answers(sys.stdin.buffer, policy):
        print(line)


def _clauses(told: argparse.Namespace) -> None:
    from fieldvisit.codes import catalogue

    rows = catalogue.as_rows()
    print(json.dumps(rows, indent=1, ensure_ascii=False) if told.json else catalogue.as_table(rows))


def _routes(told: argparse.Namespace) -> None:
    from fieldvisit import create_app
    from fieldvisit.faces import route_rows

    rows = route_rows(create_app())
    if told.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(
            f"{' '.join(row['methods']):10} {row['url']:46} {row['face']:7} {row['right']:24} {', '.join(row['who'])}"
        )


def _migrate(_told: argparse.Namespace) -> None:
    from fieldvisit import schema
    from fieldvisit.config import load_config
    from fieldvisit.db import Database

    config = load_config()
    database = Database(config.url)
    schema.upgrade(database)
    _catch_up(database, load_policy(config.policy_name))
    print("The database is up to date.")


def _catch_up(database: Any, policy: Policy) -> None:
    from fieldvisit.catching_up import catch_up

    for sentence in catch_up(database, policy, now()):
        print(sentence)


def _check(_told: argparse.Namespace) -> int:
    from fieldvisit.breaches import own_procedures
    from fieldvisit.config import ConfigError, load_config
    from fieldvisit.db import Database
    from fieldvisit.desk.check import problems
    from fieldvisit.evidence.console import print_where
    from fieldvisit.vault.check import problems as vault_problems

    config = load_config()
    found = 0
    policy = load_policy(config.policy_name)
    wrong = own_procedures.problems(config.codes_dir)
    whole = problems(config, Database(config.url), policy, london_date(now()))
    for problem in (*wrong, *whole, *vault_problems(config, policy, now())):
        print(problem, file=sys.stderr)
        found += 1
    if unconfirmed := policy.unconfirmed():
        print(
            f"{len(unconfirmed)} settings still wait for the council's word, among them {', '.join(unconfirmed[:3])}."
        )
    print("".join(f"{sentence}\n" for sentence in own_procedures.say() if not wrong), end="")
    with suppress(ConfigError):  # what is wrong with the file is among what was found
        print_where(config.evidence_kek)
    print("Everything is whole." if not found else f"{found} thing{'s' if found > 1 else ''} to look at.")
    return 1 if found else 0


@contextmanager
def _database(url: str) -> Iterator[Any]:
    from fieldvisit.db import Database

    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


def _backup(told: argparse.Namespace) -> int:
    from fieldvisit.backup import BackupError, backup
    from fieldvisit.config import load_config

    config = load_config()
    config.secret_key()
    try:
        with _database(config.url) as database:
            made = backup(config, database, told.folder, now())
    except BackupError as error:
        raise StopError(f"No backup was made. {error}") from None
    print(f"{made.folder} holds {made.entries:,} entries and {made.photos:,} photos, read back and checked.")
    print("The keys of this home are in it: keep it where nobody else can read it.")
    print(f"The key of its photos and signatures is not: keep your own copy of {config.evidence_kek}, apart from this.")
    if made.missing:
        print(
            f"{len(made.missing)} photos that should be whole are not: {', '.join(made.missing[:3])}", file=sys.stderr
        )
    if made.durable_up_to is None:
        print("Phones keep what they sent for now, as long as they can.")
    return 1 if made.missing else 0


def _restore(told: argparse.Namespace) -> None:
    from fieldvisit.backup import BackupError, restore
    from fieldvisit.config import load_config

    config = load_config()
    try:
        with _database(config.url) as database:
            restore(config, database, told.folder, now())
    except BackupError as error:
        raise StopError(f"Nothing was restored. {error}") from None
    print(f"{config.home} is as it was in the backup. Phones will offer again what it lacks. Run: fieldvisit check")
    print(f"Put the council’s own copy of {config.evidence_kek} back first: no backup holds it.")


def _purge(told: argparse.Namespace) -> int:
    from fieldvisit.outbox.console import purge

    return purge(told)


def _verify_envelope(told: argparse.Namespace) -> int:
    from fieldvisit.config import load_config
    from fieldvisit.ground.roles import CHECKING
    from fieldvisit.outbox.envelope import IntakeKey
    from fieldvisit.outbox.explain import NoEnvelope, explain, read_envelope

    config = load_config()
    config.secret_key()
    try:
        envelope = read_envelope(told.file.read_bytes())
    except (OSError, NoEnvelope) as error:
        raise StopError(f"{told.file}: {error}") from None
    key = IntakeKey.from_file(config.keys / "intake.jwk")
    with _database(config.url) as database, database.reading(CHECKING) as session:
        lines, faults = explain(session, envelope, key)
    for line in lines:
        print(line)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _progress(what: str) -> Callable[[int, int | None], None] | None:
    """A line that counts, on a terminal; nothing in a file."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, of: int | None = None) -> None:
        share = f" of {of:,}" if of else ""
        end = "\n" if of and done >= of else ""
        print(f"\r{done:,}{share} {what}", end=end, file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
