"""The command `tap-copernica-optouts`: the Singer messages, and the options that Meltano gives."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from tap_copernica_optouts.copernica import Copernica, OptOutsError
from tap_copernica_optouts.reading import SCHEMA, STREAM, optouts

__all__ = ["main"]

_DEFAULTS: Final = {
    "api_url": "https://api.copernica.com/v4",
    "auth_url": "https://authenticate.copernica.com",
    "email_field": "email",
}
_FIRST_LOOK: Final = timedelta(days=30)


def main() -> None:
    """Run: exit codes 0 done, 2 settings or state, 3 refused by Copernica, 4 Copernica is away."""
    parser = argparse.ArgumentParser(prog="tap-copernica-optouts", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('tap-copernica-optouts')}")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--catalog", "--properties", type=Path, help="Taken and not looked at: one stream.")
    parser.add_argument("--discover", action="store_true")
    given = parser.parse_args()
    try:
        if given.discover:
            _write({"streams": [{"tap_stream_id": STREAM, "stream": STREAM, "schema": SCHEMA}]})
        else:
            _run(_read(given.config), _read(given.state) if given.state else {})
    except OptOutsError as error:
        sys.stderr.write(f"tap-copernica-optouts: {error}\n")
        sys.exit(error.exit_code)


def _run(config: dict[str, Any], state: dict[str, Any]) -> None:
    config = _DEFAULTS | {name: value for name, value in config.items() if value not in (None, "")}
    if not config.get("api_token"):
        raise OptOutsError("the setting `api_token` is missing", 2)
    copernica = Copernica(config["api_url"], config["auth_url"], config["api_token"])
    read_at = state.get("bookmarks", {}).get(STREAM, {}).get("read_at") or config.get("start_date")
    since = _instant(read_at) if read_at else copernica.now - _FIRST_LOOK
    _write({"type": "SCHEMA", "stream": STREAM, "schema": SCHEMA, "key_properties": ["id"]})
    unknown = 0
    for record in optouts(copernica, since, config["email_field"]):
        if record is None:
            unknown += 1
        else:
            _write({"type": "RECORD", "stream": STREAM, "record": record})
    _write({"type": "STATE", "value": {"bookmarks": {STREAM: {"read_at": copernica.now.isoformat()}}}})
    if unknown:
        sys.stderr.write(
            f"tap-copernica-optouts: {unknown} opt-outs of profiles that are gone or have no address in "
            f"the field {config['email_field']} are left out\n"
        )


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise OptOutsError("state or `start_date`: expected a time such as 2026-01-31T00:00:00Z", 2) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise OptOutsError(f"{file} is not a file with a JSON object", 2)
    return found


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
