"""Both clients against a daemon that does what a test tells it, where a real one would need luck."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from processes import DEADLINE_SECONDS, wait_for

KEY = "a-key-that-stays-secret"
RUN = "000001988a3c5d20"
NOBODY = {"authenticated": False, "reason": "unknown"}


def position(number):
    return f"{RUN}-{number:016x}"


def event(number, **data):
    return {
        "jsonrpc": "2.0",
        "method": "event",
        "params": {
            "subscription": 1,
            "event": {
                "specversion": "1.0",
                "id": position(number),
                "source": "urn:uuid:5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11",
                "type": "dev.sessiond.login",
                "time": "2026-12-07T09:30:00.120Z",
                "subject": "7d1a54127b222502f5b79b5fb0803061",
                "data": {"user_id": "42", **data},
            },
        },
    }


def heartbeat(number):
    params = {"subscription": 1, "position": position(number)}
    return {"jsonrpc": "2.0", "method": "events.heartbeat", "params": params}


def closed(code, **data):
    error = {"code": code, "message": "refused", "data": data}
    return {"jsonrpc": "2.0", "method": "events.closed", "params": {"subscription": 1, "error": error}}


def stay(server, peer):
    while server.read(peer):
        pass


def test_answers_find_their_requests_whatever_their_order(serve, drive):
    def script(server, peer):
        requests = [server.read(peer) for _ in range(3)]
        for request in reversed(requests):
            reason = request["params"]["session_key"]
            peer.answer(request, {"authenticated": False, "reason": reason})
        stay(server, peer)

    driver = drive(serve(script).path)
    asked = [(word, driver.ask("session.identity", {"session_key": word})) for word in ("one", "two", "three")]
    for word, request in asked:
        assert driver.answer(request)["result"]["reason"] == word


def test_a_request_without_an_answer_is_given_up_and_harms_no_other(serve, drive):
    asked_again = threading.Event()

    def script(server, peer):
        late = server.read(peer)
        peer.answer(server.read(peer), NOBODY)
        assert asked_again.wait(DEADLINE_SECONDS)
        peer.answer(late, NOBODY)
        peer.answer(server.read(peer), {"authenticated": False, "reason": "anonymous"})
        stay(server, peer)

    server = serve(script)
    driver = drive(server.path, timeout_ms=500)
    first = driver.ask("session.identity", {"session_key": KEY})
    wait_for(lambda: server.requests, "the first request")
    assert driver.call("session.identity", {"session_key": KEY}) == NOBODY
    assert driver.answer(first)["error"]["kind"] == "TimedOut"
    asked_again.set()
    assert driver.call("session.identity", {"session_key": KEY})["reason"] == "anonymous"
    assert server.connection_count == 1
    assert KEY not in driver.errors


def test_a_request_is_given_up_when_its_caller_says_so(serve, drive):
    server = serve(stay)
    driver = drive(server.path)
    asked = driver.ask("session.identity", {"session_key": KEY})
    wait_for(lambda: server.requests, "the request")
    driver.send(b'{"method":"driver.cancel","params":{"id":%d}}\n' % asked)
    assert driver.answer(asked)["error"]["kind"] == "AbortError"


def test_a_daemon_that_does_not_take_what_is_sent_does_not_hold_the_caller(serve, drive):
    over = threading.Event()
    driver = drive(serve(lambda server, peer: over.wait(2 * DEADLINE_SECONDS)).path, timeout_ms=700)
    asked = [driver.ask("session.list", {"after": "a" * 60_000}) for _ in range(20)]
    try:
        assert {driver.answer(request)["error"]["kind"] for request in asked} <= {"TimedOut", "ConnectionFailed"}
    finally:
        over.set()


def test_a_connection_that_lay_idle_and_was_closed_is_opened_again_once(serve, drive):
    def script(server, peer):
        request = server.read(peer)
        if request and peer.number != 1:
            peer.answer(request, NOBODY)
        if peer.number == 0:
            server.read(peer)  # The next one is taken and not answered.

    server = serve(script)
    driver = drive(server.path)
    assert driver.call("session.identity", {"session_key": KEY}) == NOBODY
    assert driver.failure("session.identity", {"session_key": KEY})["kind"] == "ConnectionFailed"
    assert server.connection_count == 2
    assert driver.call("session.identity", {"session_key": KEY}) == NOBODY
    assert KEY not in driver.errors


def test_there_is_no_daemon(folder, drive):
    driver = drive(folder / "none.sock")
    assert driver.failure("session.identity", {"session_key": KEY})["kind"] == "ConnectionFailed"
    assert driver.failure("events.subscribe", {"session_key": KEY})["kind"] == "ConnectionFailed"
    assert KEY not in driver.errors


def test_a_request_that_is_too_long_is_not_sent(serve, drive):
    def script(server, peer):
        while request := server.read(peer):
            peer.answer(request, NOBODY)

    server = serve(script)
    driver = drive(server.path)
    assert driver.failure("session.identity", {"session_key": KEY * 4_000})["code"] == -32600
    assert driver.failure("events.subscribe", {"session_key": KEY * 4_000})["code"] == -32600
    assert driver.call("session.identity", {"session_key": KEY}) == NOBODY
    assert len(server.requests) == 1
    assert KEY not in driver.errors


def test_an_error_about_no_request_is_everybodys(serve, drive):
    def script(server, peer):
        requests = [server.read(peer) for _ in range(2)]
        if peer.number == 0:
            error = {"code": -32004, "message": "overloaded", "data": {"retry_after_ms": 1000}}
            peer.send({"jsonrpc": "2.0", "id": None, "error": error})
        else:
            for request in requests:
                peer.answer(request, NOBODY)

    driver = drive(serve(script).path)
    for expected in ("error", "result"):
        asked = [driver.ask("session.identity", {"session_key": KEY}) for _ in range(2)]
        answers = [driver.answer(request) for request in asked]
        assert all(expected in answer for answer in answers)
        if expected == "error":
            assert {answer["error"]["code"] for answer in answers} == {-32004}


@pytest.mark.parametrize(
    "line",
    [
        f"no JSON but {KEY}\n",
        "[]\n",
        "null\n",
        '{"jsonrpc":"2.0","id":1}\n',
        '{"jsonrpc":"2.0","id":1,"result":null}\n',
        '{"jsonrpc":"2.0","id":1,"result":{}}\n',
        '{"jsonrpc":"2.0","id":1,"result":{"authenticated":true}}\n',
        '{"jsonrpc":"2.0","id":1,"result":{"authenticated":"true","session":"7d1a54127b222502f5b79b5fb0803061"}}\n',
        '{"jsonrpc":"2.0","id":1,"result":{"authenticated":false}}\n',
        '{"jsonrpc":"2.0","id":1,"error":{}}\n',
        '{"jsonrpc":"2.0","id":1,"error":"' + KEY + '"}\n',
    ],
)
def test_an_answer_that_makes_no_sense_lets_nobody_in(serve, drive, line):
    def script(server, peer):
        server.read(peer)
        peer.send_bytes(line.encode())
        stay(server, peer)

    driver = drive(serve(script).path, timeout_ms=2_000)
    error = driver.failure("session.identity", {"session_key": KEY})
    assert error.get("kind") == "ProtocolError", error
    assert KEY not in driver.errors


def test_a_line_without_end_is_not_kept(serve, drive):
    def script(server, peer):
        server.read(peer)
        for _ in range(300):
            peer.send_bytes(b"x" * 65_536)

    driver = drive(serve(script).path)
    assert driver.failure("session.identity", {"session_key": KEY})["kind"] == "ProtocolError"


def test_events_come_once_and_resume_behind_the_last_one(serve, drive):
    said = [
        [event(11), event(12)],
        [event(12), event(13), heartbeat(20)],  # The 12th a second time.
        [event(21), closed(-32001, cause="a test", retry_after_ms=1)],
        [event(22), {"jsonrpc": "2.0", "method": "something.new", "params": {}}],
        [event(23), closed(-32002, right="observe")],
    ]

    def script(server, peer):
        request = server.read(peer)
        peer.answer(request, {"subscription": 1, "position": position(10)})
        for message in said[peer.number]:
            peer.send(message)

    server = serve(script)
    driver = drive(server.path)
    params = {"types": ["dev.sessiond.login"], "user_id": "42"}
    subscription = driver.call("events.subscribe", params)["subscription"]
    ids = [driver.event(subscription)["id"] for _ in range(6)]
    assert ids == [position(number) for number in (11, 12, 13, 21, 22, 23)]
    assert driver.event(subscription)["error"]["code"] == -32002
    afters = [request["params"].pop("after", None) for request in server.requests]
    assert afters == [None, position(12), position(20), position(21), position(22)]
    assert all(request["params"] == params for request in server.requests)


@pytest.mark.parametrize("after", [None, "", position(3)])
def test_events_resume_from_where_they_began_where_none_has_come(serve, drive, after):
    def script(server, peer):
        peer.answer(server.read(peer), {"subscription": 1, "position": position(10 + peer.number)})
        if peer.number == 1:
            peer.send(event(12))
            stay(server, peer)

    server = serve(script)
    driver = drive(server.path)
    subscription = driver.call("events.subscribe", {} if after is None else {"after": after})["subscription"]
    assert driver.event(subscription)["id"] == position(12)
    resumed = position(10) if after is None else after
    assert [request["params"].get("after") for request in server.requests] == [after, resumed]


def test_a_daemon_that_ends_every_subscription_is_asked_less_and_less_often(serve, drive):
    times = []

    def script(server, peer):
        request = server.read(peer)
        times.append(time.monotonic())
        peer.answer(request, {"subscription": 1, "position": position(10)})
        if peer.number == 3:
            peer.send(closed(-32004, retry_after_ms=1_500))
        if peer.number == 4:
            peer.send(event(11))
            stay(server, peer)

    driver = drive(serve(script).path)
    subscription = driver.call("events.subscribe")["subscription"]
    assert driver.event(subscription)["id"] == position(11)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    for pause, least in zip(pauses, (0.1, 0.2, 0.4, 1.5), strict=True):
        assert pause > 0.9 * least


def test_a_stream_that_nobody_reads_is_closed_at_once(serve, drive):
    def script(server, peer):
        peer.answer(server.read(peer), {"subscription": 1, "position": position(10)})
        stay(server, peer)

    driver = drive(serve(script).path)
    subscription = driver.call("events.subscribe")["subscription"]
    assert driver.call("events.unsubscribe", {"subscription": subscription}) == {}


def test_a_stream_ends_when_its_caller_says_so(serve, drive):
    ended = threading.Event()

    def script(server, peer):
        peer.answer(server.read(peer), {"subscription": 1, "position": position(10)})
        stay(server, peer)
        ended.set()

    driver = drive(serve(script).path)
    asked = driver.ask("events.subscribe")
    assert driver.answer(asked)["result"]
    driver.send(b'{"method":"driver.cancel","params":{"id":%d}}\n' % asked)
    assert ended.wait(DEADLINE_SECONDS)


@pytest.mark.parametrize(
    "message",
    [
        {"method": "event"},
        {"method": "event", "params": {}},
        {"method": "event", "params": {"event": {}}},
        {"method": "event", "params": {"event": {"id": 1}}},
        {"method": "events.closed"},
        {"method": "events.closed", "params": {"error": {}}},
        {},
    ],
)
def test_an_event_that_makes_no_sense_ends_the_stream(serve, drive, message):
    def script(server, peer):
        peer.answer(server.read(peer), {"subscription": 1, "position": position(10)})
        peer.send(event(11))
        peer.send(message)
        stay(server, peer)

    driver = drive(serve(script).path)
    subscription = driver.call("events.subscribe")["subscription"]
    assert driver.event(subscription)["id"] == position(11)
    assert driver.event(subscription)["error"]["kind"] == "ProtocolError"


@pytest.mark.parametrize("answer", [{}, {"position": 1}, None])
def test_a_subscription_without_a_position_is_none(serve, drive, answer):
    driver = drive(serve(lambda server, peer: peer.answer(server.read(peer), answer)).path)
    assert driver.failure("events.subscribe")["kind"] == "ProtocolError"


def test_a_subscription_is_given_up_in_time_and_when_its_caller_says_so(serve, drive):
    server = serve(stay)
    assert drive(server.path, timeout_ms=300).failure("events.subscribe")["kind"] == "TimedOut"
    driver = drive(server.path)
    asked = driver.ask("events.subscribe", {"session_key": KEY})
    wait_for(lambda: len(server.requests) == 2, "the second request")
    driver.send(b'{"method":"driver.cancel","params":{"id":%d}}\n' % asked)
    assert driver.answer(asked)["error"]["kind"] == "AbortError"
    assert KEY not in driver.errors
