"""One request of a collection → its draft, with what its scripts add: variables before, captures and checks after.

What a script sends becomes requests before or after it. What Postman does not send (a body of GET, a header that its
auth replaces) stays as a comment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runner.formats.draft import REQUEST_ORDER, Comment, Data, Disabled, Unique, literal, ordered
from runner.formats.postman import bodies, schemes, urls
from runner.formats.postman.behaviour import behaviour
from runner.formats.postman.finishing import LOCAL
from runner.formats.postman.reading import Item, entries, mapping, plain
from runner.formats.postman.scripts import Scripts
from runner.formats.postman.variables import Variables
from runner.formats.scripted import sent
from runner.formats.scripts import logic, terms
from runner.formats.scripts.writing import UnwritableError, Writer, data
from runner.language.document.settings import METHOD

#: Methods whose body Postman leaves out (its runtime's `METHODS_WITHOUT_BODY`).
_WITHOUT_BODY = frozenset({"GET", "COPY", "HEAD", "PURGE", "UNLOCK"})


class Around(NamedTuple):
    """What a request inherits: the `auth` in force, and scripts of its folders whose effects are on each request."""

    auth: Any = None
    before: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()


class Drafted(NamedTuple):
    """A request in pieces: its draft, the `origin` and `rest` of its URL, and requests that its scripts send."""

    draft: Data
    origin: str
    rest: str
    before: list[Data]
    after: list[Data]
    comments: list[Comment]


class Requests:
    """Translates the requests of one collection."""

    def __init__(self, variables: Variables, scripts: Scripts, taken: Iterable[str]) -> None:
        self.variables = variables
        self.scripts = scripts
        self.taken = frozenset(taken)

    def draft(self, item: Item, around: Around, unique: Unique) -> Drafted:
        """The drafts of a request and of what its scripts send."""
        effects = self.scripts.of(item)
        before = [found for found in (*around.before, *effects.before) if id(found) not in effects.used]
        after = [found for found in (*effects.after, *around.after) if id(found) not in effects.used]
        self.variables.renamed = {name: ours for found in before for name, ours in found.renamed.items()}
        new = {name: ours for found in before for name, ours in found.renamed_ours.items()}
        self.variables.new_names |= {ours: name for name, ours in new.items()}
        after = [found.after_names(new) for found in after] if new else after
        try:
            return self._draft(item, around, unique, before, after)
        finally:
            self.variables.renamed = {}

    def _draft(self, item: Item, around: Around, unique: Unique, before: list[Any], after: list[Any]) -> Drafted:
        name = unique(item.name)
        draft: Data = {"name": name, "description": item.description or None}
        path = f"{item.path}.request"
        url = urls.translate(item.request.get("url"), self.variables, f"{path}.url", self.taken)
        auth = schemes.translate(item.auth, self.variables, f"{path}.auth")
        if auth is None and url.user is not None and around.auth in (None, schemes.NONE):
            user, password = url.user
            auth = {
                "type": "basic",
                "username": self.variables.text(user),
                "password": self.variables.secret(password, "password"),
            }
        draft["auth"] = auth
        body = self._body(item, draft, path)
        self._headers(item, draft, body, auth if auth is not None else around.auth, path)
        draft["query"] = url.query or None
        draft |= behaviour(item, self.variables)
        variables = dict(url.variables)
        first = self._before(before, name, draft, variables, unique)
        draft["variables"] = variables or None
        last = self._after(after, name, draft, unique)
        self._taken_away(after, variables, draft)
        comments = list(self.scripts.comments(item))
        return Drafted(draft, url.origin, url.rest, first, last, comments)

    # --- what is sent

    def _body(self, item: Item, draft: Data, path: str) -> bodies.Body | None:
        method = plain(item.request.get("method")).strip().upper() or "GET"
        given = mapping(item.request.get("body"))
        written = self._written_type(item)
        body = bodies.translate(given, written, self.variables, f"{path}.body")
        pruned = method in _WITHOUT_BODY and item.settings.get("disableBodyPruning") is not True
        if body is not None and (pruned or given.get("disabled") is True):
            draft[Disabled({body.key: body.value})] = None
            body = None
        elif body is not None:
            draft[body.key] = body.value
        if not METHOD.fullmatch(method) and "{{" not in method:
            self.variables.imported.lose(f"{path}.method", f"the method '{method}'", "it is no HTTP method")
            method = "GET"
        if method != ("POST" if body else "GET"):
            draft["method"] = self.variables.text(method)
        return body

    def _written_type(self, item: Item) -> str:
        found = [e.value or "" for e in entries(item.request.get("header")) if not e.disabled]
        named = [e for e in entries(item.request.get("header")) if not e.disabled and e.name.lower() == "content-type"]
        return (named[-1].value or "") if found and named else ""

    def _headers(self, item: Item, draft: Data, body: bodies.Body | None, auth: Any, path: str) -> None:
        headers: Data = {}
        replaced = _header_of(auth)
        given: dict[str, str] = {}
        for number, entry in enumerate(entries(item.request.get("header"))):
            name = entry.name.strip()
            value = self.variables.credential(name, self.variables.text(entry.value or "", f"{path}.header[{number}]"))
            ours = self.variables.text(name, f"{path}.header[{number}]")
            if not name or not ("{{" in name or METHOD.fullmatch(name)):
                if name and not entry.disabled:
                    self.variables.imported.lose(f"{path}.header[{number}]", f"the header '{name}'", "that is no name")
            elif entry.disabled or name.lower() == replaced:
                headers[Disabled({ours: value})] = None
            elif not _goes_without_saying(name.lower(), entry.value or "", body):
                ours = given.setdefault(ours.lower(), ours)
                headers[ours] = [*_listed(headers[ours]), value] if ours in headers else value
        if body and body.content_type and not self._written_type(item):
            headers["Content-Type"] = body.content_type
        draft["headers"] = headers or None

    # --- before

    def _before(self, results: list[Any], name: str, draft: Data, variables: Data, unique: Unique) -> list[Data]:
        first: list[Data] = []
        for found in results:
            taken: set[str] = set()
            for each in found.sent:
                made = self._sent(found, each, f"{name}, first", unique)
                if made is not None:
                    taken |= self._carried(found, each, made)
                    first.append(made)
            for ours, setting in found.variables.items():
                if ours not in taken:
                    self._set(ours, setting, variables, found)
            for header in found.headers:
                self._add_header(header, draft, found)
            self._skipped(found, draft)
            draft["delay"] = _delay(sum(found.waits)) or draft.get("delay")
            if 0 in found.exchanges:
                self._checked(found, draft)
        return first

    def _skipped(self, found: Any, draft: Data) -> None:
        """`when` of a request that its script may skip."""
        for skip in found.skips:
            if skip.condition == terms.TRUE:
                draft["skip"] = True
                continue
            try:
                when = self._condition(logic.negate(skip.condition))
            except UnwritableError as error:
                found.machine.lose(skip.span, "a request that is skipped", str(error))
                continue
            draft["when"] = f"({draft['when']}) && ({when})" if draft.get("when") else when

    def _condition(self, term: Any) -> str:
        """A condition over the variables; of one that is true or false for sure it is not asked what counts as true."""

        def plain(part: Any) -> Any:
            match part:
                case terms.Truthy(terms.Var(name) as variable) if self.variables.kinds.get(name) == {"boolean"}:
                    return variable
            return None

        return Writer(None).write(terms.replaced(term, plain))

    def _set(self, ours: str, setting: Any, variables: Data, found: Any) -> None:
        term = logic.where(setting.condition, setting.term, terms.Var(_old_name(ours, found)))
        try:
            found.before.needs(term)
            variables[ours] = self._data(term)
        except UnwritableError as error:
            found.before.unwritten.add(ours)
            found.machine.lose(setting.span, "a variable that is set", str(error))

    def _data(self, term: Any) -> Any:
        """A term as data; placeholders within constant texts are variables."""
        if isinstance(term, terms.Const) and isinstance(term.value, str):
            return self.variables.text(term.value)
        return data(term)

    def _carried(self, found: Any, each: Any, made: Data) -> set[str]:
        """Variables that a script sets before it sends: that request has them, and hands them on."""
        used = {part.name for part in terms.inside(each.options) if isinstance(part, terms.Var)}
        own = {name: setting for name, setting in found.variables.items() if name in used}
        variables: Data = {}
        for ours, setting in own.items():
            self._set(ours, setting, variables, found)
        if variables:
            captures = {**made.get("capture", {}), **{name: f"vars.{name}" for name in variables}}
            made.update(ordered({**made, "variables": variables, "capture": captures}, REQUEST_ORDER))
        return set(variables)

    def _add_header(self, header: Any, draft: Data, found: Any) -> None:
        try:
            value = data(header.term)
        except UnwritableError as error:
            found.machine.lose(header.span, "a header that is added", str(error))
            return
        if header.name.lower() == "content-type" and any(key in draft for key in _FORMS):
            return  # Postman puts the form's own type in its place
        draft["headers"] = {**(draft.get("headers") or {}), literal(header.name): value}

    # --- after

    def _after(self, results: list[Any], name: str, draft: Data, unique: Unique) -> list[Data]:
        last: list[Data] = []
        for found in results:
            self._checked(found, draft)
            for each in found.sent:
                made = self._sent(found, each, f"{name}, then", unique)
                if made is not None:
                    last.append(made)
        return last

    def _taken_away(self, results: list[Any], variables: Data, draft: Data) -> None:
        """A variable that scripts set before the request and take away after it is the request's alone."""
        from runner.formats.scripts.postman import lose_unset

        own = {self.variables.new_names.get(name, name) for name in variables}
        for found in results:
            for effect in found.unset:
                if effect.name in own and effect.name not in (draft.get("capture") or {}):
                    draft["capture"] = {**(draft.get("capture") or {}), effect.name: LOCAL}
                elif effect.name not in own:
                    lose_unset(found.machine, effect.span)

    def _checked(self, found: Any, draft: Data, number: int = 0) -> None:
        from runner.formats.scripts import drafts

        exchange = found.exchange(number)
        captures = drafts.captures(exchange, number, found.machine.lose)
        asserts = drafts.assertions(exchange, number, found.machine.lose)
        schema = drafts.schema(exchange, number, found.machine.lose)
        secret = {ours: self._hidden(ours, value) for ours, value in captures.items()}
        draft["capture"] = {**(draft.get("capture") or {}), **secret} or None
        draft["assert"] = [*(draft.get("assert") or []), *asserts] or None
        if schema is not None:
            draft["schema"] = schema

    def _hidden(self, name: str, value: Any) -> Any:
        """A captured credential is a secret."""
        from runner.engine.credentials import holds_credential
        from runner.formats.postman.variables import snake

        if not isinstance(value, str) or not holds_credential(snake(name)):
            return value
        return {"from": value, "secret": True}

    def _sent(self, found: Any, each: Any, prefix: str, unique: Unique) -> Data | None:
        """The request that a script sends; None where it cannot be written."""
        try:
            made = sent.translate(each.options, self.variables, lambda text: bodies.read_json(text, self.variables, ""))
            when = None if each.condition == terms.TRUE else self._condition(each.condition)
        except UnwritableError as error:
            found.machine.lose(each.span, "a request that the script sends", str(error))
            self._lose_exchange(found, each.number, str(error))
            return None
        method = made.get("method") or ("POST" if any(key in made for key in ("json", "form", "text")) else "GET")
        draft: Data = {"name": unique(f"{prefix} {method} {_shown(made['url'])}"), "when": when, "auth": schemes.NONE}
        draft |= made
        draft["delay"] = _delay(each.delay)
        self._checked(found, draft, each.number)
        return ordered(draft, REQUEST_ORDER)

    def sent_alone(self, found: Any, each: Any, name: str, unique: Unique) -> Data | None:
        """The request that the script of a folder sends, with the variables that it sets for it."""
        made = self._sent(found, each, f"{name}, first", unique)
        if made is not None:
            for ours in self._carried(found, each, made):
                del found.variables[ours]
        return made

    def _lose_exchange(self, found: Any, number: int, why: str) -> None:
        exchange = found.exchange(number)
        for capture in exchange.captures:
            found.machine.lose(capture.span, "a variable that is set", why)
        for check in exchange.checks:
            found.machine.lose(check.span, "an assertion", why)


