"""Which account it is: ids mean something in one account only.

A state directory used with the token of another account would write to other people's profiles, for small
ids are in use everywhere. The account tells its id (`GET identity`, docs/api/copernica.md section 1); it is
asked for once for each token, since a token belongs to one account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_copernica.errors import NotAllowedError, RefusedError, SettingsError
from target_copernica.memory.known_account import KnownIdentity

if TYPE_CHECKING:
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger

__all__ = ["account_of"]


def account_of(client: Client, ledger: Ledger, token: str) -> KnownIdentity:
    """The account that a token is for, held against the one that the ledger remembers.

    Args:
        client: The account.
        ledger: Remembers.
        token: What tells the token and its address from others; only its digest is kept.

    Returns:
        What the ledger should remember once something was written.

    Raises:
        SettingsError: It is another account.
    """
    known, digest = ledger.account.identity(), ledger.digest(token)
    if known is not None and known.token == digest:
        return known
    try:
        told = client.get("identity")
        account = str(told.get("id") or told.get("ID") or "")
    except (RefusedError, NotAllowedError, AttributeError):  # a token without this right: the next call tells
        account = ""
    if known is not None and known.account and account and account != known.account:
        raise SettingsError(
            f"setting api_token: it is for the account {account}, but this state_dir belongs to the account "
            f"{known.account}; nothing was written: give each account a state_dir of its own"
        )
    return KnownIdentity(account or (known.account if known else ""), digest)
