"""Clients that are slow, large or wrong get an HTTP error and the end of their connection, and nobody else notices."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from contextlib import ExitStack
from random import Random

import pytest

from processes import wait_for
from watching import Watch

KEY = "secretsession0123456789"
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def kept(door):
    """Let somebody be logged in, who must still be answered at the end."""
    door.log_in(KEY)
    yield door
    assert door.ask("/auth", f"sessionid={KEY}").status == 204


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * 40_000 + b"\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\n" + b"a" * 40_000 + b": x\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\n"
        + b"".join(b"a%d: %s\r\n" % (n, b"x" * 900) for n in range(60))
        + b"\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"a%d: x\r\n" % n for n in range(300)) + b"\r\n",
    ],
    ids=["path", "cookie", "name", "size", "count"],
)
def test_a_head_that_is_too_long(kept, head):
    with kept.wire() as wire:
        assert wire.send(head).last_answer().status == 431


def test_a_head_without_an_end_is_refused_when_it_is_too_long(kept):
    watch = Watch(kept.daemon.pid)
    kept.ask("/healthz")
    before = watch.memory_mib
    with kept.wire() as wire:
        wire.send(b"GET /auth HTTP/1.1\r\nHost: localhost\r\n")
        for _ in range(2000):
            wire.send(b"cookie: " + b"x" * 8000 + b"\r\n")
        assert wire.last_answer().status == 431
    assert watch.memory_mib - before < 16


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET /auth\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /auth HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
        b'{"jsonrpc":"2.0","id":1,"method":"server.info"}\n',
    ],
    ids=range(11),
)
def test_what_is_no_http(kept, data):
    with kept.wire() as wire:
        assert wire.send(data).last_answer().status in (400, 413)


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 1000000\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nExpect: 100-continue\r\n",
    ],
    ids=["length", "chunked", "expect"],
)
def test_a_body_is_refused_and_its_answer_arrives(kept, framing):
    with kept.wire() as wire:
        wire.send(b"POST /auth HTTP/1.1\r\nHost: localhost\r\n" + framing + b"\r\n")
        for _ in range(100):
            wire.send(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
        assert wire.last_answer().status == 413


def test_a_wish_for_another_protocol_is_answered_in_this_one(kept):
    with kept.wire() as wire:
        wire.send(b"GET /auth HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert wire.last_answer().status == 401


def test_a_head_that_is_dripped_is_ended(open_door):
    door = open_door("--line-timeout", "0.4")
    with door.wire() as wire, door.wire() as other:
        for byte in REQUEST[:-2]:
            wire.send(bytes([byte]))
        assert wire.last_answer().status == 408
        other.send(REQUEST)
        assert other.answer().status == 200
    assert door.metrics()['sessiond_http_connections_closed_total{cause="unfinished_request"}'] == 1


def test_an_idle_connection_is_ended(open_door):
    door = open_door("--idle-timeout", "0.4")
    with door.wire() as silent, door.wire() as idle:
        idle.send(REQUEST)
        assert idle.answer().status == 200
        assert idle.ends()
        assert silent.ends()
    assert door.metrics()['sessiond_http_connections_closed_total{cause="idle"}'] == 2


def test_beyond_the_limit_connections_are_told_so(open_door):
    door = open_door("--max-http-connections", "3")
    with ExitStack() as stack:
        wires = [stack.enter_context(door.wire()) for _ in range(3)]
        for wire in wires:
            wire.send(REQUEST)
            assert wire.answer().status == 200
        with door.wire() as refused:
            refused.send(REQUEST)
            answer = refused.last_answer()
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        # So many that not all can even be told: none is left hanging.
        many = [stack.enter_context(door.wire()) for _ in range(100)]
        for wire in many:
            try:
                assert wire.last_answer().status == 503
            except (AssertionError, ConnectionError):
                assert wire.unread == b""
        wires[0].send(REQUEST)
        assert wires[0].answer().status == 200
    wait_for(lambda: door.ask("/healthz").status == 200, "room")
    assert door.metrics()["sessiond_http_connections_refused_total"] >= 101
    assert any("--max-http-connections" in line for line in door.daemon.lines)


def test_http_does_not_take_the_sockets_files(open_door):
    door = open_door("--max-http-connections", "5")
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(door.wire()).send(REQUEST)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(door.daemon.path))
            connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"server.status"}\n')
            connection.settimeout(30)
            assert b'"result"' in connection.recv(65536)


def test_thousands_of_requests_behind_one_that_waits_are_answered_in_their_turn(kept):
    count = 5000
    first = b"GET /auth HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=nobody\r\n\r\n"
    with kept.wire() as wire:
        sender = threading.Thread(target=wire.send, args=[(first + REQUEST * 50) * (count // 50)])
        sender.start()
        for number in range(count // 50 * 51):
            assert wire.answer().status == (200 if number % 51 else 401)
        sender.join()


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\n\r\n", REQUEST], ids=["of no host", "answered"])
def test_requests_that_arrived_together_behind_one_that_waits_take_no_stack(kept, request_):
    first = b"GET /auth HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=nobody\r\n\r\n"
    for _ in range(20):
        with kept.wire() as wire:
            count = 30_000 // len(request_)
            wire.send(first + request_ * count)
            assert wire.answer().status == 401
            for _ in range(count):
                assert wire.answer().status == (200 if request_ == REQUEST else 400)


def test_a_client_that_ends_its_input_still_gets_its_answer(kept):
    with kept.wire() as wire:
        wire.send(b"GET /identity HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=nobody\r\n\r\n")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.last_answer().json == {"authenticated": False, "reason": "unknown"}


def test_an_old_client_gets_its_answer_and_the_end(kept):
    with kept.wire() as wire:
        wire.send(b"GET /auth HTTP/1.0\r\nHost: localhost\r\nCookie: sessionid=" + KEY.encode() + b"\r\n\r\n")
        assert wire.last_answer().status == 204


def test_clients_that_go_away_while_redis_is_asked_leave_nothing(kept):
    watch = Watch(kept.daemon.pid)
    before = watch.file_count
    for number in range(200):
        with kept.wire() as wire:
            wire.send(b"GET /auth HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=gone%d\r\n\r\n" % number)
    wait_for(lambda: watch.file_count <= before, "the connections to be gone")
    wait_for(lambda: kept.metrics()["sessiond_http_connections"] == 1, "the connections to be forgotten")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_is_answered_or_ended(kept, seed):
    """Mutated requests, in pieces: none may end the daemon, or leave a connection behind."""
    random = Random(seed)
    whole = [
        b"GET /auth HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=" + KEY.encode() + b"\r\n\r\n",
        b"POST /envoy/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        b"POST /auth HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HEAD /metrics HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nUpgrade: x\r\n\r\n",
        b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    for _ in range(100):
        data = bytearray(b"".join(random.choices(whole, k=random.randint(1, 4))))
        for _ in range(random.randint(0, 6)):
            place = random.randrange(len(data))
            match random.randrange(4):
                case 0:
                    data[place] = random.randrange(256)
                case 1:
                    del data[place : place + random.randint(1, 20)]
                case 2:
                    data[place:place] = random.choice([b"\r\n", b"\n", b" ", b":", b"\x00", b"\xff", b"x" * 5000])
                case _:
                    data[place:place] = data[: random.randint(1, 60)]
            if not data:
                data += b"\n"
        with kept.wire() as wire:
            cut = random.randrange(len(data))
            wire.send(bytes(data[:cut])).send(bytes(data[cut:]))
            with contextlib.suppress(OSError):
                wire.socket.shutdown(socket.SHUT_WR)
            wire.ends()
    assert kept.daemon.is_running
    wait_for(lambda: kept.metrics()["sessiond_http_connections"] == 1, "the connections to be forgotten")


def test_a_key_ends_in_no_answer_and_no_log(open_door):
    door = open_door("--log-level", "trace")
    attempts = [
        door.ask(f"/events?session_key={KEY}"),
        door.ask(f"/{KEY}"),
        door.ask("/auth", f"sessionid={KEY}"),
        door.ask("/identity", f"sessionid={KEY}"),
        door.ask("/auth", f"sessionid={KEY}", headers={"Host": "evil.example"}),
        door.ask("/metrics", f"sessionid={KEY}"),
    ]
    for answer in attempts:
        assert KEY not in answer.text
        assert KEY not in str(answer.headers)
    assert not any(re.search(KEY, line) for line in door.daemon.lines)
