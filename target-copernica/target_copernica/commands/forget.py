"""`forget`: people who want to be forgotten are removed for good, here and in Copernica."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import click

from target_copernica.account.persons import Subject
from target_copernica.errors import TooManyRejectsError
from target_copernica.run.erasing_parts import erasing
from target_copernica.terminal import ask, say, show

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]


@click.command("forget")
@click.option(
    "--from",
    "file",
    type=click.File(),
    required=True,
    help="A file of e-mail addresses or keys (`{shop}:{customer}`), one a line; - is standard input.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(workspace: Workspace, *, file: IO[str], yes: bool) -> None:
    """Forget people for good: show what is stored, ask, remove it, and write a receipt for each.

    Killed at any moment, run it again: it does what is left. No later run brings them back (on_return).
    """
    subjects = [*{one.address or one.key: one for line in file if (one := Subject(line)).key}.values()]
    with workspace.replaced(auto_create=False) as work:
        work.client.sign_in()
        work.prepare_mapping()
        work.prepare_unmapped()
        parts = erasing(work)
        found = [parts.find(subject) for subject in subjects]
        profiles = {one for held in found for one in held.profiles}
        below = {one for held in found for one in held.below}
        show(
            ("what", "how many"),
            [
                ("people", str(len(subjects))),
                ("profiles, with all that is below them", str(len(profiles))),
                ("subprofiles of others with an address of theirs", str(len(below))),
            ],
        )
        if (number := len(profiles | below)) > work.settings.max_deletes:
            raise TooManyRejectsError(
                f"{number} would be removed, more than the {work.settings.max_deletes} that setting "
                "max_deletes allows; if that is meant, raise it for one run; nothing was done"
            )
        if work.is_dry:
            say("A dry run: nothing was done.")
            return
        if not yes:
            ask("They are removed for good, and nothing brings them back. Go on?")
        for subject, held in zip(subjects, found, strict=True):
            receipt = parts.forget(subject, held)
            if receipt is None:
                say("Nothing was left of this person; an earlier receipt says so.")
            else:
                left = receipt.remains or "nothing"
                say(
                    f"Receipt {receipt.case}: {receipt.profiles} profiles and {receipt.subprofiles} other "
                    f"subprofiles removed; Copernica's data request names: {left}."
                )
        work.ledger.traces.compact()
        for old in sorted(work.folder.glob("ledger.sqlite.damaged*")):
            say(f"{old.name} is an old ledger and may hold records of them: remove it.")
