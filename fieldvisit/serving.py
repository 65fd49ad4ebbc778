"""Serving: gunicorn with threads, migrations first, no control socket (ruling R24)."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from fieldvisit import create_app, schema
from fieldvisit.config import Config, Face
from fieldvisit.db import Database

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


def serve(config: Config, faces: Sequence[Face], port: int) -> None:
    """Brings the database up to date under a lock, then serves until it is stopped."""
    database = Database(config.url)
    schema.upgrade(database)
    database.dispose()
    app = create_app(config, faces)  # a wrong setting stops the start, here and in words
    print(f"FieldVisit: http://localhost:{port}", flush=True)
    _Server(app, config, port).run()  # type: ignore[no-untyped-call]
