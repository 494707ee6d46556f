"""Variables of the collection: path parameters with their values, and secrets that come from the environment.

The rule for the names of path parameters: the parameter's own, letters, digits and `_` alone; a name that says little
by itself (`id`, `key`, …) has what stands before it in the path in front: `/users/{id}` is `/users/{{user_id}}`.
"""

from __future__ import annotations

import re
from typing import Any

from runner.formats.draft import Data, usable_name
from runner.language.model import RESERVED_NAMES

#: Names of path parameters that say little by themselves.
_VAGUE = frozenset({"id", "uid", "uuid", "guid", "key", "name", "slug", "code", "number", "ref"})


#: Names of credentials, in small letters.
_CREDENTIAL = re.compile(
    r"(?:\w+_)?(?:password|passwd|api_?key|client_secret|private_key|subscription_key|(?:access|auth|api|refresh|id|"
    r"bearer|session|security)_token)|secret|authorization"
)


class Ours(str):
    """A text of our own language: its `{{ }}` are placeholders."""

    __slots__ = ()


class Variables:
    """What is declared, in the order of first use."""

    def __init__(self) -> None:
        self.plain: Data = {}
        self.secrets: Data = {}
        self._given: dict[tuple[str, str], str] = {}

    def path_parameter(self, like: str, value: Any, kind: str) -> str:
        """The variable of a path parameter; those of one name and `kind` are one, and the first value counts."""
        name = self._given.get((like, kind))
        if name is None:
            name = self._given[like, kind] = self._free(like)
            self.plain[name] = value
        return name

    def declare(self, like: str, value: Any) -> str:
        """A variable with a value of its own; the same again is the same variable."""
        return self.path_parameter(like, value, f"= {value}")

    def secret(self, like: str) -> Ours:
        """The placeholder of a secret that the environment holds under the same name, in capitals."""
        key = (like, "secret")
        if key not in self._given:
            name = self._given[key] = self._free(snake(like))
            self.secrets[name] = Ours(f"{{{{env.{name.upper()}}}}}")
        return Ours(f"{{{{{self._given[key]}}}}}")

    def _free(self, like: str) -> str:
        base = usable_name(like)
        found, number = base, 2
        while found in self.plain or found in self.secrets or found in RESERVED_NAMES:
            found, number = f"{base}_{number}", number + 1
        return found


def snake(name: str) -> str:
    """A name in small letters with `_` between its words: `petstoreAuth` is `petstore_auth`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace("OAuth", "Oauth"))
    return usable_name(apart).lower()


def environment_variable(like: str) -> Ours:
    """The placeholder of an environment variable."""
    return Ours(f"{{{{env.{snake(like).upper()}}}}}")


def parameter_name(name: str, before: str) -> str:
    """What a path parameter's variable is called like; `before` is the path in front of it."""
    if name.lower() not in _VAGUE:
        return name
    words = [segment for segment in before.split("/") if segment and "{" not in segment]
    return f"{singular(words[-1])}_{name}" if words else name


def singular(word: str) -> str:
    """An English word for one of a kind."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def is_credential(name: str) -> bool:
    """Whether a name is one of credentials: their values do not stand in files."""
    return _CREDENTIAL.fullmatch(snake(name)) is not None if name else False
