"""The daemon: whether its socket is there and open to this user, and whether it runs with the same Redis."""

from __future__ import annotations

import os
import socket as sockets

import pytest

from checking import ANNA, OLD_KEY, STAFF

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


def test_a_daemon_that_follows_this_redis(site, redis, serve):
    site.fill(redis, 5)
    serve(redis.url)
    report = site.check(redis.url)
    assert report.status == 0
    assert f"uid {os.geteuid()}) may identify, read, list" in report.findings["socket.answers"]["what"]
    assert "asked about 3, it named the users" in report.findings["socket.agrees"]["what"]
    # It has set the flags.
    assert report.level("notifications.on") == "ok"


def test_without_a_session_there_is_nothing_to_compare_by(site, redis, serve):
    serve(redis.url)
    assert site.check(redis.url).level("socket.uncompared") == "note"


def test_a_daemon_that_follows_another_redis(site, redis, server, serve):
    site.fill(redis, 2)
    other = server()
    site.fill(other, 2)
    serve(other.url)
    report = site.check(redis.url)
    assert report.status == 1
    assert report.errors == {"socket.elsewhere"}
    assert "knows none of 2 sessions" in report.findings["socket.elsewhere"]["what"]


def test_a_daemon_that_follows_another_database(site, redis, serve):
    site.fill(redis, 2)
    serve(f"unix://{redis.path}?db=4")
    assert "follows database 4" in site.check(redis.url).findings["socket.elsewhere"]["what"]


def test_a_daemon_with_other_keys(site, redis, serve):
    site.fill(redis, 2, key=OLD_KEY)
    site.fill(redis, 3)
    serve(redis.url)
    redis.command("FLUSHALL")
    site.fill(redis, 2, key=OLD_KEY)
    site.keys(OLD_KEY)
    assert site.check(redis.url).errors == {"socket.other-keys"}


def test_a_socket_that_is_left_behind(site, redis):
    with sockets.socket(sockets.AF_UNIX) as dead:
        dead.bind(str(site.socket))
    report = site.check(redis.url)
    assert report.level("socket.dead") == "warning"


def test_a_daemon_that_says_nothing(site, redis):
    with sockets.socket(sockets.AF_UNIX) as mute:
        mute.bind(str(site.socket))
        mute.listen()
        report = site.check(redis.url, "--link-timeout", "0.5")
    assert report.level("socket.silent") == "warning"


@as_root
def test_a_socket_that_this_user_may_not_open(site, server, serve):
    redis = server("--unixsocketperm", "777")
    site.fill(redis, 2)
    serve(redis.url, "--socket-group", str(STAFF))
    site.key_file.chmod(0o644)
    forbidden = site.check(redis.url, user=ANNA, group=ANNA, extra_groups=[])
    assert forbidden.status == 1
    assert forbidden.errors == {"socket.forbidden"}
    # The key file is open to others for this test.
    assert forbidden.warnings == {"configuration.doubtful"}
    member = site.check(redis.url, user=ANNA, group=ANNA, extra_groups=[STAFF])
    assert member.errors == set()
    assert f"(uid {ANNA}) may identify" in member.findings["socket.answers"]["what"]
    assert member.level("socket.agrees") == "ok"


@as_root
def test_a_user_without_any_right(site, server, serve):
    redis = server("--unixsocketperm", "777")
    configuration = site.folder / "sessiond.yaml"
    configuration.write_text(f"rights:\n  - user: {ANNA}\n    may: []\n")
    serve(redis.url, "--config", str(configuration), "--socket-mode", "0666")
    site.key_file.chmod(0o644)
    report = site.check(redis.url, user=ANNA, group=ANNA, extra_groups=[])
    assert "socket.forbidden" in report.errors
