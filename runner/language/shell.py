r"""Texts and bytes as words of a POSIX shell, in which the shell reads nothing; variables beside them in double quotes.

Not the words of `shlex`, whose output is the same text in more or fewer quotes: a name in the script stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What no shell reads anything in, wherever it stands in a word but at the beginning of a command.
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+", re.ASCII)


def word(text: str) -> str:
    """A text as one word: as it is where nothing in it means anything, else in single quotes."""
    return text if _PLAIN.fullmatch(text) else single(text) or "''"


def single(text: str) -> str:
    """A text in single quotes, in which nothing means anything but `'` itself; nothing for an empty one."""
    return "'" + text.replace("'", "'\\''") + "'" if text else ""


def printf_format(content: bytes) -> str:
    """Bytes as the format of printf (POSIX): what is not printable in octal, and a dash that would begin an option."""
    first = "\\055" if content.startswith(b"-") else ""
    return "'" + first + "".join(_PRINTED[byte] for byte in content[bool(first) :]) + "'"


_PRINTED = [chr(byte) if 32 <= byte < 127 and byte not in b"%\\'" else f"\\{byte:03o}" for byte in range(256)]


class Expansion(str):
    """What the shell puts in place of `$NAME` or `$(…)`, as it is written."""

    __slots__ = ()


_SPECIAL = re.compile(r'[\\"$`]')
_NAME_GOES_ON = re.compile(r"[A-Za-z0-9_]", re.ASCII)


def composed(parts: Sequence[str]) -> str:
    """Texts and Expansions as one word: in double quotes where something is expanded in it."""
    if not any(isinstance(part, Expansion) for part in parts):
        return word("".join(parts))
    written = ""
    for place, part in enumerate(parts):
        following = parts[place + 1] if place + 1 < len(parts) else ""
        if not isinstance(part, Expansion):
            written += _SPECIAL.sub(r"\\\g<0>", part)
        elif re.fullmatch(r"\$\w+", part) and not isinstance(following, Expansion) and _NAME_GOES_ON.match(following):
            written += f"${{{part[1:]}}}"
        else:
            written += part
    return f'"{written}"'
