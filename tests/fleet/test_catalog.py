"""What is read: patterns in the sense of Meltano's `select`."""

from typing import Any

import pytest

from seoshop_copernica.catalog import selected


def catalog() -> dict[str, Any]:
    def stream(name: str, **fields: Any) -> dict[str, Any]:
        metadata = [{"breadcrumb": [], "metadata": {"inclusion": "available"}}]
        metadata += [
            {"breadcrumb": ["properties", field], "metadata": {"inclusion": "available", **more}}
            for field, more in fields.items()
        ]
        return {"tap_stream_id": name, "metadata": metadata}

    private = {"selected-by-default": False}
    return {"streams": [stream("orders", id={}, email={}, memo=private), stream("brands", id={})]}


def choice(*patterns: str) -> dict[str, bool | None]:
    found = {}
    for stream in selected(catalog(), patterns)["streams"]:
        for entry in stream["metadata"]:
            name = ".".join([stream["tap_stream_id"], *entry["breadcrumb"][1:]])
            found[name] = entry["metadata"].get("selected")
    return found


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["orders.*"], {"orders": True, "orders.id": None, "orders.email": None, "orders.memo": None}),
        (["orders.*", "orders.memo"], {"orders": True, "orders.email": None, "orders.memo": True}),
        (["orders.*", "!orders.email"], {"orders": True, "orders.email": False, "orders.memo": None}),
        (["orders.id"], {"orders": True, "orders.id": True, "orders.email": False, "orders.memo": False}),
        (["*.*", "!orders.*"], {"orders": False, "brands": True}),
        ([], {"orders": False, "brands": False}),
    ],
)
def test_patterns_choose_streams_and_fields_and_personal_data_only_by_name(
    patterns: list[str], expected: dict[str, bool | None]
) -> None:
    found = choice(*patterns)
    assert {name: found[name] for name in expected} == expected
    assert found["brands"] is ("*.*" in patterns)
