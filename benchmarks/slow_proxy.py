"""A server at some distance: everything passes, each answer a little later."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOP = frozenset({"connection", "transfer-encoding", "content-encoding", "content-length", "date", "server"})


@contextmanager
def slowed(url: str, seconds: float) -> Iterator[str]:
    """Stand before a server.

    Args:
        url: The server.
        seconds: How much later each answer comes.

    Yields:
        The address to use instead.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(seconds)
            answer = requests.request(
                self.command, url + self.path, data=body, headers=dict(self.headers), timeout=60,
                allow_redirects=False,
            )  # fmt: skip
            self.send_response_only(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP or name.lower() == "date":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = _pass_on  # noqa: N815 - the names that the library calls

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
