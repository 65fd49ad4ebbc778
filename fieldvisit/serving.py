"""Serving: gunicorn with threads, migrations first, no control socket (ruling R24)."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from fieldvisit import create_app, schema
from fieldvisit.config import Config, Face
from fieldvisit.db import Database
from fieldvisit.evidence.console import insist

WORKERS = 2
THREADS = 8


class _Server(BaseApplication):
    def __init__(self, app: Flask, config: Config, port: int) -> None:
        self._app, self._config, self._port = app, config, port
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": [f"127.0.0.1:{self._port}"] if self._config.is_local else [f"{self._config.host}:{self._port}"],
            "worker_class": "gthread",
            "workers": WORKERS,
            "threads": THREADS,
            "timeout": 30,
            "graceful_timeout": 10,
            "keepalive": 5,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        assert self.cfg is not None
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # Made before the fork and not yet connected: each worker opens database connections of its own.
        return self._app


def serve(config: Config, faces: Sequence[Face], port: int, *, with_worker: bool = False) -> None:
    """Brings the database up to date under a lock, then serves until it is stopped.

    with_worker: one worker process beside it, which ends with it: for a machine of one's own. Elsewhere it is a
    service of its own.
    """
    database = Database(config.url)
    schema.upgrade(database)
    database.dispose()
    if "office" in faces:
        insist(config)
    app = create_app(config, faces)  # a wrong setting stops the start, here and in words
    print(f"FieldVisit: http://localhost:{port}", flush=True)
    with _worker(port) if with_worker else nullcontext():
        _Server(app, config, port).run()  # type: ignore[no-untyped-call]


@contextmanager
def _worker(port: int) -> Iterator[None]:
    command = [sys.executable, "-c", "import sys; from fieldvisit.cli import main; sys.exit(main(['worker']))"]
    beside = {"PORT": str(port), "FIELDVISIT_BESIDE": str(os.getpid())}
    process = subprocess.Popen(command, env=os.environ | beside)  # noqa: S603 - our own command
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
