"""Which shell a text is written for, and the text as that shell would read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from runner.formats.curl import cmd, posix, powershell
from runner.formats.curl.nodes import Script

_POWERSHELL = re.compile(r"`\r?\n|\$env:\w|^\s*\$\w+\s*=|Invoke-(?:WebRequest|RestMethod)", re.MULTILINE)
_CMD = re.compile(r"\^\r?\n|\s\^\"|^\s*(?:@echo\b|set \w+=)", re.MULTILINE | re.IGNORECASE)
#: A variable of cmd, and not two encoded characters: `%20…%2F`.
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})[A-Za-z_]\w+%", re.ASCII)
_DOLLAR = re.compile(r"\$[A-Za-z_{(]|'[^']*'", re.ASCII)
#: An option before an escaped quote: the text was escaped once more, as in JSON or Markdown.
_ESCAPED = re.compile(r"\bcurl\b[^'\"]{0,500}?\s-{1,2}[\w-]+\s+\\\"")
#: The notation of tldr pages: `{{[-L|--location]}}` and `{{https://example.com}}`.
_TLDR = re.compile(r"\{\{\[-\w\|(--[\w-]+)\]\}\}")

READERS: Mapping[str, Callable[[str], Script]] = {
    "posix": posix.read,
    "cmd": cmd.read,
    "powershell": powershell.read,
}


def dialect(text: str) -> str:
    """`posix`, `cmd` or `powershell`."""
    if _CMD.search(text):
        return "cmd"
    if _POWERSHELL.search(text):
        return "powershell"
    return "cmd" if _PERCENT.search(text) and not _DOLLAR.search(text) else "posix"


def repaired(text: str) -> tuple[str, str]:
    """The text without what documents add to commands, and what that was; empty where it was nothing."""
    if _ESCAPED.search(text):
        return re.sub(r"\\(?=[\"\\])", "", text), 'quotes were escaped (\\")'
    if _TLDR.search(text):
        return re.sub(r"\{\{(.*?)\}\}", r"\1", _TLDR.sub(r"\1", text)), "values stood in {{ }}"
    return text, ""
