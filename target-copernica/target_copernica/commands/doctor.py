"""`doctor`: is everything as a run needs it, and what is to be done where it is not."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from target_copernica.account.diff import State, compared
from target_copernica.account.structure import Place
from target_copernica.consent.model import NO
from target_copernica.errors import NotAllowedError, RefusedError, SettingsError
from target_copernica.mapping.keys import KEY_FIELD, fold_email
from target_copernica.terminal import say, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_copernica.account.structure import ActualDatabase, WantedDatabase
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]

_CLOCK_SECONDS: Final = 120
_INDEXES_ADVISED: Final = 6  # the vendor's advice; 64 are possible


@dataclass(slots=True)
class _Findings:
    """The checks and their results, in the order of the table."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    exit_code: int = 0

    def fine(self, what: str, how: str = "") -> None:
        self.rows.append((what, "ok", how))

    def note(self, what: str, how: str) -> None:
        self.rows.append((what, "note", how))

    def wrong(self, what: str, how: str, exit_code: int = SettingsError.exit_code) -> None:
        self.rows.append((what, "wrong", how))
        self.exit_code = max(self.exit_code, exit_code)


@click.command("doctor")
@click.option(
    "--quick", is_flag=True, help="Do not read all profiles and subprofiles (one call per thousand)."
)
@click.pass_obj
def command(workspace: Workspace, *, quick: bool) -> None:
    """Check token, rights, structure, limits, duplicates and clock, and say what to do. Writes nothing.

    Exit code 0: a run can begin. 2: something has to be put right first. 3: the token or a right of it.
    """
    found = _Findings()
    with workspace as work:
        _look_at_token(work, found)
        _look_at_clock(work, found)
        for _, wanted in work.wanted():
            _look_at_database(work, wanted, found, quick=quick)
    show(("check", "result", "what it means, what to do"), found.rows)
    say("Only a write shows whether the token may write: `apply` is a harmless one.")
    if found.exit_code:
        sys.exit(found.exit_code)


def _look_at_token(work: Workspace, found: _Findings) -> None:
    identity = work.client.get("identity")  # refused: the command ends with exit code 3 and one line
    found.fine("token", f"for the account {identity.get('name') or identity.get('company') or ''}".rstrip())
    try:
        work.check_account()
    except SettingsError as error:
        found.wrong("account", str(error))
    month = datetime.now(UTC).date().replace(day=1).isoformat()
    question = [("begin", month), ("end", datetime.now(UTC).date().isoformat())]
    told = _asked(lambda: work.client.get("consumption", question))
    if isinstance(told, dict) and "apicalls" in told:
        found.fine("calls", f"{told['apicalls']} since {month}, as counted by the account")


def _look_at_clock(work: Workspace, found: _Findings) -> None:
    apart = abs((work.client.now() - datetime.now(UTC)).total_seconds())
    if apart > _CLOCK_SECONDS:
        found.note("clock", f"{in_words(apart)} off from Copernica's clock, which is the one that counts")
    else:
        found.fine("clock")


def in_words(seconds: float) -> str:
    """A span of time as people say it, in its two largest units.

    Args:
        seconds: How long it is.
    """
    parts: list[str] = []
    left = round(seconds)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, size)
        if number or parts:
            parts.append(f"{number} {unit}{'s' * (number != 1)}" if number else "")
    return " ".join(part for part in parts[:2] if part) or "0 seconds"


def _look_at_database(work: Workspace, wanted: WantedDatabase, found: _Findings, *, quick: bool) -> None:
    name = f"database {wanted.name}"
    try:
        examined = work.builder.examine(wanted)
    except SettingsError as error:
        found.wrong(name, str(error))
        return
    for change in examined.stops if examined else ():
        found.wrong(name, change.line)
    for line in examined.notes if examined else ():
        found.note(name, line)
    actual = examined.actual if examined else None
    _look_at_structure(work, wanted, actual, found)
    if actual is None:
        return
    try:
        work.builder.check_people(wanted, actual)
        found.fine(f"{name}: people")
    except SettingsError as error:
        found.wrong(f"{name}: people", str(error))
    if not actual.mails and any(entry.type == "email" for entry in wanted.fields):
        found.note(
            f"{name}: mail",
            "no mail can be sent to it: allow e-mail in its intentions (Copernica, Profiles)",
        )
    _look_at_consent(work, wanted, actual, found)
    _look_at_limits(name, actual, found)
    for place in _places(wanted, actual):
        answer = _asked(lambda place=place: work.client.get(place.list_path, [("limit", "1")]))  # type: ignore[misc] # bound now
        if isinstance(answer, RefusedError):
            how = f"{answer}: give the token the right to read"
            found.wrong(f"{place.name}: reading", how, NotAllowedError.exit_code)
        elif not quick and KEY_FIELD in place.fields:
            _look_at_doubles(work, place, found)


