"""Typed parts of addresses: an id is what we make, and nothing else reaches a view."""

from flask import Flask
from werkzeug.routing import BaseConverter


class IdConverter(BaseConverter):
    regex = r"[0-9a-f]{32}"


class BadgeConverter(BaseConverter):
    """A badge's id as it was scanned: whatever somebody wrote there, the answer is one of five, never a 404."""

    regex = r"[A-Za-z0-9]{1,64}"


class CodeConverter(BadgeConverter):
    regex = r"[^/]{1,64}"


class WordConverter(BaseConverter):
    """A name of ours, such as a kind of message. The view answers 404 for one that is not."""

    regex = r"[a-z][a-z_]{1,39}"


def install(app: Flask) -> None:
    app.url_map.converters.update(id=IdConverter, badge=BadgeConverter, code=CodeConverter, word=WordConverter)
