"""`for_each`: rows, their variables, names and captures; and rows of `--data`, for which a whole collection runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.diagnostics import Source
from runner.engine.exchange import Request, Response
from runner.engine.plan import Iterations, Selection
from runner.errors import TransportError
from runner.language import rows

Run = Callable[..., Any]
Answer = Callable[..., Any]
HEAD = "base_url: http://h\n"


def last_of(request: Request) -> str:
    return request.url.rpartition("/")[2]


@pytest.fixture
def echo(answer: Answer) -> Callable[[Request], Response]:
    """Answers with the last part of the path as `id`; `null` is null."""

    def serve(request: Request) -> Response:
        part = last_of(request)
        return answer(200, {"id": None if part == "null" else part})

    return serve


def paths(ran: Any) -> list[str]:
    return [url.removeprefix("http://h/") for url in ran.urls]


def reasons(ran: Any) -> dict[str, str]:
    return {step.name: step.reason for step in ran.finished if step.reason}


# --- on a request --------------------------------------------------------------------------------------------------


def test_rows_of_a_list(run: Run) -> None:
    """Each row is sent by itself: `item` with its type, `index` from 0, the name with the number in brackets."""
    text = HEAD + "requests: [{name: A, for_each: [x, 7, {n: 1}], url: '/{{index}}', json: '{{item}}'}]"
    ran = run(text)
    assert list(ran.outcomes) == ["A [0]", "A [1]", "A [2]"]
    assert paths(ran) == ["0", "1", "2"]
    assert [json.loads(request.body) for request in ran.sent] == ["x", 7, {"n": 1}]
    assert ran.events[0].names == ("A [2]",)


def test_rows_of_an_expression(run: Run, answer: Answer) -> None:
    """An expression sees variables and captures."""
    text = """
    base_url: http://h
    variables: {wanted: 2}
    requests:
      - {name: List, url: /list, capture: {all: body.ids}}
      - {name: One, for_each: "all[?@ >= root().wanted]", url: "/{{item}}"}
    """
    assert paths(run(text, [answer(200, {"ids": [1, 2, 3]}), answer(200, {})])) == ["list", "2", "3"]


def test_a_list_with_placeholders(run: Run) -> None:
    """A written list may hold templates, which keep their type."""
    text = (
        "variables: {n: 3}\nbase_url: http://h\nrequests: [{name: A, for_each: ['{{n}}', 'x{{n}}'], url: '/{{item}}'}]"
    )
    assert paths(run(text)) == ["3", "x3"]


def test_rows_of_a_file(run: Run, disk: Any) -> None:
    """A file whose name a template gives is read when its turn comes, from beside the file that names it."""
    files = disk({"a.csv": "id,name\n01,ada\n02,bob\n", "b.json": "[3]", "c.yaml": "- 4"})
    text = """
    base_url: http://h
    requests:
      - {name: A, for_each: "{{'a'}}.csv", url: "/{{item.id}}/{{item.name}}"}
      - {name: B, for_each: b.json, url: "/{{item}}"}
      - {name: C, for_each: c.yaml, url: "/{{item}}"}
    """
    assert paths(run(text, disk=files)) == ["01/ada", "02/bob", "3", "4"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("\"{{'no'}}.csv\"", "'for_each': no such file: 'no.csv'"),
        ("\"{{'bad'}}.csv\"", "'for_each': this row has 1 value, and the header names 2 columns"),
        ("number", "'for_each' must give a list, this is number"),
        ("nothing", "'for_each' must give a list, this is null"),
        ("'map(&length(@), numbers)'", None),
        ("['{{length(number)}}']", None),
    ],
)
def test_a_list_that_is_none(run: Run, disk: Any, written: str, message: str | None) -> None:
    """What gives no list errors its request, once and under its own name; nothing is sent."""
    head = "variables: {number: 1, nothing: null, numbers: [1]}\nbase_url: http://h\n"
    ran = run(f"{head}requests: [{{name: A, for_each: {written}, url: /}}]", disk=disk({"bad.csv": "a,b\n1\n"}))
    assert (ran.outcomes, ran.sent) == ({"A": "errored"}, [])
    assert ran["A"].fault.kind == "build"
    assert ran["A"].fault.span is not None
    assert message is None or ran["A"].fault.message == message


def test_an_empty_list(run: Run) -> None:
    """An empty list is one skipped result, and what it would have captured is an empty list."""
    text = (
        HEAD + "requests:\n- {name: A, for_each: [], url: /a, capture: {x: body}}\n- {name: B, url: /b, json: '{{x}}'}"
    )
    ran = run(text)
    assert ran.outcomes == {"A": "skipped", "B": "passed"}
    assert reasons(ran) == {"A": "for_each: the list is empty"}
    assert ran.sent[0].body == b"[]"


def test_when_and_skip(run: Run) -> None:
    """`when` is looked at for each row and sees it; a skipped request does not look at its list at all."""
    text = """
    base_url: http://h
    requests:
      - {name: A, for_each: [1, 2], when: item == `2`, url: "/{{item}}"}
      - {name: B, for_each: [1, 2], skip: not now, url: /}
      - {name: C, when: "`false`", requests: [{name: D, for_each: [1, 2], url: /}]}
    """
    ran = run(text)
    assert ran.outcomes == {"A [0]": "skipped", "A [1]": "passed", "B": "skipped", "C / D": "skipped"}
    assert reasons(ran)["B"] == "not now"
    assert reasons(ran)["C / D"].startswith("when: `false`")


def test_what_a_row_gives(run: Run) -> None:
    """A row wins over the request's variables, which see it; --var wins over the row."""
    text = """
    base_url: http://h
    variables: {who: outer}
    requests: [{name: A, for_each: [1], variables: {of: "v{{item}}"}, url: "/{{of}}/{{vars.item}}/{{who}}"}]
    """
    assert paths(run(text)) == ["v1/1/outer"]


