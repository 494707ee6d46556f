"""The script of a plan: its head, the client, and for each request the call, its captures and its assertions.

    import os, httpx ─▶ names from the environment ─▶ with httpx.Client(…) as client: requests in order

Runs from the folder of the request file, where it names files. What has no translation is a comment at its place, and
a loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.plan import TEARDOWN, Loop, Plan
from runner.formats import symbols
from runner.formats.exported import Exported
from runner.formats.flat import Auth, Flat
from runner.formats.flat_plan import Repeated, by_loop, flat_steps, goes_alone
from runner.formats.grants import identity, token_request
from runner.formats.python.calls import OF_CLIENTS, Call, call, client
from runner.formats.python.expressions import Translator
from runner.formats.python.functions import used
from runner.formats.python.judging import judged, names_status
from runner.formats.python.literals import literal, text
from runner.formats.python.sending import sent
from runner.formats.python.values import Values, imports
from runner.formats.symbols import CAPTURE, Computed, Ref, Value
from runner.language import query
from runner.language.model import MISSING, Assertion, Capture, DataFile, Expression

#: Methods that overlap.
_TOGETHER = frozenset({"GET", "HEAD", "OPTIONS"})


def script(plan: Plan) -> Exported:
    """The script of a plan."""
    made = _Script(plan)
    body = "".join(made.body())
    exported = made.values.exported
    exported.text = _whole(plan, made.values, body)
    return exported


def _whole(plan: Plan, values: Values, body: str) -> str:
    names = [f"{name} = os.environ[{text(name)}]  # {why}\n" for name, why in values.wanted.items()]
    names += [f"{name} = {code}\n" for name, code in values.once.items()]
    head = f'"""{_line(plan.collection.name)}: the requests of {_line(plan.collection.source.path)}, with httpx.'
    if plan.environment_name:
        head += f" Environment: {_line(plan.environment_name)}."
    functions = "".join(f"\n{function}" for function in used("".join(names) + body))
    modules = imports("".join(names) + functions + body)
    standard = "".join(f"{line}\n" for line in modules)
    head = head.replace("\\", "\\\\")
    constants = "\n" + "".join(names) if names else ""
    return f'{head}"""\n\n{standard}\nimport httpx\n{constants}{functions}{chr(10) if functions else ""}\n{body}'


