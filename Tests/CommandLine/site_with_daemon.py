"""Who logs in and out of a site, in the shape of Redis keys."""

from __future__ import annotations

import socket
from pathlib import Path

import sessiond
from processes import Daemon, PrivateRedis
from stored import logged_in, session_value

SECRET_KEY = "the secret of a site that is watched"


class Site:
    """A daemon that is not started yet, and the Redis that it follows."""

    def __init__(self, binary: str, folder: Path, redis: PrivateRedis, *options: str, url: str = "") -> None:
        self.redis = redis
        key_file = folder / "secret_key"
        key_file.write_text(SECRET_KEY + "\n")
        self.daemon = Daemon(binary, folder, url or redis.url, key_file, *options)
        self.socket = str(self.daemon.path)

    def log_in(self, key: str, user: int | str) -> None:
        value = session_value(SECRET_KEY, {**logged_in(0), "_auth_user_id": str(user)})
        self.redis.command("SETEX", f"django_sessions:{key}", 600, value)

    def log_out(self, key: str) -> None:
        self.redis.command("DEL", f"django_sessions:{key}")

    def identify(self, key: str) -> bool:
        """Whether the daemon knows somebody under this key."""
        with sessiond.Client(self.socket) as client:
            return bool(client.identity(key))

    daemon_knows = identify

    def log_in_many(self, count: int) -> None:
        """Log in `count` users with a session each, in one go."""
        value = session_value(SECRET_KEY, logged_in(1)).encode()
        command = b"*4\r\n$5\r\nSETEX\r\n$%d\r\n%b\r\n$3\r\n600\r\n$%d\r\n%b\r\n"
        names = [b"django_sessions:%032d" % number for number in range(count)]
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as replies:
            connection.connect(str(self.redis.path))
            for start in range(0, count, 1000):
                part = names[start : start + 1000]
                connection.sendall(b"".join(command % (len(name), name, len(value), value) for name in part))
                assert [replies.readline() for _ in part] == [b"+OK\r\n"] * len(part)
