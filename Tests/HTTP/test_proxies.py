"""Real web servers in front of a real page, as in Examples/http: a login in Django opens it, a logout closes it."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from door import Door, Wire
from event_source import Stream
from processes import DEADLINE_SECONDS, PrivateRedis, wait_for
from running import SECRET_KEY, Site, Visitor
from variants import SignedPickles

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "Examples/http"
VARIANT = SignedPickles()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Members(http.server.BaseHTTPRequestHandler):
    """The page that is protected: it says what it was told, and what of the visitor's body arrived."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = [[name.lower(), value] for name, value in self.headers.items()]
        page = json.dumps({"path": self.path, "headers": told, "body": body.decode()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        pass


class Front:
    """A web server that listens somewhere, and what visitors get of it."""

    def __init__(self, port: int, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.port = port
        self._log = folder / "front.log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **environment}
            )
        wait_for(self._answers, "the web server")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(DEADLINE_SECONDS)

    def get(
        self,
        path: str,
        cookie: str | None = None,
        body: str | None = None,
        verbatim: dict[str, str] | None = None,
        **headers: str,
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_SECONDS)
        fields = {name.replace("_", "-"): value for name, value in headers.items()} | (verbatim or {})
        if cookie is not None:
            fields["Cookie"] = cookie
        try:
            connection.request("GET" if body is None else "POST", path, body, fields)
            with connection.getresponse() as answer:
                return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def in_place(text: str, replacements: dict[str, str]) -> str:
    """Put a test's ports into a file that users paste; each must stand in it."""
    for old, new in replacements.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, django: str, members: str, sessiond: str) -> Front:
    port = free_port()
    replacements = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "server 127.0.0.1:8000;": f"server {django};",
        "server 127.0.0.1:8001;": f"server {members};",
        "server 127.0.0.1:9180; ": f"server {sessiond}; ",
    }
    return run_nginx(folder, port, in_place((EXAMPLES / "nginx.conf").read_text(), replacements))


