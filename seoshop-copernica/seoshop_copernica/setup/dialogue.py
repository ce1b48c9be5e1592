"""The questions, each answer tested at once."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seoshop_copernica.errors import Code, FleetError
from seoshop_copernica.setup import account, shop
from seoshop_copernica.setup.values import SHOP_SCREEN, TOKEN_SCREEN, complaint, copied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seoshop_copernica.setup.shop import Shop

__all__ = ["Addresses", "Asker", "NotAcceptedError", "account_of", "shop_of"]

_CODES: Final = {"away": Code.AWAY, "cluster": Code.SETTINGS, "language": Code.SETTINGS}
_LABELS: Final = {
    "api_key": "API key",
    "api_secret": "API secret",
    "cluster": "Cluster, eu1 (Europe) or us1 (America)",
    "language": "Language of product titles",
    "api_token": "API token",
}
_HIDDEN: Final = frozenset({"api_key", "api_secret", "api_token"})
_USUAL: Final = {"cluster": "eu1", "language": "nl"}


class NotAcceptedError(FleetError):
    """A value does not do, and there is no one to ask for another.

    Args:
        line: Why, and the screen on which it is put right.
        code: What the command ends with.
    """

    def __init__(self, line: str, code: int) -> None:
        super().__init__(line)
        self.exit_code = code


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where both APIs are.

    Args:
        clusters: Of SEOshop, by name.
        api: Of Copernica.
        auth: Of Copernica's token service.
    """

    clusters: Mapping[str, str]
    api: str
    auth: str


class Asker:
    """Asks for values. A value that is given, or known from before, is taken where no one can be asked.

    Args:
        given: Values by setting, from the environment and from what stands in the file.
        talks: Whether there is a person to ask.
    """

    def __init__(self, given: Mapping[str, str], *, talks: bool) -> None:
        self.values = dict(given)
        self.talks = talks

    def tell(self, line: str) -> None:
        """A line for the person."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def value(self, name: str) -> str:
        """A value that looks right.

        Args:
            name: The setting.

        Raises:
            NotAcceptedError: It does not, and there is no one to ask.
        """
        known = self.values.get(name) or _USUAL.get(name, "")
        while True:
            value = copied(self._asked(name, known) if self.talks else known)
            if (wrong := complaint(name, value)) is None:
                self.values[name] = value
                return value
            self.refuse(wrong, Code.SETTINGS)

    def refuse(self, line: str, code: int) -> None:
        """Say what is wrong, before the question comes again.

        Raises:
            NotAcceptedError: There is no one to ask again.
        """
        if not self.talks:
            raise NotAcceptedError(line, code)
        self.tell(f"  No: {line}.")

    def yes(self, question: str) -> bool:
        """Whether the person says yes; no where there is none."""
        return self.talks and input(f"{question} [y/N] ").strip().lower() in {"y", "yes", "j", "ja"}

    def _asked(self, name: str, known: str) -> str:
        if name in _HIDDEN:
            hint = " (hidden; Enter keeps the one you have)" if known else " (hidden)"
            return getpass.getpass(f"  {_LABELS[name]}{hint}: ") or known
        return input(f"  {_LABELS[name]} [{known}]: ") or known


def shop_of(asker: Asker, addresses: Addresses) -> Shop:
    """Ask for what opens the shop until it does.

    Raises:
        NotAcceptedError: It does not, and there is no one to ask.
    """
    asker.tell(f"The shop. Key and secret are made in {SHOP_SCREEN}; the key has to be activated there.")
    wanted = ["api_key", "api_secret", "cluster", "language"]
    while True:
        for name in wanted:
            asker.value(name)
        keys = shop.Keys(*(asker.values[name] for name in ("api_key", "api_secret", "cluster", "language")))
        found = shop.look(keys, addresses.clusters)
        if isinstance(found, shop.Shop):
            asker.tell(
                f"  Yes: shop {found.id} ({found.name}); the key may read customers, orders and products."
            )
            return found
        asker.refuse(found.line, _CODES.get(found.what, Code.NOT_ALLOWED))
        if found.instead:
            asker.values[found.what] = found.instead
        wanted = [found.what] if found.what in {"cluster", "language"} else ["api_key", "api_secret"]


def account_of(asker: Asker, addresses: Addresses) -> None:
    """Ask for Copernica's token until it is accepted.

    Raises:
        NotAcceptedError: It is not, and there is no one to ask.
    """
    asker.tell(f"Copernica. The token is made in {TOKEN_SCREEN}; it is shown in full only once.")
    while True:
        found = account.look(asker.value("api_token"), addresses.api, addresses.auth)
        if isinstance(found, account.Account):
            asker.tell(f"  Yes: the token is for the account {found.name}.")
            return
        asker.refuse(found.line, _CODES.get(found.what, Code.NOT_ALLOWED))
