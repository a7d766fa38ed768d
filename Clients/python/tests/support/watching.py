"""What the system tells of a process: its memory and its open files."""

from __future__ import annotations

import os


class Watch:
    """Looks at one process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @property
    def memory_mib(self) -> float:
        """Resident memory now."""
        return self._status("VmRSS")

    @property
    def peak_mib(self) -> float:
        """The most resident memory since the start, or since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    @property
    def file_count(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def _status(self, name: str) -> float:
        with open(f"/proc/{self.pid}/status") as lines:
            for line in lines:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) / 1024
        raise LookupError(name)
