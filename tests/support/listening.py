"""A server of the web that keeps what it is sent: a dead-man service, a place for alarms, a collector."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    """A request."""

    path: str
    body: bytes


@dataclass
class Listener:
    """The server; `status` is what it answers."""

    url: str
    got: list[Got] = field(default_factory=list)
    status: int = 200

    def paths(self, begin: str) -> list[str]:
        """Paths that begin so, in order."""
        return [one.path.removeprefix(begin) for one in self.got if one.path.startswith(begin)]


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen until the context is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            listener.got.append(Got(self.path, body))
            self.send_response(listener.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815  # the standard library's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
