"""The command that compares this project's settings with the daemon's."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessiond.django import client
from sessiond.django._checking import ERROR, NOTE, OK, PROBE_SECONDS, WARNING, Finding, findings
from sessiond.django._storage import session_store, storage_of


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Compares where and how this project keeps its sessions with what sessiond reads. For that it writes a session "
        f"that nobody is logged in to, asks sessiond about it, and deletes it; it would live for {PROBE_SECONDS} s. "
        "No secret is sent or printed. The exit status is 1 where something does not agree."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: Any) -> None:
        """Add the options."""
        parser.add_argument("--read-only", action="store_true", help="write no session; then less can be found out")
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print what is found, as it is found."""
        found: list[Finding] = []
        store = session_store()
        storage = storage_of(store)
        for finding in findings(client(), store, storage, may_write=not options["read_only"]):
            found.append(finding)
            if not options["json"]:
                self._print(finding)
        error_count = sum(finding.level == ERROR for finding in found)
        if options["json"]:
            listed = [dataclasses.asdict(finding) for finding in found]
            self.stdout.write(
                json.dumps({"ok": error_count == 0, "options": storage.options, "findings": listed}, indent=2)
            )
        if error_count:
            raise CommandError(f"Django and sessiond do not agree: {error_count} error{'s' * (error_count > 1)}")

    def _print(self, finding: Finding) -> None:
        styles = {OK: self.style.SUCCESS, NOTE: self.style.NOTICE, WARNING: self.style.WARNING, ERROR: self.style.ERROR}
        self.stdout.write(f"{styles[finding.level](f'{finding.level:8}')} {finding.subject}: {finding.what}")
        if finding.todo:
            self.stdout.write(f"{'':8} {'' if finding.level == OK else '→ '}{finding.todo}")
