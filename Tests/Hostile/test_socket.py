"""A few seconds of what `make fuzz-socket` does for minutes."""

from __future__ import annotations

import random
from pathlib import Path

from attacks import request
from expected import answer_count
from socket_fuzzer import SocketFuzzer

SECONDS = 8.0


def test_hostile_clients_hurt_nobody(binary: str, folder: Path) -> None:
    fuzzer = SocketFuzzer(binary, folder, seed=random.randrange(1 << 32))
    try:
        fuzzer.run(SECONDS)
        assert all(attacker.connection_count > 3 for attacker in fuzzer.attackers)
        fuzzer.end()
    finally:
        fuzzer.kill()


def test_the_answers_are_counted_as_the_protocol_says() -> None:
    """The fuzzer's own judgement, on lines whose answers are plain."""
    assert answer_count(b"") == (0, False)
    assert answer_count(b"\n\nx\n") == (3, False)
    assert answer_count(b'{"jsonrpc":"2.0","method":"m"}\n' + request("m") + request("m")[:-1]) == (1, False)
    assert answer_count(b'[{"jsonrpc":"2.0","method":"m"}]\n[]\n[1]\r\n') == (2, False)
    assert answer_count(b'{"jsonrpc":"2.0","method":"m","params":1}\n{"method":"m"}\n') == (2, False)
    assert answer_count(b"[" * 40 + b"]" * 40 + b'\n{"jsonrpc":"2.0","method":"m","x":1,"x":2}\n') == (2, False)
    notification = b'{"jsonrpc":"2.0","method":"m"},'
    assert answer_count(b"[" + notification * 999 + b'{"jsonrpc":"2.0","method":"m"}]\n') == (0, False)
    assert answer_count(b"[" + notification * 1000 + b'{"jsonrpc":"2.0","method":"m"}]\n') == (1, False)
    assert answer_count(b"x" * 65_537) == (1, True)
    assert answer_count(b"x" * 65_536 + b"\r\n" + b"y" * 65_537 + b"\nz\n") == (2, True)
