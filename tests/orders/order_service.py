"""An HTTP order service on this machine, as good and as bad as they come: one way to behave per name."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ID, PHONE, NAME, TOKEN = "QH202611030012", "13800000001", "林晓燕", "Bearer t0p-secret"
MINE = {
    "no": ID,
    "tel": PHONE,
    "buyer": NAME,
    "state": 20,
    "goods": ["衣柜"],
    "tracks": [{"at": "2026-10-10 09:20", "note": "已揽收"}],
}
THEIRS = {"no": "QH202611039999", "tel": "13900000002", "buyer": "王建平", "state": 50, "goods": ["隐私物品"], "tracks": []}
MAPPING: dict[str, Any] = {
    "params": {"order_id": "orderNo", "phone": "mobile"},
    "headers": {"Authorization": "env:ORDER_TOKEN_OF_TEST"},
    "orders": "data",
    "fields": {"order_id": "no", "phone": "tel", "name": "buyer", "status": "state", "items": "goods"},
    "events": {"path": "tracks", "time": "at", "text": "note"},
    "status_words": {20: "已发货", 50: "已完成"},
    "retry": {"wait_s": 0.01},
}


class Service:
    """What the handlers share. ``behave`` names the method of `Handler` that answers; ``asked`` are the queries so far."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/orders"
        self.behave = "fine"
        self.over = threading.Event()
        self.asked: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def do_GET(self) -> None:
        self._answer(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if "json" in self.headers.get("Content-Type", ""):
            self._answer(json.loads(body))
        else:
            self._answer(dict(parse_qsl(body or urlsplit(self.path).query)))

    def _answer(self, query: dict[str, str]) -> None:
        self.service.asked.append(query)
        try:
            getattr(self, self.service.behave)(query)
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | given).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def tell(self, *orders: Any) -> None:
        self.send(json.dumps({"data": orders}, ensure_ascii=False).encode())

    def fine(self, query: dict[str, str]) -> None:
        if self.headers["Authorization"] != TOKEN:
            self.send(b"{}", 401)
        elif query.get("orderNo") == ID or query.get("mobile") == PHONE:
            self.tell(MINE)
        else:
            self.tell()

    def everybodys_orders(self, query: dict[str, str]) -> None:
        self.tell(THEIRS, MINE, THEIRS)

    def other_peoples_orders(self, query: dict[str, str]) -> None:
        self.tell(THEIRS | {"tracks": "broken"}, THEIRS)

    def no_orders(self, query: dict[str, str]) -> None:
        self.tell()

    def no_content(self, query: dict[str, str]) -> None:
        self.send(b"", 204)

    def silent(self, query: dict[str, str]) -> None:
        self.service.over.wait(120)

    def dripping_head(self, query: dict[str, str]) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.service.over.wait(0.02):
            self.wfile.write(b"X-More: yes\r\n")

    def dripping_body(self, query: dict[str, str]) -> None:
        self.send(b"[", Content_Length="1000000")
        while not self.service.over.wait(0.02):
            self.wfile.write(b" ")

    def reset(self, query: dict[str, str]) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def reset_once(self, query: dict[str, str]) -> None:
        (self.reset if len(self.service.asked) == 1 else self.fine)(query)

    def hang_up(self, query: dict[str, str]) -> None:
        self.close_connection = True

    def cut_short(self, query: dict[str, str]) -> None:
        self.send(b'{"data": [', Content_Length="500")
        self.close_connection = True

    def no_http(self, query: dict[str, str]) -> None:
        self.wfile.write(b"220 ftp.example.com ready\r\n")
        self.close_connection = True

    def error_500(self, query: dict[str, str]) -> None:
        self.send(json.dumps(THEIRS).encode(), 500)

    def error_503(self, query: dict[str, str]) -> None:
        self.send(b"", 503)

    def busy_once(self, query: dict[str, str]) -> None:
        if len(self.service.asked) == 1:
            self.send(b"", 503, Retry_After="0")
        else:
            self.fine(query)

    def busy_for_an_hour(self, query: dict[str, str]) -> None:
        self.send(b"", 429, Retry_After="3600")

    def error_400(self, query: dict[str, str]) -> None:
        self.send(json.dumps(THEIRS).encode(), 400)

    def error_401(self, query: dict[str, str]) -> None:
        self.send(b"", 401)

    def error_404(self, query: dict[str, str]) -> None:
        self.send(b"", 404)

    def not_modified(self, query: dict[str, str]) -> None:
        self.send(b"", 304)

    def broken_json(self, query: dict[str, str]) -> None:
        self.send(json.dumps({"data": [MINE]}).encode()[:-9])

    def a_page(self, query: dict[str, str]) -> None:
        self.send(f"<html>{THEIRS['tel']}</html>".encode(), Content_Type="text/html")

    def nothing(self, query: dict[str, str]) -> None:
        self.send(b"")

    def deep_json(self, query: dict[str, str]) -> None:
        self.send(b'{"data": ' + b"[" * 100_000)

    def wrong_types(self, query: dict[str, str]) -> None:
        self.tell(MINE | {"no": {"id": 1}}, THEIRS)

    def wrong_status_type(self, query: dict[str, str]) -> None:
        self.tell(MINE | {"state": ["x"]})

    def wrong_event_time(self, query: dict[str, str]) -> None:
        self.tell(MINE | {"tracks": [{"at": "noon", "note": "x"}]})

    def no_list(self, query: dict[str, str]) -> None:
        self.send(b'{"data": "QH202611030012"}')

    def no_data(self, query: dict[str, str]) -> None:
        self.send(b'{"error": "token expired"}')

    def huge_declared(self, query: dict[str, str]) -> None:
        self.send(b"[", Content_Length=str(10**12))
        while not self.service.over.is_set():
            self.wfile.write(b" " * 65536)

    def endless(self, query: dict[str, str]) -> None:
        self.send(b"", Transfer_Encoding="chunked", Content_Length="")
        while not self.service.over.is_set():
            self.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")

    def compressed(self, query: dict[str, str]) -> None:
        self.send(b"\x1f\x8b", Content_Encoding="gzip")

    def redirect_elsewhere(self, query: dict[str, str]) -> None:
        self.send(b"", 302, Location=self.service.url.replace("127.0.0.1", "localhost") + "?" + urlsplit(self.path).query)

    def redirect_here(self, query: dict[str, str]) -> None:
        if self.path.startswith("/orders"):
            self.send(b"", 302, Location=self.path.replace("/orders", "/v2/orders"))
        else:
            self.fine(query)

    def redirect_for_ever(self, query: dict[str, str]) -> None:
        self.send(b"", 307, Location=self.path)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


@contextmanager
def serving() -> Iterator[Service]:
    """The service, until the block ends; whoever still waits for it is let go then."""
    handler: Callable[..., BaseHTTPRequestHandler] = type("_Handler", (Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    service = handler.service = Service(server.server_port)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
