"""What a deployment sets, from the environment. A wrong value stops the start with a sentence that says what to do."""

import os
import secrets
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from fieldvisit.ground.policy import load_policy
from fieldvisit.lettering import Fonts
from fieldvisit.messages.adapters.settings import Notify, Sending, Smtp, what_is_missing
from fieldvisit.messages.letter import LetterHead

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
    codes_dir: Path | None = None  # a council's own codes of conduct, one TOML file each
    font: Path | None = None  # a TrueType font for letters and cards
    beside: int | None = None  # the process id of the server that a worker was started beside, and ends with
    port: int = Field(default=8000, validation_alias="PORT")

    # Who sends. A secret may be the name of a file that holds it: FIELDVISIT_NOTIFY_KEY_FILE and its sisters.
    sms: Literal["screen", "notify"] = "screen"
    email: Literal["screen", "smtp", "notify"] = "screen"
    letter: Literal["screen", "print", "notify"] = "screen"
    notify_key: SecretStr = SecretStr("")
    notify_key_file: Path | None = None
    notify_url: str = ""  # otherwise Notify's own
    notify_sms_template: str = ""
    notify_email_template: str = ""
    callback_token: SecretStr = SecretStr("")  # what Notify says when it tells us that a message was delivered
    callback_token_file: Path | None = None
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_password_file: Path | None = None
    smtp_from: str = ""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"

    # The safeguarding vault. With vault_url it is a process of its own, elsewhere, and this one holds no key of it.
    vault_url: str = ""
    vault_token: SecretStr = SecretStr("")  # what a sender of sealed boxes says
    vault_token_file: Path | None = None
    vault_home: Path | None = None  # otherwise the folder `vault` of this home
    vault_database_url: str = ""  # otherwise vault.db in the vault's home
    vault_pager: Literal["screen", "smtp", "notify"] = "screen"  # screen: of a vault to try out alone, it calls nobody

    # Finished photos and signatures: a folder of this home, or a bucket. What opens them lies in neither.
    evidence_kek_file: Path | None = None  # otherwise keys/evidence.kek
    s3_bucket: str = ""
    s3_endpoint: str = ""  # otherwise the region's own
    s3_region: str = ""
    s3_key_id: str = ""  # without it and its secret, boto3 looks where it always looks
    s3_secret: SecretStr = SecretStr("")
    s3_secret_file: Path | None = None

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def attachments(self) -> Path:
        """Photos and signatures as phones sealed them, until they are made ready."""
        return self.home / "attachments"

    @property
    def evidence(self) -> Path:
        """Photos and signatures that are ready, encrypted, where no bucket keeps them."""
        return self.home / "evidence"

    @property
    def evidence_kek(self) -> Path:
        return self.evidence_kek_file or self.keys / "evidence.kek"

    def s3_says(self) -> str:
        """The bucket's secret. Raises ConfigError."""
        troubles: list[str] = []
        found = self._secret("s3_secret", troubles)
        if bool(found) != bool(self.s3_key_id) and not troubles:
            troubles.append("FIELDVISIT_S3_KEY_ID and FIELDVISIT_S3_SECRET go together: set both, or neither.")
        if troubles:
            raise ConfigError("The bucket cannot be used with these settings:\n  " + "\n  ".join(troubles))
        return found

    @property
    def vault_folder(self) -> Path:
        return self.vault_home or self.home / "vault"

    @property
    def vault_public_key(self) -> Path:
        """What anybody needs to seal a report and to check a receipt; nothing that opens one."""
        return self.keys / "vault.pub.json"

    @property
    def vault_is_elsewhere(self) -> bool:
        return bool(self.vault_url)

    def vault_says(self) -> str:
        """The word that a sender of sealed boxes and the vault share; empty where none is set. Raises ConfigError."""
        troubles: list[str] = []
        found = self._secret("vault_token", troubles)
        if found and len(found) < 24:
            troubles.append("FIELDVISIT_VAULT_TOKEN is too short: 24 characters or more, by chance.")
        if troubles:
            raise ConfigError("The vault cannot be used with these settings:\n  " + "\n  ".join(troubles))
        return found

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

    @property
    def links_base(self) -> str:
        """What tenants' links begin with, without a slash at the end."""
        host = self.verify_host or (f"localhost:{self.port}" if self.is_local else self.host)
        return f"{'https' if self.https else 'http'}://{host}"

    @cached_property
    def sending(self) -> Sending:
        """Who sends, with what they need and who writes. Raises ConfigError for what is missing, all at once."""
        council = load_policy(self.policy_name).council
        fonts = Fonts(self.font, self.font) if self.font else None
        return replace(self.ways_of_sending(), head=LetterHead(council.name, council.office_line.value, fonts))

    def ways_of_sending(self) -> Sending:
        troubles: list[str] = []
        notify = Notify(
            key=self._secret("notify_key", troubles),
            url=self.notify_url,
            sms_template=self.notify_sms_template,
            email_template=self.notify_email_template,
            callback_token=self._secret("callback_token", troubles),
        )
        password = self._secret("smtp_password", troubles)
        smtp = Smtp(self.smtp_host, self.smtp_port, self.smtp_user, password, self.smtp_from, self.smtp_tls)
        sending = Sending(self.sms, self.email, self.letter, notify, smtp)
        troubles = troubles or what_is_missing(sending)
        if "notify" in (self.sms, self.email, self.letter) and not find_spec("notifications_python_client"):
            troubles.append("Notify's client is not installed: make notify")
        if troubles:
            raise ConfigError("Messages cannot be sent with these settings:\n  " + "\n  ".join(troubles))
        return sending

    def _secret(self, name: str, troubles: list[str]) -> str:
        said: SecretStr = getattr(self, name)
        path: Path | None = getattr(self, f"{name}_file")
        variable = f"FIELDVISIT_{name.upper()}"
        if path is None:
            return said.get_secret_value()
        if said.get_secret_value():
            troubles.append(f"{variable} and {variable}_FILE are both set: keep one of them.")
            return ""
        try:
            found = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            troubles.append(f"{variable}_FILE is {path}, which cannot be read: {type(error).__name__}.")
            return ""
        if not found:
            troubles.append(f"{variable}_FILE is {path}, which is empty.")
        return found

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
        config = Config()
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigError("These settings cannot be used:\n  " + "\n  ".join(lines)) from None
    config.ways_of_sending()  # wrong ones stop the start, and not the first message
    return config


def make_private(path: Path, content: bytes) -> None:
    """Writes a new file that only its owner may read; refuses to overwrite."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def make_keys(config: Config) -> None:
    """The secrets of a new home. Refuses to overwrite: a lost intake key is a lost day of somebody's work."""
    from fieldvisit.evidence.kek import make
    from fieldvisit.outbox.envelope import new_server_key

    make_private(config.keys / "session.key", secrets.token_bytes(32))
    make_private(config.keys / "intake.jwk", new_server_key())
    make(config.evidence_kek)
