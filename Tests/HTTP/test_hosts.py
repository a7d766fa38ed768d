"""What is not meant for the door, or may not ask there."""

from __future__ import annotations

import subprocess

import pytest

from processes import wait_for

KEY = "secretsession0123456789"


def test_only_names_of_this_host_are_answered(open_door):
    door = open_door("--http-hosts", "sessions.example,10.0.0.1")
    good = [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        f"127.0.0.1:{door.port}",
        "[::1]:1",
        "sessions.example",
        "10.0.0.1",
    ]
    for host in good:
        assert door.ask("/healthz", headers={"Host": host}).status == 200, host
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.2", "x"]:
        for path in [
            "/",
            "/auth",
            "/identity",
            "/events",
            "/history",
            "/sessions",
            "/status",
            "/healthz",
            "/readyz",
            "/metrics",
            "/nothing",
        ]:
            answer = door.ask(path, f"sessionid={KEY}", headers={"Host": host})
            assert answer.status == 403, (host, path)
            assert "--http-hosts" in answer.text


def test_a_page_of_another_site_may_not_ask(door):
    for origin in ["http://evil.example", "null", "http://localhost:1", "https://shop.example"]:
        answer = door.ask("/identity", f"sessionid={KEY}", headers={"Origin": origin})
        assert answer.status == 403
        assert "Origin" in answer.text
        assert "access-control-allow-origin" not in answer.headers
    assert door.ask("/identity", headers={"Origin": "http://localhost"}).status == 200


@pytest.mark.parametrize(
    "head",
    [
        "GET /healthz HTTP/1.1\r\n",
        "GET /healthz HTTP/1.1\r\nHost:\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
        "GET /healthz HTTP/1.1\r\nHost: local host\r\n",
        "GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n",
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n",
    ],
)
def test_what_does_not_name_one_host_and_a_path_is_refused(door, head):
    with door.wire() as wire:
        wire.send(f"{head}\r\n".encode())
        assert wire.answer().status in (400, 403)


def test_rights_are_what_was_given(open_door):
    door = open_door("--http-rights", "observe")
    for path in ["/auth", "/identity", "/metrics", "/envoy"]:
        answer = door.ask(path, f"sessionid={KEY}")
        assert (answer.status, "identify" in answer.text) == (403, True), path
    assert door.ask("/healthz").status == 200
    door.wait_for(200, "/readyz")
    assert door.ask("/events", method="HEAD").status == 200


def test_events_need_observe(door):
    answer = door.ask("/events")
    assert (answer.status, "observe" in answer.text) == (403, True)


def test_a_unix_socket_is_for_those_whom_its_file_lets_in(open_door, folder):
    path = folder / "http.sock"
    door = open_door("--http", str(path), "--http-mode", "0600")
    assert path.stat().st_mode & 0o777 == 0o600
    door.log_in(KEY)
    assert door.ask("/auth", f"sessionid={KEY}").status == 204
    assert door.daemon.stop() == 0
    assert not path.exists()


def test_a_port_that_is_taken_is_said(door, binary, folder):
    command = [
        binary,
        "serve",
        "--no-verify",
        "--socket",
        str(folder / "other.sock"),
        "--http",
        f"127.0.0.1:{door.port}",
    ]
    command += ["--state-directory", str(folder / "other")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "--http" in done.stderr
    assert str(door.port) in done.stderr
    assert not (folder / "other.sock").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--http", "nonsense"),
        ("--http", "127.0.0.1"),
        ("--http", "127.0.0.1:99999"),
        ("--http", "::1:80"),
        ("--http", "example.org:80"),
        ("--http-rights", "revoke"),
        ("--http-rights", "identify,read"),
        ("--http-rights", "nonsense"),
        ("--http-cookie", "a b"),
        ("--http-cookie", ""),
        ("--http-mode", "9"),
        ("--http-group", "no-such-group"),
        ("--max-http-connections", "0"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_said_at_the_start(binary, options):
    done = subprocess.run(
        [binary, "serve", "--no-verify", *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 64
    assert options[0] in done.stderr


def test_an_address_that_others_can_reach_is_warned_of(open_door):
    door = open_door("--http", "0.0.0.0:0")
    wait_for(lambda: any("--http 0.0.0.0 can be reached" in line for line in door.daemon.lines), "the warning")


def test_ipv6_is_served(open_door):
    door = open_door("--http", "[::1]:0")
    assert door.ask("/healthz", headers={"Host": door.place}).status == 200
