"""The shape of `POST /devices` and `POST /events` (interfaces section 4), read by pydantic. A form parses; it decides nothing."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]

MOST_EVENTS = 50
MOST_BYTES = 640 * 1024  # the largest entry with its envelope; otherwise a phone sends 200 KB at once


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Enrol(_Strict):
    device: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
    public_jwk: dict[str, Any]
    label: Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")] = ""


class Sent(_Strict):
    grant: Id
    uuid: Annotated[str, Field(min_length=8, max_length=36, pattern=r"^[A-Za-z0-9-]+$")]
    seq: Annotated[int, Field(ge=0, lt=2**31)]
    jwe: Annotated[str, Field(min_length=1, max_length=MOST_BYTES, pattern=r"^[A-Za-z0-9._-]+$")]
    sig: Annotated[str, Field(min_length=1, max_length=128)]


class Batch(BaseModel):
    model_config = ConfigDict(extra="ignore")

    proto: int
    device: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
    app: Annotated[str, Field(max_length=80)] = ""
    sent_at: AwareDatetime
    queued: int = 0
    last_seq: int | None = None
    events: Annotated[list[dict[str, Any]], Field(max_length=MOST_EVENTS)]


MOST_RESCUE = 24 * 1024 * 1024  # bytes of a rescue file
MOST_RESCUED = 2_000  # entries in one


class RescuedBlob(_Strict):
    id: Annotated[str, Field(min_length=8, max_length=36, pattern=r"^[0-9a-f-]+$")]
    data: str  # base64 of the whole ciphertext


class Rescue(BaseModel):
    """What a phone that cannot send writes into a file, sealed and signed as ever, for somebody to carry to the office."""

    model_config = ConfigDict(extra="ignore")

    v: Literal[1]
    device: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
    made: AwareDatetime
    items: Annotated[list[Sent], Field(max_length=MOST_RESCUED)]
    blobs: Annotated[list[RescuedBlob], Field(max_length=MOST_RESCUED)] = []
