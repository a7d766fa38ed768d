"""What only the asyncio client can do or get wrong; all that both clients do is in the other tests."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import json
import os
import threading
import time
from pathlib import Path

import pytest

import sessiond
from sessiond import aio
from sessiond.aio._pool import Pool
from test_client import ADA, KEY, answering
from test_events import DEADLINE, event, notify, position, subscribe


def in_a_loop(test):
    """Run an asynchronous test in an event loop of its own, which must be left with nothing under way."""

    @functools.wraps(test)
    def run(*arguments, **named):
        async def watched():
            await asyncio.wait_for(test(*arguments, **named), DEADLINE)
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(watched())

    return run


async def happened(what):
    """Wait for a thread's event."""
    assert await asyncio.get_running_loop().run_in_executor(None, what.wait, DEADLINE)


def file_count():
    return len(os.listdir("/proc/self/fd"))


@in_a_loop
async def test_many_tasks_share_a_client_and_each_gets_its_own_answer(serve):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, {**ADA, "user_id": request["params"]["session_key"]})

    server = serve(script)
    async with aio.Client(server.path, timeout=DEADLINE, pool_size=4) as client:
        keys = [f"key-{number}" for number in range(300)]
        people = await asyncio.gather(*map(client.identity, keys))
    assert [who.user_id for who in people] == keys
    assert 1 < server.connection_count <= 4


@in_a_loop
async def test_other_tasks_go_on_while_one_waits_for_an_answer(serve):
    arrived, release = threading.Event(), threading.Event()

    def script(server, peer):
        request = server.read(peer)
        if peer.number == 0:
            arrived.set()
            release.wait(DEADLINE)
        peer.answer(request, {**ADA, "user_id": str(peer.number)})
        server.read(peer)

    async with aio.Client(serve(script).path, timeout=DEADLINE) as client:
        slow = asyncio.ensure_future(client.identity(KEY))
        await happened(arrived)
        assert (await client.identity(KEY)).user_id == "1"
        release.set()
        assert (await slow).user_id == "0"


@in_a_loop
async def test_a_cancelled_request_costs_its_connection_and_its_answer_is_given_to_nobody(serve):
    arrived, release = threading.Event(), threading.Event()

    def script(server, peer):
        while (request := server.read(peer)) is not None:
            arrived.set()
            if peer.number == 0:
                release.wait(DEADLINE)
            peer.answer(request, {**ADA, "user_id": str(peer.number)})

    server = serve(script)
    async with aio.Client(server.path, timeout=DEADLINE, pool_size=1) as client:
        before = file_count()
        request = asyncio.ensure_future(client.identity(KEY))
        await happened(arrived)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert file_count() <= before + 1  # the server's side of it
        release.set()
        assert (await client.identity(KEY)).user_id == "1"


@in_a_loop
async def test_a_task_that_is_cancelled_when_its_turn_has_come_leaves_it_to_the_next():
    pool = Pool(None, 1)
    deadline = time.monotonic() + DEADLINE
    await pool.acquire(deadline)
    cancelled, late, next_one = [asyncio.ensure_future(pool.acquire(moment)) for moment in (deadline, 0, deadline)]
    with pytest.raises(sessiond.TimedOut, match="pool_size"):
        await late
    pool.release()
    # It has been given its turn, and has not run since.
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await next_one
    waiting = asyncio.ensure_future(pool.acquire(deadline))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    pool.release()
    await pool.acquire(deadline)


def test_one_client_can_be_used_in_one_event_loop_after_the_other(serve):
    server = serve(answering(ADA))
    client = aio.Client(server.path, timeout=DEADLINE)
    before = file_count()

    async def ask():
        assert await client.identity(KEY)
        assert await client.identity(KEY)

    asyncio.run(ask())
    asyncio.run(ask())
    assert server.connection_count == 2

    async def close():
        await client.close()
        with pytest.raises(sessiond.SessiondError, match="closed"):
            await client.identity(KEY)

    asyncio.run(close())
    server.close()
    assert file_count() < before


def test_event_loops_in_several_threads_share_a_client(serve):
    server = serve(answering(ADA))
    client = aio.Client(server.path, timeout=DEADLINE)
    meet = threading.Barrier(2, timeout=DEADLINE)
    told = []

    async def ask():
        for _ in range(20):
            # Each uses its connection between two uses of the other's.
            meet.wait()
            told.append(await client.identity(KEY))

    threads = [threading.Thread(target=asyncio.run, args=[ask()]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(told), server.connection_count) == (40, 2)
    asyncio.run(client.close())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_connection(serve):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, {**ADA, "user_id": str(peer.number)})

    client = aio.Client(serve(script).path, timeout=DEADLINE)

    async def ask():
        return (await client.identity(KEY)).user_id

    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(ask()) == "0"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if asyncio.run(ask()) == "1" else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert loop.run_until_complete(ask()) == "0"
    loop.run_until_complete(client.close())
    loop.close()


