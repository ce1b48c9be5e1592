"""What a run and the commands work with: the settings, the state directory, and the account."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from target_copernica.account.builder import Builder, Choices
from target_copernica.account.identity import account_of
from target_copernica.account.owned import Owned
from target_copernica.account.presence import Presence
from target_copernica.account.readback import Readback
from target_copernica.account.recall import Recall
from target_copernica.account.removed import RemovalCheck
from target_copernica.account.structure import Place, WantedDatabase, wanted_database, wanted_databases
from target_copernica.api.client import Client
from target_copernica.errors import SettingsError
from target_copernica.mapping.consent_lines import keeping_consent
from target_copernica.mapping.derive import generic_mapping
from target_copernica.mapping.load import mapping_of
from target_copernica.memory.addresses import SHARED_STREAM
from target_copernica.memory.consent_log import ConsentLog
from target_copernica.memory.ledger import Ledger
from target_copernica.memory.lock import StateDirectory
from target_copernica.memory.rejects import Rejects
from target_copernica.memory.salvage import replaced
from target_copernica.memory.tombstones import Tombstones
from target_copernica.run.dry_run import DryReadback, Planner, copied
from target_copernica.selections.load import load_selections
from target_copernica.selections.wanted import PEOPLE, field_names, wanted
from target_copernica.writing.deletions import flagged, policy_of

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from target_copernica.account.structure import ActualDatabase
    from target_copernica.api.interrupt import Interrupt
    from target_copernica.mapping.model import AccountMap, DatabaseMap, StreamMap
    from target_copernica.memory.known_account import KnownIdentity
    from target_copernica.selections.wanted import WantedView
    from target_copernica.typed_settings import Settings

__all__ = ["Workspace"]


class Workspace:
    """What runs and commands work with; while open (a context) it is held by one process at a time.

    Nothing is asked of Copernica before a place is prepared.

    Args:
        settings: The target's settings.
        interrupt: The signal flag.
        log: The target's logger.

    Attributes:
        folder: The state directory, in a dry run a copy of it.
        places: What was prepared, by alias of the database and name of the collection (None: the database).
        old_ledger: Where the old ledger is kept, if it is rebuilt.
    """

    old_ledger: Path | None = None

    def __init__(self, settings: Settings, interrupt: Interrupt, log: logging.Logger) -> None:
        self.settings = settings
        self.interrupt = interrupt
        self.log = log
        self.is_dry = settings.dry_run
        self.places: dict[tuple[str, str | None], Place] = {}

    def replaced(self, **over: object) -> Workspace:
        """A workspace that is not open, with some other settings."""
        return Workspace(replace(self.settings, **over), self.interrupt, self.log)

    def rebuilt(self) -> Workspace:
        """A workspace that is not open, with a new ledger; the old one comes back if an error ends it.

        Raises:
            SettingsError: In a dry run, which keeps nothing.
        """
        if self.is_dry:
            raise SettingsError("setting dry_run: a dry run keeps no ledger, so none is rebuilt")
        # Whether the unmanaged profiles in a database matter was decided before the first run.
        people = self.settings.existing_people or "beside"
        work = self.replaced(auto_create=False, existing_people=people)
        work.old_ledger = Path()
        return work

    def read_mapping(self) -> AccountMap | None:
        """The mapping that the settings ask for; no file but the mapping's is opened.

        Raises:
            SettingsError: A line of it cannot be understood.
        """
        settings = self.settings
        mapping = mapping_of(
            settings.preset,
            settings.mapping_file,
            settings.mapping,
            {"database": settings.database, "products_database": settings.products_database},
            settings.extras,
            settings.labels,
        )
        if mapping is not None and settings.consent == "off":
            mapping = keeping_consent(mapping, is_on=False)
        if mapping is not None:
            streams = {name: self._flagged(stream) for name, stream in mapping.streams.items()}
            mapping = replace(mapping, streams=streams)
        return mapping

    def __enter__(self) -> Self:
        """Take the lock and open the files.

        Raises:
            SettingsError: A setting cannot work.
            LockedError: Another run is at work.
        """
        with ExitStack() as opened:
            self._open(opened)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files and let the next process in."""
        self._opened.__exit__(kind, error, trace)

    def _open(self, opened: ExitStack) -> None:
        settings, interrupt, log = self.settings, self.interrupt, self.log
        self.zone = settings.zone()
        self.mapping = self.read_mapping()
        directory = StateDirectory(Path(settings.state_dir).expanduser())
        opened.callback(directory.release)
        self.client = Client(settings.api_url, settings.auth_url, settings.api_token, interrupt)
        self.folder = folder = directory.path
        if self.is_dry:
            scratch = opened.enter_context(TemporaryDirectory(prefix="target-copernica-"))
            self.folder = folder = copied(folder, Path(scratch))
            self.client.only_read()
        self.tombstones = Tombstones(folder / "tombstones.jsonl")
        file = folder / "ledger.sqlite"
        if self.old_ledger is not None:
            self.old_ledger = opened.enter_context(replaced(file))
        self.ledger = Ledger(file, self.tombstones, durable=not settings.dry_run)
        opened.callback(self.ledger.close)
        if self.old_ledger is not None:
            self.ledger.take_over(self.old_ledger)
        if self.keeps_consent:
            consents = self.ledger.consents
            told = ConsentLog(folder / "consent.jsonl", consents.check)
            if told.aside is not None:
                log.warning(
                    "consent.jsonl was written with another key than the one in tombstones.jsonl, so nothing "
                    "in it can be read; it is kept as %s. Restore both from one backup; until then nothing "
                    "is raised unless the setting `consent` says ratchet",
                    told.aside.name,
                )
            consents.use(told)
        self.rejects = Rejects(folder / "rejects.jsonl", self.client.now)
        opened.callback(self.rejects.close)
        self.presence = Presence(self.client, self.ledger, log)
        self.owned = Owned(self.ledger)
        self._recall = Recall(self.ledger)
        reads = DryReadback if self.is_dry else Readback
        self.readback = reads(self.presence, self.owned, self._recall, settings.max_tombstones)
        choices = Choices(
            auto_create=settings.auto_create,
            people_chosen=settings.existing_people is not None,
            lock_fields=settings.lock_fields,
            # The mark of a damaged ledger may be lost with it: then taking over needs the new one.
            owned=self.old_ledger is None,
        )
        self.builder = Builder(self.client, self.ledger, log, choices)
        self._planner = Planner(self.builder, self.ledger, log) if settings.dry_run else None

    @property
    def keeps_consent(self) -> bool:
        """Whether any database of the mapping keeps consent."""
        return self.mapping is not None and any(one.consent for one in self.mapping.databases.values())

    def check_account(self) -> KnownIdentity:
        """See that the state directory belongs to the account of the token.

        Returns:
            What the ledger should remember once something was written.

        Raises:
            SettingsError: It belongs to another one.
        """
        settings = self.settings
        return account_of(self.client, self.ledger, f"{settings.api_url} {settings.api_token}")

    def wanted(self) -> list[tuple[str, WantedDatabase]]:
        """All databases, by alias: those of the mapping, and of streams that came without one before."""
        if self.mapping is None:
            return self._wanted_unmapped()
        mapped = list(wanted_databases(self.mapping))
        return mapped + (self._wanted_unmapped() if self.settings.unmapped_streams == "profile" else [])

    def _wanted_unmapped(self) -> list[tuple[str, WantedDatabase]]:
        made = [self.unmapped(*known) for known in self.ledger.journal.schemas()]
        return [(database.alias, wanted_database(database.name, [stream])) for database, stream in made]

    def other_language(self) -> str | None:
        """The language in which fields were made, if the settings want another one now."""
        known = self.ledger.account.language()
        return known if self.settings.preset and known not in (None, self.settings.labels) else None

    def about_language(self, was: str) -> str:
        """What another language of names means.

        Args:
            was: The one of before.
        """
        return (
            f"Setting labels was `{was}` and is `{self.settings.labels}`: the fields that are missing are "
            "made beside the old ones, which stay and are no longer filled; the next full run fills them. "
            "Templates and selections that use the old names go on with old values."
        )

    def selections(self) -> list[WantedView]:
        """The selections that there should be.

        Raises:
            SettingsError: The file of selections cannot be understood.
        """
        if self.mapping is None or PEOPLE not in self.mapping.databases:
            return []
        return wanted(
            load_selections(self.settings.selections), field_names(self.mapping), self.settings.labels
        )

    def prepare_mapping(self) -> None:
        """Bring all databases of the mapping to what it needs; without one, see that the token works.

        All of them are looked at before the first is changed.

        Raises:
            SettingsError: The settings want names in another language than those that are there.
        """
        if was := self.other_language():
            raise SettingsError(
                f"setting labels: the fields were made with `{was}`. `plan` shows which ones "
                f"`{self.settings.labels}` makes anew, beside them, and `apply` makes them; or set it back"
            )
        account = self.check_account()
        if self.mapping is None:
            if account == self.ledger.account.identity():
                self.client.get("identity")
        elif self._planner is None:
            wanted = list(wanted_databases(self.mapping))
            looked = [self.builder.look(database) for _, database in wanted]
            for (alias, database), actual in zip(wanted, looked, strict=True):
                self.build(alias, database, actual)
        else:
            for alias, database in wanted_databases(self.mapping):
                self.prepare(alias, database)
        self.ledger.account.know_identity(account)
        self.ledger.account.know_language(self.settings.labels)

    def prepare_unmapped(self) -> None:
        """Bring the databases of streams that came without a mapping to what they need."""
        for alias, database in self._wanted_unmapped():
            self.prepare(alias, database)

    def unmapped(
        self, stream: str, schema: Mapping[str, Any], key: Sequence[str]
    ) -> tuple[DatabaseMap, StreamMap]:
        """The mapping that is made of a stream's schema."""
        database, declared = generic_mapping(stream, schema, key)
        return database, self._flagged(declared)

    def _flagged(self, stream: StreamMap) -> StreamMap:
        """A stream's mapping, with a field that says when something was deleted, if that is wanted of it."""
        policy = policy_of(stream, self.settings.deletes, self.settings.on_shop_deletion)
        return flagged(stream) if policy == "flag" else stream

    def prepare(self, alias: str, wanted: WantedDatabase) -> None:
        """Bring one database to what is wanted.

        Args:
            alias: Its name within the mapping; without a mapping the name of its stream.
            wanted: What must be there.
        """
        if self._planner is not None:
            self._add(alias, self._planner.prepare(wanted))
        else:
            self.build(alias, wanted, self.builder.look(wanted))

    def build(self, alias: str, wanted: WantedDatabase, actual: ActualDatabase | None) -> None:
        """Bring a database that was looked at already to what is wanted.

        Args:
            alias: As for `prepare`.
            wanted: As there.
            actual: What is there; None where there is no such database.
        """
        others = {place.database_id: other for (other, _), place in self.places.items() if other != alias}
        self._add(alias, self.builder.prepare(wanted, actual, others))

    def _add(self, alias: str, places: Mapping[str | None, Place]) -> None:
        self.places.update({(alias, collection): place for collection, place in places.items()})
        self._declare_owned(alias)
        self.readback.know(self.places.values())

    def _declare_owned(self, alias: str) -> None:
        """Declare which fields must be emptied when no record names them any more."""
        if self.mapping is None or alias not in self.mapping.databases:
            return
        for stream in self.mapping.streams.values():
            if stream.place.database == alias and stream.empties_absent:
                place = self.places[alias, stream.place.collection]
                self.owned.declare(place, stream.stream, (entry.name for entry in stream.fields))
        people, database = self.places[alias, None], self.mapping.databases[alias]
        if database.shared_email is not None:
            self.owned.declare(people, SHARED_STREAM, [database.shared_email])
        if (newsletter := people.fields.get(database.consent.get("newsletter", "").lower())) is not None:
            self.readback.keep_consent(people, newsletter.name)
        self._recall.declare(people, database.consent)

    def removed(self) -> RemovalCheck:
        """Looks for what was removed in Copernica."""
        return RemovalCheck(
            self.client,
            self.ledger,
            self.readback,
            self.presence,
            self.settings.max_tombstones,
            timedelta(seconds=self.settings.refresh_interval),
        )
