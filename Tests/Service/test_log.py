"""A log that nobody takes: lines are lost, the daemon goes on."""

from __future__ import annotations

import os
import signal

import pytest

import sessiond
from manager import Listener, ServiceManager
from units import Unit

#: Runs its arguments with a standard error that is a pipe without a reader, and with signals as a service has them.
BROKEN_PIPE = """
import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
reading, writing = os.pipe()
os.dup2(writing, 2)
os.close(reading)
os.close(writing)
os.execv(sys.argv[1], sys.argv[1:])
"""
LAUNCHERS = {
    "a full disk": ["/bin/sh", "-c", 'exec "$@" 2>/dev/full', "sh"],
    "a pipe that nobody reads": ["/usr/bin/python3", "-ISc", BROKEN_PIPE],
    "nothing": ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh"],
}


def goes_on(manager: ServiceManager, listener: Listener) -> None:
    """A reload is logged, and a client is answered."""
    manager.forget_states()
    manager.signal(signal.SIGHUP)
    manager.wait_for_state("READY=1")
    with sessiond.Client(str(listener.path)) as client:
        assert client.status()["link"]["state"] == "live"
    assert manager.stop() == 0


@pytest.mark.parametrize("where", LAUNCHERS)
def test_a_log_that_cannot_be_written_ends_nothing(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str], where: str
) -> None:
    manager.start([*LAUNCHERS[where], *service.command], listeners=[listener.socket], credentials=secrets)
    manager.wait_for_state("READY=1")
    goes_on(manager, listener)


def test_who_collects_the_log_may_go(
    manager: ServiceManager, service: Unit, listener: Listener, secrets: dict[str, str]
) -> None:
    pipe = manager.folder / "log.pipe"
    os.mkfifo(pipe)
    collector = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    launcher = ["/bin/sh", "-c", f'exec "$@" 2>"{pipe}"', "sh"]
    manager.start([*launcher, *service.command], listeners=[listener.socket], credentials=secrets)
    manager.wait_for_state("READY=1")
    assert b"ready: " in os.read(collector, 1 << 16)
    os.close(collector)
    goes_on(manager, listener)
