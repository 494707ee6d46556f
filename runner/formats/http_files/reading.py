"""Text of a .http file → sections. Knows the syntax of VS Code's REST Client and of JetBrains, and nothing of ours.

### name            a section
# @name login       a setting, in a comment
@host = localhost   a variable
< {% … %}           a script before the request
POST {{host}}/login HTTP/1.1
Accept: */*

body, or < ./file
> {% … %}           a script after the response
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.formats.draft import ForeignFault
from runner.formats.http_files.nodes import FileVariable, Handler, Header, Section

_SEPARATOR = re.compile(r"###+\s*(.*)")
_COMMENT = re.compile(r"\s*(?:#|//)\s?(.*)")
_SETTING = re.compile(r"\s*(?:#|//)\s*@([A-Za-z][\w-]*)(?:[\s=]\s*(.*))?")
_VARIABLE = re.compile(r"\s*@([^\s=]+)\s*=\s?(.*)")
_METHOD = re.compile(r"([A-Z][A-Z0-9_-]*)\s+(\S.*)")
#: With these anything that follows is meant as a URL; with other words, or none, it has to look like one.
_METHODS = frozenset(
    {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "GRAPHQL", "WEBSOCKET", "GRPC",
     "RSOCKET", "AMQP", "MQTT", "SSE", "EVENTSOURCE", "QUERY"}
)  # fmt: skip
#: A scheme, a variable, a path or a `*`; else a host with a dot or a port in it.
_URL = re.compile(
    r"(?:[A-Za-z][\w+.-]*://|\{\{|/|\*$).*|(?:[\w-]+(?:\.[\w-]+)+|\[[0-9a-fA-F:.]+\]|[\w.-]+:\d+|localhost)(?::\d+)?(?:[/?#].*)?"
)
_VERSION = re.compile(r"(.*\S)\s+HTTP/(\d(?:\.\d)?)(?:\s+\(Prior Knowledge\))?\s*")
_HEADER = re.compile(r"([^\s:(){}<>@,;\\\"/\[\]?=]+|[^\s:]*\{\{[^{}]*\}\}[^\s:]*)\s*:\s?(.*)")
_CONTINUED = re.compile(r"\s*[?&]|\s+[^\s:]+$")
_SCRIPT = re.compile(r"\s*([<>])\s*\{%(.*)")
_SCRIPT_FILE = re.compile(r"\s*>\s+(\S+\.(?:js|mjs|cjs|ts))\s*")
_OUTPUT = re.compile(r"\s*>>!?\s+(\S.*)")
_COMPARED = re.compile(r"\s*<>\s+\S")
_SCRIPT_END = "%}"
_DIRECTIVE = re.compile(r"\s*(?:import|run)\s+\S")


def read(text: str) -> list[Section]:
    """The sections of a file, those without a request among them.

    Raises:
        ForeignFault: a script in it has no end; with the line.
    """
    return [_Reader(lines, first, title).section() for first, title, lines in _sections(text)]


def _sections(text: str) -> Iterator[tuple[int, str, list[str]]]:
    lines = text.replace("\r\n", "\n").split("\n")
    first, title, found = 1, "", []
    for number, line in enumerate(lines, 1):
        separator = _SEPARATOR.fullmatch(line)
        if separator is None:
            found.append(line)
            continue
        yield first, title, found
        first, title, found = number + 1, separator[1].strip().rstrip("#").strip(), []
    yield first, title, found


class _Reader:
    def __init__(self, lines: list[str], first: int, title: str) -> None:
        self.lines = lines
        self.first = first
        self.title = title
        self.place = 0
        self.comments: list[str] = []
        self.settings: list[tuple[str, str, int]] = []
        self.variables: list[FileVariable] = []
        self.handlers: list[Handler] = []
        self.directives: list[tuple[int, str]] = []
        self.strays: tuple[str, ...] = ()
        self.output = ""

    @property
    def number(self) -> int:
        return self.first + self.place

    @property
    def line(self) -> str:
        return self.lines[self.place]

    @property
    def done(self) -> bool:
        return self.place >= len(self.lines)

    def section(self) -> Section:
        self._prelude()
        line = self.number
        method, url, version = self._request_line()
        comments = tuple(self.comments)
        headers = tuple(self._headers()) if url else ()
        body = tuple(self._body()) if url else ()
        return Section(
            line, self.title, comments, tuple(self.settings), tuple(self.variables), method, url, version, headers,
            body, tuple(self.handlers), self.output, tuple(self.directives), self.strays,
        )  # fmt: skip

    def _prelude(self) -> None:
        """What stands before the request line."""
        while not self.done:
            if not self.line.strip():
                self.place += 1
            elif not any(read(self) for read in _PRELUDE):
                return

    def _setting(self) -> bool:
        match = _SETTING.fullmatch(self.line)
        if match:
            self.settings.append((match[1], (match[2] or "").strip(), self.number))
            self.place += 1
        return match is not None

    def _comment(self) -> bool:
        match = _COMMENT.fullmatch(self.line)
        if match:
            self.comments.append(match[1].strip())
            self.place += 1
        return match is not None

    def _variable(self) -> bool:
        match = _VARIABLE.fullmatch(self.line)
        if match:
            self.variables.append(FileVariable(self.number, match[1], match[2].strip()))
            self.place += 1
        return match is not None

    def _directive(self) -> bool:
        if not _DIRECTIVE.match(self.line):
            return False
        self.directives.append((self.number, self.line.strip()))
        self.place += 1
        return True

    def _script(self) -> bool:
        match = _SCRIPT.match(self.line)
        if match is None:
            return False
        phase = "pre-request" if match[1] == "<" else "response"
        line, code = self.number, [match[2]]
        while _SCRIPT_END not in code[-1]:
            self.place += 1
            if self.done:
                raise ForeignFault("this script is never closed", line, "end it with %}")
            code.append(self.line)
        code[-1] = code[-1].partition(_SCRIPT_END)[0]
        self.handlers.append(Handler(line, phase, "\n".join(code)))
        self.place += 1
        return True

    # --- the request

    def _request_line(self) -> tuple[str, str, str]:
        if self.done:
            return "", "", ""
        start = self.place
        parts = [self.line.strip()]
        self.place += 1
        while not self.done and _CONTINUED.match(self.line) and not _COMMENT.fullmatch(self.line):
            parts.append(self.line.strip())
            self.place += 1
        whole = "".join(parts)
        version = _VERSION.fullmatch(whole)
        whole = version[1] if version else whole
        method = _METHOD.fullmatch(whole)
        url = (method[2] if method else whole).strip()
        if not (method and method[1] in _METHODS) and not _URL.fullmatch(url):
            self.strays, self.place = tuple(self._trimmed(self.lines[start:])), len(self.lines)
            return "", "", ""
        return method[1] if method else "", url, version[2] if version else ""

    def _headers(self) -> Iterator[Header]:
        pending: list[str] = []
        while not self.done and self.line.strip():
            comment = None if _SETTING.fullmatch(self.line) else _COMMENT.fullmatch(self.line)
            match = _HEADER.fullmatch(self.line.strip())
            if comment:
                pending.append(comment[1].strip())
            elif match:
                yield Header(self.number, match[1], match[2].strip(), "\n".join(pending))
                pending = []
            elif not _SETTING.fullmatch(self.line):
                return  # a body that follows without an empty line
            else:
                self._setting()
                continue
            self.place += 1

    def _body(self) -> Iterator[str]:
        """The lines of the body; scripts and outputs after it are taken out."""
        lines: list[str] = []
        while not self.done:
            if self._script():
                continue
            path, output = _SCRIPT_FILE.fullmatch(self.line), _OUTPUT.fullmatch(self.line)
            if path:
                self.handlers.append(Handler(self.number, "response", "", path[1]))
            elif output:
                self.output = output[1].strip()
            elif _COMPARED.match(self.line):
                self.directives.append((self.number, self.line.strip()))
            else:
                lines.append(self.line)
            self.place += 1
        return iter(self._trimmed(lines))

    def _trimmed(self, lines: list[str]) -> list[str]:
        """Without empty lines around it, and without comments after it, which belong to what follows."""
        start = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
        end = len(lines)
        while end > start and (not lines[end - 1].strip() or _COMMENT.fullmatch(lines[end - 1])):
            end -= 1
        return lines[start:end]


#: What may stand before a request, in the order in which it is looked for.
_PRELUDE = (_Reader._setting, _Reader._comment, _Reader._variable, _Reader._script, _Reader._directive)
