"""`consent`: who may be mailed and why, and letting a person back in who complained."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import IO, TYPE_CHECKING, Final

import click

from target_copernica.consent.model import EMPTY, NO, YES, Event
from target_copernica.errors import SettingsError
from target_copernica.mapping.keys import fold_email
from target_copernica.run.consent_parts import consenting
from target_copernica.terminal import ask, say, show
from target_copernica.writing.masked import masked_key

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]

_MAILED: Final = "mailed, and the shop does not say so"
_LEFT_OUT: Final = "not mailed, and the shop says yes"
_UNKNOWN: Final = "never asked"
_EXAMPLES: Final = 3


@click.group("consent")
def command() -> None:
    """Who may be mailed, and why."""


@command.command("report")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def report(workspace: Workspace, *, as_json: bool) -> None:
    """Show where Copernica and the shop differ, and which rule decides. Reads a thousand people a call."""
    counts: Counter[str] = Counter()
    rules: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with workspace.replaced(auto_create=False) as work:
        _need_consent(work)
        work.client.sign_in()
        work.prepare_mapping()
        parts = consenting(work)
        for place in work.places.values():
            for key, fields in work.readback.keys_and_fields(place) if place.code in parts.places else ():
                if key and (kind := _kind(*(told := parts.explained(place, key, fields))[:2])):
                    counts[kind] += 1
                    rules[kind, told[2]].append(masked_key(key))
    if as_json:
        click.echo(json.dumps({kind: counts[kind] for kind in (_MAILED, _LEFT_OUT, _UNKNOWN)}))
        return
    rows = [
        (kind, str(len(keys)), rule, ", ".join(keys[:_EXAMPLES]))
        for (kind, rule), keys in sorted(rules.items())
    ]
    show(("what", "how many", "rule", "for example"), rows)
    if not rows:
        say("Copernica and the shop agree.")


@command.command("reopen")
@click.option(
    "--from",
    "file",
    type=click.File(),
    required=True,
    help="A file of addresses, one a line; - is standard input.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reopen(workspace: Workspace, *, file: IO[str], yes: bool) -> None:
    """Let people who complained subscribe again; they may be mailed once they do so themselves."""
    addresses = [address for line in file if (address := fold_email(line))]
    if not yes:
        ask(f"{len(addresses)} people who complained may be mailed again once they ask for it. Go on?")
    with workspace as work:
        _need_consent(work)
        work.client.sign_in()
        consents, now = work.ledger.consents, work.client.now()
        said = [(consents.who(address), Event("reopened", now, "person")) for address in addresses]
        with work.ledger.transaction():
            consents.hear(said, now.isoformat())
    say(f"{len(addresses)} addresses are open again.")


def _need_consent(work: Workspace) -> None:
    if not work.keeps_consent:
        raise SettingsError("no database of the mapping keeps consent (setting consent, docs/consent.md)")


def _kind(there: str, shop: str) -> str | None:
    if there == YES != shop:
        return _MAILED
    if shop == YES != there:
        return _LEFT_OUT
    return _UNKNOWN if there == EMPTY and shop not in (NO, YES) else None
