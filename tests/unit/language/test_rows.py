"""Data files: CSV, JSON and YAML become rows; what is wrong with them is told at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.language import rows


def read(path: str, text: str, **options: object) -> rows.Rows:
    return rows.read(Source(path, text), **options)


def faults(path: str, text: str, **options: object) -> list[tuple[str, int, int]]:
    """Message, line and column of each fault."""
    with pytest.raises(InvalidError) as caught:
        read(path, text, **options)
    return [(fault.message, fault.span.line, fault.span.column) for fault in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.csv", "id,name\n007,ada\n1.10,\n", [{"id": "007", "name": "ada"}, {"id": "1.10", "name": ""}]),
        ("a.csv", 'a,b\r\n"x, y","say ""hi"""\r\n', [{"a": "x, y", "b": 'say "hi"'}]),
        ("a.csv", 'a\n"two\nlines"\n', [{"a": "two\nlines"}]),
        ("a.csv", "a, b\n\n1,2\n\n", [{"a": "1", "b": "2"}]),
        ("a.csv", "a,b\n{{x}},true", [{"a": "{{x}}", "b": "true"}]),
        ("a.csv", "a,b\n", []),
        ("A.CSV", "a\n1", [{"a": "1"}]),
        ("a.json", '[1, "x", null, {"a": [1.10]}]', [1, "x", None, {"a": [1.1]}]),
        ("a.json", " [ ] ", []),
        ("a.yaml", "- a: no\n  b: 1\n- [2]\n- {{x}}\n", [{"a": "no", "b": 1}, [2], "{{x}}"]),
        ("a.yml", "[]", []),
        ("fd/63", "[1]", [1]),
        ("fd/63", "- 1", [1]),
        ("fd/63", "a\n1\n", [{"a": "1"}]),
    ],
)
def test_rows(path: str, text: str, found: list[object]) -> None:
    """The ending says how a file is written, or else how it begins; in CSV every value is text, elsewhere typed."""
    data = read(path, text)
    assert len(data) == len(found)
    assert list(data) == found
    assert list(data) == found, "they may be asked for again"


def test_numbers_keep_their_spelling() -> None:
    """1.10 in JSON and YAML is 1.10 when it is put into text."""
    assert [str(read("a.json", "[1.10]").__iter__().__next__()), *map(str, read("a.yaml", "- 1.10"))] == [
        "1.10",
        "1.10",
    ]


def test_columns() -> None:
    """Columns are what every row has; of the others one knows a row that lacks them."""
    data = read("a.json", '[{"a": 1, "b": 2}, {"a": 1}, {"a": 3, "c": 4}]')
    assert data.columns == ("a",)
    assert data.others == {"b": 1, "c": 0}
    assert read("a.json", "[1, {}]").columns == ()


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.csv", "", [("the file is empty", 1, 1)]),
        (
            "a.csv",
            "a,b\n1\n2,3\n4,5,6\n",
            [
                ("this row has 1 value, and the header names 2 columns", 2, 1),
                ("this row has 3 values, and the header names 2 columns", 4, 1),
            ],
        ),
        ("a.csv", "a,,b\n1,2,3\n", [("column 2 has no name", 1, 1)]),
        ("a.csv", "ab,b,ab\n1,2,3\n", [("two columns are named 'ab'", 1, 6)]),
        ("a.csv", 'a\n1\n"2\n3\n', [("a quote is opened here and never closed", 3, 1)]),
        (
            "a.csv",
            'a,b\n"1"x,2\n',
            [("a quote within a quoted value is written twice, and a quoted value ends at its comma", 2, 1)],
        ),
        ("a.csv", "a\n1\r2\n", [("a carriage return stands alone: save the file with ordinary line ends", 2, 1)]),
        ("a.csv", "a\n" + "x" * 200_000, [("a value is longer than 131,072 characters", 2, 1)]),
        ("a.json", '{"a": 1}', [("a data file holds a list of rows", 1, 1)]),
        ("a.json", "", [("a data file holds a list of rows", 1, 1)]),
        ("a.json", "[1,\n 2,]", [("this is not JSON: expecting value", 2, 4)]),
        ("a.json", "[1 2]", [("this is not JSON: a ',' or ']' is missing here", 1, 4)]),
        ("a.json", "[1", [("this is not JSON: a ',' or ']' is missing here", 1, 3)]),
        ("a.json", "[1] 2", [("this is not JSON: the list has ended already", 1, 5)]),
        ("a.json", "[1, NaN]", [("NaN is not JSON", 1, 5)]),
        ("a.json", "[" * 100_000, [("it is nested too deep", 1, 2)]),
        ("a.yaml", "a: 1", [("a data file holds a list of rows", 1, 1)]),
        ("a.yaml", "", [("a data file holds a list of rows", 1, 1)]),
        ("a.yaml", "- {a: 1, a: 2}", [("duplicate key 'a'", 1, 10)]),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, str) else "",
)
def test_faults(path: str, text: str, found: list[tuple[str, int, int]]) -> None:
    """Whatever is wrong in a data file is told with line and column."""
    assert faults(path, text) == found


def test_many_faults() -> None:
    """A file that is wrong in every row is not told of to its end."""
    assert len(faults("a.csv", "a,b\n" + "1\n2,3\n" * 1_000)) < 50


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.json", '[{"a": 1},\n2]', [("row 1 must be an object whose keys name variables, this is a number", 2, 1)]),
        ("a.json", "[[1]]", [("row 0 must be an object whose keys name variables, this is an array", 1, 2)]),
        ("a.json", "[null]", [("row 0 must be an object whose keys name variables, this is null", 1, 2)]),
        ("a.csv", "id,env\n1,2\n3,4\n", [("'env' is taken: it cannot name a column", 1, 4)]),
    ],
)
def test_rows_that_give_variables(path: str, text: str, found: list[tuple[str, int, int]]) -> None:
    """For --data each row must be an object, and no column may have a name that is taken."""
    assert faults(path, text, taken=frozenset({"env"})) == found


def test_nothing_is_unfolded() -> None:
    """Rows of CSV and JSON are made when they are asked for: only the text is kept."""
    text = "id\n" + "".join(f"{number}\n" for number in range(50_000))
    data = read("a.csv", text)
    assert not any(isinstance(value, list) for value in vars(data).values())
    assert len(data) == 50_000


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_csv_writes_is_read(cells: list[tuple[str, str]]) -> None:
    """What Python's own writer writes comes back."""
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *cells])
    assert [tuple(row.values()) for row in read("a.csv", out.getvalue())] == cells


@given(st.sampled_from(["a.csv", "a.json", "a.yaml", "fd"]), st.text(max_size=60))
def test_any_text_at_all(path: str, text: str) -> None:
    """Any text gives rows, or faults with a place, and never another exception."""
    try:
        list(read(path, text))
    except InvalidError as error:
        assert all(fault.span is not None for fault in error.diagnostics)
