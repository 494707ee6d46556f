"""How often a step's request is sent: once, until a poll is content, or page by page; each time as `retry` says.

`poll` and `paginate` are imported when a file uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from runner.engine.auth.base import Scheme
from runner.engine.exchange import Exchange, Request
from runner.engine.results import Verdict
from runner.engine.retry import Attempts
from runner.engine.scope import Scope
from runner.engine.sending import Sent
from runner.language.model import RequestSpec
from runner.language.values import Value


class Came(NamedTuple):
    """What came of a request: the last exchange or a fault. `verdict` and `note` say why a poll or paging failed."""

    sent: Sent
    verdict: Verdict | None = None
    note: str = ""
    polls: int = 0
    pages: int = 0
    items: list[Value] | None = None


def fetch(
    spec: RequestSpec,
    request: Request,
    scheme: Scheme | None,
    scope: Scope,
    attempts: Attempts,
    passes: Callable[[Exchange], bool],
) -> Generator[Any, Any, Came]:
    """Sends a request as its spec says; `passes` tells whether all assertions hold.

    Raises:
        AuthError: the credentials cannot be made.
        ResolveError: a setting of `poll` or `paginate` has no valid value.
    """
    if spec.poll is not None:
        from runner.engine.poll import Judged, judge_until, poll

        judge = judge_until(spec.poll.until, scope) if spec.poll.until else lambda exchange: Judged(passes(exchange))
        polled = yield from poll(attempts, request, scheme, spec.poll, scope, judge)
        return Came(polled.sent, polled.verdict, polled.note, polls=polled.asked)
    if spec.paginate is not None:
        from runner.engine.paginate import paginate

        paged = yield from paginate(attempts, request, scheme, spec.paginate, scope)
        return Came(paged.sent, paged.verdict, pages=paged.pages, items=paged.items)
    return Came((yield from attempts.send(request, scheme)))
