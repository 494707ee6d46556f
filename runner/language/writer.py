"""Plain data → YAML in one canonical style, which reads back exactly the same by the rules of `syntax`.

Mappings and lists as blocks of two spaces, short flat ones in one line; texts plain where nobody could read them as
anything else, else quoted; texts of several lines as literal blocks. `Comment` and `Disabled` stand among entries and
items and become comments at their place. This file knows the keys whose values are always blocks, and no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.language.syntax import plain_value
from runner.language.values import SpelledFloat, SpelledInt

#: A line that is longer is broken into a block where it can be.
WIDTH = 100
_FLOW_WIDTH = 72
#: Keys whose mappings and lists are always blocks, for the sake of diffs.
_BLOCKS = frozenset(
    {"variables", "secrets", "environments", "auth", "capture", "defaults", "requests", "setup", "teardown", "assert",
     "request"}
)  # fmt: skip
#: Keys whose items are set apart by empty lines.
_APART = frozenset({"requests", "setup", "teardown"})


@dataclass(frozen=True, slots=True, eq=False)
class Comment:
    """A comment at its place: a key of a mapping (its value is not looked at) or an item of a list."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Disabled:
    """Entries of a mapping, or an item of a list, that are written as a comment: what the foreign file switched off."""

    value: Any


Data = Any


def write(data: Mapping[Any, Data]) -> str:
    """The YAML text of a mapping.

    Raises:
        ValueError: a text holds half of a surrogate pair, which no UTF-8 file can hold.
        TypeError: a value is none of JSON's.
    """
    lines: list[str] = []
    before = ""
    entries = [(key, list(_entry(key, value, 0))) for key, value in data.items()]
    for place, (key, written) in enumerate(entries):
        block = max(len(written), _led_by(entries[place:])) > 1
        if lines and before != "comment" and (block or before == "block"):
            lines.append("")
        lines += written
        before = "comment" if isinstance(key, Comment) else "block" if len(written) > 1 else "line"
    return "\n".join(lines) + "\n" if lines else "{}\n"


def _led_by(written: Sequence[tuple[Any, list[str]]]) -> int:
    """The lines of what follows remarks: an empty line that sets it apart stands before them."""
    return next((len(lines) for entry, lines in written if not isinstance(entry, (Comment, Disabled))), 0)


def _entries(data: Mapping[Any, Data], indent: int) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(key, value, indent)


