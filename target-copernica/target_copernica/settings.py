"""The settings of the target, declared."""

from __future__ import annotations

from typing import Any, Final

from singer_sdk import typing as th

from target_copernica.mapping.load import PRESETS
from target_copernica.settings_dry import DRY
from target_copernica.settings_marketing import MARKETING
from target_copernica.settings_privacy import PRIVACY

__all__ = ["SETTINGS"]

SETTINGS: Final[dict[str, Any]] = th.PropertiesList(
    th.Property(
        "api_token",
        th.StringType,
        required=True,
        secret=True,
        title="API token",
        description="Copernica's API token: made in the Marketing Suite dashboard, shown in full only once.",
    ),
    th.Property(
        "preset",
        th.StringType,
        allowed_values=list(PRESETS),
        title="Preset",
        description=(
            "Which ready-made mapping to use: `seoshop` (people, orders, order rows, products) or "
            "`seoshop-lite` (people, few fields). Without a preset and a mapping, each stream becomes a "
            "database of its own."
        ),
    ),
    *MARKETING,
    th.Property(
        "mapping",
        th.ObjectType(additional_properties=th.AnyType()),
        title="Mapping",
        description="Your own mapping, laid over the preset: rename, drop (null) or add a field in one line.",
    ),
    th.Property(
        "mapping_file",
        th.StringType,
        title="Mapping file",
        description="The same as a YAML file; if both are given, `mapping` is laid over the file.",
    ),
    th.Property(
        "database",
        th.StringType,
        default="SEOshop",
        title="Database of people",
        description=(
            "Name of the database of people (it is made if it does not exist), or the id of an existing one."
        ),
    ),
    th.Property(
        "products_database",
        th.StringType,
        default="SEOshop_products",
        title="Database of products",
        description="Name or id of the database of products; null (or an empty text) leaves products out.",
    ),
    th.Property(
        "state_dir",
        th.StringType,
        default=".target-copernica",
        title="State directory",
        description=(
            "Where the ledger, the rejects file and the lock are. Use one for each shop, and keep it. Two "
            "runs with the same directory never write at the same time."
        ),
    ),
    th.Property(
        "run_id",
        th.StringType,
        title="Run id",
        description=(
            "Id that the scheduler gives to the run: the ledger keeps it, and `trace` shows it. "
            "`seoshop-copernica tick` passes the number in its own record of runs."
        ),
    ),
    th.Property(
        "auto_create",
        th.BooleanType,
        default=True,
        title="Create missing structure",
        description=(
            "Whether a run makes missing databases, collections and fields. It never deletes or changes any."
        ),
    ),
    th.Property(
        "existing_people",
        th.StringType,
        allowed_values=["adopt", "beside"],
        title="Existing people",
        description=(
            "What to do if the database has people that these programs did not make: by default the run "
            "stops before it writes. `adopt`: if exactly one of them has a customer's e-mail address, "
            "that profile becomes the customer's; its other fields stay as they are. `beside`: they stay "
            "as they are, and the shop's people are added beside them."
        ),
    ),
    th.Property(
        "lock_fields",
        th.BooleanType,
        default=False,
        title="Lock new fields",
        description="Whether new fields can be changed and deleted through the API only.",
    ),
    th.Property(
        "live_from",
        th.DateTimeType,
        title="Live from",
        description=(
            "What was made or changed before this moment never runs follow-ups (campaigns). By default "
            "the start of the run that wrote the first record into a database or collection."
        ),
    ),
    th.Property(
        "live_window",
        th.IntegerType,
        minimum=0,
        default=86400,
        title="Live window",
        description="Seconds after which something new counts as history and no longer runs follow-ups.",
    ),
    th.Property(
        "consent",
        th.StringType,
        allowed_values=["off", "mirror", "ratchet"],
        title="Consent",
        description=(
            "How the newsletter fields are kept (docs/consent.md). `mirror`: the shop's value is copied, "
            "an opt-out lowers `newsletter`, and nothing raises it. `ratchet`: a newer explicit act also "
            "raises it. `off`: no such fields. By default `ratchet` in a database that these programs "
            "made, otherwise `mirror`."
        ),
    ),
    th.Property(
        "require_confirmed",
        th.BooleanType,
        default=False,
        title="Only confirmed addresses",
        description="Whether a subscription counts as `pending` until its address is confirmed in the shop.",
    ),
    th.Property(
        "checkout_counts",
        th.BooleanType,
        default=False,
        title="The checkout counts",
        description="Whether ticking the newsletter box at the checkout is an explicit act.",
    ),
    th.Property(
        "soft_optin",
        th.BooleanType,
        default=False,
        title="Customers as a basis",
        description=(
            "Whether `mail_basis` is `customer` for customers who were never asked; `newsletter` stays empty."
        ),
    ),
    th.Property(
        "max_optouts",
        th.IntegerType,
        minimum=0,
        default=50,
        title="Most opt-outs of a list",
        description=(
            "How many subscriptions may disappear from the shop's list at once (or one in a hundred, if "
            "that is more). With more than this the run stops, because a list that was cut short looks "
            "the same."
        ),
    ),
    th.Property(
        "optout_interval",
        th.IntegerType,
        minimum=0,
        default=3600,
        title="Interval of opt-outs",
        description=(
            "Seconds between two checks of who unsubscribed or complained in Copernica, four calls each. "
            "There is always one before anything is raised."
        ),
    ),
    th.Property(
        "consent_scope",
        th.StringType,
        default="account",
        allowed_values=["account", "shop"],
        title="Scope of opt-outs",
        description=(
            "Which opt-outs count: those in the whole `account`, including databases that are not ours, "
            "or only those in the databases of this `shop`."
        ),
    ),
    th.Property(
        "timezone",
        th.StringType,
        default="Europe/Amsterdam",
        title="Time zone",
        description="The time zone of times in Copernica.",
    ),
    th.Property(
        "write_route",
        th.StringType,
        allowed_values=["auto", "single", "import"],
        default="auto",
        title="Write route",
        description=(
            "How records are written. `auto`: history by imports, which run no follow-ups; live records "
            "by single calls, or by an import that runs follow-ups if that takes fewer calls. `import`: "
            "always by import. `single`: always by single calls; follow-ups then run for history too, so "
            "a first load mails everyone whom a campaign applies to."
        ),
    ),
    th.Property(
        "concurrency",
        th.IntegerType,
        minimum=1,
        maximum=16,
        default=4,
        title="Calls side by side",
        description="How many single calls are made at the same time; calls for the same person never are.",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType,
        minimum=1,
        maximum=1000,
        default=1000,
        title="Rows in one import",
        description="Most rows in one import; history is written once there are that many.",
    ),
    th.Property(
        "batch_age",
        th.NumberType,
        minimum=0,
        default=10,
        title="Age of live records",
        description="Seconds after which live records are written, even when the pipe is idle.",
    ),
    th.Property(
        "history_age",
        th.NumberType,
        minimum=0,
        default=600,
        title="Age of history",
        description=(
            "Seconds after which history is written, even if there are not enough rows for a full import."
        ),
    ),
    th.Property(
        "state_interval",
        th.NumberType,
        minimum=0,
        default=5,
        title="State interval",
        description=(
            "Minimum number of seconds between two STATE lines; the last one is emitted at the end in any "
            "case."
        ),
    ),
    th.Property(
        "max_rejects",
        th.NumberType,
        minimum=0,
        default=1000,
        title="Most rejects",
        description=(
            "How many refused records a run allows or, below 1, which share of the records; with more, it "
            "ends with exit code 5. They are kept in the rejects file, and `target-copernica replay` "
            "sends them again."
        ),
    ),
    *DRY,
    th.Property(
        "deletes",
        th.StringType,
        allowed_values=["ignore", "flag", "delete"],
        default="ignore",
        title="Deletes",
        description=(
            "What a record with `_sdc_deleted_at` does: `ignore` the deletion, `flag` it in a field "
            "`deleted_at`, or `delete` the profile or subprofile."
        ),
    ),
    th.Property(
        "max_deletes",
        th.IntegerType,
        minimum=0,
        default=100,
        title="Most deletes",
        description="How many deletions a run allows; with more, it ends with exit code 5.",
    ),
    th.Property(
        "on_removed",
        th.StringType,
        allowed_values=["leave", "recreate"],
        default="leave",
        title="Removed in Copernica",
        description=(
            "What happens to people who were removed in Copernica, by an opt-out or by hand: `leave` them "
            "alone for good, or `recreate` them, with their orders, when their records come again."
        ),
    ),
    *PRIVACY,
    th.Property(
        "refresh_interval",
        th.IntegerType,
        minimum=0,
        default=86400,
        title="Refresh interval",
        description=(
            "Seconds between two scans for what was removed in Copernica, one call per thousand; 0: never."
        ),
    ),
    th.Property(
        "max_tombstones",
        th.IntegerType,
        minimum=0,
        default=100,
        title="Most removed at once",
        description=(
            "How many may be found removed at once, or without their key (or one in a hundred, if that is "
            "more). With more than this the run stops, since that is probably a mistake."
        ),
    ),
    th.Property(
        "call_budget",
        th.ObjectType(
            th.Property("run", th.IntegerType, minimum=0),
            th.Property("month", th.IntegerType, minimum=0),
            additional_properties=False,
        ),
        title="Call budget",
        description=(
            "How many calls to Copernica one `run` may make, and all runs of a calendar `month` together: "
            "Copernica bills calls. When they are used up the run ends with exit code 6, and nothing is "
            "lost."
        ),
    ),
    th.Property(
        "unmapped_streams",
        th.StringType,
        allowed_values=["ignore", "profile", "error"],
        title="Unmapped streams",
        description=(
            "What happens to streams that the mapping does not name: `ignore` (the default with a "
            "mapping), `profile` (the default without one: a database named after the stream), or "
            "`error`."
        ),
    ),
    th.Property(
        "missing_sources",
        th.StringType,
        allowed_values=["warn", "error", "ignore"],
        default="warn",
        title="Missing sources",
        description=(
            "What happens if the mapping names a property or stream that the tap does not have, usually a "
            "typing mistake: `warn`, with the nearest name, `error` (exit code 2: for a property before "
            "the stream is written, for a stream at the end of the run), or `ignore`."
        ),
    ),
    th.Property(
        "api_url",
        th.StringType,
        default="https://api.copernica.com/v4",
        title="API address",
        description="Address of Copernica's REST API, version 4.",
    ),
    th.Property(
        "auth_url",
        th.StringType,
        default="https://authenticate.copernica.com",
        title="Token service",
        description="Address where the API token is exchanged for a 24-hour token.",
    ),
    th.Property(
        "load_method",
        th.StringType,
        allowed_values=["upsert"],
        default="upsert",
        title="Load method",
        description=(
            "Records are always matched by their key: made or updated, never appended twice, never "
            "overwritten as a whole."
        ),
    ),
).to_dict()
