"""Literal credentials of a draft → `secrets` whose values come from the environment.

Runs over a whole draft, so that every importer treats them alike: in `auth`, headers, queries, cookies, bodies, URLs
and variables, by the name of what holds them, and wherever a JWT stands. A value that comes from a variable stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from runner.engine.credentials import holds_code, holds_credential, is_credential_header
from runner.formats.draft import Comment, Data, Disabled, Names, usable_name
from runner.language.model import AUTH_KEYS, holds_key

_JWT = re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+", re.ASCII)
#: Names in a query that hold credentials where the value looks like one: Azure's `sig` and `code`, Google's `key`.
_IN_URLS = frozenset({"sig", "code", "key", "auth"})
_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w.~%+/=-]{20,}", re.ASCII)
#: A cookie that stands for a person.
_SESSION = re.compile(r"sess|sid\b|auth|token|jwt|csrf|secret|login|remember", re.IGNORECASE)
_SCHEMES = {"bearer": "token", "basic": "basic_credentials"}
_USER_INFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://[^/?#@:]*:)([^/?#@{}]+)(?=@)")
_IN_QUERY = re.compile(r"([?&])([^=&#{}]+)=([^&#{}]+)")
#: Pairs in bodies of text, as JSON, XML and forms write them.
_IN_BODIES = tuple(
    re.compile(pattern)
    for pattern in (
        r'(?P<before>"(?P<name>[\w-]+)"\s*:\s*")(?P<value>[^"\\]+)(?P<after>")',
        r"(?P<before><(?P<name>[\w:-]+)>)(?P<value>[^<>]+)(?P<after></(?P=name)>)",
        r"(?P<before>(?:^|&)(?P<name>[\w-]+)=)(?P<value>[^&\s<>\"]+)(?P<after>(?=&|$))",
    )
)
_WHOLE_ENV = re.compile(r"\{\{env\.\w+\}\}", re.ASCII)
#: What the system sets by itself: a variable of this name would take what it finds there.
_TAKEN = frozenset(
    {"HOST", "HOSTNAME", "USER", "USERNAME", "HOME", "PATH", "PWD", "SHELL", "LANG", "TERM", "TEMP", "TMP", "EDITOR"}
)  # fmt: skip


#: Texts that are no credential, whatever their name says.
_WORDS = frozenset({"", "true", "false", "null", "none"})


class Vault:
    """The secrets of an import: each literal value has one name, whatever the number of its places."""

    def __init__(self, names: Names, secrets: Data) -> None:
        self.names = names
        self.secrets = secrets
        self._literals: dict[str, str] = {}
        #: Values that must not be seen in comments.
        self.hidden: set[str] = set()

    def put(self, value: str, like: str) -> str:
        """The placeholder for a literal credential; `like` says what it is."""
        self.hidden.add(value)
        if value not in self._literals:
            ours = self._literals[value] = self.names.fresh(snake(like))
            self.secrets[ours] = from_environment(ours)
        return f"{{{{{self._literals[value]}}}}}"

    def mask(self, text: str) -> str:
        """A comment without the credentials that were put away, and without tokens."""
        for value in sorted(self.hidden, key=len, reverse=True):
            if value in text:
                text = _found(value).sub("***", text)
        return _JWT.sub("***", text)


def _found(value: str) -> re.Pattern[str]:
    """A credential as a word of its own; one that is a plain word (`password`) only within quotes."""
    written = re.escape(value)
    return re.compile(f"(?<=['\"`]){written}(?=['\"`])" if value.isalpha() else rf"(?<!\w){written}(?!\w)")


def snake(name: str) -> str:
    """`clientSecret` and `Client-Secret` as `client_secret`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", usable_name(name)).lower()


def from_environment(name: str) -> str:
    """The placeholder for a variable whose value comes from outside."""
    upper = snake(name).upper()
    return f"{{{{env.{f'API_{upper}' if upper in _TAKEN else upper}}}}}"


def seal(collection: Data, vault: Vault) -> None:
    """Puts the literal credentials of a draft into its secrets."""
    _Sealer(vault).collection(collection)


