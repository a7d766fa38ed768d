"""What a run measures with: the options, the sessions and the servers, each started when it is first needed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from comparison.cores import LOADING, SERVING, pin
from comparison.dataset import Dataset
from comparison.programs import Programs
from comparison.servers import Peer, Redis, Sessiond
from sessions import SECRET_KEY


class Options(NamedTuple):
    sessiond: str
    #: Where programs and sets of sessions are kept from run to run.
    cache: Path
    sessions: int
    pairs: int
    #: Of a sample of lookups.
    seconds: float
    #: Sessions that are logged in and out in a sample.
    changes: int
    #: Writes a second meanwhile.
    rate: int
    #: Writes of a sample of the flood.
    flood: int


class Stage:
    """Two Redis of the same sessions: sessiond follows one, its peers work with the other, which nobody follows."""

    def __init__(self, options: Options, stack: ExitStack) -> None:
        self.options = options
        self._stack = stack
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sd-")))
        self._sessiond: Sessiond | None = None
        stack.callback(self.stop_sessiond)

    @cached_property
    def programs(self) -> Programs:
        return Programs(self.options.cache / "programs")

    @cached_property
    def dataset(self) -> Dataset:
        return Dataset.made(self.options.cache, self.options.sessions)

    def folder(self, name: str) -> Path:
        """Return a folder of its own for a server, with a short path for its socket."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        (folder / "secret_key").write_text(SECRET_KEY + "\n")
        return folder

    @cached_property
    def _version(self) -> str:
        return subprocess.run([self.options.sessiond, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()

    @cached_property
    def state(self) -> Path:
        """A journal that knows all the sessions already, as at any start but the very first."""
        folder = self.dataset.folder / f"state-{self._version.replace(' ', '-')}"
        if not (folder / "complete").exists():
            print("letting sessiond journal these sessions, for this run and later ones", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            with self.daemon("first", self.bare, folder) as daemon:
                daemon.settle()
            (folder / "complete").touch()
        return folder

    @cached_property
    def bare(self) -> Redis:
        return self._stack.enter_context(Redis(self.folder("bare"), LOADING, self.dataset.dump))

    @cached_property
    def followed(self) -> Redis:
        return self._stack.enter_context(Redis(self.folder("followed"), LOADING, self.dataset.dump))

    @property
    def sessiond(self) -> Sessiond:
        """The daemon that follows `followed`, with the options that it has by default."""
        if self._sessiond is None:
            self._sessiond = self.daemon("daemon", self.followed, self.state)
            self._sessiond.settle()
        return self._sessiond

    def stop_sessiond(self) -> None:
        """Free the journal for another daemon; the next who asks for `sessiond` starts it again."""
        if self._sessiond is not None:
            self._sessiond.stop()
            self._sessiond = None

    @contextmanager
    def another_sessiond(self, *options: str, core: int | None = SERVING) -> Iterator[Sessiond]:
        """Run a daemon with other options instead."""
        self.stop_sessiond()
        with self.daemon("another", self.followed, self.state, *options, core=core) as daemon:
            daemon.settle()
            yield daemon
            daemon.check_link()

    @cached_property
    def fixed_server(self) -> Peer:
        program = self.programs.path("fixed_server")
        return self._stack.enter_context(Peer(program, self.folder("fixed"), SERVING))

    def daemon(
        self, name: str, redis: Redis, state: Path, *options: str, database: int = 0, core: int | None = SERVING
    ) -> Sessiond:
        return Sessiond(self.options.sessiond, self.folder(name), redis.url(database), state, core, *options)

    @contextmanager
    def serving(self, redis: Redis) -> Iterator[Redis]:
        """Have Redis itself be the server that is measured, on the core of those."""
        pin(redis.pid, SERVING)
        try:
            yield redis
        finally:
            pin(redis.pid, LOADING)
