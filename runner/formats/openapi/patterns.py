"""Texts that match a regular expression of a schema: the shortest that is easily found, and none where that is hard.

    pattern ─▶ tree of choices ─▶ text, checked by Python's own `re` where that knows the pattern

The patterns are ECMA-262's, as far as documents use them. What looks around or back is taken for empty, and the check
decides.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

#: How often what may be repeated is repeated, beyond what it must be, until a text fits.
_EXTRA = (0, 1, 2, 3, 5, 8, 16, 32, 64)
_LONGEST = 300
_QUICK = 24
_MOST = 10_000
#: Characters to choose from, the plainest first.
_PLAIN = "aA1 -_.,:/@#+=!?*&%$;'\"~|()[]{}<>^\\`éß"
_CLASSES = {"d": "0123456789", "w": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", "s": " \t\n\r"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_MARKS = re.compile(r"\(\?(?:[:=!>]|<[=!]|P?<\w+>)")
_BOUNDS = re.compile(r"\{(\d+)(,?)(\d*)\}")


@dataclass(slots=True)
class _Node:
    """Alternatives of sequences, or one character out of `characters`; repeated between `low` and `high` times."""

    choices: list[list[_Node]] = field(default_factory=list)
    characters: str = ""
    low: int = 1
    high: int = 1


def text_for(pattern: str, shortest: int = 0, longest: int = _LONGEST) -> str | None:
    """A text of a length that the pattern allows, else None."""
    try:
        tree = _Reader(pattern).choices()
        return _found(tree, _checker(pattern, slow=any(map(_nests, tree.choices))), shortest, longest)
    except (ValueError, IndexError, RecursionError):
        return None


def _found(tree: _Node, fits: Callable[[str], bool], shortest: int, longest: int) -> str | None:
    for extra in _EXTRA:
        for found in ("".join(_text(part, extra) for part in choice) for choice in tree.choices):
            text = found.ljust(shortest, "a")  # a pattern that has no end of its own allows more
            if len(text) <= min(longest, _LONGEST) and fits(text):
                return text
    return None


def _checker(pattern: str, *, slow: bool) -> Callable[[str], bool]:
    """Whether a text fits, as far as Python can say and in bounded time: `slow` where it may try many ways."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of what ECMA-262 allows, such as `[[]`
            compiled = re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except (re.error, OverflowError, RecursionError):
        return lambda text: True
    return lambda text: (slow and len(text) > _QUICK) or compiled.search(text) is not None


def _nests(parts: list[_Node], inside: bool = False) -> bool:
    """Whether what repeats holds something that repeats, or that has alternatives: both can match in many ways."""
    return any(
        (inside and (part.high > 1 or len(part.choices) > 1))
        or any(_nests(choice, inside or part.high > 1) for choice in part.choices)
        for part in parts
    )


def _text(node: _Node, extra: int) -> str:
    """A text for a node; the more it has to be, the later the alternative."""
    times = min(node.high, node.low + extra, _LONGEST)
    if node.characters:
        return node.characters[0] * times
    choice = node.choices[extra % len(node.choices)]
    once = "".join(_text(part, extra) for part in choice)
    if len(once) * times > _MOST:
        raise ValueError("longer than anybody would write")
    return once * times


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def choices(self) -> _Node:
        node = _Node([[]])
        while self._at < len(self._text) and self._text[self._at] != ")":
            character = self._take()
            if character == "|":
                node.choices.append([])
            elif character not in "^$":
                node.choices[-1].append(self._repeated(self._atom(character)))
        return node

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _atom(self, character: str) -> _Node:
        if character == "(":
            return self._group()
        if character == "[":
            return _Node(characters=self._class())
        if character == ".":
            return _Node(characters=_PLAIN)
        if character == "\\":
            found = self._escape()
            return _Node(characters=found) if found else _Node([[]])
        return _Node(characters=character)

    def _group(self) -> _Node:
        mark = _MARKS.match(self._text, self._at - 1)
        if mark is not None:
            self._at = mark.end()
        inner = self.choices()
        if self._take() != ")":
            raise ValueError("a group has no end")
        looks = mark is not None and mark.group()[2:] in ("=", "!", "<=", "<!")
        return _Node([[]]) if looks else inner

    def _escape(self) -> str:
        """The characters that an escape stands for; none for a boundary or a reference."""
        character = self._take()
        if character.lower() in _CLASSES:
            known = _CLASSES[character.lower()]
            return known if character.islower() else _without(known)
        if character in "bB" or character in "123456789":
            return ""
        if character in "ux":
            return self._code(4 if character == "u" else 2)
        if character in "pP" and self._text[self._at : self._at + 1] == "{":
            self._at = self._text.index("}", self._at) + 1
            return "a1 " if character == "p" else " "
        return _ESCAPES.get(character, character)

    def _code(self, digits: int) -> str:
        if self._text[self._at : self._at + 1] == "{":
            end = self._text.index("}", self._at)
            code, self._at = self._text[self._at + 1 : end], end + 1
        else:
            code, self._at = self._text[self._at : self._at + digits], self._at + digits
        return chr(int(code, 16))

    def _class(self) -> str:
        negated = self._text[self._at] == "^"
        self._at += negated
        found = ""
        first = True
        while first or self._text[self._at] != "]":
            first = False
            found += self._member()
        self._at += 1
        return _without(found) if negated else _plainest(found)

    def _member(self) -> str:
        """A character of a class, an escape, or a range."""
        low = self._one()
        following = self._text[self._at : self._at + 2]
        if len(low) == 1 and len(following) == 2 and following[0] == "-" and following[1] != "]":
            self._at += 1
            high = self._one()
            return "".join(map(chr, range(ord(low), min(ord(high), ord(low) + 200) + 1)))
        return low

    def _one(self) -> str:
        character = self._take()
        return (self._escape() or "\b") if character == "\\" else character

    def _repeated(self, node: _Node) -> _Node:
        bounds = _BOUNDS.match(self._text, self._at)
        sign = self._text[self._at : self._at + 1]
        if bounds is not None:
            self._at = bounds.end()
            low = int(bounds[1])
            high = int(bounds[3]) if bounds[3] else (_LONGEST if bounds[2] else low)
            if low > _LONGEST:
                raise ValueError("longer than anybody would write")
        elif sign and sign in "*+?":
            self._at += 1
            low, high = {"*": (0, _LONGEST), "+": (1, _LONGEST), "?": (0, 1)}[sign]
        else:
            return node
        if self._text[self._at : self._at + 1] in ("?", "+"):  # lazy, possessive
            self._at += 1
        if node.characters:
            node.low, node.high = low, high
            return node
        return _Node([[node]], low=low, high=high)


def _without(characters: str) -> str:
    left = "".join(c for c in _PLAIN if c not in characters)
    if not left:
        raise ValueError("no character is left")
    return left


def _plainest(characters: str) -> str:
    """The same, with a letter or digit first where there is one."""
    return "".join(sorted(characters, key=lambda c: not c.isalnum()))
