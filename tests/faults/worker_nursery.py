"""Worker processes by the dozen: imported once, forked for each, and killed as the test says.

Run as `python -m tests.faults.worker_nursery`. A line of JSON in: `{"ahead_s": seconds that its clock is ahead, "fail":
{place: [action, when]}}`; a line out: how that worker ended (0: nothing was due any more; -9: it was killed).
"""

import ctypes
import json
import os
import signal
import sys
from datetime import timedelta


def main() -> int:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # a test run that is itself killed leaves none behind
    import notifications_python_client  # noqa: F401 - what each would import anew

    from fieldvisit import worker
    from fieldvisit.config import load_config
    from fieldvisit.db import Database
    from fieldvisit.ground.policy import load_policy

    config = load_config()
    policy, database = load_policy(config.policy_name), Database(config.url)
    assert config.sending
    worker.run(database, config, policy, once=True)  # its statements are compiled once; no connection outlives it
    database.dispose()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be_a_worker(json.loads(line), database, config, policy)
        _, ended = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)
    return 0


def _be_a_worker(told, database, config, policy):
    from fieldvisit import failpoints, worker
    from fieldvisit.ground import clock

    ahead, machine = timedelta(seconds=told["ahead_s"]), clock.now
    for module in [module for name, module in sys.modules.items() if name.startswith("fieldvisit")]:
        if getattr(module, "now", None) is machine:
            module.now = lambda: machine() + ahead
    failpoints.WANTED.clear()
    failpoints.WANTED.update({place: tuple(how) for place, how in told["fail"].items()})
    code = 1
    try:
        worker.run(database, config, policy, once=True)
        database.dispose()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
