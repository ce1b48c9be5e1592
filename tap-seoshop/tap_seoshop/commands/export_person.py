"""`export-person`: what the shop's API holds of one customer, for the answer to a request of access."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from tap_seoshop.api.pages import PAGE
from tap_seoshop.errors import MissingListError, NotFoundError, SettingsError
from tap_seoshop.records.normalize import integer, link_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_seoshop.api.client import Client

__all__ = ["export_person"]

Record = dict[str, Any]

_OF_CUSTOMER: Final = {
    "orders": "orders",
    "invoices": "invoices",
    "shipments": "shipments",
    "reviews": "reviews",
    "groups/customers": "groupsCustomers",
}
"""Lists that take `customer` (docs/api/seoshop.md, section 4), with the key of their answer."""

_NOT_ASKED: Final = (
    "orders of a guest without a customer record: no filter finds them; target-copernica export-person does",
    "carts, tickets and messages, which the API gives only as whole lists",
    "the password and payment data: the API does not tell them",
)


@click.command("export-person")
@click.option(
    "--from",
    "file",
    type=click.File(),
    help="A file with one address or customer id; - is standard input. Without it the terminal is asked.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A folder that is made for it, readable by you alone.",
)
@click.pass_obj
def export_person(connect: Callable[[], Client], *, file: IO[str] | None, folder: Path) -> None:
    """Put what the shop holds of one customer into a folder: person.json, and person.html to read."""
    wanted = (file.read() if file else click.prompt("Address or id of the customer", err=True)).strip()
    if not wanted or len(wanted.splitlines()) > 1:
        raise SettingsError("export-person: give one address or customer id, on one line")
    client = connect()
    try:
        found = _found(client, wanted)
    finally:
        client.close()
    page = f'<!doctype html><meta charset="utf-8"><title>What the shop holds</title>{_tree(found)}'
    try:
        folder.mkdir(mode=0o700)
        data = json.dumps(found, indent=2, default=str) + "\n"  # numbers as they came
        for name, text in (("person.json", data), ("person.html", page)):
            (folder / name).touch(mode=0o600, exist_ok=False)
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be made: {error.strerror}; give a new folder") from None
    click.echo(f"{len(found['customers'])} customers are in {folder}; delete it when it was handed over.")


def _found(client: Client, wanted: str) -> Record:
    address = wanted.casefold() if "@" in wanted else None
    customers = list(_customers(client, wanted, address))
    addresses = {address} if address else {str(one.get("email") or "").casefold() for one in customers}
    return {
        "asked_at": client.now().isoformat(timespec="seconds"),
        "asked_for": wanted,
        "customers": [one | {"lists": _lists_of(client, one["id"])} for one in customers],
        "subscriptions": [
            one
            for one in _rows(client, "subscriptions", "subscriptions", {})
            if str(one.get("email") or "").casefold() in addresses - {""}
        ],
        "not_asked": list(_NOT_ASKED),
    }


def _customers(client: Client, wanted: str, address: str | None) -> Iterator[Record]:
    """A filter that the shop ignores gives everybody: what comes back is held against it."""
    if address is not None:
        forms = {wanted, wanted.lower()}  # whether case counts is not documented
        rows = (one for form in forms for one in _rows(client, "customers", "customers", {"email": form}))
        same = {one["id"]: one for one in rows if str(one.get("email") or "").casefold() == address}
        yield from same.values()
        return
    if (number := integer(wanted)) is None:
        raise SettingsError("export-person: neither an address nor a customer id")
    try:
        yield client.get(f"customers/{number}").one("customer")
    except NotFoundError:
        return


def _lists_of(client: Client, customer: int) -> Record:
    found: Record = {}
    for path, key in _OF_CUSTOMER.items():
        try:
            rows = list(_rows(client, path, key, {"customer": str(customer)}))
        except MissingListError:
            continue
        found[path] = [one for one in rows if link_id(one.get("customer")) == customer]
    for one in found.get("orders", []):
        one["products"] = list(_rows(client, f"orders/{one['id']}/products", "orderProducts", {}))
    return found


def _rows(client: Client, path: str, key: str, filters: dict[str, str]) -> Iterator[Record]:
    number = 1
    while True:
        rows = client.get(path, {**filters, "limit": str(PAGE), "page": str(number)}).many(key)
        yield from rows
        if len(rows) < PAGE:
            return
        number += 1


def _tree(value: object) -> str:
    """Any JSON value as HTML; what is not set is left out."""
    if isinstance(value, dict):
        kept = ((name, inner) for name, inner in value.items() if inner not in ("", None, False, [], {}))
        return f"<ul>{''.join(f'<li>{escape(str(name))}: {_tree(inner)}</li>' for name, inner in kept)}</ul>"
    if isinstance(value, list):
        return f"<ol>{''.join(f'<li>{_tree(inner)}</li>' for inner in value)}</ol>"
    return escape(str(value))
