"""HACT's PersonAlert and LocationAlert codes, in and out: the code alone, never the comments that say why. Pure."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from fieldvisit.register.needs import SENTENCES, UNKNOWN

Regarding = Literal["person", "location"]


@dataclass(frozen=True, slots=True)
class Alert:
    """code: as HACT writes it, "10-10"."""

    regarding: Regarding
    code: str

    @property
    def key(self) -> str:
        """As a precaution keeps it."""
        return f"{self.regarding} {self.code}"


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("fieldvisit").joinpath("register", "hact_alerts.toml").read_text("utf-8"))


def instruction_for(alert: Alert) -> str:
    """The code of our own instruction; empty where we have none for it, and then the worker is told to call."""
    found: str = _table()[alert.regarding].get(alert.code, "")
    return found


def as_messages(warned: Iterable[tuple[str, str]]) -> dict[str, list[dict[str, str]]]:
    """PersonAlert and LocationAlert for (our code, HACT's code where it came from there), each once.

    The comments are the instruction, as the standard asks: what to do, not why.
    """
    found: dict[str, list[dict[str, str]]] = {"PersonAlert": [], "LocationAlert": []}
    for code, hact_code in warned:
        alert = _from_key(hact_code) or _ours(code)
        said = {"Type": alert.code, "Comments": SENTENCES.get(code, UNKNOWN)}
        where = found["PersonAlert" if alert.regarding == "person" else "LocationAlert"]
        if said not in where:
            where.append(said)
    return found


def _from_key(key: str) -> Alert | None:
    regarding, _, code = key.partition(" ")
    if not code:
        return None
    return Alert("person" if regarding == "person" else "location", code)


def _ours(code: str) -> Alert:
    table = _table()["export"]
    if code in table["location"]:
        return Alert("location", table["see_comments"])
    return Alert("person", table["person"].get(code, table["see_comments"]))
