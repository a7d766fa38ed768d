"""Clients that hold a connection up are closed by a real daemon, and others hear nothing of it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from clients import Line
from processes import wait_for

QUERY = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "server.info"}).encode() + b"\n"


def resident(daemon) -> int:
    """Bytes."""
    for line in Path(f"/proc/{daemon.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def test_a_client_that_sends_and_never_reads_is_bounded_and_then_closed(serve):
    daemon = serve("--unread-timeout", "1", "--max-unread-output", "64")
    with Line(daemon.path) as witness, socket.socket(socket.AF_UNIX) as client:
        witness.status()
        before = resident(daemon)
        client.connect(str(daemon.path))
        client.settimeout(1)
        sent = 0
        try:
            while sent < 1 << 30:
                sent += client.send(QUERY * 1000)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 16 << 20, "it was left unread"
        assert resident(daemon) - before < 16 << 20
        wait_for(lambda: witness.status()["clients"]["closed_slow"] == 1, "the end of the connection")
        assert witness.status()["clients"]["connections"] == 1
    assert any("--unread-timeout" in line and "notice" in line.lower() for line in daemon.lines), daemon.lines


def test_a_line_that_is_dripped_in_does_not_keep_a_connection(serve):
    daemon = serve("--line-timeout", "0.5", "--idle-timeout", "0")
    with Line(daemon.path) as witness, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(daemon.path))

        def drip() -> bool:
            try:
                client.send(b" ")
            except (BrokenPipeError, ConnectionResetError):
                return True
            return False

        wait_for(drip, "the end of the connection")
        assert witness.status()["clients"]["closed_unfinished_line"] == 1


def test_an_idle_connection_is_closed_only_where_that_is_wanted(serve):
    daemon = serve("--idle-timeout", "0.5")
    with Line(daemon.path) as subscriber:
        assert "result" in subscriber.call("events.subscribe")
        with Line(daemon.path) as client:
            assert client.read() is None
        assert subscriber.status()["clients"]["closed_idle"] == 1
