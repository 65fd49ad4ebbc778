"""A server process of our own on this machine: started, killed without warning, started again on the same port."""

import contextlib
import functools
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import URL

ROOT = Path(__file__).absolute().parents[2]
PATIENCE_S = 30  # never a measure of anything: only so that a broken server ends a test


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@functools.cache
def _nursery() -> "subprocess.Popen[bytes]":
    """One for all servers of this process of the tests; it ends with it."""
    command = [sys.executable, "-m", "tests.faults.server_nursery"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class ServerProcess:
    """A process that is no child of ours: it is watched by a file that can be read when it has ended.

    cold: it has everything still to import, as where an operator starts one.
    """

    def __init__(self, port: int, told: dict[str, str], said: Path, *, cold: bool = False) -> None:
        nursery = _nursery()
        assert nursery.stdin and nursery.stdout
        wanted = {"port": port, "told": told, "said": str(said), "cold": cold}
        nursery.stdin.write(json.dumps(wanted).encode() + b"\n")
        nursery.stdin.flush()
        self.pid = int(nursery.stdout.readline())
        try:
            self._end: int | None = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._end = None

    def has_ended(self, within_s: float = 0) -> bool:
        if self._end is not None and select.select([self._end], [], [], within_s)[0]:
            os.close(self._end)
            self._end = None
        return self._end is None

    def kill(self) -> None:
        if not self.has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            assert self.has_ended(PATIENCE_S)


class RealServer:
    def __init__(self, home: Path, url: URL, ahead: timedelta) -> None:
        self.home, self.url, self.ahead = home, url, ahead
        self.port = free_port()
        self.process: ServerProcess | None = None
        self.said = home / "server.log"

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, fail: str = "", *, workers: int = 1, max_pages: int | None = None) -> "RealServer":
        """Starts and waits until it answers. fail: FV_FAIL of that process and of every worker that it forks."""
        self.begin(fail, workers=workers, max_pages=max_pages)
        self.wait()
        return self

    def begin(self, fail: str = "", *, workers: int = 1, max_pages: int | None = None, cold: bool = False) -> None:
        assert self.process is None, "it runs already"
        told = os.environ | {
            "FIELDVISIT_HOME": str(self.home), "DATABASE_URL": self.url.render_as_string(hide_password=False),
            "FIELDVISIT_POLICY": "melton", "FV_FAIL": fail, "FV_TEST_WORKERS": str(workers),
            "FV_TEST_AHEAD_S": str(self.ahead.total_seconds()), "FV_TEST_MAX_PAGES": str(max_pages or ""),
        }  # fmt: skip
        self.process = ServerProcess(self.port, told, self.said, cold=cold)

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while not self.answers():
            assert self.process and not self.process.has_ended(), f"it stopped: {self.log()}"
            assert time.monotonic() < until, f"it never answered: {self.log()}"
            time.sleep(0.02)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection(*self.place, timeout=5)
            with contextlib.closing(asked):
                asked.request("GET", "/healthz")
                return asked.getresponse().status == 200
        return False

    def kill(self) -> None:
        """kill -9 of the whole server: what a power cut is to it."""
        if self.process is None:
            return
        self.process.kill()
        self.process = None

    def restart(self, fail: str = "", **how: int | None) -> None:
        self.kill()
        self.start(fail, **how)  # type: ignore[arg-type]

    def log(self) -> str:
        return self.said.read_text(errors="replace")[-4000:]

    @contextlib.contextmanager
    def running(self, fail: str = "", **how: int | None) -> Iterator["RealServer"]:
        try:
            yield self.start(fail, **how)  # type: ignore[arg-type]
        finally:
            self.kill()
