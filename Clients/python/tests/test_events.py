"""The stream of events against scripted daemons: losing it, resuming it, ending it."""

from __future__ import annotations

import json
import os
import threading

import pytest

import sessiond

DEADLINE = 30.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("sessiond._subscription.BACKOFF_SECONDS_MIN", 0.01)


def event(sequence, kind="dev.sessiond.login"):
    return {
        "specversion": "1.0",
        "id": f"0000000000000001-{sequence:016x}",
        "source": "urn:uuid:1",
        "type": kind,
        "time": "2026-12-07T09:30:00.123Z",
        "subject": "0123456789abcdef0123456789abcdef",
        "datacontenttype": "application/json",
        "data": {"user_id": "42"},
    }


def position(sequence):
    return event(sequence)["id"]


def notify(peer, sequence, subscription=1):
    peer.send({"jsonrpc": "2.0", "method": "event", "params": {"subscription": subscription, "event": event(sequence)}})


def subscribe(server, peer, at=0):
    request = server.read(peer)
    if request is not None:
        assert request["method"] == "events.subscribe"
        peer.answer(request, {"subscription": 1, "position": position(at)})
    return request


def test_a_subscription_without_a_daemon_fails_at_once(connect, folder):
    with pytest.raises(sessiond.ConnectionFailed, match="is sessiond running"):
        connect(str(folder / "none.sock")).events()


def test_a_subscription_without_the_right_says_which(connect, serve):
    server = serve(lambda server, peer: peer.refuse(server.read(peer), -32002, {"right": "observe"}))
    with pytest.raises(sessiond.Forbidden, match="observe"):
        connect(server.path).events()


def test_a_lost_position_ends_the_stream_and_names_the_oldest(connect, serve):
    def script(server, peer):
        if peer.number == 0:
            subscribe(server, peer)
            notify(peer, 1)
        else:
            peer.refuse(server.read(peer), -32003, {"oldest": position(9)})

    server = serve(script)
    stream = connect(server.path).events()
    assert next(stream).id == position(1)
    with pytest.raises(sessiond.PositionLost) as caught:
        next(stream)
    assert caught.value.oldest == position(9)
    assert stream.closed
    with pytest.raises(StopIteration):
        next(stream)


