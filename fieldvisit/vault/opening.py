"""Opening the vault. Whatever would make it a vault that cannot keep its promise refuses, with a sentence that says what."""

from collections.abc import Iterator
from importlib.util import find_spec

from sqlalchemy.exc import DBAPIError

from fieldvisit.config import Config
from fieldvisit.ground.clock import now
from fieldvisit.ground.policy import Policy, load_policy
from fieldvisit.messages.adapters.settings import Sending
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
    insist_on_settings(config, policy, demo=demo)
    store, keys = open_for_upkeep(config, make=make)
    store.dispose()  # a server forks after this: each process opens connections of its own
    return Vault(store, keys, policy, config, demo)


def insist_on_settings(config: Config, policy: Policy, *, demo: bool) -> None:
    """What the council must settle, and by what somebody is called, all at once. Raises VaultError."""
    missing = [*what_is_unsettled(policy.safeguarding, demo=demo), *what_a_call_needs(config, demo=demo)]
    if missing:
        raise VaultError("The vault does not start:\n  " + "\n  ".join(missing))


def what_a_call_needs(config: Config, *, demo: bool) -> list[str]:
    """One sentence for each thing without which nobody is called at night. A vault to try out shows its calls."""
    sending, way = config.ways_of_sending(), config.vault_pager
    if way == "screen":
        said = "FIELDVISIT_VAULT_PAGER is screen, which calls nobody: set it to smtp (e-mail) or notify (text message)."
        return [] if demo else [said]
    if way == "smtp" and (not sending.smtp.host or "@" not in sending.smtp.sender):
        return ["FIELDVISIT_VAULT_PAGER is smtp: set FIELDVISIT_SMTP_HOST and FIELDVISIT_SMTP_FROM."]
    if way == "notify":
        return [f"FIELDVISIT_VAULT_PAGER is notify: {said}" for said in _what_texts_need(sending)]
    return []


def _what_texts_need(sending: Sending) -> Iterator[str]:
    """The contact outside, and whoever has no telephone here, is written to."""
    if not (sending.notify.key and sending.notify.sms_template):
        yield "set FIELDVISIT_NOTIFY_KEY and FIELDVISIT_NOTIFY_SMS_TEMPLATE."
    if not (sending.smtp.host and "@" in sending.smtp.sender) and not sending.notify.email_template:
        yield "set FIELDVISIT_NOTIFY_EMAIL_TEMPLATE, or FIELDVISIT_SMTP_HOST and FIELDVISIT_SMTP_FROM, for e-mails."
    if not find_spec("notifications_python_client"):
        yield "its client is not installed: make notify"


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
