"""The published schemas, and which of them a line of the socket must satisfy."""

import functools
import json
from pathlib import Path

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2] / "Protocols"
ANSWER_BYTES_MAX = 16 * 1024 * 1024


class LineError(Exception):
    """A line that the protocol does not allow; the text says why."""


def parse(text):
    """The value of a JSON text, read as strictly as RFC 8259 and without repeated members."""

    def members(pairs):
        value = dict(pairs)
        if len(value) != len(pairs):
            raise ValueError("a member stands twice")
        return value

    def no_constant(name):
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=members, parse_constant=no_constant)


@functools.cache
def registry():
    """Every schema file under the name that `openrpc.json` calls it by, and `openrpc.json` itself."""
    files = sorted((ROOT / "schemas").glob("*.json"))
    resources = [(f"schemas/{file.name}", DRAFT202012.create_resource(parse(file.read_text()))) for file in files]
    document = parse((ROOT / "openrpc.json").read_text())
    return Registry().with_resources([*resources, ("openrpc.json", DRAFT202012.create_resource(document))])


@functools.cache
def validator(name):
    """The validator of a schema file, such as `event.json`."""
    uri = f"schemas/{name}"
    registry().contents(uri)
    return Draft202012Validator({"$ref": uri}, registry=registry())


@functools.cache
def methods():
    """The methods of `openrpc.json` by name."""
    return {method["name"]: method for method in registry().contents("openrpc.json")["methods"]}


@functools.cache
def params_validator(method):
    """The validator of a method's params, put together from their descriptors."""
    descriptors = methods()[method]["params"]
    schema = {
        "$id": "openrpc.json",
        "type": "object",
        "properties": {descriptor["name"]: descriptor["schema"] for descriptor in descriptors},
        "required": [descriptor["name"] for descriptor in descriptors if descriptor.get("required")],
        "additionalProperties": False,
    }
    return Draft202012Validator(schema, registry=registry())


def check(instance, name):
    """Raises LineError where the instance does not satisfy the schema file."""
    problems = [*_leaves(validator(name).iter_errors(instance))]
    if problems:
        raise LineError(f"{name}: " + "; ".join(dict.fromkeys(problems)))


def check_message(message, candidates):
    """Raises LineError unless the message is a notification or an answer to one of the candidates.

    `candidates` are the methods that the answer may belong to, which is known from its id.
    """
    if isinstance(message, list):
        check(message, "batch-answer.json")
        for answer in message:
            check_message(answer, candidates)
    elif isinstance(message, dict) and "method" in message:
        check(message, "notification.json")
    else:
        check(message, "answer.json")
        if "result" in message:
            _check_result(message["result"], candidates)


def check_bytes(line):
    """The message of a line as it was received; raises LineError unless it is framed as the protocol says."""
    if not line.endswith(b"\n"):
        raise LineError("the line has no end")
    if line.endswith(b"\r\n"):
        raise LineError("the line ends in CR LF")
    if len(line) > ANSWER_BYTES_MAX:
        raise LineError(f"the line is longer than {ANSWER_BYTES_MAX} bytes")
    try:
        return parse(line.decode("utf-8"))
    except ValueError as problem:
        raise LineError(f"the line is not JSON in UTF-8: {problem}") from None


def _check_result(result, candidates):
    served = [method for method in dict.fromkeys(candidates) if method in methods()]
    if not served:
        raise LineError("a result to a request that was never made, or whose method is not served")
    problems = []
    for method in served:
        try:
            return check(result, f"{method}.result.json")
        except LineError as problem:
            problems.append(str(problem))
    raise LineError("; or ".join(problems))


def _leaves(errors):
    """The innermost reasons, since "is not valid under any of the given schemas" tells nobody what to mend."""
    for error in errors:
        if error.context:
            best = min(_branches(error.context), key=_distance)
            yield from _leaves(best)
        else:
            yield f"{error.json_path} {error.message}"


def _branches(context):
    branches = {}
    for error in context:
        branches.setdefault(error.relative_schema_path[0], []).append(error)
    return list(branches.values())


def _distance(branch):
    """How far an alternative is from what was meant; a wrong constant says that another was meant."""
    wrong_kind = sum(error.validator in ("const", "enum", "type", "pattern") for error in branch)
    return (wrong_kind, len(branch))
