"""Hands one sealed report to the vault: in this process tree, or over HTTP where it lives elsewhere.

The only module beside the vault's own doors that knows a vault. What comes back is believed for its signature alone.
"""

import json
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from fieldvisit.config import Config
from fieldvisit.ground.policy import Policy
from fieldvisit.safeguarding.public_keys import read_public_keys
from fieldvisit.safeguarding.service import Receipt, digest_of

PATIENCE_S = 10
LARGEST_ANSWER = 4096  # bytes


class VaultAwayError(Exception):
    """The vault has not signed for it. The message is a code for the log: never anything of the report."""


def hand_over(config: Config, policy: Policy, box: str, received_at: datetime) -> Receipt:
    """The vault's receipt, checked. Raises VaultAwayError for whatever else happens: the box waits, and is tried again."""
    keys = read_public_keys(config.vault_public_key)
    if keys is None:
        raise VaultAwayError("no-vault")
    try:
        told = (
            _by_http(config, box, received_at) if config.vault_is_elsewhere else _here(config, policy, box, received_at)
        )
        receipt = Receipt(*(str(told[name]) for name in ("number", "sha256", "received_at", "signature")))
    except VaultAwayError:
        raise
    except Exception as error:  # whatever is wrong over there: nothing of ours may be lost for it
        raise VaultAwayError(type(error).__name__) from None
    good = receipt.sha256 == digest_of(box) and keys.signed(*_parts(receipt))
    if not good or len(receipt.number) > 8 or len(receipt.received_at) > 40:
        raise VaultAwayError("not-its-signature")
    return receipt


def _parts(receipt: Receipt) -> tuple[str, str, str, str]:
    return receipt.sha256, receipt.number, receipt.received_at, receipt.signature


# --- in this process tree -----------------------------------------------------------------------------------------


def _here(config: Config, policy: Policy, box: str, received_at: datetime) -> dict[str, Any]:
    from fieldvisit.vault.intake import take_in

    try:
        return dict(take_in(_vault(config, policy), box, received_at).as_json())
    except Exception:
        _open.clear()  # it may have been restored, or given its keys back: look again the next time
        raise


_open: dict[tuple[str, ...], Any] = {}


def _vault(config: Config, policy: Policy) -> Any:
    """Opened once for each place: its keys are read from the disk, and its tables looked at."""
    from fieldvisit.vault.opening import open_vault

    place = (str(config.vault_folder.resolve()), config.vault_database_url, policy.hash)
    if place not in _open:
        _open[place] = open_vault(config, policy)
    return _open[place]


# --- elsewhere ----------------------------------------------------------------------------------------------------


class _NoRedirect(HTTPRedirectHandler):
    """Whoever sends us elsewhere is not the vault, and our word is not for them."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _by_http(config: Config, box: str, received_at: datetime) -> dict[str, Any]:
    request = Request(  # noqa: S310 - the address is the operator's own setting
        config.vault_url.rstrip("/") + "/boxes",
        data=box.encode("ascii"),
        method="POST",
        headers={
            "Content-Type": "application/jose",
            "Authorization": f"Bearer {config.vault_says()}",
            "X-FieldVisit-Received": received_at.isoformat(),
        },
    )
    try:
        with build_opener(_NoRedirect).open(request, timeout=PATIENCE_S) as answer:
            told = json.loads(answer.read(LARGEST_ANSWER))
    except URLError as error:
        raise VaultAwayError(f"http {getattr(error, 'code', '')}".strip()) from None
    except (HTTPException, OSError, ValueError) as error:
        raise VaultAwayError(type(error).__name__) from None
    if not isinstance(told, dict):
        raise VaultAwayError("no-receipt")
    return told
