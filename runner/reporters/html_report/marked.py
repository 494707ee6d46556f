"""Lines in which roles are marked: a styler whose marks become markup, in the page or here. The one door to HTML.

Marks are control characters, which no line from outside holds: `escape` has made them visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.diagnostics import escape

_MARKED = re.compile("\x01([a-z ]+)\x02([^\x03]*)\x03")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def marked(role: str, text: str) -> str:
    """A styler: `page/bodies.js` reads what it writes."""
    return f"\x01{role}\x02{text}\x03" if text else ""


def plain_html(text: str) -> str:
    """Any text as HTML, also within an attribute; control characters are shown escaped."""
    return escape(text).translate(_MARKUP)


def html(lines: Iterable[str]) -> str:
    """Lines with marks as HTML."""
    return "\n".join(map(_line, lines))


def _line(line: str) -> str:
    pieces = _MARKED.split(line)  # text, role, marked text, text, …
    found = [plain_html(pieces[0])]
    for role, within, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        found += [f'<span class="{role.replace(" ", "-")}">{plain_html(within)}</span>', plain_html(after)]
    return "".join(found)
