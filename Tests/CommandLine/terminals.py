"""A command on a real pseudo-terminal, with an emulator that shows what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading

import pyte

from processes import DEADLINE_SECONDS, wait_for

#: Colours (SGR with a number other than 0), as they go over the wire.
COLOR = b"\x1b[3"


class Terminal:
    """A command, the terminal it runs on, and everything that it ever sent there."""

    def __init__(
        self,
        command: list[str],
        columns: int = 100,
        rows: int = 30,
        environment: dict[str, str] | None = None,
        user: int | None = None,
    ) -> None:
        self._master, self._slave = pty.openpty()
        self.sent = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._resize(columns, rows)
        self.settings = termios.tcgetattr(self._slave)
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SESSIOND_", "LC_")) and name != "NO_COLOR"
        }
        environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"} | (environment or {})
        self.process = subprocess.Popen(
            command,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=environ,
            start_new_session=True,
            user=user,
            # So that it hears of the window's size, and of Ctrl-C.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # What is seen

    @property
    def lines(self) -> list[str]:
        """The rows of the screen, without the spaces at their ends."""
        with self._lock:
            return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).rstrip()

    @property
    def last_line(self) -> str:
        """The last row with anything in it."""
        return next((line for line in reversed(self.lines) if line), "")

    @property
    def is_restored(self) -> bool:
        """Whether everything that a full screen turns on was turned off again, and the terminal is set as before."""
        with self._lock:
            pairs = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?7l", b"\x1b[?7h")]
            modes = all(self.sent.rfind(off) >= self.sent.rfind(on) for on, off in pairs)
        return modes and termios.tcgetattr(self._slave) == self.settings

    def wait(self, text: str) -> None:
        """Wait until a text is on the screen."""
        try:
            wait_for(lambda: text in self.text, repr(text))
        except AssertionError as error:
            raise AssertionError(f"{error}; on the screen:\n{self.text}") from None

    # What is done to it

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        with self._lock:
            self._screen.resize(rows, columns)
        self._resize(columns, rows)

    def end(self, number: int | None = None) -> int:
        """Send a signal, if one is given, and return the exit status once all that was sent is read."""
        if number is not None:
            self.process.send_signal(number)
        status = self.process.wait(DEADLINE_SECONDS)
        # What the terminal still holds comes before what is said here.
        os.write(self._slave, b"\x1b]end\x07")
        wait_for(lambda: self.sent.endswith(b"\x1b]end\x07"), "the rest of the output")
        return status

    def hang_up(self) -> None:
        """Take the terminal away, as a lost connection does."""
        os.close(self._slave)
        self._slave = -1
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(DEADLINE_SECONDS)
        if self._slave >= 0:
            os.close(self._slave)
        self._reader.join(DEADLINE_SECONDS)
        if self._master >= 0:
            os.close(self._master)

    def _resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.sent += data
                self._stream.feed(data)
