"""YAML text → the same YAML in one canonical style; comments, order, quotes, blocks and braces stay as chosen.

    parts ◀── lines, reading ◀── printing

Two spaces of indent, items below their key, one space after `:` and `,`, one empty line between requests and between
the blocks of a file. This file knows the keys whose items are set apart, and no other; it judges nothing.
"""

from __future__ import annotations

from runner.diagnostics import Source
from runner.language.layout.printing import Printer
from runner.language.layout.reading import read

__all__ = ["layout"]


def layout(source: Source) -> str:
    """The canonical text of a source that `syntax.parse` has read without faults.

    Raises:
        InvalidError: it is not YAML.
    """
    lines = source.text.replace("\r\n", "\n").replace("\r", "\n")  # YAML reads every line break as one (1.2 § 5.4)
    document = read(Source(source.path, lines))
    if document is None:  # nothing but comments
        text = "\n".join(line.rstrip() for line in lines.split("\n")).strip("\n")
        return f"{text}\n" if text else ""
    return Printer(document).text()
