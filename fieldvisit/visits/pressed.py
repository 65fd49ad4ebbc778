"""Who pressed which form, and who wrote which step down. A key is made with the form: the same one twice is done once."""

from dataclasses import dataclass
from datetime import datetime

from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import Principal


@dataclass(frozen=True, slots=True)
class Made:
    """What a step is written down by. key: of the form, or of the line of a log that it comes from. at: aware UTC."""

    key: str
    by: str
    at: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class Pressed:
    """A form of the office: with its person, whose duties a rule may ask for."""

    key: str
    by: Principal
    policy: Policy

    @property
    def at(self) -> datetime:
        return self.by.at

    @property
    def made(self) -> Made:
        return Made(self.key, self.by.person_id, self.at, self.policy)
