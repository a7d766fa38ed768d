"""The dependencies for FastAPI against scripted daemons."""

import json
from typing import Annotated

import pytest

pytest.importorskip("fastapi")

from fastapi import Depends, FastAPI, WebSocket

from asgi import get, open_websocket
from people import KEY, people
from sessiond.fastapi import Identity, Sessiond, current_user, identity
from test_aio import in_a_loop

User = Annotated[Identity, Depends(current_user)]
Anybody = Annotated[Identity, Depends(identity)]


def build_app(sessiond):
    """Make an application whose own `Sessiond` is this one."""
    app = FastAPI()
    app.state.sessiond = sessiond

    @app.get("/")
    async def index(who: User):
        return f"user {who.user_id} {who.session}"

    @app.get("/open")
    async def open_to_all(who: Anybody, again: Annotated[Identity, Depends(sessiond.identity)]):
        return [who.user_id, again.user_id]

    @app.websocket("/live")
    async def live(socket: WebSocket, who: User):
        await socket.accept()
        await socket.send_text(who.user_id)
        await socket.close()

    return app


@in_a_loop
async def test_without_a_daemon_nobody_is_let_in_and_nobody_is_told_to_be_logged_out(folder, caplog):
    async with Sessiond(str(folder / "none.sock")) as sessiond:
        for path in ("/", "/open"):
            response = await get(build_app(sessiond), path, f"sessionid={KEY}")
            assert (response.status, response.headers["retry-after"]) == (503, "1")
            assert KEY not in caplog.text + response.text
    assert "is sessiond running" in caplog.text


@in_a_loop
async def test_the_daemons_own_time_to_wait_is_passed_on(serve):
    server = serve(lambda server, peer: peer.refuse(server.read(peer), -32001, {"retry_after_ms": 2_100}))
    async with Sessiond(server.path) as sessiond:
        response = await get(build_app(sessiond), "/", f"sessionid={KEY}")
    assert (response.status, response.headers["retry-after"]) == (503, "3")


@pytest.mark.parametrize("cookies", [(), ("",), ("sessionid=",), (f"other={KEY}",), ("sessionid=" + "x" * 513,)])
@in_a_loop
async def test_no_cookie_an_empty_one_or_one_too_long_is_nobody_without_asking(serve, cookies):
    server = serve(people)
    async with Sessiond(server.path) as sessiond:
        assert (await get(build_app(sessiond), "/", *cookies)).status == 401
    assert server.connection_count == 0


@in_a_loop
async def test_a_session_is_greeted_and_an_unknown_one_is_not(serve):
    async with Sessiond(serve(people).path) as sessiond:
        app = build_app(sessiond)
        assert json.loads((await get(app, "/", f"a=b; sessionid={KEY}; c=d")).text) == f"user 42 {'f' * 32}"
        assert (await get(app, "/", "sessionid=unknown")).status == 401
        assert json.loads((await get(app, "/open", "sessionid=unknown")).text) == [None, None]


@in_a_loop
async def test_of_two_cookies_of_one_name_the_last_counts_as_in_django(serve):
    async with Sessiond(serve(people).path) as sessiond:
        app = build_app(sessiond)
        assert (await get(app, "/", f"sessionid=unknown; sessionid={KEY}")).status == 200
        assert (await get(app, "/", f"sessionid={KEY}; sessionid=unknown")).status == 401


@in_a_loop
async def test_one_request_asks_once_and_the_next_one_asks_again(serve):
    server = serve(people)
    async with Sessiond(server.path) as sessiond:
        app = build_app(sessiond)
        assert json.loads((await get(app, "/open", f"sessionid={KEY}")).text) == ["42", "42"]
        assert len(server.requests) == 1
        await get(app, "/open", f"sessionid={KEY}")
        assert len(server.requests) == 2


@in_a_loop
async def test_a_web_socket_is_opened_for_who_is_logged_in_only(serve):
    async with Sessiond(serve(people).path) as sessiond:
        app = build_app(sessiond)
        sent = await open_websocket(app, "/live", f"sessionid={KEY}")
        assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
        assert sent[1]["text"] == "42"
        # By a response or by closing, as the server can.
        assert "websocket.accept" not in [message["type"] for message in await open_websocket(app, "/live")]


@in_a_loop
async def test_the_cookies_name_can_be_set_and_the_default_is_made_when_it_is_needed(serve, monkeypatch):
    server = serve(people)
    async with Sessiond(server.path, cookie_name="sid") as sessiond:
        assert (await get(build_app(sessiond), "/", f"sid={KEY}")).status == 200
    monkeypatch.setenv("SESSIOND_SOCKET", server.path)
    app = build_app(sessiond)
    del app.state.sessiond
    assert (await get(app, "/", f"sessionid={KEY}")).status == 200
    await app.state.sessiond.close()
