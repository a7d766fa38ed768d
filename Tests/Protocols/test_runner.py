"""The runner of the vectors notices every way in which a daemon can be wrong; tried on a scripted server."""

import base64
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import prepare_redis
import pytest
import redis
import run_vectors
from matching import ABSENT, mismatch
from protocols import ROOT, parse

HERE = Path(__file__).resolve().parent
UNKNOWN = b'{"jsonrpc":"2.0","id":1,"result":{"authenticated":false,"reason":"unknown"}}\n'
ASK = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "session.identity",
    "params": {"session_key": "a-key-that-nobody-has"},
}
EXPECT = [{"json": {"jsonrpc": "2.0", "id": 1, "result": {"authenticated": False, "reason": "unknown"}}}]
HEARTBEAT = (
    b'{"jsonrpc":"2.0","method":"events.heartbeat",'
    b'"params":{"subscription":1,"position":"000001988a3c5d20-0000000000000003"}}\n'
)


@contextlib.contextmanager
def server(folder, *replies, stays=False):
    """Answers the n-th bytes that arrive with the n-th reply; closes after the half-close unless it `stays`."""
    path = folder / "scripted.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    listener.listen()
    over = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            for reply in replies:
                if connection.recv(1 << 20):
                    connection.sendall(reply)
            while connection.recv(1 << 20):
                pass
            if stays:
                over.wait()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        over.set()
        thread.join()
        listener.close()


