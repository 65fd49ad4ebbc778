"""Opening the vault. Whatever would make it a vault that cannot keep its promise refuses, with a sentence that says what."""

from sqlalchemy.exc import DBAPIError

from fieldvisit.config import Config
from fieldvisit.ground.clock import now
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.vault.keys import VaultKeyError, VaultKeys
from fieldvisit.vault.rules import what_is_unsettled
from fieldvisit.vault.store import DEMO, Store, Vault, VaultError, url_of, was_made
from fieldvisit.vault.tables import prepare, said


def open_vault(config: Config, policy: Policy | None = None, *, make: bool = False) -> Vault:
    """make: of a new vault, its database too. Otherwise a database that is missing is a lost one, like a key.

    Raises VaultError (with its keys' sentences too) for whatever is missing or wrong: nothing is opened halfway.
    """
    policy = policy or load_policy(config.policy_name)
    demo = (config.vault_folder / DEMO).exists()
    missing = what_is_unsettled(policy.safeguarding, demo=demo)
    mail = config.ways_of_sending().smtp
    if config.vault_pager == "smtp" and (not mail.host or "@" not in mail.sender):
        missing.append("FIELDVISIT_VAULT_PAGER is smtp: set FIELDVISIT_SMTP_HOST and FIELDVISIT_SMTP_FROM.")
    if missing:
        raise VaultError("The vault does not start:\n  " + "\n  ".join(missing))
    store, keys = open_for_upkeep(config, make=make)
    store.dispose()  # a server forks after this: each process opens connections of its own
    return Vault(store, keys, policy, config, demo)


def open_for_upkeep(config: Config, *, make: bool = False) -> tuple[Store, VaultKeys]:
    """Store and keys without asking whether the council has settled everything: to back up. Raises VaultError."""
    try:
        keys = VaultKeys(config.vault_folder / "keys", config.vault_public_key)
    except VaultKeyError as error:
        raise VaultError(f"The vault does not start. {error}") from None
    store = Store(url_of(config))
    try:
        prepare(store, keys, now(), make=make)
    except DBAPIError as error:
        store.dispose()
        raise VaultError(f"The vault's database {said(store)} cannot be used: {type(error.orig).__name__}.") from None
    except VaultError:
        store.dispose()
        raise
    return store, keys


def insist(config: Config, policy: Policy) -> None:
    """For whoever starts beside a vault that is in this home: what is wrong with it is said now, and not by its silence.

    Raises VaultError. Where the vault is elsewhere, or nobody ever made one, nothing is asked.
    """
    if not config.vault_is_elsewhere and config.vault_folder.exists() and was_made(config):
        open_vault(config, policy).store.dispose()
