"""What visitors of a Django site do to their sessions in Redis, drawn from a seed."""

from __future__ import annotations

import random
import threading
import time

from processes import PrivateRedis
from stored import fingerprint, logged_in, session_data, session_value

SECRET_KEY = "the visitors' secret"
DAY = 86_400
PREFIX = "django_sessions:"


class Visitors(threading.Thread):
    """Logs in, out, over to other users, renews and rotates until it is stopped; may be paused."""

    def __init__(self, redis: PrivateRedis, seed: int) -> None:
        super().__init__(daemon=True)
        self._redis = redis
        self._random = random.Random(seed)
        self._keys: list[str] = []
        self._count = 0
        self._may_act = threading.Event()
        self._is_acting = threading.Lock()
        self._ends = False
        self.fault: Exception | None = None

    def run(self) -> None:
        while not self._ends:
            self._may_act.wait()
            with self._is_acting:
                if self._may_act.is_set() and not self._ends:
                    try:
                        self.act()
                    except Exception as error:
                        self.fault = error
                        return
            time.sleep(self._random.uniform(0, 0.002))

    def proceed(self) -> None:
        self._may_act.set()

    def pause(self) -> None:
        """Return when nothing is under way."""
        self._may_act.clear()
        with self._is_acting:
            if self.fault:
                raise self.fault

    def stop(self) -> None:
        self._ends = True
        self._may_act.set()
        self.join()

    def act(self) -> None:
        """Do one thing."""
        if len(self._keys) < 5 or self._random.random() < 0.3:
            key = self._new_key()
            self._write(key, {}, DAY)
            self._write(key, logged_in(self._random.randrange(1, 8)), self._lifetime())
            return
        key = self._random.choice(self._keys)
        held = self._ask("GET", PREFIX + key)
        data = session_data(SECRET_KEY, held.decode()) if held not in (b"", b"-1") else None
        match self._random.randrange(8):
            case 0 | 1 | 2:
                self._end(key)
            case 3:
                self._ask("EXPIRE", PREFIX + key, self._lifetime())
            case 4:
                self._write(key, logged_in(self._random.randrange(1, 8)), DAY)
            case 5 if data:
                successor = self._new_key()
                self._write(successor, data, DAY)
                self._end(key)
                self._write(successor, data | {"_auth_user_hash": f"{self._count:064}"}, DAY)
            case 6:
                self._write(key, {"basket": self._count}, DAY)
            case _ if data is not None:
                self._write(key, data | {"visit": self._count}, DAY)

    @property
    def keys(self) -> list[str]:
        """The session keys that are in use, or were lately."""
        return self._keys[-500:]

    def log_in(self, key: str, user: int) -> None:
        """Log somebody in whose session nobody else touches, and which is no part of the truth."""
        self._write(key, logged_in(user), DAY)

    def holds(self, key: str) -> bool:
        while (answer := self._ask("EXISTS", PREFIX + key)) not in (b"0", b"1"):
            pass
        return answer == b"1"

    def log_out(self, key: str) -> None:
        self._end(key)

    def truth(self) -> dict[str, str]:
        """Whose each session in Redis is, by fingerprint, of those that somebody is logged in to."""
        found = {}
        for key in list(self._keys):
            value = self._ask("GET", PREFIX + key)
            data = session_data(SECRET_KEY, value.decode()) if value not in (b"", b"-1") else None
            if data and "_auth_user_id" in data:
                found[fingerprint(key)] = data["_auth_user_id"]
            if data is None:
                self._keys.remove(key)
        return found

    def _new_key(self) -> str:
        self._count += 1
        key = f"{self._random.getrandbits(128):032x}"
        self._keys.append(key)
        return key

    def _lifetime(self) -> int:
        """Mostly long; some end within a round."""
        return 1 if self._random.random() < 0.1 else DAY

    def _ask(self, *words: str | bytes | int) -> bytes:
        """Ask Redis, again where a CLIENT KILL was meant for others: nothing here does harm twice."""
        while True:
            try:
                return self._redis.command(*words)
            except (BrokenPipeError, ConnectionResetError):
                continue

    def _write(self, key: str, data: dict, seconds: int) -> None:
        self._ask("SETEX", PREFIX + key, seconds, session_value(SECRET_KEY, data))

    def _end(self, key: str) -> None:
        self._ask("DEL", PREFIX + key)
