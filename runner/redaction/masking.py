"""Masks what is known of secrets in texts and bytes. Imported when the first secret is known.

What is known is one immutable value that is replaced as a whole, so that threads may add and mask at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from runner.redaction.forms import SHORTEST, Form, forms_of, short_pattern
from runner.redaction.views import View, views

#: Header names and the like come again and again: what was found in short texts is remembered.
_LONGEST_REMEMBERED = 256
_MOST_REMEMBERED = 4096
_WIDE = ("utf-16-le", "utf-16-be")


class Known(NamedTuple):
    """All that is known of the secrets at one moment, and what it made of short texts."""

    mask: str
    forms: frozenset[Form] = frozenset()
    short: frozenset[str] = frozenset()
    short_pattern: re.Pattern[str] | None = None
    remembered: dict[str, str | None] = {}  # noqa: RUF012 - `more` gives each its own; None: nothing is in it

    def more(self, texts: Iterable[str]) -> Known:
        """What is known once these texts are secret too."""
        new = list(texts)
        forms = self.forms.union(*(forms_of(text) for text in new if len(text) >= SHORTEST))
        short = self.short.union(text for text in new if len(text) < SHORTEST)
        return Known(self.mask, forms, short, re.compile(short_pattern(short)) if short else None, {})

    def text(self, text: str) -> str:
        """The text with every secret in it masked."""
        if len(text) > _LONGEST_REMEMBERED:
            return self._masked(text)
        found = self.remembered.get(text, "")
        if found == "":
            masked = self._masked(text)
            found = None if masked == text else masked
            if len(self.remembered) >= _MOST_REMEMBERED:
                self.remembered.clear()
            self.remembered[text] = found
        return text if found is None else found

    def bytes(self, content: bytes) -> bytes:
        """A body with every secret in it masked."""
        binary = b"\0" in content
        if binary:
            content = _without_wide(content, self)
        try:
            text, encoding, known = content.decode(), "utf-8", self
        except UnicodeDecodeError:
            text, encoding = content.decode("latin-1"), "latin-1"
            known = self._replace(forms=self.forms.union(_as_latin(self.forms)))
        found = known._masked(text, escapes=not binary)
        return content if found == text else found.encode(encoding)

    def _masked(self, text: str, escapes: bool = True) -> str:
        """The text with masks; without `escapes` what looks like some is not: an image, an archive."""
        readings = views(text) if escapes else (View(text),)
        spans = [span for view in readings for span in _found(view, self.forms)]
        if spans:
            text = _covered(text, spans, self.mask)
        if self.short_pattern is not None:
            return self.mask if text in self.short else self.short_pattern.sub(self.mask, text)
        return text


def _found(view: View, forms: Iterable[Form]) -> list[tuple[int, int]]:
    """Where forms of secrets stand in a view, as places of the text that it is a view of."""
    spans: list[tuple[int, int]] = []
    text = view.text
    for form in forms:
        if form.text in text:
            spans += _all(form, text)
    return view.places(spans) if spans else spans


def _all(form: Form, text: str) -> Iterable[tuple[int, int]]:
    start = text.find(form.text)
    while start >= 0:
        stretch = form.stretch(text, start)
        yield stretch
        start = text.find(form.text, stretch[1])


def _covered(text: str, spans: list[tuple[int, int]], mask: str) -> str:
    """The text with a mask in place of each stretch; stretches that overlap get one together."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    parts: list[str] = []
    done = 0
    for start, end in merged:
        parts += (text[done:start], mask)
        done = end
    return "".join((*parts, text[done:]))


def _without_wide(content: bytes, known: Known) -> bytes:
    """A body in UTF-16 with every secret masked."""
    for form in known.forms:
        for encoding in _WIDE:
            content = content.replace(form.text.encode(encoding, "surrogatepass"), known.mask.encode(encoding))
    return content


def _as_latin(forms: Iterable[Form]) -> Iterable[Form]:
    """How forms beyond ASCII look where UTF-8 is read as Latin-1, as among bytes that are no text."""
    for form in forms:
        if not form.text.isascii():
            yield form._replace(text=form.text.encode("utf-8", "surrogatepass").decode("latin-1"))
