"""`xml()`: how a document becomes an object, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from runner.errors import EvaluationError
from runner.language import query


def read(text: Any, expression: str = "xml(a)") -> Any:
    return query.compile(expression).evaluate({"a": text})


VALUES = [
    ("<a/>", {"a": None}),
    ("<a></a>", {"a": None}),
    ("<a> \n </a>", {"a": None}),
    ("<a> b </a>", {"a": "b"}),
    ("<a><b>1</b></a>", {"a": {"b": "1"}}),
    ("<a><b>1</b><c/><b>2</b><b/></a>", {"a": {"b": ["1", "2", None], "c": None}}),
    ("<a b='1'/>", {"a": {"@b": "1"}}),
    ("<a b='1'>c</a>", {"a": {"@b": "1", "#text": "c"}}),
    ("<a>b<c>d</c>e</a>", {"a": {"c": "d", "#text": "be"}}),
    ("<a><![CDATA[<b> & ]]>c</a>", {"a": "<b> & c"}),
    ("<a>&lt;&amp;&#233;&#x20ac;</a>", {"a": "<&é€"}),
    ("<!-- x --><?y z?><a><!-- x -->b</a>", {"a": "b"}),
    ("<s:a xmlns:s='urn:x'><s:b s:c='1'/></s:a>", {"s:a": {"@xmlns:s": "urn:x", "s:b": {"@s:c": "1"}}}),
    ('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>', {"a": "é"}),
    ('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"), {"a": "é"}),
    ('<?xml version="1.0" encoding="windows-1252"?><a>\x80</a>'.encode("latin-1"), {"a": "€"}),
    ("<a>é</a>".encode(), {"a": "é"}),
    ("<a>é</a>".encode("utf-16"), {"a": "é"}),
    (None, None),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_documents(text: Any, expected: Any) -> None:
    """Attributes are `@name`, text beside them `#text`, repeated elements a list; prefixes stay; null gives null."""
    assert read(text) == expected


REFUSALS = [
    ("<a><b></a>", "wants XML, its 1st argument is not: line 1, column 9: mismatched tag"),
    ("<a>\n &nope;</a>", "line 2, column 2: undefined entity"),
    ("", "line 1, column 1: no element found"),
    ("{}", "line 1, column 1: not well-formed"),
    ("<a/><b/>", "line 1, column 5: junk after document element"),
    ("<a b='1' b='2'/>", "duplicate attribute"),
    ("<a>\ud800</a>", "text that cannot be written as UTF-8"),
    ("<a>" * 300, "nested deeper than 200 levels"),
    (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "cannot decode its 1st argument: multi-byte"),
    (b'<?xml version="1.0" encoding="martian"?><a/>', "cannot decode its 1st argument: unknown encoding: martian"),
    (7, "wants a string, its 1st argument is 7 (number)"),
]


@pytest.mark.parametrize(("text", "message"), REFUSALS)
def test_what_is_no_xml(text: Any, message: str) -> None:
    """What cannot be read says where and why, as `parse_json` does."""
    with pytest.raises(EvaluationError) as caught:
        read(text)
    assert caught.value.message.startswith("xml() ")
    assert message in caught.value.message


BOMB = (
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
    + "".join(f'<!ENTITY b{n} "{f"&b{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + "]><a>&b9;</a>"
)


@pytest.mark.parametrize(
    "text",
    [BOMB, '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "<!DOCTYPE a><a/>"],
    ids=["bomb", "file", "harmless"],
)
def test_a_document_type_is_refused(text: str) -> None:
    """Entities can be declared nowhere else, so that neither a bomb nor a file is ever opened."""
    with pytest.raises(EvaluationError, match="does not read XML with a document type"):
        read(text)


def test_paths_through_elements() -> None:
    """An expression goes on from the function; names with a prefix stand in double quotes."""
    text = "<s:e xmlns:s='u'><s:b><n i='1'>Ada</n><n i='2'>Eve</n></s:b></s:e>"
    assert read(text, """xml(a)."s:e"."s:b".n[?"@i" == '2']."#text" | [0]""") == "Eve"
