"""The client against scripted daemons: what can go wrong first."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

import sessiond
from sessiond import _calls, aio
from sessiond._connection import Connection
from sessiond._protocol import Conversation

KEY = "k3ypr3c1ousk3ypr3c1ousk3ypr3c1ou"
ADA = {
    "authenticated": True,
    "user_id": "42",
    "backend": "django.contrib.auth.backends.ModelBackend",
    "session": "0123456789abcdef0123456789abcdef",
    "expires_at": "2026-12-07T09:30:00Z",
}


def answering(result):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, result)

    return script


def refusing(code, data=None):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.refuse(request, code, data)

    return script


def sending(data):
    def script(server, peer):
        server.read(peer)
        peer.send_bytes(data)
        server.read(peer)

    return script


def test_no_socket_says_what_to_do(connect, folder):
    with pytest.raises(sessiond.ConnectionFailed, match="is sessiond running"):
        connect(str(folder / "none.sock")).identity(KEY)


def test_the_socket_of_a_dead_daemon_is_told_from_no_socket(connect, folder):
    path = str(folder / "left.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with pytest.raises(sessiond.ConnectionFailed, match="nobody listens"):
        connect(path).identity(KEY)


def test_a_path_too_long_for_a_socket_is_a_failed_connection(connect):
    with pytest.raises(sessiond.ConnectionFailed, match="cannot connect"):
        connect("x" * 200).identity(KEY)


def test_a_daemon_that_goes_away_in_the_middle_of_an_answer(connect, serve):
    server = serve(lambda server, peer: (server.read(peer), peer.send_bytes(b'{"jsonrpc":"2.0","id":1,"res')))
    with connect(server.path) as client, pytest.raises(sessiond.ConnectionFailed, match="closed"):
        client.identity(KEY)
    # A new connection that was lost is not tried again: only one that lay idle is.
    assert server.connection_count == 1


@pytest.mark.parametrize(
    "line",
    [
        b"garbage\n",
        b"\n",
        b"\xff\xfe\n",
        b"[]\n",
        b'"text"\n',
        b"[" * 100_000 + b"\n",
        b"1" * 5_000 + b"\n",
        b'{"jsonrpc":"2.0","id":1,"error":null}\n',
        b'{"jsonrpc":"2.0","id":1,"error":{"message":"no code"}}\n',
        b'{"jsonrpc":"2.0","id":1,"result":null}\n',
        b'{"jsonrpc":"2.0","id":1,"result":{}}\n',
        b'{"jsonrpc":"2.0","id":1,"result":{"authenticated":false,"reason":"unknown"}} {}\n',
    ],
    ids=lambda line: repr(line[:40]),
)
def test_garbage_is_no_answer_and_ends_the_connection(connect, serve, line):
    server = serve(sending(line))
    with connect(server.path) as client, pytest.raises(sessiond.ProtocolError):
        client.identity(KEY)


@pytest.mark.parametrize(
    "result",
    [
        {**ADA, "authenticated": "true"},
        {**ADA, "authenticated": 1},
        {**ADA, "authenticated": None},
        {**ADA, "user_id": 42},
        {**ADA, "user_id": None},
        {**ADA, "expires_at": "tomorrow"},
        {**ADA, "expires_at": "2026-12-07T09:30:00"},
    ],
)
def test_an_answer_of_another_shape_lets_nobody_in(connect, serve, result):
    server = serve(answering(result))
    with connect(server.path) as client, pytest.raises(sessiond.ProtocolError):
        client.identity(KEY)


def test_an_answer_without_an_end_is_given_up(connect, serve, monkeypatch):
    monkeypatch.setattr("sessiond._protocol.ANSWER_BYTES_MAX", 100_000)
    server = serve(sending(b"x" * 400_000))
    with connect(server.path) as client, pytest.raises(sessiond.ProtocolError, match="longer"):
        client.identity(KEY)


def test_a_silent_daemon_times_out_and_its_late_answer_is_never_given_to_another_request(connect, serve):
    release = threading.Event()

    def script(server, peer):
        request = server.read(peer)
        if peer.number == 0:
            release.wait(30)
            peer.answer(request, ADA)
        else:
            peer.answer(request, {"authenticated": False, "reason": "unknown"})
            server.read(peer)

    server = serve(script)
    with connect(server.path, timeout=0.2) as client:
        with pytest.raises(sessiond.TimedOut):
            client.identity(KEY)
        release.set()
        client._timeout = 30.0
        assert client.identity("another").reason == "unknown"


def test_a_daemon_that_drips_does_not_stretch_the_timeout(connect, serve):
    stop = threading.Event()

    def script(server, peer):
        server.read(peer)
        while not stop.wait(0.02):
            peer.send_bytes(b" ")

    server = serve(script)
    with connect(server.path, timeout=0.3) as client, pytest.raises(sessiond.TimedOut):
        client.identity(KEY)
    stop.set()


def test_when_all_connections_are_busy_a_request_waits_no_longer_than_its_timeout(connect, serve):
    arrived, release = threading.Event(), threading.Event()

    def script(server, peer):
        request = server.read(peer)
        arrived.set()
        release.wait(30)
        peer.answer(request, ADA)

    server = serve(script)
    with connect(server.path, timeout=30, pool_size=1) as client:
        first = threading.Thread(target=client.identity, args=(KEY,))
        first.start()
        assert arrived.wait(30)
        client._timeout = 0.1
        with pytest.raises(sessiond.TimedOut, match="pool_size"):
            client.identity(KEY)
        release.set()
        first.join()


@pytest.mark.parametrize(
    ("code", "data", "kind", "attributes"),
    [
        (
            -32001,
            {"retry_after_ms": 250, "cause": "the link is down"},
            sessiond.Unavailable,
            {"retry_after": 0.25, "code": -32001},
        ),
        (-32002, {"right": "list"}, sessiond.Forbidden, {"right": "list"}),
        (-32003, {"oldest": "00-01"}, sessiond.PositionLost, {"oldest": "00-01"}),
        (-32003, {"oldest": None}, sessiond.PositionLost, {"oldest": None}),
        (-32004, {"retry_after_ms": 1000}, sessiond.Overloaded, {"retry_after": 1.0}),
        (
            -32602,
            {"param": "session_key", "problem": "range"},
            sessiond.InvalidParams,
            {"param": "session_key", "problem": "range"},
        ),
        (-32601, None, sessiond.RequestFailed, {"code": -32601}),
        (-32603, None, sessiond.RequestFailed, {"code": -32603}),
        (-32001, {"retry_after_ms": "soon"}, sessiond.Unavailable, {"retry_after": None}),
        (-32001, None, sessiond.Unavailable, {"retry_after": None}),
    ],
)
def test_every_error_has_its_exception_and_keeps_the_connection(connect, serve, code, data, kind, attributes):
    server = serve(refusing(code, data))
    with connect(server.path) as client:
        for _ in range(2):
            with pytest.raises(kind) as caught:
                client.identity(KEY)
            assert isinstance(caught.value, sessiond.SessiondError)
            for name, value in attributes.items():
                assert getattr(caught.value, name) == value
    assert server.connection_count == 1


def test_an_error_without_an_id_is_about_this_request_and_ends_the_connection(connect, serve):
    def script(server, peer):
        server.read(peer)
        peer.send({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid Request"}})
        assert server.read(peer) is None

    server = serve(script)
    with connect(server.path) as client, pytest.raises(sessiond.RequestFailed):
        client.identity(KEY)


def test_a_request_too_long_for_the_daemon_is_not_sent(connect, serve):
    server = serve(answering(ADA))
    with connect(server.path) as client, pytest.raises(sessiond.InvalidParams, match="65536"):
        client.identity("x" * 70_000)
    assert server.requests == []


def test_answers_to_others_and_notifications_are_passed_over(connect, serve):
    def script(server, peer):
        request = server.read(peer)
        peer.send({"jsonrpc": "2.0", "method": "event", "params": {"subscription": 1, "event": {}}})
        peer.send({"jsonrpc": "2.0", "id": 999, "result": {**ADA, "user_id": "666"}})
        peer.answer(request, ADA)
        server.read(peer)

    server = serve(script)
    with connect(server.path) as client:
        assert client.identity(KEY).user_id == "42"


def test_a_restart_of_the_daemon_is_survived(connect, serve):
    server = serve(answering(ADA))
    with connect(server.path) as client:
        assert client.identity(KEY)
        server.close()
        with pytest.raises(sessiond.ConnectionFailed):
            client.identity(KEY)
        serve(answering(ADA))
        assert client.identity(KEY)


def test_a_connection_closed_while_idle_costs_no_request(connect, serve):
    server = serve(answering(ADA))
    with connect(server.path) as client:
        assert client.identity(KEY)
        server.hang_up()
        assert client.identity(KEY)
    assert server.connection_count == 2


def test_a_closed_client_says_so(connect, serve):
    server = serve(answering(ADA))
    client = connect(server.path)
    client.identity(KEY)
    client.close()
    with pytest.raises(sessiond.SessiondError, match="closed"):
        client.identity(KEY)


def test_a_connection_that_is_in_use_when_the_client_is_closed_is_closed_when_it_comes_back(connect, serve):
    arrived, release, ended = threading.Event(), threading.Event(), threading.Event()

    def script(server, peer):
        request = server.read(peer)
        arrived.set()
        release.wait(30)
        peer.answer(request, ADA)
        assert server.read(peer) is None
        ended.set()

    client = connect(serve(script).path, timeout=30)
    seen = []
    asking = threading.Thread(target=lambda: seen.append(client.identity(KEY)))
    asking.start()
    assert arrived.wait(30)
    client.close()
    release.set()
    asking.join()
    assert seen[0].user_id == "42"
    assert ended.wait(30)


def test_no_error_no_representation_and_no_log_holds_the_session_key(connect, serve, folder, caplog):
    caplog.set_level(logging.DEBUG)
    texts = []
    scripts = [
        sending(b"garbage " + KEY.encode() + b"\n"),
        refusing(-32602, {"param": "session_key", "problem": "range"}),
        lambda server, peer: server.read(peer),
    ]
    for index, script in enumerate(scripts):
        server = serve(script, f"{index}.sock")
        with connect(server.path) as client, pytest.raises(sessiond.SessiondError) as caught:
            client.identity(KEY)
        error = caught.value
        texts += [str(error), repr(error), repr(vars(error)), repr(error.__cause__), repr(error.args), repr(client)]
        assert error.__suppress_context__ or error.__context__ is None
    server = serve(answering({**ADA, "found": True, "data": {"basket": KEY}, "omitted": 2}), "get.sock")
    with connect(server.path) as client:
        session = client.get(KEY)
    assert session.data == {"basket": KEY}
    assert session.omitted == 2
    assert session.found
    texts += [repr(session), str(session), caplog.text]
    assert [text for text in texts if KEY in text] == []


def test_an_identity_is_true_exactly_where_somebody_is_logged_in(connect, serve):
    server = serve(answering(ADA))
    with connect(server.path) as client:
        ada = client.identity(KEY, confirm=True)
    assert ada
    assert ada.expires_at == datetime(2026, 12, 7, 9, 30, tzinfo=timezone.utc)
    assert server.requests[0]["params"] == {"session_key": KEY, "confirm": True}
    nobody = sessiond.Identity(False, reason="unknown")
    assert not nobody
    with pytest.raises(AttributeError):
        ada.user_id = "1"


def test_unknown_members_of_an_answer_are_no_matter(connect, serve):
    server = serve(answering({**ADA, "superseded": True, "news": [1]}))
    with connect(server.path) as client:
        assert client.identity(KEY).superseded


def test_lists_history_and_figures(connect, serve):
    session = {key: ADA[key] for key in ("session", "user_id", "backend", "expires_at")}
    event = {
        "specversion": "1.0",
        "id": "00-01",
        "source": "urn:uuid:1",
        "type": "dev.sessiond.login",
        "time": "2026-12-07T09:30:00.123Z",
        "subject": ADA["session"],
        "datacontenttype": "application/json",
        "data": {"user_id": "42"},
    }
    results = {
        "session.list": {
            "sessions": [{**session, "first_seen_at": "2026-12-07T09:00:00Z"}],
            "next": "n",
            "position": "p",
        },
        "events.query": {"events": [event]},
        "server.status": {"link": {"state": "live"}},
        "server.info": {"version": "0.1.0"},
    }

    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, results[request["method"]])

    server = serve(script)
    with connect(server.path) as client:
        page = client.sessions(42, limit=10, after="a")
        assert [item.user_id for item in page] == ["42"]
        assert (page.next, page.position, len(page)) == ("n", "p", 1)
        history = client.query(since=datetime(2026, 1, 1, tzinfo=timezone.utc), types=("dev.sessiond.login",))
        assert [item.raw for item in history] == [event]
        assert history.next is None
        assert history.events[0].time.microsecond == 123_000
        assert client.status()["link"]["state"] == "live"
        assert client.info()["version"] == "0.1.0"
        with pytest.raises(ValueError, match="time zone"):
            client.query(since=datetime(2026, 1, 1))
    assert server.requests[0]["params"] == {"user_id": "42", "limit": 10, "after": "a"}
    assert server.requests[1]["params"] == {
        "since": "2026-01-01T00:00:00.000+00:00",
        "types": ["dev.sessiond.login"],
        "limit": 100,
    }


def test_many_threads_share_a_client_and_each_gets_its_own_answer(connect, serve):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, {**ADA, "user_id": request["params"]["session_key"]})

    server = serve(script)
    wrong = []
    with connect(server.path, timeout=30, pool_size=4) as client:

        def ask(name):
            for number in range(50):
                key = f"{name}-{number}"
                if client.identity(key).user_id != key:
                    wrong.append(key)

        threads = [threading.Thread(target=ask, args=(name,)) for name in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(server.requests) == 600
    assert server.connection_count <= 4


# Python 3.12 and later warn of a fork in a process with threads, which is just what this test is about.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_connection(serve):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, {**ADA, "user_id": str(peer.number)})

    server = serve(script)
    with sessiond.Client(server.path) as client:
        assert client.identity(KEY).user_id == "0"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if client.identity(KEY).user_id == "1" else 2
                client.close()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.identity(KEY).user_id == "0"


def test_the_socket_is_looked_for_in_the_daemons_order(folder):
    from sessiond._paths import candidates, find_socket

    assert candidates({"SESSIOND_SOCKET": "/s", "RUNTIME_DIRECTORY": "/r"}) == ["/s"]
    places = candidates({"RUNTIME_DIRECTORY": "/run/a:/run/b", "XDG_RUNTIME_DIR": str(folder)})
    assert places == [
        "/run/a/sessiond.sock",
        "/run/b/sessiond.sock",
        "/run/sessiond/sessiond.sock",
        str(folder / "sessiond" / "sessiond.sock"),
    ]
    environ = {"RUNTIME_DIRECTORY": str(folder / "own"), "XDG_RUNTIME_DIR": str(folder)}
    assert find_socket(environ) == str(folder / "own" / "sessiond.sock")
    Path(places[-1]).parent.mkdir()
    Path(places[-1]).touch()
    if not Path("/run/sessiond/sessiond.sock").exists():
        assert find_socket(environ) == places[-1]


def test_the_timeout_covers_connecting_too(folder, monkeypatch):
    moments = iter([100.0, 200.0, 300.0, 400.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    with pytest.raises(sessiond.TimedOut):
        sessiond.Client(str(folder / "none.sock"), timeout=1.0).identity(KEY)


def test_a_full_queue_of_connections_is_waited_for(connect, folder):
    path = str(folder / "full.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        with socket.socket(socket.AF_UNIX) as second:
            second.setblocking(False)
            with pytest.raises(BlockingIOError):
                second.connect(path)

        def accept():
            # By now the client has most likely found the queue full; if not, it has less to wait for.
            time.sleep(0.1)
            listener.accept()[0].close()
            with listener.accept()[0] as connection, connection.makefile("rb") as lines:
                request = json.loads(lines.readline())
                connection.sendall(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": ADA}).encode() + b"\n")

        server = threading.Thread(target=accept)
        server.start()
        with connect(path) as client:
            assert client.identity(KEY).user_id == "42"
        server.join()


def test_a_connection_that_is_refused_says_so_even_where_it_is_closed_already(folder):
    path = str(folder / "refusing.sock")
    error = {"code": -32004, "message": "overloaded", "data": {"retry_after_ms": 1000}}
    line = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        connection = Connection(path, time.monotonic() + 30)
        accepted = listener.accept()[0]
        accepted.sendall(line)
        accepted.close()
        with pytest.raises(sessiond.Overloaded) as caught:
            connection.call(_calls.info(), time.monotonic() + 30)
        assert caught.value.retry_after == 1
        connection.close()


@pytest.fixture(params=["blocking", "asyncio"])
def pair(request):
    """Connect a connection whose sending side has little room; return it with its `call` and with the other side."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    ours.setblocking(False)
    theirs.settimeout(30)
    kind = Connection if request.param == "blocking" else aio._connection.Connection
    connection = kind.__new__(kind)
    connection._conversation, connection._socket, connection._timeout = Conversation(), ours, -1.0

    def call(*arguments):
        called = connection.call(*arguments)
        return called if request.param == "blocking" else asyncio.run(called)

    yield call, ours, theirs
    ours.close()
    theirs.close()


