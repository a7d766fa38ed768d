"""Every block of the documentation is of a kind that is tried, and every command is run, or listed with a reason."""

import functools
import json
import re
import shlex
import subprocess

import pytest
from blocks import COMMANDS, KINDS, PAGES, ROOT, blocks, prose_of
from not_run import NOT_RUN, reason

PROGRAMS = {
    *("sudo", "sessiond", "make", "redis-cli", "redis-server", "curl", "systemctl", "journalctl", "docker", "podman"),
    *("apt", "apt-get", "pip", "pip3", "python", "python3", "node", "go", "git", "swift", "nginx", "caddy", "promtool"),
    *("openssl", "socat", "sqlite3", "kill"),
}

#: Of pages with Python in them: what runs it.
PYTHON = {
    "README.md": "Tests/Documentation/test_readme.py",
    "Clients/python/README.md": "Clients/python/tests/test_readme.py",
    "Sources/Daemon/Documentation.docc/Django.md": "Tests/Documentation/test_configurations.py",
    "Sources/Daemon/Documentation.docc/Protect.md": "Tests/Documentation/test_commands.py",
    "Sources/Daemon/Documentation.docc/WhenAway.md": "Tests/Documentation/test_commands.py",
}


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_every_block_says_what_it_is(block):
    assert block.language in COMMANDS | set(KINDS), (
        f"{block.place}: a block of the kind {block.language!r} is tried by nothing"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_hides_in_another_block(page):
    """Not in a text, and not in one that is indented in the place of being fenced."""
    # What `sessiond check` prints holds commands that mend; its own tests run them.
    texts = [block.text for block in blocks("text") if block.page == page and not block.text.startswith("ok  ")]
    shown = [line for text in texts for line in text.splitlines()]
    shown += [line for line in prose_of(page).splitlines() if re.match(r" {4}\w", line)]
    for line in shown:
        words = line.strip().removeprefix("$ ").split()
        assert not words or words[0] not in PROGRAMS or re.search("[─▶◀]", line), line


@pytest.mark.parametrize("entry", NOT_RUN, ids=lambda entry: f"{entry[0]}: {entry[1]}")
def test_what_is_listed_is_there(entry):
    page, words, why = entry
    found = [block for block in blocks(*COMMANDS) if str(block.page).endswith(f"/{page}") and words in block.text]
    assert len(found) == 1, f"{len(found)} blocks of {page} contain {words!r}"
    assert reason(found[0]) == why
    assert len(why.split()) > 3


@functools.cache
def options_of(binary: str, *command: str) -> set[str]:
    """Return the options that a command's help names."""
    result = subprocess.run([binary, *command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert f"USAGE: {' '.join(['sessiond', *command])}" in result.stdout, f"sessiond {' '.join(command)} is no command"
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", result.stdout))


def unknown_options(binary: str, line: str) -> list[str]:
    """Return the options of sessiond in a line of a shell that it does not know."""
    unknown: list[str] = []
    for part in re.split(r"[|;&]|\$\(", line.split(" #")[0]):
        match = re.match(r"\s*(?:\w+=\S*\s+)*(?:sudo\s+)?(?:\S*/)?sessiond\s+([a-z-].*)", part)
        if match is None:
            continue
        words = match[1].replace("'", " ").replace('"', " ").split()
        command = [] if words[0].startswith("-") else words[: 2 if words[0] == "journal" else 1]
        known = options_of(binary, *command)
        unknown += [word for word in words if word.startswith("--") and word.split("=")[0] not in known]
    return unknown


@pytest.mark.parametrize("block", blocks(*COMMANDS), ids=str)
def test_the_shell_can_read_it(block):
    result = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, f"{block.place}: {result.stderr}"


@pytest.mark.parametrize("block", blocks(*COMMANDS), ids=str)
def test_sessiond_knows_its_options(block, binary):
    for line in block.text.replace("\\\n", " ").splitlines():
        assert unknown_options(binary, line) == [], f"{block.place}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_sessiond_knows_the_options_in_the_text(page, binary):
    for code in re.findall(r"`(sessiond [^`]+)`", prose_of(page)):
        if page.name == "Runbook.md" and " --" not in code:
            continue  # What the log says.
        assert unknown_options(binary, code) == [], code


#: Options of other programs that the pages name.
OTHERS = {
    *(
        "--group-add",
        "--security-opt",
        "--cookie",
        "--bigkeys",
        "--latency",
        "--unit",
        "--no-block",
        "--offline",
        "--root",
    ),
    # Of programs of this repository: the benchmarks and `manage.py sessiond_check`.
    *("--only", "--seconds", "--write", "--read-only"),
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_in_the_text_is_somebodys(page, binary):
    commands = [
        "serve",
        "identity",
        "get",
        "sessions",
        "watch",
        "events",
        "revoke",
        "status",
        "top",
        "check",
        "verify",
        "keygen",
        "decode",
    ]
    known = set().union(*(options_of(binary, name) for name in commands)) | OTHERS
    named = {
        option
        for code in re.findall(r"`([^`]+)`", prose_of(page))
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)
    }
    assert named - known == set()


def test_an_option_that_is_not_there_is_found_out(binary):
    assert unknown_options(binary, "sudo sessiond serve --redis-uri x --http y | sessiond watch --jsn") == [
        "--redis-uri",
        "--jsn",
    ]
    with pytest.raises(AssertionError):
        unknown_options(binary, "sessiond dance")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_knows_its_targets(page):
    makefile = (ROOT / "Makefile").read_text()
    shown = [block.text for block in blocks(*COMMANDS) if block.page == page]
    shown += re.findall(r"`(make [^`]+)`", prose_of(page))
    for target in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", "\n".join(shown), re.MULTILINE):
        pattern = rf"^{target}:" if not target.startswith("fuzz-") else r"^fuzz-"
        assert re.search(pattern, makefile, re.MULTILINE), target


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_it_is_json(block):
    lines = block.text.splitlines()
    for text in [block.text] if lines[0].rstrip() == "{" else lines:
        json.loads(text)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_it_is_python_that_something_runs(block):
    compile(block.text, block.place, "exec")
    by = PYTHON.get(str(block.page.relative_to(ROOT)))
    assert by, f"{block.place} is run by nothing"
    assert (ROOT / by).exists()


@pytest.mark.parametrize("block", blocks("js"), ids=str)
def test_it_is_javascript(block, tmp_path):
    program = tmp_path / "block.mjs"
    program.write_text(block.text)
    result = subprocess.run(["node", "--check", str(program)], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, f"{shlex.quote(block.place)}: {result.stderr}"


@pytest.mark.parametrize("block", blocks("swift"), ids=str)
def test_it_is_swift_that_compiles(block):
    compiled = (ROOT / "Tests/SessiondClientTests/ReadmeExample.swift").read_text()
    shown = block.text.replace("import SessiondClient\n\n", "")
    assert re.sub(r"(?m)^(?=.)", "    ", shown) in compiled


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_row_of_a_table_has_its_columns(page):
    """A bar in a cell, in code too, is the end of the cell unless a backslash stands before it."""
    columns = 0
    for line in prose_of(page).splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line)) if line.lstrip().startswith("|") else 0
        assert not columns or bars in (0, columns), line
        columns = bars
