"""Measures what an idle connection costs the daemon: resident memory per connection, in KiB, with thousands of them.

A private Redis and sessiond, anew for each line of the table. Connections are opened, do what the line says, one after
the other, and are then left alone. When the daemon's resident memory (VmRSS) has settled it is compared with what it
was before, when a few connections had come and gone. What the kernel holds for a socket is not in it.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "Clients/python/tests/support"))

from processes import Daemon, PrivateRedis, wait_for  # noqa: E402
from stored import logged_in, session_value  # noqa: E402
from watching import Watch  # noqa: E402

from machine import machine  # noqa: E402
from sessions import SECRET_KEY  # noqa: E402

#: Connections that come and go before memory is looked at for the first time.
WARM_UP = 100
#: Memory that stays the same for so long has settled: longer than the daemon looks after a connection that was used.
QUIET_SECONDS = 10
SETTLING_SECONDS_MAX = 180
#: Sessions of which a long answer tells.
SESSIONS = 1000


def exchange(connection: socket.socket, method: str, pad: int = 0, **params: Any) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, "pad": "p" * pad}
    connection.sendall(json.dumps(request).encode() + b"\n")
    answer = b""
    while not answer.endswith(b"\n"):
        answer += connection.recv(1 << 20)
    if b'"result"' not in answer[:40]:
        raise AssertionError(answer[:200])


def nothing(connection: socket.socket) -> None:
    pass


def ask(connection: socket.socket) -> None:
    exchange(connection, "session.identity", session_key="known")


def ask_at_length(connection: socket.socket) -> None:
    exchange(connection, "session.list", pad=60_000, limit=SESSIONS)


def subscribe(connection: socket.socket) -> None:
    exchange(connection, "events.subscribe")


#: What the connections did before they were left alone.
LINES: dict[str, Callable[[socket.socket], None]] = {
    "were opened": nothing,
    "asked once": ask,
    "sent 60 KB and got 200 KB": ask_at_length,
    "subscribed": subscribe,
}


def settled(daemon: Daemon) -> float:
    """Return the resident memory in KiB once it has stayed the same."""
    watch = Watch(daemon.pid)
    memory, since = watch.memory_mib, monotonic()

    def is_quiet() -> bool:
        nonlocal memory, since
        if watch.memory_mib != memory:
            memory, since = watch.memory_mib, monotonic()
        return monotonic() - since >= QUIET_SECONDS

    wait_for(is_quiet, "memory to stay the same", SETTLING_SECONDS_MAX)
    return memory * 1024


def measure(options: argparse.Namespace, act: Callable[[socket.socket], None]) -> dict[str, float]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sd-")))
        redis = PrivateRedis(folder)
        redis.start()
        stack.callback(redis.stop)
        (folder / "secret_key").write_text(SECRET_KEY + "\n")
        for number in range(SESSIONS):
            redis.command("SETEX", f"django_sessions:s{number}", 3600, session_value(SECRET_KEY, logged_in(number)))
        redis.command("SETEX", "django_sessions:known", 3600, session_value(SECRET_KEY, logged_in(1)))
        limits = ("--max-connections", str(options.count + WARM_UP), "--max-connections-per-uid", "1000000")
        daemon = Daemon(options.sessiond, folder, redis.url, folder / "secret_key", *limits)
        daemon.start()
        stack.callback(daemon.stop)

        def connect() -> socket.socket:
            connection = socket.socket(socket.AF_UNIX)
            # Blocking: it waits for a place in the queue of those that are to be accepted.
            connection.connect(str(daemon.path))
            act(connection)
            return connection

        def count() -> int:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(daemon.path))
                connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"server.status"}\n')
                with connection.makefile("rb") as lines:
                    return json.loads(lines.readline())["result"]["clients"]["connections"] - 1

        for connection in [connect() for _ in range(WARM_UP)]:
            connection.close()
        wait_for(lambda: count() == 0, "the end of the first connections")
        before = settled(daemon)
        for _ in range(options.count):
            stack.enter_context(connect())
        wait_for(lambda: count() == options.count, "all connections")
        after = settled(daemon)
        return {"before_kib": before, "after_kib": after, "per_connection_kib": (after - before) / options.count}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessiond", required=True, help="a sessiond that was built for release")
    parser.add_argument("--count", type=int, default=10_000, help="how many connections")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()

    # A file for each connection, here and in the daemon, which inherits the limit.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < options.count + 1000:
        parser.error(f"the limit of open files, {hard}, is too low for {options.count} connections: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    about = machine()
    print(f"{about['processor']}, {about['cores']} cores; {options.count} connections\n", flush=True)
    print(f"{'connections that':32}{'KiB each':>10}{'before, MiB':>14}{'after, MiB':>14}", flush=True)
    figures = {}
    for name, act in LINES.items():
        figures[name] = line = measure(options, act)
        before, after = line["before_kib"] / 1024, line["after_kib"] / 1024
        print(f"{name:32}{line['per_connection_kib']:>10.2f}{before:>14.1f}{after:>14.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "count": options.count, "lines": figures}) + "\n")


if __name__ == "__main__":
    main()
