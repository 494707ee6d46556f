"""What the value of a key looks like in JSON Schema, by the method of the decoder that reads it.

A shape says which types and spellings are taken, never less than the decoder takes; texts with `{{ }}` pass wherever
they may stand. Its `title` is the kind of value in words. What needs the whole file, such as names and expressions, is
judged by `runner check` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.language.document import repeats
from runner.language.document.collection import Decoder
from runner.language.document.settings import (
    METHOD,
    SETTINGS,
    UNIX,
    SettingRule,
    read_factor,
    read_methods,
    read_proxy,
    read_statuses,
    read_timeout,
    read_verify,
)
from runner.language.document.words import YAML_11_BOOLEANS
from runner.language.model import RESERVED_NAMES
from runner.language.values import DURATION, SIZE, duration, size

Schema = dict[str, Any]


class MissingRow(LookupError):
    """Keys of the decoder's tables that the schema cannot tell; the message says which row each of them wants where."""


def ref(name: str, title: str = "") -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}", **({"title": title} if title else {})}


# --- texts ---

_TEMPLATE = r"[\s\S]*\{\{[\s\S]*"


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


#: Not a word that YAML 1.1 took for a boolean: the decoder refuses them where true or false is wanted.
_NO_SWITCH = f"(?!(?:{'|'.join(map(_any_case, YAML_11_BOOLEANS))})$)"
_PLAIN = rf"(?!{_TEMPLATE}$)(?=[\s\S]*\S)[\s\S]*"


def text(title: str, pattern: str = "", wanted: str = "", **more: Any) -> Schema:
    """A text; `pattern` is that of all of it, `wanted` says in words what it asks for."""
    bound = {"pattern": f"^(?:{pattern})$", "patternErrorMessage": f"Wanted: {wanted or title}."} if pattern else {}
    return {"title": title, "type": "string", **bound, **more}


PLAIN_TEXT = text("plain text", _PLAIN, "plain text, neither empty nor with {{ }}")
TEXT = text("text")
EXPRESSION = text("expression (JMESPath)", minLength=1)
TEMPLATE = text("template", _TEMPLATE, "a text with {{ }}")
SCALARS = ["string", "number", "boolean", "null"]
#: Any data at all; editors complete a key with its colon only where they see a type.
ANYTHING: Schema = {"title": "any data", "type": [*SCALARS, "array", "object"]}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

# --- names ---

#: A variable's name, as in `Reader.check_name`.
VARIABLE_NAME = text(
    "name",
    rf"(?!(?:{'|'.join(sorted(RESERVED_NAMES))})$)[A-Za-z_][A-Za-z0-9_]*",
    "letters, digits and _, and no reserved name",
)
_COMMON_HEADERS = [
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Type", "Idempotency-Key",
    "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Origin", "Prefer", "Range", "Referer",
    "User-Agent", "X-Correlation-ID", "X-Request-ID",
]  # fmt: skip
HEADER_NAME: Schema = {
    "anyOf": [{"enum": _COMMON_HEADERS}, text("name", f"{METHOD.pattern}|{_TEMPLATE}", "the name of a header")]
}

# --- settings: found by asking the function that reads them ---

#: JSON type → values of it, one of which each setting takes if it takes the type at all.
_SAMPLES: Mapping[str, tuple[Any, ...]] = {
    "boolean": (True, False),
    "integer": (0, 1, 200),
    "number": (1.5,),
    "string": ("10s", "10MB", "GET", "ca.pem", "http://127.0.0.1:1"),
}
_DURATION: Schema = {"pattern": DURATION.pattern.removeprefix("(-?)")}
#: Reading function → what cannot be found by asking: the spelling of its texts, and bounds of its numbers.
_BOUNDS: Mapping[Callable[[Any], Any], Schema] = {
    duration: _DURATION,
    read_timeout: _DURATION,
    size: {"pattern": SIZE.pattern},
    read_factor: {"minimum": 1, "exclusiveMaximum": 1000},
    read_statuses: {"minimum": 100, "maximum": 599},
    read_methods: {"pattern": METHOD.pattern},
    read_proxy: {"pattern": rf"(?:https?|socks5h?)://[^/\s]+[\s\S]*|{UNIX}[\s\S]+|"},
    read_verify: {"pattern": rf"{_NO_SWITCH}[\s\S]+"},
}


def setting(rule: SettingRule) -> Schema:
    """The shape of a scalar setting."""
    kinds = {kind for kind, values in _SAMPLES.items() if any(rule.read(value) is not None for value in values)}
    if "number" in kinds:
        kinds.remove("integer")
    bounds = {"pattern": r"[\s\S]*" if "string" in kinds else _TEMPLATE, **_BOUNDS.get(rule.read, {})}
    pattern = rf"\s*(?:{bounds.pop('pattern')})\s*|{_TEMPLATE}"
    shape = text(rule.wanted, pattern, type=["string", *sorted(kinds - {"string"})])
    if kinds & {"integer", "number"}:
        shape |= _least(rule) | bounds
    refused = [value for value in _SAMPLES["boolean"] if "boolean" in kinds and rule.read(value) is None]
    return shape | ({"not": {"enum": refused}} if refused else {})


def _least(rule: SettingRule) -> Schema:
    if rule.read(0) is not None:
        return {"minimum": 0}
    return {"minimum": 1} if rule.read(1.5) is None else {"exclusiveMinimum": 0}


