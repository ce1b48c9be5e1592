"""Making selections in Copernica, checking what it made of them, and leaving alone what is there.

A selection without rules, and a rule without conditions, hold for everybody, and so does a condition that
Copernica does not understand (docs/api/copernica.md section 17). So each rule is read back and held against
what was sent before the selection counts as made; one that was misread is removed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from target_copernica.errors import ApiAwayError, LostAnswerError, RefusedError, SettingsError
from target_copernica.selections.wanted import MINI, PEOPLE, digest_of, misread, without_noise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_copernica.account.structure import Place
    from target_copernica.api.client import Client
    from target_copernica.memory.ledger import Ledger
    from target_copernica.selections.wanted import Body, WantedRule, WantedView

__all__ = ["NotMadeError", "SelectionFound", "SelectionState", "Selections"]

_GONE: Final = "no entity with supplied id"
_AND_MINIS: Final = "+"
"""Stands between the digest of a selection's rules and that of its miniselections."""


class NotMadeError(Exception):
    """A selection was not made; nothing of it is left in Copernica."""


class SelectionState(Enum):
    """How a selection stands in Copernica."""

    MISSING = "missing"
    THERE = "there"
    OLDER = "older"
    CHANGED = "changed"
    REMOVED = "removed"
    NOT_OURS = "not ours"
    LACKING = "left out"


_NOTES: Final = {
    SelectionState.OLDER: "made by an earlier definition: it stays as it is; remove it, and "
    "`apply --restore` makes the present one",
    SelectionState.CHANGED: "changed in Copernica: it stays as it is",
    SelectionState.REMOVED: "removed in Copernica: it stays away, unless `apply --restore` makes it again",
    SelectionState.NOT_OURS: "a selection of that name was made by others: it stays as it is",
}


@dataclass(frozen=True, slots=True)
class SelectionFound:
    """A selection and how it stands.

    Attributes:
        view: What is wanted.
        status: How it stands.
        id: Its id in Copernica, if it is there and was made from here.
    """

    view: WantedView
    status: SelectionState
    id: int | None = None

    @property
    def note(self) -> str:
        """What comes of it, in words."""
        if self.status is SelectionState.LACKING:
            return f"needs {', '.join(self.view.lacks)}, which the mapping leaves out"
        return _NOTES.get(self.status, "")


