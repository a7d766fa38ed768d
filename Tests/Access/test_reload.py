"""SIGHUP: other keys and rights, and nobody is disconnected, logged out or forgotten."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

import sessiond
from peers import ANNA, AUDIT, SECRET_KEY, STAFF, as_root
from processes import Daemon, wait_for


def client(site):
    return sessiond.Client(str(site.daemon.path), timeout=30)


def logouts(site):
    with client(site) as asking:
        return [(event.data["user_id"], event.data["reason"]) for event in asking.query(types=["dev.sessiond.logout"])]


@as_root
def test_rights_change_for_those_who_are_connected(serve):
    site = serve(f"rights: [{{user: {ANNA}, may: [identify, observe]}}]\n")
    os.seteuid(ANNA)
    try:
        with client(site) as asking, asking.events() as events:
            assert asking.info()["rights"] == ["identify", "observe"]
            wait_for(lambda: asking.status()["clients"]["subscriptions"] == 1, "the subscription")
            # Whoever has connected stays who it was.
            os.seteuid(0)
            site.configure(f"rights: [{{user: {ANNA}, may: [identify]}}]\n")
            site.daemon.reload()
            assert asking.info()["rights"] == ["identify"]
            with pytest.raises(sessiond.Forbidden):
                asking.query()
            # The subscription ends when there is something that it may not hear any more.
            site.log_in("somebodyssession", 42)
            with pytest.raises(sessiond.Forbidden):
                wait_for(lambda: events.poll(1), "the end of the subscription")
    finally:
        os.seteuid(0)


def test_a_new_key_is_added_and_an_old_one_taken_away_without_a_restart(serve):
    site = serve()
    with client(site) as asking:
        site.log_in("oldoldold", 1)
        wait_for(lambda: asking.identity("oldoldold"), "the login")
        site.log_in("newnewnew", 2, "the next secret")
        assert asking.identity("newnewnew").reason == "invalid"
        site.keys("the next secret", SECRET_KEY)
        site.daemon.reload()
        assert asking.identity("newnewnew").user_id == "2"
        assert asking.identity("oldoldold").user_id == "1"
        wait_for(lambda: len(asking.sessions()) == 2, "both to be listed")
        assert logouts(site) == []
        keys = asking.status()["stored"]["keys"]
        assert [key["sessions"] for key in keys] == [1, 1]
        site.keys("the next secret")
        site.daemon.reload()
        assert asking.identity("oldoldold").reason == "invalid"
        assert asking.identity("newnewnew").user_id == "2"
        wait_for(lambda: logouts(site) == [("1", "invalid")], "the logout")
        assert asking.info()["rights"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda site: site.keys("a secret that nobody has"), "none of the secret keys"),
        (lambda site: site.keys(), "holds no key"),
        (lambda site: site.configure("socket-rights: everything"), "no right everything"),
        (lambda site: site.configure("no such: [yaml"), "no YAML"),
    ],
)
def test_what_cannot_be_read_or_would_log_everybody_out_changes_nothing(serve, change, problem):
    site = serve()
    with client(site) as asking:
        site.log_in("oldoldold", 1)
        wait_for(lambda: asking.identity("oldoldold"), "the login")
        change(site)
        site.daemon.reload()
        assert any("not reloaded" in line and problem in line for line in site.daemon.lines)
        assert asking.identity("oldoldold").user_id == "1"
        assert logouts(site) == []


def test_what_needs_a_restart_is_named(serve):
    site = serve("max-staleness: 2\n")
    site.configure("max-staleness: 3\nredis-url: redis://:hunter2@elsewhere\n")
    site.daemon.reload()
    [line] = [line for line in site.daemon.lines if "restart sessiond" in line]
    assert "--max-staleness" in line
    assert not any("hunter2" in line for line in site.daemon.lines)


@as_root
def test_the_permissions_of_a_socket_change_and_its_file_stays(serve, folder):
    path = folder / "web.sock"

    def configure(mode: str, group: int) -> str:
        return f"sockets: [{{path: {path}, mode: '{mode}', group: {group}, may: [identify]}}]\nsocket-group: {group}\n"

    def permissions(of: Path) -> tuple[int, int, int]:
        status = of.stat()
        return stat.S_IMODE(status.st_mode), status.st_gid, status.st_ino

    site = serve(configure("0666", STAFF))
    (mode, group, inode), main = permissions(path), permissions(site.daemon.path)
    assert (mode, group) == (0o666, STAFF)
    assert main[:2] == (0o666, STAFF)
    site.configure(configure("0640", AUDIT))
    site.daemon.reload()
    assert permissions(path) == (0o640, AUDIT, inode)
    assert permissions(site.daemon.path) == (0o666, AUDIT, main[2])
    assert not any("restart sessiond" in line for line in site.daemon.lines)
    # Somebody else's file at this path is left alone.
    path.unlink()
    path.touch(0o600)
    site.configure(configure("0666", STAFF))
    site.daemon.reload()
    assert permissions(path)[:2] == (0o600, 0)


def test_other_words_in_the_file_of_the_redis_url_are_told_and_not_repeated(binary, folder, redis):
    (folder / "secret_key").write_text(SECRET_KEY + "\n")
    (folder / "url").write_text(redis.url + "\n")
    options = ("--redis-url-file", str(folder / "url"))
    daemon = Daemon(binary, folder, None, folder / "secret_key", *options)
    daemon.start()
    try:
        daemon.reload()
        assert not any("restart sessiond" in line for line in daemon.lines)
        (folder / "url").write_text("redis://:hunter2@elsewhere\n")
        daemon.reload()
        assert [line for line in daemon.lines if "restart sessiond" in line and "the Redis URL in its file" in line]
        assert not any("hunter2" in line for line in daemon.lines)
        # Once.
        daemon.reload()
        assert sum("restart sessiond" in line for line in daemon.lines) == 1
    finally:
        assert daemon.stop() == 0


def test_many_at_once_are_carried_out_one_after_the_other(serve):
    site = serve()
    with client(site) as asking:
        site.log_in("oldoldold", 1)
        wait_for(lambda: asking.identity("oldoldold"), "the login")
        for number in range(20):
            site.keys(f"secret {number}", SECRET_KEY)
            os.kill(site.daemon.pid, signal.SIGHUP)
            assert asking.identity("oldoldold").user_id == "1"
        site.daemon.reload()
        assert asking.identity("oldoldold").user_id == "1"
        assert logouts(site) == []