def test_a_fresh_value_for_each_row(run: Run) -> None:
    """A request's own variables are evaluated for each row."""
    text = HEAD + "requests: [{name: A, for_each: [1, 2], variables: {id: '{{uuid()}}'}, url: '/{{id}}/{{id}}'}]"
    first, second = (path.split("/") for path in paths(run(text)))
    assert first[0] == first[1]
    assert first != second


# --- captures ------------------------------------------------------------------------------------------------------


CAPTURED = """
base_url: http://h
requests:
  - {name: A, for_each: %s, url: "/{{item}}", capture: {x: body.id}}
  - {name: B, url: /b, json: "{{x}}"}
"""


def test_captures_are_a_list(run: Run, echo: Any) -> None:
    """After the request a captured name is the list of all rows' values; a row's assertions see its own."""
    text = CAPTURED % "[p, q]"
    text = text.replace("{x: body.id}", "{x: body.id}, assert: [vars.x: '{{item}}']")
    ran = run(text, echo)
    assert ran.outcomes == {"A [0]": "passed", "A [1]": "passed", "B": "passed"}
    assert json.loads(ran.sent[-1].body) == ["p", "q"]


def test_a_row_does_not_see_another(run: Run, echo: Any) -> None:
    """A row sees what was captured before the loop, not what the row before it did."""
    text = """
    base_url: http://h
    requests:
      - {name: Before, url: /first, capture: {x: body.id}}
      - {name: A, for_each: [1, 2], url: "/{{x}}/{{item}}", capture: {x: body.id}}
    """
    assert paths(run(text, echo)) == ["first", "first/1", "first/2"]


def test_a_row_that_fails_to_capture(run: Run, echo: Any) -> None:
    """When a row fails to capture, the list is not whole: later requests are skipped and say whom they wait for."""
    ran = run(CAPTURED % "[p, 'null', q]", echo)
    assert ran.outcomes == {"A [0]": "passed", "A [1]": "failed", "A [2]": "passed", "B": "skipped"}
    assert reasons(ran) == {"B": "waits for 'x': 'A [1]' did not capture it"}


def test_teardown_takes_what_there_is(run: Run, echo: Any) -> None:
    """Teardown gets the values of those rows that did capture: it cleans up after them."""
    text = CAPTURED % "[p, 'null', q]" + 'teardown: [{name: D, for_each: x, url: "/del/{{item}}"}]'
    ran = run(text, echo)
    assert paths(ran)[-2:] == ["del/p", "del/q"]


def test_rows_that_were_skipped_capture_nothing(run: Run, echo: Any) -> None:
    """A row that `when` leaves out is not in the list; when all are left out, the name has no value."""
    text = (CAPTURED % "[1, 2, 3]").replace('url: "/{{', 'when: item != `2`, url: "/{{')
    assert json.loads(run(text, echo).sent[-1].body) == ["1", "3"]
    none = (CAPTURED % "[1, 2]").replace('url: "/{{', 'when: item > `2`, url: "/{{')
    assert reasons(run(none, echo))["B"] == "waits for 'x': 'A [1]', which captures it, was skipped"


def test_no_row_captured(run: Run, answer: Answer) -> None:
    """When no row captured, the name has no value."""
    ran = run(CAPTURED % "[1, 2]", [TransportError("connect", "refused")])
    assert reasons(ran) == {"B": "waits for 'x': 'A [0]', which captures it, got no response"}


