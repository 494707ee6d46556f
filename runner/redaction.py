"""The Redactor: knows every secret value of a run and takes them out of whatever is about to be shown.

A secret is masked in each form in which it can travel: raw, JSON-escaped, URL-encoded, base64, and inside longer
text. Texts under four characters would hit half of all output, so they are masked only where they are a whole value.
This file knows no event, no report and no file format: it walks plain data and dataclasses.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 4
#: Characters that the URL builder leaves readable beside the unreserved ones (see `engine.build`).
URL_READABLE = "$,:/@;!*()'"
_LINE_OF_SECRET = 12
#: How many values of single requests are remembered: more than requests can be under way at once.
_MOST_PASSING = 64

T = TypeVar("T")


class Secret(str):
    """A text that must not be shown; its `repr` does not either."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"


class Redactor:
    """Masks all secrets that were added so far. Threads may add and mask at once."""

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._short: frozenset[str] = frozenset()
        self._short_pattern: re.Pattern[str] | None = None
        self._short_bytes: re.Pattern[bytes] | None = None
        self._lasting: frozenset[str] = frozenset()
        self._passing: deque[set[str]] = deque(maxlen=_MOST_PASSING)
        self._forms: tuple[str, ...] = ()
        self._byte_forms: tuple[bytes, ...] = ()
        for secret in secrets:
            self.add(secret)

    def __bool__(self) -> bool:
        return bool(self._forms or self._short)

    def add(self, value: Any) -> None:
        """Makes a value secret: a text, a number, or every text and number within a structure."""
        texts = {text for text in _texts(value) if text and text not in self._known}
        if not texts:
            return
        with self._lock:
            self._known |= texts
            self._add_short({text for text in texts if len(text) < _SHORTEST})
            self._lasting = self._lasting.union(*(_forms(text) for text in texts if len(text) >= _SHORTEST))
            self._set_forms()

    def add_passing(self, text: str) -> None:
        """Makes a text secret that belongs to one request, such as its signature: only the last ones are remembered."""
        with self._lock:
            self._passing.append(_forms(text))
            self._set_forms()

    def _set_forms(self) -> None:
        forms = self._lasting.union(*self._passing)
        self._forms = tuple(sorted(forms, key=len, reverse=True))
        self._byte_forms = tuple(form.encode("utf-8", "surrogatepass") for form in self._forms)

    def _add_short(self, texts: set[str]) -> None:
        if not texts:
            return
        self._short |= texts
        words = "|".join(re.escape(text) for text in sorted(self._short, key=len, reverse=True))
        # A whole JSON text, a whole value of a query or form, or a JSON number behind its key.
        pattern = rf'(?<=")(?:{words})(?=")|(?<==)(?:{words})(?=&|$)|(?:(?<=":)|(?<=": ))(?:{words})(?=\s*[,}}\]])'
        self._short_pattern = re.compile(pattern)
        self._short_bytes = re.compile(rf"\A(?:{words})\Z|{pattern}".encode("utf-8", "surrogatepass"))

    def text(self, text: str) -> str:
        """The text with every secret in it masked."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        if self._short_pattern is not None:
            if text in self._short:
                return MASK
            text = self._short_pattern.sub(MASK, text)
        return text

    def bytes(self, content: bytes) -> bytes:
        """A body with every secret in it masked."""
        for form in self._byte_forms:
            if form in content:
                content = content.replace(form, MASK.encode())
        return content if self._short_bytes is None else self._short_bytes.sub(MASK.encode(), content)

    def apply(self, value: T) -> T:
        """A copy of plain data or of a dataclass with every secret masked; the same object if there was none."""
        return self._walk(value) if self else value

    def _walk(self, value: Any) -> Any:
        kind = type(value)
        if kind is str or kind is Secret:
            masked = self.text(value)
            return masked if masked != value else value
        if kind in _ATOMS or isinstance(value, Enum):
            return value
        if isinstance(value, (int, float)):
            return MASK if str(value) in self._known else value
        if kind is bytes:
            return self.bytes(value)
        if kind is tuple or kind is list:
            walked = [self._walk(item) for item in value]
            return value if _same(walked, value) else kind(walked)
        if isinstance(value, Mapping):
            return {self._walk(key): self._walk(item) for key, item in value.items()}
        names = _field_names(kind)
        return self._walk_record(value, names) if names else value

    def _walk_record(self, value: Any, names: tuple[str, ...]) -> Any:
        """A dataclass or named tuple: its numbers are its own (a line, a status), unless the field is a `value`."""
        changed = {}
        for name in names:
            before = getattr(value, name)
            if name != "value" and isinstance(before, (int, float)):
                continue
            after = self._walk(before)
            if after is not before:
                changed[name] = after
        if not changed:
            return value
        record: Any = value
        return record._replace(**changed) if isinstance(value, tuple) else dataclasses.replace(value, **changed)


_ATOMS = frozenset({type(None), bool, complex, frozenset, type})
_NAMES: dict[type, tuple[str, ...]] = {}


def _field_names(kind: Any) -> tuple[str, ...]:
    """The fields of a record type that may hold secrets; none for a type that is no record."""
    names = _NAMES.get(kind)
    if names is None:
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        declared = tuple(f.name for f in fields if f.init and not f.metadata.get("public"))
        names = _NAMES[kind] = declared or getattr(kind, "_fields", ())
    return names


def _same(left: Iterable[Any], right: Iterable[Any]) -> bool:
    return all(a is b for a, b in zip(left, right, strict=True))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif type(value) in (list, tuple):  # a Template is a named tuple, and its text is no secret
        for item in value:
            yield from _texts(item)


def _forms(text: str) -> set[str]:
    raw = text.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(raw).decode("ascii")
    percent = {
        quote(raw),
        quote(raw, safe=""),
        quote_plus(raw),
        quote_plus(raw, safe=""),
        quote(raw, safe=URL_READABLE),
    }
    forms = {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(text)[1:-1].replace("/", "\\/"),  # as PHP escapes it
        text.encode("unicode_escape").decode("ascii"),
        encoded,
        encoded.rstrip("="),
        encoded.rstrip("=").replace("+", "-").replace("/", "_"),
        " ".join(text.split()) or text,  # as the words of a page are shown
    } | percent
    forms |= {re.sub(r"%[0-9A-F]{2}", lambda match: match.group().lower(), form) for form in percent}
    lines = text.splitlines()
    if len(lines) > 1:  # a key file shown line by line
        forms |= {line for line in lines if len(line) >= _LINE_OF_SECRET and not line.startswith("-----")}
    return forms
