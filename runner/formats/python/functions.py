"""Functions that an exported script brings along: each stands in it where it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

#: Name → text. What a function calls itself comes before it.
FUNCTIONS: Mapping[str, str] = {
    "at": '''
def at(value, *steps):
    """What a path leads to; None where it leads nowhere."""
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
''',
    "first_of": '''
def first_of(*values):
    """The first value that is neither missing nor False nor empty; else the last one."""
    for value in values:
        if value or (value == 0 and value is not False):
            return value
    return values[-1]
''',
    "merged": '''
def merged(values):
    """Values, and those in lists among them, in one list."""
    return [one for value in values for one in (value if isinstance(value, list) else [value])]
''',
    "of_each": '''
def of_each(values, read):
    """What is read of each value, where it has that."""
    return [found for value in values if (found := read(value)) is not None]
''',
    "whole": '''
def whole(base, url):
    """A URL that may be relative to a base."""
    if "://" in url.partition("?")[0] or not url:
        return url or base
    return base + url if url[0] in "?#" else f"{base.rstrip('/')}/{url.lstrip('/')}"
''',
    "cookies": '''
def cookies(client, url, own):
    """The Cookie header: the client's cookies with a request's own over them; None holds one back."""
    request = httpx.Request("GET", url)
    client.cookies.set_cookie_header(request)
    pairs = request.headers.get("cookie", "").split("; ")
    found = {**dict(pair.split("=", 1) for pair in pairs if pair), **own}
    return "; ".join(f"{name}={value}" for name, value in found.items() if value is not None)
''',
    "send_again": '''
def send_again(send, attempts, delay, backoff, statuses):
    """Sends until there is no fault that may pass: of the connection, or one of these statuses."""
    for attempt in range(1, attempts + 1):
        wait = min(delay * backoff ** (attempt - 1), 60)
        try:
            response = send()
        except httpx.TransportError:
            if attempt == attempts:
                raise
        else:
            if response.status_code not in statuses or attempt == attempts:
                return response
            after = response.headers.get("retry-after", "")
            wait = min(float(after), 60) if after.isdigit() else wait
        time.sleep(wait)
''',
    "send_until": '''
def send_until(done, send, interval, timeout):
    """Sends until a response is what is waited for; fails when the time is over."""
    end = time.monotonic() + timeout
    while not done(response := send()):
        assert time.monotonic() < end, f"not done within {timeout} seconds"
        time.sleep(interval)
    return response
''',
}


def used(body: str) -> Iterator[str]:
    """The texts of the functions that a script calls."""
    for name, text in FUNCTIONS.items():
        if re.search(rf"(?<![\w.]){name}\(", body):
            yield text
