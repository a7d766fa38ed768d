"""The middleware for Django against scripted daemons."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("django")

import django
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from people import KEY, people

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=["sessiond.django"],
        MIDDLEWARE=["sessiond.django.middleware"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="a secret of these tests",
    )
    django.setup()

from sessiond.django import aclient, client


def index(request):
    return HttpResponse(f"user {request.sessiond.user_id} {bool(request.sessiond)}")


def careless(request):
    return HttpResponse("no matter who")


async def asynchronous(request):
    who = await request.asessiond()
    again = await request.asessiond()
    return HttpResponse(f"user {again.user_id} {bool(who)}")


async def blocking(request):
    return HttpResponse(request.sessiond.user_id)


def ends(request):
    raise ZeroDivisionError


urlpatterns = [
    path("", index),
    path("careless", careless),
    path("async", asynchronous),
    path("blocking", blocking),
    path("ends", ends),
]


@pytest.fixture
def at():
    """Have the settings name a daemon's socket."""
    active = []

    def use(socket_path, **more):
        active.append(override_settings(SESSIOND_SOCKET=socket_path, **more))
        active[-1].enable()

    yield use
    for each in reversed(active):
        each.disable()


def get(where, cookie=None, **more):
    return Client(**more).get(where, headers={} if cookie is None else {"Cookie": cookie})


def aget(where, cookie):
    """Ask an asynchronous view under ASGI; its client lives as long as the loop."""

    async def ask():
        client = AsyncClient()
        # As a header of ours it would be joined by a comma to the one that the client sends itself.
        client.cookies.load(cookie)
        try:
            return await client.get(where)
        finally:
            await aclient().close()

    return asyncio.run(ask())


@pytest.mark.parametrize(("get", "where"), [(get, "/"), (get, "/async"), (aget, "/async")])
def test_without_a_daemon_the_answer_is_503(at, folder, caplog, get, where):
    at(str(folder / "none.sock"))
    response = get(where, f"sessionid={KEY}")
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert "is sessiond running" in caplog.text
    assert KEY not in caplog.text + response.content.decode()


def test_the_daemons_own_time_to_wait_is_passed_on(at, serve):
    at(serve(lambda server, peer: peer.refuse(server.read(peer), -32001, {"retry_after_ms": 2_100})).path)
    response = get("/", f"sessionid={KEY}")
    assert (response.status_code, response["Retry-After"]) == (503, "3")


@pytest.mark.parametrize("cookie", [None, "", "sessionid=", f"other={KEY}", "sessionid=" + "x" * 513])
def test_no_cookie_an_empty_one_or_one_too_long_is_nobody_without_asking(at, serve, cookie):
    server = serve(people)
    at(server.path)
    assert get("/", cookie).content == b"user None False"
    assert server.connection_count == 0


def test_a_session_is_greeted_asked_for_once_and_the_answer_varies_by_cookie(at, serve):
    server = serve(people)
    at(server.path)
    response = get("/", f"a=b; sessionid={KEY}; c=d")
    assert (response.content, response["Vary"]) == (b"user 42 True", "Cookie")
    assert get("/", "sessionid=unknown").content == b"user None False"
    assert len(server.requests) == 2


def test_a_view_that_does_not_look_costs_nothing(at, serve):
    server = serve(people)
    at(server.path)
    response = get("/careless", f"sessionid={KEY}")
    assert not response.has_header("Vary")
    assert server.connection_count == 0


def test_an_asynchronous_view_awaits_and_asks_once(at, serve):
    server = serve(people)
    at(server.path)
    response = aget("/async", f"sessionid={KEY}")
    assert (response.content, response["Vary"]) == (b"user 42 True", "Cookie")
    assert len(server.requests) == 1


def test_an_asynchronous_view_may_not_block(at, serve):
    at(serve(people).path)
    with pytest.raises(SynchronousOnlyOperation, match="asessiond"):
        aget("/blocking", f"sessionid={KEY}")


def test_other_errors_of_a_view_are_djangos(at, serve):
    at(serve(people).path)
    with pytest.raises(ZeroDivisionError):
        get("/ends")
    assert get("/ends", raise_request_exception=False).status_code == 500


def test_the_cookies_name_is_djangos_own_or_that_of_the_project_where_people_log_in(at, serve):
    at(serve(people).path, SESSION_COOKIE_NAME="sid")
    assert get("/", f"sid={KEY}").content == b"user 42 True"
    at(settings.SESSIOND_SOCKET, SESSIOND_COOKIE_NAME="shop")
    assert get("/", f"shop={KEY}").content == b"user 42 True"


def test_other_settings_are_another_client(at, serve):
    at(serve(people).path)
    first = client()
    assert client() is first
    at(settings.SESSIOND_SOCKET, SESSIOND_TIMEOUT=7.0)
    assert client() is not first
    assert client()._timeout == 7.0