def test_garbage_ends_the_stream(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        peer.send_bytes(b"garbage\n")
        server.read(peer)

    with pytest.raises(sessiond.ProtocolError):
        next(connect(serve(script).path).events())


def test_a_lost_connection_is_resumed_after_the_last_event(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        notify(peer, 2 * peer.number + 1)
        notify(peer, 2 * peer.number + 2)

    server = serve(script)
    with connect(server.path).events(types=["dev.sessiond.login"], user_id=42) as stream:
        ids = [next(stream).id for _ in range(6)]
    assert ids == [position(number) for number in range(1, 7)]
    params = [request["params"] for request in server.requests]
    assert params[0] == {"types": ["dev.sessiond.login"], "user_id": "42"}
    assert params[1] == {**params[0], "after": position(2)}
    assert params[2] == {**params[0], "after": position(4)}


def test_a_session_that_is_followed_is_followed_to_its_new_key_after_a_lost_connection_too(connect, serve):
    # The login under the new key, then the logout of the old one; a connection ends after each.
    def script(server, peer):
        subscribe(server, peer)
        told = event(1 + peer.number)
        if peer.number == 0:
            told["data"]["previous_session"] = "a" * 32
        elif peer.number == 1:
            told |= {"type": "dev.sessiond.logout", "subject": "a" * 32}
        peer.send({"jsonrpc": "2.0", "method": "event", "params": {"subscription": 1, "event": told}})

    server = serve(script)
    with connect(server.path).events(session="a" * 32) as stream:
        for _ in range(3):
            next(stream)
    followed = [request["params"]["session"] for request in server.requests[:3]]
    assert followed == ["a" * 32, "a" * 32, event(1)["subject"]]


def test_an_event_that_comes_again_after_a_lost_connection_is_not_delivered_twice(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        notify(peer, 1)
        notify(peer, 1 + peer.number)

    with connect(serve(script).path).events() as stream:
        assert [next(stream).id for _ in range(3)] == [position(1), position(2), position(3)]


def test_a_stream_that_was_lost_before_its_first_event_resumes_where_it_began(connect, serve):
    def script(server, peer):
        subscribe(server, peer, at=7)
        if peer.number > 0:
            notify(peer, 8)
            server.read(peer)

    server = serve(script)
    with connect(server.path).events() as stream:
        assert stream.position == position(7)
        assert next(stream).id == position(8)
    assert server.requests[1]["params"] == {"after": position(7)}


def test_a_heartbeat_moves_the_position(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        if peer.number == 0:
            peer.send(
                {
                    "jsonrpc": "2.0",
                    "method": "events.heartbeat",
                    "params": {"subscription": 1, "position": position(20)},
                }
            )
        else:
            notify(peer, 21)
            server.read(peer)

    server = serve(script)
    with connect(server.path).events() as stream:
        assert next(stream).id == position(21)
    assert server.requests[1]["params"] == {"after": position(20)}


def test_a_silent_connection_is_taken_for_dead(connect, serve, monkeypatch):
    monkeypatch.setattr("sessiond._subscription.SILENCE_SECONDS_MAX", 0.05)

    def script(server, peer):
        subscribe(server, peer)
        if peer.number > 0:
            notify(peer, 1)
        server.read(peer)

    server = serve(script)
    with connect(server.path).events() as stream:
        assert next(stream).id == position(1)
    assert server.connection_count >= 2


def test_a_daemon_that_is_not_ready_or_too_busy_is_asked_again(connect, serve):
    def script(server, peer):
        if peer.number == 1:
            peer.refuse(server.read(peer), -32001, {"retry_after_ms": 1})
        elif peer.number == 2:
            peer.refuse(server.read(peer), -32004)
        else:
            subscribe(server, peer)
            notify(peer, peer.number + 1)

    server = serve(script)
    with connect(server.path).events() as stream:
        assert [next(stream).id for _ in range(2)] == [position(1), position(4)]


def test_a_subscription_closed_for_a_slow_reader_resumes(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        if peer.number == 0:
            notify(peer, 1)
            closed = {"subscription": 1, "error": {"code": -32004, "message": "overloaded"}}
            peer.send({"jsonrpc": "2.0", "method": "events.closed", "params": closed})
        else:
            notify(peer, 2)
        server.read(peer)

    server = serve(script)
    with connect(server.path).events() as stream:
        assert [next(stream).id for _ in range(2)] == [position(1), position(2)]


def test_a_subscription_closed_for_a_lost_position_raises_it(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        error = {"code": -32003, "message": "position_lost", "data": {"oldest": None}}
        peer.send({"jsonrpc": "2.0", "method": "events.closed", "params": {"subscription": 1, "error": error}})
        server.read(peer)

    with pytest.raises(sessiond.PositionLost):
        next(connect(serve(script).path).events())


def test_events_of_other_subscriptions_and_unknown_notifications_are_passed_over(connect, serve):
    def script(server, peer):
        subscribe(server, peer)
        notify(peer, 1, subscription=2)
        peer.send({"jsonrpc": "2.0", "method": "news", "params": {"subscription": 1}})
        peer.send({"jsonrpc": "2.0", "method": "event", "params": [1]})
        notify(peer, 2)
        server.read(peer)

    with connect(serve(script).path).events() as stream:
        assert next(stream).id == position(2)


def test_poll_returns_none_on_a_quiet_stream_and_loses_nothing(connect, serve):
    send_rest = threading.Event()

    def script(server, peer):
        subscribe(server, peer)
        peer.send_bytes(b'{"jsonrpc":"2.0","method":"event",')
        send_rest.wait(DEADLINE)
        peer.send_bytes(b'"params":{"subscription":1,"event":' + json.dumps(event(1)).encode() + b"}}\n")
        server.read(peer)

    with connect(serve(script).path).events() as stream:
        assert stream.poll(0.05) is None
        assert not stream.closed
        send_rest.set()
        assert stream.poll(DEADLINE).id == position(1)


def test_poll_keeps_its_deadline_while_the_daemon_is_away(connect, serve):
    server = serve(lambda server, peer: subscribe(server, peer))
    with connect(server.path).events() as stream:
        assert stream.connected
        server.close()
        assert stream.poll(0.1) is None
        assert not stream.connected
        assert not stream.closed


def test_another_thread_can_end_a_stream_that_waits(serve):
    def script(server, peer):
        subscribe(server, peer)
        server.read(peer)

    stream = sessiond.Client(serve(script).path).events()
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(stream))
    reader.start()
    stream.close()
    reader.join(DEADLINE)
    assert not reader.is_alive()
    assert seen == []
    assert stream._connection is None


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_resumes_on_a_connection_of_its_own(serve):
    go_on = threading.Event()

    def script(server, peer):
        subscribe(server, peer)
        notify(peer, peer.number + 1)
        if peer.number == 0:
            go_on.wait(DEADLINE)
            notify(peer, 2)
        server.read(peer)

    server = serve(script)
    with sessiond.Client(server.path).events() as stream:
        assert next(stream).id == position(1)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if stream.poll(DEADLINE).id == position(2) else 2
                stream.close()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        go_on.set()
        assert stream.poll(DEADLINE).id == position(2)
    assert server.connection_count == 2
