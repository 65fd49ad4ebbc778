"""`fieldvisit vault ...`: how its commands are written. What they do is in `console.py`, read only when one is given."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

RANKS = ("lead", "deputy", "director", "outside", "investigator")


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="what")

    def command(name: str, help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=help)
        made.set_defaults(run=_of(name))
        return made

    made = command("init", "make the vault: its keys, its database")
    made.add_argument("--demo", action="store_true", help="one to try out, with invented periods and contact outside")
    made.add_argument("--public", action="store_true", help="write keys/vault.pub.json again, from the private keys")
    made.add_argument("--if-missing", action="store_true", help="do nothing where there is a vault")
    made = command("reader", "enrol somebody who may read, or end that")
    made.add_argument("email")
    made.add_argument("--rank", choices=RANKS)
    made.add_argument("--end", action="store_true", help="their codes open nothing any more")
    made = command("code", "the six numbers of a reader of a vault to try out")
    made.add_argument("email")
    made = command("watch", "call those who must see what waits; runs until it is stopped")
    made.add_argument("--once", action="store_true")
    made = command("serve", "serve the vault's face alone")
    made.add_argument("--port", type=int)
    made = command("backup", "a verified copy of the vault, and its keys in a file beside it")
    made.add_argument("folder", type=Path, metavar="DIR")
    made = command("restore", "bring a backup back where no vault is")
    made.add_argument("folder", type=Path, metavar="DIR")
    made.add_argument("--keys", type=Path, metavar="FILE", help="otherwise DIR.keys.json")


def _of(name: str) -> Callable[[argparse.Namespace], int | None]:
    def run(told: argparse.Namespace) -> int | None:
        done: int | None = getattr(import_module("fieldvisit.vault.console"), name)(told)
        return done

    return run
