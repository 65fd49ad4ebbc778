"""`fieldvisit serve`, as an operator starts it, in a world that a test chose: its clock, its workers, its disk.

Run by `server_nursery.py`, or as `python -m tests.faults.launch PORT`. FV_TEST_AHEAD_S: how far this server's clock is
ahead of the machine's. FV_TEST_WORKERS: how many workers. FV_TEST_MAX_PAGES: how many pages SQLite may have before its
disk is full.
"""

import ctypes
import os
import signal
import sys
from datetime import datetime, timedelta

from sqlalchemy import Engine, event

from fieldvisit.ground import clock


def _move_the_clock() -> None:
    """Time is read by one function: whoever has taken it by name gets this one instead."""
    ahead, machine = timedelta(seconds=float(os.environ.get("FV_TEST_AHEAD_S", "0"))), clock.now

    def here() -> datetime:
        return machine() + ahead

    for module in [module for name, module in sys.modules.items() if name.startswith("fieldvisit")]:
        if getattr(module, "now", None) is machine:
            module.now = here  # type: ignore[attr-defined]


def _small_disk(pages: str) -> None:
    @event.listens_for(Engine, "connect")
    def connect(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {int(pages)}")


def _die_with_the_test() -> None:
    """A test run that is itself killed leaves no server behind (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main(port: str) -> int:
    from fieldvisit import cli, failpoints, serving

    _die_with_the_test()
    _move_the_clock()
    failpoints.WANTED.update(failpoints._wanted())  # as at the beginning of a process: the environment is another now
    serving.WORKERS = int(os.environ.get("FV_TEST_WORKERS", "1"))
    if pages := os.environ.get("FV_TEST_MAX_PAGES"):
        _small_disk(pages)
    return cli.main(["serve", "--port", port])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
