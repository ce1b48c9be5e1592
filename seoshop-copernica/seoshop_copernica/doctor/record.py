"""`doctor --record`: what both APIs really do, as a report for people and as a file for the sandbox."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from seoshop_copernica.doctor import copernica, seoshop
from seoshop_copernica.doctor.observing import Answer, Side
from seoshop_copernica.errors import TroubleError
from seoshop_copernica.setup import account, shop, variables
from seoshop_copernica.setup.values import CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Observed", "observe", "report", "save"]

FORM: Final = 1
"""The form of the file, for a sandbox of another version."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen.

    Args:
        answers: One for each question.
        headers: Names of the headers of each side's answers.
        requests: So many were sent to each side.
    """

    answers: tuple[Answer, ...]
    headers: Mapping[str, tuple[str, ...]]
    requests: Mapping[str, int]

    @property
    def switches(self) -> dict[str, str]:
        """The sandbox's switches that do the same, as far as reading can tell."""
        return {one.switch: one.choice for one in self.answers if one.switch and one.choice}


def observe(environ: Mapping[str, str], pause: float | None = None) -> Observed:
    """Ask both APIs; every request is a GET, but for the exchange of the token.

    Args:
        environ: Both programs' settings, as variables.
        pause: Seconds between two requests to one side; by default as long as is considerate.

    Raises:
        TroubleError: Key or token is not accepted.
    """
    missing = [name for name in variables.SECRET if not environ.get(name)]
    if missing:
        named = " and ".join(missing)
        raise TroubleError(f"{named} not set: `seoshop-copernica setup` asks for all that is needed")
    keys = shop.Keys(
        environ.get("TAP_SEOSHOP_API_KEY", ""),
        environ.get("TAP_SEOSHOP_API_SECRET", ""),
        environ.get("TAP_SEOSHOP_CLUSTER", "eu1"),
        environ.get("TAP_SEOSHOP_LANGUAGE", "nl"),
    )
    address = environ.get("TAP_SEOSHOP_API_URL") or CLUSTERS.get(keys.cluster, CLUSTERS["eu1"])
    jwt = account.exchange(
        environ.get("TARGET_COPERNICA_API_TOKEN", ""), environ.get("TARGET_COPERNICA_AUTH_URL", account.AUTH)
    )
    if isinstance(jwt, shop.Refused):
        raise TroubleError(jwt.line)
    basic = b64encode(f"{keys.api_key}:{keys.api_secret}".encode()).decode()
    more: dict[str, Any] = {} if pause is None else {"pause": pause}
    there = Side(f"{address}/{keys.language}", {"Authorization": f"Basic {basic}"}, ".json", **more)
    if (refused := shop.refusal(keys, there.read("shop"))) and refused.what != "rights":
        raise TroubleError(refused.line)
    api = environ.get("TARGET_COPERNICA_API_URL", account.API)
    here = Side(api, {"Authorization": f"Bearer {jwt}"}, **more)
    stranger = Side(api, {"Authorization": "Bearer none.of.yours"}, **more)
    found = chain(seoshop.answers(there), copernica.answers(here), [copernica.token_refused(stranger)])
    answers = tuple(found)  # first, so that the headers of all answers are known
    sides = {"SEOshop": there, "Copernica": here}
    return Observed(
        answers,
        {name: tuple(sorted(side.headers_seen)) for name, side in sides.items()},
        {name: side.requests for name, side in sides.items()},
    )


def report(observed: Observed) -> str:
    """What was seen, for people, as a Markdown table.

    Args:
        observed: What was seen.
    """
    rows = [f"| {one.question} | {one.seen} | `{one.switch}` |" for one in observed.answers]
    told = [f"{name}: {', '.join(names)}" for name, names in observed.headers.items()]
    head = ["| question | what the API does | switch of the sandbox |", "|---|---|---|"]
    asked = " and ".join(f"{number} requests to {name}" for name, number in observed.requests.items())
    return "\n".join(
        [*head, *rows, "", "Headers of the answers.", *told, "", f"{asked}, none of which wrote.", ""]
    )


def save(observed: Observed, file: Path) -> None:
    """Write the file that `sandbox serve --as-observed FILE` takes.

    Args:
        observed: What was seen.
        file: Where to.

    Raises:
        TroubleError: It cannot be written.
    """
    content = {
        "form": FORM,
        "switches": observed.switches,
        "answers": [{"question": one.question, "seen": one.seen} for one in observed.answers],
        "headers": dict(observed.headers),
    }
    try:
        variables.write(file, json.dumps(content, indent=2) + "\n")
    except OSError as error:
        raise TroubleError(f"{file}: {error.strerror}") from None