class Selections:
    """The selections of the database of people.

    Args:
        client: The account.
        ledger: Remembers which were made from here, and how they looked then.
        places: The database and its collections, as prepared.
    """

    def __init__(
        self, client: Client, ledger: Ledger, places: Mapping[tuple[str, str | None], Place]
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._places = {name: place for (alias, name), place in places.items() if alias == PEOPLE}
        self._people = self._places[None]

    def look(self, views: Iterable[WantedView]) -> list[SelectionFound]:
        """How the wanted selections stand: a call for their list, and one or two for each made from here.

        Args:
            views: What is wanted.

        Raises:
            SettingsError: Copernica does not list what there is.
        """
        try:
            taken = {name for name, _ in self._listed(self._path(None))}
        except RefusedError as error:
            raise SettingsError(
                f"selections: Copernica does not list those that there are ({error.message}); one of them "
                "may name a collection that was removed: remove it there, or leave them out here by "
                "`selections: off`"
            ) from None
        return [self._look(view, taken) for view in views]

    def make(self, view: WantedView, parent: int | None) -> int:
        """Make a selection, and see that Copernica understood it.

        Args:
            view: What is wanted.
            parent: Id of the selection that it stands below.

        Returns:
            Its id.

        Raises:
            NotMadeError: Copernica refused it, or took it otherwise than it was sent.
            ApiAwayError: An answer was lost; the next `apply` removes what is half made.
        """
        entry = self._entry(view)
        if self._ledger.write_ahead_entry(self._people.code, entry):
            self._remove_half_made(view, parent)
        self._ledger.write_ahead(self._people.code, entry, self._client.now().isoformat())
        made: list[str] = []
        try:
            number = self._made(view, parent, made)
        except LostAnswerError as error:
            raise ApiAwayError(f"the selection {view.name}: {error}; run `apply` again later") from None
        except (NotMadeError, RefusedError) as error:
            for path in reversed(made):
                self._client.delete(path)
            self._ledger.drop_write_ahead_entry(self._people.code, entry)
            raise NotMadeError(f"the selection {view.name} was not made: {error}") from None
        with self._ledger.transaction():
            self._ledger.account.know_selection(
                self._people.code, view.key, (number, view.digest, self._seen(number))
            )
            self._ledger.drop_write_ahead_entry(self._people.code, entry)
        return number

    def size(self, number: int) -> int:
        """How many were in a selection when Copernica last built it."""
        answer = self._client.get(f"view/{number}/profiles", [("limit", "1"), ("dataonly", "true")])
        return int(answer["total"])

    def intend(self, number: int, *, may_mail: bool) -> None:
        """Let mail be sent to a selection, or see to it that none can be.

        Args:
            number: Its id.
            may_mail: What the file says.
        """
        shown = self._client.get(f"view/{number}").get("intentions") or {}
        if (str(shown.get("email")).lower() in ("true", "1")) is not may_mail:
            self._client.put(f"view/{number}/intentions", {"email": may_mail})

    # Looking -----------------------------------------------------------------------------------

    def _look(self, view: WantedView, taken: set[str]) -> SelectionFound:
        if view.lacks:
            return SelectionFound(view, SelectionState.LACKING)
        known = self._ledger.account.selection(self._people.code, view.key)
        if known is None:
            half_made = self._ledger.write_ahead_entry(self._people.code, self._entry(view))
            is_others = view.name.lower() in taken and not half_made
            return SelectionFound(view, SelectionState.NOT_OURS if is_others else SelectionState.MISSING)
        number, definition, seen = known
        try:
            now = self._seen(number)
        except RefusedError as error:
            if _GONE not in error.message.lower():
                raise
            return SelectionFound(view, SelectionState.REMOVED)
        # An earlier version noted the selection's own rules alone.
        if seen not in (now, now.partition(_AND_MINIS)[0]):
            return SelectionFound(view, SelectionState.CHANGED, number)
        return SelectionFound(
            view, SelectionState.THERE if definition == view.digest else SelectionState.OLDER, number
        )

    def _seen(self, number: int) -> str:
        """What the rules of a selection and of its miniselections say now, as digests."""
        rules = self._client.get(f"view/{number}/rules", [("limit", "1000")])["data"]
        conditions = [one for rule in rules for one in rule.get("conditions", {}).get("data", ())]
        minis = sorted({str(without_noise(one[MINI])) for one in conditions if one.get(MINI)})
        seen = digest_of(without_noise(rules))
        return seen + _AND_MINIS + digest_of([self._mini_rules(one) for one in minis]) if minis else seen

    def _mini_rules(self, number: str) -> object:
        """The rules of a miniselection; None where it is gone."""
        try:
            shown = self._client.get(f"miniview/{number}/minirules", [("limit", "1000")])
        except RefusedError as error:
            if _GONE not in error.message.lower():
                raise
            return None
        return without_noise(shown["data"])

    def _listed(self, path: str) -> list[tuple[str, int]]:
        found = self._client.get(path, [("limit", "1000")])["data"]
        return [(str(one["name"]).lower(), int(one["ID"])) for one in found]

    def _path(self, parent: int | None) -> str:
        return f"database/{self._people.database_id}/views" if parent is None else f"view/{parent}/views"

    def _minis_path(self, collection: str) -> str:
        return f"collection/{self._places[collection].collection_id}/miniviews"

    @staticmethod
    def _entry(view: WantedView) -> str:
        return f"view {view.key}"

    # Making ------------------------------------------------------------------------------------

    def _made(self, view: WantedView, parent: int | None, made: list[str]) -> int:
        """Make it with all that belongs to it, and tell the paths of what was made."""
        minis: list[int] = []
        for mini in view.minis:
            number = self._post(self._minis_path(mini.collection), {"name": mini.name})
            made.append(f"miniview/{number}")
            self._add_rule(("mini", number, "1"), mini.rule, self._places[mini.collection], minis)
            minis.append(number)
        number = self._post(self._path(parent), {"name": view.name})
        made.append(f"view/{number}")
        for place, rule in enumerate(view.rules):
            self._add_rule(("", number, str(place + 1)), rule, self._people, minis)
        self.intend(number, may_mail=view.may_mail)
        for path in made:
            self._client.post(f"{path}/rebuild", {})
        return number

    def _add_rule(
        self, where: tuple[str, int, str], rule: WantedRule, place: Place, minis: list[int]
    ) -> None:
        """Add a rule to a selection (kind "") or miniselection (kind "mini"), and read it back."""
        kind, number, name = where
        inverted = {"inversed": rule.inverted, "inverted": rule.inverted}  # the pages have both words
        rule_id = self._post(f"{kind}view/{number}/{kind}rules", {"name": name, **inverted})
        sent = [_with_ids(body, place, minis) for body in rule.conditions]
        for body in sent:
            self._client.post(f"{kind}rule/{rule_id}/conditions", body)
        shown = self._client.get(f"{kind}rule/{rule_id}")
        lines = misread(sent, shown)
        if bool(shown.get("inversed", shown.get("inverted", False))) is not rule.inverted:
            lines.append("a rule was not inverted as it was sent")
        if lines:
            raise NotMadeError(f"Copernica understood it otherwise ({'; '.join(lines)})")

    def _post(self, path: str, body: Body) -> int:
        made = self._client.post(path, body, "structure")
        if made is not None:
            return made
        found = dict(self._listed(path)) if "name" in body else {}
        if str(body.get("name")).lower() not in found:
            raise NotMadeError("Copernica did not tell the id of what it made")
        return found[str(body["name"]).lower()]

    def _remove_half_made(self, view: WantedView, parent: int | None) -> None:
        """What an `apply` that was killed has left."""
        for name, number in self._listed(self._path(parent)):
            if name == view.name.lower():
                self._client.delete(f"view/{number}")
        for mini in view.minis:
            for name, number in self._listed(self._minis_path(mini.collection)):
                if name == mini.name.lower():
                    self._client.delete(f"miniview/{number}")


def _with_ids(body: Body, place: Place, minis: list[int]) -> dict[str, Any]:
    """A condition with ids in place of names: an id stays when a name is changed."""
    sent = dict(body)
    if MINI in sent:
        sent[MINI] = str(minis[sent[MINI]])
    if "field" in sent:
        sent["field"] = str(place.fields[sent["field"].lower()].id)
    return sent
