"""What the Debian package's scripts do where systemd runs: here, what they would have it do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from manager import MAY_UNSHARE, mounted

POSTINST = ROOT / "Examples/service/debian/postinst"
#: Programs of a Debian with systemd, which write down how they were called.
PROGRAMS = ["addgroup", "deb-systemd-helper", "deb-systemd-invoke", "getent", "systemctl"]
RECORDER = '#!/bin/sh\necho "${0##*/} $*" >>"${0%/*}/calls"\n'


@pytest.mark.skipif(not MAY_UNSHARE, reason="only root can, and only outside of a container")
@pytest.mark.parametrize(
    ("words", "verb"), [(["configure", ""], "start"), (["configure", "0.0.9-1"], "restart")], ids=["new", "upgrade"]
)
def test_the_socket_stays_open_when_the_service_is_started_anew(tmp_path: Path, words: list[str], verb: str) -> None:
    for program in PROGRAMS:
        (tmp_path / program).write_text(RECORDER)
        (tmp_path / program).chmod(0o755)
    # Whether systemd runs is seen from a folder.
    running = 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && PATH="$0:$PATH" exec "$@"'
    command = mounted(running, tmp_path, "/bin/sh", str(POSTINST), *words)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call for call in calls if call.startswith("deb-systemd-invoke")] == [
        "deb-systemd-invoke start sessiond.socket",
        f"deb-systemd-invoke {verb} sessiond.service",
    ]
