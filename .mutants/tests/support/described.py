"""The descriptions of both APIs in `docs/api`, and their operations as schemathesis tries them."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DOCS = Path(__file__).parents[2] / "docs/api"

# Both APIs are lenient: unknown and odd parameters are ignored, and a wrong one is not always an error. So an
# answer is held against the description of answers, and the checks that guess why it came are left out.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# The same cases every time: what these tests find depends on the code alone.
FEW = settings(max_examples=8, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=50)


@cache
def description(side: str) -> Mapping[str, Any]:
    """The whole description of `seoshop` or `copernica`."""
    # The fast loader where the machine has it: the files are long.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (DOCS / f"{side}.openapi.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, loader)  # noqa: S506  # a safe loader
    return found


@cache
def operations(side: str, server: str) -> Mapping[str, Any]:
    """The operations of a side by their `operationId`, to be asked below `server`."""
    described = {**description(side), "servers": [{"url": server}]}
    found = [one.ok() for one in schemathesis.openapi.from_dict(described).get_all_operations()]  # type: ignore[union-attr]  # an operation it cannot read fails here
    return {one.definition.raw["operationId"]: one for one in found}


def is_below(prefixes: Iterable[str], path: str) -> bool:
    """Whether a described path is one of `prefixes`, or stands below one."""
    whole = path.removesuffix(".json") + "/"
    return any(whole.startswith(f"{prefix}/") for prefix in prefixes)


def check(case: Case[Any], answer: Any) -> None:  # schemathesis takes any client's
    """Hold the answer to `case` against the description.

    Where `fields` has cut the records down, what they hold is not what the description says of whole ones.

    Raises:
        FailureGroup: it differs; the text says in what.
    """
    is_whole = not (case.query or {}).get("fields")
    case.validate_response(
        answer, checks=[one for one in CHECKS if is_whole or one is not response_schema_conformance]
    )
