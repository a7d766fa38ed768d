"""Breaks one rule of the cache after the other, and shows that the simulation finds each.

A mutant is a text of a source file and what it is replaced with. Each is made in a copy of the package, built there and
simulated; one that no seed finds is an error, and so is one whose text is no longer there.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DIRECTORY = Path("Sources/SessionDirectory")


class Mutant(NamedTuple):
    #: The rule that is broken.
    rule: str
    file: str
    original: str
    broken: str


MUTANTS = [
    Mutant(
        "a write does not mark a question that is under way",
        "FetchStateMachine.swift",
        "if fetch.state.isSent, origin == .notified {",
        "if false {",
    ),
    Mutant(
        "a removal does not mark a question that is under way",
        "FetchStateMachine.swift",
        "if fetches[key]?.state.isSent == true { fetches[key]?.overtaken = .byRemoval }",
        "",
    ),
    Mutant(
        "questions from before a subscription are believed",
        "FetchStateMachine.swift",
        "        doubtSent()\n        for (key, fetch) in fetches {",
        "        for (key, fetch) in fetches {",
    ),
    Mutant(
        "a late lookup is told no by an earlier question",
        "FetchStateMachine.swift",
        "let answeredLate = fetch.late.filter { isPositive && !$0.wants.confirmation }\n"
        "            let waiting = fetch.late.filter { !isPositive || $0.wants.confirmation }",
        "let answeredLate = fetch.late\n            let waiting: [LookupTicket] = []",
    ),
    Mutant(
        "the epoch is not checked",
        "Table/PackedSession.swift",
        "self.epoch == epoch && !isTouched && uptime < deadline",
        "!isTouched && uptime < deadline",
    ),
    Mutant(
        "an entry that was announced as written is believed",
        "Table/PackedSession.swift",
        "self.epoch == epoch && !isTouched && uptime < deadline",
        "self.epoch == epoch && uptime < deadline",
    ),
    Mutant(
        "the deadline is not checked",
        "Table/PackedSession.swift",
        "self.epoch == epoch && !isTouched && uptime < deadline",
        "self.epoch == epoch && !isTouched",
    ),
    Mutant(
        "the tag of an epoch that comes again proves what was read long before",
        "Table/SessionTable.swift",
        "if epoch.number > EpochTag.period { changeAll { if $0.epoch == tag { $0.epoch = .none } } }",
        "_ = tag",
    ),
    Mutant(
        "a session is answered from memory while Redis is asked to delete it",
        "DirectoryStateMachine+Revoking.swift",
        "// No answer comes from memory any more.\n            _ = table.update(key) { $0.isTouched = true }",
        "",
    ),
    Mutant(
        "what is read after a deletion counts as the session that was deleted",
        "DirectoryStateMachine.swift",
        "if fetches.isBelieved(key) { endDeleted(key, at: now, &effects) }",
        "",
    ),
    Mutant(
        "a revoked session that is written again is left alone",
        "PresenceStateMachine.swift",
        "if case .revoked(let uid)? = burial { resurrected.append((key, uid)) }",
        "",
    ),
    Mutant(
        "memory is proven anew while nothing can be asked",
        "DirectoryStateMachine.swift",
        "guard hearing.source != .none, isAsking, !flushSuspicion.isOpen",
        "guard hearing.source != .none, !flushSuspicion.isOpen",
    ),
    Mutant(
        "an anonymous entry is answered from memory, however new",
        "Table/SessionTable.swift",
        "case .anonymous: if now.uptime - entry.changedAt <= freshness.stalenessMax { return nil }",
        "case .anonymous: break",
    ),
    Mutant(
        "what the scan did not bring is not asked for",
        "DirectoryStateMachine+CatchUp.swift",
        "remainders = table.keys(where: { record, _ in record.epoch != opened })",
        "remainders = table.keys(where: { record, _ in record.epoch != opened && false })",
    ),
    Mutant(
        "a proof never ends",
        "DirectoryStateMachine.swift",
        "table.prove(until: lastProof + freshness.stalenessMax)",
        "table.prove(until: .max)",
    ),
    Mutant(
        "a flush that tracking tells of is passed over",
        "DirectoryStateMachine+Flushes.swift",
        "table.prove(until: .min)\n        suspectFlush(at: now, &effects)",
        "",
    ),
    Mutant(
        "memory is believed while it is open what was flushed",
        "DirectoryStateMachine.swift",
        "isAsking, !flushSuspicion.isOpen else { return }",
        "isAsking else { return }",
    ),
    Mutant(
        "a session whose data was dropped is shown without it",
        "Table/SessionEntry+Answer.swift",
        "func has(_ wants: LookupWants) -> Bool { wants.data == nil || hasData }",
        "func has(_ wants: LookupWants) -> Bool { true }",
    ),
    Mutant(
        "lookups that wait are forgotten when a key gets another reason to be read",
        "FetchStateMachine.swift",
        "again.joined = waiting",
        "again.joined = waiting.filter { _ in false }",
    ),
    Mutant(
        "a session that only the journal knows is read as a new one",
        "DirectoryStateMachine.swift",
        "if let inherited = takeUp(key, reading, at: now) { old = inherited }",
        "if false { old = nil }",
    ),
    Mutant(
        "a logout does not write its login first",
        "PresenceStateMachine.swift",
        "if account.owedCount > 0 { payOwed(key, into: &events) }",
        "",
    ),
    Mutant(
        "what the journal holds open and nobody found stays open",
        "PresenceStateMachine+Journal.swift",
        "        account.depart()\n",
        "",
    ),
    Mutant(
        "logins that the journal has lost are not written again",
        "PresenceStateMachine+Journal.swift",
        "                table.update(key) { $0.loginID = nil }\n                owe(key)",
        "                continue",
    ),
    Mutant(
        "a login that is owed is forgotten when its value is read again",
        "DirectoryStateMachine+Changes.swift",
        "entry.isOwed = old?.isOwed ?? false",
        "entry.isOwed = false",
    ),
]


def run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=env, check=False)


def check_texts() -> list[str]:
    """Return what is wrong with the mutants' texts, without building anything."""
    return [
        f"{mutant.rule}: {mutant.file} has its text {count} times"
        for mutant in MUTANTS
        if (count := (ROOT / DIRECTORY / mutant.file).read_text().count(mutant.original)) != 1
    ]


