"""A server process of our own on this machine: started, killed without warning, started again on the same port."""

import contextlib
import http.client
import os
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


class RealServer:
    def __init__(self, home: Path, url: URL, ahead: timedelta) -> None:
        self.home, self.url, self.ahead = home, url, ahead
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
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

    def begin(self, fail: str = "", *, workers: int = 1, max_pages: int | None = None) -> None:
        assert self.process is None, "it runs already"
        told = os.environ | {
            "FIELDVISIT_HOME": str(self.home), "DATABASE_URL": self.url.render_as_string(hide_password=False),
            "FIELDVISIT_POLICY": "melton", "FV_FAIL": fail, "FV_TEST_WORKERS": str(workers),
            "FV_TEST_AHEAD_S": str(self.ahead.total_seconds()), "FV_TEST_MAX_PAGES": str(max_pages or ""),
        }  # fmt: skip
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.launch", str(self.port)], cwd=ROOT, env=told,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while not self.answers():
            assert self.process and self.process.poll() is None, f"it stopped: {self.log()}"
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
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
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
