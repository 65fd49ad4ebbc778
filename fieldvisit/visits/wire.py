"""Events as JSON and back: strict, so that a body of another shape is held for a person and never half understood. Pure."""

import types
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from fieldvisit.visits import events, safety_events  # noqa: F401 (they fill READERS)
from fieldvisit.visits.kinds import READERS, Event, Sealed, Words

WORDS_LIMIT = 4000
SEALED_LIMIT = 400 * 1024


class Unreadable(ValueError):
    """No reader here knows this kind, version or body. The event is kept whole and shown to a person."""


def known() -> tuple[tuple[str, int], ...]:
    """Every (kind, version) that this release can read."""
    return tuple(sorted(READERS))


def parse(kind: str, version: int, body: Any) -> Event:
    """Raises Unreadable, naming what is wrong, for an unknown kind or version or a body of another shape."""
    cls = READERS.get((kind, version))
    if cls is None:
        raise Unreadable(f"no reader for {kind!r} version {version!r}")
    if not isinstance(body, dict):
        raise Unreadable(f"{kind}: the body is not an object")
    hints = get_type_hints(cls)
    unknown = sorted(set(body) - set(hints))
    if unknown:
        raise Unreadable(f"{kind}: unknown {', '.join(unknown)}")
    values = {}
    for field in fields(cls):
        if body.get(field.name) is not None:
            values[field.name] = _read(kind, field.name, hints[field.name], body[field.name])
        elif field.default is MISSING:
            raise Unreadable(f"{kind}: {field.name} is missing")
    return cls(**values)


def _read(kind: str, name: str, hint: Any, value: Any) -> Any:
    wrong = Unreadable(f"{kind}: {name} cannot be {value!r:.60}")
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(choice for choice in get_args(hint) if choice is not type(None))
    if get_origin(hint) is Literal:
        if value in get_args(hint) and isinstance(value, str):
            return value
        raise wrong
    if get_origin(hint) is tuple:
        if isinstance(value, list | tuple) and len(value) <= 50 and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise wrong
    if hint is Words:
        if isinstance(value, str) and len(value) <= WORDS_LIMIT:
            return Words(value)
        raise wrong
    if hint is Sealed:
        if isinstance(value, str) and len(value) <= SEALED_LIMIT:
            return Sealed(value)
        raise wrong
    if hint is datetime or hint is date:
        return _moment(hint, value, wrong)
    if hint is str and isinstance(value, str) and len(value) <= 64:
        return value
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return value
    raise wrong


def _moment(hint: type, value: Any, wrong: Unreadable) -> datetime | date:
    if not isinstance(value, str):
        raise wrong
    try:
        if hint is date:
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise wrong from None
    if moment.tzinfo is None:
        raise wrong
    return moment.astimezone(UTC)


def body_of(event: Event) -> dict[str, Any]:
    """What goes into the log: codes, numbers, times. No words."""
    hints = get_type_hints(type(event))
    return {
        f.name: _plain(value)
        for f in fields(event)
        if not _is_words(hints[f.name]) and (value := getattr(event, f.name)) is not None
    }


def words_of(event: Event) -> dict[str, str]:
    hints = get_type_hints(type(event))
    return {f.name: text for f in fields(event) if _is_words(hints[f.name]) and (text := getattr(event, f.name))}


def read_back(kind: str, version: int, body: dict[str, Any]) -> Event:
    """An event from the log: its words are elsewhere, so they may be missing."""
    cls = READERS[kind, version]
    hints = get_type_hints(cls)
    needed = {f.name: "" for f in fields(cls) if f.default is MISSING and _is_words(hints[f.name])}
    return parse(kind, version, needed | body)


def _is_words(hint: Any) -> bool:
    return hint is Words or Words in get_args(hint)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
