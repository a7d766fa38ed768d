"""CherryPy's server in front of both halves, until a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from typing import Any

from cheroot.wsgi import WSGIPathInfoDispatcher, WSGIServer

from .backend.presence import VIEWER_COUNT_MAX, Presence

#: A thread for each stream that may be open, and as many again for pages.
THREAD_COUNT = 2 * VIEWER_COUNT_MAX
REQUEST_HEADER_BYTES_MAX = 65_536
REQUEST_BODY_BYTES_MAX = 1_048_576

_HEADERS = [
    ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
]

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def serve(host: str, port: int, frontend: _Application, backend: _Application, presence: Presence) -> None:
    """Serve Django at `/` and Flask at `/backend` until SIGTERM or SIGINT. Port 0 takes any that is free."""
    applications = {"/": frontend, "/backend": backend}
    server = WSGIServer(
        (host, port),
        _with_headers(WSGIPathInfoDispatcher(applications)),
        numthreads=THREAD_COUNT,
        request_queue_size=128,
        shutdown_timeout=2,
    )
    server.max_request_header_size = REQUEST_HEADER_BYTES_MAX
    server.max_request_body_size = REQUEST_BODY_BYTES_MAX

    # Blocked here, and so in every thread that starts from here, the signals wait for `sigtimedwait` below: a handler
    # would run in the middle of whatever the main thread does.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server.prepare()
    presence.start()
    thread = threading.Thread(target=server.serve, name="server")
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    print(f"serving http://{shown}:{server.bind_addr[1]}/", flush=True)
    while thread.is_alive() and signal.sigtimedwait(signals, 1.0) is None:
        pass
    # A second signal ends the process at once.
    for number in signals:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    presence.close()
    server.stop()
    thread.join()


def _with_headers(application: _Application) -> _Application:
    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            return start_response(
                status, headers + [item for item in _HEADERS if item[0].lower() not in present], *more
            )

        return application(environ, start)

    return respond
