"""What a list of shops may say, typed; and what of it becomes the settings of tap and target."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from seoshop_copernica.errors import TroubleError
from seoshop_copernica.places import NAME_PATTERN, checked_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seoshop_copernica.places import Places

__all__ = [
    "EXPECTED",
    "OWNED",
    "SECRETS",
    "SELECT",
    "Alarms",
    "Cadence",
    "Defaults",
    "Shop",
    "Sources",
    "seconds_of",
]

SECRETS: Final = {"tap": ("api_key", "api_secret"), "target": ("api_token",)}
OWNED: Final = {"tap": (*SECRETS["tap"], "state_dir"), "target": (*SECRETS["target"], "state_dir")}
"""Settings that no list may give: secrets, and the place that belongs to one shop alone."""

PREFIX: Final = {"tap": "TAP_SEOSHOP_", "target": "TARGET_COPERNICA_"}

SELECT: Final = (
    "customers.*",
    "subscriptions.*",
    "customer_group_sets.*",
    "customer_summaries.*",
    "customer_metrics.*",
    "orders.*",
    "shipments.*",
    "order_products.*",
    "products.*",
    "variants.*",
)
"""The streams of the preset `seoshop`, as in `meltano.yml`."""

SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_SOURCE: Final = "^(?:env|file):.+$"
_CADENCE: Final = "^(?:auto|[1-9][0-9]{0,3}[mhd])$"
_CLUSTER: Final = "^(?:eu1|us1)$"
_LANGUAGE: Final = "^[a-z]{2}$"
_PRESET: Final = "^(?:seoshop|seoshop-lite)$"
_TIME: Final = "^[1-9][0-9]{0,4}[smhd]$"
_ADDRESS: Final = "^(?:env:|file:|https?://).+$"
EXPECTED: Final = {
    _SOURCE: "`env:NAME` or `file:PATH`",
    _CADENCE: "`auto`, or a time such as `5m`, `2h`, `1d`",
    _CLUSTER: "`eu1` or `us1`",
    _LANGUAGE: "two small letters, such as `nl`",
    _PRESET: "`seoshop`, `seoshop-lite` or null",
    _TIME: "a time such as `90s`, `30m`, `6h`",
    _ADDRESS: "an address, `env:NAME` or `file:PATH`",
}
"""What a line must be, in words, by the pattern that it must fit."""

Source = Annotated[
    str,
    Meta(
        pattern=_SOURCE,
        description="Where a secret is: `env:NAME` (a variable), or `file:PATH` (a file of its own).",
    ),
]
Cadence = Annotated[
    str,
    Meta(
        pattern=_CADENCE,
        description="How often: `5m`, `2h`, `1d`; or `auto`: five minutes while something moves, up to "
        "thirty when nothing does.",
    ),
]


Cause = Literal[
    "stale", "rejects", "key", "right", "structure", "settings", "budget", "follow-ups", "fault", "volume"
]
"""Names of alarms, see `seoshop_copernica.alarms`."""


class Sources(Struct, forbid_unknown_fields=True, frozen=True):
    """Where each secret is."""

    api_key: Source
    api_secret: Source
    api_token: Source


class Alarms(Struct, forbid_unknown_fields=True, frozen=True):
    """Who is told when a person is needed, and of what not."""

    to: Annotated[
        list[Source],
        Meta(
            min_length=1,
            description="Where addresses as Apprise has them (`mailtos://...`, `slack://...`) stand, since "
            "they hold secrets.",
        ),
    ]
    without: Annotated[
        list[Cause],
        Meta(description="Causes that are not told."),
    ] = []


class Defaults(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a shop may say, and what may be said once for all of them."""

    cluster: (
        Annotated[str, Meta(pattern=_CLUSTER, description="Where the shop lives: `eu1` or `us1`.")]
        | UnsetType
    ) = UNSET
    language: (
        Annotated[str, Meta(pattern=_LANGUAGE, description="Language of titles and texts, two letters.")]
        | UnsetType
    ) = UNSET
    database: (
        Annotated[str | int, Meta(description="Database of people in Copernica: its name, or the id of one.")]
        | UnsetType
    ) = UNSET
    products_database: (
        Annotated[
            str | int | None,
            Meta(description="Database of products, by name or id; null leaves products out."),
        ]
        | UnsetType
    ) = UNSET
    preset: Annotated[
        Annotated[str, Meta(pattern=_PRESET)] | None,
        Meta(description="Ready mapping: `seoshop`, `seoshop-lite`, or null for one of your own."),
    ] = "seoshop"
    cadence: Cadence = "5m"
    time_limit: Annotated[
        str,
        Meta(
            pattern=_TIME,
            description="How long a run may take, also a first load: `30m`, `6h`. It keeps what it has.",
        ),
    ] = "6h"
    runner: Annotated[
        Literal["pipe", "meltano"], Meta(description="`tap | target` as a pipe, or `meltano run`.")
    ] = "pipe"
    environment: Annotated[
        str | UnsetType,
        Meta(description="Meltano's environment: begins the name of the state. By default the shop's name."),
    ] = UNSET
    ping_url: Annotated[
        Annotated[str, Meta(pattern=_ADDRESS)] | None,
        Meta(
            description="Check of a dead-man service, called at the start and the end of each run: its "
            "address, or `env:NAME` or `file:PATH` where that stands."
        ),
    ] = None
    alarms: Annotated[Alarms | None, Meta(description="Who is told when a person is needed.")] = None
    select: Annotated[
        list[str] | UnsetType,
        Meta(description="What is read: `orders.*`, `orders.memo`, `!orders.email`, as in Meltano."),
    ] = UNSET
    tap: Annotated[dict[str, Any], Meta(description="Any other setting of tap-seoshop.")] = {}
    target: Annotated[dict[str, Any], Meta(description="Any other setting of target-copernica.")] = {}


