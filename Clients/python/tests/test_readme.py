"""What the README shows, run as it stands, with a real daemon, a real Redis and real servers of the frameworks."""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import re
import secrets
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import sessiond
from conftest import SECRET_KEY
from processes import DEADLINE_SECONDS, wait_for
from stored import logged_in, session_value

pytestmark = pytest.mark.daemon

README = (Path(__file__).parents[1] / "README.md").read_text()


def block(kind, containing):
    """Return the one block of code of a kind that contains a text."""
    found = [code for code in re.findall(rf"(?ms)^```{kind}\n(.*?)^```$", README) if containing in code]
    assert len(found) == 1, containing
    return found[0]


class Program:
    """A Python program whose output is read line by line."""

    def __init__(self, daemon, code, folder):
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
            "SESSIOND_SOCKET": str(daemon.path),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder,
        )
        self._lines = queue.Queue()
        self._errors = []
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def line(self):
        """Return the next line of its output; empty where it has ended."""
        with contextlib.suppress(queue.Empty):
            line = self._lines.get(timeout=DEADLINE_SECONDS)
            if line:
                return line.rstrip("\n")
        raise AssertionError("the program said no more:\n" + "".join(self._errors))

    def stop(self):
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _read_errors(self):
        self._errors.extend(self._process.stderr)


@pytest.fixture
def run(daemon, folder):
    """Run a program that ends with the test."""
    programs = []

    def run(code):
        programs.append(Program(daemon, code, folder))
        return programs[-1]

    yield run
    for program in programs:
        program.stop()


@pytest.fixture
def log_in(redis):
    def log_in(user_id):
        key = secrets.token_hex(16)
        redis.command("SETEX", f"django_sessions:{key}", 600, session_value(SECRET_KEY, logged_in(user_id)))
        return key

    return log_in


def get(address, path, session_key=None):
    """Return the status and the text of a page."""
    connection = http.client.HTTPConnection(address, timeout=DEADLINE_SECONDS)
    try:
        connection.request("GET", path, headers={"Cookie": f"sessionid={session_key}"} if session_key else {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_who_is_it(run, log_in):
    code = block("python", "client = sessiond.Client()")
    assert run(f"session_key = {log_in(42)!r}\n{code}").line().startswith("user 42 until 20")
    assert run(f"session_key = 'nobody'\n{code}").line() == "nobody: unknown"


def test_with_asyncio(run, log_in):
    assert run(f"session_key = {log_in(42)!r}\n{block('python', 'async def main')}").line() == "user 42"


def test_who_comes_and_goes(run, log_in, redis, daemon):
    code = "import sessiond\nclient = sessiond.Client()\n" + block("python", "page = client.sessions")
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        wait_for(lambda: len(client.sessions(limit=1000)) == int(redis.command("DBSIZE")), "all sessions to be known")
        count = len(client.sessions(limit=1000))
    # It prints at events only: the first one shows that it listens.
    program = run(code.replace("with client.events", "print('listening')\nwith client.events"))
    assert program.line() == "listening"
    key = log_in(4201)
    while program.line() != f"{count + 1} online":
        pass
    redis.command("DEL", f"django_sessions:{key}")
    while program.line() != f"{count} online":
        pass


def test_who_comes_with_asyncio(run, log_in):
    code = block("python", "async def follow").replace(
        "        async for", "        print('listening')\n        async for"
    )
    program = run("import asyncio\nfrom sessiond import aio\n" + code)
    assert program.line() == "listening"
    log_in(4202)
    assert program.line() == "login of 4202"


def test_log_me_out_everywhere_else(daemon, log_in):
    keys = [log_in(4203) for _ in range(3)]
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        assert all(client.identity(key) for key in keys)
        request = SimpleNamespace(user=SimpleNamespace(pk=4203), session=SimpleNamespace(session_key=keys[1]))
        exec(block("python", "except_key="), {"client": client, "request": request})
        assert [bool(client.identity(key)) for key in keys] == [False, True, False]


def test_flask(run, log_in):
    pytest.importorskip("flask")
    serve = """
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port)
server.serve_forever()
"""
    address = f"127.0.0.1:{run(block('python', 'from flask import') + serve).line()}"
    key = log_in(42)
    assert get(address, "/", key) == (200, "Hello, user 42")
    assert get(address, "/")[0] == 302
    assert get(address, "/open", key) == (200, "Hello, 42")
    assert get(address, "/open") == (200, "Hello, stranger")


@pytest.mark.parametrize("with_lifespan", [False, True])
def test_fastapi(run, log_in, with_lifespan):
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    code = block("python", "from fastapi import") + (block("python", "async def lifespan") if with_lifespan else "")
    serve = """
import socket, uvicorn
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1])
uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listener])
"""
    address = f"127.0.0.1:{run(code + serve).line()}"
    key = log_in(42)
    assert get(address, "/", key) == (200, '"Hello, user 42"')
    assert get(address, "/")[0] == 401
    assert get(address, "/open", key) == (200, '"Hello, 42"')
    assert get(address, "/open") == (200, '"Hello, stranger"')


DJANGO_SETTINGS = """
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = []
MIDDLEWARE = []
ROOT_URLCONF = "urls"
SECRET_KEY = "a secret of another project"
"""
DJANGO_URLS = """
import views
from django.urls import path
urlpatterns = [path("", views.index), path("async", views.async_index)]
"""
DJANGO_SERVE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port)
server.serve_forever()
"""


def test_django(run, log_in, folder):
    pytest.importorskip("django")
    (folder / "settings.py").write_text(DJANGO_SETTINGS + block("python", "# settings.py"))
    (folder / "views.py").write_text(block("python", "# views.py"))
    (folder / "urls.py").write_text(DJANGO_URLS)
    address = f"127.0.0.1:{run(DJANGO_SERVE).line()}"
    for path in ("/", "/async"):
        assert get(address, path, log_in(42)) == (200, "Hello, user 42")
        assert get(address, path) == (200, "Hello, user None")


def test_the_check_of_a_project_prints_what_is_shown(redis, daemon):
    pytest.importorskip("redis_sessions")
    from test_django_check import check, project

    assert "python manage.py sessiond_check" in block("sh", "manage.py")
    assert check(project(redis), daemon.path) == (0, block("text", "SESSION_ENGINE"))
