"""GraphQL's own expectation: an answer without `errors`, which a server may send with a status of 200.

It is held against a `graphql` request where neither an assertion nor a snapshot looks at the errors, as `status < 400`
is against one where none looks at the status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from runner.diagnostics import Span
from runner.engine.exchange import ResponseDocument
from runner.engine.results import Verdict
from runner.language import query
from runner.language.model import Assertion, RequestSpec, Snapshot
from runner.language.values import Value, show

_EXPECTATION = "body.errors == `null`"
#: As a key of a path, or as a text: `has(body, 'errors')`.
_ERRORS = re.compile(r"(?<!vars\.)\berrors\b")


def judge(spec: RequestSpec, asserts: Iterable[Assertion], document: ResponseDocument, span: Span) -> Iterator[Verdict]:
    """The failed expectation, or nothing. A status of 400 or more speaks for itself."""
    if document["status"] >= 400 or _keeps_errors(spec.snapshot) or any(map(looks_at_errors, asserts)):
        return
    body = document["body"]
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if errors:
        found = errors if isinstance(errors, list) else [errors]
        notes = (*map(words, found), "`body.errors` in an assertion would expect them")
        problem = f"the answer holds {'an error' if len(found) == 1 else f'{len(found)} errors'}"
        yield Verdict(False, _EXPECTATION, span, problem, (errors,), notes=notes)


def _keeps_errors(snapshot: Snapshot | None) -> bool:
    """Whether a snapshot, which was looked at when it was taken, holds the errors."""
    return snapshot is not None and not {("body",), ("body", "errors")} & set(snapshot.ignore)


def looks_at_errors(assertion: Assertion) -> bool:
    """Whether an assertion judges `body.errors`, or the body as a whole."""
    compiled = query.compile(assertion.that.text)
    reads_body = any(name.text == "body" for name in compiled.names)
    return reads_body and (compiled.text.strip() == "body" or _ERRORS.search(compiled.text) is not None)


def words(error: Value) -> str:
    """An error (GraphQL § 7.1.2) in one line: its message, where in the document it is, and where in the answer."""
    if not isinstance(error, Mapping) or "message" not in error:
        return error if isinstance(error, str) else show(error)
    places = [f"line {at.get('line')}, column {at.get('column')}" for at in _items(error, "locations", Mapping)]
    path = ".".join(str(step) for step in _items(error, "path", (str, int)))
    tail = "; ".join([*places, *([f"at {path}"] if path else [])])
    return f"{error['message']}{f' ({tail})' if tail else ''}"


def _items(error: Mapping[str, Value], key: str, kind: type | tuple[type, ...]) -> list[Value]:
    found = error.get(key)
    return [item for item in found if isinstance(item, kind)] if isinstance(found, list) else []
