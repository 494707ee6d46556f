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
from runner.formats.curl.outputs import known_output, written
from runner.formats.curl.requests import Converter
from runner.formats.curl.values import Response, Values, label
from runner.formats.draft import Comment, Data

_CURL = re.compile(r"(?:.*[/\\])?\\?curl(?:\.exe)?", re.IGNORECASE)
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


class Reader:
    """Goes through a script."""

    def __init__(self, converter: Converter) -> None:
        self.converter = converter
        self.values: Values = converter.values
        self.items: list[Any] = []
        self.delay = ""
        #: Those before the command that is read, until a request takes them.
        self.comments: list[str] = []

    def read(self, script: Script) -> None:
        for item in script:
            if isinstance(item, Remark):
                self.values.line = item.line
                why = "its commands are imported once, one after the other" if item.text != ")" else "nothing opens it"
                self.values.lose(f"'{item.text}'", why, "`when`, `for_each` or `poll`" if item.text != ")" else "")
            else:
                self._pipeline(item)

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
        command = pipeline.commands[place]
        self.values.line = command.line
        for assigned, value in command.assignments:
            self.values.assign(assigned, value)
        self.converter.stdin = self._stdin(pipeline, place)
        self.converter.redirected = self._redirected(command.redirects)
        comments, name = list(pipeline.comments), ""
        if len(comments) == 1 and len(comments[0]) <= _ONE_COMMENT:
            name = comments.pop()
        self.items += [Comment(comment) for comment in comments]
        made = self.converter.requests(_words_of_curl(command) or (), name)
        if made and self.delay:
            made[0]["delay"], self.delay = self.delay, ""
        self.items += made
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
                self.values.lose(f"the output '{shown(redirect.target)}'", "nothing is added to a file", "set `save_to`")
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
        place = next((n for n, it in enumerate(commands) if _words_of_curl(it) is not None), None)
        if place is not None:
            self._answer(name, pipelines[0], place)
        elif not self._taken_from_answer(name, commands):
            found = known_output(alone.script, self.values)
            if found:
                self.values.assign_expression(name, found)
            else:
                self._within(alone.script)
                self.values.assign(name, value)

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
        word = document[0] if document else first.words[1] if len(first.words) == 2 and len(commands) > 1 else ()
        variables = [piece for piece in word if isinstance(piece, Variable)]
        response = self.values.responses.get(variables[0].name) if len(variables) == 1 else None
        if response is None:
            return False
        source = _source(None, commands if document else commands[1:])
        if source is None:
            return False
        self.values.capture(name, response.request, source)
        return True


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
