"""What a deployment sets, from the environment. A wrong value stops the start with a sentence that says what to do."""

import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Face = Literal["verify", "field", "office", "vault"]
FACES: tuple[Face, ...] = ("verify", "field", "office", "vault")


class ConfigError(Exception):
    """Something in the environment is wrong. The message names it and says what to do."""


class Config(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIELDVISIT_", extra="ignore")

    home: Path = Path("var")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    policy: str = ""  # melton, milton-keynes, alliance or FILE.toml; otherwise as `fieldvisit init` was told
    host: str = "localhost"
    verify_host: str = ""  # what the QR says; otherwise host and port
    https: bool = False
    pilot: bool = False
    dev: bool = False
    proxies: int = 0
    offline: bool = True  # 0: phones keep no pages; the worker that some already have takes itself off
    font: Path | None = None  # a TrueType font for letters and cards
    port: int = Field(default=8000, validation_alias="PORT")

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def attachments(self) -> Path:
        """Ciphertext of photos and signatures."""
        return self.home / "attachments"

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.home.resolve() / 'fieldvisit.db'}"

    @property
    def policy_name(self) -> str:
        """The council whose policy is in force: of the environment, or as this home was set up."""
        if self.policy:
            return self.policy
        chosen = self.home / "council"
        return chosen.read_text().strip() if chosen.exists() else "melton"

    @property
    def is_local(self) -> bool:
        return self.host in ("localhost", "127.0.0.1", "::1")

    def secret_key(self) -> bytes:
        path = self.keys / "session.key"
        if not path.exists():
            raise ConfigError(f"{path} is missing. Set this home up first: fieldvisit init --council melton")
        return path.read_bytes()

    def check_host(self) -> None:
        """R10: no real personal data yet, so no host that real people could reach unless somebody says so aloud."""
        if not self.is_local and not self.pilot:
            raise ConfigError(
                f"FIELDVISIT_HOST is {self.host!r}. This release must not hold real personal data yet: it serves "
                "localhost only. Set FIELDVISIT_PILOT=1 to serve another host for a trial with invented data."
            )


def load_config() -> Config:
    try:
        return Config()
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigError("These settings cannot be used:\n  " + "\n  ".join(lines)) from None


def make_private(path: Path, content: bytes) -> None:
    """Writes a new file that only its owner may read; refuses to overwrite."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def make_keys(config: Config) -> None:
    """The secrets of a new home. Refuses to overwrite: a lost intake key is a lost day of somebody's work."""
    from fieldvisit.outbox.envelope import new_server_key

    make_private(config.keys / "session.key", secrets.token_bytes(32))
    make_private(config.keys / "intake.jwk", new_server_key())