def _entry(key: Any, value: Data, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(key, Comment):
        yield from _comment(key.text, indent)
        return
    if isinstance(key, Disabled):
        yield from _disabled(_entries(key.value, 0), indent)
        return
    name = scalar(str(key))
    if len(name) > 900:  # YAML's limit for a key in one line is 1,024 characters
        yield f"{pad}? {name}"
        name = ""
    yield from _valued(f"{pad}{name}:", key, value, indent)


def _valued(head: str, key: Any, value: Data, indent: int) -> Iterator[str]:
    """A key with its value: in its line, or as a block below it."""
    flow = None if key in _BLOCKS and value else _flow(value)
    if flow is not None and len(head) + 1 + len(flow) <= WIDTH:
        yield f"{head} {flow}"
    elif isinstance(value, Mapping):
        yield head
        yield from _entries(value, indent + 2)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield head
        yield from _items(value, indent + 2, apart=key in _APART)
    else:
        yield from _scalar_lines(head, value, indent)


def _items(items: Sequence[Data], indent: int, *, apart: bool = False) -> Iterator[str]:
    before = 0  # lines of the item before; of remarks before the first one none
    begun = False
    every = [(item, list(_item(item, indent))) for item in items] if apart else ()
    for place, (item, written) in enumerate(every):
        if before and max(before, len(written), _led_by(every[place:])) > 1:
            yield ""
        begun = begun or not isinstance(item, (Comment, Disabled))
        before = len(written) if begun and not isinstance(item, Comment) else 0
        yield from written
    if not apart:
        for item in items:
            yield from _item(item, indent)


def _item(item: Data, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(item, Comment):
        yield from _comment(item.text, indent)
    elif isinstance(item, Disabled):
        yield from _disabled(_item(item.value, 0), indent)
    elif isinstance(item, Mapping) and item:
        yield from _dashed(_entries(item, indent + 2), indent)
    elif (flow := _flow(item)) is not None:
        yield f"{pad}- {flow}"
    elif isinstance(item, str):
        yield from _scalar_lines(f"{pad}-", item, indent)
    else:
        yield from _dashed(_items(item, indent + 2), indent)


def _dashed(lines: Iterable[str], indent: int) -> Iterator[str]:
    """A block as an item: its first line that is no comment has the dash."""
    dashed = False
    for line in lines:
        if dashed or not line.strip():
            yield line
        elif line.lstrip().startswith("#"):
            yield line[2:]
        else:
            yield f"{' ' * indent}- {line[indent + 2 :]}"
            dashed = True
    if not dashed:
        yield f"{' ' * indent}- {{}}"


def _comment(text: str, indent: int) -> Iterator[str]:
    for line in _visible(text).split("\n"):
        yield (" " * indent + f"# {line}").rstrip()


def _disabled(lines: Iterable[str], indent: int) -> Iterator[str]:
    yield from ((" " * indent + f"# {line}").rstrip() for line in lines)


_LINE_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: What has to be escaped: what YAML 1.2 § 5.1 does not allow, and what YAML 1.1 takes for a line break.
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _visible(text: str) -> str:
    """The text of a comment: its line breaks as YAML's, what YAML does not allow escaped."""
    return _UNPRINTABLE.sub(lambda match: _escaped(match.group()), _LINE_BREAKS.sub("\n", text))


# --- scalars -------------------------------------------------------------------------------------------------------


def _flow(value: Data) -> str | None:
    """A short flat mapping or list, or any scalar but a text of several lines, in one line; None for what is none."""
    if isinstance(value, Mapping):
        if any(isinstance(key, (Comment, Disabled)) or not _is_plain_scalar(item) for key, item in value.items()):
            return None
        inside = ", ".join(f"{scalar(str(key), flow=True)}: {scalar(item, flow=True)}" for key, item in value.items())
        return f"{{{inside}}}" if len(inside) <= _FLOW_WIDTH else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not all(map(_is_plain_scalar, value)):
            return None
        inside = ", ".join(scalar(item, flow=True) for item in value)
        return f"[{inside}]" if len(inside) <= _FLOW_WIDTH else None
    return scalar(value) if _is_plain_scalar(value) else None


def _is_plain_scalar(value: Data) -> bool:
    return value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and "\n" not in value)


def _scalar_lines(head: str, value: Data, indent: int) -> Iterator[str]:
    if isinstance(value, str) and _fits_block(value):
        yield from _literal(head, value, indent)
    else:
        yield f"{head} {scalar(value)}"


def _fits_block(text: str) -> bool:
    """Whether a literal block gives this text back, and empty lines after it do not count."""
    return "\n" in text and not _UNPRINTABLE.search(text) and text.strip("\n \t") != "" and text[-2:] != "\n\n"


def _literal(head: str, text: str, indent: int) -> Iterator[str]:
    body = text.removesuffix("\n")
    first = next(line for line in body.split("\n") if line)
    mark = "2" if first[0] in " \t" or body[0] == "\n" else ""  # else YAML would take its indent for the block's
    yield f"{head} |{mark}{'-' if body == text else ''}"
    pad = " " * (indent + 2)
    for line in body.split("\n"):
        yield pad + line if line else ""


_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=<")
_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9][0-9_,.:eExXoObB+\-]*")
_YAML_11 = frozenset({"y", "n", "yes", "no", "on", "off"})
_IN_FLOW = frozenset(",[]{}")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def scalar(value: Data, *, flow: bool = False) -> str:
    """A scalar in one line; `flow` within braces or brackets."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _is_plain(value, flow) else quoted(value)
    if isinstance(value, (SpelledInt, SpelledFloat)) or type(value) is int:
        return str(value)
    if type(value) is float:
        return json.dumps(value, allow_nan=False)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _is_plain(text: str, flow: bool) -> bool:
    if not text or text != text.strip() or _UNPRINTABLE.search(text) or "\n" in text or "\t" in text:
        return False
    if text[0] in _INDICATORS and not (text[0] in "-" and len(text) > 1 and text[1] not in " -"):
        return False
    if ": " in text or text.endswith(":") or " #" in text or text.startswith(("---", "...")):
        return False
    if flow and (_IN_FLOW & set(text) or "?" in text):  # libyaml: no `:?` within braces
        return False
    if _LIKE_A_NUMBER.fullmatch(text) or text.lower() in _YAML_11:
        return False
    return isinstance(plain_value(text), str)


def quoted(text: str) -> str:
    """In double quotes; in single ones where the text has quotes or backslashes of its own and nothing to escape."""
    if _UNPRINTABLE.search(text) or "\n" in text or "\t" in text:
        return '"' + "".join(_ESCAPES.get(c) or (_escaped(c) if _UNPRINTABLE.match(c) else c) for c in text) + '"'
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code < 0xE000:
        raise ValueError("half of a surrogate pair cannot be written")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
