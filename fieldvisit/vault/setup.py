"""Making a vault: its folder, its keys, its database. And a vault to try out, with what a real one must not have."""

import json
from pathlib import Path

from fieldvisit.config import Config, make_private
from fieldvisit.ground.policy import load_policy
from fieldvisit.vault.keys import NAMES, SEAL, SIGN, VaultKeyError, make_keys, public_bytes
from fieldvisit.vault.opening import insist_on_settings, open_vault
from fieldvisit.vault.store import DEMO, Store, Vault, VaultError, file_of, url_of
from fieldvisit.vault.tables import insist_on_room


def is_there(config: Config) -> bool:
    folder = config.vault_folder / "keys"
    return any((folder / name).exists() for name in NAMES)


def make(config: Config, *, demo: bool = False) -> Vault:
    """A new vault. Raises VaultError where one is there, or something is not settled, or its database is away.

    All that is asked before the first file is made: half a vault would stop every later start, and its keys could not
    be thrown away, because somebody may have sealed a report to them.
    """
    if is_there(config):
        raise VaultError(f"{config.vault_folder} holds a vault already. Nothing was changed.")
    if not config.vault_database_url and file_of(config).exists():
        raise VaultError(f"{file_of(config)} is there without its keys. Bring them back: fieldvisit vault restore")
    if config.vault_public_key.exists():
        raise VaultError(f"{config.vault_public_key} is there already. Nothing was changed.")
    insist_on_settings(config, load_policy(config.policy_name), demo=demo)
    if config.vault_database_url:
        store = Store(url_of(config))
        try:
            insist_on_room(store)
        finally:
            store.dispose()
    make_home(config, demo=demo)
    return open_vault(config, make=True)


def make_home(config: Config, *, demo: bool) -> None:
    """Folder, keys and mark alone."""
    config.vault_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        make_keys(config.vault_folder / "keys", config.vault_public_key)
    except VaultKeyError as error:
        raise VaultError(str(error)) from None
    if demo:
        make_private(config.vault_folder / DEMO, b"Made to try things out. Its people and periods are invented.\n")


def write_public(config: Config) -> Path:
    """The public part again, from the private one. Never over another vault's."""
    path, keys = config.vault_public_key, config.vault_folder / "keys"
    if path.exists():
        raise VaultError(f"{path} is there already. Nothing was changed.")
    try:
        seal, sign = (json.loads((keys / name).read_bytes()) for name in (SEAL, SIGN))
    except (OSError, ValueError) as error:
        raise VaultError(f"The vault's keys in {keys} cannot be read: {type(error).__name__}.") from None
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(public_bytes(seal, sign))
    return path
