"""Declared values as text: rendered, with the place in the file where they cannot be."""

from __future__ import annotations

from runner.diagnostics import Span
from runner.engine.scope import Scope, resolve
from runner.errors import ResolveError
from runner.language.model import Declared, Template
from runner.language.values import Value, as_text, dump_json, kind


def rendered(text: str | Template, name: str, span: Span | None, scope: Scope) -> str:
    """A text, its placeholders replaced; `name` says in messages what it is.

    Raises:
        ResolveError: a placeholder has no value, or one that cannot be text.
    """
    if isinstance(text, str):
        return text
    value = scope.render(text)
    try:
        return as_text(value)
    except ValueError as error:
        raise ResolveError(f"'{name}' is {kind(value)}: {error}", span) from None


def texts(declared: Declared, name: str, span: Span, scope: Scope) -> list[str]:
    """A value as the texts that it stands for: a list of them, one, or none where it is null.

    Raises:
        ResolveError: as `rendered`.
    """
    value = resolve(declared, scope)
    items = value if isinstance(value, list) else [value]
    try:
        return [as_text(item) for item in items if item is not None]
    except ValueError as error:
        raise ResolveError(f"'{name}': {error}", span) from None


def json_bytes(value: Value, name: str, span: Span | None) -> bytes:
    """A value as JSON.

    Raises:
        ResolveError: it holds bytes, or a number that JSON cannot write.
    """
    try:
        return dump_json(value).encode("utf-8", "backslashreplace")  # \ud800 as JSON spells it
    except ValueError as error:
        raise ResolveError(f"'{name}' cannot be written: {error}", span) from None
