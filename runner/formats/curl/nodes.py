"""What a script says, whatever its shell: pipelines of commands, each with words, assignments and redirections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Variable(NamedTuple):
    """A variable's value; `default` stands in where it has none. `outer` if only the environment can hold it."""

    name: str
    default: Word | None = None
    outer: bool = False


class Output(NamedTuple):
    """The output of a script: `$(…)`."""

    script: Script
    text: str


class Unknown(NamedTuple):
    """An expansion that is not read here, as it is written: `${x//a/b}`, `$((1 + 2))`, `$1`."""

    text: str


Piece = str | Variable | Output | Unknown
Word = tuple[Piece, ...]


class Redirect(NamedTuple):
    """`operator` is `<`, `>`, `>>`, `>&` and so on; `<<` and `<<<` have the text that is read."""

    operator: str
    target: Word
    number: str = ""


class Command(NamedTuple):
    """One simple command; `line` counts from 1. `comments` stand on the lines before it."""

    words: tuple[Word, ...]
    line: int
    assignments: tuple[tuple[str, Word], ...] = ()
    redirects: tuple[Redirect, ...] = ()


class Pipeline(NamedTuple):
    """Commands, each of which reads what the one before it writes. `comments` stand on the lines before it."""

    commands: tuple[Command, ...]
    comments: tuple[str, ...] = ()


class Remark(NamedTuple):
    """A part of the script that is more than a command, such as a loop; `text` is how it begins."""

    text: str
    line: int


class Loop(NamedTuple):
    """`for NAME in WORDS`; it ends at a Done."""

    name: str
    words: tuple[Word, ...]
    line: int


class Done(NamedTuple):
    """The end of a loop, of whatever kind."""


Item = Pipeline | Remark | Loop | Done
Script = tuple[Item, ...]


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces without empty texts, neighbouring texts as one."""
    pending = ""
    for piece in pieces:
        if isinstance(piece, str):
            pending += piece
            continue
        if pending:
            yield pending
        pending = ""
        yield piece
    if pending:
        yield pending


def literal_text(word: Word) -> str | None:
    """The text of a word without expansions."""
    if any(not isinstance(piece, str) for piece in word):
        return None
    return "".join(piece for piece in word if isinstance(piece, str))


def shown(word: Word) -> str:
    """A word as it would be written, for names and messages."""
    return "".join(_shown(piece) for piece in word)


def _shown(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Variable):
        return f"${piece.name}"
    return f"$({piece.text})" if isinstance(piece, Output) else piece.text
