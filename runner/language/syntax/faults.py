"""What is wrong with a text that is not YAML, in our words, with the place and what to do.

People forget quotes: a value that starts with `{{`, an expression that YAML cuts in two. These are looked for first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from typing import Any

import yaml

from runner.diagnostics import Diagnostic, Source, Span

MAX_DEPTH = 100


def too_deep(source: Source, index: int) -> Diagnostic:
    return Diagnostic(
        f"nested deeper than {MAX_DEPTH} levels", Span(source, index, index + 1), "the limit is reached here"
    )


QUOTE_ALL = "put the whole expression in quotes"
_VALUE_START = re.compile(r"^\s*(?:-\s+)+|:\s+|[\[{,]\s*")
_FLOW_VALUE = re.compile(r"\{\{.*?\}\}[^\s,}\]]*")
_QUOTED_START = re.compile(r"^\s*(?:-\s+|[^\s:'\"#]+:\s+)((['\"]).*?(?<!\\)\2)\s*(\S.*)$")
#: `when: a == 'b: c'`: what stands between the key and the ':' is no text but an expression.
_CUT_AT_COLON = re.compile(r"^\s*(?:-\s+)*[\w.\"-]+:\s+((?:[^\s'\"#]|\s(?!#)|\"[^\"]*\")+?(?:[=!]=|[<>]=?|\(|\[\?).*)$")
#: `{until: contains(a, 'b')}`, `{x: a[0].b}`: in braces a value ends at a comma, and at a bracket.
_CUT_IN_BRACES = re.compile(r"[{,]\s*[\w-]+:\s+([A-Za-z_][\w.\"]*(?:\([^{}]{0,400}\)|\[[^{}]{0,400}\])[^,{}]{0,400})")
_BRACKETED_CALL = re.compile(r"(?:-|assert:)\s+(\[[^'\"]*\(.*\])\s*$")
#: libyaml's words → ours. The first row whose pattern is in the problem wins.
_PROBLEMS: AbstractSequence[tuple[str, str, str]] = (
    (
        "found another document",
        "a second document starts here",
        "one file is one collection: remove the '---'",
    ),
    # libyaml since 0.2.6 has a limit of its own, which its scanner meets ahead of our count of events.
    ("exceeded maximum nesting depth", f"nested deeper than {MAX_DEPTH} levels", ""),
    ("could not find expected ':'", "a key without ':'", "write 'key: value'"),
    (
        "mapping values are not allowed",
        "a ':' that YAML does not expect",
        "put a text that holds ': ' in quotes, or check the indentation",
    ),
    ("did not find expected node content", "a value is missing here", "write it, or close the brackets before"),
    ("found undefined alias", "an alias without its anchor", ""),
    ("found unexpected end of stream", "a quote is never closed", ""),
    (
        "found unknown escape character",
        "an unknown escape in double quotes",
        "use single quotes, or write \\\\",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "a '*' or '&' that YAML reads as an alias or anchor",
        "put the whole text in quotes",
    ),
    ("did not find expected ',' or ']'", "a list in [ ] is not closed", "or a text in it needs quotes"),
    ("did not find expected ',' or '}'", "a mapping in { } is not closed", "or a text in it needs quotes"),
    (
        "did not find expected '-' indicator",
        "this does not belong to the list above",
        "check the indentation",
    ),
    ("did not find expected key", "this does not fit here", "check the indentation and the quotes"),
    (
        "block sequence entries are not allowed",
        "a '-' that YAML does not expect",
        "put it on a line of its own",
    ),
    (
        "invalid Unicode character escape code",
        "an escape that is no whole character",
        "write the character itself, or \\U with eight digits",
    ),
    ("did not find expected comment or line break", "text after a block indicator", "put the whole value in quotes"),
    (
        "found character that cannot start any token",
        "this character cannot start a value",
        "put the value in quotes",
    ),
    (
        "control characters are not allowed",
        "a control character",
        "remove it, or write it as an escape in quotes",
    ),
)


def explain(source: Source, error: yaml.YAMLError) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = min(mark.index, len(source.text)) if mark is not None else 0
    context = getattr(error, "context_mark", None)
    for explain in (_tab, _unquoted_placeholder, _cut_expression):
        found = explain(source, index)
        if found is None and context is not None and explain is not _tab:
            found = explain(source, min(context.index, len(source.text)))
        if found is not None:
            return found
    return _by_table(source, error, index, context)


def _by_table(source: Source, error: Any, index: int, context: Any) -> Diagnostic:
    problem = str(getattr(error, "problem", None) or error)
    span = _visible_span(source, index)
    for words, message, hint in _PROBLEMS:
        if words in problem:
            if "never closed" in message and context is not None:
                span = _visible_span(source, context.index)
            return Diagnostic(f"this is not YAML: {message}", span, hint)
    return Diagnostic(f"this is not YAML: {problem}", span)


def _visible_span(source: Source, index: int) -> Span:
    """A place at the end of the text is shown behind the last character."""
    index = min(index, len(source.text.rstrip()))
    return Span(source, index, index + 1)


def _line(source: Source, index: int) -> tuple[str, int]:
    start = source.text.rfind("\n", 0, index) + 1
    end = source.text.find("\n", index)
    return source.text[start : end if end >= 0 else len(source.text)], start


def _tab(source: Source, index: int) -> Diagnostic | None:
    line, start = _line(source, index)
    lead = line[: len(line) - len(line.lstrip())]
    if "\t" not in lead:
        return None
    at = start + lead.index("\t")
    return Diagnostic("a tab in the indentation", Span(source, at, at + 1), "YAML wants spaces")


def _unquoted_placeholder(source: Source, index: int) -> Diagnostic | None:
    """`url: {{base}}/x`: the braces are a mapping to YAML. The fault shows on this line, or only on the next."""
    for at in (index, max(source.text.rfind("\n", 0, index), 0)):
        line, start = _line(source, at)
        braces = line.find("{{")
        if braces < 0 or _inside_quotes(line, braces):
            continue
        begin = max((m.end() for m in _VALUE_START.finditer(line[:braces])), default=0)
        flow = _FLOW_VALUE.match(line, begin) if "{" in line[:begin] or "[" in line[:begin] else None
        value = flow.group() if flow is not None else line[begin:].split(" #")[0].rstrip()
        span = Span(source, start + begin, start + begin + len(value))
        return Diagnostic("a value that starts with {{ must be quoted", span, f'write "{value}"')
    return None


def _inside_quotes(line: str, index: int) -> bool:
    before = line[:index]
    return before.count('"') % 2 == 1 or before.count("'") % 2 == 1


def _cut_expression(source: Source, index: int) -> Diagnostic | None:
    """An expression that YAML reads as something else: a leading `` ` ``, `@` or quote."""
    if source.text[index : index + 1] in ("`", "@", "!"):
        line, start = _line(source, index)
        value = source.text[index : start + len(line)].rstrip()
        bang = source.text[index] == "!"
        message = "YAML reads a leading ! as a tag" if bang else f"YAML does not let a value start with {value[:1]}"
        return Diagnostic(message, Span(source, index, index + max(1, len(value))), QUOTE_ALL)
    line, start = _line(source, index)
    match = _BRACKETED_CALL.search(line)
    if match is not None:
        span = Span(source, start + match.start(1), start + match.end(1))
        return Diagnostic("YAML reads [ ] as a list, and cuts it at the comma", span, QUOTE_ALL)
    match = _CUT_AT_COLON.match(line) if source.text[index : index + 2] == ": " else None
    if match is not None and start + match.start(1) < index:
        span = Span(source, start + match.start(1), start + match.end(1))
        return Diagnostic("YAML cuts this expression at ': '", span, QUOTE_ALL)
    for match in _CUT_IN_BRACES.finditer(line):
        if start + match.start(1) < index <= start + match.end(1):
            span = Span(source, start + match.start(1), start + match.end(1))
            return Diagnostic("YAML cuts this expression at a bracket or comma", span, QUOTE_ALL)
    match = _QUOTED_START.match(line)
    if match is None or not match.group(3) or match.group(3).startswith(("#", ":")):
        return None
    span = Span(source, start + match.start(1), start + match.end(3))
    return Diagnostic("text goes on after the closing quote", span, QUOTE_ALL)