class Shop(Defaults, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One shop.

    Attributes:
        name: How it is called everywhere.
        home: The folder against which relative paths stand.
        listed: Whether it stands in a list; else it is all in a file of variables, and in the environment.
    """

    secrets: Annotated[
        str | Sources | UnsetType,
        Meta(description="A file of variables (by default `.env.NAME`), or where each secret is."),
    ] = UNSET
    name: str = ""
    home: str = "."
    listed: bool = True

    @classmethod
    def alone(cls, name: str, home: Path) -> Self:
        """A shop without a list: everything stands in `.env` (of `prod`) or `.env.NAME`.

        Raises:
            TroubleError: The name cannot be one.
        """
        return cls(name=checked_name(name), home=str(home), listed=False)

    @property
    def is_watched(self) -> bool:
        """Whether anyone is told how its runs end."""
        return self.ping_url is not None or self.alarms is not None

    @property
    def meltano_environment(self) -> str:
        """Meltano's environment."""
        return self.name if self.environment is UNSET else self.environment

    @property
    def selected(self) -> tuple[str, ...]:
        """The patterns of what is read."""
        if self.select is not UNSET:
            return tuple(self.select)
        preset = ("customers.*",) if self.preset == "seoshop-lite" else SELECT
        # An extra is named after the stream that it needs.
        return (*preset, *(f"{extra}.*" for extra in self.target.get("extras", ())))

    def settings(self, places: Places, environ: Mapping[str, str] = os.environ) -> dict[str, dict[str, Any]]:
        """All settings of both programs, secrets among them.

        Args:
            places: The shop's.
            environ: The environment.

        Returns:
            Those of the `tap` and of the `target`.

        Raises:
            TroubleError: A secret is not where the list says.
        """
        found = self._from_variables(environ)
        cadence = seconds_of(self.cadence)
        named: dict[str, dict[str, Any]] = {
            "tap": {"cluster": self.cluster, "language": self.language},
            "target": {"database": self.database, "products_database": self.products_database},
        }
        for side, given in found.items():
            given.update((name, value) for name, value in named[side].items() if value is not UNSET)
        if self.listed or "preset" not in found["target"]:
            found["target"]["preset"] = self.preset
        if cadence is not None:
            found["tap"].setdefault("run_interval", cadence)
        found["tap"].update(self.tap, state_dir=str(places.order_book))
        found["target"].update(self.target, state_dir=str(places.ledger))
        if isinstance(self.secrets, Sources):
            for side, names in SECRETS.items():
                for name in names:
                    found[side][name] = self.secret(getattr(self.secrets, name), environ)
        return found

    def secret_variables(self) -> set[str]:
        """Names of the variables in which its secrets stand."""
        places = [*(self.alarms.to if self.alarms else ()), self.ping_url or ""]
        if isinstance(self.secrets, Sources):
            places += msgspec.structs.astuple(self.secrets)
        return {place.removeprefix("env:") for place in places if place.startswith("env:")}

    def month_budget(self, environ: Mapping[str, str] = os.environ) -> int | None:
        """Calls to Copernica that a month may have; None where there is no limit, or it cannot be read.

        Args:
            environ: The environment.
        """
        given = self.target.get("call_budget")
        if given is None:
            with suppress(TroubleError):  # the tick tells of it
                given = self._from_variables(environ)["target"].get("call_budget")
        if isinstance(given, str):
            with suppress(msgspec.DecodeError):
                given = msgspec.json.decode(given)
        month = given.get("month") if isinstance(given, dict) else None
        return month if isinstance(month, int) else None

    def _from_variables(self, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """The settings in a file of variables, and for a shop without a list in the environment."""
        given: dict[str, str | None] = {}
        if not isinstance(self.secrets, Sources):
            given = self._variables()
        if not self.listed:
            given |= environ
        return {
            side: {
                name.removeprefix(prefix).lower(): value
                for name, value in given.items()
                if name.startswith(prefix) and value is not None and "__" not in name
            }
            for side, prefix in PREFIX.items()
        }

    def _variables(self) -> dict[str, str | None]:
        from dotenv import dotenv_values  # noqa: PLC0415  # only where there is such a file

        default = ".env" if self.name == "prod" else f".env.{self.name}"
        file = Path(self.home, self.secrets if isinstance(self.secrets, str) else default)
        if not file.is_file():
            if not self.listed:
                return {}
            raise TroubleError(
                f"shop {self.name}: there is no {file}; copy .env.example to it and fill it in, or say in "
                "the list where the secrets are"
            )
        try:
            return dotenv_values(file)
        except (OSError, UnicodeDecodeError) as error:
            raise TroubleError(
                f"shop {self.name}: {file}: {getattr(error, 'strerror', 'not UTF-8')}"
            ) from None

    def secret(self, source: str, environ: Mapping[str, str] = os.environ) -> str:
        """What stands where a source points; an address stands for itself.

        Args:
            source: `env:NAME`, `file:PATH`, or an address.
            environ: The environment.

        Raises:
            TroubleError: There is nothing.
        """
        kind, _, place = source.partition(":")
        if kind in {"http", "https"}:
            return source
        if kind == "env":
            if not (value := environ.get(place, "").strip()):
                raise TroubleError(f"shop {self.name}: the variable {place} is not set, or empty")
            return value
        try:
            value = Path(self.home, place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise TroubleError(
                f"shop {self.name}: {place}: {getattr(error, 'strerror', 'not UTF-8')}"
            ) from None
        if not value:
            raise TroubleError(f"shop {self.name}: {place} is empty")
        return value


def seconds_of(cadence: str) -> int | None:
    """Seconds of a time such as `5m`; None for `auto`."""
    return None if cadence == "auto" else int(cadence[:-1]) * SECONDS[cadence[-1]]


def is_name(text: str) -> bool:
    """Whether a text can be the name of a shop."""
    return re.fullmatch(NAME_PATTERN.strip("^$"), text) is not None
