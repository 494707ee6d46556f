"""Functions that JavaScript, or a library of Postman's sandbox, has too; dates by the library moment.

Tables of how a call is written. Arguments come written, or are written by the function that is handed in: this file
knows no translator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from runner.formats.postman.javascript.literals import UnsayableError, literal
from runner.formats.postman.javascript.trees import Node

#: Functions: how their call is written, the arguments as they hold together most tightly.
FUNCTIONS: Mapping[str, str] = {
    "length": "{}.length",
    "starts_with": "{}.startsWith({})",
    "ends_with": "{}.endsWith({})",
    "lower": "{}.toLowerCase()",
    "upper": "{}.toUpperCase()",
    "trim": "{}.trim()",
    "split": "{}.split({})",
    "replace": "{}.replaceAll({}, {})",
    "has": "{}.hasOwnProperty({})",
    "keys": "Object.keys({})",
    "values": "Object.values({})",
    "to_number": "Number({})",
    "to_string": "String({})",
    "parse_json": "JSON.parse({})",
    "reverse": "{}.reverse()",
    "sort": "{}.sort()",
    "uuid": 'require("uuid").v4()',
    "now": "new Date().toISOString()",
    "timestamp": "Math.floor(Date.now() / 1000)",
    "random_int": "_.random({}, {})",
    "base64": "btoa({})",
    "base64_decode": "atob({})",
    "url_encode": "encodeURIComponent({})",
    "url_decode": "decodeURIComponent({})",
    "md5": "CryptoJS.MD5({}).toString()",
    "sha256": "CryptoJS.SHA256({}).toString()",
    "hmac_sha256": "CryptoJS.HmacSHA256({1}, {0}).toString()",
    "abs": "Math.abs({})",
    "floor": "Math.floor({})",
    "ceil": "Math.ceil({})",
    "min": "Math.min(...{})",
    "max": "Math.max(...{})",
}
ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%"}


# --- dates ---------------------------------------------------------------------------------------------------------

_MOMENT = 'require("moment").utc'
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(-?)(\d+(?:\.\d+)?)([dhms])", re.ASCII)
#: Forms of a date: Python's letters → those of the library moment.
_FORMS = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%B": "MMMM", "%b": "MMM", "%d": "DD", "%H": "HH", "%I": "hh", "%M": "mm",
    "%S": "ss", "%p": "A", "%a": "ddd", "%A": "dddd",
}  # fmt: skip
_FORM = re.compile(r"%.|[A-Za-z]+|[^%A-Za-z]+", re.DOTALL)


def _moment(write: Callable[[Node], str], node: Node) -> str:
    """A date as an object of the library moment."""
    if node["type"] == "function_expression" and node["value"] == "now":
        return f"{_MOMENT}()"
    if node["type"] == "function_expression" and node["value"] == "date_add":
        date, length = node["children"]
        match = _DURATION.fullmatch(str(length.get("value")))
        if match is None:
            raise UnsayableError("it moves a date by a time that is computed")
        word = "subtract" if match[1] else "add"
        return f'{_moment(write, date)}.{word}({match[2]}, "{_UNITS[match[3]]}")'
    return f"{_MOMENT}({write(node)})"


def date_moved(write: Callable[[Node], str], arguments: list[Node]) -> str:
    """`date_add(date, length)`."""
    node = {"type": "function_expression", "value": "date_add", "children": arguments}
    return f"{_moment(write, node)}.toISOString()"


def date_written(write: Callable[[Node], str], arguments: list[Node]) -> str:
    """`date_format(date, form)`."""
    date, form = arguments
    parts = _FORM.findall(str(form.get("value", "")))
    if form["type"] != "literal" or any(part[0] == "%" and part not in _FORMS for part in parts):
        raise UnsayableError("the form of its date has no like")
    written = "".join(_FORMS.get(part) or (f"[{part}]" if part.isalpha() else part) for part in parts)
    return f"{_moment(write, date)}.format({literal(written)})"
