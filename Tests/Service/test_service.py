"""The unit's command as the unit's user, with the unit's filters, sockets and credentials."""

from __future__ import annotations

import errno
import http.client
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

import sessiond
from conftest import SECRET_KEY
from manager import IS_ROOT, MAY_UNSHARE, SERVICE_ID, Listener, ServiceManager, unused_group
from processes import DEADLINE_SECONDS, PrivateRedis, wait_for
from stored import logged_in, session_value
from units import Unit

#: Prints the rights of whoever runs it, at the socket that its argument names.
RIGHTS = """
import json, socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
peer.sendall(b'{"jsonrpc":"2.0","id":1,"method":"server.info"}\\n')
print(json.loads(peer.makefile().readline())["result"]["rights"])
"""

as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can be other users")


@pytest.fixture(scope="module")
def confinement(service: Unit) -> dict[str, object]:
    return {
        "system_calls": service.system_calls,
        "families": service.families,
        "no_write_execute": service.is_on("MemoryDenyWriteExecute"),
    }


def test_the_service_serves(
    manager: ServiceManager,
    service: Unit,
    listener: Listener,
    redis: PrivateRedis,
    secrets: dict[str, str],
    confinement: dict[str, object],
) -> None:
    redis.command("SETEX", "django_sessions:visitor", 600, session_value(SECRET_KEY, logged_in(7)))
    pid = manager.start(
        service.command,
        listeners=[listener.socket],
        environment={"LISTEN_FDNAMES": "sessiond"},
        credentials=secrets,
        confinement=confinement,
        as_user=True,
        is_protected=True,
    )
    manager.wait_for_state("READY=1")
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "1"
    if IS_ROOT:
        assert status["Uid"].split() == [str(SERVICE_ID)] * 4
        assert int(status["CapBnd"], 16) == 0
    if MAY_UNSHARE:
        mounts = Path(f"/proc/{pid}/mounts").read_text()
        assert re.search(r"^\S+ / \S+ ro[, ]", mounts, re.MULTILINE)
        assert re.search(r"^proc /proc proc \S*subset=pid", mounts, re.MULTILINE)
    with sessiond.Client(str(listener.path)) as client:
        assert client.identity("visitor").user_id == "7"
        # The whole way: an event out of Redis, through the journal on disk.
        redis.command("DEL", "django_sessions:visitor")
        wait_for(lambda: not client.identity("visitor").authenticated, "the logout")
    assert (manager.folder / "state/journal.sqlite").stat().st_mode & 0o777 == 0o600
    assert manager.stop() == 0, manager.log
    assert "STOPPING=1" in manager.states
    assert SECRET_KEY not in manager.log


def test_the_service_answers_over_http(
    manager: ServiceManager,
    service: Unit,
    listener: Listener,
    redis: PrivateRedis,
    secrets: dict[str, str],
    confinement: dict[str, object],
) -> None:
    redis.command("SETEX", "django_sessions:visitor", 600, session_value(SECRET_KEY, logged_in(7)))
    manager.start(
        service.command,
        listeners=[listener.socket],
        environment={"LISTEN_FDNAMES": "sessiond", "SESSIOND_HTTP": "127.0.0.1:0"},
        credentials=secrets,
        confinement=confinement,
        as_user=True,
        is_protected=True,
    )
    manager.wait_for_state("READY=1")
    place = re.search(r" http=(\S+)", manager.log)
    assert place
    door = http.client.HTTPConnection(place[1], timeout=DEADLINE_SECONDS)
    try:
        door.request("GET", "/auth", headers={"Cookie": "sessionid=visitor"})
        with door.getresponse() as answer:
            assert (answer.status, answer.headers["X-Session-User-Id"]) == (204, "7")
    finally:
        door.close()
    assert manager.stop() == 0, manager.log


