"""A request's body → options of curl: `--data-urlencode`, `--data-raw`, `--data-binary @FILE`, `-F`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote_plus

from runner.engine.media_types import media_type
from runner.formats.curl.expansions import Shell
from runner.formats.flat import Flat, Part
from runner.formats.symbols import Value, changed, is_known, joined, pieces
from runner.language.shell import Expansion, composed
from runner.language.values import as_text


def body_options(flat: Flat, shell: Shell) -> Iterator[str]:
    """The options for the body, and for the Content-Type that it has where no header says another one."""
    written = flat.header("content-type") is not None
    implied = _TYPES.get(flat.kind, "")
    if flat.kind == "file":
        implied = media_type(_last_text(flat.body))
    if implied and not written:
        yield f"-H {shell.word(f'Content-Type: {implied}')}"
    if flat.kind == "form":
        yield from _form(flat, shell)
    elif flat.kind == "multipart":
        yield from (f"{option} {shell.word(text)}" for part in flat.body for option, text in _part(part, shell))
    elif flat.kind == "file":
        yield f"--data-binary {shell.path('@', flat.body)}"
    elif flat.kind == "text":
        yield f"--data-raw {shell.word(as_text(flat.body) if is_known(flat.body) else flat.body)}"
    elif flat.kind == "json":
        yield f"--data-raw {composed(shell.json(flat.body))}"
    elif flat.kind == "graphql":
        yield f"--data-raw {composed(shell.json(_graphql(flat, shell)))}"


_TYPES = {"json": "application/json", "graphql": "application/json", "text": "text/plain; charset=utf-8"}


def _last_text(path: Value) -> str:
    last = pieces(path)[-1:]
    return last[0] if last and isinstance(last[0], str) else ""


def _form(flat: Flat, shell: Shell) -> Iterator[str]:
    if not flat.body:
        yield "-d ''"
    for name, value in flat.body:
        text = as_text(value) if is_known(value) else value
        encoded = changed(name, quote_plus)
        plain = is_known(text) and quote_plus(text) == text and not str(text).startswith("@")
        option = "-d" if plain and is_known(encoded) and not str(encoded).startswith("@") else "--data-urlencode"
        yield f"{option} {shell.word(joined(encoded, '=', text))}"


def _graphql(flat: Flat, shell: Shell) -> Value:
    made = {"query": flat.body["query"]}
    if isinstance(made["query"], dict):
        made["query"] = Expansion(f"$(jq -Rs . {shell.path(made['query']['file'])})")
    if flat.body.get("variables") is not None:
        made["variables"] = flat.body["variables"]
    if "operation" in flat.body:
        made["operationName"] = flat.body["operation"]
    return made


# --- multipart -----------------------------------------------------------------------------------------------------


def _part(part: Part, shell: Shell) -> Iterator[tuple[str, Value]]:
    if "=" in "".join(piece for piece in pieces(part.name) if isinstance(piece, str)):
        shell.lose("a part's name", "curl's -F ends it at the first '='", "")
    if part.file is not None:
        shell.has_files = True
        yield "-F", joined(part.name, "=@", _in_quotes(part.file), *_more(part))
        return
    if isinstance(part.value, (dict, list)):
        value: Value = joined(*shell.json(part.value))
    else:
        value = as_text(part.value) if is_known(part.value) else part.value
    if part.filename is None and part.content_type is None:
        yield "--form-string", joined(part.name, "=", value)
    else:
        yield "-F", joined(part.name, "=", _in_quotes(value), *_more(part))


def _more(part: Part) -> Iterator[Value]:
    if part.content_type is not None:
        yield joined(";type=", part.content_type)
    if part.filename is not None:
        yield joined(";filename=", _in_quotes(part.filename))


def _in_quotes(value: Value) -> Value:
    """In the quotes of -F, in which `\\` and `"` are escaped."""
    return joined('"', changed(value, lambda text: re.sub(r'[\\"]', r"\\\g<0>", text)), '"')
