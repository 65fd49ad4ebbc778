"""Named places at which a test can make this process fail: `FV_FAIL=before_commit:kill` (security.md section 4.3).

Nothing is looked up unless the variable was set when the process began, and `fieldvisit serve` says so aloud.
Actions: `kill` (SIGKILL of this process), `raise`, `enospc` (no space left), `sleep` (ten seconds). When: `name:action:n`
acts at the n-th time only, `n+` from then on, `n%` so many times in a hundred by chance; several joined by `|`.
"""

import errno
import os
import secrets
import signal
import threading
import time
from collections import Counter

_reached: Counter[str] = Counter()
_counting = threading.Lock()


class FailedOnPurposeError(RuntimeError):
    """A failpoint said so."""


def _wanted() -> dict[str, tuple[str, str]]:
    found = {}
    for one in filter(None, os.environ.get("FV_FAIL", "").split(",")):
        name, action, *when = one.split(":")
        found[name] = (action, when[0] if when else "")
    return found


WANTED = _wanted()


def reach(name: str) -> None:
    """Marks a place. Does nothing in a process whose FV_FAIL does not name it."""
    if name not in WANTED:
        return
    action, when = WANTED[name]
    with _counting:
        _reached[name] += 1
        turn = _reached[name]
    if not when or any(_is_now(one, turn) for one in when.split("|")):
        _act(name, action)


def _is_now(when: str, turn: int) -> bool:
    if when.endswith("%"):
        return secrets.randbelow(100) < int(when[:-1])
    return turn >= int(when[:-1]) if when.endswith("+") else turn == int(when)


def _act(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "sleep":
        time.sleep(10)
    elif action == "enospc":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    else:
        raise FailedOnPurposeError(name)
