"""What a script does to its request before that is sent: variables, headers, URL, body, waits, and whether it is sent.

Knows the results of scripts and drafts, and no foreign tool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.formats.draft import Data, literal
from runner.formats.payloads import BODIES, has_body
from runner.formats.scripts import logic, structures, terms
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.results import Results
from runner.formats.scripts.state import Setting, Skipped
from runner.formats.scripts.writing import UnwritableError, Writer, data, literals
from runner.formats.urls import split_query

#: A foreign text with the tool's placeholders as ours.
Text = Callable[[str], str]


def change(found: Results, draft: Data, text: Text) -> None:
    """Puts what a script does before its request into the draft; what cannot be written is lost."""
    lose = found.machine.lose
    for name, setting in found.variables.items():
        try:
            found.before.needs(setting.term, setting.condition)
            draft.setdefault("variables", {})[name] = _value(name, setting, found, text)
        except UnwritableError as error:
            found.before.unwritten.add(name)
            lose(setting.span, "a variable that is set", str(error))
    for header in found.headers:
        try:
            found.before.needs(header.term)
            _put_header(header.name, header.term, draft, text)
        except UnwritableError as error:
            lose(header.span, "a header that is added", str(error))
    for each in found.changes:
        try:
            found.before.needs(each.term)
            _CHANGES[each.key](each.term, draft, text)
        except UnwritableError as error:
            lose(each.span, f"a change of the request's {each.key}", str(error))
    for skip in found.skips:
        try:
            _skip(skip, draft)
        except UnwritableError as error:
            lose(skip.span, "a request that is skipped", str(error))
    waited = sum(found.waits)
    if waited:
        draft["delay"] = f"{int(waited)}s" if waited == int(waited) else f"{round(waited * 1000)}ms"


def _value(name: str, setting: Setting, found: Results, text: Text) -> Any:
    old = next((old for old, new in found.renamed_ours.items() if new == name), name)
    return _written(logic.where(setting.condition, setting.term, terms.Var(old)), text)


def _written(term: Any, text: Text) -> Any:
    """A term as data; placeholders within constant texts are variables."""
    term = structures.folded(term)
    match term:
        case terms.Const(value):
            return _texts(value, text)
        case terms.ListOf(items):
            return [_written(item, text) for item in items]
        case terms.DictOf(entries):
            return {literal(name): _written(value, text) for name, value in entries}
    return data(term)


def _texts(value: Any, text: Text) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_texts(item, text) for item in value]
    if isinstance(value, dict):
        return {literal(name): _texts(item, text) for name, item in value.items()}
    return literals(value)


def _put_header(name: str, term: Any, draft: Data, text: Text) -> None:
    value = _written(term, text)
    if isinstance(value, (dict, list)):
        raise UnwritableError("it is no text")
    kept = {other: old for other, old in (draft.get("headers") or {}).items() if not _is_named(other, name)}
    draft["headers"] = {**kept, literal(name): value if isinstance(value, str) else structures.text_of(value)}


def _is_named(name: Any, wanted: str) -> bool:
    return isinstance(name, str) and name.lower() == wanted.lower()


def _skip(skip: Skipped, draft: Data) -> None:
    if skip.condition == terms.TRUE:
        draft["skip"] = True
        return
    when = Writer(None).write(logic.negate(skip.condition))
    draft["when"] = f"({draft['when']}) && ({when})" if draft.get("when") else when


# --- changes -------------------------------------------------------------------------------------------------------


def _url(term: Any, draft: Data, text: Text) -> None:
    draft["url"], draft["query"] = split_query(_text_of(term, text))


def _header(term: Any, draft: Data, text: Text) -> None:
    for name, value in term.entries:
        _put_header(name, value, draft, text)


def _headers(term: Any, draft: Data, text: Text) -> None:
    """All headers: those that stood there are not sent."""
    entries = _written(term, text)
    if not isinstance(entries, dict):
        raise UnwritableError("they are computed")
    draft["headers"] = {}
    for name, value in entries.items():
        draft["headers"][name] = value if isinstance(value, str) else structures.text_of(value)


def _method(term: Any, draft: Data, text: Text) -> None:
    method = _text_of(term, text)
    _put_method(draft, method if "{{" in method else method.upper())


def _put_method(draft: Data, method: str) -> None:
    draft.pop("method", None)
    if method != ("POST" if has_body(draft) else "GET"):
        draft["method"] = method


def _text_of(term: Any, text: Text) -> str:
    found = _written(term, text)
    if not isinstance(found, str):
        raise UnwritableError("it is no text")
    return found


def _body(term: Any, draft: Data, text: Text) -> None:
    method = draft.get("method") or ("POST" if has_body(draft) else "GET")
    if isinstance(term, terms.Apply) and term.function == "to_string":  # JSON.stringify(…)
        term = term.arguments[0]
        key = "json"
    elif kind(term) in ("object", "array", "string"):
        key = "text" if kind(term) == "string" else "json"
    elif term != terms.NULL:
        raise UnwritableError("whether it is text or JSON depends on its value")
    found = None if term == terms.NULL else _written(term, text)
    for other in BODIES:
        draft.pop(other, None)
    if found is not None:
        draft[key] = found
    _put_method(draft, method)


def _query(term: Any, draft: Data, text: Text) -> None:
    """Parameters that are added: a list of keys and values, or a text."""
    found = _written(term, text)
    if isinstance(found, str):
        _, given = split_query(f"?{found}")
    elif isinstance(found, list) and all(isinstance(each, dict) and "key" in each for each in found):
        given = {each["key"]: each.get("value", "") for each in found if each.get("disabled") is not True}
    else:
        raise UnwritableError("it is no list of parameters")
    draft["query"] = {**(draft.get("query") or {}), **given}


def _number_of(term: Any) -> Any:
    if not isinstance(term, terms.Const) or type(term.value) not in (int, float) or term.value < 0:
        raise UnwritableError("it is no number that is known")
    return term.value


def _timeout(term: Any, draft: Data, text: Text) -> None:
    draft["timeout"] = f"{int(_number_of(term))}ms"


def _redirects(term: Any, draft: Data, text: Text) -> None:
    draft["follow_redirects"] = int(_number_of(term)) or False


_CHANGES: dict[str, Callable[[Any, Data, Text], None]] = {
    "header": _header,
    "headers": _headers,
    "url": _url,
    "query": _query,
    "method": _method,
    "body": _body,
    "timeout": _timeout,
    "redirects": _redirects,
}
