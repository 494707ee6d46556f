"""Commands of the Windows prompt (cmd.exe), as browsers copy them: `^` escapes, `"` quotes, `%NAME%` is a variable.

    text ─▶ characters, each escaped or not ─▶ commands ─▶ arguments, as the C runtime splits them

The second step is that of https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from runner.formats.curl.nodes import Command, Piece, Pipeline, Redirect, Script, Variable, Word, joined, literal_text

_VARIABLE = re.compile(r"%([A-Za-z_][A-Za-z0-9_()]*)%", re.ASCII)
_OPERATORS = ("&&", "||", "&", "|", ">>", ">", "<")
_COMMENT = re.compile(r"\s*(?:@?rem\b|::)(.*)", re.IGNORECASE)


class _Mark(NamedTuple):
    """One character, or a variable; `active` if it may mean something to the prompt."""

    piece: str | Variable
    active: bool = True


def read(text: str) -> Script:
    """The commands of a batch file or of lines of a prompt."""
    found: list[Pipeline] = []
    comments: list[str] = []
    for line, marks in _lines(text.replace("\r\n", "\n")):
        written = "".join(mark.piece for mark in marks if isinstance(mark.piece, str))
        comment = _COMMENT.fullmatch(written)
        if comment:
            comments.append(comment[1].strip())
            continue
        for commands in _pipelines(marks, line):
            found.append(Pipeline(tuple(commands), tuple(filter(None, comments))))
            comments.clear()
        if not written.strip():
            comments.clear()
    return tuple(found)


def _lines(text: str) -> Iterator[tuple[int, list[_Mark]]]:
    """The lines, joined where a caret ends them; with the number of the first."""
    marks: list[_Mark] = []
    position, line, first, quoted = 0, 1, 1, False
    while position < len(text):
        character = text[position]
        if character == "\n":
            yield first, marks
            marks, quoted, line = [], False, line + 1
            first, position = line, position + 1
        elif character == "^" and not quoted:
            following = text[position + 1 : position + 2]
            position += 2
            if following == "\n":
                line += 1  # the character after it is taken as it is, and may be another line break
                following = text[position : position + 1]
                position += 1
                line += following == "\n"
                if following in ("^", '"'):  # what browsers write: it is escaped by itself
                    position -= 1
                    continue
            marks += [_Mark(following, False)] if following else []
        elif variable := _VARIABLE.match(text, position):
            marks.append(_Mark(Variable(variable[1]), False))
            position = variable.end()
        else:
            # A quote after a backslash is one for curl; to the prompt it would end the quotes, which nobody means.
            quoted ^= character == '"' and not (quoted and text[position - 1] == "\\")
            marks.append(_Mark(character, not quoted))
            position += 1
    yield first, marks


def _pipelines(marks: list[_Mark], line: int) -> Iterator[list[Command]]:
    commands: list[Command] = []
    rest = marks
    while rest:
        command, operator, rest = _command(rest, line)
        if command.words or command.assignments:
            commands.append(command)
        if operator != "|" and commands:
            yield commands
            commands = []


def _command(marks: list[_Mark], line: int) -> tuple[Command, str, list[_Mark]]:
    """The first command, the operator after it, and what comes then."""
    end, operator = len(marks), ""
    redirects: list[Redirect] = []
    position = 0
    while position < len(marks):
        found = _operator(marks, position)
        if found in ("<", ">", ">>"):
            target, stop = _target(marks, position + len(found))
            redirects.append(Redirect(found, target))
            marks = marks[:position] + marks[stop:]
            end = len(marks)
        elif found:
            end, operator = position, found
            break
        else:
            position += 1
    words = tuple(_arguments(marks[:end]))
    rest = marks[end + len(operator) :]
    if words and (literal_text(words[0]) or "").lower() == "set":
        return _assignment(words, line), operator, rest
    return Command(words, line, (), tuple(redirects)), operator, rest


def _operator(marks: list[_Mark], position: int) -> str:
    for operator in _OPERATORS:
        part = marks[position : position + len(operator)]
        if "".join(str(mark.piece) for mark in part if mark.active) == operator:
            return operator
    return ""


def _target(marks: list[_Mark], start: int) -> tuple[Word, int]:
    while start < len(marks) and marks[start].piece == " ":
        start += 1
    end = start
    while end < len(marks) and not (marks[end].active and marks[end].piece in (" ", "&", "|", "<", ">")):
        end += 1
    return tuple(joined(mark.piece for mark in marks[start:end] if mark.piece != '"')), end


def _assignment(words: tuple[Word, ...], line: int) -> Command:
    """`set NAME=value`, whose value goes to the end."""
    whole: list[Piece] = []
    for word in words[1:]:
        whole += [" ", *word] if whole else word
    pieces = tuple(joined(whole))
    name, _, value = str(pieces[0] if pieces else "").partition("=")
    return Command((), line, ((name.strip(), tuple(joined([value, *pieces[1:]]))),))


def _arguments(marks: list[_Mark]) -> Iterator[Word]:
    pieces: list[Piece] = []
    quoted = started = False
    position = 0
    while position < len(marks):
        piece = marks[position].piece
        if piece == "\\":
            count = _run(marks, position)
            position += count
            at_quote = position < len(marks) and marks[position].piece == '"'
            pieces.append("\\" * (count // 2 if at_quote else count))
            if at_quote and count % 2:
                pieces.append('"')
                position += 1
            started = True
            continue
        if piece == '"':
            if quoted and position + 1 < len(marks) and marks[position + 1].piece == '"':
                pieces.append('"')
                position += 1
            else:
                quoted = not quoted
            started = True
        elif isinstance(piece, str) and piece in " \t" and not quoted:
            if started:
                yield tuple(joined(pieces))
            pieces, started = [], False
        else:
            pieces.append(piece)
            started = True
        position += 1
    if started:
        yield tuple(joined(pieces))


def _run(marks: list[_Mark], position: int) -> int:
    end = position
    while end < len(marks) and marks[end].piece == "\\":
        end += 1
    return end - position
