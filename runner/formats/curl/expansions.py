"""Resolved values → words of the shell: what only a run knows is `$NAME`, or the output of a command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.curl.jq import filter_of
from runner.formats.exported import Exported
from runner.formats.symbols import CAPTURE, ENV, ROW, SECRET, Computed, Ref, Text, Value, pieces
from runner.language import query, shell
from runner.language.shell import Expansion
from runner.language.values import as_text, dump_json, duration

#: Names that the shell or the script itself uses.
_TAKEN = frozenset({"PATH", "HOME", "IFS", "PWD", "PS1", "PS2", "PS4", "ENV", "response", "headers", "jar"})
_COMMANDS: Mapping[str, str] = {
    "uuid": "uuidgen",
    "timestamp": "date +%s",
    "now": "date -u +%Y-%m-%dT%H:%M:%SZ",
}
_FILTERS: Mapping[str, str] = {
    "base64": "base64 | tr -d '\\n'",
    "base64_decode": "base64 -d",
    "url_encode": "jq -sRr @uri",
    "lower": "tr '[:upper:]' '[:lower:]'",
    "upper": "tr '[:lower:]' '[:upper:]'",
}
_WHY = {ENV: "from the environment", SECRET: "a secret", ROW: "a row"}
#: Expressions that give no text.
_TYPED = re.compile(r"(?:parse_json|to_number|timestamp)\(")
_MARK = re.compile('"?\ue000(\\d+)(b?)\ue001"?')


def demand(name: str, why: str) -> str:
    """The line that ends a script where a variable is not set."""
    words = re.sub(r"[^\w .,:/-]", " ", why)
    return f': "${{{name}:?{words}}}"\n'


class Shell:
    """The variables of one script. `wanted` are those that the reader sets, each with what it is."""

    def __init__(self, exported: Exported) -> None:
        self.exported = exported
        self.wanted: dict[str, str] = {}
        #: Captures that no command takes, each with where it comes from.
        self.missing: dict[str, str] = {}
        #: Those of them that are used from here on: the reader sets them.
        self.asked: dict[str, str] = {}
        self.place = ""
        #: Whether a command names files.
        self.has_files = False
        self._opaque: dict[str, str] = {}
        #: What is worked out once: names with their words.
        self.once: dict[str, str] = {}
        self._once_names: dict[tuple[str, str], str] = {}

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.exported.lose(self.place, what, why, remedy)

    def want(self, name: str, why: str) -> None:
        self.wanted.setdefault(name, why)

    def take_asked(self) -> str:
        """The lines that ask for captures which no command takes, where they are needed."""
        asked, self.asked = self.asked, {}
        for name in asked:
            self.missing.pop(name, None)
        return "".join(map(demand, asked, asked.values()))

    def name(self, ours: str) -> str:
        """The shell's name for a variable of ours."""
        return f"{ours}_" if ours in _TAKEN else ours

    # --- words

    def word(self, *values: Value) -> str:
        """Values as one word."""
        return shell.composed([part for value in values for part in self.parts(value)])

    def parts(self, value: Value) -> list[str]:
        """A value as texts and expansions."""
        return [piece if isinstance(piece, str) else self._expansion(piece) for piece in self._pieces(value)]

    def _pieces(self, value: Value) -> tuple[Any, ...]:
        try:
            return pieces(value)
        except ValueError:
            self.lose("a value", "a list or an object is no text", "")
            return ("",)

    def path(self, *values: Value) -> str:
        """The path of a file, and what stands before it, as one word."""
        self.has_files = True
        return self.word(*values)

    def seconds(self, value: Value) -> str:
        """A duration as a number of seconds."""
        known = duration(value) if not isinstance(value, (Ref, Computed, Text)) else None
        return self.word(value) if known is None else f"{known:g}"

    def _expansion(self, symbol: Ref | Computed) -> Expansion:
        return self._ref(symbol) if isinstance(symbol, Ref) else self._computed(symbol)

    def _ref(self, ref: Ref) -> Expansion:
        name = ref.name.upper() if ref.kind == SECRET else ref.name
        name = name if ref.kind == ENV else self.name(name)
        if ref.kind == CAPTURE and name in self.missing:
            self.asked[name] = self.missing[name]
        if ref.kind not in (CAPTURE, ROW) or ref.name in ("data", "iteration"):
            if ref.kind == ROW and name not in self.wanted:
                self.lose(f"'{name}'", "the script runs once, and not for each row", f"set {name}")
            self.want(name, _WHY.get(ref.kind, "a variable of the environment that was not chosen"))
        if not ref.path:
            return Expansion(f"${name}")
        path = filter_of(query.compile(f"body{''.join(_step(step) for step in ref.path)}"))
        return Expansion(f"$(printf '%s' \"${name}\" | jq -er {shell.word(path or '.')})")

    # --- expressions

    def _worked_out_once(self, computed: Computed) -> Expansion:
        key = computed.once, repr(computed.values)
        if key not in self._once_names:
            like = self.name(computed.once)
            name = self._once_names[key] = like if like not in self.once else f"{like}_{len(self.once) + 1}"
            self.once[name] = self.word(computed.values[0][1])
        return Expansion(f"${self._once_names[key]}")

    def _computed(self, computed: Computed) -> Expansion:
        if computed.once:
            return self._worked_out_once(computed)
        try:
            node = query.compile(computed.expression).tree.root
        except query.QueryFault:
            node = {"type": "text", "children": []}
        return self._call(node, computed) or self._stand_in(computed)

    def _call(self, node: Any, computed: Computed) -> Expansion | None:
        """The command whose output is the value of an expression; None where there is none."""
        if node["type"] == "or_expression":
            return self._default(node["children"], computed)
        if node["type"] != "function_expression":
            return None
        name, arguments = node["value"], node["children"]
        if name in _COMMANDS and not arguments:
            return Expansion(f"$({_COMMANDS[name]})")
        if name in ("to_string", "parse_json", "to_number") and len(arguments) == 1:
            inner = self._argument(arguments[0], computed)
            return Expansion(inner[0]) if inner and len(inner) == 1 and isinstance(inner[0], Expansion) else None
        if name not in _FILTERS or len(arguments) != 1:
            return None
        inner = self._argument(arguments[0], computed)
        return Expansion(f"$(printf '%s' {shell.composed(inner)} | {_FILTERS[name]})") if inner else None

    def _default(self, children: Any, computed: Computed) -> Expansion | None:
        """`env.NAME || 'text'` is `${NAME:-text}`."""
        first, second = (self._argument(child, computed, optional=True) for child in children)
        if first is None or second is None or len(first) != 1 or not re.fullmatch(r"\$\w+", first[0]):
            return None
        if any(isinstance(part, Expansion) for part in second) or re.search(r"[\\\"$`}']", "".join(second)):
            return None
        return Expansion(f"${{{first[0][1:]}:-{''.join(second)}}}")

    def _argument(self, node: Any, computed: Computed, *, optional: bool = False) -> list[str] | None:
        """What an argument gives, as texts and expansions."""
        wanted, asked = dict(self.wanted), dict(self.asked)
        found: list[str] | None = None
        if node["type"] == "literal" and isinstance(node["value"], (str, int, float)):
            found = [as_text(node["value"])]
        elif node["type"] == "function_expression":
            if node["value"] == "join":
                return self._joined(node["children"], computed)
            call = self._call(node, computed)
            found = None if call is None else [call]
        elif (name := _name(node)) is not None:
            value = dict(computed.values).get(name)
            found = None if value is None or isinstance(value, (dict, list)) else self.parts(value)
        if optional:
            self.wanted, self.asked = wanted, asked
        return found

    def _joined(self, arguments: Any, computed: Computed) -> list[str] | None:
        """`join('', [a, b])` is the texts one after the other."""
        separator, items = arguments
        if separator != {**separator, "type": "literal", "value": ""} or items["type"] != "multi_select_list":
            return None
        found = [self._argument(item, computed) for item in items["children"]]
        return None if any(part is None for part in found) else [one for part in found for one in part or ()]

    def _stand_in(self, computed: Computed) -> Expansion:
        """A variable for an expression that no command works out."""
        text = computed.expression
        if text not in self._opaque:
            self._opaque[text] = f"VALUE_{len(self._opaque) + 1}"
            self.lose(f"the value of {{{{{text}}}}}", "no command works it out", f"set {self._opaque[text]}")
        self.want(self._opaque[text], f"the value of {text}")
        return Expansion(f"${self._opaque[text]}")

    # --- JSON

    def json(self, value: Value) -> list[str]:
        """JSON data as texts and expansions; a number that the environment gives stands there without quotes."""
        found: list[tuple[list[str], bool]] = []
        marked = self._marked(value, found)
        text = dump_json(marked)
        text = dump_json(marked, 2) if len(text) > 72 else text
        parts: list[str] = []
        position = 0
        for match in _MARK.finditer(text):
            inner, bare = found[int(match[1])]
            quotes = match[0][0] == '"', match[0][-1] == '"'
            before, after = (False, False) if bare and all(quotes) else quotes
            parts += [text[position : match.start() + before], *inner]
            position = match.end() - after
        return [*parts, text[position:]]

    def _marked(self, value: Value, found: list[tuple[list[str], bool]]) -> Any:
        if isinstance(value, Expansion):
            return self._mark([value], found, True)
        if isinstance(value, (Ref, Computed)):
            if isinstance(value, Ref) and value.kind == CAPTURE:
                why = "a shell has texts only: it is sent as one"
                self.lose("a captured value in JSON", why, "take its quotes away, where it is none")
            return self._mark(self.parts(value), found, _is_bare(value))
        if isinstance(value, Text):
            return "".join(
                piece if isinstance(piece, str) else self._mark([self._expansion(piece)], found, False)
                for piece in value.pieces
            )
        if isinstance(value, dict):
            return {self._marked(key, found): self._marked(item, found) for key, item in value.items()}
        if isinstance(value, list):
            return [self._marked(item, found) for item in value]
        return value

    def _mark(self, parts: list[str], found: list[tuple[list[str], bool]], bare: bool) -> str:
        found.append((parts, bare))
        return f"\ue000{len(found) - 1}{'b' if bare else ''}\ue001"


def _is_bare(value: Ref | Computed) -> bool:
    return isinstance(value, Computed) and _TYPED.match(value.expression) is not None


def _step(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{json.dumps(step)}"


def _name(node: Any) -> str | None:
    """`x`, `env.X` or `vars.x`."""
    if node["type"] == "field":
        return str(node["value"])
    if node["type"] == "subexpression" and [child["type"] for child in node["children"]] == ["field", "field"]:
        first, second = (child["value"] for child in node["children"])
        return f"env.{second}" if first == "env" else str(second) if first == "vars" else None
    return None


#: What makes the command line of a request; for those who hand one on.
Command = Callable[..., str]
