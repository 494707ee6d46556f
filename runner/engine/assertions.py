"""Judges a response: captures and assertions become verdicts, each with what a person needs to understand it.

A verdict holds whole values; words and cutting short are the reporters'. Nothing here sends or changes anything but the
captures handed back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from runner.diagnostics import Span
from runner.engine.exchange import ResponseDocument
from runner.engine.results import Verdict
from runner.engine.scope import Scope, resolve
from runner.errors import EvaluationError, ResolveError
from runner.language import query
from runner.language.model import MISSING, Assertion, Capture, Expression, Schema
from runner.language.query import Finding
from runner.language.values import Value, as_text, equal, kind

if TYPE_CHECKING:
    from runner.engine.schemas import Schemas

#: Held against a request none of whose assertions looks at `status`.
DEFAULT_EXPECTATION = "status < `400`"


def judge(assertion: Assertion, document: ResponseDocument, scope: Scope) -> Verdict:
    """The verdict on one assertion."""
    compiled = query.compile(assertion.that.text)
    try:
        actual = compiled.evaluate(document)
        expected = _expected(assertion, scope)
    except EvaluationError as error:
        return _unevaluated(assertion, error, tuple(query.explain(compiled, document)))
    except ResolveError as error:
        return Verdict(False, assertion.that.text, error.span or assertion.span, error.message, notes=_note(error.hint))
    if expected is MISSING:
        verdict = _judge_truth(assertion, compiled, actual, document)
    else:
        verdict = _judge_value(assertion, compiled, actual, expected, document)
    return verdict if verdict.passed else _with_message(verdict, assertion, scope)


def _expected(assertion: Assertion, scope: Scope) -> Value:
    declared = assertion.equals if assertion.equals is not MISSING else assertion.includes
    return MISSING if declared is MISSING else resolve(declared, scope)


def _judge_truth(assertion: Assertion, compiled: query.Query, actual: Value, document: ResponseDocument) -> Verdict:
    text = assertion.that.text
    if actual is True:
        return Verdict(True, text, assertion.span)
    findings = tuple(query.explain(compiled, document))
    problem = "is not true"
    if actual is not False and actual is not None:
        problem = f"must give true or false, this is {_a(kind(actual))}"
    span = _where(assertion.that, findings)
    return Verdict(False, text, span, problem, (actual,), findings=findings, notes=_body_note(findings, document))


def _judge_value(
    assertion: Assertion, compiled: query.Query, actual: Value, expected: Value, document: ResponseDocument
) -> Verdict:
    text = assertion.that.text
    one_of = assertion.one_of and isinstance(expected, list)
    if one_of:
        holds = any(equal(actual, item) for item in expected)
    elif assertion.includes is not MISSING:
        holds = includes(actual, expected)
    else:
        holds = equal(actual, expected)
    if holds:
        return Verdict(True, text, assertion.span)
    findings = tuple(query.explain(compiled, document)) if actual is None else ()
    words = "does not include" if assertion.includes is not MISSING else "is not equal"
    notes = _body_note(findings, document)
    return Verdict(False, text, assertion.span, words, (actual,), (expected,), one_of, findings, notes)


def includes(actual: Value, wanted: Value) -> bool:
    """Whether an object has the keys asked for, at every depth, and a list holds the elements asked for."""
    if isinstance(wanted, Mapping) and isinstance(actual, Mapping):
        return all(name in actual and includes(actual[name], value) for name, value in wanted.items())
    if isinstance(actual, list):
        items = wanted if isinstance(wanted, list) else [wanted]
        return all(any(includes(element, item) for element in actual) for item in items)
    return equal(actual, wanted)


def _with_message(verdict: Verdict, assertion: Assertion, scope: Scope) -> Verdict:
    if assertion.message is None:
        return verdict

    try:
        return verdict._replace(message=as_text(resolve(assertion.message, scope)))
    except (ResolveError, ValueError) as error:
        return verdict._replace(notes=(*verdict.notes, f"its message cannot be written: {error}"))


def _unevaluated(assertion: Assertion, error: EvaluationError, findings: tuple[Finding, ...]) -> Verdict:
    missed = tuple(finding for finding in findings if finding.miss is not None)
    span, notes = _part(assertion.that, error), _note(error.hint)
    return Verdict(False, assertion.that.text, span, error.message, findings=missed, notes=notes)


def _part(expression: Expression, error: EvaluationError) -> Span:
    if error.start is None:
        return expression.span
    return expression.span.locate(expression.text, error.start, error.end or error.start + 1)


def _where(expression: Expression, findings: tuple[Finding, ...]) -> Span:
    """The part that decides: from the first to the last finding."""
    if not findings:
        return expression.span
    return expression.span.locate(expression.text, findings[0].start, findings[-1].end)


def _note(hint: str) -> tuple[str, ...]:
    return (hint,) if hint else ()


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _body_note(findings: tuple[Finding, ...], document: ResponseDocument) -> tuple[str, ...]:
    """Why `body` is null, when a path through it found nothing."""
    if document.body_fault and any(finding.text.startswith("body") for finding in findings):
        return (document.body_fault,)
    return ()


# --- the default expectation ---------------------------------------------------------------------------------------


def looks_at_status(assertion: Assertion) -> bool:
    """Whether an assertion judges `status`."""
    return any(name.text == "status" for name in query.compile(assertion.that.text).names)


def judge_default(document: ResponseDocument, span: Span) -> Verdict | None:
    """The failed default expectation `status < 400`, or None when it holds."""
    status = document["status"]
    if status < 400:
        return None
    problem = f"status is {status}, and no assertion expects it"
    notes = (f"without an assertion on status it must be below 400; `status: {status}` would expect this one",)
    return Verdict(False, DEFAULT_EXPECTATION, span, problem, (status,), notes=notes)


# --- the body as a whole -------------------------------------------------------------------------------------------


def judge_schema(schema: Schema, schemas: Schemas, document: ResponseDocument, scope: Scope) -> Verdict:
    """The verdict of a schema on `body`."""
    text = f"schema: {schema.value}" if isinstance(schema.value, str) else "schema"
    try:
        compiled = schemas.get(schema, scope)
    except ResolveError as error:
        return Verdict(False, text, error.span or schema.span, error.message, notes=_note(error.hint), subject="schema")
    body = document["body"]
    if document.body_fault:
        return Verdict(False, text, schema.span, f"cannot be judged: {document.body_fault}", subject="schema")
    judged = compiled.judge(body)
    if not judged.violations:
        return Verdict(True, text, schema.span, subject="schema")
    count = len(judged.violations) + judged.unshown
    places = "1 place" if count == 1 else f"{'more than ' if judged.bounded else ''}{count:,} places"
    return Verdict(
        False,
        text,
        schema.span,
        f"the body breaks the schema in {places}",
        subject="schema",
        violations=judged.violations,
        unshown=judged.unshown,
    )


# --- what steers a repetition ---------------------------------------------------------------------------------------


def read(expression: Expression, document: ResponseDocument, subject: str) -> tuple[Value, Verdict | None]:
    """The value of an expression of `poll` or `paginate`, or the verdict that it cannot be evaluated."""
    compiled = query.compile(expression.text)
    try:
        return compiled.evaluate(document), None
    except EvaluationError as error:
        return None, wrong(expression, document, subject, error.message, _part(expression, error), _note(error.hint))


def wrong(
    expression: Expression,
    document: ResponseDocument,
    subject: str,
    problem: str,
    span: Span | None = None,
    notes: tuple[str, ...] = (),
    actual: tuple[Value, ...] = (),
) -> Verdict:
    """The failed verdict on such an expression, with what its paths miss."""
    findings = tuple(query.explain(query.compile(expression.text), document))
    return Verdict(
        False,
        f"{subject}: {expression.text}",
        span or expression.span,
        problem,
        actual,
        findings=findings,
        notes=(*_body_note(findings, document), *notes),
        subject=subject,
    )


# --- captures ------------------------------------------------------------------------------------------------------


class Captured(NamedTuple):
    """What a capture gave: a verdict that failed, or a value."""

    capture: Capture
    verdict: Verdict | None
    value: Value = None


def take(capture: Capture, document: ResponseDocument, scope: Scope) -> Captured:
    """The value of a capture; null without a default is a failed verdict."""
    compiled = query.compile(capture.source.text)
    try:
        value = compiled.evaluate(document)
        if value is None and capture.default is not MISSING:
            value = resolve(capture.default, scope)
    except EvaluationError as error:
        span = _part(capture.source, error)
        return Captured(capture, _failed(capture, span, error.message, notes=_note(error.hint)))
    except ResolveError as error:
        return Captured(capture, _failed(capture, error.span, error.message, notes=_note(error.hint)))
    if value is None and capture.default is MISSING:
        findings = tuple(query.explain(compiled, document))
        notes = _body_note(findings, document)
        return Captured(capture, _failed(capture, capture.source.span, "is null", findings, notes))
    return Captured(capture, None, value)


def _failed(
    capture: Capture,
    span: Span | None,
    problem: str,
    findings: tuple[Finding, ...] = (),
    notes: tuple[str, ...] = (),
) -> Verdict:
    text = f"{capture.name}: {capture.source.text}"
    return Verdict(False, text, span, problem, (None,), findings=findings, notes=notes, subject="capture")
