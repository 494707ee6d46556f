"""A plan → a POSIX shell script of curl commands, which `load` reads back: https://curl.se/docs/manpage.html

    Plan ─flat_steps─▶ Flat ─options─▶ a command, and the captures behind it

What is secret, and what the environment gives, are variables of the shell that the reader sets. The script runs in the
folder of the request file; it needs curl 7.87, and jq where something is captured.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Any

from runner.engine.plan import TEARDOWN, Plan, Step
from runner.formats.curl.bodies_out import body_options
from runner.formats.curl.expansions import Shell, demand
from runner.formats.curl.helpers import FUNCTIONS
from runner.formats.curl.jq import filter_of
from runner.formats.curl.options_out import options
from runner.formats.curl.tokens_out import Tokens
from runner.formats.exported import Exported
from runner.formats.flat import Flat
from runner.formats.flat_plan import Repeated, flat_steps, in_row, is_sent
from runner.formats.symbols import is_known, path_of
from runner.language import shell
from runner.language.model import MISSING, Capture
from runner.language.query import compile as compiled
from runner.language.values import dump_json

_NOT_JUDGED = "curl shows answers and does not judge them"


def script(plan: Plan) -> Exported:
    """The script of a plan."""
    made = _Script(plan)
    body = made.body()
    exported = made.shell.exported
    exported.text = f"{_head(plan, made.shell, body)}{body}"
    return exported


def _head(plan: Plan, of: Shell, body: str) -> str:
    name, path = plan.collection.name, plan.collection.source.path
    lines = ["#!/bin/sh", f"# {_line(name)}: the requests of {_line(path)}, as curl commands."]
    folder = posixpath.dirname(path.replace("\\", "/"))
    if of.has_files and folder:
        lines.append(f"# It names files: run it in {_line(folder)}.")
    if plan.environment_name:
        lines.append(f"# Environment: {_line(plan.environment_name)}")
    lines += ["set -eu", *(demand(variable, why).rstrip("\n") for variable, why in of.wanted.items())]
    lines += [f"{name}={value}" for name, value in of.once.items()]
    temporary = [name for name in _TEMPORARY if f'"${name}"' in body]
    lines += [f"{name}=$(mktemp)" for name in temporary]
    if temporary:
        lines.append("trap 'rm -f {}' EXIT".format(" ".join(f'"${name}"' for name in temporary)))
    lines += [text for name, text in FUNCTIONS.items() if f"$({name} " in body]
    return "\n".join(lines) + "\n"


#: Files of the script's own: the headers of the last answer, and the cookies.
_TEMPORARY = ("headers", "jar")


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _indented(text: str) -> str:
    """Lines further in; as they are where a quoted text has several of them."""
    lines = text.splitlines()
    if any(line.rstrip("\\").count(quote) % 2 for line in lines for quote in "'\""):
        return text
    return "".join(f"  {line}\n" for line in lines)


class _Script:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.shell = Shell(Exported(""))
        self.tokens = Tokens(self.shell, self._command)
        self.keeps_cookies = len(plan.steps) > 1 and any(map(_speaks_of_cookies, plan.steps))

    def body(self) -> str:
        if self.plan.collection.overlap:
            self.shell.place = self.plan.collection.source.path
            self.shell.lose("'overlap'", "the requests are sent one after the other")
        return "".join(f"\n{block}" for item in flat_steps(self.plan) for block in self._with_asked(item))

    def _with_asked(self, item: Flat | Repeated) -> Iterator[str]:
        """The blocks of a request, and before them what it needs and the script does not capture."""
        blocks = list(self._item(item))
        asked = self.shell.take_asked()
        if asked:
            yield asked
        yield from blocks

    def _item(self, item: Flat | Repeated) -> Iterator[str]:
        flat = item.flat if isinstance(item, Repeated) else item
        self.shell.place = flat.name
        if flat.step.skip:
            yield f"# {_line(flat.name)}\n# not sent: {_line(flat.step.skip)}\n"
            return
        if is_sent(flat) is False:
            yield f"# {_line(flat.name)}\n# not sent: its `when` is false\n"
            return
        self._tell(flat)
        if isinstance(item, Flat):
            yield from self._request(item)
        else:
            yield from self._repeated(flat, item.rows)

    def _repeated(self, flat: Flat, rows: Sequence[Any] | None) -> Iterator[str]:
        for capture in flat.captures:
            self.shell.lose(f"the list of '{capture.name}'", "the script keeps what the last row captures")
        if rows is None:
            yield from self._unknown(flat)
        elif rows and all(isinstance(row, (str, int, float)) and not isinstance(row, bool) for row in rows):
            yield from self._loop(flat, rows)
        else:
            names = frozenset(self.plan.captured_by)
            for index, row in enumerate(rows):
                yield from self._request(in_row(self.plan, flat, row, index, names))

    def _unknown(self, flat: Flat) -> Iterator[str]:
        """A request whose rows only a run knows: it is sent for one that the reader names."""
        self.shell.lose("the rows of 'for_each'", "they are known in a run only", "set item")
        for block in self._request(flat):
            for name in ("item", "index"):
                if re.search(rf"\$\{{?{name}\b", block):
                    self.shell.asked[name] = "a row of for_each"
            yield block

    def _loop(self, flat: Flat, rows: Sequence[Any]) -> Iterator[str]:
        *before, block = self._request(flat)
        yield from before
        title, _, inner = block.partition("\n")
        start, step = ("index=0\n", "index=$((index + 1))\n") if re.search(r"\$\{?index\b", inner) else ("", "")
        words = " ".join(shell.word(str(row)) for row in rows)
        yield f"{title}\n{start}for item in {words}\ndo\n{_indented(inner + step)}done\n"

    def _tell(self, flat: Flat) -> None:
        """What a shell script of curl commands has no words for."""
        spec = flat.spec
        for name in flat.held_cookies:
            self.shell.lose(f"the cookie '{name}: null'", "curl sends all that its jar has", "leave -b out there")
        for _ in flat.asserts:
            self.shell.lose("an assertion", _NOT_JUDGED, "runner run judges them")
        for name in ("schema", "snapshot"):
            if getattr(spec, name) is not None:
                self.shell.lose(f"'{name}'", _NOT_JUDGED, "runner run judges them")
        if is_sent(flat) is None:
            self.shell.lose("'when'", "the request is sent in any case", "an `if` around it")
        for name in ("poll", "paginate"):
            if getattr(spec, name) is not None:
                self.shell.lose(f"'{name}'", "the request is sent once", "a loop around it")
        if "max_events" in flat.settings:
            self.shell.lose("'max_events'", "curl reads a stream to its end", "--max-time")
        if flat.step.part == TEARDOWN:
            self.shell.lose("'teardown'", "a script ends at the first failure", "a `trap … EXIT`")

    # --- one request

    def _request(self, flat: Flat) -> Iterator[str]:
        """The comment, the token that the request needs, the command, and the captures."""
        token = self.tokens.of(flat)
        yield from token.lines
        delay = flat.settings.get("delay")
        wait = "" if delay is None else f"sleep {self.shell.seconds(delay)}\n"
        takes = any(header_of(capture) for capture in flat.captures)
        command = self._command(flat, [*token.options, *(['-D "$headers"'] if takes else [])])
        yield f"# {_line(flat.name)}\n{wait}{self._capturing(flat, command)}"

    def _command(self, flat: Flat, auth: Sequence[str] = ()) -> str:
        """The command without a line break at its end."""
        jar = ['-b "$jar" -c "$jar"'] if self.keeps_cookies else []
        found = [*options(flat, self.shell), *jar, *auth, *body_options(flat, self.shell)]
        short = " ".join(["curl", *found])
        return short if len(short) <= 100 and "\n" not in short else " \\\n  ".join(["curl", *found])

    def _capturing(self, flat: Flat, command: str) -> str:
        lines: list[str] = []
        for capture in flat.captures:
            name, found = self.shell.name(capture.name), self._reader(capture)
            if found is None:
                why = "only headers, and what a path leads to in a JSON body, are taken out of an answer"
                self.shell.lose(f"the capture '{capture.name}'", why, "set it")
                self.shell.missing[name] = f"captured by {_line(flat.name)}"
            else:
                self.shell.missing.pop(name, None)
                lines.append(f"{name}=$({found})")
        reads_body = any('"$response"' in line for line in lines)
        return "\n".join([f"response=$({command})" if reads_body else command, *lines]) + "\n"

    def _reader(self, capture: Capture) -> str | None:
        """The command that writes what is captured; None where there is none."""
        header = header_of(capture)
        if header:
            return f"header {shell.word(header)}"
        found = self._filter(capture)
        if found is None:
            return None
        return "printf '%s' \"$response\"" + (f" | jq -er {shell.word(found)}" if found else "")

    def _filter(self, capture: Capture) -> str | None:
        """jq's filter for a capture; empty for the whole text."""
        if capture.source.text == "text":
            return ""
        path = filter_of(compiled(capture.source.text))
        if path is None or capture.default is MISSING:
            return path
        return f"{path} // {dump_json(capture.default)}" if is_known(capture.default) else None


def header_of(capture: Capture) -> str:
    """The name, in lower case, of the header that is captured; empty where it is something else."""
    path = path_of(compiled(capture.source.text))
    is_header = path is not None and len(path) == 2 and path[0] == "headers" and capture.default is MISSING
    return str(path[1]).lower() if path is not None and is_header else ""


def _speaks_of_cookies(step: Step) -> bool:
    """Whether a request says anything of cookies; those that nobody speaks of are not kept."""
    texts = [it.that.text for it in step.asserts] + [it.source.text for it in step.spec.captures]
    headers = [entry.text.lower() for entry in step.settings.headers]
    return bool(step.spec.cookies) or "cookie" in headers or any("cookie" in text.lower() for text in texts)
