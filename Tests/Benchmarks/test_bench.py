"""The benchmark runs from end to end with tiny sizes, and what is wrong ends it. Nothing is said about its figures."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

import instructions
from comparison import flood, results
from comparison.dataset import Dataset
from comparison.pairs import Compared, pairs
from comparison.programs import Programs
from comparison.servers import Peer, Redis
from comparison.table import FIGURES, Row
from spread import Spread

pytest_plugins = ["daemon_fixtures"]

HERE = Path(__file__).parent
COUNT = 500


@pytest.fixture(scope="module")
def cache() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def programs(cache: Path) -> Programs:
    return Programs(cache / "programs")


@pytest.fixture(scope="module")
def dataset(cache: Path) -> Dataset:
    return Dataset.made(cache, COUNT)


def test_the_whole_table_is_measured(binary: str, cache: Path, dataset: Dataset, programs: Programs) -> None:
    sizes = ["--sessions", str(COUNT), "--pairs", "1", "--seconds", "0.1", "--changes", "20", "--rate", "200"]
    command = [sys.executable, str(HERE / "bench.py"), "--sessiond", binary, "--cache", str(cache), *sizes]
    done = subprocess.run([*command, "--flood", "1000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split("|")[1].strip() for line in done.stdout.splitlines() if "×" in line and line[0] == "|"] == [
        figure.title for figure in FIGURES.values()
    ]
    folder = Path(re.search(r"written to (.*)", done.stdout)[1])
    written = json.loads((folder / "results.json").read_text())
    assert list(written["rows"]) == list(FIGURES)
    assert written["machine"]["processor"]
    assert all(Row.read(key, row).written() == row for key, row in written["rows"].items())


def look_up(programs: Programs, dataset: Dataset, protocol: str, path: Path) -> subprocess.CompletedProcess[str]:
    words = (protocol, path, dataset.sessions, 0, dataset.count, 2, 4, 0, 200)
    return subprocess.run(programs.command("load", *words), capture_output=True, text=True)


@contextlib.contextmanager
def answering(path: Path, answer: Callable[[dict], str]) -> Iterator[None]:
    """Serve a socket by a function from a request to a line."""

    def serve(connection: socket.socket) -> None:
        held = b""
        # The load generator ends at once when it was told something wrong.
        with connection, contextlib.suppress(OSError):
            while read := connection.recv(65536):
                *lines, held = (held + read).split(b"\n")
                for line in lines:
                    connection.sendall(answer(json.loads(line)).encode() + b"\n")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=accept, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def users_of(dataset: Dataset) -> dict[str, str]:
    keys = [dataset.sessions.read_bytes()[at : at + 32].decode() for at in range(0, 128 * dataset.count, 128)]
    return {key: dataset.user(number) for number, key in enumerate(keys)}


def identity(request_id: int, user: str, end: str = "2026-12-07T09:30:00Z") -> str:
    backend = "django.contrib.auth.backends.ModelBackend"
    who = {"authenticated": True, "user_id": user, "backend": backend, "session": "0" * 32, "expires_at": end}
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": who}, separators=(",", ":"))


@pytest.mark.parametrize("wrong", ["nothing", "user", "longer user", "id", "nobody", "error"])
def test_the_load_generator_checks_every_answer(wrong: str, folder: Path, dataset: Dataset, programs: Programs) -> None:
    users, asked = users_of(dataset), []

    def answer(request: dict) -> str:
        user, request_id = users[request["params"]["session_key"]], request["id"]
        asked.append(user)
        if len(asked) < 50 or wrong == "nothing":
            return identity(request_id, user)
        head = f'{{"jsonrpc":"2.0","id":{request_id},'
        return {
            "user": identity(request_id, "8" * len(user)),
            "longer user": identity(request_id, user + "1"),
            "id": identity(request_id + 10_000, user),
            "nobody": head + '"result":{"authenticated":false,"reason":"unknown"}}',
            "error": head + '"error":{"code":-32004,"message":"overloaded"}}',
        }[wrong]

    with answering(folder / "fake.sock", answer):
        done = look_up(programs, dataset, "identity", folder / "fake.sock")
    if wrong == "nothing":
        assert (done.returncode, json.loads(done.stdout)["lookups"]) == (0, 200), done.stderr
    else:
        assert done.returncode == 1
        assert "a wrong answer" in done.stderr


def test_the_load_generator_checks_what_redis_answers(folder: Path, dataset: Dataset, programs: Programs) -> None:
    with Redis(folder, None, dataset.dump) as redis:
        assert look_up(programs, dataset, "redis", redis.path).returncode == 0
        size = int(redis.command("STRLEN", f"django_sessions:{next(iter(users_of(dataset)))}"))
        for key in users_of(dataset):
            redis.command("SET", f"django_sessions:{key}", "x" * size)
        done = look_up(programs, dataset, "redis", redis.path)
        assert (done.returncode, "a wrong answer" in done.stderr) == (1, True)


def test_a_fixed_answer_is_no_identity(folder: Path, dataset: Dataset, programs: Programs) -> None:
    with Peer(programs.path("fixed_server"), folder, None) as server:
        assert look_up(programs, dataset, "fixed", server.path).returncode == 0
        assert "a wrong answer" in look_up(programs, dataset, "identity", server.path).stderr


def test_a_lost_write_ends_the_flood(folder: Path, dataset: Dataset) -> None:
    ends = [int(time.time()) + 1000 + number for number in range(dataset.count)]
    (folder / "expiries").write_bytes(b"".join(end.to_bytes(4, "little") for end in ends))
    late = {"seconds": 0}

    def answer(request: dict) -> str:
        end = ends[request["id"]] - (late["seconds"] if request["id"] == COUNT - 1 else 0)
        return identity(request["id"], "1", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)))

    path = folder / "fake.sock"
    stage = SimpleNamespace(dataset=dataset, sessiond=SimpleNamespace(path=path), folder=lambda _: folder)
    with answering(path, answer):
        flood.check_all(stage)
        late["seconds"] = 60
        with pytest.raises(SystemExit, match="a write was lost"):
            flood.check_all(stage)


def test_pairs_take_turns() -> None:
    order: list[str] = []
    taken = pairs(3, lambda: order.append("ours") or 6.0, lambda: order.append("peer") or 2.0)
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert Compared.of(taken).ratio == (3, 3, 3)


def test_what_is_within_the_noise_is_neither_better_nor_worse() -> None:
    def row(key: str, ratio: Spread) -> Row:
        return Row(key, Compared(ratio, ratio, ratio))

    before = {
        "rows": {key: row(key, Spread(2, 1.8, 2.2)).written() for key in ("lookups.16x1", "cpu.16x16", "del.p50")}
    }
    now = [
        row("lookups.16x1", Spread(3, 2.8, 3.2)),
        row("cpu.16x16", Spread(3, 2.8, 3.2)),
        row("del.p50", Spread(2.3, 1.9, 2.6)),
    ]
    told = "\n".join(results.compared(now, "before.json", before))
    assert "better: lookups/s, 16 connections, 1 in flight" in told
    assert "WORSE: CPU time of a lookup" in told
    assert "DEL" not in told


def test_more_instructions_are_told() -> None:
    committed = {"instructions": {"16x1": 1000, "16x16": 1000}}
    [sentence] = instructions.grown({"16x1": 1029, "16x16": 1031}, committed)
    assert "16x16 takes 1031 instructions, 3.1% more than the committed 1000" in sentence
