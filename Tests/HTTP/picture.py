"""Makes the pictures of the page that the documentation shows, of a private Redis with invented users.

SESSIOND_BINARY=.build/debug/sessiond python picture.py FOLDER [page-light] [page-dark] [page-phone]
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path += [str(Path(__file__).resolve().parents[2] / "Clients/python" / name) for name in ("src", "tests/support")]

from browser import Browser
from door import Door
from processes import PrivateRedis

RIGHTS = "identify,list,observe"
#: How long it is watched before: the charts begin with the page.
SECONDS = float(os.environ.get("PICTURE_SECONDS", "200"))
LOOKS: dict[str, dict[str, Any]] = {
    "page-light": {},
    "page-dark": {"dark": True},
    "page-phone": {"width": 360, "height": 780, "scale": 2, "is_phone": True},
}


class Visitors:
    """People who come and go, and whose every request asks who they are."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._random = random.Random(2026)
        self._keys: list[str] = []
        self._count = 0
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._come_and_go, self._ask)]

    def begin(self) -> None:
        for _ in range(60):
            self._log_in()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _log_in(self) -> None:
        self._count += 1
        key = f"invented{self._count:024}"
        self._door.log_in(key, self._random.randint(1, 9000) if self._count % 4 else 1000 + self._count % 5)
        self._keys.append(key)

    def _come_and_go(self) -> None:
        while not self._is_over.wait(self._random.uniform(0.2, 1.6)):
            if self._random.random() < 0.58:
                self._log_in()
            elif len(self._keys) > 20:
                self._door.log_out(self._keys.pop(self._random.randrange(len(self._keys))))

    def _ask(self) -> None:
        started = time.monotonic()
        with self._door.wire() as wire:
            while not self._is_over.wait(0.02 + 0.015 * ((time.monotonic() - started) / 20 % 2 > 1)):
                key = self._random.choice(self._keys) if self._random.random() < 0.97 else "nobody"
                for _ in range(self._random.randint(1, 8)):
                    wire.send(f"GET /auth HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={key}\r\n\r\n".encode())
                    wire.answer()


def hang(redis: PrivateRedis) -> None:
    """Let Redis answer nothing for longer than --link-timeout."""
    pid = int(redis.command("INFO", "server").partition(b"process_id:")[2].split()[0])
    os.kill(pid, signal.SIGSTOP)
    time.sleep(9)
    os.kill(pid, signal.SIGCONT)


def main() -> None:
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="sd-") as name:
        folder = Path(name)
        redis = PrivateRedis(folder)
        redis.start()
        door = Door(os.environ["SESSIOND_BINARY"], folder, redis, "--http-rights", RIGHTS)
        visitors = Visitors(door)
        visitors.begin()
        (folder / "profile").mkdir()
        browser = Browser(folder / "profile")
        url = f"http://{door.place}/"
        pages = {name: browser.open(url, **LOOKS[name]) for name in sys.argv[2:] or LOOKS}
        time.sleep(SECONDS * 0.6)
        hang(redis)
        time.sleep(SECONDS * 0.4)
        for name, page in pages.items():
            (target / f"{name}.png").write_bytes(page.picture())
            if page.complaints:
                sys.exit("\n".join(page.complaints))
        visitors.end()
        browser.close()
        door.daemon.stop()
        redis.stop()


if __name__ == "__main__":
    main()
