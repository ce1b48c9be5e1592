"""`make audit` never says that all is well where nothing could be looked up."""

import json

from scripts.audit import AWAY, findings

KNOWN = {"id": "PYSEC-2026-1", "fix_versions": ["1.3"], "aliases": [], "description": "..."}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def sound(name: str) -> dict[str, object]:
    return {"name": name, "version": "1.2", "vulns": []}


def skipped(name: str) -> dict[str, object]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI and could not be audited: {name}"}


def test_a_service_out_of_reach_is_said_in_one_line() -> None:
    assert findings("") == ([AWAY], 2)
    assert findings(report(skipped("a"), skipped("b"))) == ([AWAY], 2)


def test_a_vulnerability_fails_with_its_name_and_the_version_that_mends_it() -> None:
    flawed = {"name": "b", "version": "1.2", "vulns": [KNOWN, KNOWN | {"id": "X", "fix_versions": []}]}
    lines = ["b 1.2: PYSEC-2026-1, fixed in 1.3", "b 1.2: X, fixed in no version"]
    assert findings(report(sound("a"), flawed)) == (lines, 1)


def test_packages_that_could_not_be_looked_up_are_named() -> None:
    assert findings(report(sound("a"), skipped("b"))) == (["not looked up: b"], 2)


def test_nothing_found_is_said_with_the_number_looked_up() -> None:
    assert findings(report(sound("a"), sound("b"))) == (["known vulnerabilities: none in 2 packages"], 0)
