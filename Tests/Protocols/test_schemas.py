"""The published documents agree with JSON Schema, with each other and with their own examples."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from protocols import ROOT, LineError, check, check_message, methods, params_validator, parse, registry, validator
from run_vectors import load

HERE = Path(__file__).resolve().parent
SCHEMAS = sorted((ROOT / "schemas").glob("*.json"))
OPENRPC = parse((ROOT / "openrpc.json").read_text())
VECTORS = load(ROOT / "vectors" / "socket")
KEY = "2b1189a188b44ad18c35e113ac6ceead"
FINGERPRINT = "7d1a54127b222502f5b79b5fb0803061"
ID = "000001988a3c5d20-0000000000000004"
BACKEND = "django.contrib.auth.backends.ModelBackend"
SOMEBODY = {
    "authenticated": True,
    "user_id": "42",
    "backend": BACKEND,
    "session": FINGERPRINT,
    "expires_at": "2026-12-07T09:30:00Z",
}
NOBODY = {"authenticated": False, "reason": "unknown"}


def named(path):
    return path.name


def references(value):
    if isinstance(value, dict):
        yield from (member for name, member in value.items() if name == "$ref" and isinstance(member, str))
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for element in value:
            yield from references(element)


def event(kind, data, **members):
    envelope = {
        "specversion": "1.0",
        "id": ID,
        "source": "urn:uuid:5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11",
        "type": f"dev.sessiond.{kind}",
        "time": "2026-12-07T09:30:00.123Z",
        "subject": FINGERPRINT,
        "datacontenttype": "application/json",
        "data": data,
    }
    merged = {**envelope, **members}
    return {name: member for name, member in merged.items() if member is not None}


LOGIN = {"user_id": "42", "backend": BACKEND, "expires_at": None, "cause": "created"}
LOGOUT = {"user_id": "42", "backend": BACKEND, "login_id": ID, "reason": "deleted"}

BAD = {
    "an identity that gives the session key away": (
        "session.identity.result.json",
        {**SOMEBODY, "session_key": KEY},
    ),
    "an identity whose user id is a number": ("session.identity.result.json", {**SOMEBODY, "user_id": 42}),
    "an identity without an expiry": (
        "session.identity.result.json",
        {name: member for name, member in SOMEBODY.items() if name != "expires_at"},
    ),
    "nobody, with a user": ("session.identity.result.json", {**NOBODY, "user_id": "42"}),
    "nobody, for a reason that does not exist": ("session.identity.result.json", {**NOBODY, "reason": "expired"}),
    "a fingerprint in upper case": ("session.identity.result.json", {**SOMEBODY, "session": FINGERPRINT.upper()}),
    "a fingerprint that ends in a line break": (
        "session.identity.result.json",
        {**SOMEBODY, "session": FINGERPRINT + "\n"},
    ),
    "a session that was found and is unknown": ("session.get.result.json", {**NOBODY, "found": True}),
    "data of a session that cannot be decoded": (
        "session.get.result.json",
        {"authenticated": False, "reason": "invalid", "found": True, "data": {}, "omitted": 0},
    ),
    "a page without a position": ("session.list.result.json", {"sessions": []}),
    "a session of a page with its data": (
        "session.list.result.json",
        {
            "sessions": [
                {
                    "session": FINGERPRINT,
                    "user_id": "42",
                    "backend": BACKEND,
                    "expires_at": None,
                    "first_seen_at": "2026-12-07T09:30:00Z",
                    "data": {},
                }
            ],
            "position": ID,
        },
    ),
    "a position in upper case": ("events.subscribe.result.json", {"subscription": 1, "position": ID.upper()}),
    "a subscription zero": ("events.subscribe.result.json", {"subscription": 0, "position": ID}),
    "a login without a subject": ("event.json", event("login", LOGIN, subject=None)),
    "a login with the session key": ("event.json", event("login", {**LOGIN, "session_key": KEY})),
    "a rotation without the session before": ("event.json", event("login", {**LOGIN, "cause": "rotated"})),
    "a creation with a session before": ("event.json", event("login", {**LOGIN, "previous_session": FINGERPRINT})),
    "a logout without its login": (
        "event.json",
        event("logout", {"user_id": "42", "backend": BACKEND, "reason": "deleted"}),
    ),
    "a logout that is reserved": ("event.json", event("logout", {**LOGOUT, "reason": "revoked"})),
    "an event of a user with a subject": ("event.json", event("user.online", {"user_id": "42"})),
    "an event of an unknown type": ("event.json", event("coffee", {})),
    "an event with an extension": ("event.json", event("login", LOGIN, traceparent="00-1-1-00")),
    "an event whose time has no milliseconds": ("event.json", event("login", LOGIN, time="2026-12-07T09:30:00Z")),
    "an event whose time is not in UTC": ("event.json", event("login", LOGIN, time="2026-12-07T09:30:00.123+00:00")),
    "an event in the thirteenth month": ("event.json", event("login", LOGIN, time="2026-13-07T09:30:00.123Z")),
    "a change that tells values": ("event.json", event("changed", {"user_id": "42", "keys": [{"basket": 5}]})),
    "a link that is lost and has a gap": (
        "event.json",
        event("link", {"state": "lost", "gap_seconds": 1}, subject=None),
    ),
    "an answer with a result and an error": (
        "answer.json",
        {"jsonrpc": "2.0", "id": 1, "result": {}, "error": {"code": -32700, "message": "Parse error"}},
    ),
    "an answer without an id": ("answer.json", {"jsonrpc": "2.0", "result": {}}),
    "an answer to an id that is an object": ("answer.json", {"jsonrpc": "2.0", "id": {}, "result": {}}),
    "an empty answer to a batch": ("batch-answer.json", []),
    "an error of an unknown code": ("error.json", {"code": -32099, "message": "?"}),
    "a code with another code's message": ("error.json", {"code": -32700, "message": "Internal error"}),
    "a forbidden without the right": ("error.json", {"code": -32002, "message": "forbidden: needs the right 'list'"}),
    "invalid params of which nobody says": ("error.json", {"code": -32602, "message": "Invalid params"}),
    "a missing param without its name": (
        "error.json",
        {"code": -32602, "message": "Invalid params", "data": {"problem": "missing"}},
    ),
    "a param as long as a session key": (
        "error.json",
        {"code": -32602, "message": "Invalid params", "data": {"param": KEY, "problem": "unknown"}},
    ),
    "a notification with an id": (
        "notification.json",
        {"jsonrpc": "2.0", "id": 1, "method": "events.heartbeat", "params": {"subscription": 1, "position": ID}},
    ),
    "a heartbeat without a position": (
        "notification.json",
        {"jsonrpc": "2.0", "method": "events.heartbeat", "params": {"subscription": 1}},
    ),
    "a request of version 1": ("request.json", {"jsonrpc": "1.0", "id": 1, "method": "server.info"}),
    "a request with positional params": (
        "request.json",
        {"jsonrpc": "2.0", "id": 1, "method": "server.info", "params": []},
    ),
    "data with a number that JSON's readers round": ("session-data.json", {"n": 2**53}),
    "data with an unknown tag": ("session-data.json", {"n": {"$py": "module", "v": "os"}}),
    "a tag with something added": ("session-data.json", {"n": {"$py": "int", "v": str(2**60), "w": 1}}),
    "a tagged integer that needs no tag": ("session-data.json", {"n": {"$py": "int", "v": "5"}}),
    "a tagged float that needs no tag": ("session-data.json", {"n": {"$py": "float", "v": "0.5"}}),
    "a member that looks like a tag": ("session-data.json", {"n": {"$pyx": 1}}),
    "a bad tag deep inside": (
        "session-data.json",
        {"n": [{"m": {"$py": "tuple", "v": [{"$py": "bytes", "b64": "?"}]}}]},
    ),
    "data that is no object": ("session-data.json", [1]),
    "a decoded line with the reason of a refusal": ("decode.line.json", {"ok": True, "reason": "invalid", "why": "x"}),
    "a finding of an unknown name": (
        "check.report.json",
        {
            "ok": True,
            "examined": True,
            "redis": "redis://localhost:6379/0",
            "key_pattern": "{session_key}",
            "findings": [
                {"id": "coffee", "level": "ok", "subject": "coffee", "what": "it is hot", "why": None, "mend": []}
            ],
        },
    ),
    "a report without findings": (
        "check.report.json",
        {"ok": True, "examined": True, "redis": None, "key_pattern": None, "findings": []},
    ),
    "a refusal without words": ("decode.line.json", {"ok": False, "reason": "invalid"}),
}


@pytest.mark.parametrize("name", BAD)
def test_refuses(name):
    schema, instance = BAD[name]
    with pytest.raises(LineError):
        check(instance, schema)


@pytest.mark.parametrize(
    ("message", "candidates"),
    [
        ({"jsonrpc": "2.0", "id": 1, "result": NOBODY}, []),
        ({"jsonrpc": "2.0", "id": 1, "result": NOBODY}, ["server.info"]),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, ["session.revoke"]),
        ([{"jsonrpc": "2.0", "id": 1, "result": {}}], ["session.identity"]),
        ({"jsonrpc": "2.0", "method": "event", "params": {}}, ["session.identity"]),
        ("text", ["session.identity"]),
    ],
)
def test_refuses_a_line_that_answers_nothing_that_was_asked(message, candidates):
    with pytest.raises(LineError):
        check_message(message, candidates)


def test_takes_an_answer_for_any_request_with_its_id():
    check_message({"jsonrpc": "2.0", "id": 1, "result": NOBODY}, ["server.info", "session.identity"])


@pytest.mark.parametrize("path", SCHEMAS, ids=named)
def test_schema_is_one_and_is_named_like_its_file(path):
    schema = parse(path.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == path.name
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("path", SCHEMAS, ids=named)
def test_every_reference_of_a_schema_resolves(path):
    resolver = registry().resolver(f"schemas/{path.name}")
    for reference in references(parse(path.read_text())):
        resolver.lookup(reference)


@pytest.mark.parametrize("path", [path for path in SCHEMAS if "examples" in parse(path.read_text())], ids=named)
def test_examples_of_a_schema_satisfy_it(path):
    for example in parse(path.read_text())["examples"]:
        check(example, path.name)


def test_every_message_has_an_example():
    silent = {path.name for path in SCHEMAS if "examples" not in parse(path.read_text())}
    assert silent == {
        "batch-answer.json",
        "common.json",
        "event-envelope.json",
        "event.json",
        "notification.json",
        "session.list.result.json",
        "user.sessions.result.json",
    }


def test_openrpc_has_the_shape_of_openrpc():
    Draft202012Validator(parse((HERE / "openrpc-shape.schema.json").read_text())).validate(OPENRPC)
    names = [method["name"] for method in OPENRPC["methods"]]
    assert len(names) == len(set(names))


def test_every_reference_of_openrpc_resolves():
    resolver = registry().resolver("openrpc.json")
    for reference in references(OPENRPC):
        resolver.lookup(reference)


@pytest.mark.parametrize("method", methods())
def test_examples_of_a_method_satisfy_its_schemas(method):
    for example in methods()[method]["examples"]:
        params_validator(method).validate({param["name"]: param["value"] for param in example["params"]})
        check(example["result"]["value"], f"{method}.result.json")
        assert methods()[method]["result"]["schema"] == {"$ref": f"schemas/{method}.result.json"}


@pytest.mark.parametrize("method", methods())
def test_params_of_a_method_refuse_what_is_unknown(method):
    example = methods()[method]["examples"][0]
    params = {param["name"]: param["value"] for param in example["params"]}
    assert not params_validator(method).is_valid({**params, "surprise": 1})


def test_error_codes_of_the_prose_the_schema_and_openrpc_are_the_same():
    components = {(error["code"], error["message"]) for error in OPENRPC["components"]["errors"].values()}
    rows = re.findall(r"^\| (-\d+) \| ([^|]+) \|", (ROOT / "socket.md").read_text(), re.MULTILINE)
    assert {(int(code), message) for code, message in rows} == components
    schema = parse((ROOT / "schemas" / "error.json").read_text())
    assert {branch["properties"]["code"]["const"] for branch in schema["oneOf"]} == {code for code, _ in components}


def test_methods_and_rights_of_the_prose_and_openrpc_are_the_same():
    rows = re.findall(
        r"^\| `([a-z]+\.[a-z]+)` \|[^|]*\| (?:`([a-z]+)`)?", (ROOT / "socket.md").read_text(), re.MULTILINE
    )
    assert dict(rows) == {name: method.get("x-right", "") for name, method in methods().items()}


def test_words_of_the_prose_and_the_schemas_are_the_same():
    prose = (ROOT / "events.md").read_text()
    common = parse((ROOT / "schemas" / "common.json").read_text())["$defs"]
    assert re.findall(r"^\| `(dev\.sessiond\.[a-z.]+)` \|", prose, re.MULTILINE) == common["event_type"]["enum"]
    causes, reasons = re.search(r"`cause` \|(.*?)\n\n.*?`reason` \|(.*?)\n\n", prose, re.DOTALL).groups()
    for kind, member, table in (("login", "cause", causes), ("logout", "reason", reasons)):
        schema = parse((ROOT / "schemas" / f"event.{kind}.json").read_text())
        words = schema["properties"]["data"]["properties"][member]["enum"]
        rows = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
        assert set(re.findall(r"`([a-z]+)`", " ".join(rows))) == set(words)
    prose = (ROOT / "socket.md").read_text()
    for head, words in ((r"`reason`", common["nobody"]["enum"]), ("right", common["right"]["enum"])):
        table = re.search(rf"^\| {head} \|[^\n]*\n\| ---(.*?)\n\n", prose, re.MULTILINE | re.DOTALL).group(1)
        assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == words


@pytest.mark.parametrize("name", ["socket.md", "events.md"])
def test_conversations_in_the_prose_are_what_the_schemas_say(name):
    asked = None
    lines = re.findall(r"^(-->|<--) (.*)$", (ROOT / name).read_text(), re.MULTILINE)
    assert lines
    for direction, text in lines:
        message = parse(text)
        if direction == "-->":
            check(message, "request.json")
            asked = message["method"]
        else:
            check_message(message, [asked] if asked else [])


def test_objects_in_the_prose_of_values_are_tags():
    tags = [parse(text) for text in re.findall(r'`(\{"\$py".*?\})`', (ROOT / "values.md").read_text())]
    assert len(tags) > 10
    for tag in tags:
        check({"value": tag}, "session-data.json")


def test_every_tag_of_the_schema_is_in_the_prose():
    tags = parse((ROOT / "schemas" / "session-data.json").read_text())["$defs"]["tagged"]["oneOf"]
    prose = (ROOT / "values.md").read_text()
    for tag in tags:
        names = tag["properties"]["$py"]
        for name in names.get("enum", [names.get("const")]):
            assert f"`{name}`" in prose or f'"$py":"{name}"' in prose, name


@pytest.mark.parametrize("path", sorted((ROOT / "vectors" / "socket").glob("*.json")), ids=named)
def test_vectors_have_their_form(path):
    schema = parse((ROOT / "vectors" / "vector.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(parse(path.read_text()))


def test_no_two_vectors_have_the_same_name():
    names = [(file, vector["description"]) for file, vector in VECTORS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("method", methods())
def test_every_method_is_asked_well_and_badly_by_a_vector(method):
    seen = set()
    for _, vector in VECTORS:
        for step in vector["steps"]:
            if method in json.dumps([step.get("send_json"), step.get("send")]):
                answers = [place["json"] for place in step.get("expect", []) if isinstance(place.get("json"), dict)]
                seen |= {name for answer in answers for name in ("result", "error") if name in answer}
    assert seen == {"result", "error"}


@pytest.mark.parametrize("right", ["read", "list", "observe"])
def test_every_right_is_refused_by_a_vector(right):
    others = json.dumps([vector for _, vector in VECTORS if vector.get("as") == "other"])
    assert f"needs the right '{right}'" in others


def test_fixture_has_its_form():
    schema = parse((ROOT / "vectors" / "fixture.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    fixture = parse((ROOT / "vectors" / "fixture.json").read_text())
    Draft202012Validator(schema).validate(fixture)
    keys = [entry.get("key", entry.get("key_b64")) for entry in fixture["entries"]]
    assert len(keys) == len(set(keys))


def test_fixture_is_what_django_signs():
    pytest.importorskip("django", minversion="5.2")
    script = ROOT / "vectors" / "make_fixture.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_validator_of_a_schema_that_is_not_there_is_an_error():
    with pytest.raises(LookupError):
        validator("nothing.json")
