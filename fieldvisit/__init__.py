"""FieldVisit: home visits that keep the council's code of conduct."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from fieldvisit import faces as all_faces
from fieldvisit import journal  # noqa: F401 - from its import on, no log says a word about anybody
from fieldvisit.breaches import own_procedures
from fieldvisit.codes.own import OwnCodesError
from fieldvisit.config import FACES, Config, ConfigError, Face, load_config
from fieldvisit.db import Database
from fieldvisit.ground.policy import load_policy
from fieldvisit.outbox.envelope import IntakeKey
from fieldvisit.register import sign_in_routes
from fieldvisit.safeguarding.public_keys import read_public_keys
from fieldvisit.web import access, converters, errors, headers, languages, render

LARGEST_FORM = 64 * 1024  # bytes; POST /events has its own limit


class _Ours(Flask):
    def log_exception(self, exc_info: Any) -> None:
        """Said in `web/errors.py`, without the address and the error's own words: the one is a link's token, the others rows."""


def create_app(
    config: Config | None = None, faces: Sequence[Face] = FACES, *, database: Database | None = None
) -> Flask:
    """Reads config and policy, opens the database, registers the faces asked for. Refuses to start with a route that
    nobody made a rule for. database: one that is open already, in place of the one that the config names."""
    config = config or load_config()
    config.check_host()
    policy = load_policy(config.policy_name)
    try:
        own_procedures.use(config.codes_dir)
    except OwnCodesError as error:
        raise ConfigError(str(error)) from None
    app = _Ours(__name__, static_folder=str(render.STATIC), template_folder=None)
    _configure(app, config)
    app.session_interface = access.Sessions()
    converters.install(app)
    login = LoginManager(app)
    sign_in_routes.install(login)
    csrf = CSRFProtect(app)
    access.install(app, database or Database(config.url), policy, sign_in_routes.who_asks, sign_in_routes.who_was_here)
    render.install(app, policy, pilot=config.pilot)
    languages.install(app)
    headers.install(app, https=config.https)
    errors.install(app)
    app.extensions["fv_context"] = all_faces.context
    app.extensions["fv_config"] = config
    app.jinja_env.globals["vault_keys"] = read_public_keys(config.vault_public_key)
    if set(faces) != {"vault"}:  # nothing of a phone is opened there
        app.extensions["fv_intake_key"] = IntakeKey.from_file(config.keys / "intake.jwk")
    all_faces.register(app, faces, csrf)
    access.access("site", "open")(app.view_functions["static"])
    access.refuse_to_start_without_rules(app)
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies)  # type: ignore[method-assign]
    return app


def _hosts(config: Config) -> list[str]:
    """Ours, and the one that the QR names, which may be another."""
    own = ["localhost", "127.0.0.1"] if config.is_local else [config.host]
    return [*own, *filter(None, [config.verify_host.rsplit(":", 1)[0]])]


def _configure(app: Flask, config: Config) -> None:
    plain = not config.https and not config.is_local
    if plain and not config.dev:
        raise SystemExit("Serve over https (FIELDVISIT_HTTPS=1), or set FIELDVISIT_DEV=1 on a machine of your own.")
    settings: dict[str, Any] = {
        "SECRET_KEY": config.secret_key(),
        "SESSION_COOKIE_NAME": "fv" if plain else "__Host-fv",
        "KNOWN_DEVICE_COOKIE": "fv-device" if plain else "__Host-fv-device",
        "SESSION_COOKIE_SECURE": not plain,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": LARGEST_FORM,
        "MAX_FORM_MEMORY_SIZE": LARGEST_FORM,
        "MAX_FORM_PARTS": 200,
        "TRUSTED_HOSTS": _hosts(config),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_HEADERS": ["X-CSRFToken"],
        "WTF_CSRF_SSL_STRICT": False,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
    }
    app.config.update(settings)
