"""Snapshots: what a response was once, and where another one differs from it.

    {"List users": {"status": 200, "body": {…}}}

A snapshot is the status with the parsed body, or its text where it is no JSON, or the digest and length of what is no
text. Secrets are masked; a mask stands for any text in its place, as nobody knows which secrets were known when it was
kept. Files are read and written elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from runner.diagnostics import Diagnostic, Source
from runner.engine.exchange import ResponseDocument, charset
from runner.engine.results import Verdict
from runner.errors import InvalidError
from runner.language import data
from runner.language.data import bare, path_text
from runner.language.model import Snapshot, Steps
from runner.language.values import Value, equal, kind
from runner.redaction import MASK

_SHOWN = 3
_KEYS = frozenset({"status", "body", "text", "sha256", "size"})
_UPDATE = "`--update-snapshots` keeps this answer instead"
_IGNORE = "what differs each time goes into `snapshot: {ignore: […]}`"


class Kept(NamedTuple):
    """The snapshots of one request file, by `key`; `name` is their file's."""

    name: str
    entries: Mapping[str, Value]


def key(name: str, title: str, collection: str) -> str:
    """The key of a request's snapshot: its full name, and of several runs of its collection the run."""
    return name if title == collection else f"{title}: {name}"


def parse(source: Source) -> Kept:
    """The snapshots in a text.

    Raises:
        InvalidError: it is damaged.
    """
    found = data.read(source)
    if not isinstance(found.value, dict):
        raise InvalidError([Diagnostic("this is no file of snapshots: it holds no object", found.span(), _DAMAGED)])
    faults = [
        Diagnostic(f"the snapshot of '{name}' is damaged", found.span((name,), key=True), _DAMAGED)
        for name, entry in found.value.items()
        if not isinstance(entry, dict) or "status" not in entry or entry.keys() - _KEYS
    ]
    if faults:
        raise InvalidError(faults)
    return Kept(source.path, found.value)


_DAMAGED = "take it back from version control, or delete it and run with --update-snapshots"


def dump(entries: Mapping[str, Value]) -> str:
    """The text of a file of snapshots: sorted and indented, so that a change shows as the lines that changed."""
    text = json.dumps(entries, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    # Half a character has no UTF-8, and stands in a string for certain.
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"


def take(document: ResponseDocument) -> dict[str, Value]:
    """The snapshot of a response."""
    taken: dict[str, Value] = {"status": document["status"]}
    body = document["body"]
    content: bytes = document["bytes"] or b""
    if not document.body_fault:
        taken["body"] = _finite(bare(body), body)
    elif content and _is_text(content, document.exchange.response.header("content-type")):
        taken["text"] = document["text"]
    elif content:
        import hashlib

        taken |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return taken


def _finite(value: Value, spelled: Value) -> Value:
    """A value in which a number that is too large for a float is the text that spells it."""
    if isinstance(value, dict):
        return {name: _finite(inner, spelled[name]) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner, spelled[place]) for place, inner in enumerate(value)]
    return str(spelled) if isinstance(value, float) and value in (float("inf"), float("-inf")) else value


def _is_text(content: bytes, content_type: str | None) -> bool:
    try:
        return "\0" not in content.decode(charset(content_type))
    except (LookupError, UnicodeError):
        return False


# --- comparing -----------------------------------------------------------------------------------------------------


def judge(snapshot: Snapshot, taken: Value, kept: Kept | None, name: str) -> Verdict:
    """The verdict on a snapshot that was taken of the request `name`, secrets masked."""
    if kept is None or name not in kept.entries:
        problem = f"there is no snapshot of '{name}' yet"
        where = f" in {kept.name}" if kept is not None else ""
        return _failed(snapshot, problem, notes=(f"`--update-snapshots` writes it{where}",))
    expected = without(kept.entries[name], snapshot.ignore)
    actual = _masked_alike(expected, without(taken, snapshot.ignore))
    if equal(expected, actual):
        return Verdict(True, "snapshot", snapshot.span, subject="snapshot")
    places = list(differences(expected, actual))
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    problem = f"differs from the snapshot at {', '.join(places[:_SHOWN])}{more}"
    return _failed(snapshot, problem, (_lines(actual),), (_lines(expected),), (_UPDATE, _IGNORE))


def _failed(
    snapshot: Snapshot,
    problem: str,
    actual: tuple[Value, ...] = (),
    expected: tuple[Value, ...] = (),
    notes: tuple[str, ...] = (),
) -> Verdict:
    return Verdict(False, "snapshot", snapshot.span, problem, actual, expected, notes=notes, subject="snapshot")


def without(value: Value, ignore: Iterable[Steps]) -> Value:
    """A value without the parts that paths lead to."""
    paths = tuple(ignore)
    if not paths:
        return value
    if isinstance(value, dict):
        named = ((name, inner, _below(paths, name)) for name, inner in value.items())
        return {name: without(inner, below) for name, inner, below in named if () not in below}
    if isinstance(value, list):
        placed = ((inner, _below(paths, at, at - len(value), None)) for at, inner in enumerate(value))
        return [without(inner, below) for inner, below in placed if () not in below]
    return value


def _below(paths: Iterable[Steps], *steps: str | int | None) -> tuple[Steps, ...]:
    """What is left of the paths that begin with one of these steps."""
    return tuple(path[1:] for path in paths if path and path[0] in steps)


def _masked_alike(kept: Value, actual: Value) -> Value:
    """The actual value, with the masks that were kept where they fit."""
    if isinstance(kept, dict) and isinstance(actual, dict):
        return {name: _masked_alike(kept[name], inner) if name in kept else inner for name, inner in actual.items()}
    if isinstance(kept, list) and isinstance(actual, list):
        return [_masked_alike(*pair) for pair in zip(kept, actual, strict=False)] + actual[len(kept) :]
    if isinstance(kept, str) and MASK in kept and kind(actual) in ("string", "number") and _fits(kept, str(actual)):
        return kept
    return actual


def _fits(masked: str, text: str) -> bool:
    """Whether a text is a masked one with anything in place of its masks."""
    first, *rest = masked.split(MASK)
    if not text.startswith(first) or not text.endswith(rest[-1]):
        return False
    at, end = len(first), len(text) - len(rest[-1])
    for part in rest[:-1]:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


def differences(kept: Value, actual: Value, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Where two values differ, each place by its path."""
    if isinstance(kept, dict) and isinstance(actual, dict):
        for name in dict.fromkeys((*kept, *actual)):
            if name not in kept or name not in actual:
                yield path_text((*path, name))
            else:
                yield from differences(kept[name], actual[name], (*path, name))
    elif isinstance(kept, list) and isinstance(actual, list):
        for place, pair in enumerate(zip(kept, actual, strict=False)):
            yield from differences(*pair, (*path, place))
        if len(kept) != len(actual):
            yield path_text((*path, min(len(kept), len(actual))))
    elif not equal(kept, actual):
        yield path_text(path)


def _lines(snapshot: Value) -> Value:
    """A snapshot whose text is a list of lines, for a diff that shows the lines that differ."""
    text: Any = snapshot.get("text")
    return {**snapshot, "text": text.split("\n")} if isinstance(text, str) else snapshot
