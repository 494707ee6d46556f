"""The Redactor: knows every secret value of a run and takes them out of whatever is about to be shown.

    Redactor ──▶ masking ──▶ forms (how a secret may be written: raw, base64 at any offset)
                    └──────▶ views (how a text may be read: escapes of JSON, URLs and markup undone)

A secret is masked in each form in which it can travel. Texts under four characters would hit half of all output, so
they are masked only where they stand as a value. Nothing here knows an event, a report or a file format: plain data and
records are walked through. What masks is imported when there is a first secret.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from runner.redaction.masking import Known

MASK = "***"
#: Characters that the URL builder leaves readable beside the unreserved ones (see `engine.build`).
URL_READABLE = "$,:/@;!*()'"
#: How many values of single requests are remembered: more than requests can be under way at once.
_MOST_PASSING = 64

T = TypeVar("T")


class Secret(str):
    """A text that must not be shown; its `repr` does not either."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"


def public(*names: str) -> Callable[[type[T]], type[T]]:
    """A class decorator: these fields of the record hold no secret, and are left as they are."""

    def note(kind: type[T]) -> type[T]:
        _PUBLIC[kind] = frozenset(names)
        return kind

    return note


_PUBLIC: dict[type, frozenset[str]] = {}


class Redactor:
    """Masks all secrets that were added so far. Threads may add and mask at once."""

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self._lock = threading.Lock()
        self._texts: set[str] = set()
        self._passing: deque[str] = deque(maxlen=_MOST_PASSING)
        self._lasting: Known | None = None
        self._known: Known | None = None
        for secret in secrets:
            self.add(secret)

    def __bool__(self) -> bool:
        return self._known is not None

    def add(self, value: Any) -> None:
        """Makes a value secret: a text, a number, or every text and number within a structure."""
        texts = {text for text in _texts(value) if text and text not in self._texts}
        if not texts:
            return
        with self._lock:
            self._texts |= texts
            self._lasting = (self._lasting or _nothing()).more(texts)
            self._known = self._lasting.more(self._passing)

    def add_passing(self, text: str) -> None:
        """Makes a text secret that belongs to one request, such as its signature: only the last ones are remembered."""
        with self._lock:
            self._passing.append(text)
            self._known = (self._lasting or _nothing()).more(self._passing)

    # --- texts and bytes ---

    def text(self, text: str) -> str:
        """The text with every secret in it masked."""
        known = self._known
        return text if known is None else known.text(text)

    def bytes(self, content: bytes) -> bytes:
        """A body with every secret in it masked."""
        known = self._known
        return content if known is None else known.bytes(content)

    # --- structures ---

    def apply(self, value: T) -> T:
        """A copy of plain data or of a dataclass with every secret masked; the same object if there was none."""
        return self._walk(value) if self else value

    def _walk(self, value: Any) -> Any:
        kind = type(value)
        way = _WAYS.get(kind) or _way(kind)
        return value if way is _ATOM else way(self, value)

    def _number(self, value: Any) -> Any:
        return MASK if str(value) in self._texts else value

    def _sequence(self, value: Any) -> Any:
        changed = False
        walked = []
        for item in value:
            after = self._walk(item)
            changed = changed or after is not item
            walked.append(after)
        return type(value)(walked) if changed else value

    def _mapping(self, value: Mapping[Any, Any]) -> Any:
        return {self._walk(key): self._walk(item) for key, item in value.items()}

    def _record(self, value: Any) -> Any:
        """A dataclass or named tuple: its numbers are its own (a line, a status), unless the field is a `value`."""
        own: Any = type(value)
        changed = {}
        for name in _names(own):
            before = getattr(value, name)
            kind = type(before)
            way = _WAYS.get(kind) or _way(kind)
            if way is _ATOM or (way is Redactor._number and name != "value"):
                continue
            after = way(self, before)
            if after is not before:
                changed[name] = after
        if not changed:
            return value
        record: Any = value
        return record._replace(**changed) if isinstance(value, tuple) else dataclasses.replace(value, **changed)


def _nothing() -> Known:
    from runner.redaction.masking import Known

    return Known(MASK)


# --- how to walk each type -----------------------------------------------------------------------------------------

_Way = Callable[[Redactor, Any], Any]


def _ATOM(redactor: Redactor, value: Any) -> Any:
    return value


def _way(kind: type) -> _Way:
    """How values of a type are walked; found out once for each type."""
    way = next((way for known, way in _KINDS if issubclass(kind, known)), None)
    if way is None or (way is Redactor._sequence and kind not in (tuple, list)):
        way = Redactor._record if _names(kind) else _ATOM
    _WAYS[kind] = way
    return way


#: The first that fits; an Enum may be a text as well, a named tuple is a record.
_KINDS: tuple[tuple[type, _Way], ...] = (
    (Enum, _ATOM),
    (bool, _ATOM),
    (str, Redactor.text),
    (int, Redactor._number),
    (float, Redactor._number),
    (bytes, Redactor.bytes),
    (tuple, Redactor._sequence),
    (list, Redactor._sequence),
    (Mapping, Redactor._mapping),
)
_WAYS: dict[type, _Way] = {type(None): _ATOM}


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a record type that may hold secrets; none for a type that is no record."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    names = tuple(field.name for field in fields if field.init) or getattr(kind, "_fields", ())
    return tuple(name for name in names if name not in _PUBLIC.get(kind, ()))


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
