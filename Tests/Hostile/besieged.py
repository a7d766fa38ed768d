"""A daemon that others do their worst to, a real Redis, and an honest client beside them."""

from __future__ import annotations

from pathlib import Path

from honest_client import HonestClient
from processes import Daemon, PrivateRedis
from watching import Watch

SECRET_KEY = "the secret of the hostile"


class Besieged:
    """The daemon, Redis, and what is seen of both."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.redis = PrivateRedis(folder)
        self.redis.start()
        key = folder / "secret_key"
        key.write_text(SECRET_KEY + "\n")
        # The attackers and the honest client are one user, who must not be refused what others ask too often.
        options = ["--journal", "memory", "--max-misses", "0", "--max-misses-per-uid", "0"]
        self.daemon = Daemon(binary, folder, self.redis.url, key, *options)
        self.daemon.start()
        self.watch = Watch(self.daemon.pid)
        self.honest = HonestClient(self.daemon.path, self.redis, SECRET_KEY)
        self.honest.log_in("steady", 1)

    def end(self) -> None:
        """Stop everything, which must end well."""
        self.honest.close()
        assert self.daemon.stop() == 0, self.daemon.lines[-20:]
        self.redis.stop()

    def kill(self) -> None:
        """Leave nothing behind, whatever happened."""
        self.daemon.kill()
        self.redis.stop()
