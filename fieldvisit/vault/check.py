"""What `fieldvisit check` says of the vault, where it is in this home: keys, record, readers, whoever would be called."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from fieldvisit.config import Config
from fieldvisit.ground.policy import Policy
from fieldvisit.vault import record, seeing, setup, watch
from fieldvisit.vault.keys import public_trouble
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.rules import INSIDE
from fieldvisit.vault.store import VaultError, was_made


def at_start(config: Config) -> Iterator[str]:
    """What whoever starts the rest of this home should read, though it starts: doors must be answered."""
    if config.vault_is_elsewhere:
        if said := public_trouble(config.vault_public_key):
            yield said
    elif not was_made(config):
        yield "There is no vault here: nobody can send a safeguarding report. Make one: fieldvisit vault init"
    elif not config.vault_folder.exists():
        yield (
            f"The vault's folder {config.vault_folder} is missing: reports are sealed and wait. Bring it back: fieldvisit vault "
            "restore DIR. Where the vault is elsewhere, set FIELDVISIT_VAULT_URL."
        )


def problems(config: Config, policy: Policy, at: datetime) -> Iterator[str]:
    """One sentence for each thing. Nothing of what is in the vault."""
    if config.vault_is_elsewhere:
        if setup.is_there(config):
            yield f"The vault is elsewhere (FIELDVISIT_VAULT_URL), and its private keys lie in {config.vault_folder}: move them."
        yield from at_start(config)
        return
    if not was_made(config):
        return  # `fieldvisit serve` says so each time
    if not config.vault_folder.exists():
        yield from at_start(config)
        return
    try:
        vault = open_vault(config, policy)
    except (VaultError, SQLAlchemyError) as error:
        yield str(error) if isinstance(error, VaultError) else "The vault's database cannot be read."
        return
    yield from record.problems(vault.store, vault.keys)
    with vault.store.reading() as session:
        inside = [one for one in seeing.readers(session) if one.rank in INSIDE]
        if watch.nobody_looks(session, at) and inside:
            yield "Nobody watches the vault: run fieldvisit worker, or fieldvisit vault watch."
    if not vault.demo and len(inside) < 2:
        yield "Fewer than two leads or deputies are enrolled in the vault: two people must agree on every end."
    vault.store.dispose()