def caddy(folder: Path, django: str, members: str, sessiond: str) -> Front:
    program = shutil.which("caddy")
    assert program, "caddy is not installed: apt-get install caddy"
    port = free_port()
    site = in_place(
        (EXAMPLES / "Caddyfile").read_text(),
        {
            "shop.example {": f"http://127.0.0.1:{port} {{",
            "127.0.0.1:8000": django,
            "127.0.0.1:8001": members,
            "127.0.0.1:9180": sessiond.replace("unix:", "unix/"),
        },
    )
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + site)
    command = [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return Front(port, command, folder, {"HOME": str(folder), "XDG_DATA_HOME": str(folder)})


def run_nginx(folder: Path, port: int, site: str) -> Front:
    """Run nginx on this configuration of a server."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed: apt-get install nginx-light"
    (folder / "site.conf").write_text(site)
    kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}include {folder}/site.conf;\n}}\n"
    )
    return Front(port, [program, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"], folder, {})


@pytest.fixture(params=["port", "unix"])
def door(request: pytest.FixtureRequest, open_door: Callable[..., Door], folder: Path) -> Door:
    place = "127.0.0.1:0" if request.param == "port" else str(folder / "http.sock")
    # Another user's nginx would need --http-group here.
    options = ("--http", place, "--http-mode", "0666", "--key-pattern", VARIANT.key_pattern)
    return open_door(*options, secret_key=SECRET_KEY)


@pytest.fixture
def django_site(folder: Path, redis: PrivateRedis) -> Iterator[Site]:
    site = Site(folder, VARIANT.settings(redis.url))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def members() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Members)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, folder: Path, door: Door, django_site: Site, members: str) -> Iterator[Front]:
    place = f"unix:{door.place}" if door.place.startswith("/") else door.place
    home = folder / "front"
    home.mkdir(mode=0o777)
    server = request.param(home, django_site.address, members, place)
    yield server
    server.stop()


def told(page: str) -> list[tuple[str, str]]:
    """Return what the page was told about the visitor; to many servers an underscore is a hyphen."""
    headers = [(name.replace("_", "-"), value) for name, value in json.loads(page)["headers"]]
    return [(name, value) for name, value in headers if name.startswith("x-session-") and value]


def test_a_login_opens_the_page_and_a_logout_closes_it(front, door, django_site):
    status, headers, _ = front.get("/members/1?a=b")
    assert status == 302
    assert urllib.parse.urlsplit(headers["Location"])[2:4] == ("/accounts/login/", "next=/members/1?a=b")
    assert front.get("/members/", "sessionid=invented")[0] == 302

    visitor = Visitor(django_site).log_in()
    cookie = f"csrftoken=x; sessionid={visitor.session_key}"
    status, _, page = front.get("/members/1?a=b", cookie)
    assert status == 200
    assert json.loads(page)["path"] == "/members/1?a=b"
    seen = dict(told(page))
    assert seen["x-session-user-id"] == visitor.user_id
    assert seen["x-session-backend"] == "django.contrib.auth.backends.ModelBackend"
    assert seen["x-session-expires-at"].endswith("Z")

    # Django itself, by the same web server.
    assert json.loads(front.get("/", cookie)[2])["user_id"] == visitor.user_id

    visitor.post("/logout")
    wait_for(lambda: front.get("/members/", cookie)[0] == 302, "the page to be closed")


@pytest.mark.parametrize("prefix", ["X-Session-", "X_Session_", "X-Session_", "X_Session-"])
def test_nobody_can_say_who_it_is(front, django_site, prefix):
    names = ["User-Id", "Backend", "Expires-At", "Fingerprint", "Superseded", "User_Id", "Expires_At"]
    forged = {prefix + name: "1" for name in names}
    assert front.get("/members/", None, verbatim=forged)[0] == 302
    visitor = Visitor(django_site).log_in()
    status, _, page = front.get("/members/", f"sessionid={visitor.session_key}", verbatim=forged)
    assert status == 200
    seen = told(page)
    assert ("x-session-user-id", visitor.user_id) in seen
    assert len({name for name, _ in seen}) == len(seen)
    assert "1" not in [value for name, value in seen if name != "x-session-user-id"]


def test_a_form_of_the_sites_own_page_arrives_with_its_body(front, django_site):
    visitor = Visitor(django_site).log_in()
    cookie = f"sessionid={visitor.session_key}"
    origin = f"http://127.0.0.1:{front.port}"
    status, _, page = front.get("/members/", cookie, "x" * 100_000, Origin=origin, Upgrade="h2c", Referer=origin)
    assert (status, len(json.loads(page)["body"])) == (200, 100_000)
    assert front.get("/members/", None, "x" * 100_000, Origin=origin)[0] == 302


def test_while_sessiond_is_away_nobody_is_sent_to_the_login(front, door, django_site):
    visitor = Visitor(django_site).log_in()
    cookie = f"sessionid={visitor.session_key}"
    assert front.get("/members/", cookie)[0] == 200
    door.daemon.stop()
    for _ in range(3):
        assert front.get("/members/", cookie)[0] in (502, 503)


def test_while_redis_is_away_nobody_is_sent_to_the_login(front, door, django_site, redis):
    visitor = Visitor(django_site).log_in()
    cookie = f"sessionid={visitor.session_key}"
    assert front.get("/members/", cookie)[0] == 200
    redis.stop()
    wait_for(lambda: front.get("/members/", cookie)[0] == 503, "503")
    assert front.get("/members/", "sessionid=invented")[0] == 503
    redis.start()


@pytest.mark.parametrize("door", ["port"], indirect=True)
def test_the_snippet_of_the_page(folder, door, django_site, members):
    page = (ROOT / "Sources/Daemon/Documentation.docc/Protect.md").read_text()
    snippet = re.search(r"^```nginx\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert snippet
    locations = in_place(snippet[1], {"http://members": f"http://{members}", "127.0.0.1:9180": door.place})
    # What its comments say of the two places that it names.
    locations += "location @login { return 302 /accounts/login/?next=$request_uri; }\n"
    locations += "location @unavailable { return 503; }\n"
    port = free_port()
    front = run_nginx(folder, port, f"server {{ listen 127.0.0.1:{port}; {locations} }}")
    try:
        assert front.get("/members/")[0] == 302
        visitor = Visitor(django_site).log_in()
        status, _, page = front.get("/members/", f"sessionid={visitor.session_key}", "x" * 1000, X_Session_User_Id="1")
        assert status == 200
        assert told(page) == [("x-session-user-id", visitor.user_id)]
        door.daemon.stop()
        assert front.get("/members/")[0] == 503
    finally:
        front.stop()


def test_events_come_through_nginx_as_they_happen(folder, open_door):
    door = open_door("--http-rights", "identify,observe")
    page = (ROOT / "Sources/Daemon/Documentation.docc/HTTP.md").read_text()
    snippet = re.search(r"^```nginx\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert snippet
    port = free_port()
    location = in_place(snippet[1], {"127.0.0.1:9180": door.place})
    front = run_nginx(folder, port, f"server {{ listen 127.0.0.1:{port}; {location} }}")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as connection:
            request = f"GET /events HTTP/1.1\r\nHost: shop.example\r\nOrigin: http://127.0.0.1:{port}\r\n\r\n"
            events = Stream(Wire(connection).send(request.encode()))
            events.message()
            door.log_in("secretsession0123456789")
            assert events.event()["data"]["user_id"] == "42"
    finally:
        front.stop()


def test_the_page_comes_through_nginx_under_a_path_of_its_own(folder, open_door, browser):
    door = open_door("--http-rights", "identify,list,observe")
    text = (ROOT / "Sources/Daemon/Documentation.docc/HTTP.md").read_text()
    snippets = re.findall(r"^```nginx\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    port = free_port()
    [snippet] = [snippet for snippet in snippets if "location /sessiond/" in snippet]
    location = in_place(snippet, {"127.0.0.1:9180": door.place})
    front = run_nginx(folder, port, f"server {{ listen 127.0.0.1:{port}; {location} }}")
    try:
        url = f"http://127.0.0.1:{port}/sessiond/"
        page = browser.open(url)
        page.wait_for("document.getElementById('feed-state').textContent === 'live'")
        door.log_in("secretsession0123456789")
        page.wait_for("document.querySelectorAll('#online li').length === 1")
        page.wait_for("document.querySelectorAll('#feed li').length === 1")
        page.wait_for("document.getElementById('link').dataset.state === 'live'")
        assert page.complaints == []
        assert all(asked.startswith((url, "data:")) for asked in page.requests)
        page.close()
    finally:
        front.stop()
