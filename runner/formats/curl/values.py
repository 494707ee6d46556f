"""Words of a script → texts with our placeholders; the variables that a script sets, and those that it leaves open.

$TOKEN, %TOKEN%, $env:TOKEN   the environment's: {{env.TOKEN}}, or a secret with that value where the name says so
NAME=value … $NAME            a variable of the collection
token=$(curl … | jq …)        what a request captures
{id}, <id>, {{id}} in a URL   what the reader of a document fills in: a variable, and a loss that says so
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from runner.engine.credentials import holds_credential
from runner.formats.curl.nodes import Output, Unknown, Variable, Word, literal_text, shown
from runner.formats.curl.outputs import known_output
from runner.formats.draft import Data, Imported, Names
from runner.formats.sealing import from_environment, snake
from runner.formats.texts import Part, Parts, Placeholder, constant, joined, parts_of, plain, spliced

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SPECIAL = {"RANDOM": "random_int(`0`, `32767`)", "EPOCHSECONDS": "timestamp()"}
#: `{{name}}`, which is how other tools write a variable.
_BRACES = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}", re.ASCII)
#: `<name>`, and `$name` where quotes keep the shell from it; but not what OData calls so: `?$top=5`, `/users/$count`.
_OPEN = (
    r"<([A-Za-z_][\w. -]*)>"
    r"|(?<![?&;(])\$(?!(?:count|value|metadata|batch|ref|entity|all|root|each|links|it|this)\b)([A-Za-z_]\w*)\b(?!=)"
)
_BRACKETS = r"\{\{\s*([\w.-]+)\s*\}\}|\$?\{([A-Za-z_][\w.-]*)\}|\[([A-Za-z_][\w-]*)\](?!=)"
#: What stands in a URL for a value that the reader knows: all, and what `--globoff` leaves of it.
_HOLE = re.compile(f"{_BRACKETS}|{_OPEN}", re.ASCII)
_HOLE_WITHOUT_GLOBS = re.compile(_OPEN, re.ASCII)


class Response(NamedTuple):
    """A request whose answer a variable holds, and the expression that gives what the variable has."""

    request: Data
    source: str


class Values:
    """What is known of variables at one place in a script; it changes as the script goes on."""

    def __init__(self, imported: Imported, variables: Data, secrets: Data) -> None:
        self.imported = imported
        self.names = Names()
        self.variables = variables
        self.secrets = secrets
        self.line = 0
        #: Values that differ from what the collection says, for the requests from here on.
        self.later: Data = {}
        self.responses: dict[str, Response] = {}
        self._known: dict[str, str] = {}
        self._literals: dict[str, str] = {}
        self._holes: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        #: Whether `item` has a meaning already.
        self.looping = False
        #: Our names of what requests capture.
        self.captured: set[str] = set()

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.imported.lose(f"line {self.line}", what, why, remedy)

    def _own(self, name: str) -> str:
        """Our name for a variable; two that differ in case alone stay two."""
        like = snake(name)
        return self.names(like if self._owners.setdefault(like, name) == name else f"{like}_{name}")

    # --- variables of the script

    def assign(self, name: str, value: Word) -> None:
        """`NAME=value`."""
        known = name in self._known
        text = spliced(self.parts(value))
        ours = self._own(name)
        self.responses.pop(name, None)
        self._known[name] = ours
        self._literals[name] = literal_text(value) or ""
        if not known and ours not in self.later and ours not in self.variables:
            self.variables[ours] = text
        elif self.variables.get(ours) != text:
            self.later[ours] = text

    def assign_item(self, name: str) -> None:
        """A loop gives a variable its values."""
        self._known[name] = "item"
        self._literals.pop(name, None)
        self.looping = True

    def end_item(self, name: str) -> None:
        """The loop is over."""
        self._known.pop(name, None)
        self.looping = False

    def assign_expression(self, name: str, expression: str) -> None:
        """`NAME=$(…)`, whose output is known as an expression."""
        self._known[name] = ours = self._own(name)
        target = self.later if ours in self.variables else self.variables
        target[ours] = f"{{{{{expression}}}}}"

    def capture(self, name: str, request: Data, source: str) -> None:
        """The script takes a value out of an answer."""
        ours = self._known[name] = self._own(name)
        self.variables.pop(ours, None)
        self.later.pop(ours, None)
        self.captured.add(ours)
        request.setdefault("capture", {})[ours] = source

    def literal_of(self, name: str) -> str:
        """The text that the script set a variable to; empty where that is not known."""
        return self._literals.get(name, "")

    def credential(self, like: str, text: str) -> str:
        """A variable for a literal credential, which becomes a secret by its name; one value has one name."""
        found = (name for name, value in self.variables.items() if name.startswith(like) and value == text)
        name = next(found, None) or self.names.fresh(like)
        self.variables[name] = text
        return name

    # --- texts

    def parts(self, word: Word) -> Parts:
        """A word with our expressions in it."""
        found: list[Part] = []
        for piece in word:
            if isinstance(piece, str):
                found += parts_of(piece, _BRACES, lambda match: self.hole(match[1]))
            else:
                found.append(Placeholder(self._expression(piece)))
        return tuple(joined(found))

    def text(self, word: Word) -> str:
        return spliced(self.parts(word))

    def with_holes(self, parts: Parts, *, globs: bool) -> Parts:
        """The parts of a URL, in which what the reader has to fill in is a placeholder."""
        pattern = _HOLE if globs else _HOLE_WITHOUT_GLOBS
        found: list[Part] = []
        for part in parts:
            if isinstance(part, str):
                found += parts_of(part, pattern, lambda match: self.hole(next(filter(None, match.groups()))))
            else:
                found.append(part)
        return tuple(joined(found))

    def hole(self, name: str) -> str:
        """The expression for a value that the command leaves open."""
        if name in self._known:
            return self._known[name]
        if name not in self._holes:
            ours = self._holes[name] = self._own(name)
            given = from_environment(ours)
            (self.secrets if holds_credential(ours) else self.variables)[ours] = given
            self.lose(f"the value of '{name}'", "the command leaves it open", f"set {given[6:-2]}, or write its value")
        return self._holes[name]

    def _expression(self, piece: Variable | Output | Unknown) -> str:
        if isinstance(piece, Variable):
            return self._variable(piece)
        if isinstance(piece, Output):
            return known_output(piece.script, self.parts) or self._opaque(f"$({piece.text})")
        return self._opaque(piece.text)

    def _variable(self, piece: Variable) -> str:
        found = None if piece.outer else self._inner(piece.name)
        if found is None:
            found = self._outer(piece.name)
            if piece.default:
                found += f" || {constant(plain(self.parts(piece.default)))}"
        return found

    def _inner(self, name: str) -> str | None:
        """A variable that the script sets."""
        response = self.responses.pop(name, None)
        if response is not None:
            self.capture(name, response.request, response.source)
        return self._known.get(name)

    def _outer(self, name: str) -> str:
        """A variable of the environment; it is declared as a secret where its name says that it is one."""
        if name in _SPECIAL:
            return _SPECIAL[name]
        if not _ENV_NAME.fullmatch(name):
            return self._opaque(f"${name}")
        if not holds_credential(snake(name)):
            return f"env.{name}"
        ours = self._known[name] = self._own(name)
        self.secrets[ours] = f"{{{{env.{name}}}}}"
        return ours

    def _opaque(self, written: str) -> str:
        """What only the shell can work out."""
        if written not in self._holes:
            word = re.sub(r"\W+", "_", written).strip("_")[:24].strip("_") or "value"
            ours = self._holes[written] = self.names.fresh(snake(f"arg_{word}" if word.isdigit() else word))
            given = from_environment(ours)
            (self.secrets if holds_credential(ours) else self.variables)[ours] = given
            self.lose(f"'{written}'", "only the shell can work it out", f"set {given[6:-2]}")
        return self._holes[written]


# --- parts -----------------------------------------------------------------------------------------------------------


def cut(parts: Parts, separator: str) -> tuple[Parts, Parts | None]:
    """The parts before and after the first separator; None after it where there is none."""
    for place, part in enumerate(parts):
        if isinstance(part, str) and separator in part:
            before, _, after = part.partition(separator)
            return tuple(joined([*parts[:place], before])), tuple(joined([after, *parts[place + 1 :]]))
    return parts, None


def split(parts: Parts, separator: str) -> list[Parts]:
    """The parts between separators."""
    found: list[Parts] = []
    rest: Parts | None = parts
    while rest is not None:
        before, rest = cut(rest, separator)
        found.append(before)
    return found


def mapped(parts: Parts, function: Callable[[str], str]) -> Parts:
    """The parts with each literal text changed."""
    return tuple(joined([function(part) if isinstance(part, str) else part for part in parts]))


def stripped(parts: Parts) -> Parts:
    """The parts without blanks at either end."""
    made = list(parts)
    if made and isinstance(made[0], str):
        made[0] = made[0].lstrip(" \t")
    if made and isinstance(made[-1], str):
        made[-1] = made[-1].rstrip(" \t\r\n")
    return tuple(joined(made))


def begins(parts: Parts) -> str:
    """The literal text at the beginning."""
    return parts[0] if parts and isinstance(parts[0], str) else ""


def names_in(word: Word) -> Iterator[str]:
    """The variables that a word uses."""
    return (piece.name for piece in word if isinstance(piece, Variable))


def without(parts: Parts, length: int) -> Parts:
    """The parts without the first characters of the literal text that they begin with."""
    first: Any = parts[0]
    return tuple(joined([first[length:], *parts[1:]]))


def label(word: Word) -> str:
    """A word for messages, not too long."""
    text = " ".join(shown(word).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
