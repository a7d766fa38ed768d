"""One hostile connection: sends an attack in one of several manners, and checks every line that comes back."""

from __future__ import annotations

import contextlib
import random
import re
import select
import socket
import struct
import time
from pathlib import Path

from attacks import ATTACKS, Corpus
from expected import answer_count
from protocols import LineError, check_bytes, check_message, methods

#: How long a connection may take until the daemon has answered everything. Generous: machines are shared.
PATIENCE_SECONDS = 60.0
MANNERS = ["plain", "plain", "pieces", "slow", "reset", "deaf", "idle"]


class Finding(Exception):
    """What the daemon must not do."""


class HostileClient:
    """Attacks until it is told to stop; each connection has a seed of its own."""

    def __init__(self, path: Path, streams: Corpus) -> None:
        self.path = path
        self.streams = streams
        self.connection_count = 0
        self.answer_count = 0

    def attack(self, seed: str) -> None:
        """Make one connection."""
        rng = random.Random(seed)
        attack, manner = rng.choice(ATTACKS), rng.choice(MANNERS)
        stream = attack(rng, self.streams)
        self.connection_count += 1
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.path))
                self._carry_out(connection, stream, manner, rng)
        except (Finding, LineError) as finding:
            raise Finding(f"seed {seed}, {attack.__name__}, {manner}: {finding}") from None

    def _carry_out(self, connection: socket.socket, stream: bytes, manner: str, rng: random.Random) -> None:
        if manner == "plain":
            self._converse(connection, stream, [stream])
        elif manner == "pieces":
            self._converse(connection, stream, _pieces(stream, rng))
        elif manner == "slow":
            # The first bytes one by one, with a pause after some of them; the line may stay unfinished.
            stream = stream[: rng.randrange(1, 400)]
            self._converse(connection, stream, [bytes([byte]) for byte in stream], pause=0.002)
        elif manner == "reset":
            with contextlib.suppress(OSError):
                connection.settimeout(1)
                connection.sendall(stream)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif manner == "deaf":
            # Sends for a while and reads nothing; the daemon must stop taking more, and lose nothing by it.
            connection.setblocking(False)
            deadline = time.monotonic() + rng.random()
            while time.monotonic() < deadline:
                with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                    connection.send(stream)
                    continue
                time.sleep(0.01)
        else:
            connection.sendall(stream[: rng.randrange(40)])
            time.sleep(rng.random() / 2)

    def _converse(self, connection: socket.socket, stream: bytes, pieces: list[bytes], pause: float = 0) -> None:
        """Send everything, half-close, and read to the end."""
        expected, hangs_up = answer_count(stream)
        connection.setblocking(False)
        answers = Answers()
        deadline = time.monotonic() + PATIENCE_SECONDS
        broken = False
        for piece in pieces:
            while piece and not broken and time.monotonic() < deadline:
                readable, writable, _ = select.select([connection], [connection], [], 1)
                if readable and not answers.read(connection):
                    broken = True
                if writable and not broken:
                    try:
                        piece = piece[connection.send(piece) :]
                    except (BrokenPipeError, ConnectionResetError):
                        broken = True
            if pause:
                time.sleep(pause)
        if broken and not hangs_up:
            raise Finding("the daemon hung up without a reason")
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        while not answers.ended:
            if time.monotonic() > deadline:
                raise Finding(f"{answers.count} of {expected} answers in {PATIENCE_SECONDS:g} s")
            # A subscription outlives the half-close: enough when everything is answered.
            if answers.count >= expected and answers.has_subscription:
                break
            if select.select([connection], [], [], 0.2)[0]:
                answers.read(connection)
        if answers.ended and answers.unfinished and not answers.was_reset:
            raise Finding(f"the last line has no end: {answers.unfinished[:200]!r}")
        # Where the daemon hangs up on what is still being sent, the system may throw away what it said last.
        if answers.count != expected and not (hangs_up and answers.was_reset):
            raise Finding(f"{answers.count} answers instead of {expected}")
        self.answer_count += answers.count


class Answers:
    """What the daemon sends, line by line."""

    def __init__(self) -> None:
        self.count = 0
        self.ended = False
        self.was_reset = False
        self.has_subscription = False
        self.unfinished = b""
        self._seen: set[bytes] = set()

    def read(self, connection: socket.socket) -> bool:
        """Take what is there; return whether more may come."""
        try:
            data = connection.recv(1 << 18)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            self.was_reset = True
            data = b""
        if not data:
            self.ended = True
            return False
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        for line in lines:
            self._take(line)
        return True

    def _take(self, line: bytes) -> None:
        # Validating takes a thousand times as long as answering: what differs in its numbers only is looked at once.
        message = check_bytes(line + b"\n")
        if isinstance(message, dict) and "method" in message:
            self.has_subscription = True
        else:
            self.count += 1
            self.has_subscription = self.has_subscription or b'"subscription"' in line
        shape = re.sub(rb"\d+", b"0", line[:60]) + b" %d" % (len(line) // 64)
        if shape not in self._seen:
            self._seen.add(shape)
            if isinstance(message, list):
                message = message[:50]
            check_message(message, list(methods()))


def _pieces(stream: bytes, rng: random.Random) -> list[bytes]:
    cuts = sorted(rng.randrange(len(stream) + 1) for _ in range(rng.randrange(1, 20)))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
