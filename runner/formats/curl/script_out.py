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

from runner.engine.plan import TEARDOWN, Plan
from runner.formats.curl.bodies_out import body_options
from runner.formats.curl.expansions import Shell
from runner.formats.curl.jq import filter_of
from runner.formats.curl.options_out import options
from runner.formats.curl.tokens_out import Tokens
from runner.formats.exported import Exported
from runner.formats.flat import Flat
from runner.formats.flat_plan import Repeated, flat_steps, in_row, is_sent
from runner.formats.symbols import is_known
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
    exported.text = f"{_head(plan, made.shell)}{body}"
    return exported


def _head(plan: Plan, of: Shell) -> str:
    name, path = plan.collection.name, plan.collection.source.path
    lines = ["#!/bin/sh", f"# {_line(name)}: the requests of {_line(path)}, as curl commands."]
    folder = posixpath.dirname(path.replace("\\", "/"))
    if of.has_files and folder:
        lines.append(f"# It names files: run it in {_line(folder)}.")
    if plan.environment_name:
        lines.append(f"# Environment: {_line(plan.environment_name)}")
    lines += ["set -eu", *(f': "${{{variable}:?{why}}}"' for variable, why in of.wanted.items())]
    lines += [f"{name}={value}" for name, value in of.once.items()]
    return "\n".join(lines) + "\n"


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

    def body(self) -> str:
        if self.plan.collection.overlap:
            self.shell.place = self.plan.collection.source.path
            self.shell.lose("'overlap'", "the requests are sent one after the other")
        if len(self.plan.steps) > 1:
            self.shell.place = self.plan.collection.source.path
            why, remedy = "each command begins without them", "-c and -b with a file, where a request needs them"
            self.shell.lose("cookies that answers set", why, remedy)
        return "".join(f"\n{block}" for item in flat_steps(self.plan) for block in self._item(item))

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
                    self.shell.want(name, "a row of for_each")
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
        if flat.open_url:
            self.shell.lose("the URL", "only a run knows whether it is a whole one: it is taken for one")
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
        command = self._command(flat, token.options)
        yield f"# {_line(flat.name)}\n{wait}{self._capturing(flat, command)}"

    def _command(self, flat: Flat, auth: Sequence[str] = ()) -> str:
        """The command without a line break at its end."""
        found = [*options(flat, self.shell), *auth, *body_options(flat, self.shell)]
        short = " ".join(["curl", *found])
        return short if len(short) <= 100 and "\n" not in short else " \\\n  ".join(["curl", *found])

    def _capturing(self, flat: Flat, command: str) -> str:
        taken = [(capture, self._filter(capture)) for capture in flat.captures]
        known = [(capture, found) for capture, found in taken if found is not None]
        for capture, found in taken:
            if found is None:
                self.shell.lose(f"the capture '{capture.name}'", "jq takes values out of JSON bodies", "set it")
                self.shell.missing[self.shell.name(capture.name)] = f"captured by {_line(flat.name)}"
        if not known:
            return f"{command}\n"
        lines = [f"response=$({command})"]
        for capture, found in known:
            self.shell.missing.pop(self.shell.name(capture.name), None)
            name = self.shell.name(capture.name)
            reader = f" | jq -er {shell.word(found)}" if found else ""
            lines.append(f"{name}=$(printf '%s' \"$response\"{reader})")
        return "\n".join(lines) + "\n"

    def _filter(self, capture: Capture) -> str | None:
        """jq's filter for a capture; empty for the whole text."""
        if capture.source.text == "text":
            return ""
        path = filter_of(compiled(capture.source.text))
        if path is None or capture.default is MISSING:
            return path
        return f"{path} // {dump_json(capture.default)}" if is_known(capture.default) else None
