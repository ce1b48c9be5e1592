"""After a backup was restored: who was forgotten and would come back, or is back, and how that is put right.

Three witnesses outlast a tombstones file of last week: receipts (a copy of them, if they were restored as
well), the opt-outs of forgotten addresses in `consent.jsonl`, and Copernica, where such people are missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_copernica.account.persons import Holdings, value_of
from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import fold_email
from target_copernica.memory.forgotten import ADDRESS, hashed
from target_copernica.writing.masked import masked_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_copernica.account.readback import Found
    from target_copernica.account.structure import Place
    from target_copernica.memory.forgotten import Thing
    from target_copernica.memory.receipts import Receipts
    from target_copernica.run.workspace import Workspace
    from target_copernica.writing.erasing import Erasing

__all__ = ["Restored", "look", "put_right"]


@dataclass(slots=True)
class Restored:
    """What a restored backup has forgotten.

    Attributes:
        lost: Keys and addresses of which only a witness says that they are forgotten: case and time.
        back: What Copernica has of people who are forgotten, by case.
        absent: Profiles that the ledger knows and Copernica does not have: place, key, id.
    """

    lost: dict[Thing, tuple[str, str]] = field(default_factory=dict)
    back: dict[str, Holdings] = field(default_factory=dict)
    absent: list[tuple[str, str, int]] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """For people: what, how many, examples without personal data."""
        if self.lost:
            cases = sorted({case for case, _ in self.lost.values()})
            yield "forgotten, and the tombstones do not say so", str(len(cases)), ", ".join(cases[:3])
        if self.back:
            yield "forgotten, and in Copernica", str(len(self.back)), ", ".join(sorted(self.back)[:3])
        if self.absent:
            shown = ", ".join(masked_key(key) for _, key, _ in self.absent[:3])
            yield "known here, and not in Copernica", str(len(self.absent)), shown


def look(work: Workspace, receipts: Receipts) -> Restored:
    """See who would come back. Reads all of Copernica, a thousand a call, and writes nothing.

    Args:
        work: An open workspace, with its places prepared.
        receipts: The receipts, or a copy of them that was not restored.

    Raises:
        SettingsError: The receipts belong to other tombstones.
    """
    found = Restored()
    forgotten = work.tombstones.forgotten
    check = hashed("key of consent.jsonl", work.tombstones.secret)
    for receipt in receipts.all():
        if receipt.check != check:
            raise SettingsError(
                f"{receipts.path} was written with another key than the one in tombstones.jsonl: restore "
                "both from one backup, the newest tombstones there are"
            )
        for thing in receipt.things:
            if forgotten.lacks(thing, receipt.forgotten):
                found.lost[thing] = (receipt.case, receipt.forgotten)
    if work.ledger.consents.check == check:
        for who, at in work.ledger.consents.forgotten():
            thing = (ADDRESS, who)
            if thing not in found.lost and forgotten.lacks(thing, at):
                found.lost[thing] = (who[:16], at)
    for place in work.places.values():
        _scan(work, place, found)
    return found


def _scan(work: Workspace, place: Place, found: Restored) -> None:
    ledger, scan = work.ledger, work.ledger.scan
    scan.begin()
    for thing in work.readback.everything(place):
        scan.saw([thing.id])
        addresses = _addresses(place, thing)
        case = _case(work, place, thing, addresses, found)
        if case is not None:
            held = found.back.setdefault(case, Holdings())
            held.addresses |= addresses
            (held.profiles if place.collection_id is None else held.below)[place.code, thing.id] = thing.key
    if place.email_field is not None:
        found.absent += [
            (place.code, key, entry_id)
            for entry_id, key in scan.missed(place.code)
            if not ledger.findings.is_to_be_deleted(place.code, entry_id)
        ]


def _addresses(place: Place, thing: Found) -> set[str]:
    if place.address_field is None:
        return set()
    folded = fold_email(value_of(thing, place.address_field))
    return {folded} if folded else set()


def _case(work: Workspace, place: Place, thing: Found, addresses: set[str], found: Restored) -> str | None:
    """Whose this is, of those who are forgotten; None where it is of no such person."""
    forgotten = work.tombstones.forgotten
    things = [forgotten.address(one) for one in addresses]
    things += [forgotten.key(place.code, thing.key)] if thing.key else []
    for one in things:
        if one in found.lost:
            return found.lost[one][0]
        if (mark := forgotten.mark(one)) is not None and not mark.returned:
            return mark.case
    return None


def put_right(work: Workspace, erasing: Erasing, found: Restored) -> int:
    """Forget them all again: tombstones first, then what is in Copernica, then the receipts that are owed.

    Args:
        work: An open workspace, with its places prepared.
        erasing: Removes.
        found: What `look` has found.

    Returns:
        How many people it were.

    Raises:
        SettingsError: More are missing in Copernica than were forgotten, probably.
    """
    if len(found.absent) > work.settings.max_tombstones:
        raise SettingsError(
            f"{len(found.absent)} that are known here are not in Copernica, more than the "
            f"{work.settings.max_tombstones} that setting max_tombstones allows; nothing was done"
        )
    forgotten, now = work.tombstones.forgotten, work.client.now().isoformat(timespec="seconds")
    again = {case for case, _ in found.lost.values()}
    for case, at in sorted(set(found.lost.values())):
        forgotten.add([thing for thing, (whose, _) in found.lost.items() if whose == case], case, at)
    is_one_key = hashed("key of consent.jsonl", work.tombstones.secret) == work.ledger.consents.check
    for code, key, entry_id in found.absent:
        place = next(one for one in work.places.values() if one.code == code)
        if work.presence.is_erased(place, entry_id):
            things = [forgotten.key(code, key)]
            address = work.ledger.traces.addresses(code).get(key)
            if address is not None and is_one_key and not _is_shared(work, code, key, address):
                things.append((ADDRESS, address))
            forgotten.add(things, forgotten.case_of(things), now)
            again.add(forgotten.case_of(things))
    erasing.purge(Holdings())
    owed = forgotten.cases().keys() - {one.case for one in erasing.receipts.all()}
    for case in sorted(owed | found.back.keys()):
        erasing.finish(case, found.back.get(case, Holdings()))
    return len(again | owed | found.back.keys())


def _is_shared(work: Workspace, code: str, key: str, address: str) -> bool:
    """Whether a profile that is there has this address, too."""
    others = work.ledger.traces.addresses(code)
    return any(
        known == address and other != key and not work.ledger.tombstones.has(code, other)
        for other, known in others.items()
    )
