"""Faults of an expression's text: what is wrong, where, and what to write instead.

`check_text` runs before jmespath's parser: what the parser would take in silence (text in backticks that is
no JSON) or could not survive (10,000 brackets) never reaches it. `of_syntax` says in plain words what the
parser refused, by tables of what people write when they mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jmespath.exceptions import IncompleteExpressionError, ParseError

from runner.errors import RunnerError
from runner.language import functions
from runner.language.query.tree import CLOSING, MAX_LEVELS, OPENING, Mark
from runner.language.values import Value, parse_json


class QueryFault(RunnerError):
    """An expression that is not valid, found without knowing the document.

    `start` and `end` are offsets in characters into the expression's text; `hint` says what to do.
    """

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint


def too_deep(text: str) -> QueryFault:
    """The fault of an expression with too many levels."""
    return QueryFault(f"the expression is nested deeper than {MAX_LEVELS} levels", 0, len(text))


# --- before the parser


def check_text(text: str, marks: Sequence[Mark]) -> list[Value]:
    """The values of the literals, in order.

    Raises:
        QueryFault: it is empty, holds `{{ }}`, a bracket or quote has no partner, it is nested too deep, or
            text in backticks is not JSON.
    """
    if not text.strip():
        raise QueryFault("the expression is empty", 0, len(text), "write what it should look at")
    if "{{" in text:
        _refuse_template(text)
    _check_brackets(text, marks)
    return [_literal(text, mark) for mark in marks if mark.kind == "literal"]


_TEMPLATE = re.compile(r"['\"]?\{\{\s*(.*?)\s*\}\}['\"]?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


def _refuse_template(text: str) -> None:
    found = _TEMPLATE.search(text)
    if found is None:
        return
    name = found[1].removeprefix("vars.")
    hint = f"write vars.{name}" if _NAME.fullmatch(name) else "write the expression itself, variables as vars.name"
    raise QueryFault("an expression cannot hold {{ }}", found.start(), found.end(), hint)


def _check_brackets(text: str, marks: Sequence[Mark]) -> None:
    opened: list[Mark] = []
    for mark in marks:
        if mark.kind in OPENING:
            opened.append(mark)
            if len(opened) > MAX_LEVELS:
                raise too_deep(text)
        elif mark.kind in CLOSING:
            _close(opened, mark)
        elif mark.kind in _QUOTES:
            raise QueryFault("this quote is never closed", mark.start, len(text), _QUOTES[mark.kind])
    if opened:
        last = opened[-1]
        hint = f"add the closing '{OPENING[last.kind]}'"
        raise QueryFault(f"'{last.kind}' is never closed", last.start, last.end, hint)


_QUOTES = {
    "'": r"close it with ', and write \' for a quote within the text",
    '"': r'close it with ", and write \" for a quote within the name',
    "`": "close it with `",
}


def _close(opened: list[Mark], mark: Mark) -> None:
    if not opened:
        raise QueryFault(f"'{mark.kind}' closes nothing", mark.start, mark.end, "remove it, or add what it closes")
    wanted = OPENING[opened.pop().kind]
    if wanted != mark.kind:
        raise QueryFault(f"'{mark.kind}' stands where '{wanted}' must", mark.start, mark.end)


_CONSTANTS = {"True": "true", "False": "false", "None": "null"}


def _literal(text: str, mark: Mark) -> Value:
    raw = text[mark.start + 1 : mark.end - 1]
    if text[mark.start] == "'":
        return raw.replace("\\'", "'")
    try:
        return parse_json(raw.replace("\\`", "`"))
    except ValueError:
        word = raw.strip()
        constant = _CONSTANTS.get(word)
        hint = f"write `{constant}`" if constant else _text_hint(word)
        raise QueryFault("what stands in backticks must be JSON", mark.start, mark.end, hint) from None


def _text_hint(word: str) -> str:
    return f"write '{word}' for text" if word and word[0] not in "[{\"'" else "check its quotes and commas"


# --- after the parser


def of_syntax(text: str, error: Exception) -> QueryFault:
    """What a refusal of jmespath's parser means."""
    if isinstance(error, RecursionError):
        return too_deep(text)
    if isinstance(error, IncompleteExpressionError):
        return _incomplete(text)
    if not isinstance(error, ParseError):  # int() refuses thousands of digits
        return QueryFault("a number has too many digits", 0, len(text))
    if "Quoted identifier" in error.msg:  # jmespath gives column 0 here
        found = re.search(r'"[^"]*"(?=\s*\()', text)
        start, end = found.span() if found else (0, len(text))
        return QueryFault("the name of a function has no quotes", start, end, f"write {text[start:end][1:-1]}(…)")
    return _unexpected(text, min(error.lex_position, len(text)))


def _incomplete(text: str) -> QueryFault:
    found = re.search(r"([=!<>]=|&&|\|\||[^\sA-Za-z0-9_]|\w+)\s*$", text)
    last = found[1] if found else ""
    start = found.start() if found else 0
    hint = f"something must follow '{last}'" if last else ""
    return QueryFault("the expression ends too early", start, start + len(last), hint)


