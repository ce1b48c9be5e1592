"""The settings as the target's code uses them: typed, complete, and the same for a whole run."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from target_copernica.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CallBudget", "Settings"]


class CallBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The setting `call_budget`.

    Attributes:
        run: Most calls of one run; None for no limit.
        month: Most calls of one calendar month (UTC); None for no limit.
    """

    run: int | None = None
    month: int | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of the target that say what it does. `settings.SETTINGS` describes each."""

    api_token: str
    api_url: str
    auth_url: str
    database: str
    state_dir: str
    auto_create: bool
    lock_fields: bool
    live_window: int
    timezone: str
    write_route: Literal["auto", "single", "import"]
    concurrency: int
    batch_size_rows: int
    batch_age: float
    history_age: float
    state_interval: float
    max_rejects: float
    dry_run: bool
    deletes: Literal["ignore", "flag", "delete"]
    max_deletes: int
    on_removed: Literal["leave", "recreate"]
    on_return: Literal["ask", "block", "welcome"]
    refresh_interval: int
    max_tombstones: int
    require_confirmed: bool
    checkout_counts: bool
    soft_optin: bool
    max_optouts: int
    optout_interval: int
    consent_scope: Literal["account", "shop"]
    selections: str
    labels: Literal["en", "nl", "de"]
    missing_sources: Literal["warn", "error", "ignore"]
    preset: str | None = None
    extras: tuple[str, ...] = ()
    coupon_campaign: int | None = None
    events: tuple[
        Literal["user/register", "email/unsubscribe", "webshop/cart/add", "webshop/cart/remove"], ...
    ] = ()
    mapping: dict[str, Any] | None = None
    mapping_file: str | None = None
    products_database: str | None = None
    existing_people: Literal["adopt", "beside"] | None = None
    live_from: datetime | None = None
    reconcile: datetime | None = None
    run_id: str | None = None
    consent: Literal["off", "mirror", "ratchet"] | None = None
    on_shop_deletion: Literal["keep", "flag", "forget"] | None = None
    max_live: int | None = None
    call_budget: CallBudget = CallBudget()
    unmapped_streams: Literal["ignore", "profile", "error"] | None = None
    validate_records: bool = True

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The typed form of a configuration.

        Args:
            config: The configuration, valid by its JSON schema and with defaults.

        Raises:
            SettingsError: A time or a time zone cannot be read.
        """
        given = {name: config[name] for name in cls.__struct_fields__ if config.get(name) not in (None, "")}
        for name in {"live_from", "reconcile"}.intersection(given):
            given[name] = _instant(name, given[name])
        if "reconcile" in given:  # nothing may be written, and what ends other runs is what it is to tell
            given |= {"dry_run": True, "max_rejects": math.inf, "missing_sources": "ignore"}
        found = msgspec.convert(given, cls, strict=False)
        try:
            found.zone()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingsError("setting timezone: expected a name such as Europe/Amsterdam") from None
        return found

    def zone(self) -> ZoneInfo:
        """The zone in which Copernica shows times."""
        return ZoneInfo(self.timezone)

    def __repr__(self) -> str:
        """Without values: a token must not reach a log or a traceback."""
        return "Settings(...)"


def _instant(name: str, given: str) -> datetime:
    """A time of a setting in UTC; one without an offset is UTC, a day is its beginning."""
    try:
        found = datetime.fromisoformat(given)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingsError(f"setting {name}: expected a time such as 2026-01-31T00:00:00Z") from None
