"""`export-person`: all that is stored of one person, for the answer to a request of access."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from target_copernica.account.data_requests import ask_for_data
from target_copernica.account.person import held_of
from target_copernica.errors import SettingsError
from target_copernica.run.dossier import dossier_of, page_of
from target_copernica.terminal import asked_for, say

if TYPE_CHECKING:
    from target_copernica.run.workspace import Workspace

__all__ = ["command"]

_PATIENCE: Final = 120.0


@click.command("export-person")
@click.option(
    "--from",
    "file",
    type=click.File(),
    help="A file with one address or key; - is standard input. Without it the terminal is asked.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A folder that is made for it, readable by you alone.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=_PATIENCE,
    show_default=True,
    help="Most seconds to wait for Copernica's own data request; 0 makes none.",
)
@click.pass_obj
def command(workspace: Workspace, *, file: IO[str] | None, folder: Path, wait: float) -> None:
    """Put everything stored about one person into a folder: person.json, and person.html to read."""
    wanted = (file.read() if file is not None else asked_for("Address or key of the person")).strip()
    if not wanted or len(wanted.splitlines()) > 1:
        raise SettingsError("export-person: give one address or key, on one line")
    with workspace.replaced(auto_create=False) as work:
        work.client.sign_in()
        work.prepare_mapping()
        work.prepare_unmapped()
        held, addresses = held_of(work.client, work.places.values(), wanted)
        dossier = dossier_of(work, wanted, held, addresses)
        if wait and not work.is_dry and "@" in wanted:
            dossier["copernica"] = ask_for_data(work.client, wanted, work.interrupt.wait, wait)
    _write(folder, {"person.json": json.dumps(dossier, indent=2) + "\n", "person.html": page_of(dossier)})
    profiles, below = len(dossier["profiles"]), len(dossier["below"])
    say(f"{profiles} profiles and {below} subprofiles are in {folder}; delete it when it was handed over.")


def _write(folder: Path, files: dict[str, str]) -> None:
    """Make the folder with these files, for their owner only.

    Raises:
        SettingsError: It is there already, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700)
        for name, text in files.items():
            (folder / name).touch(mode=0o600, exist_ok=False)
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be made: {error.strerror}; give a new folder") from None