def run(tmp_path, steps, *replies, stays=False, timeout="5"):
    """The exit code of the runner and what it printed."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    vector = {"description": "scripted", "steps": steps}
    (folder / "scripted.json").write_text(json.dumps({"vectors": [vector]}))
    printed = io.StringIO()
    with server(tmp_path, *replies, stays=stays) as path, contextlib.redirect_stdout(printed):
        code = run_vectors.main(["--socket", os.fspath(path), "--vectors", os.fspath(folder), "--timeout", timeout])
    return code, printed.getvalue()


WRONG = {
    "another answer": (UNKNOWN.replace(b"unknown", b"anonymous"), "expected 'unknown', got 'anonymous'"),
    "an answer to another id": (UNKNOWN.replace(b'"id":1', b'"id":2'), "never made"),
    "no answer": (b"", "nothing came"),
    "an answer without an end": (UNKNOWN.rstrip(), "nothing came"),
    "an answer that ends in CR LF": (UNKNOWN.rstrip() + b"\r\n", "CR LF"),
    "an answer too many": (UNKNOWN + UNKNOWN, "not expected"),
    "an answer that no schema allows": (UNKNOWN.replace(b'"unknown"', b'"unknown","extra":1'), "extra"),
    "a repeated member": (UNKNOWN.replace(b'"id":1', b'"id":1,"id":1'), "stands twice"),
    "a session key in the answer": (
        b'{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"unavailable","data":{"cause":"a-key-that-nobody-has"}}}\n',
        "gives a session key away",
    ),
    "bytes that are no UTF-8": (b"\xff\n", "UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_fails_on(name, tmp_path):
    reply, words = WRONG[name]
    code, printed = run(tmp_path, [{"send_json": ASK, "expect": EXPECT}], reply, timeout="0.5")
    assert code == 1
    assert words in printed


def test_fails_where_the_daemon_closes_too_early(tmp_path):
    code, printed = run(tmp_path, [{"send_json": ASK, "close_write": True, "expect": EXPECT}], b"")
    assert code == 1
    assert "closed the connection before" in printed


def test_fails_where_the_daemon_does_not_close(tmp_path):
    code, printed = run(tmp_path, [{"send_json": ASK, "expect": EXPECT}], UNKNOWN, stays=True, timeout="0.5")
    assert code == 1
    assert "did not close" in printed


def test_fails_where_the_order_matters_and_is_another(tmp_path):
    second = {**ASK, "id": 2}
    both = [*EXPECT, {"json": {**EXPECT[0]["json"], "id": 2}}]
    text = "".join(json.dumps(message) + "\n" for message in (ASK, second))
    replies = UNKNOWN.replace(b'"id":1', b'"id":2') + UNKNOWN
    assert run(tmp_path, [{"send": text, "expect": both, "ordered": True}], replies)[0] == 1


def test_fails_where_the_text_of_an_id_is_another(tmp_path):
    text = UNKNOWN.decode().rstrip().replace('"id":1', '"id":1.0')
    code, printed = run(tmp_path, [{"send_json": ASK, "expect": [{"text": text}]}], UNKNOWN)
    assert code == 1
    assert "the text differs" in printed


def test_fails_where_there_is_no_daemon(tmp_path, capsys):
    assert run_vectors.main(["--socket", os.fspath(tmp_path / "none"), "--only", "CR LF"]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_running_no_vector_is_no_success(tmp_path):
    assert run_vectors.main(["--socket", os.fspath(tmp_path / "none"), "--only", "no vector is called this"]) == 2


def test_passes_and_lets_heartbeats_be(tmp_path):
    code, printed = run(tmp_path, [{"send_json": ASK, "expect": EXPECT}], HEARTBEAT + UNKNOWN + HEARTBEAT)
    assert code == 0, printed
    assert "1 vectors passed, 0 failed" in printed


def test_what_was_saved_is_sent(tmp_path):
    def page(number, following):
        result = {"sessions": [], "next": following, "position": "000001988a3c5d20-0000000000000003"}
        return json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode() + b"\n"

    first = {"jsonrpc": "2.0", "id": 1, "method": "session.list"}
    second = {"jsonrpc": "2.0", "id": 2, "method": "session.list", "params": {"after": {"$use": "next"}}}
    steps = [
        {
            "send_json": first,
            "expect": [{"json": {"result": {"next": {"$save": "next"}, "$more": True}, "$more": True}}],
        },
        {"send_json": second, "expect": [{"json": {"id": 2, "$more": True}}]},
    ]
    code, printed = run(tmp_path, steps, page(1, "17"), page(2, "18"))
    assert code == 0, printed


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 1.0),
        (1, True),
        (0, False),
        ("a", "A"),
        (None, ABSENT),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {}),
        ({"$any": True}, ABSENT),
        ({"$absent": True}, None),
        ({"$match": "[a-z]+"}, "abc1"),
        ({"$match": "1"}, 1),
        ({"$type": "integer"}, True),
        ({"$type": "integer"}, 1.5),
        ({"$type": "string", "$save": "x"}, 1),
        ({"$unordered": [1, 1]}, [1, 2]),
        ({"$unordered": [1]}, [1, 1]),
        ({"$contains": [1, 1]}, [1, 2]),
        ({"$n": True}, 6),
        ({"$more": True, "a": 1}, {"b": 1}),
    ],
)
def test_does_not_match(expected, actual):
    assert mismatch(expected, actual, {}, number=5) is not None


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"$any": True}, None),
        ({"a": {"$absent": True}}, {}),
        ({"$match": "[a-z]+"}, "abc"),
        ({"$unordered": [1, {"$any": True}]}, [2, 1]),
        ({"$contains": [1, 1]}, [1, 2, 1]),
        ({"$n": True}, 5),
        ({"$more": True, "a": 1}, {"a": 1, "b": 1}),
        ({"$py": "tuple", "v": []}, {"$py": "tuple", "v": []}),
    ],
)
def test_matches(expected, actual):
    assert mismatch(expected, actual, {}, number=5) is None


def transcript(*records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    script = HERE / "validate_transcript.py"
    return subprocess.run([sys.executable, script], input=text, capture_output=True, text=True, check=False)


def test_transcript_with_a_line_of_another_method_fails():
    done = transcript({"method": "server.info", "line": json.loads(UNKNOWN)})
    assert done.returncode == 1
    assert "line 1, server.info" in done.stdout


@pytest.mark.parametrize("record", [{}, {"method": "server.info"}, "text", 1])
def test_transcript_that_is_none_is_told(record):
    assert transcript(record).returncode == 2


def test_empty_transcript_is_no_success():
    assert transcript().returncode == 2


def test_transcript_of_good_lines_passes():
    answer = json.loads(UNKNOWN)
    done = transcript(
        {"method": "session.identity", "line": answer},
        {"method": ["server.info", "session.identity"], "line": [answer]},
        {"method": None, "line": json.loads(HEARTBEAT)},
        {"method": None, "line": {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 lines validated, 0 failed" in done.stdout


@pytest.fixture
def redis_socket(tmp_path):
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("there is no redis-server")
    path = tmp_path / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir", tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not answers(path):
            assert process.poll() is None, "redis-server has ended"
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.02)
        yield path
    finally:
        process.terminate()
        process.wait()


def answers(path):
    try:
        return redis.Redis(unix_socket_path=os.fspath(path)).ping()
    except redis.ConnectionError:
        return False


def test_fixture_is_loaded_into_redis(redis_socket, tmp_path, monkeypatch):
    client = redis.Redis(unix_socket_path=os.fspath(redis_socket), db=3)
    client.set("left over", "from before")
    keys = tmp_path / "keys"
    arguments = ["--redis-socket", os.fspath(redis_socket), "--db", "3", "--secret-key-file", os.fspath(keys)]
    monkeypatch.setattr(sys, "argv", ["prepare_redis.py", *arguments])
    prepare_redis.main()

    fixture = parse((ROOT / "vectors" / "fixture.json").read_text())
    assert client.dbsize() == len(fixture["entries"])
    for entry in fixture["entries"]:
        key = base64.b64decode(entry["key_b64"]) if "key_b64" in entry else entry["key"].encode()
        assert client.type(key) == (b"list" if "list" in entry else b"string")
        if "value" in entry:
            assert client.get(key) == entry["value"].encode()
        ttl = entry["ttl_seconds"]
        assert client.ttl(key) == -1 if ttl is None else 0 < client.ttl(key) <= ttl
    assert keys.read_text().splitlines() == fixture["secret_keys"]
    assert keys.stat().st_mode & 0o777 == 0o600
