"""Values that tools make up (`{{$guid}}`, `{{$timestamp}}`): those for which there is an expression.

The names are those that Bruno and the .http dialects share. Words, names and addresses have none: they are given from
outside.
"""

from __future__ import annotations

from collections.abc import Mapping

_INTEGERS = "random_int(`{}`, `{}`)"

#: Name without `$` → expression, and the JSON type that it gives.
_EXPRESSIONS: Mapping[str, tuple[str, str]] = {
    "guid": ("uuid()", "string"),
    "uuid": ("uuid()", "string"),
    "randomUUID": ("uuid()", "string"),
    "random.uuid": ("uuid()", "string"),
    "timestamp": ("timestamp()", "number"),
    "isoTimestamp": ("now()", "string"),
    "randomInt": (_INTEGERS.format(0, 1000), "number"),
    "randomBoolean": ("random_int(`0`, `1`) == `1`", "boolean"),
    "randomAlphaNumeric": ("match(uuid(), '^.')[0]", "string"),
    "randomPassword": ("match(replace(uuid(), '-', ''), '^.{15}')[0]", "string"),
}


def find(name: str) -> tuple[str, str] | None:
    """The expression for a name without its `$`, and the type of its value; None where there is none."""
    return _EXPRESSIONS.get(name)
