"""One step of a case, as the fold of its steps reads it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Deed:
    """at: when it happened (aware UTC). by: a person's id; "" for what the system saw. body: codes and ids alone."""

    kind: str
    at: datetime
    by: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
