"""A script → its requests in order: assignments, pipes, redirections and the commands around curl.

    echo BODY | curl -d @- …          the body
    curl … | jq -r .token             a capture, where a variable takes it: token=$(…)
    curl … > FILE                     save_to
    sleep 2                           a delay before the next request

Only commands of curl are translated; nothing is run.
"""

from __future__ import annotations

import re
from typing import Any

from runner.formats.curl.command import Stdin
from runner.formats.curl.jq import path_of
from runner.formats.curl.nodes import (
    Command,
    Done,
    Loop,
    Output,
    Pipeline,
    Redirect,
    Remark,
    Script,
    Variable,
    Word,
    literal_text,
    shown,
)
from runner.formats.curl.outputs import known_output, without_end, written
from runner.formats.curl.requests import Converter
from runner.formats.curl.values import Response, Values, label
from runner.formats.draft import Comment, Data
from runner.formats.texts import name as name_of
from runner.formats.variables import typed

_CURL = re.compile(r"(?:.*[/\\])?\\?curl(?:\.exe)?", re.IGNORECASE)
_NAMED = re.compile(r"\bcurl\b", re.IGNORECASE)
#: Commands that run the one behind them.
_WRAPPERS = frozenset({"sudo", "time", "command", "exec", "nohup", "winpty", "builtin", "eval", "&", "$", ">", "%"})
_ASSIGNING = frozenset({"export", "local", "declare", "readonly", "typeset"})
#: Commands that change nothing of what is sent.
_HARMLESS = frozenset(
    {"echo", "printf", "set", "true", ":", "exit", "return", "clear", "shopt", "trap", "unset", "wait", "break",
     "continue", "false", "rem", "@echo", "setlocal", "endlocal", "pause", "chcp", "write-host", "write-output",
     "param", "cls", "umask", "mkdir", "rm"}
)  # fmt: skip
_NO_OUTPUT = ("/dev/null", "NUL", "nul", "$null")
_ONE_COMMENT = 72
_MOST_ROWS = 1000