def _look_at_structure(
    work: Workspace, wanted: WantedDatabase, actual: ActualDatabase | None, found: _Findings
) -> None:
    what = f"database {wanted.name}: structure"
    lines = compared(wanted, actual)
    missing = sum(line.state is State.MISSING for line in lines)
    if missing and work.settings.auto_create:
        found.note(what, f"{missing} fields are missing; the next run or `apply` makes them")
    elif missing:
        found.wrong(what, f"{missing} fields are missing and `auto_create` is off: see `plan`, then `apply`")
    else:
        found.fine(what)
    for line in lines:
        if line.state is State.DIFFERS:
            found.note(f"{line.place}.{line.field}", line.note)


def _look_at_consent(
    work: Workspace, wanted: WantedDatabase, actual: ActualDatabase, found: _Findings
) -> None:
    """What Copernica itself does when a person unsubscribes must be stricter than what we do."""
    if (field := wanted.newsletter) is None:
        return
    what = f"database {wanted.name}: unsubscribe"
    to_do = f"let it `update` {field} to `no` (Copernica, Profiles; see docs/consent.md)"
    made = work.ledger.consents.is_made(f"d{actual.id}")
    raises = work.settings.consent == "ratchet" or (work.settings.consent is None and made)
    told = _asked(lambda: work.client.get(f"database/{actual.id}/unsubscribe"))
    if isinstance(told, RefusedError):
        found.note(what, f"{told}: whether an opt-out in Copernica lowers {field} cannot be told")
        return
    behavior, fields = str(told.get("behavior")), told.get("fields") or {}
    lowers = {str(name).lower(): str(value).lower() for name, value in dict(fields).items()}
    if behavior == "update" and lowers.get(field.lower()) == NO:
        found.fine(what, f"lowers {field}")
    elif behavior == "remove":
        found.note(what, f"removes the profile, and with it the proof of the opt-out: {to_do}")
    elif raises:
        found.wrong(what, f"leaves {field} as it is, so the setting `consent: ratchet` is not safe: {to_do}")
    else:
        found.note(what, f"leaves {field} as it is: {to_do}")
    there = actual.fields.get(field.lower())
    if there is not None and not there.index:
        found.note(f"database {wanted.name}: {field}", "has no index: selections on it are slow")


def _look_at_limits(name: str, actual: ActualDatabase, found: _Findings) -> None:
    places = {name: actual.fields} | {
        f"{name}.{collection}": there.fields for collection, there in actual.collections.items()
    }
    for place, fields in places.items():
        indexes = len({entry.id for entry in fields.values() if entry.index})
        if indexes > _INDEXES_ADVISED:
            how = f"{indexes}; Copernica advises at most {_INDEXES_ADVISED} (64 are possible)"
            found.note(f"{place}: indexes", how)


def _places(wanted: WantedDatabase, actual: ActualDatabase) -> Iterator[Place]:
    yield Place(actual.id, None, wanted.name, None, actual.fields)
    for name in wanted.collections:
        if there := actual.collections.get(name.lower()):
            yield Place(actual.id, there.id, f"{wanted.name}.{name}", there.name, there.fields)


def _look_at_doubles(work: Workspace, place: Place, found: _Findings) -> None:
    keys: Counter[str] = Counter()
    addresses: Counter[str] = Counter()
    for key, fields in work.readback.keys_and_fields(place):
        if key:
            keys[key] += 1
        if place.email_field and (address := fold_email(fields.get(place.email_field))):
            addresses[address] += 1
    doubled = sorted(key for key, number in keys.items() if number > 1)
    if doubled:
        shown = ", ".join(doubled[:5])
        how = f"{len(doubled)} keys stand there twice or more ({shown}): remove all but the first of each"
        found.wrong(f"{place.name}: keys", how)
    else:
        found.fine(f"{place.name}: keys", f"{keys.total()}, each once")
    if shared := sum(number > 1 for number in addresses.values()):
        how = f"{shared} addresses belong to more than one profile: a mailing to all reaches them twice"
        found.note(f"{place.name}: e-mail addresses", how)


def _asked(question: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
    """The answer, or the refusal: an account may keep single calls from a token."""
    try:
        return question()
    except RefusedError as refused:
        return refused
