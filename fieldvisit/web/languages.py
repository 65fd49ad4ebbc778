"""Pages in the tenant's language: Flask-Babel with our catalogues, which way the text runs, and the draft note.

A template says `_("...")` in English and `page_language()` for what stands in <html lang dir>. The language is what the
address asks for (`?lang=ur`, from a link that anybody may press), else what the route knows of the household
(`use(household.language)`), else English. No cookie remembers it.
"""

from collections.abc import Callable

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, refresh

from fieldvisit.ground.languages import DRAFT, ENGLISH, LANGUAGES, Direction, Language, direction, draft_note, offered

ARGUMENT = "lang"


def install(app: Flask, otherwise: Callable[[], str | None] | None = None) -> None:
    """otherwise: the language where neither the address nor the route says one."""

    def choose() -> str:
        return chosen() or offered(otherwise() if otherwise else None)

    Babel(app, default_locale=ENGLISH, default_timezone="Europe/London", locale_selector=choose)
    app.extensions["fv_language"] = choose
    app.jinja_env.globals.update(
        page_language=lambda: LANGUAGES[choose()], languages=tuple(LANGUAGES.values()), draft_note=draft_note
    )


def chosen() -> str | None:
    """The code of the language that was asked for or that the route named; None: nobody said."""
    if not has_request_context():
        return None
    asked = request.args.get(ARGUMENT, "")
    if asked in LANGUAGES:
        return asked
    named: str | None = g.get("language")
    return named


def use(code: str | None) -> None:
    """The household's own language, for the rest of this request, unless the address asks for another."""
    g.language = offered(code)
    refresh()


__all__ = [
    "ARGUMENT", "DRAFT", "LANGUAGES", "Direction", "Language", "chosen", "direction", "draft_note", "install", "offered",
    "use",
]  # fmt: skip