def test_a_request_larger_than_the_room_there_is_arrives_whole(pair):
    call, _, theirs = pair
    lines = []

    def answer():
        with theirs.makefile("rb") as reader:
            lines.append(json.loads(reader.readline()))
        theirs.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "result": ADA}).encode() + b"\n")

    server = threading.Thread(target=answer)
    server.start()
    assert call(_calls.identity("k" * 60_000, False), time.monotonic() + 30).user_id == "42"
    server.join()
    assert lines[0]["params"] == {"session_key": "k" * 60_000}


def test_a_request_for_which_there_is_no_room_waits_until_its_deadline(pair):
    call, ours, _ = pair
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(b"x")
    with pytest.raises(sessiond.TimedOut):
        call(_calls.info(), time.monotonic() + 0.1)


def test_a_request_for_which_there_is_no_room_is_sent_when_there_is(monkeypatch):
    refused, write = threading.Event(), os.write

    def watched_write(descriptor, data):
        try:
            return write(descriptor, data)
        except BlockingIOError:
            refused.set()
            raise

    monkeypatch.setattr("sessiond._connection.os.write", watched_write)
    ours, theirs = socket.socketpair()
    theirs.settimeout(30)
    with ours, theirs, theirs.makefile("rb") as reader:
        connection = Connection.__new__(Connection)
        connection._conversation, connection._socket, connection._timeout = Conversation(), ours, -1.0
        ours.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                ours.send(b"\n")
        seen = []
        asking = threading.Thread(target=lambda: seen.append(connection.call(_calls.info(), time.monotonic() + 30)))
        asking.start()
        assert refused.wait(30)
        request = next(line for line in reader if line != b"\n")
        theirs.sendall(b'{"jsonrpc":"2.0","id":1,"result":{"version":"1"}}\n')
        asking.join()
    assert json.loads(request)["method"] == "server.info"
    assert seen == [{"version": "1"}]


@pytest.mark.parametrize("arguments", [{"timeout": 0}, {"timeout": -1}, {"pool_size": 0}])
def test_a_client_that_could_never_answer_is_refused(connect, arguments):
    with pytest.raises(ValueError, match="greater than 0"):
        connect(**arguments)
