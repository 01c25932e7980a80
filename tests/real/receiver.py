"""An HTTP server on this machine that takes JSON, and is as bad as it is told to be."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """What the handlers share.

    :ivar answers: what the next requests get, then 200: a status, ``silent`` (no answer until the end), ``reset``, or
        ``lost``: it is dealt with, and the connection breaks before the answer. :ivar posted: requests that came.
    :ivar taken: those that were dealt with.
    """

    def __init__(self, port: int, deal: Callable[[Posted], int]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answers: list[int | str] = []
        self.retry_after = ""
        self.posted: list[Posted] = []
        self.taken: list[Posted] = []
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.deal = deal


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.receiver.lock:
            self.receiver.posted.append(posted)
            answer = self.receiver.answers.pop(0) if self.receiver.answers else 200
            if answer in (200, "lost"):
                status = self.receiver.deal(posted)
                self.receiver.taken.append(posted)
            else:
                status = answer if isinstance(answer, int) else 0
        if answer == "silent":
            self.receiver.over.wait(60)
        if answer in ("silent", "reset", "lost"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "2")
        if self.receiver.retry_after:
            self.send_header("Retry-After", self.receiver.retry_after)
        if status in (301, 302, 307, 308):
            self.send_header("Location", self.receiver.url + "/elsewhere")
        self.end_headers()
        self.wfile.write(b"{}")

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked has hung up
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


@contextmanager
def receiving(deal: Callable[[Posted], int] = lambda _: 200) -> Iterator[Receiver]:
    """A receiver that runs until the end of the block. :param deal: what it does with a request; the status it answers."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    receiver = Receiver(server.server_port, deal)
    handler.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
