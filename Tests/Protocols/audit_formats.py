"""What the schemas of audit tools require of a document.

OCSF's are its own, as schema.ocsf.io exports them and the package `ocsf-json-schema` brings them. Elastic publishes
none: `ecs-shape.schema.json` is written after its reference.
"""

import functools
from pathlib import Path

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from protocols import parse

OCSF_VERSION = "1.3.0"


def ecs_problems(document):
    """What the Elastic Common Schema does not allow in a document."""
    return _problems(_ecs(), document)


def ocsf_problems(document):
    """What the class that the document names does not allow."""
    problems = _problems(_ocsf(document["class_uid"]), document)
    if document["type_uid"] != document["class_uid"] * 100 + document["activity_id"]:
        problems.append("$.type_uid is not that of the class and the activity")
    return problems


@functools.cache
def _ecs():
    return Draft202012Validator(parse((Path(__file__).parent / "ecs-shape.schema.json").read_text()))


@functools.cache
def _ocsf(class_uid):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=OCSF_VERSION))
    return Draft202012Validator(schema.get_class_schema(schema.lookup_class_name_from_uid(class_uid), profiles=[]))


def _problems(validator, document):
    return [f"{error.json_path} {error.message}" for error in validator.iter_errors(document)]
