"""Asking a fresh sandbox again what a scenario tells, and comparing its answers: `sandbox replay`."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

from sandbox import app
from sandbox.options import opened
from sandbox.record import KEY
from sandbox.scenario import Answer, Scenario, Step, differences

Difference = tuple[int, Step, str, Any, Any]


def replay(scenario: Scenario) -> Iterator[Difference]:
    """Carry out a scenario in a sandbox of its own, on a clock that stands where it stood.

    Yields:
        Number of the step, the step, the place in its answer, the value then and now.

    Raises:
        ValueError: its options cannot be.
    """
    tokens: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="sandbox-") as folder,
        opened(scenario.options, Path(folder), real_time=lambda: 0.0) as (context, shop),
        asyncio.Runner() as loop,
    ):
        served = app.build(context, shop)
        for number, step in enumerate(scenario.steps, 1):
            context.clock.set(step.moment)
            answer = loop.run(_asked(served, step, _authorization(step, tokens)))
            if step.gives_token:
                tokens.append(answer.body)
            for place, then, now in differences(step, answer, scenario.volatile):
                yield number, step, place, then, now


def _authorization(step: Step, tokens: list[str]) -> str | None:
    match (step.who or "").split():
        case []:
            return None
        case ["key"]:
            return KEY
        case ["token", number] if int(number) <= len(tokens):
            return f"Bearer {tokens[int(number) - 1]}"
        case _:
            return "Bearer stranger"


async def _asked(served: ASGIApp, step: Step, authorization: str | None) -> Answer:
    """One request, without a server; a client that would wait for ever goes away at once."""
    path, _, query = step.target.partition("?")
    headers = {"host": step.host, "content-type": step.content_type, "authorization": authorization}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": step.method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value],
        "server": None,
        "client": None,
    }
    status, told, body = 0, {}, bytearray()
    coming: list[Message] = [{"type": "http.request", "body": step.body.encode(), "more_body": False}]

    async def receive() -> Message:
        return coming.pop() if coming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status, told
        if message["type"] == "http.response.start":
            status, told = message["status"], dict(Headers(raw=message["headers"]))
        body.extend(message.get("body", b""))

    await served(scope, receive, send)
    return Answer(status, told, body.decode(errors="replace"))
