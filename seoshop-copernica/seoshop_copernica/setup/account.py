"""Whether Copernica takes the token, and whose account it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from seoshop_copernica.setup.reading import Reply, ask
from seoshop_copernica.setup.shop import TOO_MANY, Refused
from seoshop_copernica.setup.values import TOKEN_SCREEN

__all__ = ["API", "AUTH", "Account", "exchange", "look", "refusal"]

API: Final = "https://api.copernica.com/v4"
AUTH: Final = "https://authenticate.copernica.com"
SERVER: Final = 500
_JWT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a token is for.

    Args:
        name: How the account calls itself.
    """

    name: str


def look(api_token: str, api: str = API, auth: str = AUTH) -> Account | Refused:
    """Exchange the token, and read whose it is.

    Args:
        api_token: The API token.
        api: Address of the API.
        auth: Address of the token service.
    """
    jwt = exchange(api_token, auth)
    if isinstance(jwt, Refused):
        return jwt
    told = ask(
        f"{api.rstrip('/')}/identity", {"Authorization": f"Bearer {jwt}", "Accept": "application/json"}
    )
    if refused := refusal(told):
        return refused
    body = told.body if isinstance(told.body, dict) else {}
    return Account(str(body.get("name") or body.get("company") or ""))


def exchange(api_token: str, auth: str = AUTH) -> str | Refused:
    """The token of 24 hours that Copernica gives for an API token.

    Args:
        api_token: The API token.
        auth: Address of the token service.
    """
    given = ask(auth, {"Accept": "*/*"}, urlencode({"access_token": api_token}).encode())
    jwt = given.body.strip().strip('"') if isinstance(given.body, str) else ""
    if given.good and not _JWT.fullmatch(jwt):
        given = Reply(401)
    return refusal(given) or jwt


def refusal(reply: Reply) -> Refused | None:
    """What an answer of Copernica says against the token, in one line; None if nothing.

    Args:
        reply: The answer of the token service, or of the API.
    """
    if reply.status is None:
        return Refused(
            "away", f"Copernica does not answer ({reply.trouble}): look at your network, and try again"
        )
    if reply.good:
        return None
    if reply.status >= SERVER or reply.status == TOO_MANY:
        return Refused("away", f"Copernica has a fault (HTTP {reply.status}): try again later")
    return Refused(
        "api_token",
        f"Copernica does not accept this token: in {TOKEN_SCREEN}, make a new one (it is shown in full only "
        "once), and see there whether calls are limited to IP addresses that this machine does not have",
    )
