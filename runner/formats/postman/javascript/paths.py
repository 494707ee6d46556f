"""Where scripts find a key of the response document, and how a path goes on below it.

The tables know the names that Postman gives to scripts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.formats.postman.javascript.literals import literal

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_ELEMENT = re.compile(r"item\d*")
#: Keys of the response document.
RESPONSE: Mapping[str, str] = {
    "status": "pm.response.code",
    "reason": "pm.response.status",
    "body": "pm.response.json()",
    "text": "pm.response.text()",
    "size": "pm.response.responseSize",
    "elapsed_ms": "pm.response.responseTime",
}
#: Where a name below a key is looked up by a call, and the key of one that is a member.
_BELOW: Mapping[str, str] = {
    "vars": "pm.variables.get({})",
    "headers": "pm.response.headers.get({})",
    "cookies": "pm.cookies.get({})",
}
_REQUEST: Mapping[str, str] = {
    "method": "pm.request.method",
    "body": "pm.request.body.raw",
    "url": "pm.request.url.toString()",
}


def looked_up(key: str, name: str) -> str | None:
    if key == "request":
        return _REQUEST.get(name)
    if (key, name) == ("vars", "iteration"):
        return "pm.info.iteration"
    return _BELOW[key].format(literal(name)) if key in _BELOW else None


def member(text: str, name: str) -> str:
    if _NAME.fullmatch(name):
        return f"{text}{'.' if _is_there(text) else '?.'}{name}"
    return f"{text}{before_bracket(text)}[{literal(name)}]"


def before_bracket(text: str) -> str:
    return "" if _is_there(text) else "?."


def _is_there(text: str) -> bool:
    """Whether a value is there for sure: a step further into what is missing is an error in JavaScript."""
    return text == RESPONSE["body"] or _ELEMENT.fullmatch(text) is not None
