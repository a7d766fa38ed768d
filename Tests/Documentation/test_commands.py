"""Every command of the documentation is run, as it stands, with a real daemon, a real Redis and a real Django."""

import asyncio
import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sessiond
from asgi import get
from blocks import CATALOGUE, COMMANDS, ROOT, Block, blocks, blocks_of
from not_run import reason
from processes import DEADLINE_SECONDS, wait_for
from scene import Scene

RUN = [block for block in blocks(*COMMANDS) if reason(block) is None]
#: A command that goes on until somebody ends it, and the beginning of the line by which it shows that it works.
ENDLESS = re.compile(r"^sessiond (serve|watch)\b[^&]*$")


@pytest.fixture(scope="module")
def scene():
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no daemon to try the commands with")
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        scene = Scene(binary, Path(name))
        scene.start()
        yield scene
        scene.stop()


#: What would change the machine that runs the tests, or its network's peace.
UNSAFE = re.compile(
    r"(^|\s)(apt|apt-get|dpkg|systemctl|systemd-creds|adduser|addgroup|chown|docker|podman|git|make|pip|swift)\s"
)


def commands(text: str) -> list[str]:
    lines = text.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def wait_for_line(process: subprocess.Popen[str], lines: "queue.Queue[str]", pattern: str) -> None:
    """Read what a process says until a line matches."""
    said: list[str] = []

    def is_said() -> bool:
        with contextlib.suppress(queue.Empty):
            while True:
                said.append(lines.get_nowait())
        return any(re.search(pattern, line) for line in said)

    try:
        wait_for(lambda: is_said() or process.poll() is not None, pattern)
        assert is_said(), "".join(said)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{''.join(said)}") from None


def run_until_it_works(scene: Scene, script: str, folder: Path, kind: str) -> None:
    """Run a script whose last command does not end by itself, see it work, and end it as Ctrl-C does."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=scene.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout or []:
            lines.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        if kind == "serve":
            wait_for_line(process, lines, "^ready")
        else:
            wait_for_line(process, lines, "^watching")
            scene.somebody()
            wait_for_line(process, lines, "login|Logon")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        status = process.wait(DEADLINE_SECONDS)
        reader.join(DEADLINE_SECONDS)
    # A pipeline ends as a shell does that Ctrl-C ended.
    assert status in ((0,) if kind == "serve" else (0, 130, -signal.SIGINT))


@pytest.mark.parametrize("block", RUN, ids=str)
def test_it_runs(scene: Scene, block: Block):
    run_block(scene, block)


def run_block(scene: Scene, block: Block) -> None:
    """Run a block of commands, to its end or until it shows that it works."""
    assert not UNSAFE.search(block.text), f"{block.place} is not for a test to run: list it in not_run.py"
    scene.somebody()
    if "journal forget" in block.text:
        scene.nobody()
    script = scene.in_place(block.text, block.page)
    folder = scene.folder_of(block.page)
    endless = ENDLESS.match(commands(block.text)[-1])
    if endless:
        run_until_it_works(scene, script, folder, endless[1])
        return
    result = scene.run(script, folder)
    assert result.returncode == 0, f"{block.place}\n{script}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize(
    "text",
    [
        "sudo systemctl restart sessiond\n",
        "sudo make install\n",
        "sessiond identity no-such-session | cat\nsessiond status\n",
        "sessiond status\nsessiond verify /nowhere/at/all\n",
        "sessiond serve --socket /nowhere/at/all\n",
        "no-such-command-as-this\n",
    ],
)
def test_a_block_that_is_not_listed_and_does_not_run_fails(scene, text):
    with pytest.raises(AssertionError):
        run_block(scene, Block(ROOT / "README.md", "sh", text, 1))


def test_a_command_that_fails_is_found_out(scene):
    assert scene.run("sessiond identity nobodys | cat", scene.home).returncode == 1
    assert scene.run("sessiond status --socket /nowhere/at/all", scene.home).returncode == 2


@pytest.mark.parametrize("block", blocks("sql"), ids=str)
def test_the_journal_answers_it(scene, block):
    database = scene.home / "state/journal.sqlite"
    subprocess.run(["sqlite3", "-readonly", str(database), block.text], check=True, capture_output=True, timeout=60)


def code_of(page: str, containing: str) -> str:
    [code] = [
        block.text for block in blocks_of(CATALOGUE / page) if block.language == "python" and containing in block.text
    ]
    return code


@pytest.fixture
def asked(scene, monkeypatch):
    """Have this process ask the scene's daemon."""
    monkeypatch.setenv("SESSIOND_SOCKET", str(scene.daemon.path))