def test_a_list_that_waits(run: Run, echo: Any) -> None:
    """A loop over a capture that failed is one skipped result, and so on down the line."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /null, capture: {ids: body.id}}
      - {name: B, for_each: ids, url: /, capture: {x: body}}
      - {name: C, url: "/{{x}}"}
    """
    ran = run(text, echo)
    assert ran.outcomes == {"A": "failed", "B": "skipped", "C": "skipped"}
    assert reasons(ran) == {
        "B": "waits for 'ids': 'A' did not capture it",
        "C": "waits for 'x': 'B', which captures it, was skipped",
    }


# --- on a group ----------------------------------------------------------------------------------------------------

GROUP = """
base_url: http://h
requests:
  - name: G
    for_each: [p, q]
    variables: {path: "x{{item}}"}
    requests:
      - {name: A, url: "/{{path}}", capture: {got: body.id}}
      - {name: B, url: "/b/{{got}}/{{item}}/{{index}}"}
  - {name: After, url: /after, json: "{{got}}"}
"""


def test_a_group_goes_row_by_row(run: Run, echo: Any) -> None:
    """Each request of a group in turn, for one row after the other; a row's own captures are seen in it."""
    ran = run(GROUP, echo)
    assert list(ran.outcomes) == ["G / A [0]", "G / B [0]", "G / A [1]", "G / B [1]", "After"]
    assert paths(ran) == ["xp", "b/xp/p/0", "xq", "b/xq/q/1", "after"]
    assert json.loads(ran.sent[-1].body) == ["xp", "xq"]


def test_a_group_without_rows(run: Run) -> None:
    """A loop of a group that cannot begin is one result, under the group's name."""
    ran = run(GROUP.replace("[p, q]", "[]"))
    assert ran.outcomes == {"G": "skipped", "After": "passed"}
    assert ran["G"].method == ""
    assert ran["G"].span.text == "G"


def test_nested_loops(run: Run, echo: Any) -> None:
    """A loop within a loop adds a bracket; its rows are `item` within it, and its captures a list in each outer row."""
    text = """
    base_url: http://h
    requests:
      - name: G
        for_each: [{id: a, parts: [1, 2]}, {id: b, parts: [3]}]
        when: item.id != 'c'
        variables: {id: "{{item.id}}"}
        requests:
          - {name: A, for_each: item.parts, url: "/{{id}}/{{item}}", capture: {x: body.id}}
          - {name: B, url: "/{{id}}", json: "{{x}}"}
      - {name: C, url: /c, json: "{{x}}"}
    """
    ran = run(text, echo)
    assert list(ran.outcomes) == ["G / A [0] [0]", "G / A [0] [1]", "G / B [0]", "G / A [1] [0]", "G / B [1]", "C"]
    assert paths(ran) == ["a/1", "a/2", "a", "b/3", "b", "c"]
    assert [json.loads(request.body) for request in ran.sent if request.body] == [
        ["1", "2"], ["3"], [["1", "2"], ["3"]],
    ]  # fmt: skip


def test_variables_of_groups_within(run: Run) -> None:
    """Variables of groups inside a loop are evaluated for each row, those outside once."""
    text = """
    base_url: http://h
    variables: {once: "{{uuid()}}"}
    requests:
      - name: G
        for_each: [1, 2]
        requests:
          - name: H
            variables: {each: "{{uuid()}}"}
            requests: [{name: A, url: "/{{once}}/{{each}}"}, {name: B, url: "/{{once}}/{{each}}"}]
    """
    found = [path.split("/") for path in paths(run(text))]
    assert len({once for once, _ in found}) == 1
    assert [each for _, each in found][0::2] == [each for _, each in found][1::2]
    assert len({each for _, each in found}) == 2


def test_the_owner_s_variables_may_give_the_list(run: Run) -> None:
    """A loop's list may be a variable of its own group or request."""
    text = HEAD + "requests: [{name: G, variables: {l: [1, 2]}, for_each: l, requests: [{name: A, url: '/{{item}}'}]}]"
    assert paths(run(text)) == ["1", "2"]
    text = HEAD + "requests: [{name: A, variables: {l: [1, 2]}, for_each: l, url: '/{{item}}'}]"
    assert paths(run(text)) == ["1", "2"]


def test_selecting_a_loop(run: Run, echo: Any) -> None:
    """-k takes all rows of a request, and brings what its list captures from."""
    text = """
    base_url: http://h
    requests:
      - {name: L, url: /l, capture: {ids: "[body.id]"}}
      - {name: A, for_each: ids, url: "/{{item}}"}
      - {name: Z, url: /z}
    """
    assert list(run(text, echo, selection=Selection(names=("A",))).outcomes) == ["L", "A [0]"]