def copy_package(to: Path) -> None:
    """Lay the sources anew; what was built of them stays."""
    for name in ["Sources", "Tests"]:
        shutil.rmtree(to / name, ignore_errors=True)
        shutil.copytree(ROOT / name, to / name)
    shutil.copy2(ROOT / "Package.swift", to)


def first_failing_seed(package: Path, seeds: int) -> str | None:
    result = run("swift", "build", "--build-tests", cwd=package)
    if result.returncode:
        sys.exit(result.stdout[-3000:] + result.stderr[-3000:])
    env = {**os.environ, "SESSIOND_SIMULATION_SEEDS": str(seeds)}
    result = run("swift", "test", "--skip-build", "--filter", "SimulationTests", cwd=package, env=env)
    found = [int(seed) for seed in re.findall(r"seed (\d+):", result.stdout)]
    return str(min(found)) if found else ("a crash" if result.returncode < 0 else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--copy", type=Path, default=ROOT / ".build-mutants", help="where the package is copied to")
    parser.add_argument("--only", default="", help="only rules with this text in them")
    parser.add_argument("--check", action="store_true", help="only look whether every mutant's text is still there")
    options = parser.parse_args()
    if faults := check_texts():
        sys.exit("\n".join(faults))
    if options.check:
        return

    survivors = 0
    print("| broken rule | first seed that finds it |\n| --- | --- |")
    copy_package(options.copy)
    for mutant in MUTANTS:
        if options.only not in mutant.rule:
            continue
        path = options.copy / DIRECTORY / mutant.file
        original = path.read_text()
        path.write_text(original.replace(mutant.original, mutant.broken))
        seed = first_failing_seed(options.copy, options.seeds)
        path.write_text(original)
        survivors += seed is None
        print(f"| {mutant.rule} | {seed or 'none'} |", flush=True)
    if survivors:
        sys.exit(f"{survivors} broken rules were not found")


if __name__ == "__main__":
    main()