def run_python(code: str, **names: object) -> dict:
    values = dict(names)
    exec(compile(code, "the page", "exec"), values)
    return values


def test_flask_lets_in_who_is_logged_in(scene, asked):
    person = scene.somebody()
    app = run_python(code_of("Protect.md", "flask"), __name__="page")["app"]
    stranger = app.test_client().get("/members/")
    assert (stranger.status_code, stranger.headers["Location"]) == (302, "/accounts/login/?next=/members/")
    client = app.test_client()
    client.set_cookie("sessionid", person.session_key)
    assert client.get("/members/").text == f"Hello, user {person.user_id}"


def test_flask_says_try_again_when_the_daemon_is_away(monkeypatch):
    monkeypatch.setenv("SESSIOND_SOCKET", "/nowhere/at/all")
    client = run_python(code_of("Protect.md", "flask"), __name__="page")["app"].test_client()
    client.set_cookie("sessionid", "somebodys")
    answer = client.get("/members/")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_fastapi_lets_in_who_is_logged_in(scene, asked):
    person = scene.somebody()
    values = run_python(code_of("Protect.md", "fastapi"), __name__="page")

    async def ask(*cookies: str):
        return await get(values["app"], "/members/", *cookies)

    assert asyncio.run(ask()).status == 401
    answer = asyncio.run(ask(f"sessionid={person.session_key}"))
    assert (answer.status, answer.text) == (200, f'"Hello, user {person.user_id}"')


def test_what_a_client_does_when_it_cannot_be_told(scene, asked, monkeypatch):
    code = code_of("WhenAway.md", "Forbidden")
    person = scene.somebody()
    assert run_python(code, session_key=person.session_key)["status"] == 200
    assert run_python(code, session_key="nobodys")["status"] == 302
    monkeypatch.setenv("SESSIOND_SOCKET", "/nowhere/at/all")
    away = run_python(code, session_key=person.session_key)
    assert (away["status"], away["retry_after"]) == (503, 1)
    assert issubclass(sessiond.Forbidden, sessiond.SessiondError)


def test_what_make_run_shows(scene):
    """Examples/run.sh is what `make run` calls; it prints what the page shows, but for names and times."""
    [shown] = [block.text for block in blocks_of(CATALOGUE / "GetStarted.md") if "  login  " in block.text]
    assert [block.text for block in blocks_of(ROOT / "README.md") if "  login  " in block.text] == [shown]
    pattern = re.sub(r"[0-9a-f]{32}", "[0-9a-f]{32}", re.sub(r"20\d\d-\S+Z", r"\\S+Z", shown.strip()))
    process = subprocess.Popen(
        ["bash", str(ROOT / "Examples/run.sh")],
        env={
            **scene.environment,
            "PORT": "0",
            "SESSIOND": os.environ["SESSIOND_BINARY"],
            "PYTHON": str(scene.programs / "python"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    try:
        while not said.rstrip().endswith("leaves nothing behind."):
            line = process.stdout.readline()
            assert line, said
            said += line
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=DEADLINE_SECONDS)
    told = [line for line in said.splitlines() if re.match(r"\S+Z  ", line)]
    assert re.fullmatch(pattern, "\n".join(told)), said


def test_the_tutorial_by_hand(scene):
    """All but the installation, with this Python in the place of the one that would be made."""
    [block] = [block for block in blocks_of(ROOT / "Examples/tutorial/README.md") if block.language == "sh"]
    first, _, script = block.text.partition("\n")
    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install")
    folder = scene.folder / "t"
    shutil.copytree(ROOT / "Examples/tutorial", folder)
    (folder / ".venv").symlink_to(sys.prefix)
    replaced = {"redis://127.0.0.1:6379/0": scene.redis.url, "--port 8080": "--port 0"}
    for old, new in replaced.items():
        assert old in script
        script = script.replace(old, new)
    environ = {name: value for name, value in scene.environment.items() if not name.startswith(("SESSIOND", "EXAMPLE"))}
    process = subprocess.Popen(
        ["bash", "-euc", script],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("serving http://"), line
        address = line.removeprefix("serving ").strip()
        tour = ["python3", "tour.py", address, "--name", "ada"]
        said = subprocess.run(tour, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False)
        [shown] = [block.text for block in blocks_of(ROOT / "Examples/tutorial/README.md") if block.language == "text"]
        assert (said.returncode, re.sub("user \\d+", "user 1", said.stdout)) == (0, shown), said.stderr
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=DEADLINE_SECONDS)