# --- by method ---

_SKIP = text("true, or a reason", rf"{_NO_SWITCH}{_PLAIN}", type=["boolean", "string"])
#: One of the usual methods, or else any token: both at once would show twice.
_METHOD: Schema = {
    "title": "method",
    "type": "string",
    "anyOf": [
        {"enum": METHODS},
        text("method", rf"(?!(?:{'|'.join(METHODS)})$)(?:{METHOD.pattern}|{_TEMPLATE})", "a method such as GET"),
    ],
}
_TAGS: Schema = PLAIN_TEXT | {"title": "list of plain texts", "type": ["array", "string"], "items": PLAIN_TEXT}
_REQUESTS: Schema = {
    "title": "list of requests and groups",
    "type": "array",
    "items": ref("request_or_group"),
}
_ENVIRONMENTS: Schema = {
    "title": "names with variables",
    "type": "object",
    "additionalProperties": ref("variables") | {"description": "The variables of this environment."},
}
_CAPTURES: Schema = {
    "title": "names with expressions",
    "type": "object",
    "propertyNames": VARIABLE_NAME,
    "additionalProperties": {
        "description": "Expression over the response that gives the value.",
        "anyOf": [EXPRESSION, ref("capture")],
    },
}

_FILLED = text("text", r"[\s\S]*\S[\s\S]*", "a text that says something")
_PART: Schema = {"anyOf": [{"title": "value", "type": SCALARS}, ref("part")]}
_MULTIPART: Schema = {
    "title": "names with values or files",
    "type": "object",
    "additionalProperties": {
        "description": "A value, {file: path}, or a list of them.",
        "anyOf": [*_PART["anyOf"], {"type": "array", "items": _PART}],
    },
}

#: Method of the decoder → the shape of what it reads; without a row it reads one of `SETTINGS`.
_VALUES: Mapping[Callable[..., Any], Schema] = {
    Decoder.plain_text: PLAIN_TEXT,
    Decoder.text: text("plain text"),
    Decoder.template: TEXT,
    Decoder.file: TEXT,
    Decoder.value: ANYTHING,
    Decoder.boolean: {"title": "true or false", "type": "boolean"},
    Decoder.url: text("URL"),
    Decoder.method: _METHOD,
    Decoder.skip: _SKIP,
    Decoder.tags: _TAGS,
    Decoder.expression: EXPRESSION,
    Decoder.response_expression: EXPRESSION,
    Decoder.entries: ref("entries", "names with values"),
    Decoder.headers: ref("headers", "names with values"),
    Decoder.variables: ref("variables", "names with values"),
    Decoder.secrets: ref("variables", "names with values"),
    Decoder.environments: _ENVIRONMENTS,
    Decoder.auth: ref("auth", "none, or a mapping with a type"),
    Decoder.captures: _CAPTURES,
    Decoder.assertions: ref("assertions", "list of assertions"),
    Decoder.client_cert: ref("client_cert", "{cert, key, password}"),
    Decoder.defaults: {"title": "settings", "anyOf": [ref("defaults"), {"type": "null"}]},
    Decoder.requests: _REQUESTS,
    Decoder.path: PLAIN_TEXT | {"title": "path of a file"},
    Decoder.for_each: {"title": "list, expression or data file", "type": ["array", "string"]},
    Decoder.proxy: setting(SETTINGS["proxy"]),
    Decoder.named_text: TEXT | {"minLength": 1},
    Decoder.content_type: TEXT | {"title": "media type", "minLength": 1},
    Decoder.multipart: _MULTIPART,
    Decoder.graphql: ref("graphql", "{query, variables, operation}"),
    Decoder.graphql_query: {"title": "text, or {file: path}", "anyOf": [_FILLED, ref("graphql_file")]},
    Decoder.graphql_variables: {
        "title": "names with values",
        "anyOf": [{"type": ["object", "null"]}, text("template", r"\{\{[\s\S]*\}\}", "one placeholder")],
    },
    Decoder.schema: {"title": "file with a schema, or a JSON Schema", "type": ["string", "object"], "pattern": r"\S"},
    Decoder.snapshot: {"title": "true, or {ignore: …}", "anyOf": [{"type": "boolean"}, ref("snapshot")]},
    Decoder.ignored: {"title": "list of paths", "type": "array", "items": PLAIN_TEXT},
    repeats.retry: {"title": "{attempts, …}, or false", "anyOf": [ref("retry"), {"enum": [False, None]}]},
    repeats.poll: ref("poll", "{until, interval, timeout}"),
    repeats.paginate: ref("paginate", "{next, items, max_pages}"),
}


def value(key: str, read: Callable[..., Any]) -> Schema:
    """The shape of the value of a key that a method of the decoder reads.

    Raises:
        MissingRow: nobody has said yet what the method reads.
    """
    if read is repeats.settings:
        one = setting(SETTINGS[key])
        return {"title": one["title"], "anyOf": [one, {"type": "array", "items": one}]}
    if read not in _VALUES and key in SETTINGS:
        return setting(SETTINGS[key])
    if read not in _VALUES:
        name = f"{read.__module__}.{read.__qualname__}"
        raise MissingRow(f"what {name} reads for '{key}' has no row in _VALUES of runner/language/schema/values.py")
    return dict(_VALUES[read])