@pytest.mark.parametrize(
    ("program", "ends"),
    [
        ("import os; os.sched_setaffinity(0, {0})", -signal.SIGSYS),
        ("import os; os.setuid(0)", -signal.SIGSYS),
        ("import mmap; mmap.mmap(-1, 4096, prot=7)", 1),
        ("import socket; socket.socket(socket.AF_NETLINK)", 1),
        ("import socket; socket.socket(socket.AF_INET)", 0),
    ],
)
def test_the_filters_of_these_tests_hold(
    manager: ServiceManager, confinement: dict[str, object], program: str, ends: int
) -> None:
    manager.start(["/usr/bin/python3", "-ISc", program], confinement=confinement)
    assert manager.wait() == ends, manager.log


@as_root
def test_who_is_in_the_sockets_group_may_identify_and_nobody_else(
    manager: ServiceManager, service: Unit, secrets: dict[str, str]
) -> None:
    group = unused_group()
    with Listener(manager.folder / "sessiond.sock", group=group) as listener:
        manager.start(service.command, listeners=[listener.socket], credentials=secrets, as_user=True)
        manager.wait_for_state("READY=1")

        def ask(*groups: str) -> subprocess.CompletedProcess[str]:
            user = ["setpriv", f"--reuid={SERVICE_ID + 1}", f"--regid={SERVICE_ID + 1}", *groups]
            command = [*user, "/usr/bin/python3", "-ISc", RIGHTS, str(listener.path)]
            return subprocess.run(command, capture_output=True, text=True, check=False)

        assert ask(f"--groups={group}").stdout == "['identify']\n"
        assert "PermissionError" in ask("--clear-groups").stderr
        if not MAY_UNSHARE:
            return
        # Who is root in a container with a user namespace is who they are outside. Its mounts may be read-only.
        container = [f"--groups={group}", "--", "unshare", "--user", "--map-root-user"]
        assert ask(*container).stdout == "['identify']\n"
        mounts = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        script = ["--mount", "/bin/sh", "-c", mounts, str(listener.path.parent)]
        assert ask(*container, *script).stdout == "['identify']\n"


@as_root
def test_sockets_that_are_passed_have_rights_by_their_names_and_a_reload_gives_others(
    manager: ServiceManager, secrets: dict[str, str], service: Unit
) -> None:
    def configure(may: str) -> None:
        configuration.write_text(f"sockets:\n  - name: audit\n    may: {may}\n")

    configuration = manager.folder / "sessiond.yaml"
    configure("[list, observe]")
    with Listener(manager.folder / "web.sock") as web, Listener(manager.folder / "audit.sock") as audit:
        for listener in (web, audit):
            listener.path.chmod(0o666)

        def rights(listener: Listener) -> str:
            stranger = ["setpriv", f"--reuid={SERVICE_ID + 1}", f"--regid={SERVICE_ID + 1}", "--clear-groups"]
            command = [*stranger, "/usr/bin/python3", "-ISc", RIGHTS, str(listener.path)]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

        manager.start(
            [*service.command[:-1], str(configuration)],
            listeners=[web.socket, audit.socket],
            environment={"LISTEN_FDNAMES": "web:audit"},
            credentials=secrets,
            as_user=True,
        )
        manager.wait_for_state("READY=1")
        assert (rights(web), rights(audit)) == ("['identify']", "['list', 'observe']")
        configure("observe")
        manager.forget_states()
        manager.signal(signal.SIGHUP)
        manager.wait_for_state("READY=1")
        assert (rights(web), rights(audit)) == ("['identify']", "['observe']")


