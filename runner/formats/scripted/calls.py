"""Requests that a script sends → requests of their own beside its own, with what it does with their answers."""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.formats.draft import REQUEST_ORDER, Data, Unique, ordered
from runner.formats.scripted import sent
from runner.formats.scripted.judging import judge
from runner.formats.scripts import terms
from runner.formats.scripts.results import Results
from runner.formats.scripts.state import Sent
from runner.formats.scripts.writing import UnwritableError, Writer
from runner.formats.urls import with_scheme


class _Plain(NamedTuple):
    """Values as they are: credentials are put away once the whole draft is there."""

    levels: list[Data]

    def credential(self, header: str, value: str) -> str:
        return value

    def guarded(self, name: str, value: str) -> str:
        return value

    def lacks_scheme(self, text: str) -> bool:
        return with_scheme(text, self.levels) != text


def calls(found: Results, prefix: str, unique: Unique, levels: list[Data]) -> list[Data]:
    """The requests that a script sends; what cannot be written is lost, with all that needs its answer."""
    made = (_call(found, each, prefix, unique, levels) for each in found.sent)
    return [draft for draft in made if draft is not None]


def _call(found: Results, each: Sent, prefix: str, unique: Unique, levels: list[Data]) -> Data | None:
    try:
        request = sent.translate(each.options, _Plain(levels), lambda text: None)
        when = None if each.condition == terms.TRUE else Writer(None).write(each.condition)
    except UnwritableError as error:
        found.machine.lose(each.span, "a request that the script sends", str(error))
        _lose_answer(found, each.number)
        return None
    method = request.get("method") or ("POST" if any(key in request for key in ("json", "form", "text")) else "GET")
    draft: Data = {
        "name": unique(f"{prefix} {method} {_path(request['url'])}"),
        "when": when,
        "auth": "none",
        **request,
    }
    if each.delay:
        draft["delay"] = f"{round(each.delay * 1000)}ms"
    judge(found, draft, each.number)
    return ordered(draft, REQUEST_ORDER)


def _path(url: str) -> str:
    """A URL for a name: the path, placeholders in braces."""
    path = url.partition("://")[2] or url
    path = "/" + path.partition("/")[2] if "/" in path else path
    return path.partition("?")[0].replace("{{", "{").replace("}}", "}")


def _lose_answer(found: Results, number: int) -> None:
    exchange = found.exchange(number)
    for capture in exchange.captures:
        found.machine.lose(capture.span, "a variable that is set", "its value comes from a request that is lost")
    for check in exchange.checks:
        found.machine.lose(check.span, "an assertion", "it is about a request that is lost")


def carried(found: Results, each: Sent) -> set[str]:
    """The variables that a script sets and that the request which it sends needs."""
    used = {part.name for part in terms.inside(each.options) if isinstance(part, terms.Var)}
    return used & set(found.variables)


def with_variables(draft: Data, variables: dict[str, Any]) -> None:
    """Gives a request that a script sends variables, which it hands on."""
    captures = {**{name: f"vars.{name}" for name in variables}, **(draft.get("capture") or {})}
    given = {**(draft.get("variables") or {}), **variables}
    entries = ordered({**draft, "variables": given, "capture": captures}, REQUEST_ORDER)
    draft.clear()
    draft.update(entries)