class Reader:
    """Goes through a script."""

    def __init__(self, converter: Converter) -> None:
        self.converter = converter
        self.values: Values = converter.values
        self.items: list[Any] = []
        self.delay = ""
        #: Whether there is a command of curl, also one that cannot be translated.
        self.found = False
        self.last: Data | None = None
        #: Loops that are under way; those whose rows are known, with the rows and where their items begin.
        self.loops: list[tuple[Loop, list[Any], int] | None] = []
        #: Those before the command that is read, until a request takes them.
        self.comments: list[str] = []

    def read(self, script: Script) -> None:
        for item in script:
            if isinstance(item, Pipeline):
                self._pipeline(item)
            elif isinstance(item, Loop):
                self._loop(item)
            elif isinstance(item, Done):
                self._done()
            else:
                self._remark(item)

    def _remark(self, remark: Remark) -> None:
        self.values.line = remark.line
        if remark.text == ")":
            self.values.lose("')'", "nothing opens it")
            return
        self._once(remark.text)
        if remark.text.split()[0] in ("while", "until", "select"):
            self.loops.append(None)

    def _once(self, text: str) -> None:
        self.found |= _NAMED.search(text) is not None
        why = "its commands are imported once, one after the other"
        self.values.lose(f"'{text}'", why, "`when`, `for_each` or `poll`")

    # --- loops

    def _loop(self, loop: Loop) -> None:
        self.values.line = loop.line
        rows = rows_of(loop.words)
        if rows is None or any(self.loops):  # a row has one name, whatever the loop
            self._once(f"for {loop.name} in {' '.join(map(label, loop.words))}")
            self.loops.append(None)
        else:
            self.loops.append((loop, rows, len(self.items)))
            self.values.assign_item(loop.name)

    def _done(self) -> None:
        frame = self.loops.pop() if self.loops else None
        if frame is None:
            return
        loop, rows, start = frame
        self.values.end_item(loop.name)
        made = self.items[start:]
        requests = [item for item in made if isinstance(item, dict)]
        if len(requests) == 1 and "for_each" not in requests[0]:
            requests[0]["for_each"] = rows
        elif requests:
            name = self.converter.unique(f"For each {loop.name}")
            self.items[start:] = [{"name": name, "for_each": rows, "requests": made}]

    def _pipeline(self, pipeline: Pipeline) -> None:
        place = next((n for n, it in enumerate(pipeline.commands) if _words_of_curl(it) is not None), None)
        if place is None:
            self._others(pipeline)
            return
        made = self._curl(pipeline, place)
        self._after(pipeline.commands[place + 1 :], made)

    # --- curl

    def _curl(self, pipeline: Pipeline, place: int) -> list[Data]:
        """The requests of the curl command in a pipeline, added to the items."""
        self.found = True
        command = pipeline.commands[place]
        self.values.line = command.line
        for assigned, value in command.assignments:
            self.values.assign(assigned, value)
        self.converter.stdin = self._stdin(pipeline, place)
        self.converter.redirected = self._redirected(command.redirects)
        comments, name = list(pipeline.comments), ""
        if len(comments) == 1 and len(comments[0]) <= _ONE_COMMENT and "://" not in comments[0]:
            name = comments.pop()
        self.items += [Comment(comment) for comment in comments]
        made = self.converter.requests(_words_of_curl(command) or (), name)
        if made and self.delay:
            made[0]["delay"], self.delay = self.delay, ""
        self.items += made
        self.last = made[-1] if made else self.last
        return made

    def _stdin(self, pipeline: Pipeline, place: int) -> Stdin:
        command = pipeline.commands[place]
        for redirect in command.redirects:
            if redirect.operator in ("<<", "<<<"):
                return Stdin(text=redirect.target)
            if redirect.operator == "<":
                return Stdin(path=redirect.target)
        if place == 0:
            return Stdin()
        before = pipeline.commands[place - 1]
        words = [literal_text(word) for word in before.words]
        text = written(before)
        if place == 1 and text is not None:
            return Stdin(text=text)
        if place == 1 and words[:1] == ["cat"] and len(words) == 2:
            return Stdin(path=before.words[1])
        document = next((it.target for it in before.redirects if it.operator in ("<<", "<<<")), None)
        if place == 1 and words == ["cat"] and document is not None:
            return Stdin(text=document)
        self.values.lose(f"what '{label(before.words[0] if before.words else ())}' writes to curl", "it is not run")
        return Stdin()

    def _redirected(self, redirects: tuple[Redirect, ...]) -> Word | None:
        """Where the answer goes: the file that standard output is led to."""
        found: Word | None = None
        for redirect in redirects:
            if redirect.operator in (">", ">|", "&>") and redirect.number in ("", "1"):
                found = None if literal_text(redirect.target) in _NO_OUTPUT else redirect.target
            elif redirect.operator in (">>", "&>>") and redirect.number in ("", "1"):
                what = f"the output '{shown(redirect.target)}'"
                self.values.lose(what, "nothing is added to a file", "set `save_to`")
        return found

    def _after(self, commands: tuple[Command, ...], made: list[Data]) -> None:
        """What reads the answer."""
        for command in commands:
            if made and [literal_text(word) for word in command.words[:1]] == ["tee"] and len(command.words) == 2:
                made[-1]["save_to"] = self.values.text(command.words[1])
                continue
            self.values.line = command.line or self.values.line
            why = "what reads an answer is not run"
            self.values.lose(f"'| {_line(command)}'", why, "`capture` and `assert` say what is wanted of it")

    # --- other commands

    def _others(self, pipeline: Pipeline) -> None:
        self.comments = list(pipeline.comments)
        for command in pipeline.commands:
            self.values.line = command.line or self.values.line
            for name, value in command.assignments:
                self._assignment(name, value)
            if command.words:
                self._other(command)
        self.items += [Comment(comment) for comment in self.comments]
        self.comments = []

    def _other(self, command: Command) -> None:
        words = [literal_text(word) or "" for word in command.words]
        name = words[0].lower()
        if name in _ASSIGNING:
            for word in command.words[1:]:
                self._exported(word)
        elif name in ("sleep", "start-sleep", "timeout") and (seconds := _seconds(words[1:])):
            self.delay = seconds
        elif name not in _HARMLESS:
            self._outputs(command)
            self.values.lose(f"the command '{_line(command)}'", "only commands of curl are translated")

    def _outputs(self, command: Command) -> None:
        """Requests within `$(…)` of other commands are sent all the same."""
        for word in command.words:
            for piece in word:
                if isinstance(piece, Output):
                    self._within(piece.script)

    def _within(self, script: Script) -> None:
        if any(isinstance(it, Pipeline) and any(map(_words_of_curl, it.commands)) for it in script):
            self.read(script)

    def _exported(self, word: Word) -> None:
        first = word[0] if word and isinstance(word[0], str) else ""
        found = re.match(r"([A-Za-z_]\w*)=", first, re.ASCII)
        if found:
            self._assignment(found[1], tuple(piece for piece in (first[found.end() :], *word[1:]) if piece != ""))

    def _assignment(self, name: str, value: Word) -> None:
        alone = value[0] if len(value) == 1 else None
        if not isinstance(alone, Output):
            self.values.assign(name, value)
            return
        pipelines = [item for item in alone.script if isinstance(item, Pipeline)]
        commands = pipelines[0].commands if len(pipelines) == 1 == len(alone.script) else ()
        if len(commands) == 1 and self._of_helper(name, commands[0]):
            return
        place = next((n for n, it in enumerate(commands) if _words_of_curl(it) is not None), None)
        if place is not None:
            self._answer(name, pipelines[0], place)
        elif not self._taken_from_answer(name, commands):
            found = known_output(alone.script, self.values.parts)
            if found:
                self.values.assign_expression(name, found)
            else:
                self._within(alone.script)
                self.values.assign(name, value)

    def _of_helper(self, name: str, command: Command) -> bool:
        """`file=$(mktemp)`, which nothing that is sent depends on; `name=$(header NAME)` of an exported script."""
        words = [literal_text(word) for word in command.words]
        if words[:1] == ["header"] and len(words) == 2 and words[1] and self.last is not None:
            self.values.capture(name, self.last, f"headers.{name_of(words[1])}")
            return True
        return words[:1] == ["mktemp"]

    def _answer(self, name: str, pipeline: Pipeline, place: int) -> None:
        """`name=$(curl … | jq …)`."""
        line = self.values.line
        commands = pipeline.commands
        shifted = tuple(it._replace(line=line) if it.line == 1 else it for it in commands)
        comments, self.comments = (*self.comments, *pipeline.comments), []
        made = self._curl(Pipeline(shifted, comments), place)
        if not made:
            return
        source = _source(commands[place], commands[place + 1 :])
        if source is None:
            self._after(shifted[place + 1 :], made)
        elif place + 1 < len(commands):
            self.values.capture(name, made[-1], source)
        else:
            self.values.responses[name] = Response(made[-1], source)

    def _taken_from_answer(self, name: str, commands: tuple[Command, ...]) -> bool:
        """`token=$(echo "$answer" | jq -r .token)`, where a request gave the answer."""
        if not commands:
            return False
        first = commands[0]
        document = [it.target for it in first.redirects if it.operator == "<<<"]
        shown = written(first) if len(commands) > 1 else None
        word = document[0] if document else without_end(shown) if shown else ()
        variables = [piece for piece in word if isinstance(piece, Variable)]
        response = self.values.responses.get(variables[0].name) if len(variables) == 1 else None
        if response is None:
            return False
        source = _source(None, commands if document else commands[1:])
        if source is None:
            return False
        self.values.capture(name, response.request, source)
        return True


