"""How long a token lives, from whatever a server says: a number, a text, an ISO date, or the JWT itself.

Seconds of life, never moments: they are counted by a monotonic clock from the request on, so that a wrong wall clock
does no harm. This file knows no endpoint.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from runner.engine.exchange import Response
from runner.errors import EvaluationError
from runner.language import query
from runner.language.values import number

_wall_clock = time.time
#: No token lives for thirty years, and no moment of our days is that near to 1970: the two cannot be mistaken.
_A_MOMENT = 1e9
#: As JavaScript counts; in seconds this would be the year 5138.
_IN_MILLISECONDS = 1e11


def of_token(expires_in: Any, expires_at: Any, token: str, response: Response) -> float | None:
    """Seconds of life: `expires_in`, else `expires_at` by the server's clock, else the JWT's own claims, else None.

    Some servers give the end as `expires_in`, too.
    """
    seconds = _number(expires_in)
    if seconds is None or seconds >= _A_MOMENT:
        end = next((end for end in map(_moment, (expires_in, expires_at)) if end is not None), None)
        seconds = None if end is None else end - server_clock(response)
    return seconds if seconds is not None and seconds > 0 else _of_jwt(token)


def _number(value: Any) -> float | None:
    """A number, or text that is one, as Entra ID's v1 endpoint has it."""
    if isinstance(value, str):
        value = number(value.strip())
    return finite(value)


def finite(value: Any) -> float | None:
    """A number that can be counted with; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _moment(value: Any) -> float | None:
    """Seconds since 1970, from a number of them (or of milliseconds) or ISO 8601; UTC where no zone is named."""
    seconds = _number(value)
    if seconds is not None or not isinstance(value, str):
        return seconds / 1000 if seconds is not None and seconds >= _IN_MILLISECONDS else seconds
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def server_clock(response: Response) -> float:
    """What time it is at the server, in seconds since 1970: its Date header (RFC 9110 § 6.6.1), else our own clock."""
    date = response.header("date")
    if date:
        from email.utils import parsedate_to_datetime

        with suppress(ValueError):  # a date that is none says nothing
            return parsedate_to_datetime(date).timestamp()
    return _wall_clock()


def clock_difference(response: Response) -> float:
    """How many seconds the server's clock is ahead of ours; negative when it is behind."""
    return server_clock(response) - _wall_clock() if response.header("date") else 0.0


def _of_jwt(token: str) -> float | None:
    claims = jwt_claims(token)
    issued, expires = finite(claims.get("iat")), finite(claims.get("exp"))
    if expires is None:
        return None
    if issued is None:
        issued = _wall_clock()
    return expires - issued if expires > issued else None


def jwt_claims(token: str) -> dict[str, Any]:
    """The claims of a JWT (RFC 7519 § 3), unverified; empty if it is none."""
    try:
        claims: dict[str, Any] = query.compile("jwt(@).claims").evaluate(token)
    except EvaluationError:
        return {}
    return claims
