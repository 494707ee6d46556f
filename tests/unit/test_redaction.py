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
from hypothesis import assume, given
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
ENCODED = (FORMS["base64"], FORMS["base64url"])
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
forms_2 = pytest.mark.parametrize("form_2", FORMS.values(), ids=FORMS)
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


#: One character as JSON, JavaScript, C, URLs and markup may write it.
ESCAPES = {
    "JSON in upper case": lambda c: "".join(f"\\u{unit:04X}" for unit in _units(c)),
    "JSON in lower case": lambda c: "".join(f"\\u{unit:04x}" for unit in _units(c)),
    "JSON": lambda c: json.dumps(c)[1:-1],
    "URL": lambda c: "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogatepass")),
    "URL in lower case": lambda c: "".join(f"%{byte:02x}" for byte in c.encode("utf-8", "surrogatepass")),
    "JavaScript": lambda c: f"\\u{{{ord(c):x}}}",
    "bytes in hexadecimal": lambda c: "".join(f"\\x{byte:02x}" for byte in c.encode("utf-8", "surrogatepass")),
    "bytes in octal": lambda c: "".join(f"\\{byte:03o}" for byte in c.encode("utf-8", "surrogatepass")),
    "markup": lambda c: f"&#{ord(c)};",
    "markup in hexadecimal": lambda c: f"&#x{ord(c):X};",
    "raw": str,
}
#: Texts in which nothing looks like an escape, so that reading them twice changes nothing.
innocent_texts = st.text(
    st.characters(exclude_characters="\\%&\r\n\t ", exclude_categories=["Cs"]), min_size=4, max_size=30
).filter(lambda text: text.strip("*") and len(set(text)) > 1)


def _units(character: str) -> list[int]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


@given(innocent_texts, st.lists(st.sampled_from(sorted(ESCAPES)), min_size=30, max_size=30))
def test_any_character_may_be_escaped_in_any_way(secret: str, ways: list[str]) -> None:
    """Whichever characters of a secret are escaped and however, it is masked whole, and nothing beside it."""
    hidden = "".join(ESCAPES[way](character) for way, character in zip(ways, secret, strict=False))
    assert Redactor([secret]).text(f"({hidden})") == f"({MASK})"


def test_names_of_characters_in_markup() -> None:
    """Any character that HTML has a name for may be written by it."""
    assert Redactor(["a+b/c=d%é"]).text("(a&plus;b&sol;c&equals;d&percnt;&eacute;)&nothing;") == f"({MASK})&nothing;"


@pytest.mark.parametrize("separator", ["", "ABC"])
def test_a_secret_in_hexadecimal(separator: str) -> None:
    """As a dump or a debugger shows the bytes of a secret, in either case."""
    for written in (SENTINEL.encode().hex(), SENTINEL.encode().hex().upper()):
        assert Redactor([SENTINEL]).text(f"{separator}{written}") == f"{separator}{MASK}"


def test_a_secret_url() -> None:
    """A server that says what it was asked names path and query of a URL; a short path is that of many URLs."""
    redactor = Redactor(["https://hooks.example/services/T0A/B0B?sig=x", "http://api.example/v1"])
    assert redactor.text("Cannot POST /services/T0A/B0B?sig=x") == f"Cannot POST {MASK}"
    assert redactor.text("GET /v1") == "GET /v1"


def test_a_secret_in_the_name_of_a_host() -> None:
    """A host is shown in lower case; a word is not masked for that, wherever it stands."""
    assert Redactor(["Tenant-7QX"]).text("no host 'tenant-7qx.example'") == f"no host '{MASK}.example'"
    assert Redactor(["Password"]).text("grant_type=password") == "grant_type=password"


@forms
@forms_2
def test_two_layers(form: Any, form_2: Any) -> None:
    """A form within a form is masked: JSON in JSON, in the query of a URL, the base64 of either.

    The base64 of base64 is not, nor that of percent-encoding in lower case: nobody makes these.
    """
    if form_2 in ENCODED and (form in ENCODED or form is FORMS["URL in lower case"]):
        return
    hidden = form_2(form(SENTINEL))
    shown = Redactor([SENTINEL]).text(f"before {hidden} after")
    assert MASK in shown
    assert hidden not in shown
    assert "S3nt" not in shown


