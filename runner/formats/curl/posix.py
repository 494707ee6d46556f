"""Scripts of bash, sh and zsh: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html § 2.2–2.7

    text ─▶ words, operators, here-documents ─▶ pipelines

Nothing is expanded and nothing is run. Of loops, conditions and functions the commands within are read, and a Remark
says that there was more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from runner.formats.curl.nodes import (
    Command,
    Done,
    Item,
    Loop,
    Pipeline,
    Redirect,
    Remark,
    Script,
    Unknown,
    Word,
    joined,
    literal_text,
)
from runner.formats.curl.posix_words import HOLE, Words
from runner.formats.draft import ForeignFault

_BLANK = re.compile(r"(?:[ \t]|\\\r?\n|\\\\\r?\n(?=\s+-))+")  # the last: escaped once more, as in documents
_OPERATOR = re.compile(r"\|\||\|&|&&|;;|[|&;()]")
_REDIRECT = re.compile(r"(\d*)(<<<|<<-|<<|<>|<&|>>|>&|>\||&>>|&>|[<>])")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=", re.ASCII)
#: Words that open what is more than a command, and those that only go on with it.
_OPENING = frozenset({"if", "while", "until", "case", "select", "function"})
_GOING_ON = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "{", "}", "!", "time"})
_ENDS_LINE = frozenset({"case", "select", "function"})
_DEEPEST = 20


def read(text: str) -> Script:
    """The commands of a script.

    Raises:
        ForeignFault: a quote or a bracket is never closed.
    """
    return _Reader(text.replace("\r\n", "\n").replace("\r", "\n"), 1, 0).script()


@dataclass(slots=True)
class _Document:
    """A here-document whose text comes after the end of the line; `command` and `place` say whose it is."""

    delimiter: str
    quoted: bool
    stripped: bool
    redirects: list[Redirect]
    place: int


@dataclass(slots=True)
class _Draft:
    """The command that is being read."""

    line: int = 0
    words: list[Word] = field(default_factory=list)
    assignments: list[tuple[str, Word]] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)

    def finished(self) -> Command:
        return Command(tuple(self.words), self.line, tuple(self.assignments), tuple(self.redirects))


class _Reader(Words):
    def __init__(self, text: str, line: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise ForeignFault(f"commands within commands are deeper than {_DEEPEST}", line)
        super().__init__(text, line)
        self.depth = depth
        self.items: list[Item] = []
        self.comments: list[str] = []
        self.draft = _Draft()
        self.drafts: list[_Draft] = []
        self.documents: list[_Document] = []
        #: The items of a line; pipelines are frozen when the here-documents of the line have been read.
        self.pending: list[tuple[list[_Draft], tuple[str, ...]] | Remark | Loop | Done] = []
        self.brackets = 0
        self.in_case = False

    # --- commands

    def script(self) -> Script:
        while True:
            blank = _BLANK.match(self.text, self.position)
            if blank:
                self.position = blank.end()
            if self.position >= len(self.text):
                break
            self._next()
        self._end_of_line()
        still_open = sum(isinstance(item, Loop) - isinstance(item, Done) for item in self.items)
        self.items += [Done()] * still_open  # a loop that was cut off ends with the script
        return tuple(self.items)

    def _next(self) -> None:
        character = self.text[self.position]
        if character == "\n":
            self._newline()
        elif character == "#":
            self._comment()
        elif not HOLE.match(self.text, self.position) and (found := _REDIRECT.match(self.text, self.position)):
            self._redirect(found)
        elif found := _OPERATOR.match(self.text, self.position):
            self._operator(found)
        else:
            self._word()

    def _newline(self) -> None:
        blank = self.position > 0 and self.text[self.position - 1] == "\n"
        self.position += 1
        self._end_of_line()
        if blank and not self.drafts:
            self.comments.clear()

    def _end_of_line(self) -> None:
        self._end_of_pipeline()
        for document in self.documents:
            self._document(document)
        self.documents.clear()
        for item in self.pending:
            if isinstance(item, (Remark, Loop, Done)):
                self.items.append(item)
            else:
                drafts, comments = item
                self.items.append(Pipeline(tuple(draft.finished() for draft in drafts), comments))
        self.pending.clear()

    def _comment(self) -> None:
        end = self.text.find("\n", self.position)
        end = len(self.text) if end < 0 else end
        comment = self.text[self.position + 1 : end].strip()
        self.position = end
        alone = not (self.draft.words or self.drafts)
        if alone and comment and not comment.startswith("!"):  # the first line of a script
            self.comments.append(comment)

    def _operator(self, found: re.Match[str]) -> None:
        self.position = found.end()
        operator = found.group()
        if operator in ("|", "|&"):
            self._end_of_command()
        elif operator == "(" and self.draft.words:  # `name()` defines a function
            self._remark(f"{literal_text(self.draft.words[0]) or ''}()")
            self.position += self.text.startswith(")", self.position)
            self.draft = _Draft()
        elif operator == ")" and not self.brackets:
            self._closing()
        else:
            self.brackets += (operator == "(") - (operator == ")")
            self._end_of_pipeline()

    def _closing(self) -> None:
        """A bracket that nothing opened: after a pattern of `case`, or where the script was cut out of a longer one."""
        if self.in_case:
            self.draft = _Draft()
            return
        self._end_of_pipeline()
        self._remark(")")

    def _remark(self, text: str) -> None:
        self.pending.append(Remark(text, self.line))

    def _end_of_command(self) -> None:
        draft = self.draft
        if draft.words[:1] == [("for",)]:
            name = literal_text(draft.words[1]) or "" if len(draft.words) > 1 else ""
            self.pending.append(Loop(name, tuple(draft.words[3:]), draft.line))
        elif draft.words or draft.assignments or draft.redirects:
            self.drafts.append(draft)
        self.draft = _Draft()

    def _end_of_pipeline(self) -> None:
        self._end_of_command()
        if self.drafts:
            self.pending.append((self.drafts, tuple(self.comments)))
            self.comments.clear()
        self.drafts = []

    def _word(self) -> None:
        start, line = self.position, self.line
        word = self.word()
        written = self.text[start : self.position]
        if not self.draft.words and not self.draft.assignments and written in _OPENING:
            self._opening(written, start, line)
            return
        if not self.draft.words and written in _GOING_ON:
            self.in_case = self.in_case and written != "esac"
            if written == "done":
                self._end_of_pipeline()
                self.pending.append(Done())
            return
        self.draft.line = self.draft.line or line
        assignment = _ASSIGNMENT.match(written) if not self.draft.words else None
        if assignment is None:
            self.draft.words.append(word)
        else:
            first = str(word[0])
            rest = first[assignment.end() :]
            self.draft.assignments.append((assignment[1], tuple(joined([rest, *word[1:]]))))

    def _opening(self, word: str, start: int, line: int) -> None:
        end = re.compile(r"[;\n]|\Z").search(self.text, self.position)
        stop = end.start() if end else len(self.text)
        self.pending.append(Remark(self.text[start:stop].strip(), line))
        self.in_case = self.in_case or word == "case"
        if word in _ENDS_LINE:
            self.position = stop

    # --- redirections

    def _redirect(self, found: re.Match[str]) -> None:
        start = self.position
        number, operator = found.groups()
        self.position = found.end()
        self.draft.line = self.draft.line or self.line
        if operator in ("<", ">") and self.text.startswith("(", self.position):
            self.position += 1
            inner = self.parenthesised(start)
            self.draft.words.append((Unknown(f"{operator}({inner})"),))
            return
        blank = _BLANK.match(self.text, self.position)
        if blank:
            self.position = blank.end()
        begin = self.position
        target = self.word()
        if operator in ("<<", "<<-"):
            written = self.text[begin : self.position]
            quoted = any(mark in written for mark in "'\"\\")
            delimiter = literal_text(target) or written
            place = len(self.draft.redirects)
            self.documents.append(_Document(delimiter, quoted, operator == "<<-", self.draft.redirects, place))
            operator = "<<"
        elif operator == "<<<":
            target = tuple(joined([*target, "\n"]))
        self.draft.redirects.append(Redirect(operator, target, number))

    def _document(self, document: _Document) -> None:
        lines: list[str] = []
        while self.position < len(self.text):
            end = self.text.find("\n", self.position)
            end = len(self.text) if end < 0 else end
            line = self.text[self.position : end]
            self.position = min(end + 1, len(self.text))
            line = line.lstrip("\t") if document.stripped else line
            if line == document.delimiter:
                break
            lines.append(line)
        text = "".join(f"{line}\n" for line in lines)
        word: Word = (text,) if document.quoted else self.inner(text).within_document()
        old = document.redirects[document.place]
        document.redirects[document.place] = old._replace(target=word)

    def inner(self, text: str) -> _Reader:
        return _Reader(text, self.line, self.depth + 1)
