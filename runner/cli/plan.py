"""`runner plan`: the resolved requests, where each value comes from, and what a run would touch. Sends nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from runner.cli import options, printing
from runner.diagnostics import Styler, escape

if TYPE_CHECKING:
    from runner.engine.exchange import Request
    from runner.engine.flow import Session
    from runner.engine.plan import Plan, Step
    from runner.engine.scope import Scope


@click.command("plan")
@options.paths
@options.environment
@options.variables
@options.env_files
@options.selecting
@options.data
@options.repeat
@options.shard
@options.root
@options.allow_empty
@options.no_colour
def command(**given: Any) -> int:
    """Show what `runner run` would send: resolved requests, the origin of each variable, which auth applies, and the
    hosts, environment variables and files of each collection. Nothing is sent, secrets are masked."""
    from runner.engine.flow import Session
    from runner.redaction import Redactor
    from runner.reporters.style import styler_for
    from runner.runtime.project import open_project

    project = open_project(options.make_options(given))
    plans, env = project.ready_plans()
    printing.print_diagnostics(project.warnings)
    session = Session(env=env, redactor=Redactor(), files=project.workspace)
    styler = styler_for(sys.stdout, given["no_colour"])
    for plan in plans:
        lines = list(_collection_lines(plan, session, styler))  # all values are known before the first line is masked
        for line in lines:
            print(session.redactor.text(line))
    return 0


def _collection_lines(plan: Plan, session: Session, styler: Styler) -> Iterator[str]:
    from runner.engine.flow import scopes

    for source in plan.collection.sources:
        session.redactor.add(source.secrets)
    scope_of = scopes(plan, session)
    yield f"{styler('name', escape(plan.collection.name))}  {styler('place', plan.collection.source.path)}"
    shown = [_Shown(step, scope_of(step), plan) for step in plan.steps]
    yield from _touched(plan, shown)
    for step in shown:
        yield ""
        yield from step.lines(styler)
    yield ""


class _Shown:
    """One request as `plan` shows it: resolved as far as it can be before any capture is taken."""

    def __init__(self, step: Step, scope: Scope, plan: Plan) -> None:
        self.step = step
        self.scope = scope
        self.plan = plan
        self.request: Request | None = None
        self.problem = ""
        self._resolve()

    def _resolve(self) -> None:
        from runner.engine.auth import hide_credentials
        from runner.engine.build import Flags, build
        from runner.errors import ResolveError

        hide_credentials(self.step.auth, self.step.settings, self.scope, self.step.login)
        waiting = sorted({name for name in self.step.waits_for() if name not in self.scope})
        if waiting:
            self.problem = f"waits for {', '.join(f'{name!r}' for name in waiting)}"
            return
        try:
            self.request = build(self.step.spec, self.step.settings, self.step.base_urls, self.scope, Flags())
        except ResolveError as error:
            self.problem = error.message

    def lines(self, styler: Styler) -> Iterator[str]:
        step = self.step
        place = f"{step.spec.name_span.source.path}:{step.spec.name_span.line}"
        yield f"  {styler('name', escape(step.name))}  {styler('place', place)}"
        if step.skip:
            yield f"    {styler('skipped', 'skipped')}    {escape(step.skip)}"
            return
        yield f"    request    {self._request_line()}"
        for loop in step.loops:
            yield f"    for each   {escape(printing.rows_words(loop, self.plan))}"
        for condition in step.conditions:
            yield f"    when       {escape(condition.expression.text)}"
        yield from self._message(self.request) if self.request else ()
        yield f"    auth       {self._auth()}"
        yield from (f"    {word:<10} {escape(text)}" for word, text in _repeats(step))
        for name in sorted(self._names()):
            yield f"    variable   {self._variable(name)}"
        for capture in step.spec.captures:
            yield f"    capture    {capture.name} = {escape(capture.source.text)}"
        for assertion in step.asserts:
            yield f"    assert     {escape(_assertion_text(assertion))}"
        if step.spec.schema is not None:
            yield f"    schema     {escape(_schema_text(step.spec.schema.value))}"
        if step.spec.snapshot is not None:
            yield f"    snapshot   {self.plan.kept.name if self.plan.kept else ''}"

    def _request_line(self) -> str:
        from runner.language.model import Template

        if self.request is not None:
            return f"{self.request.method} {escape(self.request.url)}"
        spec = self.step.spec
        method = spec.method.text if isinstance(spec.method, Template) else spec.method
        url = spec.url.text if isinstance(spec.url, Template) else spec.url
        return f"{method or ('POST' if spec.body else 'GET')} {escape(url)}  ({escape(self.problem)})"

    def _message(self, request: Request) -> Iterator[str]:
        """Headers, body, and where the response goes."""
        from runner.engine.payload import Multipart
        from runner.reporters.bodies import part_words, request_body_lines

        parts = request.body if isinstance(request.body, Multipart) else Multipart("", ())
        for name, value in request.headers:
            # Another one with every run.
            yield f"    header     {name}: {escape(value.replace(parts.boundary, '…') if parts.boundary else value)}"
        for part in parts.parts:
            yield f"    part       {part_words(part)}"
        if request.body is not None and not parts.boundary:
            yield f"    body       {' '.join(map(str.strip, request_body_lines(request)))}"
        if request.save_to is not None:
            yield f"    save_to    {escape(request.save_to.name)}"

    def _auth(self) -> str:
        spec = self.step.auth
        if spec is None:
            return "none"
        grant = f" {spec.fields['grant'].value}" if "grant" in spec.fields else ""
        default = " client_credentials" if spec.type == "oauth2" and not grant else ""
        return f"{spec.type}{grant}{default}  ({spec.span.where})"

    def _names(self) -> set[str]:
        """Names that the request uses, and those that their values use."""
        from runner.engine import references

        found: set[str] = set()
        pending = list(self.step.uses)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found.add(name)
            layer = next((layer for layer in self.scope.layers if layer.holds(name)), None)
            declared = getattr(layer, "declared", {}).get(name)
            if declared is not None:
                pending += [used.name for used in references.in_value(declared.value) if not used.env]
        return found

    def _variable(self, name: str) -> str:
        from runner.errors import RunnerError
        from runner.language.values import show
        from runner.reporters.words import short

        try:
            where = self.scope.where(name)
            value = self.scope[name]  # a secret is masked before `show` escapes what is in it
            return f"{name} = {short(show(self.scope.shared.redactor.apply(value)))}  ({where})"
        except KeyError:
            by = self.plan.captured_by.get(name)
            return f"{name}  (captured by '{by}')" if by else f"{name}  (each row has its own)"
        except RunnerError as error:
            of_rows = bool(self.step.loops) and "item" not in self.scope
            return f"{name}  (each row has its own)" if of_rows else f"{name}  ({escape(str(error))})"


def _repeats(step: Step) -> Iterator[tuple[str, str]]:
    """What repeats a request, as it is declared."""
    found = {"retry": step.settings.retry, "poll": step.spec.poll, "paginate": step.spec.paginate}
    for word, declared in found.items():
        if declared is None:
            continue
        given = [f"{name} {_setting_text(value)}" for name, value in declared._asdict().items() if value is not None]
        always = ["until every assertion holds"] if word == "poll" and declared[0] is None else []
        yield word, ", ".join(always + given)


def _setting_text(value: Any) -> str:
    """An expression or a setting as it is written; several side by side."""
    from runner.language.model import Expression

    if isinstance(value, Expression):
        return value.text
    settings = value if type(value) is tuple else (value,)
    texts = (str(found.value) if type(found.value) is int else found.span.text for found in settings)
    return " ".join(texts) or "none"


def _assertion_text(assertion: Any) -> str:
    from runner.language.model import MISSING
    from runner.reporters.words import short

    for word, declared in (("==", assertion.equals), ("includes", assertion.includes)):
        if declared is not MISSING:
            return f"{assertion.that.text} {word} {short(_declared_text(declared))}"
    return str(assertion.that.text)


def _schema_text(value: Any) -> str:
    from runner.reporters.words import short

    return value if isinstance(value, str) else short(_declared_text(value))


def _declared_text(declared: Any) -> str:
    from runner.language.model import Template
    from runner.language.values import show

    if isinstance(declared, Template):
        return declared.text
    if isinstance(declared, dict):
        return "{" + ", ".join(f"{_declared_text(k)}: {_declared_text(v)}" for k, v in declared.items()) + "}"
    if isinstance(declared, list):
        return "[" + ", ".join(map(_declared_text, declared)) + "]"
    return show(declared)


def _touched(plan: Plan, shown: Iterable[_Shown]) -> Iterator[str]:
    """Hosts, environment variables and files of a collection: what a reviewer wants to know first."""
    from urllib.parse import urlsplit

    from runner.engine import payload
    from runner.engine import plan as planning

    shown = list(shown)
    requests = [step.request for step in shown if step.request]
    hosts = {urlsplit(request.url).netloc for request in requests} | _token_hosts(shown)
    names = {need.name for step in plan.steps for need in step.needs if need.kind == "env"}
    files = {path for step in plan.steps for _, path, _ in planning.files(step)}
    files |= {file.name for request in requests for file in payload.files(request.body)}
    schemas = [step.spec.schema.value for step in plan.steps if step.spec.schema is not None]
    files |= {value.partition("#")[0] for value in schemas if isinstance(value, str)}
    files |= {str(over.path) for step in plan.steps for over in planning.data_files(step)}
    files |= {source.path for source in plan.collection.others}
    if plan.iterations.rows is not None:
        files.add(plan.iterations.rows.source.path)
    writes = {path for step in plan.steps for _, path, _ in planning.targets(step)}
    writes |= {request.save_to.name for request in requests if request.save_to}
    # Without user and password.
    proxies = {re.sub(r"//.*@", "//", request.connection.proxy) for request in requests if request.connection.proxy}
    touched = {"hosts": hosts, "proxies": proxies, "env": names, "files": files, "writes": writes}
    for word, found in touched.items():
        if found:
            yield f"  {word:<10} {', '.join(map(escape, sorted(found)))}"
    if len(plan.iterations) != 1:
        yield f"  {'runs':<10} {len(plan.iterations):,}; the first is shown"
    if plan.environment_name:
        yield f"  {'chosen':<10} environment '{plan.environment_name}'"


def _token_hosts(shown: Iterable[_Shown]) -> set[str]:
    from urllib.parse import urlsplit

    from runner.engine.scope import resolve
    from runner.errors import ResolveError

    hosts = set()
    for step in shown:
        for name, url in _auth_urls(step.step):
            try:
                hosts.add(urlsplit(str(resolve(url, step.scope))).netloc)
            except (ResolveError, ValueError) as error:
                hosts.add(f"({name}: {error})")
    return hosts - {""}


def _auth_urls(step: Step) -> Iterator[tuple[str, Any]]:
    """The URLs that the token step of a request goes to, as declared."""
    for spec in (step.auth, step.login.auth if step.login else None):
        for name in ("token_url", "issuer", "authorization_url", "device_url"):
            if spec is not None and name in spec.fields:
                yield name, spec.fields[name].value
    if step.login is not None:
        from runner.engine.build import ABSOLUTE
        from runner.language.model import Template

        url = step.login.spec.url
        written = url.text if isinstance(url, Template) else url
        base = step.login.base_urls[-1:] if not ABSOLUTE.match(written) else ()
        yield "login", base[0].url if base else url
