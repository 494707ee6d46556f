r"""Texts and bytes as words of a POSIX shell, in which the shell reads nothing; variables beside them in double quotes.

Not the words of `shlex`, whose output is the same text in more or fewer quotes: a name in the script stays readable.
"""

from __future__ import annotations

import re

#: What no shell reads anything in, wherever it stands in a word but at the beginning of a command.
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+", re.ASCII)


def word(text: str) -> str:
    """A text as one word: as it is where nothing in it means anything, else in single quotes."""
    return text if _PLAIN.fullmatch(text) else single(text) or "''"


def single(text: str) -> str:
    """A text in single quotes, in which nothing means anything but `'` itself; nothing for an empty one."""
    return "'" + text.replace("'", "'\\''") + "'" if text else ""


def variable(name: str) -> str:
    """The value of a variable, as it is, within a word."""
    return f'"${name}"'


def printf_format(content: bytes) -> str:
    """Bytes as the format of printf (POSIX): what is not printable in octal."""
    return "'" + "".join(_PRINTED[byte] for byte in content) + "'"


_PRINTED = [chr(byte) if 32 <= byte < 127 and byte not in b"%\\'" else f"\\{byte:03o}" for byte in range(256)]