def test_the_sample_holds_with_all_that_it_comments_out(
    manager: ServiceManager, installed: Path, listener: Listener, redis: PrivateRedis, secrets: dict[str, str]
) -> None:
    sample = (installed.parent / "etc/sessiond/sessiond.yaml").read_text()
    # Prose has a blank behind the "#".
    text, count = re.subn(r"^#(?=[a-z]| +(- )?[a-z]+: )", "", sample, flags=re.MULTILINE)
    assert count > 15
    # What is another one's, on another machine.
    for theirs, ours in [
        ('"unix:///run/redis/redis-server.sock?db=0"', f'"{redis.url}"'),
        ("user: flask", "user: nobody"),
        ("group: audit", "group: nogroup"),
    ]:
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    configuration = manager.folder / "sessiond.yaml"
    configuration.write_text(text)
    command = Unit(installed / "lib/systemd/system/sessiond.service").command
    with Listener(manager.folder / "nginx.sock") as nginx:
        manager.start(
            [*command[:-1], str(configuration)],
            listeners=[listener.socket, nginx.socket],
            environment={"LISTEN_FDNAMES": "sessiond:nginx"},
            credentials=secrets,
        )
        manager.wait_for_state("READY=1")
        assert manager.stop() == 0
    assert "sockets: " not in manager.log


