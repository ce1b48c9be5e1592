"""A sandbox as a program on loopback, and what tests ask of it through its admin calls."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from requests import Response, Session

from support.programs import BIN, start

SEOSHOP_KEY = "0123456789abcdef0123456789abcdef"
SEOSHOP_SECRET = "fedcba9876543210fedcba9876543210"
COPERNICA_TOKEN = "sandbox-api-token-0123456789abcdef"
SEOSHOP_WRITE_KEY = "89abcdef0123456789abcdef01234567"
SEOSHOP_WRITE_SECRET = "76543210fedcba9876543210fedcba98"
SECRETS = (SEOSHOP_KEY, SEOSHOP_SECRET, COPERNICA_TOKEN)

READY = re.compile(r"sandbox ready on (http://\S+)")
WIDE = "100000/1000000/10000000"
"""Rate windows that no test runs dry; 20 a second stays."""


HTTP = Session()
HTTP.trust_env = False  # no proxy stands between here and loopback


class SandboxError(RuntimeError):
    """The sandbox did not start, or refused an admin call."""


@dataclass
class Sandbox:
    """A running sandbox. Every method here is an admin call: none counts as an API call."""

    url: str
    process: "subprocess.Popen[str] | None" = None
    log: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, url: str) -> Self:
        """One that is running already."""
        return cls(url.rstrip("/"))

    # What is there

    def status(self) -> dict[str, Any]:
        """What both sides hold, and how many requests each has answered."""
        found: dict[str, Any] = self._json("GET", "/admin/status")
        return found

    def requests(self, since: int = 0, side: str | None = None) -> list[dict[str, Any]]:
        """API requests after number `since`, oldest first."""
        query = {"since": since} | ({"side": side} if side else {})
        found: list[dict[str, Any]] = self._json("GET", "/admin/requests", params=query)["requests"]
        return found

    def followups(self, since: int = 0, *, run: bool | None = None) -> list[dict[str, Any]]:
        """Follow-ups after number `since`; with `run`, only those that ran (or that did not)."""
        found: list[dict[str, Any]] = self._json("GET", "/admin/followups", params={"since": since})[
            "followups"
        ]
        return [one for one in found if run is None or one["runs"] is run]

    def last(self) -> int:
        """Number of the newest API request: what `requests(since=...)` takes."""
        number: int = self.status()["requests"]["last"]
        return number

    def shop(self, resource: str) -> list[dict[str, Any]]:
        """Every record of a resource (customers, orders, order_products ...) in the form of the API."""
        return self._lines(f"/admin/shop/{resource}")

    def databases(self) -> dict[str, dict[str, Any]]:
        """Copernica's databases by name, each as the status shows it."""
        return {one["name"]: one for one in self.status()["copernica"]["databases"]}

    def profiles(self, database: str | int, *, removed: bool = False) -> list[dict[str, Any]]:
        """Profiles of a database (name or id), without the removed ones unless asked for."""
        number = database if isinstance(database, int) else self.databases()[database]["id"]
        found = self._lines(f"/admin/copernica/databases/{number}/profiles")
        return [one for one in found if removed or not one.get("removed")]

    def profile(self, number: int) -> dict[str, Any]:
        """Fields of one profile that is there."""
        everybody = (one for name in self.databases() for one in self.profiles(name))
        return next(dict(one["fields"]) for one in everybody if int(one["ID"]) == number)

    def subprofiles(
        self, collection: str | int, database: str = "SEOshop", *, removed: bool = False
    ) -> list[dict[str, Any]]:
        """Subprofiles of a collection (its id, or its name in `database`)."""
        number = collection
        if not isinstance(collection, int):
            collections = self.databases()[database]["collections"]
            number = next(one["id"] for one in collections if one["name"] == collection)
        found = self._lines(f"/admin/copernica/collections/{number}/subprofiles")
        return [one for one in found if removed or not one.get("removed")]

    def content(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All that Copernica holds, free of its ids: place -> external_key -> fields.

        A place is `Database` or `Database/Collection`. Two rows of one key are an error.
        """
        places: dict[str, dict[str, dict[str, Any]]] = {}
        for name, database in self.databases().items():
            places[name] = _by_key(name, self.profiles(database["id"]))
            for collection in database["collections"]:
                place = f"{name}/{collection['name']}"
                places[place] = _by_key(place, self.subprofiles(collection["id"]))
        return places

    def imports(self) -> list[dict[str, Any]]:
        """Copernica's imports with the outcome of their rows."""
        found = self._json("GET", "/admin/copernica/imports")
        listed: list[dict[str, Any]] = found["imports"] if isinstance(found, dict) else found
        return listed

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What Copernica's events API was sent: kind and body of each, in order."""
        found = self._json("GET", "/admin/copernica/events")["events"]
        return [(one["kind"], one["body"]) for one in found]

    # What can be done to it

    def move(self, seed: int = 1, **numbers: int) -> dict[str, Any]:
        """Move the shop on: `new_customers=2, new_orders=3, payments=1 ...`; what changed, by resource."""
        changed: dict[str, Any] = self._json("POST", "/admin/shop/move", json={"seed": seed, **numbers})[
            "changed"
        ]
        return changed

    def change(self, resource: str, number: int, **fields: Any) -> Any:
        """Change fields of one record of the shop."""
        return self._json(
            "POST", "/admin/shop/change", json={"resource": resource, "id": number, "fields": fields}
        )

    def insert(self, resource: str, body: Mapping[str, Any]) -> Any:
        """Put a curated record into the shop."""
        return self._json("POST", "/admin/shop/insert", json={"resource": resource, "body": body})

    def delete(self, resource: str, number: int) -> Any:
        """Delete one record of the shop."""
        return self._json("POST", "/admin/shop/delete", json={"resource": resource, "id": number})

    def clock(self, *, advance: float | None = None, to: str | None = None) -> Any:
        """Move the one clock of both APIs: by seconds, or to an instant (ISO)."""
        return self._json("POST", "/admin/clock", json={"advance": advance} if to is None else {"set": to})

    def settings(self, **values: Any) -> Any:
        """Change settings in process: `rate_limits`, `per_second`, `import_seconds`, `switches`."""
        return self._json("POST", "/admin/settings", json=values)

    def fault(self, side: str, path: str, do: str, **rule: Any) -> Any:
        """Add a fault rule: `fault("copernica", "/imports$", "drop_after", method="POST", nth=1)`."""
        return self._json("POST", "/admin/faults", json={"side": side, "path": path, "do": do, **rule})

    def faults(self) -> Any:
        """The rules, and how often each has hit."""
        return self._json("GET", "/admin/faults")

    def clear_faults(self) -> None:
        """Drop all fault rules and let go of hanging requests."""
        self._call("DELETE", "/admin/faults")

    def remove_profile(self, number: int) -> None:
        """Remove a profile as a colleague would, by hand."""
        self._call("POST", f"/admin/copernica/profiles/{number}/remove")

    def unsubscribe(self, number: int, *, kind: str = "unsubscribes", system: str = "ms") -> None:
        """Unsubscribe a profile as its reader does by the link in a mail, or (`abuses`) by a complaint."""
        body = {"kind": kind, "system": system}
        self._call("POST", f"/admin/copernica/profiles/{number}/unsubscribe", json=body)

    def remove_subprofile(self, number: int) -> None:
        """Remove a subprofile by hand."""
        self._call("POST", f"/admin/copernica/subprofiles/{number}/remove")

    def edit_profile(self, number: int, **fields: Any) -> None:
        """Edit a profile as a colleague would, in the interface."""
        self._call("POST", f"/admin/copernica/profiles/{number}/fields", json=fields)

    def edit_subprofile(self, number: int, **fields: Any) -> None:
        """Edit a subprofile likewise."""
        self._call("POST", f"/admin/copernica/subprofiles/{number}/fields", json=fields)

    def rename_field(self, database: int, name: str, new: str, *, of: str = "databases") -> None:
        """Rename a field of a database (or `of="collections"`) by hand."""
        self._call("POST", f"/admin/copernica/{of}/{database}/fields/{name}/rename", json={"name": new})

    def remove_field(self, database: int, name: str, *, of: str = "databases") -> None:
        """Delete a field of a database (or `of="collections"`) by hand."""
        self._call("POST", f"/admin/copernica/{of}/{database}/fields/{name}/delete")

    def remove_place(self, number: int, *, of: str = "databases") -> None:
        """Delete a database (or `of="collections"`) by hand, with all that is in it."""
        self._call("POST", f"/admin/copernica/{of}/{number}/delete")

    def retype_field(self, database: int, name: str, *, of: str = "databases", **definition: Any) -> None:
        """Give a field of a database (or `of="collections"`) another type or length by hand."""
        self._call("POST", f"/admin/copernica/{of}/{database}/fields/{name}/retype", json=definition)

    def block_doubles(self, database: int, name: str) -> None:
        """Restrict a database by hand: no two profiles with one value of a field."""
        self._call("POST", f"/admin/copernica/databases/{database}/fields/{name}/block_doubles")

    # How tap and target reach it

    def tap_config(self, **settings: Any) -> dict[str, Any]:
        """Settings of tap-seoshop for this sandbox."""
        reached = {"api_key": SEOSHOP_KEY, "api_secret": SEOSHOP_SECRET, "api_url": f"{self.url}/seoshop"}
        return {**reached, **settings}

    def target_config(self, state_dir: Path, **settings: Any) -> dict[str, Any]:
        """Settings of target-copernica for this sandbox; `state_dir` keeps its ledger."""
        reached = {
            "api_token": COPERNICA_TOKEN,
            "api_url": f"{self.url}/copernica/v4",
            "auth_url": f"{self.url}/copernica/authenticate",
            "preset": "seoshop",
            "state_dir": str(state_dir),
        }
        return {**reached, **settings}

    def environment(self, state_dir: Path) -> dict[str, str]:
        """The same as environment variables, as Meltano and `--config=ENV` take them."""
        tap = {f"TAP_SEOSHOP_{name.upper()}": str(value) for name, value in self.tap_config().items()}
        target = self.target_config(state_dir)
        return tap | {f"TARGET_COPERNICA_{name.upper()}": str(value) for name, value in target.items()}

    # Its life

    def stop(self, seconds: float = 20) -> int:
        """Ask it to stop, as a service manager does; its exit code."""
        if self.process is None:
            raise SandboxError("not a sandbox of ours")
        self.process.terminate()
        return self.process.wait(seconds)

    def _json(self, method: str, path: str, **options: Any) -> Any:
        return self._call(method, path, **options).json()

    def _lines(self, path: str) -> list[dict[str, Any]]:
        # Bytes, since str.splitlines would also cut at characters that JSON may hold (U+2028 ...).
        return [json.loads(line) for line in self._call("GET", path).content.split(b"\n") if line.strip()]

    def _call(self, method: str, path: str, **options: Any) -> Response:
        answer = HTTP.request(method, self.url + path, timeout=60, **options)
        if not answer.ok:
            raise SandboxError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer


def serve_arguments(
    *,
    data: Path | None = None,
    port: int = 0,
    seed: int = 1,
    shop_id: int = 300_001,
    customers: int = 20,
    orders: int = 40,
    order_rows: int = 100,
    rate_limits: str = WIDE,
    per_second: int = 20,
    import_seconds: float = 0.2,
    now: str = "2026-11-02T09:00:00Z",
    more: tuple[str, ...] = (),
) -> list[str]:
    """The arguments of `sandbox serve` for a small shop."""
    sizes = ["--customers", str(customers), "--orders", str(orders), "--order-rows", str(order_rows)]
    pace = ["--import-seconds", str(import_seconds)]
    rates = ["--rate-limits", rate_limits, "--per-second", str(per_second)]
    place = ["--shop-id", str(shop_id), "--port", str(port), *(["--data", str(data)] if data else [])]
    return ["serve", "--seed", str(seed), "--now", now, *sizes, *rates, *pace, *place, *more]


@contextmanager
def running_sandbox(**options: Any) -> Iterator[Sandbox]:
    """Start `sandbox serve` (options as in `serve_arguments`) and ask it to stop at the end."""
    arguments = serve_arguments(**options)
    process = start(BIN / "sandbox", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    log: list[str] = []
    reader = threading.Thread(target=_drain, args=(process.stderr, log), daemon=True)
    reader.start()
    try:
        assert process.stdout is not None
        url = None
        for line in process.stdout:
            log.append(line)
            if found := READY.search(line):
                url = found[1]
                break
        if url is None:
            process.wait()
            reader.join()
            raise SandboxError(f"the sandbox ended with {process.returncode}:\n{''.join(log)}")
        threading.Thread(target=_drain, args=(process.stdout, log), daemon=True).start()
        yield Sandbox(url, process, log)
    finally:
        process.terminate()
        if {"data", "port"} & options.keys():
            _see_off(process)  # the next one may want them
        else:
            threading.Thread(target=_see_off, args=(process,)).start()


def _see_off(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _drain(pipe: Any, lines: list[str]) -> None:
    with pipe:
        lines.extend(pipe)


def _by_key(place: str, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        key = row["fields"]["external_key"]
        assert key not in found, f"two rows of {key} in {place}"
        found[key] = row["fields"]
    return found