class _Sealer:
    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        #: Names of variables that stand where credentials do.
        self.used: set[str] = set()

    def collection(self, data: Data) -> None:
        self.used = set(_used_as_credentials(data))
        self._declared(data)
        self._settings(data)
        for key in ("setup", "requests", "teardown"):
            self._items(data.get(key, ()))
        self._comments(data)

    def _declared(self, data: Data) -> None:
        """Variables that are credentials become secrets under their own names; whoever uses them finds them there."""
        variables, environments = data.get("variables", {}), data.get("environments", {}).values()
        levels = (variables, *environments)
        for name in {n: None for level in levels for n, v in level.items() if self._is_secret(n, v)}:
            given = variables.pop(name, None)
            self.vault.hidden |= {_meant(given)} if _is_literal(given) else set()
            self.vault.secrets[name] = from_environment(name) if given is None or _is_literal(given) else given
            for level in environments:
                if _is_literal(level.get(name)):
                    self.vault.hidden.add(_meant(level.pop(name)))
        for name, value in self.vault.secrets.items():
            if _is_literal(value):
                self.vault.hidden.add(_meant(value))
                self.vault.secrets[name] = from_environment(name)
        for level in levels:
            self._disabled(level, self._credential)

    def _is_secret(self, name: Any, value: Any) -> bool:
        """Whether a declared variable is a credential: a literal one, or one that the environment gives."""
        if not isinstance(name, str) or not isinstance(value, str):
            return False
        is_credential = name in self.used or holds_credential(snake(name), value)
        if _WHOLE_ENV.fullmatch(value):
            return is_credential
        return _is_literal(value) and (is_credential or _JWT.search(value) is not None)

    def _items(self, items: Any) -> None:
        for item in items:
            if isinstance(item, Disabled):
                self._items([item.value])
            elif isinstance(item, dict):
                self._item(item)

    def _item(self, item: Data) -> None:
        self._settings(item)
        if "variables" in item:
            self._mapping(item["variables"], self._credential)
        if "requests" in item:
            self._items(item["requests"])
        else:
            self._request(item)

    def _settings(self, item: Data) -> None:
        for holder in (item, item.get("defaults", {})):
            self._mapping(holder.get("headers", {}), self._header)
            self._mapping(holder.get("query", {}), self._query)
            certificate = holder.get("client_cert")
            if isinstance(certificate, dict) and "password" in certificate:
                certificate["password"] = self._put(certificate["password"], "cert_password")
            if "proxy" in holder and isinstance(holder["proxy"], str):
                holder["proxy"] = self._user_info(holder["proxy"])
        self._auth(item.get("auth"))

    def _request(self, item: Data) -> None:
        self._mapping(item.get("cookies", {}), self._cookie)
        for key in ("form", "multipart"):
            self._mapping(item.get(key, {}), self._part)
        for key in ("json", "graphql"):
            if key in item:
                item[key] = self._json(item[key], "")
        for key, seal_one in (("url", self._url), ("text", self._body)):
            if isinstance(item.get(key), str):
                item[key] = self._tokens(seal_one(item[key]))

    def _auth(self, auth: Any) -> None:
        if not isinstance(auth, dict):
            return
        keys = AUTH_KEYS.get(auth.get("type", ""), {})
        for key, value in auth.items():
            row = keys.get(key)
            if row is not None and row.secret and not (row.wants == "file" and not holds_key(value)):
                auth[key] = self._put(value, self._auth_name(auth, key))
        if isinstance(auth.get("request"), dict):
            self._item(auth["request"])
        self._mapping(auth.get("extra", {}), self._credential)

    def _auth_name(self, auth: Data, key: str) -> str:
        if auth.get("type") == "api_key":
            name = snake(str(auth.get("name", "")))
            return name if holds_credential(name) else "api_key"
        return key

    # --- values by what holds them

    def _mapping(self, data: Data, seal_one: Callable[[str, Any], Any]) -> None:
        for key, value in data.items():
            if not isinstance(key, (Comment, Disabled)):
                data[key] = [seal_one(key, one) for one in value] if isinstance(value, list) else seal_one(key, value)
        self._disabled(data, seal_one)

    def _disabled(self, data: Mapping[Any, Any], seal_one: Callable[[str, Any], Any]) -> None:
        for key in data:
            if isinstance(key, Disabled) and isinstance(key.value, dict):
                self._mapping(key.value, seal_one)

    def _put(self, value: Any, like: str) -> Any:
        return self.vault.put(_meant(value), like) if _is_literal(value) else value

    def _credential(self, name: str, value: Any) -> Any:
        literal = value if isinstance(value, str) else ""
        is_credential = name in self.used or holds_credential(snake(name), literal)
        return self._put(value, name) if is_credential else self._tokens(value)

    def _query(self, name: str, value: Any) -> Any:
        value = _as_code(name, value)
        is_random = isinstance(value, str) and _is_random(name, value)
        return self._put(value, name) if is_random else self._credential(name, value)

    def _header(self, name: str, value: Any) -> Any:
        if not _is_literal(value):
            return value
        scheme, space, rest = value.partition(" ")
        if name.lower().endswith("authorization") and space and scheme.isalnum():
            return f"{scheme} {self._put(rest, _SCHEMES.get(scheme.lower(), 'authorization'))}"
        return self._put(value, name) if is_credential_header(name) else self._credential(name, value)

    def _cookie(self, name: str, value: Any) -> Any:
        return self._put(value, name) if _SESSION.search(name) else self._credential(name, value)

    def _part(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {**value, "value": self._credential(name, value["value"])} if "value" in value else value
        return self._credential(name, _as_code(name, value))

    def _json(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: self._json(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._json(item, name) for item in value]
        if isinstance(value, int) and holds_code(snake(name), str(value)):
            return f"{{{{to_number({self.vault.put(str(value), name)[2:-2]})}}}}"
        return self._credential(name, value) if isinstance(value, str) else value

    def _tokens(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return _JWT.sub(lambda match: self.vault.put(match.group(), "token"), value)

    def _user_info(self, url: str) -> str:
        return _USER_INFO.sub(lambda match: match[1] + self.vault.put(match[2], "url_password"), url)

    def _url(self, url: str) -> str:
        def sealed(match: re.Match[str]) -> str:
            name, value = unquote(match[2]), match[3]
            if not (holds_credential(snake(name), value) or _is_random(name, value)):
                return match.group()
            return f"{match[1]}{match[2]}={self.vault.put(value, name)}"

        return _IN_QUERY.sub(sealed, self._user_info(url))

    def _body(self, text: str) -> str:
        """A body of text that holds pairs as JSON, XML or a form writes them."""

        def sealed(match: re.Match[str]) -> str:
            name, value = match["name"], match["value"]
            if not holds_credential(snake(name), value) or not _is_literal(value):
                return match.group()
            return match["before"] + self.vault.put(_meant(value), name) + match["after"]

        for pattern in _IN_BODIES:
            text = pattern.sub(sealed, text)
        return text

    # --- comments

    def _comments(self, data: Any) -> None:
        """Masks in comments and descriptions what was put away; it runs last."""
        if isinstance(data, list):
            for place, item in enumerate(data):
                data[place] = self._masked(item)
        elif isinstance(data, dict):
            entries = [(self._masked(key), self._masked(value, key)) for key, value in data.items()]
            data.clear()
            data.update(entries)

    def _masked(self, value: Any, key: Any = None) -> Any:
        if isinstance(value, Comment):
            return Comment(self.vault.mask(value.text))
        if key == "description" and isinstance(value, str):
            return self.vault.mask(value)
        self._comments(value)
        return value


_WHOLE = re.compile(r"(?:[A-Za-z]+ )?\{\{([A-Za-z_]\w*)\}\}", re.ASCII)


def _used_as_credentials(data: Any) -> Iterator[str]:
    """The names of variables that stand in secret fields of `auth` and in headers of credentials."""
    for item in data if isinstance(data, list) else [data]:
        if not isinstance(item, dict):
            continue
        auth = item["auth"] if isinstance(item.get("auth"), dict) else {}
        keys = AUTH_KEYS.get(auth.get("type", ""), {})
        values = [value for key, value in auth.items() if key in keys and keys[key].secret]
        for holder in (item, item.get("defaults", {})):
            headers = ((name, value) for name, value in holder.get("headers", {}).items() if isinstance(name, str))
            values += [value for name, value in headers if is_credential_header(name)]
        for value in values:
            found = _WHOLE.fullmatch(value) if isinstance(value, str) else None
            yield from [found[1]] if found else []
        for key in ("setup", "requests", "teardown"):
            yield from _used_as_credentials(item.get(key, []))


def _as_code(name: str, value: Any) -> Any:
    """The digits of a code as text, which is how they are sent outside of JSON."""
    return str(value) if isinstance(value, int) and holds_code(snake(name), str(value)) else value


def _is_literal(value: Any) -> bool:
    """Whether a value is a text that may be a credential, and holds no placeholder."""
    return isinstance(value, str) and value.lower() not in _WORDS and "{{" not in value.replace("\\{{", "")


def _is_random(name: str, value: str) -> bool:
    return name.lower() in _IN_URLS and _RANDOM.fullmatch(value) is not None


def _meant(text: str) -> str:
    return text.replace("\\{{", "{{")
