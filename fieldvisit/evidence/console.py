"""`fieldvisit keys ...`, and what a start says of the key under which photos and signatures lie."""

import argparse
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from fieldvisit.config import Config, load_config
from fieldvisit.db import Database
from fieldvisit.evidence import kek, keys


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="what")
    for name, run, help in (
        (
            "rotate",
            _rotate,
            "a new key; every home’s own key is wrapped anew under it; the old one stays until it is retired",
        ),
        ("retire", _retire, "forget the keys that open nothing any more"),
    ):
        commands.add_parser(name, help=help, description=help).set_defaults(run=run)


def _rotate(_told: argparse.Namespace) -> None:
    config = load_config()
    database = Database(config.url)
    try:
        done = keys.rotate(database, config.evidence_kek)
    finally:
        database.dispose()
    print(f"{done.wrapped} homes’ keys lie under the new key.")
    print_where(config.evidence_kek)
    print("Keep the copy that you had as long as you keep backups of before today, then run: fieldvisit keys retire")


def _retire(_told: argparse.Namespace) -> None:
    config = load_config()
    database = Database(config.url)
    try:
        gone = keys.retire(database, config.evidence_kek)
    finally:
        database.dispose()
    print(f"Forgotten: {', '.join(gone)}." if gone else "There is no older key. Nothing was changed.")
    if gone:
        print_where(config.evidence_kek)


def print_where(path: Path) -> None:
    mark = kek.read(path).current
    print(f"{path} opens the photos and signatures. No backup holds it: keep a copy of your own, apart from backups.")
    print(f"The mark of the key in force is {mark}.")


def insist(config: Config) -> None:
    """For a process that makes or shows pictures. The database is up to date. Raises ConfigError."""
    database = Database(config.url)
    try:
        if keys.make_first(database, config.evidence_kek):
            print_where(config.evidence_kek)
        keys.refuse_to_start(database, config.evidence_kek)
    except SQLAlchemyError:
        pass  # the database is away: whoever starts waits for it, and each picture asks for the key again
    finally:
        database.dispose()