def rows_of(words: tuple[Word, ...]) -> list[Any] | None:
    """The rows of `for … in`, where the text alone says them: words, `{1..5}`, `$(seq 5)`."""
    rows: list[Any] = []
    for word in words:
        found = _sequence(word) if len(word) == 1 else None
        text = literal_text(word)
        if found is not None:
            rows += found
        elif text is None or re.search(r"[*?]", text):
            return None
        else:
            rows.append(typed(text))
    return rows if len(rows) <= _MOST_ROWS else None


def _sequence(word: Word) -> list[Any] | None:
    piece = word[0]
    numbers = re.fullmatch(r"\{(-?\d+)\.\.(-?\d+)\}", piece) if isinstance(piece, str) else None
    if numbers:
        return list(range(int(numbers[1]), int(numbers[2]) + 1))
    if not isinstance(piece, Output) or len(piece.script) != 1 or not isinstance(piece.script[0], Pipeline):
        return None
    words = [literal_text(it) or "" for it in piece.script[0].commands[0].words]
    if words[:1] != ["seq"] or not all(re.fullmatch(r"-?\d+", it) for it in words[1:]) or not 2 <= len(words) <= 4:
        return None
    first, step, last = [1, 1, *map(int, words[1:])][-3:] if len(words) == 2 else _bounds([*map(int, words[1:])])
    return list(range(first, last + (1 if step > 0 else -1), step or 1))


def _bounds(numbers: list[int]) -> tuple[int, int, int]:
    """First, step and last of `seq`."""
    return (numbers[0], 1, numbers[1]) if len(numbers) == 2 else (numbers[0], numbers[1], numbers[2])


def _words_of_curl(command: Command) -> tuple[Word, ...] | None:
    """The words after `curl`; None for another command."""
    words = command.words
    while words:
        first = literal_text(words[0])
        if first is None:
            piece = words[0][0] if len(words[0]) == 1 else None
            return words[1:] if isinstance(piece, Variable) and piece.name.upper() == "CURL" else None
        if _CURL.fullmatch(first):
            return words[1:]
        if first not in _WRAPPERS:
            return None
        words = words[1:]
    return None


def _source(curl: Command | None, readers: tuple[Command, ...]) -> str | None:
    """The expression over the response for what a command and those that read it give; None where there is none."""
    source = "text"
    if curl is not None and (code := _write_out(curl)):
        source = code
    for command in readers:
        words = [literal_text(word) for word in command.words]
        if words[:1] == ["jq"] and source == "text":
            path = path_of([word for word in words[1:] if word is not None])
            if path is None:
                return None
            source = f"body.{path}" if path and not path.startswith("[") else f"body{path}"
        elif not (words[:1] == ["tr"] and words[1:2] == ["-d"]) and words[:1] != ["xargs"]:
            return None
    return source


def _write_out(curl: Command) -> str:
    """`-w '%{http_code}'` with the body thrown away gives the status."""
    words = [literal_text(word) or "" for word in curl.words]
    thrown = any(word.endswith("/dev/null") for word in words)
    shown_code = any(re.search(r"%\{(?:http_code|response_code)\}", word) for word in words)
    return "to_string(status)" if thrown and shown_code else ""


def _seconds(words: list[str]) -> str:
    number = next((word for word in words if re.fullmatch(r"\d+(?:\.\d+)?[smh]?", word)), "")
    return number if number[-1:] in ("s", "m", "h") else f"{number}s" if number else ""


def _line(command: Command) -> str:
    text = " ".join(label(word) for word in command.words)
    return text if len(text) <= 60 else f"{text[:59]}…"
