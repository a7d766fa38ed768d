"""The programs of the clients' READMEs, and the example servers, against a real daemon."""

from __future__ import annotations

import http.client
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from conftest import SECRET_KEY
from drivers import ROOT, require, run_go
from processes import DEADLINE_SECONDS, wait_for
from stored import logged_in, session_value

KEY = "a-key-that-stays-secret"


class Program:
    """A running program whose lines are read."""

    def __init__(self, command: list[str], socket_path: Path) -> None:
        pipe = subprocess.PIPE
        environment = {"SESSIOND_SOCKET": str(socket_path), "PATH": "/usr/bin:/bin"}
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment, text=True)
        self.printed: list[str] = []
        self._lines: Queue[str] = Queue()
        self._threads = [
            threading.Thread(target=self._read, args=(stream,)) for stream in (self.process.stdout, self.process.stderr)
        ]
        for thread in self._threads:
            thread.start()

    def line(self) -> str:
        """Wait for the next line that it prints."""
        return self._lines.get(timeout=DEADLINE_SECONDS)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def _read(self, stream) -> None:
        for line in stream:
            self.printed.append(line)
            self._lines.put(line.rstrip("\n"))


@pytest.fixture
def start(daemon) -> Iterator:
    programs = []

    def start(command: list[str]) -> Program:
        programs.append(Program(command, daemon.path))
        return programs[-1]

    yield start
    for program in programs:
        program.end()


def usage(language: str, folder: Path) -> list[str]:
    """Write the program of a README into a folder, and return its command."""
    text = (ROOT / "Clients" / language / "README.md").read_text()
    [program] = re.findall(r"^```(?:go|js)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if language == "node":
        (folder / "sessiond.mjs").write_bytes((ROOT / "Clients/node/sessiond.mjs").read_bytes())
        (folder / "usage.mjs").write_text(program)
        return [require("node"), str(folder / "usage.mjs")]
    (folder / "main.go").write_text(program)
    (folder / "go.mod").write_text(
        f"module usage\n\ngo 1.19\n\nrequire sessiond v0.0.0\n\nreplace sessiond => {ROOT / 'Clients/go'}\n"
    )
    run_go("build", "-o", "usage", ".", folder=folder)
    return [str(folder / "usage")]


def example(language: str, folder: Path) -> list[str]:
    """The command of an example server, on a port of its choice."""
    if language == "node":
        return [require("node"), str(ROOT / "Clients/node/example.mjs"), "0"]
    run_go("build", "-o", str(folder / "example"), "./example", folder=ROOT / "Clients/go")
    return [str(folder / "example"), "127.0.0.1:0"]


def test_the_program_of_the_readme_runs(language, tmp_path, redis, start):
    program = start(usage(language, tmp_path))
    assert program.line() == "nobody: unknown"
    assert program.line() == "0 sessions"
    redis.command("SETEX", f"django_sessions:{KEY}", 600, session_value(SECRET_KEY, logged_in(42)))
    assert program.line() == "dev.sessiond.login user 42"
    redis.command("DEL", f"django_sessions:{KEY}")
    assert program.line() == "dev.sessiond.logout user 42"


class Site:
    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str = "/", cookie: str | None = None) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE_SECONDS)
        connection.request("GET", path, headers={} if cookie is None else {"Cookie": cookie})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, dict(response.headers), body


def test_the_example_lets_in_who_is_logged_in_to_django(language, tmp_path, daemon, redis, start):
    program = start(example(language, tmp_path))
    site = Site(re.fullmatch("serving http://(.*)/", program.line())[1])
    redis.command("SETEX", f"django_sessions:{KEY}", 600, session_value(SECRET_KEY, logged_in(42)))
    ours = f"sessionid={KEY}"

    for cookie in (ours, f"theme=dark; sessionid=another; {ours}"):
        status, headers, body = site.get(cookie=cookie)
        assert (status, body, headers["Vary"]) == (200, "Hello, user 42\n", "Cookie")

    nobody = [None, "", "sessionid=", "sessionid=no-such-key", f"{ours}; sessionid=another", f"xsessionid={KEY}"]
    for cookie in [*nobody, f"sessionid={'x' * 513}", 'sessionid="*"', "sessionid=\xe9"]:
        status, headers, body = site.get("/shop/?page=2&q=a%20b", cookie)
        assert (status, headers["Vary"]) == (302, "Cookie"), cookie
        assert headers["Location"] == "/accounts/login/?next=%2Fshop%2F%3Fpage%3D2%26q%3Da%2520b"
    for path in ("//evil.example/", "///evil.example/", "/\\evil.example/"):
        way_back = site.get(path)[1]["Location"].split("next=")[1]
        assert re.match(r"%2F(?!%2F|%5C)", way_back), way_back

    redis.command("DEL", f"django_sessions:{KEY}")
    wait_for(lambda: site.get(cookie=ours)[0] == 302, "the logout to be known")
    assert daemon.stop() == 0
    status, headers, body = site.get(cookie=ours)
    assert (status, headers["Retry-After"], headers["Vary"]) == (503, "1", "Cookie")
    assert site.get()[0] == 302
    daemon.start()
    assert site.get(cookie=ours)[0] == 302
    assert KEY not in "".join(program.printed)
