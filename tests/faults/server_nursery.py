"""Server processes by the dozen: what they have in common is imported once, and each is forked from it.

Run as `python -m tests.faults.server_nursery`. A line of JSON in: `{"port": ..., "told": its environment, "said": the file
of its log, "cold": does it begin with nothing?}`; a line out: its process id. It leads a group of its own and ends when
the nursery does, which ends with the test run. Nothing of a test's council, its database or its keys is ever in the
nursery.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import tempfile
import traceback

from tests.faults import launch

PR_SET_PDEATHSIG = 1


def main() -> int:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _imports_what_all_need()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: they are gone when they end
    gc.freeze()
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            _be_a_server(**told)
        print(child, flush=True)
    return 0


def _imports_what_all_need() -> None:
    """And makes one app in a home that is thrown away: much is only read when it is first asked for."""
    from fieldvisit import cli, create_app, serving  # noqa: F401
    from fieldvisit.config import Config, make_keys
    from fieldvisit.db import Database
    from fieldvisit.schema import upgrade

    with tempfile.TemporaryDirectory(prefix="fv-nursery-") as home:
        config = Config(home=home, policy="melton", database_url=f"sqlite:///{home}/empty.db")
        make_keys(config)
        database = Database(config.url)
        upgrade(database)
        create_app(config, database=database).test_client().get("/healthz", headers={"Host": "localhost"})
        database.dispose()


def _be_a_server(port: int, told: dict[str, str], said: str, *, cold: bool) -> None:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for taken, number in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(taken, number)
        if cold:
            os.execve(sys.executable, [sys.executable, "-m", "tests.faults.launch", str(port)], told)
        os.environ.clear()
        os.environ.update(told)
        code = launch.main(str(port))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