def _old_name(ours: str, found: Any) -> str:
    """The name of the value that a variable has before a script sets it under a condition."""
    return next((name for name, new in found.renamed_ours.items() if new == ours), ours)


def _shown(url: str) -> str:
    """A URL for a name: the path, placeholders in braces."""
    path = url.partition("://")[2] or url
    path = "/" + path.partition("/")[2] if "/" in path else path
    return path.partition("?")[0].replace("{{", "{").replace("}}", "}")


def _delay(seconds: float) -> str | None:
    if not seconds:
        return None
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_SIGNED = frozenset({"bearer", "basic", "digest", "oauth2", "jwt", "aws_sigv4", "request"})


def _header_of(auth: Any) -> str:
    """The header that Postman's auth puts in place of a written one, in lower case."""
    if not isinstance(auth, Mapping) or auth.get("in") in ("query", "cookie"):
        return ""
    if auth.get("type") == "api_key":
        return str(auth.get("name", "")).lower()
    return "authorization" if auth.get("type") in _SIGNED else ""


_OWN_TYPES = {"json": "application/json", "graphql": "application/json"}
_FORMS = ("form", "multipart")


def _goes_without_saying(name: str, value: str, body: bodies.Body | None) -> bool:
    """A header that is sent anyway: what a client knows by itself, and the type of a body that says it."""
    if name == "content-length":
        return True
    if name != "content-type" or body is None:
        return False
    if body.key in _FORMS:  # Postman puts the form's own type in the place of any other
        return True
    return _OWN_TYPES.get(body.key) == value.strip().lower()
