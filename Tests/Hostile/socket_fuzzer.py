#!/usr/bin/env python3
"""Attacks the socket of a real daemon on a real Redis, with one honest client beside.

Every line that the daemon says must be valid, every question must have its answer or the connection its end, the honest
client must be served rightly all the time, and afterwards the daemon must be as small as before.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from attacks import corpus
from besieged import Besieged
from hostile_client import Finding, HostileClient
from processes import wait_for

#: How much memory attacks may ever take, and what may be left of it: allocators keep some.
PEAK_MIB_MAX = 400
GROWTH_MIB_MAX = 48


class SocketFuzzer(Besieged):
    """A daemon, its attackers, and what was seen."""

    def __init__(self, binary: str, folder: Path, seed: int, attacker_count: int = 6) -> None:
        super().__init__(binary, folder)
        self.seed = seed
        streams = corpus()
        self.attackers = [HostileClient(self.daemon.path, streams) for _ in range(attacker_count)]
        self.findings: list[str] = []
        self._stopping = threading.Event()

    def run(self, seconds: float) -> None:
        """Attack for so long; raises Finding."""
        self._attack(seconds / 4)
        before = self._calm()
        self.watch.forget_peak()
        self._attack(seconds * 3 / 4)
        after = self._calm()
        peak = self.watch.peak_mib
        connections = sum(attacker.connection_count for attacker in self.attackers)
        answers = sum(attacker.answer_count for attacker in self.attackers)
        questions, slowest = self.honest.question_count, self.honest.slowest_seconds
        print(f"seed {self.seed}: {connections} hostile connections, {answers} answers checked")
        print(f"{questions} honest questions, the slowest answered after {slowest:.2f} s")
        print(f"memory {before[0]:.0f} MiB before, {peak:.0f} at most, {after[0]:.0f} after")
        print(f"open files {before[1]} before, {after[1]} after")
        if after[1] > before[1]:
            raise Finding(f"seed {self.seed}: {after[1] - before[1]} files stay open")
        if peak > PEAK_MIB_MAX or after[0] > before[0] + GROWTH_MIB_MAX:
            raise Finding(f"seed {self.seed}: memory {before[0]:.0f}, at most {peak:.0f}, then {after[0]:.0f} MiB")

    def _attack(self, seconds: float) -> None:
        self._stopping.clear()
        threads = [threading.Thread(target=self._keep_attacking, args=(index,)) for index in range(len(self.attackers))]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + seconds
        number = self.honest.question_count
        try:
            while time.monotonic() < deadline and not self.findings:
                number += 1
                self.honest.round(number)
                self._stopping.wait(0.02)
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()
        if not self.daemon.is_running:
            self.findings.append("the daemon ended:\n" + "\n".join(self.daemon.lines[-40:]))
        if self.findings:
            raise Finding("\n".join(self.findings))

    def _keep_attacking(self, index: int) -> None:
        attacker = self.attackers[index]
        while not self._stopping.is_set():
            try:
                attacker.attack(f"{self.seed}/{index}/{attacker.connection_count}")
            except Exception as finding:
                self.findings.append(f"{type(finding).__name__}: {finding}")
                self._stopping.set()

    def _calm(self) -> tuple[float, int]:
        """Wait until all attackers are gone; return memory and open files."""
        wait_for(lambda: self.honest.call("server.status")["clients"]["connections"] == 1, "the attackers to be gone")
        return self.watch.memory_mib, self.watch.file_count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=os.environ.get("SESSIOND_BINARY"), help="the built sessiond")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with TemporaryDirectory(prefix="sd-") as name:
        fuzzer = SocketFuzzer(options.binary, Path(name), options.seed)
        try:
            fuzzer.run(options.minutes * 60)
            fuzzer.end()
        except Finding as finding:
            sys.exit(f"{finding}")
        finally:
            fuzzer.kill()


if __name__ == "__main__":
    main()