@in_a_loop
async def test_a_stream_is_iterated_and_subscribes_when_it_is_entered_awaited_or_read(serve):
    def script(server, peer):
        subscribe(server, peer)
        notify(peer, 1)
        notify(peer, 2)
        server.read(peer)

    server = serve(script)
    client = aio.Client(server.path, timeout=DEADLINE)
    stream = client.events()
    assert (stream.connected, stream.closed, server.connection_count) == (False, False, 0)
    seen = []
    async for each in stream:
        seen.append(each.id)
        if len(seen) == 2:
            await stream.close()
    assert seen == [position(1), position(2)]
    assert stream.closed
    async with client.events() as stream:
        assert stream.position == position(0)
    stream = await client.events()
    assert stream.connected
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()


@in_a_loop
async def test_a_reader_that_is_cancelled_loses_no_event(serve):
    send_rest = threading.Event()

    def script(server, peer):
        subscribe(server, peer)
        peer.send_bytes(b'{"jsonrpc":"2.0","method":"event",')
        send_rest.wait(DEADLINE)
        notification = {"subscription": 1, "event": event(1)}
        peer.send_bytes(b'"params":' + json.dumps(notification).encode() + b"}\n")
        notify(peer, 2)
        server.read(peer)

    async with aio.Client(serve(script).path).events() as stream:
        reader = asyncio.ensure_future(stream.poll())
        # Until it has read the half of the event.
        while not stream._connection._conversation._buffer:
            await asyncio.sleep(0)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        send_rest.set()
        assert (await stream.poll(DEADLINE)).id == position(1)
        assert (await stream.poll(DEADLINE)).id == position(2)


@in_a_loop
async def test_a_second_reader_of_a_stream_is_told(serve):
    def script(server, peer):
        subscribe(server, peer)
        server.read(peer)

    async with aio.Client(serve(script).path).events() as stream:
        reader = asyncio.ensure_future(stream.poll())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await stream.poll()
        await stream.close()
        assert await reader is None
    assert not stream.connected


@in_a_loop
async def test_a_stream_that_waits_to_try_again_can_be_closed(serve, monkeypatch):
    for name in ("BACKOFF_SECONDS_MIN", "BACKOFF_SECONDS_MAX"):
        monkeypatch.setattr(f"sessiond._subscription.{name}", 10 * DEADLINE)
    server = serve(lambda server, peer: subscribe(server, peer))
    async with aio.Client(server.path).events() as stream:
        server.close()
        reader = asyncio.ensure_future(stream.poll())
        while stream._pause is None:
            await asyncio.sleep(0)
        await stream.close()
        assert await reader is None


@in_a_loop
async def test_a_flood_of_events_leaves_room_for_other_tasks(serve):
    sent = threading.Event()
    flood = b"".join(json.dumps(_notification(number)).encode() + b"\n" for number in range(1, 251))
    # More than is read at once, and no more than what can wait in a socket.
    assert 65_536 < len(flood) < 120_000

    def script(server, peer):
        subscribe(server, peer)
        peer.connection.sendall(flood)
        sent.set()
        server.read(peer)

    turns = 0

    async def take_turns():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with aio.Client(serve(script).path).events() as stream:
        await happened(sent)
        other = asyncio.ensure_future(take_turns())
        await asyncio.sleep(0)
        assert turns == 0
        for _ in range(250):
            await stream.poll(DEADLINE)
        assert turns > 0
        other.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await other


@in_a_loop
async def test_a_line_larger_than_the_sockets_buffers_is_sent_and_an_answer_as_large_is_read(serve):
    def script(server, peer):
        while (request := server.read(peer)) is not None:
            peer.answer(request, {**ADA, "found": True, "data": {"x": "x" * 2_000_000}, "omitted": 0})

    async with aio.Client(serve(script).path, timeout=DEADLINE) as client:
        assert len((await client.get("k" * 60_000)).data["x"]) == 2_000_000


def test_both_clients_offer_the_same():
    for ours, theirs in ((aio.Client, sessiond.Client), (aio.EventStream, sessiond.EventStream)):
        names = {name for name in vars(theirs) if not name.startswith("_")}
        assert names <= {name for name in vars(ours) if not name.startswith("_")}
        for name in names:
            if callable(vars(theirs)[name]):
                expected, found = (inspect.signature(vars(kind)[name]).parameters for kind in (theirs, ours))
                assert found == expected, name


def _notification(sequence):
    return {"jsonrpc": "2.0", "method": "event", "params": {"subscription": 1, "event": event(sequence)}}


def test_no_file_of_the_package_needs_asyncio_but_its_own():
    package = Path(sessiond.__file__).parent
    with_asyncio = {path.parent.name for path in package.rglob("*.py") if "import asyncio" in path.read_text()}
    assert with_asyncio == {"aio"}