def _unexpected(text: str, position: int) -> QueryFault:
    """The first row of the table whose patterns fit before and at the position decides."""
    if not text[position:].strip():
        return _incomplete(text)
    for before, at, message, hint in _MISTAKES:
        found = re.compile(at).match(text, position)
        earlier = re.compile(before).search(text, max(0, position - 200), position) if found else None
        if found and earlier:
            start = earlier.start()
            words = {"it": text[start : found.end()], "at": found[0], "key": found.groupdict().get("key", "")}
            return QueryFault(message.format(**words), start, found.end(), hint.format(**words))
    word = _WORD.match(text, position)
    shown = word[0] if word else text[position : position + 1]
    if shown in functions.FUNCTIONS:
        hint = f"write {functions.FUNCTIONS[shown].usage}"
        return QueryFault(f"'{shown}' stands where an operator must", position, position + len(shown), hint)
    return QueryFault(f"unexpected '{shown}'", position, position + max(1, len(shown)))


_WORD = re.compile(r"\w+|[=!<>&|]+|\"[^\"]*\"|'[^']*'|`[^`]*`|.", re.DOTALL)
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"


Row = tuple[str, str, str, str]


def _row(before: str, at: str, message: str, hint: str) -> Row:
    """`before` must end at the position (empty: anything may stand there); it is marked too.

    Patterns are compiled only when there is a fault: forty of them would take longer than a start may.
    """
    return before + r"\Z", at, message, hint


#: What people write → what they mean. `{it}` is all that is marked, `{at}` what stands at the position,
#: `{key}` the group of that name.
_MISTAKES: tuple[Row, ...] = (
    _row(r"===?|!==?", r"=+", "unexpected '{it}'", "write == for equal, != for not equal"),
    _row("", r"=~", "'=~' is no operator", "write matches(text, 'regex')"),
    _row("", r"=>", "'=>' is no operator", "write >="),
    _row("", r"=<", "'=<' is no operator", "write <="),
    _row("", r"=", "'=' compares nothing", "write =="),
    _row("<", r">", "'<>' is no operator", "write !="),
    _row(r"\bnot\s+", r"", "'not' is no operator", "write ! before what must be false"),
    _row("", r"and\b", "'and' is no operator", "write &&"),
    _row("", r"or\b", "'or' is no operator", "write ||"),
    _row("", r"(?:is|eq|equals)\b", "'{it}' is no operator", "write =="),
    _row("", r"ne\b", "'ne' is no operator", "write !="),
    _row("", r"gte?\b", "'{it}' is no operator", "write > or >="),
    _row("", r"lte?\b", "'{it}' is no operator", "write < or <="),
    _row("", r"(?:not\s+)?in\b", "'{it}' is no operator", "write contains(list, value)"),
    _row("", r"&", "'&' is no operator", "write && for and"),
    _row(r"[A-Za-z_][A-Za-z0-9_-]*", r"-[A-Za-z0-9_-]*", "a name with a dash needs quotes", 'write "{it}"'),
    _row(r"(?<=\.)", r"[@$][\w.@$]*", "the name {at} needs quotes", 'write "{at}"'),
    _row("@", r"(?!(?:and|or|in|eq|ne)\b)[A-Za-z_][\w.]*", "the name {it} needs quotes", 'write body."{it}"'),
    _row(r"(?<=[.])", r"\d+", "a place in an array is written in brackets", "write [{at}]"),
    _row("", r"\$\.?", "a path starts at the document, without '$'", "write body.id"),
    _row(r"\[\s*-?\d+\s*", r"(?:,[^\]]*)\]", "an array of numbers is written in backticks", "write `{it}`"),
    _row(r"\[", r"""(['"])(?P<key>[A-Za-z_]\w*)\1\]""", "a key is not written in brackets", "write .{key}"),
    _row(r"\[", r"""(['"])(?P<key>.*?)\1\]""", "a key is not written in brackets", 'write ."{key}"'),
    _row(r"\[", r"(?P<key>[A-Za-z_]\w*)\]", "a key is not written in brackets", "write .{key}"),
    _row("", _NUMBER, "a bare number", "write `{at}` in backticks"),
    _row("", r"\+", "'+' is no operator", "write add(a, b)"),
    _row("", r"-", "'-' is no operator", "write subtract(a, b)"),
    _row("", r"\*", "'*' is no operator here", "write multiply(a, b)"),
    _row("", r"/", "'/' is no operator", "write divide(a, b)"),
    _row("", r"%", "'%' is no operator", "write modulo(a, b)"),
    _row("", r"\?\?", "'??' is no operator", "write ||"),
    _row("", r"\?\.", "'?.' is no operator", "write . alone: a missing key gives null"),
    _row("", r"\?", "'?' is no operator", "write condition && value || other"),
    _row("", r"[“”‘’]", "'{at}' is a typographic quote", "write '"),
    _row(r"[A-Za-z0-9_]*", r"[^\x00-\x7f]\w*", "the name {it} needs quotes", 'write "{it}"'),
)
