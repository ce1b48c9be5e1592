"""Reads customers from pages that are made on the spot: `no_network.py ours|sdk RECORDS`.

`sdk` is a tap as the Singer SDK's template makes it, with default settings, over the same pages and schema.
Messages go to standard output; what was measured stands on standard error, as JSON.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from singer_sdk import RESTStream, Stream, Tap
from singer_sdk.pagination import BasePageNumberPaginator

from tap_seoshop.tap import TapSeoshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.helpers.types import Context

    from tap_seoshop.api.client import Client
    from tap_seoshop.api.quota import Reserved

PAGE = 250
URL = "http://shop.invalid"
CONFIG = {"api_key": "k" * 32, "api_secret": "s" * 32, "api_url": URL, "requests_per_second": 1e9}
RECORD: dict[str, Any] = {
    "id": 0,
    "createdAt": "2024-03-09T21:32:11+01:00",
    "updatedAt": "2025-06-14T08:05:57+02:00",
    "isConfirmed": True,
    "lastOnlineAt": False,
    "type": "private",
    "gender": "female",
    "birthDate": "1984-02-29",
    "email": "sample.person@example.com",
    "firstname": "Sample",
    "middlename": "van der",
    "lastname": "Person",
    "phone": "+31 20 1234567",
    "mobile": "",
    "companyName": "",
    "addressBillingName": "Sample van der Person",
    "addressBillingStreet": "Dorpsstraat",
    "addressBillingNumber": "12",
    "addressBillingZipcode": "1234 AB",
    "addressBillingCity": "Amsterdam",
    "addressShippingStreet": "Dorpsstraat",
    "addressShippingNumber": "12",
    "addressShippingCity": "Amsterdam",
}
HEAD, TAIL = json.dumps(RECORD).split("0", 1)


class Pages(HTTPAdapter):
    """Answers every request itself.

    Args:
        records: How many the list has.
    """

    def __init__(self, records: int) -> None:
        super().__init__()
        self.records = records

    def send(self, request: PreparedRequest, *_args: object, **_options: object) -> Response:
        """A page, or the count."""
        parts = urlsplit(request.url or "")
        answer = Response()
        answer.status_code, answer.url, answer.request = 200, request.url or "", request
        answer.headers["Date"] = formatdate(usegmt=True)
        if parts.path.endswith("/count.json"):
            text = json.dumps({"count": self.records})
        elif parts.path.endswith("/shop.json"):
            text = '{"shop": {"id": 7}}'
        else:
            page = int(parse_qs(parts.query)["page"][0])
            last = self.records - (page - 1) * PAGE
            rows = (f"{HEAD}{number}{TAIL}" for number in range(last, max(last - PAGE, 0), -1))
            text = f'{{"customers": [{", ".join(rows)}]}}'
        answer._content = text.encode()  # noqa: SLF001  # how requests' own adapters fill an answer read whole
        return answer


class Paginator(BasePageNumberPaginator):
    """Pages until one is not full."""

    def has_more(self, response: Response) -> bool:
        """Whether another page is to be asked for."""
        return len(response.json()["customers"]) == PAGE


class Customers(RESTStream[int]):
    """Customers, as the SDK's documentation says how."""

    name = "customers"
    path = "/nl/customers.json"
    url_base = URL
    primary_keys: ClassVar[Sequence[str]] = ("id",)
    replication_key = "updatedAt"
    records_jsonpath = "$.customers[*]"
    pages: ClassVar[Pages]

    @property
    def requests_session(self) -> Session:
        """The SDK's session, with our pages behind it."""
        session = super().requests_session
        session.mount("http://", self.pages)
        return session

    def get_new_paginator(self) -> Paginator:
        """From the first page on."""
        return Paginator(start_value=1)

    def get_url_params(self, context: Context | None, next_page_token: int | None) -> dict[str, Any]:
        """The page."""
        del context
        return {"limit": PAGE, "page": next_page_token or 1}


class Plain(Tap):
    """A tap of the SDK's template."""

    name = "plain"
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}}
    schema: ClassVar[dict[str, Any]]

    def discover_streams(self) -> Sequence[Stream]:
        """The one stream."""
        return [Customers(self, schema=self.schema)]


class Ours(TapSeoshop):
    """Ours, with the pages behind it."""

    pages: ClassVar[Pages]

    def _client(self, reserved: Reserved) -> Client:
        client = super()._client(reserved)
        client._session.mount("http://", self.pages)  # noqa: SLF001  # the one edge of the process
        return client


def main() -> None:
    """Read, and say what it took."""
    kind, records = sys.argv[1], int(sys.argv[2])
    logging.disable(logging.INFO)
    ours = Ours(config=CONFIG)
    pages = Pages(records)
    Ours.pages = Customers.pages = pages
    began = time.perf_counter()
    if kind == "ours":
        ours.read([ours.streams["customers"]])
    else:
        Plain.schema = ours.streams["customers"].schema
        Plain(config={}).sync_all()
    seconds = time.perf_counter() - began
    # Not getrusage(), whose peak counts the memory of the parent process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    sys.stderr.write(json.dumps({"seconds": seconds, "records": records, "peak_mb": peak}) + "\n")


if __name__ == "__main__":
    main()
