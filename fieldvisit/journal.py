"""What the log says: what went wrong, of what kind, and where in the code; nothing about anybody.

An error's message holds what somebody wrote (a validator quotes it), a traceback's locals hold whole rows, and an address
holds the tokens of links. So none of the three is ever written. What is left is enough to find the line.
"""

import sys
from collections.abc import Iterator, MutableMapping
from pathlib import PurePath
from typing import Any

import structlog

_PLACES = 12  # of the innermost calls


def where(error: BaseException) -> str:
    """The calls that it went through, the innermost first: file, line, function."""
    found, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        found.append(f"{PurePath(code.co_filename).name}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return " < ".join(found[::-1][:_PLACES])


def _kinds(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield type(error).__name__
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _say_where(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In place of a traceback: a logger told `exc_info` says the kinds of the error and of what led to it, and where."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        event["error"], event["where"] = " from ".join(_kinds(error)), where(error)
    return event


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        _say_where,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty()),
    ]
)
