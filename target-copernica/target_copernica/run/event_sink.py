"""Sends live acts of people to Copernica's events API (docs/api/copernica.md, section 13b).

A call must not be repeated: it is not possible to read back whether an event arrived, and an event that
arrives twice runs its follow-ups twice. So each event is recorded before its call, and if the answer is lost,
it is not sent again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import json

from target_copernica.errors import LostAnswerError, RefusedError, SettingsError, TargetError
from target_copernica.mapping.model import STAMP
from target_copernica.memory.api_events import CartLine, EventMarks
from target_copernica.run.cart_events import CART_ADD, CART_REMOVE, acts, told_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_copernica.account.structure import Place
    from target_copernica.mapping.model import Fragment, StreamMap
    from target_copernica.memory.api_events import ApiEvent
    from target_copernica.run.workspace import Workspace
    from target_copernica.writing.brake import MailBrake
    from target_copernica.writing.liveness import Liveness

__all__ = ["EventSink", "advanced", "split"]

_REGISTER: Final = "user/register"
_UNSUBSCRIBE: Final = "email/unsubscribe"


def advanced(marks: EventMarks | None, now: datetime, window: timedelta) -> EventMarks:
    """From which times on events are sent, at the start of a run.

    The shop does not say when a person opted out, only that the person is no longer in its list. So the time
    is known only if runs followed each other closely: not for one `window` after the first run or after a
    pause.

    Args:
        marks: As the last run left them; None before the first.
        now: The server's time, UTC.
        window: How old something live may be.
    """
    at, quiet = _stamp(now), _stamp(now + window)
    if marks is None:
        return EventMarks(at, quiet, at)
    has_paused = marks.last < _stamp(now - window)
    return EventMarks(marks.begun, quiet if has_paused else marks.dated_from, at)


def split(events: Sequence[ApiEvent], since: str) -> tuple[list[ApiEvent], list[ApiEvent]]:
    """Separate events that are still live from those that have become history.

    Args:
        events: The events.
        since: What happened since then is live.

    Returns:
        The live events, and the others.
    """
    return [one for one in events if one.at >= since], [one for one in events if one.at < since]


class EventSink:
    """Takes live acts from records, and sends them to Copernica at the end of a run.

    Args:
        work: An open workspace.
        liveness: Tells live from history.
    """

    def __init__(self, work: Workspace, liveness: Liveness) -> None:
        self._work = work
        self._liveness = liveness
        self._kinds = frozenset(work.settings.events if work.settings.reconcile is None else ())
        if not self._kinds:
            return
        self._known = work.ledger.api_events
        self._now = work.client.now()
        self._window = timedelta(seconds=work.settings.live_window)
        self._marks = advanced(self._known.marks(), self._now, self._window)
        with work.ledger.transaction():
            self._known.mark(self._marks)

    def take(self, place: Place, fragment: Fragment) -> None:
        """Note that a person is new, if the record says so; durable when this returns.

        Args:
            place: Where the record goes.
            fragment: What it says.
        """
        if _REGISTER not in self._kinds or not _tells_of_person(place, fragment):
            return
        ledger, at = self._work.ledger, fragment.created or ""
        is_first = not ledger.parts(place.code, fragment.key, fragment.stream)
        if is_first and at >= self._marks.begun and self._liveness.is_live(place.code, fragment, first=True):
            with ledger.transaction():
                self._known.note(_REGISTER, place.code, fragment.key, at)

    def take_line(
        self, place: Place, stream: StreamMap, record: Mapping[str, Any], fragment: Fragment
    ) -> None:
        """Note what a buyer did to a line of a cart, if the record says so; durable when this returns.

        Args:
            place: Where the record goes.
            stream: Its mapping.
            record: As the tap sent it.
            fragment: What it says.
        """
        mapped, at, person = stream.cart_line, fragment.changed or "", fragment.person
        if mapped is None or person is None or not self._kinds & {CART_ADD, CART_REMOVE}:
            return
        now = told_by(mapped, record)
        line = f"{place.code} {fragment.key}"
        before = self._known.line(line)
        if now is None or (before is not None and before.at > at):
            return
        # What was in the cart before the first run with events is not a new act.
        is_old = before is None and bool(self._work.ledger.parts(place.code, fragment.key, fragment.stream))
        is_live = at >= self._marks.begun and self._liveness.is_live(place.code, fragment, first=True)
        with self._work.ledger.transaction():
            if is_live and not is_old:
                for kind, more in acts(before, now):
                    once_for = f"{line} {at}"
                    self._known.note(kind, place.database_code, person.key, at, once_for=once_for, more=more)
            sku = now.sku or (before.sku if before is not None else "")
            self._known.keep_line(line, CartLine(sku, now.pieces, at))

    def settle(self, brake: MailBrake) -> None:
        """Send what was recorded, also by earlier runs; in a dry run, log what would be sent.

        Args:
            brake: Counts the writes and events that may start follow-ups.

        Raises:
            TooManyFollowUpsError: Too much in this run may start follow-ups; the next run may send the
                events.
            SettingsError: Copernica has no events API for this account.
            TargetError: A problem that affects all calls. What was not sent is kept for the next run.
        """
        if not self._kinds:
            return
        counts: Counter[str] = Counter()
        with self._work.ledger.transaction():
            counts["without an answer"] = self._known.close_interrupted()
            self._note_optouts()
            live, old = split(self._known.open(), _stamp(self._work.client.now() - self._window))
            due = [one for one in live if one.kind in self._kinds]
            gone = [one for one in due if not self._is_there(one)]
            due = [one for one in due if one not in gone]
            self._known.close([*old, *gone])
        counts["too old by now"], counts["without a profile"] = len(old), len(gone)
        brake.start_events(len(due))
        try:
            if self._work.is_dry:
                counts.update(f"would be sent: {one.kind}" for one in due)
            else:
                self._send(due, counts)
        finally:
            if told := "; ".join(f"{number} {what}" for what, number in sorted(counts.items()) if number):
                self._work.log.info("events for Copernica: %s", told)

    # Inside --------------------------------------------------------------------------------

    def _note_optouts(self) -> None:
        if _UNSUBSCRIBE in self._kinds:
            for who, told, place, key in self._known.optouts(self._marks.dated_from):
                at = _stamp(datetime.fromisoformat(told))
                self._known.note(_UNSUBSCRIBE, place, key, at, once_for=f"{who} {at}")

    def _is_there(self, event: ApiEvent) -> bool:
        entry = self._work.ledger.entry(event.place, event.key)
        return entry is not None and not entry.removed and not entry.in_doubt

    def _send(self, due: Sequence[ApiEvent], counts: Counter[str]) -> None:
        """Send events one after the other, each at most once."""
        addresses = self._addresses(due)
        for event in due:
            email = addresses.get((event.place, event.key))
            if not email:
                counts["without an address"] += 1
            elif self._is_answered(event, {"email": email, **json.decode(event.more)}, counts):
                counts[f"sent: {event.kind}"] += 1
            with self._work.ledger.transaction():
                self._known.close([event])
            if counts["answer lost"]:
                return  # the others are for the next run

    def _is_answered(self, event: ApiEvent, body: dict[str, Any], counts: Counter[str]) -> bool:
        with self._work.ledger.transaction():
            self._known.write_ahead(event)
        try:
            self._work.client.post(f"events/{event.kind}", body)
        except LostAnswerError:
            counts["answer lost"] += 1
            return False
        except RefusedError as error:
            if "invalid method" not in error.message.lower():
                counts["refused"] += 1
                return False
            self._take_back(event)
            raise SettingsError(
                f"setting events: Copernica has no such call for this account ({error})"
            ) from None
        except TargetError:
            self._take_back(event)
            raise
        return True

    def _take_back(self, event: ApiEvent) -> None:
        with self._work.ledger.transaction():
            self._known.take_back(event)

    def _addresses(self, due: Sequence[ApiEvent]) -> dict[tuple[str, str], str]:
        """The current addresses in Copernica: the ledger does not keep addresses."""
        by_place: defaultdict[str, dict[int, str]] = defaultdict(dict)
        for event in due:
            if (entry := self._work.ledger.entry(event.place, event.key)) is not None:
                by_place[event.place][entry.id] = event.key
        places = {place.code: place for place in self._work.places.values()}
        return {
            (code, key): fields.get(places[code].email_field or "", "").strip()
            for code, wanted in by_place.items()
            if code in places
            for key, fields in self._work.readback.fields_of(places[code], wanted).items()
        }


def _tells_of_person(place: Place, fragment: Fragment) -> bool:
    """Whether a record creates a person, and says when that person was created."""
    is_person = place.collection_id is None and place.email_field is not None
    return is_person and fragment.creates and bool(fragment.created)


def _stamp(at: datetime) -> str:
    return at.strftime(STAMP)
