"""`curl`: a POSIX shell script that sends the same requests in the same order: a function for each.

Where the run showed `***` the script has a shell variable, which its reader must set. Texts stand in single quotes,
bytes that are no text go through printf, so that the shell reads nothing in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TextIO

from runner.diagnostics import Span, escape
from runner.engine.events import CollectionStarted, Event, RunFinished, RunStarted, StepFinished, TokenFinished
from runner.engine.exchange import Connection, Headers, Request
from runner.engine.payload import Body, BodyFile, BodyPart, Multipart
from runner.engine.results import Outcome, StepResult, TokenResult
from runner.language.shell import printf_format, single
from runner.redaction import MASK

_HEAD = """\
#!/bin/sh
# The requests of a run, as curl commands: sh FILE sends all of them, sh FILE NAME… only these functions.
# A variable stands for each secret that the run showed as ***; the script says which ones it wants.
set -u
"""
_TAIL = """\

[ "$#" -gt 0 ] || set --{names}
failed=0
for name
do
  printf '\\n# %s\\n' "$name"
  "$name" || failed=$?
done
exit "$failed"
"""
#: What curl makes itself of the body and the URL.
_CURLS_OWN = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_ACCEPT = ("Accept", "*/*")
#: What curl adds to a request with a body.
_OF_BODIES = ("Content-Type", "Expect")
#: Longer ones do not fit onto a command line; printf is built in and takes any.
_LONGEST_ARGUMENT = 100_000
#: The name before a value: `"client_secret": "`, `key=`, `X-Api-Key: `, `Authorization: Bearer `.
_NAME_BEFORE = re.compile(r"""([A-Za-z_][A-Za-z0-9_.-]*)\\?["']?\s*[:=]\s*\\?["']?(?:[A-Za-z]+ )?$""")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes a function for each request, and at last a loop over them."""

    stream: TextIO
    wants_exchanges: bool = True
    _collection: str = ""
    _names: list[str] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.stream.write(_HEAD)
            case CollectionStarted():
                self._collection = event.name
            case TokenFinished():
                self._token(event.result)
            case StepFinished():
                self._step(event.result)
            case RunFinished():
                names = "".join(f" {name}" for name in self._names)
                self.stream.write(_TAIL.replace("{names}", names))

    def _token(self, result: TokenResult) -> None:
        for exchange in result.exchanges:
            self._function("token", f"token: {result.name}", result.span, exchange.request, True)

    def _step(self, result: StepResult) -> None:
        request = result.exchange.request if result.exchange else result.unanswered
        if request is not None:
            self._function(result.name, result.name, result.span, request, result.exchange is not None)
            return
        why = result.reason if result.outcome is Outcome.SKIPPED else "could not be built, or its token not fetched"
        self.stream.write(f"\n# {_comment(self._collection, result.name, result.span)}\n# not sent: {_line(why)}\n")

    def _function(self, name: str, title: str, span: Span | None, request: Request, sent: bool) -> None:
        words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40].strip("_")
        function = f"r{len(self._names) + 1}_{words}".rstrip("_")
        self._names.append(function)
        script = _Script(_comment(self._collection, title, span), sent)
        command = script.command(request)
        wanted = "".join(f'  : "${{{name}:?{text}}}"\n' for name, text in script.wanted.items())
        self.stream.write(f"\n# {script.title}\n{function}() {{\n{wanted}{command}}}\n")


def command(request: Request, sent: bool = True) -> str:
    """One request for a shell: nothing is sent as long as a variable that it needs is not set.

    `sent`: the request has all headers that went out, and not only those that were declared.
    """
    script = _Script("", sent)
    text = script.command(request).strip()
    needed = " ".join(f'"${{{name}:?{words}}}"' for name, words in script.wanted.items())
    return f": {needed} &&\n{text}" if needed else text


def _comment(collection: str, name: str, span: Span | None) -> str:
    return _line(f"{collection}: {name}{f'  ({span.where})' if span else ''}")


def _line(text: str) -> str:
    return escape(text.replace("\n", " "))