@pytest.mark.skipif(not MAY_UNSHARE, reason="only root can, and only outside of a container")
def test_in_a_user_namespace_the_daemon_would_not_know_its_peers(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    """Why the unit has no `PrivateUsers=yes`: even root is nobody there."""
    rights = ["/usr/bin/python3", "-ISc", RIGHTS, str(listener.path)]
    namespace = ["/usr/bin/unshare", "--user", "--map-current-user", "--"]
    for before, expected in [([], "'revoke'"), (namespace, "['identify']")]:
        started = ServiceManager(manager.folder)
        try:
            started.start([*before, *service.command], listeners=[listener.socket], credentials=secrets, as_user=True)
            started.wait_for_state("READY=1")
            assert expected in subprocess.run(rights, capture_output=True, text=True, check=True).stdout
            assert started.stop() == 0
        finally:
            started.close()


def test_a_connection_waits_for_the_service_and_outlives_its_restart(
    manager: ServiceManager, folder: Path, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    """As long as the service manager has the socket, nobody is refused."""
    import socket

    with socket.socket(socket.AF_UNIX) as early:
        early.connect(str(listener.path))
        early.sendall(b'{"jsonrpc":"2.0","id":1,"method":"server.info"}\n')
        manager.start(service.command, listeners=[listener.socket], credentials=secrets)
        assert b'"result"' in early.makefile("rb").readline()
    manager.wait_for_state("READY=1")
    assert manager.stop() == 0
    # The file is the service manager's, and who connects now waits for the next start.
    assert listener.path.exists()
    with socket.socket(socket.AF_UNIX) as between:
        between.connect(str(listener.path))
        between.sendall(b'{"jsonrpc":"2.0","id":2,"method":"server.info"}\n')
        successor = ServiceManager(folder)
        try:
            successor.start(service.command, listeners=[listener.socket], credentials=secrets)
            assert b'"id":2' in between.makefile("rb").readline()
        finally:
            successor.close()


def test_several_sockets_are_served_and_another_one_where_it_is_asked_for(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    own = manager.folder / "own.sock"
    with Listener(manager.folder / "second.sock") as second:
        manager.start(
            [*service.command, "--socket", str(own)],
            listeners=[listener.socket, second.socket],
            credentials=secrets,
        )
        manager.wait_for_state("READY=1")
        for path in [listener.path, second.path, own]:
            with sessiond.Client(str(path)) as client:
                assert client.status()["link"]["state"] == "live"
        assert manager.stop() == 0
        assert (listener.path.exists(), second.path.exists(), own.exists()) == (True, True, False)


def test_no_other_socket_is_opened_where_one_is_passed(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    runtime = manager.folder / "runtime"
    runtime.mkdir()
    manager.start(
        service.command,
        listeners=[listener.socket],
        credentials=secrets,
        environment={"RUNTIME_DIRECTORY": str(runtime)},
    )
    manager.wait_for_state("READY=1")
    assert list(runtime.iterdir()) == []
    assert str(listener.path) in manager.log


def test_sockets_for_another_process_are_left_alone(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    own = manager.folder / "own.sock"
    manager.start(
        [*service.command, "--socket", str(own)],
        listeners=[listener.socket],
        credentials=secrets,
        environment={"LISTEN_PID": str(os.getpid())},
    )
    manager.wait_for_state("READY=1")
    assert own.exists()
    assert str(listener.path) not in manager.log


def test_what_is_no_listening_unix_stream_socket_is_refused(
    manager: ServiceManager, service: Unit, secrets: dict[str, str]
) -> None:
    with Listener(manager.folder / "datagrams.sock", kind=2) as datagrams:
        manager.start(
            service.command,
            listeners=[datagrams.socket],
            credentials=secrets,
            environment={"LISTEN_FDNAMES": "datagrams"},
        )
        assert manager.wait() == 1
    assert (
        "what the service manager passes as datagrams (descriptor 3) is no listening Unix stream socket" in manager.log
    )
    assert "ListenStream=" in manager.log


@pytest.mark.parametrize(("count", "says"), [("many", "is no number"), ("65", "at most 64"), ("-1", "is no number")])
def test_a_number_of_sockets_that_cannot_be_is_refused(
    manager: ServiceManager, service: Unit, secrets: dict[str, str], count: str, says: str
) -> None:
    launched = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *service.command]
    manager.start(launched, credentials=secrets, environment={"LISTEN_FDS": count})
    assert manager.wait() == 64
    assert says in manager.log


def test_an_option_beats_a_credential_and_an_empty_one_counts_for_nothing(
    manager: ServiceManager, folder: Path, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    elsewhere = {"SESSIOND_REDIS_URL": "unix:///nonexistent/redis.sock"}
    manager.start(service.command, listeners=[listener.socket], credentials=secrets, environment=elsewhere)
    # Its first attempt has failed: from then on it listens to signals.
    wait_for(lambda: "connection to Redis: " in manager.log, "the other Redis to be tried")
    assert "redis=unix:///nonexistent/redis.sock" in manager.log
    assert manager.stop() == 0
    for blank in ["", "\n\n"]:
        second = ServiceManager(folder)
        try:
            second.start(service.command, listeners=[listener.socket], credentials=secrets | {"secret-key": blank})
            assert second.wait() == 64
            assert "no secret key" in second.log
        finally:
            second.close()


def test_while_redis_is_away_the_service_says_so_and_is_not_ready(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    manager.start(
        service.command,
        listeners=[listener.socket],
        credentials=secrets | {"redis-url": "redis://:hunter2@localhost:1/0"},
    )
    wait_for(lambda: any(state.startswith("STATUS=waits") for state in manager.states), "the status")
    assert "READY=1" not in manager.states
    assert not any("hunter2" in text for text in [*manager.states, manager.log])


def test_a_reload_tells_nobody_that_the_service_is_ready_before_it_is(
    manager: ServiceManager, service: Unit, listener: Listener, redis: PrivateRedis, secrets: dict[str, str]
) -> None:
    def reload() -> None:
        told = manager.log.count("configuration reloaded")
        manager.signal(signal.SIGHUP)
        wait_for(lambda: manager.log.count("configuration reloaded") > told, "the configuration to be read again")

    redis.command("SETEX", "django_sessions:visitor", 600, session_value(SECRET_KEY, logged_in(7)))
    manager.start(
        service.command, listeners=[listener.socket], credentials=secrets | {"secret-key": "another one's secret\n"}
    )
    wait_for(lambda: "sessiond is not ready" in manager.log, "most sessions to fail their signature")
    # What the first one tells is told when the second one is done.
    reload()
    reload()
    assert {"READY=1", "RELOADING=1"}.isdisjoint(manager.states)
    # A copy of the file that the service manager makes once: here it is made again.
    assert "the service manager copied at the start" in manager.log
    copy = manager.folder / "credentials/secret-key"
    copy.chmod(0o600)
    copy.write_text(f"{SECRET_KEY}\nanother one's secret\n")
    reload()
    manager.wait_for_state("READY=1")
    manager.forget_states()
    reload()
    manager.wait_for_state("RELOADING=1")
    manager.wait_for_state("READY=1")
    redis.command("DEL", "django_sessions:visitor")


@as_root
def test_a_key_that_a_group_of_the_services_may_read_is_renewed_by_a_reload(
    manager: ServiceManager, service: Unit, listener: Listener, redis: PrivateRedis, secrets: dict[str, str]
) -> None:
    group = unused_group()
    key = manager.folder / "secret-key"
    key.write_text("the old secret\n")
    os.chown(key, 0, group)
    key.chmod(0o640)
    redis.command("SETEX", "django_sessions:renewed", 600, session_value("the new secret", logged_in(8)))
    try:
        manager.start(
            [*service.command, "--secret-key-file", str(key)],
            listeners=[listener.socket],
            credentials=secrets,
            as_user=True,
            groups=[group],
        )
        wait_for(lambda: "sessiond is not ready" in manager.log, "the session to fail its signature")
        key.write_text("the new secret\nthe old secret\n")
        manager.signal(signal.SIGHUP)
        manager.wait_for_state("READY=1")
        with sessiond.Client(str(listener.path)) as client:
            assert client.identity("renewed").user_id == "8"
        assert "copied at the start" not in manager.log
        # A mode that its group may read is not warned of.
        assert "warning" not in manager.log
    finally:
        redis.command("DEL", "django_sessions:renewed")


def test_the_watchdog_hears_as_long_as_the_loops_turn(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    manager.start(
        service.command, listeners=[listener.socket], credentials=secrets, environment={"WATCHDOG_USEC": "200000"}
    )
    manager.wait_for_state("READY=1")
    for _ in range(3):
        manager.forget_states()
        manager.wait_for_state("WATCHDOG=1")


def test_nobody_is_told_of_life_who_did_not_ask(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    other = {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": str(os.getpid())}
    manager.start(service.command, listeners=[listener.socket], credentials=secrets, environment=other)
    manager.wait_for_state("READY=1")
    assert manager.stop() == 0
    assert "WATCHDOG=1" not in manager.states


def test_a_crash_writes_no_memory_anywhere(
    manager: ServiceManager, folder: Path, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    """Where the system dumps others, as `sleep` shows, it does not dump the daemon. Nor is a backtrace logged."""

    def dumps(pid: int) -> bool:
        os.kill(pid, signal.SIGABRT)
        ended: list[tuple[int, int]] = []
        wait_for(lambda: ended.append(os.waitpid(pid, os.WNOHANG)) or ended[-1][0], "the end")
        status = ended[-1][1]
        assert os.WTERMSIG(status) == signal.SIGABRT
        return os.WCOREDUMP(status)

    pid = manager.start(service.command, listeners=[listener.socket], credentials=secrets, core=-1)
    manager.wait_for_state("READY=1")
    assert not dumps(pid)
    assert "***" not in manager.log
    other = ServiceManager(folder)
    try:
        pid = other.start(["/bin/sleep", "60"], core=-1)
        wait_for(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", "sleep")
        if not dumps(pid):
            pytest.skip("this system dumps no cores, so that none of the daemon proves nothing")
    finally:
        other.close()


def test_the_daemons_memory_is_closed_to_its_own_user(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    pid = manager.start(service.command, listeners=[listener.socket], credentials=secrets, as_user=True)
    manager.wait_for_state("READY=1")
    # The kernel gives /proc/<pid> of a process that is not dumpable to root.
    assert os.stat(f"/proc/{pid}/environ").st_uid == 0
    same_user = ["setpriv", f"--reuid={SERVICE_ID}", f"--regid={SERVICE_ID}", "--clear-groups"] if IS_ROOT else []
    for name in ["environ", "mem", "fd"]:
        program = f"import os; path = '/proc/{pid}/{name}'; os.listdir(path) if '{name}' == 'fd' else open(path, 'rb')"
        result = subprocess.run(
            [*same_user, "/usr/bin/python3", "-ISc", program], capture_output=True, text=True, check=False
        )
        assert f"[Errno {errno.EACCES}]" in result.stderr, name
