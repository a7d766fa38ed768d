"""The unit files: what systemd says to them, and what they promise."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from conftest import ROOT, make
from units import Unit

#: What `systemd-analyze security` gives at most: the exposure from 0 to 10.
EXPOSURE_MAX = 1.5
PAGE = ROOT / "Sources/Daemon/Documentation.docc/Service.md"


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong(service: Unit, socket_unit: Unit) -> None:
    result = analyze("verify", "--man=no", str(service.path), str(socket_unit.path))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_systemd_would_find_something_wrong(service: Unit, tmp_path: Path) -> None:
    for name, was, becomes in [
        ("misspelt.service", "ProtectSystem", "ProtectSystm"),
        ("nothing.service", service.command[0], "/nonexistent/sessiond"),
    ]:
        broken = tmp_path / name
        broken.write_text(service.path.read_text().replace(was, becomes))
        assert analyze("verify", "--man=no", str(broken)).stderr


def test_the_units_of_the_page_are_units(service: Unit, socket_unit: Unit, tmp_path: Path) -> None:
    """The further socket, and the lines that `systemctl edit` is to be given."""
    shown = re.findall(r"^```ini\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    sockets = [text for text in shown if "ListenStream=" in text]
    drop_ins = [text for text in shown if text not in sockets]
    assert (len(sockets), len(drop_ins)) == (1, 3)
    folder = tmp_path / f"{service.path.name}.d"
    folder.mkdir()
    for number, text in enumerate(drop_ins):
        # The group is made by hand.
        (folder / f"{number}.conf").write_text(text)
    for unit in (service, socket_unit):
        shutil.copy(unit.path, tmp_path)
    (tmp_path / "sessiond-nginx.socket").write_text(sockets[0])
    names = [service.path.name, socket_unit.path.name, "sessiond-nginx.socket"]
    result = analyze("verify", "--man=no", *(str(tmp_path / name) for name in names))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert Unit(tmp_path / "sessiond-nginx.socket").one("Service") == service.path.name


def test_the_key_may_be_encrypted_and_then_both_units_start(service: Unit, socket_unit: Unit, folder: Path) -> None:
    encrypted = "/etc/credstore.encrypted/sessiond.secret-key"
    # With "|" in front one of them is enough.
    conditions = [f"|{folder}/etc/sessiond/secret-key", f"|{encrypted}"]
    assert service.all("ConditionPathExists") == socket_unit.all("ConditionPathExists") == conditions
    assert f"LoadCredentialEncrypted=secret-key:{encrypted}" in PAGE.read_text()


def test_no_number_of_attempts_closes_the_socket(service: Unit) -> None:
    """Beyond a limit systemd would; and each client would make it try at once, if it did not by itself."""
    assert service.one("StartLimitIntervalSec") == "0"
    assert service.one("Restart") == "on-failure"
    assert int(service.one("RestartSec")) >= 5
    assert service.all("RestartPreventExitStatus") == []


def test_the_service_is_hardly_exposed(service: Unit) -> None:
    shown = analyze("security", "--offline=true", str(service.path)).stdout
    exposure = re.search(r"Overall exposure level for sessiond.service: ([0-9.]+)", shown)
    assert exposure, shown
    assert float(exposure[1]) <= EXPOSURE_MAX


def test_the_sockets_group_is_made_and_is_not_named_as_the_user(
    service: Unit, socket_unit: Unit, installed: Path, tmp_path: Path
) -> None:
    # systemd refuses a dynamic user where a group of its name exists.
    assert service.one("User") != socket_unit.one("SocketGroup")
    described = tmp_path / "usr/lib/sysusers.d"
    described.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    shutil.copy(installed / "lib/sysusers.d/sessiond.conf", described)
    result = subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert re.search(rf"^{socket_unit.one('SocketGroup')}:", (tmp_path / "etc/group").read_text(), re.MULTILINE)
    assert not (tmp_path / "etc/passwd").exists()


def test_every_setting_is_explained(service: Unit) -> None:
    page = PAGE.read_text()
    hardening = service.path.read_text().partition("# Nothing that")[2].partition("[Install]")[0]
    names = set(re.findall(r"^(\w+)=", hardening, re.MULTILINE))
    assert len(names) > 20
    assert {name for name in names if f"`{name}" not in page} == set()


def test_what_is_installed_can_be_removed_but_for_the_configuration(binary: str, tmp_path: Path) -> None:
    # A small stand-in for the program: only copying is looked at here.
    program = tmp_path / "sessiond"
    program.write_text(f'#!/bin/sh\nexec {binary} "$@"\n')
    program.chmod(0o755)
    places = {"SESSIOND": program, "DESTDIR": tmp_path / "root", "PREFIX": "/opt/sessiond", "SYSCONFDIR": "/opt/etc"}
    make("install-files", **places)
    configuration = tmp_path / "root/opt/etc/sessiond/sessiond.yaml"
    unit = Unit(tmp_path / "root/opt/sessiond/lib/systemd/system/sessiond.service")
    assert unit.command == ["/opt/sessiond/bin/sessiond", "serve", "--config", "/opt/etc/sessiond/sessiond.yaml"]
    manual = (tmp_path / "root/opt/sessiond/share/man/man1/sessiond.1").read_text()
    assert manual.count(".SS sessiond") > 10
    # What they say of files is where these are.
    for text in (manual, configuration.read_text()):
        assert "/opt/etc/sessiond/secret" in text
        assert not re.search(r"(?<!/opt)/etc/sessiond", text)
    configuration.write_text("log-level: debug\n")
    make("install-files", **places)
    assert configuration.read_text() == "log-level: debug\n"
    make("uninstall", **places)
    left = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert left == [configuration]
