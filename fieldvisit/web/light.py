"""Small answers for phones with one bar of signal: packed with gzip where a view is marked `@light`.

Only what holds nothing that somebody else could have put there is marked. A page that carries a token beside words taken
from the address or from a form is never packed: its length would tell the token, guess by guess (BREACH).
"""

import gzip
import re
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app, request

from fieldvisit.web.render import STATIC

TEXT = frozenset({".css", ".js", ".svg"})
LEAST = 600  # bytes; packing less than this saves no packet
_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n|^[ \t]*//[^\n]*\n|^[ \t]*\n", re.DOTALL | re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def light(view: Any) -> Any:
    view.light = True
    return view


def without_comments(script: str) -> str:
    """A script of ours as phones get it. Comments that stand on lines of their own go, and so does the indentation."""
    return _INDENT.sub("", _COMMENT.sub("", script))


def pack(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


@lru_cache(maxsize=64)
def packed_file(name: str) -> bytes:
    return pack((STATIC / name).read_bytes())


def install(app: Flask) -> None:
    @app.after_request
    def lighten(response: Response) -> Response:
        is_file = request.endpoint == "static" and f".{request.path.rpartition('.')[2]}" in TEXT
        view = current_app.view_functions.get(request.endpoint or "")
        if not (is_file or getattr(view, "light", False)):
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or not request.accept_encodings["gzip"]:
            return response
        if is_file:
            return _put(response, packed_file(str((request.view_args or {})["filename"])))
        body = response.get_data()
        return response if len(body) < LEAST else _put(response, pack(body))


def _put(response: Response, body: bytes) -> Response:
    response.close()  # the file, where it was one
    response.direct_passthrough = False
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    if etag := response.get_etag()[0]:
        response.set_etag(etag, weak=True)  # other bytes than the plain file's
    return response