@dataclass(slots=True, eq=False)
class _Script:
    """One request in the shell's words; `wanted` are the variables that it needs, each with what it stands for.

    `sent`: the request has all headers that went out, and not only those that were declared.
    """

    title: str
    sent: bool
    wanted: dict[str, str] = field(default_factory=dict)

    def command(self, request: Request) -> str:
        """The lines of the function that sends a request."""
        content = request.body or b""
        piped = isinstance(content, bytes) and bool(content) and not _fits(content)
        options, wanted = _options(_Shape.of(request, self.sent))
        self.wanted.update(wanted)
        before = self._piped(content) if piped and isinstance(content, bytes) else ""
        lines = [f"  {before}curl", options, *self._data(content, piped), self._quoted(request.url, "URL")]
        return " \\\n    ".join(lines) + "\n"

    def _data(self, body: Body, piped: bool) -> Iterator[str]:
        """The options that carry the body; files are named, and read by curl."""
        if isinstance(body, Multipart):
            yield from map(self._part, body.parts)
        elif isinstance(body, BodyFile):
            yield f"--data-binary {self._quoted(f'@{body.name}', 'path')}"
        elif body:
            yield "--data-binary @-" if piped else f"--data-raw {self._quoted(body.decode(), 'body')}"

    def _part(self, part: BodyPart) -> str:
        content = part.content
        if isinstance(content, BodyFile):
            value = f"@{_in_form(content.name)}"
        else:
            value = _in_form(content.decode("utf-8", "replace"))
        said = [("filename", part.filename), ("type", part.content_type)]
        more = "".join(f";{name}={_in_form(text) if name == 'filename' else text}" for name, text in said if text)
        return f"--form {self._quoted(f'{part.name}={value}{more}', 'body')}"

    def options(self, shape: _Shape) -> Iterator[str]:
        """All options but the body's."""
        yield "--silent --show-error --include --globoff --path-as-is"
        yield f"--max-time {shape.timeout:g}"
        if shape.method == "HEAD":
            yield "--head"
        elif shape.method != ("POST" if shape.has_body else "GET"):
            yield f"--request {self._quoted(shape.method, 'method')}"
        if shape.max_redirects:
            yield f"--location --max-redirs {shape.max_redirects}"
        names = {name.lower() for name, _ in shape.headers}
        if "accept-encoding" in names:
            yield "--compressed"
        yield from self._connection(shape.connection)
        yield from (f"--header {self._quoted(text, 'header')}" for text in shape.header_texts())
        added = [*(("Accept", "User-Agent") if shape.sent else ()), *(_OF_BODIES if shape.has_body else ())]
        yield from (f"--header '{name}:'" for name in added if name.lower() not in names)

    def _connection(self, connection: Connection) -> Iterator[str]:
        if connection.verify is False:
            yield "--insecure"
        elif isinstance(connection.verify, str):
            yield f"--cacert {self._quoted(connection.verify, 'path')}"
        if connection.certificate is not None:
            yield f"--cert {self._quoted(connection.certificate.cert, 'path')}"
            if connection.certificate.key:
                yield f"--key {self._quoted(connection.certificate.key, 'path')}"
        if connection.proxy == "":
            yield "--noproxy '*'"
        elif connection.proxy is not None:
            socket = connection.proxy.removeprefix("unix:")
            option = "--proxy" if socket == connection.proxy else "--unix-socket"
            yield f"{option} {self._quoted(socket, 'proxy')}"

    def _quoted(self, text: str, place: str) -> str:
        """A text as one word of the shell; masks become variables."""
        if MASK not in text:
            return single(text) or "''"
        parts = text.split(MASK)
        words: list[str] = []
        before = ""
        for part in parts[:-1]:
            before += part
            words += [single(part), f'"${self._variable(before, place)}"']
        return "".join([*words, single(parts[-1])]) or "''"

    def _piped(self, content: bytes) -> str:
        """The commands that write a body into curl."""
        parts = content.split(MASK.encode())
        commands: list[str] = []
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            if part:
                commands.append(f"printf {printf_format(part)}")
            if following is not None:
                variable = self._variable(part[-200:].decode("utf-8", "replace"), "body")
                commands.append(f"printf '%s' \"${variable}\"")
        return commands[0] + " |\n  " if len(commands) == 1 else f"{{ {'; '.join(commands)}; }} |\n  "

    def _variable(self, before: str, place: str) -> str:
        found = _NAME_BEFORE.search(before[-200:])
        name = f"SECRET_{re.sub('[^A-Z0-9]+', '_', found[1].upper())}" if found else f"SECRET_IN_{place.upper()}"
        where = f"{found[1]} in the {place}" if found else f"the {place}"
        self.wanted.setdefault(name, f"set it to the secret of {where}, written as there")
        return name


class _Shape(NamedTuple):
    """What of a request its options are made of, but for the body's; most requests of a run have it in common."""

    method: str
    has_body: bool
    is_form: bool
    timeout: float
    max_redirects: int
    headers: Headers
    connection: Connection
    sent: bool

    @classmethod
    def of(cls, request: Request, sent: bool) -> _Shape:
        return cls(
            request.method,
            bool(request.body),
            isinstance(request.body, Multipart),
            request.timeout,
            request.max_redirects,
            request.headers,
            request.connection,
            sent,
        )

    def header_texts(self) -> Iterator[str]:
        """Those that curl is to be told, in its form."""
        for name, value in self.headers:
            # curl makes the boundary of a form, and says so
            own = name.lower() in _CURLS_OWN or (name, value) == _ACCEPT or (self.is_form and name == "Content-Type")
            if not own:
                yield f"{name}: {value}" if value else f"{name};"


@lru_cache(maxsize=64)
def _options(shape: _Shape) -> tuple[str, Mapping[str, str]]:
    """The lines of the options, and the variables that they need."""
    script = _Script("", shape.sent)
    return " \\\n    ".join(script.options(shape)), script.wanted


def _in_form(text: str) -> str:
    """A value of curl's --form: in double quotes, so that `;`, `,`, `@` and `<` in it mean nothing."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _fits(content: bytes) -> bool:
    """Whether a body can stand on the command line: it is text, and not long."""
    if len(content) > _LONGEST_ARGUMENT:
        return False
    try:
        return _CONTROL.search(content.decode()) is None
    except UnicodeDecodeError:
        return False

