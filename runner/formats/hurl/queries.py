"""Hurl's queries and filters → expressions over the response.

    query ─▶ Term ─filter─▶ Term ─filter─▶ …

A Term says what kind of value it gives, since Hurl's predicates mean different things for different kinds. What has no
expression raises `UntranslatableError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from runner.formats import jsonpath
from runner.formats.hurl.nodes import Filter, Query, Value
from runner.formats.jsonpath import UntranslatableError
from runner.formats.texts import Parts, Placeholder, call, constant, expression, is_literal, name, over_response, plain
from runner.language.functions import regex_fault

#: Formats of dates that are ISO 8601, which is what dates are here.
_ISO = frozenset({"%+", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z",
                  "%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S"})  # fmt: skip
#: What Rust's chrono formats dates with and strftime does not know.
_CHRONO = re.compile(r"%(?:[-_0]|\.\d?f|[+:#]|\d)")
_HTML = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;"))
_ATTRIBUTE = re.compile(r"(.*)\[([\w-]+)\]")
_DAY = "`86400`"


class Term(NamedTuple):
    """An expression, and the kind of its value.

    `kind` is text, number, date, bytes, hash, header, cookie, list, json (anything), or xml. `path` is set for what a
    JSONPath gives; `piped` where the expression has to be in parentheses to go on.
    """

    expression: str
    kind: str
    path: jsonpath.Path | None = None
    piped: bool = False

    @property
    def inner(self) -> str:
        """The expression as the beginning of a longer one."""
        return f"({self.expression})" if self.piped else self.expression


#: Gives the parts of a Hurl text with our expressions in its placeholders.
Ours = Callable[[Parts], Parts]


def term(query: Query, ours: Ours) -> Term:
    """The expression for a query with its filters.

    Raises:
        UntranslatableError: there is none.
    """
    found = _QUERIES[query.name](query.argument, ours)
    for each in query.filters:
        found = _FILTERS[each.name](found, each, ours)
    return found


def regex_of(value: Value, ours: Ours) -> str:
    """The expression for a regular expression, which has to be one for Python, too."""
    parts = ours(value.parts)
    if is_literal(parts) and (fault := regex_fault(plain(parts))):
        raise UntranslatableError(f"Python's regular expressions do not take it: {fault}")
    return expression(parts)


def _text(value: Value | None, ours: Ours) -> Parts:
    if value is None or value.kind not in ("text", "placeholder"):
        raise UntranslatableError("its argument is no text")
    return ours(value.parts)


def _literal(value: Value | None, ours: Ours) -> str:
    parts = _text(value, ours)
    if not is_literal(parts):
        raise UntranslatableError("its argument comes from a variable")
    return plain(parts)


# --- queries -------------------------------------------------------------------------------------------------------


def _plain_query(expression: str, kind: str) -> Callable[[Value | None, Ours], Term]:
    return lambda argument, ours: Term(expression, kind)


def _header(argument: Value | None, ours: Ours) -> Term:
    wanted = _literal(argument, ours).lower()
    if wanted == "set-cookie":
        return Term("set_cookies", "set-cookie")
    return Term(f"headers.{name(wanted)}", "header")


def _certificate(argument: Value | None, ours: Ours) -> Term:
    wanted = _literal(argument, ours)
    found = {"Start-Date": "tls.not_before", "Expire-Date": "tls.not_after"}.get(wanted)
    if found is None:
        raise UntranslatableError(f"the certificate's '{wanted}' has another form here: see `tls`")
    return Term(found, "date")


def _cookie(argument: Value | None, ours: Ours) -> Term:
    wanted = _literal(argument, ours)
    match = _ATTRIBUTE.fullmatch(wanted)
    if match is None or match[2].lower() == "value":
        return Term(f"cookies.{name(match[1] if match else wanted)}", "text")
    attribute = match[2].lower().replace("-", "_")
    found = f"set_cookies[?name == {constant(match[1])}] | [0].{attribute}"
    return Term(f"to_number({found})", "number") if attribute == "max_age" else Term(found, "cookie", piped=True)


def _xpath(argument: Value | None, ours: Ours) -> Term:
    return _xml_path(_literal(argument, ours), "text")


_SIMPLE_XPATH = re.compile(r"(string\()?(/[A-Za-z_][\w.-]*(?:/[A-Za-z_][\w.-]*)*)(/@[A-Za-z_][\w.-]*|/text\(\))?(\))?")


def _xml_path(xpath: str, source: str) -> Term:
    """Only paths from the root by names: what else XPath can say has no counterpart."""
    match = _SIMPLE_XPATH.fullmatch(xpath.strip())
    if match is None or bool(match[1]) != bool(match[4]):
        raise UntranslatableError("XPath has no counterpart; `xml(text)` gives the document as an object")
    base = f"xml({source})" + "".join(f".{name(step)}" for step in match[2].split("/")[1:])
    if match[3] and match[3] != "/text()":
        return Term(f"{base}.{name(match[3][1:])}", "text")
    return Term(call("not_null", f'{base}."#text"', base), "text")


def _jsonpath(argument: Value | None, ours: Ours) -> Term:
    return _json_path(_text(argument, ours), "body")


def _json_path(parts: Parts, base: str) -> Term:
    path = jsonpath.translate(parts, base)
    return Term(path.expression, "list" if path.is_list else "json", path)


def _regex(argument: Value | None, ours: Ours) -> Term:
    assert argument is not None
    return Term(f"match(text, {regex_of(argument, ours)})[1]", "text")


def _variable(argument: Value | None, ours: Ours) -> Term:
    found = ours((Placeholder(_literal(argument, ours)),))[0]
    return Term(over_response(found.expression) if isinstance(found, Placeholder) else constant(found), "json")


def _raw_bytes(argument: Value | None, ours: Ours) -> Term:
    raise UntranslatableError("the body is always decoded here")


_QUERIES: Mapping[str, Callable[[Value | None, Ours], Term]] = {
    "status": _plain_query("status", "number"),
    "version": _plain_query("replace(http_version, 'HTTP/', '')", "text"),
    "url": _plain_query("url", "text"),
    "ip": _plain_query("remote_ip", "text"),
    "header": _header,
    "certificate": _certificate,
    "cookie": _cookie,
    "body": _plain_query("text", "text"),
    "rawbytes": _raw_bytes,
    "xpath": _xpath,
    "jsonpath": _jsonpath,
    "regex": _regex,
    "variable": _variable,
    "duration": _plain_query("elapsed_ms", "number"),
    "bytes": _plain_query("bytes", "bytes"),
    "sha256": _plain_query("sha256(bytes)", "hash"),
    "md5": _plain_query("md5(bytes)", "hash"),
    "redirects": _plain_query("redirects", "list"),
}


# --- filters -------------------------------------------------------------------------------------------------------

_Apply = Callable[[Term, Filter, Ours], Term]


def _function(function: str, kind: str = "text") -> _Apply:
    return lambda found, each, ours: Term(call(function, found.expression), kind)


def _same(kind: str) -> _Apply:
    return lambda found, each, ours: found._replace(kind=kind)


def _none(reason: str) -> _Apply:
    def refuse(found: Term, each: Filter, ours: Ours) -> Term:
        raise UntranslatableError(reason)

    return refuse


def _items(found: Term) -> Term:
    """What holds the values of a header that may come more than once."""
    return Term(f"split({found.expression}, ', ')", "list") if found.kind == "header" else found


def _count(found: Term, each: Filter, ours: Ours) -> Term:
    path = found.path
    if path is not None and path.expression.endswith("[*]") and not path.expression.endswith("][*]"):
        return Term(call("length", path.expression[:-3]), "number")  # the nulls of the list count, too
    return Term(call("length", _items(found).expression), "number")


def _place(index: str) -> _Apply:
    return lambda found, each, ours: _at(found, index)


def _nth(found: Term, each: Filter, ours: Ours) -> Term:
    value = each.arguments[0]
    if value.kind != "constant" or not isinstance(value.value, int):
        raise UntranslatableError("JMESPath takes no variable as an index")
    return _at(found, str(value.value))


def _at(found: Term, index: str) -> Term:
    if found.kind == "set-cookie":
        raise UntranslatableError("cookies are judged by `set_cookies`, name by name")
    items = _items(found)
    if items.expression == "redirects":
        return Term(f"redirects[{index}]", "redirect")
    if items.kind == "list" and "[" in items.expression:
        return Term(f"{items.expression} | [{index}]", "json", piped=True)
    return Term(f"{items.inner}[{index}]", "text" if found.kind == "header" else "json")


def _location(found: Term, each: Filter, ours: Ours) -> Term:
    match = re.fullmatch(r"redirects\[(\d+)\]", found.expression)
    if match is None:
        raise UntranslatableError("it is known for one redirect, by its place from the first")
    return Term(f"redirects[{int(match[1]) + 1}].url || url", "text", piped=True)


def _match(found: Term, each: Filter, ours: Ours) -> Term:
    return Term(f"match({found.expression}, {regex_of(each.arguments[0], ours)})[1]", "text")


def _replace(found: Term, each: Filter, ours: Ours) -> Term:
    old, new = each.arguments
    if old.kind == "regex":
        raise UntranslatableError("nothing here replaces by a regular expression")
    return Term(call("replace", found.expression, expression(_text(old, ours)), expression(_text(new, ours))), "text")


def _split(found: Term, each: Filter, ours: Ours) -> Term:
    return Term(call("split", found.expression, expression(_text(each.arguments[0], ours))), "list")


def _to_date(found: Term, each: Filter, ours: Ours) -> Term:
    written = _literal(each.arguments[0], ours)
    if written not in _ISO:
        raise UntranslatableError(f"dates are ISO 8601 here, '{written}' is another form")
    return found._replace(kind="date")


def _format(found: Term, each: Filter, ours: Ours) -> Term:
    written = _literal(each.arguments[0], ours)
    if _CHRONO.search(written) or found.kind not in ("date", "json"):
        raise UntranslatableError(f"'{written}' cannot be had with date_format()")
    return Term(call("date_format", found.expression, constant(written)), "text")


def _days(earlier: str, later: str) -> _Apply:
    def days(found: Term, each: Filter, ours: Ours) -> Term:
        if found.expression == "tls.not_after" and later == "{date}":
            return Term("tls.expires_in_days", "number")
        if found.kind not in ("date", "json"):
            raise UntranslatableError("it is no ISO 8601 date")
        date = call("timestamp", found.expression)
        first, second = (word.format(date=date, now="timestamp()") for word in (later, earlier))
        return Term(call("floor", call("divide", call("subtract", first, second), _DAY)), "number")

    return days


def _html_escape(found: Term, each: Filter, ours: Ours) -> Term:
    written = found.expression
    for character, entity in _HTML:
        written = call("replace", written, constant(character), constant(entity))
    return Term(written, "text")


def _url_safe_base64(found: Term, each: Filter, ours: Ours) -> Term:
    written = call("base64", found.expression)
    for old, new in (("+", "-"), ("/", "_"), ("=", "")):
        written = call("replace", written, constant(old), constant(new))
    return Term(written, "text")


def _url_encode(found: Term, each: Filter, ours: Ours) -> Term:
    return Term(call("replace", call("url_encode", found.expression), "'%2F'", "'/'"), "text")  # Hurl keeps slashes


def _query_parameter(found: Term, each: Filter, ours: Ours) -> Term:
    wanted = re.escape(_literal(each.arguments[0], ours))
    return Term(f"url_decode(match({found.expression}, {constant(f'[?&]{wanted}=([^&#]*)')})[1])", "text")


def _inner_jsonpath(found: Term, each: Filter, ours: Ours) -> Term:
    return _json_path(_text(each.arguments[0], ours), call("parse_json", found.expression))


def _inner_xpath(found: Term, each: Filter, ours: Ours) -> Term:
    return _xml_path(_literal(each.arguments[0], ours), found.expression)


def _to_int(found: Term, each: Filter, ours: Ours) -> Term:
    return Term(call("floor", call("to_number", found.expression)), "number")


_FILTERS: Mapping[str, _Apply] = {
    "base64Decode": _function("base64_decode", "decoded"),
    "base64Encode": _function("base64"),
    "base64UrlSafeDecode": _function("base64_decode", "decoded"),
    "base64UrlSafeEncode": _url_safe_base64,
    "charsetDecode": _none("bytes are decoded by the charset of Content-Type alone"),
    "count": _count,
    "dateFormat": _format,
    "daysAfterNow": _days("{now}", "{date}"),
    "daysBeforeNow": _days("{date}", "{now}"),
    "decode": _none("bytes are decoded by the charset of Content-Type alone"),
    "first": _place("0"),
    "format": _format,
    "htmlEscape": _html_escape,
    "htmlUnescape": _none("nothing here resolves HTML's entities"),
    "jsonpath": _inner_jsonpath,
    "last": _place("-1"),
    "location": _location,
    "nth": _nth,
    "regex": _match,
    "replace": _replace,
    "replaceRegex": _none("nothing here replaces by a regular expression"),
    "split": _split,
    "toDate": _to_date,
    "toFloat": _function("to_number", "number"),
    "toHex": _none("nothing here writes bytes in hexadecimal digits"),
    "toInt": _to_int,
    "toString": _function("to_string"),
    "urlDecode": _function("url_decode"),
    "urlEncode": _url_encode,
    "urlQueryParam": _query_parameter,
    "utf8Decode": _same("text"),
    "utf8Encode": _same("decoded"),
    "xpath": _inner_xpath,
}
