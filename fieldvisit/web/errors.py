"""Errors as pages that a person can act on. Never a traceback; 404 is what anybody sees of what they may not see."""

import structlog
from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from fieldvisit.ground.verdict import RefusedError
from fieldvisit.web import access
from fieldvisit.web.render import page

log = structlog.get_logger()


def install(app: Flask) -> None:
    @app.errorhandler(RefusedError)
    def refused(error: RefusedError) -> tuple[str, int]:
        return page("errors/refused.html", verdict=error.verdict), 409

    @app.errorhandler(CSRFError)
    def stale_form(_error: CSRFError) -> tuple[str, int]:
        if kept := access.stale_form():
            return kept, 409
        return page("errors/bad_request.html", stale=True), 400

    @app.errorhandler(404)
    @app.errorhandler(405)
    def not_found(_error: HTTPException) -> tuple[str, int]:
        return page("errors/not_found.html"), 404

    @app.errorhandler(400)
    @app.errorhandler(413)
    @app.errorhandler(415)
    def bad_request(error: HTTPException) -> tuple[str, int]:
        return page("errors/bad_request.html", stale=False), error.code or 400

    @app.errorhandler(429)
    def too_many(error: HTTPException) -> tuple[str, int]:
        return page("errors/too_many.html"), 429

    @app.errorhandler(OperationalError)
    def no_database(error: OperationalError) -> Response:
        log.error("database", endpoint=request.endpoint, error=type(error.orig).__name__)
        response = Response(page("errors/broken.html"), 503)
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(500)
    def broken(error: HTTPException) -> tuple[str, int]:
        original = getattr(error, "original_exception", None)
        log.error("broken", endpoint=request.endpoint, exc_info=original or error)
        return page("errors/broken.html"), 500
