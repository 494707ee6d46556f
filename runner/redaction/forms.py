"""Forms of a secret: how it stands in a text whose escapes are undone, and where it stands as a value if it is short.

Base64 (RFC 4648 § 4 and § 5) turns three bytes into four characters, so a secret within a longer text has three
encodings, one for each offset; of each only those characters are taken that depend on nothing else.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from runner.redaction.views import peeled

#: Characters of a secret that is looked for anywhere.
SHORTEST = 4
_LINE_OF_SECRET = 12
#: What may be part of a host's name, which is shown in lower case (RFC 3986 § 3.2.2). One without a digit is a word,
#: and would be masked everywhere.
_IN_A_HOST = r"(?=.*[0-9])(?=.*[A-Z])[A-Za-z0-9.-]{8,}"
#: A URL, of which the server is told path and query alone (RFC 9112 § 3.2.1).
_TARGET = r"(?i)https?://[^/?#]*([/?][^#]*)"
_WRAPPED = re.compile(r"\r?\n[ \t]*")
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")


class Form(NamedTuple):
    """A text that gives a secret away. `before` and `after`: the character beside it holds bits of the secret too."""

    text: str
    before: bool = False
    after: bool = False
    base64: bool = False

    def stretch(self, text: str, start: int) -> tuple[int, int]:
        """What is to be masked in a text that holds this form at an offset."""
        end = start + len(self.text)
        if not self.base64:
            return start, end
        if self.before and start and text[start - 1] in _BASE64:
            start -= 1
        if self.after and end < len(text) and text[end] in _BASE64:
            end += 1
        while end < len(text) and text[end] == "=":
            end += 1
        return start, end


@lru_cache(maxsize=256)  # the secrets of single requests are put together anew with each
def forms_of(secret: str) -> frozenset[Form]:
    """All forms of a secret that is long enough to be looked for anywhere."""
    texts = {secret, peeled(secret), _WRAPPED.sub("", secret), secret.replace(" ", "+")}
    texts.add(" ".join(secret.split()))  # as the words of a page are shown
    lines = secret.splitlines()
    if len(lines) > 1:  # a key file shown line by line
        texts |= {line for line in lines if len(line) >= _LINE_OF_SECRET and not line.startswith("-----")}
    target = re.match(_TARGET, secret)
    if target is not None and len(target[1]) >= _LINE_OF_SECRET:  # "/v1" is none
        texts.add(target[1])
    found = {Form(text) for text in texts if len(text) >= SHORTEST}
    if len(secret) >= _LINE_OF_SECRET:
        found |= {Form(_bytes(secret).hex()), Form(_bytes(secret).hex().upper())}
    if re.fullmatch(_IN_A_HOST, secret):
        found.add(Form(secret.lower()))
    for written in _written(secret):
        found |= set(_encoded(_bytes(written)))
    return frozenset(found)


def _written(secret: str) -> set[str]:
    """What a secret may have been made into before it was encoded: JSON, a URL or a form (RFC 6749 § 2.3.1)."""
    raw = _bytes(secret)
    as_json = json.dumps(secret)[1:-1]
    return {
        secret,
        as_json,
        as_json.replace("/", "\\/"),  # as PHP writes it
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(raw),
        quote(raw, safe=""),
        quote_plus(raw),
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _encoded(raw: bytes) -> Iterable[Form]:
    for offset in range(3):
        first = -(-offset * 8 // 6)  # the first character without bits of what stands before
        last = (offset + len(raw)) * 8 // 6
        text = base64.b64encode(b"\0" * offset + raw).decode("ascii")[first:last]
        after = (offset + len(raw)) % 3 != 0
        yield Form(text, offset > 0, after, base64=True)
        if "+" in text or "/" in text:
            yield Form(text.replace("+", "-").replace("/", "_"), offset > 0, after, base64=True)


def short_pattern(texts: Iterable[str]) -> str:
    """Where a short secret is masked: as a whole value of JSON, of a query, form, cookie or header, of markup, as a
    segment of a path, in quotes, or alone in its line."""
    words = "(?:" + "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)) + ")"
    places = (
        rf'(?<="){words}(?=\\*")',
        rf"(?<='){words}(?=')",
        rf"(?<==){words}(?=[&;#,\s]|\Z)",
        rf"(?<=>){words}(?=<)",
        rf"(?<!HTTP/)(?<=/){words}(?=[/?#]|\Z)",
        rf"(?<=: ){words}(?=\r?$)",
        rf"(?:(?<=[:\[,])|(?<=[:\[,] )){words}(?=\s*[,}}\]])",
        rf"^{words}(?=\r?$)",
    )
    return "(?m)" + "|".join(places)
