"""Asks an ASGI application as a server does."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


async def get(app: Any, path: str, *cookies: str) -> Response:
    """Send a GET with these Cookie headers."""
    sent: list[dict[str, Any]] = []
    scope = _scope("http", path, cookies) | {"method": "GET", "scheme": "http"}
    await app(scope, _receiver({"type": "http.request", "body": b"", "more_body": False}), _sender(sent))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Response(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]).decode())


async def open_websocket(app: Any, path: str, *cookies: str) -> list[dict[str, Any]]:
    """Open a web socket, hang up, and return what the application sent."""
    sent: list[dict[str, Any]] = []
    scope = _scope("websocket", path, cookies) | {"scheme": "ws", "subprotocols": []}
    messages = ({"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000})
    await app(scope, _receiver(*messages), _sender(sent))
    return sent


def _scope(kind: str, path: str, cookies: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *((b"cookie", cookie.encode()) for cookie in cookies)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "extensions": {},
    }


def _receiver(*messages: dict[str, Any]) -> Any:
    waiting = list(messages)

    async def receive() -> Optional[dict[str, Any]]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    return receive


def _sender(sent: list[dict[str, Any]]) -> Any:
    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    return send
