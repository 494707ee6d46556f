"""Commands whose output is an expression of ours: `$(date +%s)`, `$(uuidgen)`, `$(echo -n user:pw | base64)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.formats.curl.nodes import Command, Pipeline, Script, Word, joined, literal_text
from runner.formats.texts import Parts, constant

#: What gives a word with our expressions in it.
Reader = Callable[[Word], Parts]

_CLOCKS: Mapping[tuple[str, ...], str] = {
    ("date", "+%s"): "timestamp()",
    ("date", "-u", "+%s"): "timestamp()",
    ("date", "-u", "+%Y-%m-%dT%H:%M:%SZ"): "now()",
    ("date", "-u", "+%FT%TZ"): "now()",
    ("date", "-Iseconds", "-u"): "now()",
    ("date", "-u", "-Iseconds"): "now()",
    ("date", "+%F"): "date_format(now(), '%Y-%m-%d')",
    ("date", "+%Y-%m-%d"): "date_format(now(), '%Y-%m-%d')",
    ("uuidgen",): "uuid()",
    ("cat", "/proc/sys/kernel/random/uuid"): "uuid()",
}
_DIGESTS: Mapping[str, str] = {"base64": "base64", "sha256sum": "sha256", "md5sum": "md5"}


def known_output(script: Script, read: Reader) -> str:
    """The expression that gives what a script writes; empty where none is known."""
    if len(script) != 1 or not isinstance(script[0], Pipeline):
        return ""
    first, *rest = script[0].commands
    found = _CLOCKS.get(_literals(first), "") or _whole(first, read)
    text = written(first)
    if not found and text is not None:
        found = constant_of(text if rest else without_end(text), read)
    for command in rest:
        found = _piped(found, command) if found else ""
    return found


def _whole(command: Command, read: Reader) -> str:
    """`whole BASE URL`, which joins a URL to a base where it is relative."""
    if len(command.words) != 3 or literal_text(command.words[0]) != "whole":
        return ""
    base, url = (constant_of(word, read) for word in command.words[1:])
    return f"starts_with({url}, 'http') && {url} || join('', [{base}, {url}])"


def _literals(command: Command) -> tuple[str, ...]:
    return tuple(literal_text(word) or "" for word in command.words)


def written(command: Command) -> Word | None:
    """The text that `echo` or `printf` writes."""
    name, *arguments = _literals(command) or ("",)
    words = command.words[1:]
    if name == "echo":
        options = [it for it in arguments if it in ("-n", "-e", "-ne", "-en", "-E")]
        shown = words[len(options) :]
        end = "" if any("n" in it for it in options) else "\n"
        return tuple(joined([*[piece for word in shown for piece in (" ", *word)][1:], end]))
    if name == "printf" and len(words) == 1 and "%" not in arguments[0] and "\\" not in arguments[0]:
        return words[0]
    if name == "printf" and len(words) == 2 and arguments[0] in ("%s", "%s\\n"):
        return tuple(joined([*words[1], "\n" if arguments[0].endswith("n") else ""]))
    return None


def without_end(word: Word) -> Word:
    """A text without the line breaks at its end, which `$(…)` takes away."""
    last = word[-1] if word else ""
    return tuple(joined([*word[:-1], last.rstrip("\n") if isinstance(last, str) else last]))


def constant_of(word: Word, read: Reader) -> str:
    """The expression over variables for a text."""
    parts = read(word)
    pieces = [constant(p) if isinstance(p, str) else f"to_string({p.expression})" for p in parts]
    return pieces[0] if len(pieces) == 1 else f"join('', [{', '.join(pieces)}])" if pieces else "''"


def _piped(text: str, command: Command) -> str:
    words = _literals(command)
    if words[:1] == ("base64",) and set(words[1:]) & {"-d", "-D", "--decode"}:
        return f"base64_decode({text})"
    if words[:1] == ("base64",):
        return f"base64({text})"
    if words == ("tr", "-d", "\\n") or words[:1] == ("xargs",):
        return text
    return ""
