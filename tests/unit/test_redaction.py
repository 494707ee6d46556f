"""The Redactor: a secret does not survive, in whatever form it travels."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.redaction import MASK, Redactor, Secret

SENTINEL = 'S3nt!nel+/=% "é\\x'

FORMS = {
    "raw": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "URL": lambda text: quote(text, safe=""),
    "URL path": quote,
    "URL in lower case": lambda text: re.sub("%..", lambda code: code[0].lower(), quote(text, safe="")),
    "form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
#: Texts that no mask and no surrounding could hold by accident.
secret_texts = st.text(min_size=4, max_size=30).filter(lambda text: text.strip(" *\\/") and len(set(text)) > 1)


@forms
def test_no_form_of_a_secret_survives_in_text(form: Any) -> None:
    """Raw, JSON-escaped, URL-encoded and base64 forms are masked inside longer text and bytes."""
    redactor = Redactor([SENTINEL])
    hidden = form(SENTINEL)
    assert redactor.text(f"before {hidden} after") == f"before {MASK} after"
    assert redactor.bytes(f"é{hidden}é".encode()) == f"é{MASK}é".encode()


@given(secret_texts, st.sampled_from(sorted(FORMS)), st.text(max_size=10), st.text(max_size=10))
def test_whatever_the_secret_it_is_masked(secret: str, name: str, before: str, after: str) -> None:
    """For any text as a secret, none of its forms is left in a text that held it."""
    hidden = FORMS[name](secret)
    shown = Redactor([secret]).text(before + hidden + after)
    assert MASK in shown
    assert hidden not in shown.replace(MASK, "\0")


@given(secret_texts)
def test_structures_are_masked_at_every_depth(secret: str) -> None:
    """Keys and values of plain data are masked, whatever the depth."""
    data = {"a": [{secret: f"x{secret}y"}, (secret, secret.encode())], "n": None}
    shown = repr(Redactor([secret]).apply(data))
    assert repr({"a": [{MASK: f"x{MASK}y"}, (MASK, MASK.encode())], "n": None}) == shown


class _Kind(StrEnum):
    PASSED = "passed"


@dataclass(frozen=True)
class _Inner:
    text: str


@dataclass(frozen=True)
class _Outer:
    inner: _Inner
    kind: _Kind
    items: tuple[_Inner, ...] = ()


class _Named(NamedTuple):
    text: str
    inner: _Inner


def test_records_keep_their_types() -> None:
    """Dataclasses and named tuples come back as what they were, with the secret masked."""
    redactor = Redactor(["sentinel"])
    outer = _Outer(_Inner("a sentinel"), _Kind.PASSED, (_Inner("b"), _Inner("sentinel")))
    assert redactor.apply(outer) == _Outer(_Inner("a ***"), _Kind.PASSED, (_Inner("b"), _Inner("***")))
    named = redactor.apply(_Named("sentinel", _Inner("sentinel")))
    assert (type(named), named) == (_Named, _Named("***", _Inner("***")))


def test_what_holds_no_secret_is_the_same_object() -> None:
    """Nothing is copied where there is nothing to mask."""
    outer = _Outer(_Inner("a"), _Kind.PASSED)
    assert Redactor(["sentinel"]).apply(outer) is outer
    assert Redactor().apply(outer) is outer


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc", "***"),
        ('{"pin":"abc"}', '{"pin":"***"}'),
        ("pin=abc&x=1", "pin=***&x=1"),
        ("x=1&pin=abc", "x=1&pin=***"),
        ("the abc of it", "the abc of it"),
        ('"abcd"', '"abcd"'),
    ],
)
def test_a_short_secret_is_masked_only_as_a_whole_value(text: str, shown: str) -> None:
    """Under four characters a secret is masked where it stands as a value, not within other words."""
    redactor = Redactor(["abc"])
    assert redactor.text(text) == shown
    assert redactor.bytes(text.encode()) == shown.encode()


def test_numbers_and_bytes_can_be_secret() -> None:
    """A secret number is masked as a number and within text; bytes as the text that they are."""
    redactor = Redactor([12345, b"raw-bytes"])
    assert redactor.apply({"n": 12345, "m": 1}) == {"n": MASK, "m": 1}
    assert redactor.text("n is 12345, raw-bytes") == "n is ***, ***"


def test_every_text_within_a_secret_structure_is_secret() -> None:
    """Adding a structure makes each of its values a secret; its keys, truth values and nulls are none."""
    redactor = Redactor([{"user": "alice-1", "all": ["bob-22"], "on": True, "no": None}])
    assert redactor.text("user alice-1 all bob-22 True None") == "user *** all *** True None"


@pytest.mark.parametrize("value", [None, True, "", [], {}])
def test_nothing_is_no_secret(value: Any) -> None:
    """Null, truth values and emptiness mask nothing."""
    redactor = Redactor([value])
    assert not redactor
    assert redactor.text("True None") == "True None"


def test_the_longest_secret_goes_first() -> None:
    """A secret that holds another one is masked whole."""
    assert Redactor(["abcd", "xx-abcd-yy"]).text("xx-abcd-yy abcd") == "*** ***"


def test_a_key_file_is_masked_line_by_line() -> None:
    """The lines of a secret of several lines are secrets: tools show such a file line by line."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nshort\n-----END KEY-----"
    assert Redactor([key]).text("line: MIIEvQIBADANBgkqhkiG9w0BAQEF") == "line: ***"


def test_threads_may_add_and_mask_at_once() -> None:
    """Each secret is masked as soon as it was added, whatever other threads add."""
    redactor = Redactor()
    left: list[str] = []

    def work(number: int) -> None:
        for turn in range(50):
            secret = f"secret-{number}-{turn}-end"
            redactor.add(secret)
            if secret in redactor.text(f"<{secret}>"):
                left.append(secret)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not left


def test_a_secret_does_not_show_itself() -> None:
    """The repr of a Secret is a mask; its text is still there for the wire."""
    secret = Secret("sentinel")
    assert "sentinel" not in repr(secret)
    assert f"{secret}" == "sentinel"
    assert Redactor([secret]).apply([secret]) == [MASK]


def test_a_short_number_is_masked_as_a_json_value() -> None:
    """A secret number under four digits is masked where it is the value of a key, and nowhere else."""
    redactor = Redactor([123])
    assert redactor.text('{"pin":123, "a": 123}') == '{"pin":***, "a": ***}'
    assert redactor.bytes(b'{"pin": 123}') == b'{"pin": ***}'
    assert redactor.text('{"at": 1234, "t": "x123"} 123') == '{"at": 1234, "t": "x123"} 123'
