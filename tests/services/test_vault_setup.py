"""Making a vault that is not for trying out: what is not settled is said before anything is made."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from fieldvisit.cli import main
from fieldvisit.config import Config, ConfigError, make_private
from fieldvisit.ground.policy import load_policy
from fieldvisit.vault import check, opening, setup
from fieldvisit.vault.store import VaultError, was_made
from tests.vault_house import a_vault
from tests.world import NOW

SMTP = {"vault_pager": "smtp", "smtp_host": "mail.example", "smtp_from": "safe@council.example"}
NOTIFY = SMTP | {
    "vault_pager": "notify", "notify_sms_template": "t",
    "notify_key": "a-" + "-".join(["00000000-0000-0000-0000-000000000000"] * 2),
}  # fmt: skip


@pytest.fixture
def settled(tmp_path: Path) -> Path:
    """Melton's policy, where the council itself has said what a vault asks for."""
    text = (files("fieldvisit") / "councils" / "melton.toml").read_text()
    own = re.compile(r'(\[safeguarding\.(?:keep_|outside_)[^\[]*?source = )"project default"', re.S)
    text, count = own.subn(r'\1"Melton Borough Council, a schedule made for this test"', text)
    assert count == 5
    path = tmp_path / "settled.toml"
    path.write_text(text)
    return path


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_refused_init_leaves_nothing_and_the_next_one_works_once_all_is_settled(
    tmp_path: Path, settled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    home = tmp_path / "home"
    monkeypatch.setenv("FIELDVISIT_HOME", str(home))
    monkeypatch.setenv("FIELDVISIT_POLICY", "melton")
    assert main(["vault", "init"]) != 0
    said = capsys.readouterr().err
    for name in ("keep_adult_years", "keep_child_years", "outside_name", "FIELDVISIT_VAULT_PAGER is screen"):
        assert name in said
    assert not home.exists() or files_in(home) == []
    assert not was_made(Config(home=home)), "the server still starts"
    monkeypatch.setenv("FIELDVISIT_POLICY", str(settled))
    for name, value in SMTP.items():
        monkeypatch.setenv(f"FIELDVISIT_{name.upper()}", value)
    assert not main(["vault", "init"])
    assert {"keys/vault.pub.json", "vault/keys/seal.jwk", "vault/vault.db"} <= set(files_in(home))


def test_where_somebody_elses_public_part_lies_nothing_is_made_beside_it(tmp_path: Path, settled: Path):
    config = Config(home=tmp_path / "home", policy=str(settled), **SMTP)
    make_private(config.vault_public_key, b"{}")
    with pytest.raises(VaultError, match=r"vault\.pub\.json is there already"):
        setup.make(config)
    assert files_in(config.home) == ["keys", "keys/vault.pub.json"]


def test_a_database_that_is_away_or_is_another_vaults_leaves_nothing(tmp_path: Path):
    config = Config(home=tmp_path / "home", policy="melton", vault_database_url="postgresql://nobody@127.0.0.1:9/v")
    with pytest.raises(VaultError, match="cannot be used"):
        setup.make(config, demo=True)
    assert not config.home.exists()
    other = a_vault(tmp_path / "other")
    other.store.dispose()
    taken = Config(home=config.home, policy="melton", vault_database_url=f"sqlite:///{tmp_path}/other/vault/vault.db")
    with pytest.raises(VaultError, match="is a vault's already"):
        setup.make(taken, demo=True)
    assert not config.home.exists()


# --- by what somebody is called -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "FIELDVISIT_VAULT_PAGER is screen, which calls nobody"),
        ({"vault_pager": "smtp"}, "set FIELDVISIT_SMTP_HOST"),
        ({"vault_pager": "notify"}, "set FIELDVISIT_NOTIFY_KEY"),
        (NOTIFY | {"smtp_host": ""}, "FIELDVISIT_NOTIFY_EMAIL_TEMPLATE"),
        (SMTP, ""),
        (NOTIFY, ""),
    ],
)
def test_a_vault_that_is_not_for_trying_out_does_not_start_without_a_way_to_call(
    tmp_path: Path, settled: Path, settings: dict[str, str], says: str
):
    config = Config(home=tmp_path / "home", policy=str(settled), **SMTP)
    setup.make(config).store.dispose()
    now = Config(home=config.home, policy=str(settled), **settings)
    policy = load_policy(now.policy_name)
    if says:
        with pytest.raises(ConfigError, match=says):
            opening.insist(now, policy)
        assert any(says in one for one in check.problems(now, policy, NOW))
    else:
        opening.insist(now, policy)
        assert not any("PAGER" in one for one in check.problems(now, policy, NOW))


def test_a_vault_to_try_out_starts_and_shows_its_calls(tmp_path: Path):
    vault = a_vault(tmp_path)
    assert vault.demo and vault.config.vault_pager == "screen"
    vault.store.dispose()
