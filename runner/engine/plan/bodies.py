"""What a request's body cannot be together with what it inherits: headers, and assertions over a body that is saved."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.engine.plan.steps import Step, asking_again
from runner.language import query
from runner.language.model import Expression

#: Keys of the response that are null where the body goes to a file.
_SAVED = ("body", "text", "bytes")
_HINT = "`size` and `headers` can be judged; or take `save_to` away"


def faults(step: Step) -> Iterator[Diagnostic]:
    """Faults of a step's body, as far as they are known before a template has a value."""
    if step.spec.body is not None and step.spec.body.kind == "multipart":
        yield from _header_faults(step)
    if step.spec.save_to is not None:
        yield from _judged_whole(step)
        for expression in _over_response(step):
            yield from _saved_faults(expression, step)


def _header_faults(step: Step) -> Iterator[Diagnostic]:
    from runner.engine.bodies import HEADER_HINT, header_fault  # few files have such a body

    for entry in step.settings.headers:
        if entry.text.lower() == "content-type" and isinstance(entry.value, str):
            fault = header_fault(entry.value)
            if fault:
                yield Diagnostic(fault, entry.span, HEADER_HINT)


def _judged_whole(step: Step) -> Iterator[Diagnostic]:
    """`schema` and `snapshot` judge `body`, and there is none."""
    schema, snapshot = step.spec.schema, step.spec.snapshot
    if schema is not None:
        yield Diagnostic(f"'schema' judges the body, which '{step.name}' saves to a file", schema.span, _HINT)
    if snapshot is not None and ("body",) not in snapshot.ignore:
        hint = "`snapshot: {ignore: [body]}` keeps the status; or take `save_to` away"
        yield Diagnostic(f"'snapshot' keeps the body, which '{step.name}' saves to a file", snapshot.span, hint)


def _over_response(step: Step) -> Iterator[Expression]:
    yield from asking_again(step)
    yield from (capture.source for capture in step.spec.captures)
    yield from (assertion.that for assertion in step.asserts)


def _saved_faults(expression: Expression, step: Step) -> Iterator[Diagnostic]:
    for name in query.compile(expression.text).names:
        if name.text in _SAVED:
            span = expression.span.locate(expression.text, name.start, name.end)
            message = f"'{name.text}' is null: '{step.name}' saves its body to a file"
            yield Diagnostic(message, span, _HINT)
