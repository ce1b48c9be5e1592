"""Say what `pip-audit --format json` found, and never "nothing" where nothing could be looked up.

`make audit`. Exit code 1 for a known vulnerability, 2 where packages could not be looked up.
"""

from __future__ import annotations

import json
import sys
from typing import Any

AWAY = (
    "known vulnerabilities: not looked up, the vulnerability service is out of reach from here; try elsewhere"
)


def findings(report: str) -> tuple[list[str], int]:
    """What a report says.

    Args:
        report: The JSON that pip-audit wrote; empty where it could not ask at all.

    Returns:
        The lines to print, and the exit code.
    """
    if not report.strip():
        return [AWAY], 2
    packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if len(skipped) == len(packages):
        return [AWAY], 2
    lines = [
        f"{one['name']} {one['version']}: {flaw['id']}, "
        f"fixed in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in packages
        for flaw in one.get("vulns", ())
    ]
    code = 1 if lines else 2 if skipped else 0
    lines += [f"not looked up: {', '.join(skipped)}"] if skipped else []
    looked = len(packages) - len(skipped)
    return lines or [f"known vulnerabilities: none in {looked} packages"], code


def main() -> None:
    """Read the report from standard input."""
    lines, code = findings(sys.stdin.read())
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
