"""Which provider a council sends through: the default needs nothing, and what is missing is named before the start."""

import re
from pathlib import Path

import pytest

from fieldvisit.config import Config, ConfigError, load_config
from fieldvisit.lettering import Fonts
from fieldvisit.messages.adapters.settings import Notify, Sending, Smtp
from tests.stand_ins.notify import KEY, SMS_TEMPLATE

TOKEN = "a long token that Notify says to us"
NOTIFY = {"SMS": "notify", "NOTIFY_KEY": KEY, "NOTIFY_SMS_TEMPLATE": SMS_TEMPLATE}
SMTP = {"EMAIL": "smtp", "SMTP_HOST": "mail.melton.example", "SMTP_FROM": "visits@melton.example"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMS", "EMAIL", "LETTER"):
        monkeypatch.delenv(f"FIELDVISIT_{name}", raising=False)


def loaded(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> Config:
    for name, value in settings.items():
        monkeypatch.setenv(f"FIELDVISIT_{name}", value)
    return load_config()


def test_the_default_needs_nothing_and_says_who_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    sending = loaded(monkeypatch, {"POLICY": "melton"}).sending
    assert {sending.provider_of(way) for way in ("sms", "email", "letter_first_class")} == {"screen"}
    assert (sending.head.council, sending.head.phone) == ("Melton Borough Council", "01664 502 502")
    assert sending.notify == Notify() and sending.smtp == Smtp()


def test_a_council_chooses_a_provider_for_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    given = NOTIFY | SMTP | {"LETTER": "print", "FONT": "/fonts/urdu.ttf", "CALLBACK_TOKEN": TOKEN}
    sending = loaded(monkeypatch, given).sending
    assert (sending.sms, sending.email, sending.letter) == ("notify", "smtp", "print")
    assert sending.provider_of("letter_second_class") == "print"
    assert sending.notify == Notify(KEY, "", SMS_TEMPLATE, "", TOKEN)
    assert sending.smtp == Smtp("mail.melton.example", 587, "", "", "visits@melton.example", "starttls")
    assert sending.head.fonts == Fonts(Path("/fonts/urdu.ttf"), Path("/fonts/urdu.ttf"))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (NOTIFY | {"NOTIFY_KEY": ""}, "FIELDVISIT_NOTIFY_KEY is missing"),
        (NOTIFY | {"NOTIFY_KEY": KEY[:-2]}, "FIELDVISIT_NOTIFY_KEY is not a key"),
        (NOTIFY | {"NOTIFY_SMS_TEMPLATE": ""}, "FIELDVISIT_NOTIFY_SMS_TEMPLATE is missing"),
        (NOTIFY | {"EMAIL": "notify"}, "FIELDVISIT_NOTIFY_EMAIL_TEMPLATE is missing"),
        ({"LETTER": "notify"}, "FIELDVISIT_NOTIFY_KEY is missing"),
        ({"CALLBACK_TOKEN": "short"}, "FIELDVISIT_CALLBACK_TOKEN is too short"),
        (SMTP | {"SMTP_HOST": ""}, "FIELDVISIT_SMTP_HOST is missing"),
        (SMTP | {"SMTP_FROM": "melton"}, "FIELDVISIT_SMTP_FROM is missing or no address"),
        (SMTP | {"SMTP_USER": "fv"}, "FIELDVISIT_SMTP_PASSWORD is missing"),
        (SMTP | {"SMTP_PASSWORD": "secret"}, "FIELDVISIT_SMTP_USER is missing"),
        (SMTP | {"SMTP_TLS": "none"}, "FIELDVISIT_SMTP_TLS may be none only"),
        ({"SMS": "smtp"}, "SMS: Input should be 'screen' or 'notify'"),
        ({"LETTER": "pigeon"}, "LETTER: Input should be"),
    ],
)
def test_what_is_missing_is_named_before_the_start(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        loaded(monkeypatch, settings)


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(monkeypatch, {"SMS": "notify", "EMAIL": "smtp"})
    for name in ("NOTIFY_KEY", "NOTIFY_SMS_TEMPLATE", "SMTP_HOST", "SMTP_FROM"):
        assert f"FIELDVISIT_{name}" in str(refused.value)


def test_notify_without_its_client_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldvisit.config.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="make notify"):
        loaded(monkeypatch, NOTIFY)


def test_a_mail_server_on_this_machine_may_be_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch, SMTP | {"SMTP_HOST": "localhost", "SMTP_TLS": "none"}).sending.smtp.tls == "none"


def test_a_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    given = NOTIFY | {"NOTIFY_KEY_FILE": str(tmp_path / "key"), "CALLBACK_TOKEN_FILE": str(tmp_path / "token")}
    del given["NOTIFY_KEY"]
    sending = loaded(monkeypatch, given).sending
    assert (sending.notify.key, sending.notify.callback_token) == (KEY, TOKEN)


def test_a_file_that_cannot_be_read_is_empty_or_is_one_too_many_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "key").write_text(KEY)
    for settings, named in (
        ({"NOTIFY_KEY": "", "NOTIFY_KEY_FILE": str(tmp_path / "nowhere")}, "cannot be read: FileNotFoundError"),
        ({"NOTIFY_KEY": "", "NOTIFY_KEY_FILE": str(tmp_path / "empty")}, "which is empty"),
        ({"NOTIFY_KEY_FILE": str(tmp_path / "key")}, "are both set"),
    ):
        with pytest.raises(ConfigError, match=named):
            loaded(monkeypatch, NOTIFY | settings)


def test_secrets_are_never_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    config = loaded(
        monkeypatch, NOTIFY | SMTP | {"SMTP_USER": "fv", "SMTP_PASSWORD": "secret!", "CALLBACK_TOKEN": TOKEN}
    )
    shown = repr(config) + str(config) + repr(config.sending)
    assert not any(secret in shown for secret in (KEY, "secret!", TOKEN))


def test_the_locks_pin_one_version_of_each_package_and_none_that_is_source_only() -> None:
    """They are installed into one environment, one after another."""
    pinned: dict[str, set[str]] = {}
    for lock in (Path(__file__).parents[2] / "deploy").glob("requirements*.lock"):
        for name, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", lock.read_text(), re.MULTILINE):
            pinned.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in pinned.items() if len(versions) > 1} == {}
    assert "notifications-python-client" in pinned
    assert "docopt" not in pinned


def test_the_default_is_the_same_as_saying_so() -> None:
    assert Config().ways_of_sending() == Sending()
