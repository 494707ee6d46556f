"""What the page shows of a request when it is opened: verdicts with their explanations, exchanges, a curl command.

Bodies are the bulk of a report. Each is cut to what `Room` has left for it, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Span
from runner.engine.exchange import Exchange, Request, Response, decode_text
from runner.engine.results import Fault, StepResult, TokenResult, Verdict
from runner.reporters import curl, words
from runner.reporters.bodies import is_binary, request_content
from runner.reporters.html_report.marked import marked
from runner.reporters.records import Record, milliseconds, moment

#: Characters that were written so far → bytes that a body may have: ten thousand large ones must not make a page that
#: nobody can open.
_ROOM = ((10_000_000, 262_144), (30_000_000, 16_384))
_LEAST = 2_048
#: Bytes of a body that is no text, to tell what it is.
_BINARY = 128
#: Longer commands are not offered: they hold a large body.
_LONGEST_COMMAND = 20_000


@dataclass(slots=True, eq=False)
class Room:
    """How much was written, in characters, and how long a body may be."""

    spent: int = 0

    @property
    def for_body(self) -> int:
        """In bytes."""
        return next((most for spent, most in _ROOM if self.spent < spent), _LEAST)


def step(result: StepResult, room: Room) -> Record:
    """A request. What does not apply to it is left out."""
    found: Record = {
        "url": result.url,
        "place": _place(result.span),
        "started": moment(result.started),
        "verdicts": [_verdict(verdict, result.span) for verdict in result.verdicts],
    }
    if result.captured:
        found["captured"] = result.captured
    if result.notes:
        found["notes"] = result.notes
    if repeats := words.repeats(result):
        found["repeats"] = repeats
    if result.fault is not None:
        found["fault"] = _fault(result.fault)
    exchanges = [_exchange(exchange, room) for exchange in result.earlier]
    if result.exchange is not None:
        exchanges.append(_exchange(result.exchange, room))
    if result.unanswered is not None:
        exchanges.append(_request(result.unanswered, room, sent=False))
    found["exchanges"] = exchanges
    return found


def token(result: TokenResult, room: Room) -> Record:
    """A token step."""
    found: Record = {
        "url": result.url,
        "place": _place(result.span),
        "lifetime": result.lifetime,
        "number": result.number,
        "cached": result.cached,
        "exchanges": [_exchange(exchange, room) for exchange in result.exchanges],
    }
    if result.warnings:
        found["warnings"] = result.warnings
    if result.fault is not None:
        found["fault"] = _fault(result.fault)
    return found


def _place(span: Span | None) -> str:
    return span.where if span else ""


def _fault(fault: Fault) -> Record:
    return {"kind": fault.kind, "lines": words.fault_lines(fault, marked)}


def _verdict(verdict: Verdict, step: Span | None) -> list[Any]:
    """Whether it holds, what it is, its text and line; and the explanation of one that does not hold."""
    line = verdict.span.line if verdict.span and verdict.span is not step else 0
    found = [verdict.passed, verdict.subject, verdict.text, line]
    return found if verdict.passed else [*found, words.verdict_lines(verdict, marked)]


def _exchange(exchange: Exchange, room: Room) -> Record:
    found = _request(exchange.request, room, sent=True)
    found["response"] = _response(exchange.response, room)
    found["elapsed_ms"] = milliseconds(exchange.elapsed)
    if exchange.timing.wait is not None:
        found["phases"] = [it and round(it * 1000, 1) for it in exchange.timing]
    return found


def _request(request: Request, room: Room, *, sent: bool) -> Record:
    found: Record = {"method": request.method, "url": request.url, "headers": request.headers}
    content = request_content(request)
    if content:
        found["body"] = _body(content, request.header("content-type"), room)
    command = curl.command(request, sent)
    if len(command) <= _LONGEST_COMMAND:
        found["curl"] = command
    return found


def _response(response: Response, room: Room) -> Record:
    found: Record = {
        "status": response.status,
        "reason": response.reason,
        "version": response.http_version,
        "headers": response.headers,
    }
    if response.redirects:
        found["redirects"] = response.redirects
        found["url"] = response.url
    if response.peer.ip:
        found["peer"] = " · ".join(filter(None, (response.peer.ip, response.peer.version, response.peer.cipher)))
    if response.saved is not None:
        found["saved"] = response.saved
    elif response.content:
        found["body"] = _body(response.content, response.header("content-type"), room)
    return found


def _body(content: bytes, content_type: str | None, room: Room) -> Record:
    """A body as text, or the beginning of it; of one that is no text the first bytes in hexadecimal digits."""
    size = len(content)
    if is_binary(content, content_type):
        return {"size": size, "type": content_type or "", "hex": content[:_BINARY].hex()}
    most = room.for_body
    if size <= most:
        return {"size": size, "text": decode_text(content, content_type)}
    text = decode_text(content[:most], content_type).rstrip("\ufffd")  # it may end within a character
    return {"size": size, "text": text, "cut": True}
