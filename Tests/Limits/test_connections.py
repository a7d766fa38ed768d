"""How many connections there may be, whose, and what becomes of the rest."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from contextlib import ExitStack

import pytest

from clients import Line, OtherUser, may_become_others
from processes import wait_for

REFUSAL = {
    "jsonrpc": "2.0",
    "id": None,
    "error": {"code": -32004, "message": "overloaded", "data": {"retry_after_ms": 1000}},
}


@pytest.mark.skipif(not may_become_others(), reason="needs to become other users")
def test_one_user_cannot_take_the_places_of_the_others(serve):
    daemon = serve("--max-connections", "6", "--max-connections-per-uid", "3")
    with Line(daemon.path) as own, OtherUser(4001, daemon.path) as greedy, OtherUser(4002, daemon.path) as modest:
        limits = own.call("server.info")["result"]["limits"]
        assert (limits["connections_max"], limits["connections_per_uid_max"]) == (6, 3)
        assert [greedy.do("connect")["result"]["peer"]["uid"] for _ in range(3)] == [4001] * 3
        assert [greedy.do("connect") for _ in range(20)] == [REFUSAL] * 20
        assert [modest.do("connect")["result"]["peer"]["uid"] for _ in range(2)] == [4002] * 2
        # There are six now: nobody more gets in, whoever it is.
        assert modest.do("connect") == REFUSAL
        with Line(daemon.path) as late:
            assert late.read() == REFUSAL
            assert late.read() is None
        assert own.status()["clients"]["connections_refused"] == 22
        assert own.status()["clients"]["connections"] == 6
        assert "result" in greedy.do("ask", "no-such-session")
        greedy.do("hangup")
        wait_for(lambda: "result" in modest.do("connect"), "the place that was given back")
    refusals = [line for line in daemon.lines if "a connection is refused" in line]
    assert len(refusals) == 2, "once a minute for each limit, not once a connection"
    assert "uid=4001" in refusals[0]


@pytest.mark.skipif(not may_become_others(), reason="needs to become other users")
def test_a_client_that_connects_in_a_loop_beyond_its_limit_keeps_nobody_out(serve):
    daemon = serve("--max-connections-per-uid", "2")
    over = threading.Event()
    refused = 0

    def hammer() -> None:
        nonlocal refused
        while not over.is_set():
            with Line(daemon.path) as line:
                assert line.read() == REFUSAL
                refused += 1

    with Line(daemon.path) as own, Line(daemon.path) as second, OtherUser(4001, daemon.path) as other:
        assert "result" in second.call("server.info")
        hammering = [threading.Thread(target=hammer) for _ in range(4)]
        for thread in hammering:
            thread.start()
        try:
            for _ in range(2):
                assert "result" in other.do("connect")
            wait_for(lambda: own.status()["clients"]["connections_refused"] > 1000, "a thousand refusals")
            assert own.status()["clients"]["connections"] == 4
            assert other.do("ask", "no-such-session")["result"]["reason"] == "unknown"
        finally:
            over.set()
            for thread in hammering:
                thread.join()
        assert own.status()["clients"]["connections_refused"] == refused, "none was closed without a word"


def test_without_files_for_more_connections_accepting_pauses_and_goes_on(serve):
    daemon = serve()
    with ExitStack() as stack:
        own = stack.enter_context(Line(daemon.path))
        assert own.status()["clients"]["accept_failures"] == 0
        open_files = len(own_files(daemon))
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (open_files + 5, 1000))
        clients = [stack.enter_context(Line(daemon.path)) for _ in range(20)]
        # It tries again now and then, and answers whoever is in meanwhile. One that spins fails thousands of times.
        failures = wait_for(lambda: own.status()["clients"]["accept_failures"], "an accept that fails")
        assert failures < 10
        seen = wait_for(
            lambda: (now := own.status()["clients"]["accept_failures"]) > failures and now, "the next attempt"
        )
        assert seen < failures + 10
        assert own.status()["clients"]["connections"] == 6
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (1000, 1000))
        for client in clients:
            assert "result" in client.call("server.info"), "whoever waited is served"
        assert len([line for line in daemon.lines if "cannot accept connections" in line]) == 1


def test_more_connections_than_files_are_lowered_and_said(binary, folder, redis, serve):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit[0], 200), limit[1]))
    try:
        daemon = serve("--max-connections", "1000000")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    assert soft == hard, "the limit is raised as far as it goes"
    with Line(daemon.path) as own:
        told = own.call("server.info")["result"]["limits"]
        count = told["connections_max"]
        assert count == min(1_000_000, hard - 64)
        assert told["connections_per_uid_max"] == min(4096, -(-count // 4))
    if count < 1_000_000:
        assert any(f"lowered to {count}" in line for line in daemon.lines)


@pytest.mark.skipif(not may_become_others(), reason="needs to become other users")
def test_with_few_files_one_user_does_not_get_all_places(serve):
    daemon = serve(limits_of_files=(200, 200))
    assert any("lowered to 136, 34 of them for one user" in line for line in daemon.lines)
    with ExitStack() as stack:
        # Enough users to take all that there is.
        greedy = [stack.enter_context(OtherUser(uid, daemon.path)) for uid in range(4001, 4005)]
        admitted = [sum("result" in user.do("connect") for _ in range(40)) for user in greedy]
        assert admitted == [34, 34, 34, 26]
        for _ in range(8):
            assert "result" in stack.enter_context(Line(daemon.path)).call("server.info"), "some are kept for root"
        with Line(daemon.path) as line:
            assert line.read() == REFUSAL


def test_a_number_that_is_none_is_refused_with_what_is_expected(binary, folder):
    for option, value in [("max-connections", "0"), ("idle-timeout", "-1"), ("max-batch", "many")]:
        end = subprocess.run(
            [binary, "serve", f"--{option}={value}", "--no-verify", "--socket", str(folder / "s")],
            capture_output=True,
            text=True,
        )
        assert end.returncode == 64
        assert f"--{option}: expected" in end.stderr


def own_files(daemon) -> list[str]:
    return os.listdir(f"/proc/{daemon.pid}/fd")