@given(st.binary(max_size=8), secret_texts, st.binary(max_size=8), st.booleans())
def test_base64_at_any_offset(before: bytes, secret: str, after: bytes, url_safe: bool) -> None:
    """Within a longer text that is base64, the characters that hold a secret are masked, and no others."""
    # What stands beside it may be like the backslash that JSON puts there.
    assume(secret[0] not in '\\"/' and secret[-1] not in '\\"/')
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    raw = secret.encode("utf-8", "surrogatepass")
    encoded = encode(before + raw + after).decode()
    first, last = len(before) * 8 // 6, -(-(len(before) + len(raw)) * 8 // 6)
    shown = Redactor([secret]).text(f"({encoded})")
    assert shown.startswith(f"({encoded[:first]}{MASK}")
    assert shown.endswith(f"{encoded[last:].lstrip('=')})")
    assert encoded[first + 1 : last - 1] not in shown.replace(MASK, "\0")


def test_a_wrapped_secret() -> None:
    """A secret, or its base64, that goes on in the next line is masked with the line's end."""
    secret = "sentinel " * 8
    lines = base64.encodebytes(f"{secret}0123456789".encode()).decode()
    assert lines.count("\n") > 1
    redactor = Redactor([secret])
    assert re.fullmatch(r"body:\n\*\*\*\w*\n", redactor.text(f"body:\n{lines}").replace("=", ""))
    assert redactor.text("x: sentinel sentinel sentinel sentinel\r\n  sentinel sentinel") != ""
    assert Redactor(["a-wrapped-sentinel"]).text("x: a-wrapped\r\n  -sentinel\r\ny: z") == "x: ***\r\ny: z"


def test_a_key_in_other_line_ends() -> None:
    """A secret of several lines is known whatever ends its lines."""
    key = "-----BEGIN KEY-----\nMIIEvQ\nshort\n-----END KEY-----"
    redactor = Redactor([key])
    for shown in (key.replace("\n", "\r\n"), key.replace("\n", ""), key.replace("\n", "\n    "), json.dumps(key)):
        assert "MIIE" not in redactor.text(f"the key {shown} ends")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_bytes_in_any_charset(encoding: str) -> None:
    """A body is masked whatever its charset, and among bytes that are no text."""
    secret = "geheim-für-immer"
    body = f"a {secret} b".encode(encoding)
    shown = Redactor([secret]).bytes(body)
    assert shown == f"a {MASK} b".encode(encoding)
    assert secret.encode(encoding) not in Redactor([secret]).bytes(b"\xff\xfe\x00" + body + bytes(range(256)))


def test_secrets_that_overlap() -> None:
    """Where two secrets share characters, all of both is masked."""
    assert Redactor(["abcdef", "defghi"]).text("x abcdefghi x") == "x *** x"


def test_what_was_seen_before_is_masked_by_a_later_secret() -> None:
    """A text that was once clean is judged anew when another secret is known."""
    redactor = Redactor(["sentinel-1"])
    assert redactor.text("sentinel-2") == "sentinel-2"
    redactor.add("sentinel-2")
    assert redactor.text("sentinel-2") == MASK


@given(secret_texts, st.text(max_size=40))
def test_what_is_masked_stays_so(secret: str, text: str) -> None:
    """Masking twice changes nothing, and a text without the secret is left alone."""
    redactor = Redactor([secret])
    once = redactor.text(text + secret)
    assert redactor.text(once) == once


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
        ("X-Pin: abc\r\nX-Other: abcd", "X-Pin: ***\r\nX-Other: abcd"),
        ("pin=abc; other=1", "pin=***; other=1"),
        ("<pin>abc</pin><abc/>", "<pin>***</pin><abc/>"),
        ("is string 'abc'", "is string '***'"),
        ("/users/abc?x", "/users/***?x"),
        ("/users/abc-1/abcd", "/users/abc-1/abcd"),
        ('{"text": "{\\"pin\\": \\"abc\\"}"}', '{"text": "{\\"pin\\": \\"***\\"}"}'),
        ("--b\r\n\r\nabc\r\n--b", "--b\r\n\r\n***\r\n--b"),
        ("abcabc abc, abcs", "abcabc abc, abcs"),
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