def test_secret_rows(run: Run) -> None:
    """Rows of a secret are secrets, and what is computed from them."""
    text = """
    base_url: http://h
    secrets: {keys: "{{env.KEYS}}"}
    requests: [{name: A, for_each: "split(keys, ',')", url: /, headers: {X: "{{base64(item)}}"}}]
    """
    ran = run(text, env={"KEYS": "first-key,other-key"})
    assert len(ran.sent) == 2
    for text in ("first-key", "other-key", "Zmlyc3Qta2V5", "b3RoZXIta2V5"):
        assert text not in ran.redactor.text(f"x {text} y")


# --- stopping ------------------------------------------------------------------------------------------------------


def test_fail_fast_within_a_loop(run: Run, answer: Answer) -> None:
    """What is left of a loop is one result that says how many rows were not run."""
    ran = run(GROUP, [answer(200, {}), answer(200, {})], fail_fast=True)
    assert ran.outcomes == {"G / A [0]": "failed", "G / B [0]": "skipped", "G": "skipped", "After": "skipped"}
    assert reasons(ran)["G"] == "not run: an earlier request failed (--fail-fast) (1 of 2 rows)"


def test_a_loop_that_never_begins(run: Run, answer: Answer) -> None:
    """After a failure a later loop is one result; its list is not even looked at."""
    text = HEAD + "requests: [{name: A, url: /}, {name: B, for_each: 'range(`9`)', url: /}]"
    ran = run(text, [answer(500)], fail_fast=True)
    assert ran.outcomes == {"A": "failed", "B": "skipped"}


# --- --data and --repeat ---------------------------------------------------------------------------------------------


def data(text: str, path: str = "users.json") -> rows.Rows:
    return rows.read(Source(path, text), taken=())


ROW = """
name: C
base_url: http://h
variables: {id: file, of: "v{{id}}"}
requests: [{name: A, variables: {name: own}, url: "/{{id}}/{{of}}/{{name}}/{{data.id}}/{{iteration}}"}]
"""


def test_a_row_of_data(run: Run) -> None:
    """Columns are variables that win over all but --var; the row is `data`, its number `iteration`."""
    table = data('[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]')
    ran = run(ROW, rows=table, iteration=1)
    assert paths(ran) == ["2/v2/y/2/1"]
    assert ran.result.name == "C [1]"
    assert ran["A"].collection == "C [1]"
    assert paths(run(ROW, rows=table, given={"id": "cli"})) == ["cli/vcli/x/1/0"]


def test_without_data(run: Run) -> None:
    """`iteration` is 0 in a run of its own, and the collection keeps its name."""
    ran = run("name: C\nbase_url: http://h\nrequests: [{name: A, url: '/{{iteration}}'}]")
    assert (paths(ran), ran.result.name) == (["0"], "C")


def test_iterations() -> None:
    """Rows times repeats, numbered through; `rest` stands for what has not begun."""
    table = data('[{"id": 1}, {"id": 2}]')
    both = Iterations(table, 2)
    assert len(both) == 4
    assert [(run.number, run.variables["id"], run.origin) for run in both] == [
        (0, 1, "row 0 of users.json"), (1, 2, "row 1 of users.json"),
        (2, 1, "row 0 of users.json"), (3, 2, "row 1 of users.json"),
    ]  # fmt: skip
    assert [run.title("C") for run in Iterations(None, 2)] == ["C [0]", "C [1]"]
    assert [run.title("C") for run in Iterations()] == ["C"]
    assert [run.title("C") for run in both.rest(1)] == ["C [1…3]"]
    assert [run.title("C") for run in both.rest(3)] == ["C [3]"]
    assert list(both.rest(4)) == []
    assert [run.title("C") for run in Iterations().rest(0)] == ["C"]
    assert len(Iterations(data("[]"), 5)) == 0


def test_a_secret_column(run: Run) -> None:
    """A column whose name is one of the secrets is secret, through `data` too."""
    text = "secrets: {pw: x}\nbase_url: http://h\nrequests: [{name: A, url: /, json: '{{data}}'}]"
    ran = run(text, rows=data('[{"pw": "of-the-row"}]'))
    assert ran.redactor.text("of-the-row") == "***"


def test_columns_of_some_rows(faults: Any) -> None:
    """A name that only some rows give is undefined, and the row that lacks it is named."""
    table = data('[{"id": 1}, {"id": 2, "extra": 1}]')
    text = HEAD + "requests: [{name: A, url: '/{{id}}/{{extra}}'}]"
    (fault,) = faults(text, iterations=Iterations(table))
    assert (fault.message, fault.hint) == ("undefined variable 'extra'", "row 0 of users.json has no 'extra'")
    assert faults(text.replace("requests", "variables: {extra: 0}\nrequests"), iterations=Iterations(table)) == []
