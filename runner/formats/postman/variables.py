"""The variables of an import: their names, the texts that use them, where their values come from, what is secret.

Postman splices a variable as text wherever it stands; ours keeps its type where it stands alone. So it matters what
type a value may have: `kinds` collects it from every source (declarations, environments, scripts), and `quoted` and
`bare` choose the form that sends what Postman would have sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from runner.engine.credentials import holds_credential, is_credential_header
from runner.formats.attached import Attachments
from runner.formats.draft import Data, Disabled, Foreign, Imported, Names, with_placeholders
from runner.formats.postman import dynamic
from runner.formats.postman.reading import Entry, plain
from runner.language.values import number, parse_json

PLACEHOLDER = re.compile(r"\{\{([^{}]*?)\}\}")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DEEPEST = 5
_SHORTEST = 4
_SCHEMES = {"bearer": "token", "basic": "basic_credentials"}
_TEXT = "string"
#: In the description of a variable without a value: where the runner has it from.
_OF_ENVIRONMENT = re.compile(r"\{\{env\.\w+\}\}", re.ASCII)
#: The description of a variable that an export wrote as JSON.
AS_JSON = "A list or an object, as JSON"
_WORDS = {"true": True, "false": False}


class Variables:
    """Every variable of one import, by its name here."""

    def __init__(self, imported: Imported, foreign: Foreign) -> None:
        self.imported = imported
        self.names = Names()
        self.declared: Data = {}
        self.secrets: dict[str, str] = {}
        self._attachments = Attachments(foreign, imported, self.names, self.declared)
        self.environments: dict[str, Data] = {}
        #: JSON types that each name may have at run time.
        self.kinds: dict[str, set[str]] = {}
        #: A name, and another one whose value it may have.
        self.aliases: list[tuple[str, str]] = []
        #: Names that stand unquoted in a JSON body.
        self.bare_names: set[str] = set()
        #: Names that a script sets while the collection runs.
        self.captured: set[str] = set()
        #: Names that scripts read: they see a text where Postman has one.
        self.read: set[str] = set()
        #: Foreign names that mean another variable in the request that is being translated.
        self.renamed: dict[str, str] = {}
        #: Names of new values that scripts set before a request → the variable that has it afterwards.
        self.new_names: dict[str, str] = {}
        self._env_names = Names()
        self._literals: dict[str, str] = {}

    # --- texts ---

    def text(self, foreign: str, path: str = "") -> str:
        """A foreign text with its placeholders as ours."""
        words = PLACEHOLDER.sub(lambda match: self._word(match[1].strip(), path) or match.group(), foreign)
        return with_placeholders(words, PLACEHOLDER, lambda name: self._expression(name, path))

    def _word(self, name: str, path: str) -> str | None:
        """The word that stands for a dynamic variable."""
        found = dynamic.find(name) if name.startswith("$") else None
        if found is None or found.word is None:
            return None
        self._lose_words(name, path)
        return found.word

    def _lose_words(self, name: str, path: str) -> None:
        why = "there is no such word list; a stand-in of the same form is written in its place"
        self.imported.lose(path, f"{{{{{name}}}}}", why, "write the value that you need")

    def _expression(self, foreign: str, path: str) -> str | None:
        name = foreign.strip()
        if not name:
            return None
        found = dynamic.find(name) if name.startswith("$") else None
        if found is None:
            return self.renamed.get(name) or self.names(name)
        if found.stand_in:
            self._lose_words(name, path)
        return found.expression

    def whole(self, foreign: str) -> str | None:
        """The name in a text that is one placeholder and nothing else."""
        match = PLACEHOLDER.fullmatch(foreign.strip())
        return match[1].strip() or None if match else None

    def quoted(self, foreign: str, path: str) -> str:
        """A JSON string's text: a placeholder that is all of it still gives a string."""
        name = PLACEHOLDER.fullmatch(foreign)
        found = dynamic.find(name[1].strip()) if name is not None else None
        if name is None or not name[1].strip() or (found is not None and found.word is not None):
            return self.text(foreign, path)
        expression, kinds = self._typed(name[1].strip(), path)
        return f"{{{{{expression}}}}}" if kinds <= {_TEXT} else f"{{{{to_string({expression})}}}}"

    def bare(self, foreign: str, path: str) -> str:
        """A placeholder that stands unquoted in JSON: its text is read as JSON."""
        expression, kinds = self._typed(foreign, path)
        if _TEXT not in kinds and kinds:
            return f"{{{{{expression}}}}}"
        inner = expression if kinds <= {_TEXT} else f"to_string({expression})"
        return f"{{{{parse_json({inner})}}}}"

    def _typed(self, foreign: str, path: str) -> tuple[str, set[str]]:
        expression = self._expression(foreign, path) or ""
        found = dynamic.find(foreign) if foreign.startswith("$") else None
        return expression, {found.kind} if found else self.kinds.get(expression, set())

    def lacks_scheme(self, text: str, depth: int = 0) -> bool:
        """Whether a URL that begins like this text has no scheme, so that Postman adds `http://`."""
        if not text.startswith("{{"):
            return not _SCHEME.match(text)
        name = text[2:].partition("}}")[0]
        sources = [values[name] for values in (self.declared, *self.environments.values()) if values.get(name)]
        return depth < _DEEPEST and any(self.lacks_scheme(str(value), depth + 1) for value in sources)

    # --- declarations ---

    def declare(self, entries: Iterable[Entry], environment: str = "") -> None:
        """Variables of the collection, or of one environment."""
        target = self.environments.setdefault(environment, {}) if environment else self.declared
        for entry in entries:
            if not entry.name.strip():
                continue
            name = self.names(entry.name.strip())
            given = _OF_ENVIRONMENT.search(plain(entry.data.get("description"))) if not entry.value else None
            if given is not None:
                own = self.secrets if entry.data.get("type") == "secret" else target
                own[name] = given.group()
                continue
            value = self._value(entry)
            if entry.disabled:
                shown = self._env(name) if self._is_secret(entry) else value
                target[Disabled({name: shown})] = None
            elif self._is_secret(entry):
                self.secrets.setdefault(name, self._env(name))
                target.pop(name, None)
            else:
                target[name] = value
                self.kinds.setdefault(name, set()).add(_kind(value))

    def _value(self, entry: Entry) -> Any:
        given = entry.data.get("value")
        if isinstance(given, (bool, int, float)):
            return given
        if plain(entry.data.get("description")) == AS_JSON:
            return self._structure(entry.value or "")
        return self.text(entry.value or "", "variable")

    def _structure(self, text: str) -> Any:
        """A list or an object that an export wrote as JSON; other texts stay texts."""
        try:
            return self._texts(parse_json(text))
        except ValueError:
            return self.text(text, "variable")

    def _texts(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.text(name): self._texts(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._texts(item) for item in value]
        return self.text(value, "variable") if isinstance(value, str) else value

    def _is_secret(self, entry: Entry) -> bool:
        value = entry.value or ""
        if entry.data.get("type") == "secret":
            return self.whole(value) is None
        if "{{" in value or is_harmless(value):
            return False
        return holds_credential(snake(entry.name), value) or _JWT.search(value) is not None

    def settle(self) -> None:
        """Chooses types, once every source is known: what is only ever a number where it stands bare becomes one."""
        for _ in range(3):
            for name, other in self.aliases:
                self.kinds.setdefault(name, set()).update(self.kinds.get(other, ()))
        for name, other in self.aliases:
            if not self.kinds.get(other):
                self.kinds[name].add("any")
        for name in self.secrets:
            self.declared.pop(name, None)
            self.kinds.setdefault(name, set()).add(_TEXT)
            for values in self.environments.values():
                if name in values and "{{" not in str(values[name]):
                    del values[name]
        for name in self.bare_names - self.captured - self.read - set(self.secrets):
            sources = [values for values in (self.declared, *self.environments.values()) if name in values]
            typed = [_typed(values[name]) for values in sources]
            if sources and None not in typed:
                for values, value in zip(sources, typed, strict=True):
                    values[name] = value
                self.kinds[name] = {_kind(value) for value in typed}

    def stale(self, names: Iterable[str]) -> None:
        """Secrets that a request of the collection gives before they are used: the value of old is not needed."""
        for name in names:
            self.secrets.pop(name, None)

    # --- secrets ---

    def file(self, source: str, like: str, path: str) -> str:
        """The path of a file to send; it is taken over where it lies beside the collection."""
        return self.text(source, path) if "{{" in source else self._attachments.take(source, like, path)

    def secret(self, value: str, name: str) -> str:
        """A credential that stood in the collection: a secret's placeholder takes its place."""
        if not value or "{{" in value:
            return self.text(value)
        name = snake(name)
        if value not in self._literals:
            ours = self._literals[value] = self.names.fresh(name)
            self.secrets[ours] = self._env(ours)
            self.kinds.setdefault(ours, set()).add(_TEXT)
        return f"{{{{{self._literals[value]}}}}}"

    def guarded(self, name: str, value: str) -> str:
        """A text of ours under a name: a literal credential becomes a secret."""
        if is_harmless(value) or "{{" in value or not holds_credential(snake(name), value):
            return value
        return self.secret(value.replace("\\{{", "{{"), name)

    def credential(self, header: str, value: str) -> str:
        """The value of a header; of `Authorization` its scheme stays."""
        if "{{" in value or not value.strip():
            return value
        scheme, space, rest = value.partition(" ")
        if header.lower() in ("authorization", "proxy-authorization") and space and scheme.isalpha():
            return f"{scheme} {self.secret(rest, _SCHEMES.get(scheme.lower(), 'authorization'))}"
        if is_credential_header(header) or holds_credential(snake(header), value):
            return self.secret(value, header)
        return value

    def needed(self, name: str) -> str:
        """A variable for something without which it does not work, and which the collection does not say."""
        ours = self.names(name)
        if ours not in self.declared and ours not in self.secrets:
            self.outside(ours)
        return f"{{{{{ours}}}}}"

    def outside(self, name: str) -> None:
        """A name that is used and has no value in the foreign files: the process environment gives it."""
        plain_name = re.sub(r"_\d+$", "", snake(name))  # `password_2` is one as well
        target = self.secrets if holds_credential(plain_name) else self.declared
        target[name] = self._env(name)

    def _env(self, name: str) -> str:
        return f"{{{{env.{self._env_names(env_name(name))}}}}}"


def env_name(name: str) -> str:
    """The name of the process environment for a variable."""
    return snake(name).upper()


def is_harmless(value: str) -> bool:
    """Whether a value is no credential, whatever its name says."""
    return len(value) < _SHORTEST or value.lower() in ("true", "false", "null", "none")


def snake(name: str) -> str:
    """`clientSecret` and `Client-Secret` as `client_secret`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub(r"\W", "_", name)).lower()


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (list, dict)):
        return "structure"
    return "number" if isinstance(value, (int, float)) else _TEXT


def _typed(value: Any) -> Any:
    """The number or truth value that a text spells; None for others."""
    if not isinstance(value, str):
        return value
    return _WORDS.get(value, number(value))