def _line(text: str) -> str:
    """A text that ends neither its line nor a docstring."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace('"', "'")


class _Script:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.values = Values(Exported(""))
        self._tokens: dict[str, str] = {}
        self._client: Mapping[str, Value] = {}

    def body(self) -> Iterator[str]:
        if self.plan.collection.overlap:
            self.values.place = self.plan.collection.source.path
            why = "the requests are sent one after the other: each sees the cookies that those before it were given"
            self.values.lose("'overlap'", why, "")
        self.values.keeps_cookies = len(self.plan.steps) > 1
        flats = [item.flat if isinstance(item, Repeated) else item for item in flat_steps(self.plan)]
        self._client = next((flat.settings for flat in flats if not flat.step.skip), {})
        lines, settings = client(self._client, self.values)
        yield from (f"{line}\n" for line in lines)
        given = {"follow_redirects": True, "timeout": 30, **settings}
        words = ", ".join(f"{name}={literal(value)}" for name, value in given.items())
        yield f"with httpx.Client({words}) as client:\n"
        blocks = [block for together in by_loop(flats) for block in self._with_asked(together)]
        yield "\n".join([*blocks, *([] if any(not flat.step.skip for flat in flats) else ["    pass\n"])])

    def _with_asked(self, together: list[Flat]) -> Iterator[str]:
        """The blocks of requests, and before them the captures that they need and the script does not take."""
        blocks = list(self._item(together))
        asked, self.values.asked = self.values.asked, {}
        for name in asked:
            self.values.missing.pop(name, None)
        if asked:
            yield "".join(f"    {name} = os.environ[{text(name)}]  # {why}: write it\n" for name, why in asked.items())
        yield from blocks

    def _item(self, together: list[Flat]) -> Iterator[str]:
        """A request, or those of a group that goes through its rows."""
        sent: list[tuple[Flat, Value]] = []
        for flat in together:
            self.values.place = flat.name
            if flat.step.skip:
                yield f"    # {_line(flat.name)}\n    # not sent: {_line(flat.step.skip)}\n"
                continue
            self._tell(flat, alone=len(together) == 1)
            block, token = self._token(flat)
            if block:
                yield block
            sent.append((flat, token))
        if len(sent) == 1:
            yield f"    # {_line(sent[0][0].name)}\n{''.join(self._repeated(sent))}"
        elif sent:
            yield "".join(self._repeated(sent))

    def _repeated(self, sent: list[tuple[Flat, Value]]) -> Iterator[str]:
        """The statements of requests within the loops that they share; what rows capture becomes a list."""
        loops = sent[0][0].step.loops
        self.values.place = sent[0][0].name
        rows = [self._rows(loop, sent[0][0]) for loop in loops]
        blocks = [self._in_row(flat, token, 4 + 4 * len(rows), len(sent) > 1) for flat, token in sent]
        inner = "\n".join(blocks)
        is_counted = re.search(r"\bindex\b", inner) is not None
        taken = [self.values.name(capture.name) for flat, _ in sent for capture in flat.captures if rows]
        yield from (f"    {name}_rows = []\n" for name in taken)
        for number, code in enumerate(rows):
            start = " " * (4 + 4 * number)
            yield f"{start}for index, item in enumerate({code}):\n" if is_counted else f"{start}for item in {code}:\n"
        yield inner
        yield from (f"    {name} = {name}_rows\n" for name in taken)

    def _in_row(self, flat: Flat, token: Value, depth: int, named: bool) -> str:
        """The statements of a request behind its condition."""
        self.values.place = flat.name
        start, condition = " " * depth, self._condition(flat)
        inner = list(self._request(flat, token, depth + 4 * bool(condition)))
        if flat.step.loops:
            taken = [(self.values.name(it.name), self.values.code(Ref(CAPTURE, it.name))) for it in flat.captures]
            inner += [f"{start}{'    ' if condition else ''}{name}_rows.append({code})\n" for name, code in taken]
        title = f"{start}# {_line(flat.name)}\n" if named else ""
        return title + (f"{start}if {condition}:\n" if condition else "") + "".join(inner)

    def _tell(self, flat: Flat, *, alone: bool) -> None:
        """What the script has no words for."""
        if flat.spec.paginate is not None:
            self.values.lose("'paginate'", "the request is sent once", "a loop around it")
        for name in ("schema", "snapshot"):
            if getattr(flat.spec, name) is not None:
                self.values.lose(f"'{name}'", "the script does not compare with files", "a library for it")
        if flat.step.part == TEARDOWN:
            self.values.lose("'teardown'", "the script ends at the first failure", "try … finally")
        if alone and any(loop.of_group for loop in flat.step.loops) and not goes_alone(self.plan, flat):
            why = "each request goes through the rows by itself"
            self.values.lose("'for_each' of a group", why, "one loop for all of them")
        for name in OF_CLIENTS:
            if flat.settings.get(name) != self._client.get(name):
                self.values.lose(f"'{name}'", "a client of httpx has one for all requests", "a client of its own")

    # --- around a request

    def _rows(self, loop: Loop, flat: Flat) -> str:
        """The list that a loop goes through."""
        over = loop.for_each.over
        scope = symbols.scope_of(self.plan, flat.step, frozenset(self.plan.captured_by), {})
        if isinstance(over, DataFile):
            rows: Value = list(self.plan.rows.get((over.span.source.path, over.path), []))
        else:
            rows = scope.condition(over) if isinstance(over, Expression) else scope.resolve(over)
        code = literal(self.values.code(rows), 4, 30)
        if code in self.values.wanted and not (isinstance(rows, Ref) and rows.kind == CAPTURE):
            return f"json.loads({code})"  # a list that the reader gives
        return code

    def _condition(self, flat: Flat) -> str:
        """The `when` of a request and of its groups; nothing where it is always sent."""
        scope = symbols.scope_of(self.plan, flat.step, frozenset(self.plan.captured_by), {})
        found = [self._one_condition(condition.expression, scope) for condition in flat.step.conditions]
        return " and ".join(filter(None, found))

    def _one_condition(self, expression: Expression, scope: symbols.Scope) -> str:
        value = scope.condition(expression)
        if isinstance(value, bool):
            return "" if value else "False"
        if isinstance(value, Ref) and value.kind == CAPTURE:
            return f"{self.values.code(value)} is True"
        if isinstance(value, Computed):
            tree = query.compile(value.expression).tree.root
            found = self.values.translate(tree, value, condition=True)
            if found is not None:
                return found
        self.values.lose("'when'", "it has no translation: the request is sent in any case", "an if around it")
        return ""

    def _token(self, flat: Flat) -> tuple[str, Value]:
        """The block that fetches the token the first time it is needed, and what stands for the token."""
        auth = flat.auth
        if auth is None or flat.header("authorization") is not None or auth.type not in ("oauth2", "request", "jwt"):
            return "", None
        known = identity(auth)
        if known in self._tokens:
            return "", Ref(CAPTURE, self._tokens[known])
        name = self._tokens[known] = f"access_token_{len(self._tokens) + 1}" if self._tokens else "access_token"
        return self._fetched(auth, name), Ref(CAPTURE, name)

    def _fetched(self, auth: Auth, name: str) -> str:
        request = token_request(auth)
        if request is not None:
            fields: dict[str, list[Any]] = {}
            for field, value in request.fields:
                fields.setdefault(field, []).append(self.values.text(value))
            data = {field: found[0] if len(found) == 1 else found for field, found in fields.items()}
            basic = {} if request.client is None else {"auth": tuple(self.values.text(it) for it in request.client)}
            sent = Call("client.post", (self.values.text(request.url),), tuple({"data": data, **basic}.items()))
            lines = f'    response.raise_for_status()\n    {name} = response.json()["access_token"]\n'
            return f"    # Token (RFC 6749)\n{sent.written('response = ', 4)}{lines}"
        if auth.type == "request" and auth.login is not None and (found := self._login(auth, name)):
            return found
        why = "no single request fetches it"
        self.values.lose(f"the token of auth '{auth.type}'", why, f"set {name}: runner token")
        self.values.want(name, "runner token FILE --raw")
        return ""

    def _login(self, auth: Auth, name: str) -> str:
        source = auth.fields["token"]
        translator = self.values.of_response()
        tree = query.compile(source.text).tree.root if isinstance(source, Expression) else None
        found = None if tree is None else translator.code(tree)
        if found is None or auth.login is None:
            return ""
        body = "    body = response.json()\n" if "body" in found else ""
        sent = call(auth.login, self.values).written("response = ", 4)
        return f"    # Log in\n{sent}    response.raise_for_status()\n{body}    {name} = {found}\n"

    # --- one request

    def _request(self, flat: Flat, token: Value, indent: int) -> Iterator[str]:
        start = " " * indent
        if "delay" in flat.settings:
            yield f"{start}time.sleep({self.values.seconds(flat.settings['delay'])})\n"
        yield from sent(flat, token, self.values, indent)
        translator = self.values.of_response(flat.scope, [capture.name for capture in flat.captures])
        taken = [line for capture in flat.captures for line in self._capture(capture, translator)]
        judged = [line for given in flat.asserts for line in self._assertion(given, translator, flat)]
        if flat.spec.snapshot is None and not any(names_status(assertion) for assertion, _, _ in flat.asserts):
            yield f"{start}{_successful(flat)}\n"
        if any("body" in line and not line.startswith("#") for line in (*taken, *judged)):
            yield f"{start}body = response.json()\n"
        yield from (f"{start}{line}\n" for line in (*taken, *judged))
        if "save_to" in flat.settings:
            yield f"{start}Path({self.values.text(flat.settings['save_to'])}).write_bytes(response.content)\n"

    def _capture(self, capture: Capture, translator: Translator) -> Iterator[str]:
        node = query.compile(capture.source.text).tree.root
        name = self.values.name(capture.name)
        if capture.default is not MISSING:
            found = translator.optional(node)
            default = literal(self.values.code(capture.default)) if symbols.is_known(capture.default) else None
            if found is not None and default is not None:
                self.values.missing.pop(name, None)
                yield f"{name} = {found}"
                yield f"{name} = {default} if {name} is None else {name}"
                return
        elif (found := translator.code(node)) is not None:
            self.values.missing.pop(name, None)
            if found.startswith(("of_each(", "merged(", "[element for")):
                self.values.lists.add(name)
            yield f"{name} = {found}"
            return
        self.values.lose(f"the capture '{capture.name}'", "it has no translation", "write it")
        self.values.missing[name] = f"what {_line(capture.source.text)} gives"
        yield f"# {name} = {_line(capture.source.text)}"

    def _assertion(self, given: tuple[Assertion, Value, Value], translator: Translator, flat: Flat) -> Iterator[str]:
        assertion, equals, includes = given
        if self._needs_overlap(assertion, flat):
            self.values.lose("an assertion", "what it says of cookies holds where requests overlap", "use runner run")
            yield f"# assert {_line(assertion.that.text)}"
            return
        tree = query.compile(assertion.that.text).tree.root
        asked = dict(self.values.asked)
        found = None if includes is not MISSING else judged(tree, assertion, equals, translator, self.values)
        if self.values.asked != asked:  # it compares with a capture that is not taken
            found, self.values.asked = None, asked
        if found is not None:
            message = f", {text(_line(assertion.message))}" if isinstance(assertion.message, str) else ""
            yield f"assert {found}{message}"
            return
        shown = assertion.that.text
        if equals is not MISSING or includes is not MISSING:
            shown += f" {'equals' if includes is MISSING else 'includes'} …"
        self.values.lose("an assertion", "it has no translation", "write it, or use runner run")
        yield f"# assert {_line(shown)}"

    def _needs_overlap(self, assertion: Assertion, flat: Flat) -> bool:
        """Whether an assertion looks at cookies, which neighbours that are sent together do not see of one another."""
        together = self.plan.collection.overlap and flat.method in _TOGETHER
        return bool(together) and "cookie" in assertion.that.text.lower()

def _successful(flat: Flat) -> str:
    """What holds of a status where no assertion looks at it."""
    redirects = flat.settings.get("follow_redirects", True)
    if redirects is False or redirects == 0:
        return "assert response.status_code < 400"
    return "response.raise_for_status()"
