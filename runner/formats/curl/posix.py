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
    Output,
    Piece,
    Pipeline,
    Redirect,
    Remark,
    Script,
    Unknown,
    Variable,
    Word,
    joined,
    literal_text,
)
from runner.formats.draft import ForeignFault

_BLANK = re.compile(r"(?:[ \t]|\\\r?\n|\\\\\r?\n(?=\s+-))+")  # the last: escaped once more, as in documents
_OPERATOR = re.compile(r"\|\||\|&|&&|;;|[|&;()]")
_REDIRECT = re.compile(r"(\d*)(<<<|<<-|<<|<>|<&|>>|>&|>\||&>>|&>|[<>])")
#: `<TOKEN>` is what documents write for a value that the reader knows, and hardly ever two redirections.
_HOLE = re.compile(r"<[A-Za-z_][\w-]*>|<[A-Z_]+(?: [A-Z_]+)+>", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=", re.ASCII)
_PARAMETER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=?+])(.*))?", re.ASCII | re.DOTALL)
#: What matters on the way to a closing bracket; text in single quotes is one mark.
_MARK = re.compile(r"\\.|'[^']*'|\$\(|[()\"]", re.DOTALL)
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
    return _Reader(text.replace("\r\n", "\n"), 1, 0).script()


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


class _Reader:
    def __init__(self, text: str, line: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise ForeignFault(f"commands within commands are deeper than {_DEEPEST}", line)
        self.text = text
        self.position = 0
        self.first_line = line
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
        self._counted = (0, line)

    @property
    def line(self) -> int:
        """The number of the line that is read now."""
        position, line = self._counted
        self._counted = self.position, line + self.text.count("\n", position, self.position)
        return self._counted[1]

    def fault(self, message: str, start: int) -> ForeignFault:
        return ForeignFault(message, self.first_line + self.text.count("\n", 0, start))

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
        return tuple(self.items)

    def _next(self) -> None:
        character = self.text[self.position]
        if character == "\n":
            self._newline()
        elif character == "#":
            self._comment()
        elif not _HOLE.match(self.text, self.position) and (found := _REDIRECT.match(self.text, self.position)):
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
            inner = self._parenthesised(start)
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
        word: Word = (text,) if document.quoted else self._inner(text).within_document()
        old = document.redirects[document.place]
        document.redirects[document.place] = old._replace(target=word)

    def _inner(self, text: str) -> _Reader:
        return _Reader(text, self.line, self.depth + 1)

    # --- words

    def word(self) -> Word:
        """The word that begins here; it may be empty."""
        pieces: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            hole = _HOLE.match(self.text, self.position)
            if hole:
                pieces.append(hole.group())
                self.position = hole.end()
            elif character in " \t\r\n|&;<>()":
                break
            elif character == "\\":
                pieces.append(self._escaped())
            elif character == "'":
                pieces.append(self._single())
            elif character == '"':
                self.position += 1
                pieces += self._double('"')
            elif character in "$`":
                pieces += self._expansion(quoted=False)
            else:
                pieces.append(self._plain())
        return tuple(joined(pieces))

    def _plain(self) -> str:
        start = self.position
        self.position += 1
        while self.position < len(self.text) and self.text[self.position] not in " \t\r\n'\"\\$`|&;<>()":
            self.position += 1
        return self.text[start : self.position]

    def _escaped(self) -> str:
        character = self.text[self.position + 1 : self.position + 2]
        self.position = min(self.position + 2, len(self.text))
        return "" if character == "\n" else character or "\\"

    def _single(self) -> str:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise self.fault("the quote ' is never closed", self.position)
        text = self.text[self.position + 1 : end]
        self.position = end + 1
        return text

    def _double(self, closing: str) -> list[Piece]:
        """The pieces up to a closing quote, or to the end of the text where there is none to come."""
        start = self.position - 1
        pieces: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            if character == closing:
                self.position += 1
                return pieces
            if character == "\\":
                pieces.append(self._escaped_in_double(closing))
            elif character in "$`":
                pieces += self._expansion(quoted=True)
            else:
                pieces.append(character)
                self.position += 1
        if closing:
            raise self.fault(f"the quote {closing} is never closed", start)
        return pieces

    def _escaped_in_double(self, closing: str) -> str:
        following = self.text[self.position + 1 : self.position + 2]
        if following and following in f"$`\\\n{closing}":
            return self._escaped()
        self.position += 1
        return "\\"

    def within_document(self) -> Word:
        """The whole text as the lines of a here-document, in which only `$`, `` ` `` and `\\` mean anything."""
        return tuple(joined(self._double("")))

    # --- expansions

    def _expansion(self, *, quoted: bool) -> list[Piece]:
        start = self.position
        if self.text[start] == "`":
            return [self._backticks(start)]
        self.position += 1
        following = self.text[self.position : self.position + 1]
        if following == "(":
            return [self._output(start)]
        if following == "{":
            return [self._parameter(start)]
        name = _NAME.match(self.text, self.position)
        if name:
            self.position = name.end()
            return [Variable(name.group())]
        if following and following in "0123456789@*#?!-$":
            self.position += 1
            return [Unknown(f"${following}")]
        if not quoted and following == "'":
            return [self._ansi(start)]
        if not quoted and following == '"':
            self.position += 1
            return self._double('"')
        return ["$"]

    def _backticks(self, start: int) -> Piece:
        found = re.compile(r"`((?:\\.|[^`\\])*)`", re.DOTALL).match(self.text, start)
        if found is None:
            raise self.fault("the quote ` is never closed", start)
        self.position = found.end()
        return self._output_of(re.sub(r"\\([`\\$])", r"\1", found[1]))

    def _output(self, start: int) -> Piece:
        self.position += 1
        arithmetic = self.text.startswith("(", self.position)
        inner = self._parenthesised(start)
        if arithmetic and inner.endswith(")"):
            return Unknown(f"$({inner})")
        return self._output_of(inner)

    def _output_of(self, text: str) -> Output:
        return Output(self._inner(text).script(), text.strip())

    def _parenthesised(self, start: int) -> str:
        """The text up to the bracket that closes the one before it; nothing in it is read twice."""
        begin = self.position
        open_marks = [")"]
        while self.position < len(self.text):
            mark = _MARK.search(self.text, self.position)
            if mark is None:
                break
            self.position = mark.end()
            found = mark.group()
            if found == open_marks[-1]:
                open_marks.pop()
                if not open_marks:
                    return self.text[begin : mark.start()]
            elif found == '"' or found.endswith("("):
                if found != "(" or open_marks[-1] == ")":  # within quotes a bracket alone means nothing
                    open_marks.append('"' if found == '"' else ")")
            elif found.startswith("'") and open_marks[-1] == '"':
                self.position = mark.start() + 1
        raise self.fault("the bracket ( is never closed", start)

    def _parameter(self, start: int) -> Piece:
        """`${NAME}`, with a default where it says one."""
        end, depth = self.position + 1, 1
        while end < len(self.text) and depth:
            end += 2 if self.text[end] == "\\" else 1
            depth += {"{": 1, "}": -1}.get(self.text[end - 1], 0)
        if depth:
            raise self.fault("the bracket { is never closed", start)
        inner = self.text[self.position + 1 : end - 1]
        self.position = end
        found = _PARAMETER.fullmatch(inner)
        if found is None or (found[2] or "").endswith("+"):
            return Unknown(f"${{{inner}}}")
        if found[2] is None or found[2].endswith("?"):
            return Variable(found[1])
        return Variable(found[1], self._default(found[3]))

    def _default(self, text: str) -> Word:
        alone = self._inner(text)
        word = alone.word()
        return word if alone.position == len(text) else self._inner(text).within_document()

    def _ansi(self, start: int) -> str:
        """`$'…'`, whose escapes are those of C."""
        found = re.compile(r"\$'((?:\\.|[^'\\])*)'", re.DOTALL).match(self.text, start)
        if found is None:
            raise self.fault("the quote $' is never closed", start)
        self.position = found.end()
        return unescaped(found[1])


# --- escapes of $'…' -------------------------------------------------------------------------------------------------

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def unescaped(text: str) -> str:
    """The text between `$'` and `'`; bytes that are no UTF-8 stay as surrogates (PEP 383)."""
    content = bytearray()
    position = 0
    for match in _ESCAPE.finditer(text):
        content += text[position : match.start()].encode("utf-8", "surrogatepass") + _escape(match)
        position = match.end()
    content += text[position:].encode("utf-8", "surrogatepass")
    # Halves of pairs as UTF-16 writes them, which browsers copy, are three bytes each: no UTF-8 either.
    whole = content.decode("utf-8", "surrogatepass" if _is_passed(content) else "surrogateescape")
    return _PAIR.sub(lambda pair: pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le"), whole)


def _is_passed(content: bytearray) -> bool:
    try:
        content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _escape(match: re.Match[str]) -> bytes:
    byte, short, long, octal, control, other = match.groups()
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8) & 0xFF])
    if short or long:
        code = int(short or long, 16)
        return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"\xef\xbf\xbd"
    if control:
        return bytes([ord(control) & 0x1F])
    return (_CONTROLS.get(other) or (other if other in "\\'\"?" else f"\\{other}")).encode("utf-8", "surrogatepass")
