"""Loops, lists that change and places in texts: scripts whose effects are looked at on a response, not by their wording."""

from __future__ import annotations

from typing import Any

import pytest

from runner.formats.draft import Names
from runner.formats.scripts import drafts, logic, terms
from runner.formats.scripts.machine import Machine
from runner.formats.scripts.results import Results, results
from runner.formats.scripts.syntax import parse
from runner.formats.scripts.writing import Writer
from runner.language import query

J = "const j = pm.response.json();\n"


def read(script: str, phase: str = "after") -> tuple[Results, Machine]:
    """The results of a script, and the machine that read it."""
    machine = Machine(parse(script), phase)
    machine.run_script()
    return results(machine, Names()), machine


def captured(script: str, body: Any = None, variables: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What a test script sets, taken on a response as a run does; nothing of it may be lost."""
    found, machine = read(script)
    known = dict(variables or {})
    document = {"status": 200, "body": body, "text": "", "headers": {}, "vars": known, **more}
    taken: dict[str, Any] = {}
    for name, given in drafts.captures(found.exchange(0), 0, machine.lose).items():
        text = given["from"] if isinstance(given, dict) else given
        known[name] = taken[name] = query.compile(text).evaluate(document)
    assert machine.losses == []
    return taken


def set_before(script: str, variables: dict[str, Any]) -> dict[str, Any]:
    """What a pre-request script sets, by the variables' own names."""
    found, machine = read(script, "before")
    known = dict(variables)
    for name, setting in found.variables.items():
        old = next((own for own, new in found.renamed_ours.items() if new == name), name)
        term = logic.where(setting.condition, setting.term, terms.Var(old))
        known[name] = query.compile(Writer(None).write(term)).evaluate(known)
    assert machine.losses == []
    return {own: known[new] for own, new in found.renamed_ours.items()} | {
        name: known[name] for name in found.variables if name not in found.renamed_ours.values()
    }


def lost(script: str) -> list[str]:
    """Why parts of a script are lost."""
    found, machine = read(script)
    drafts.captures(found.exchange(0), 0, machine.lose)
    return [each.why for each in machine.losses]


# --- loops that count ----------------------------------------------------------------------------------------------


def test_counted_loop() -> None:
    """A loop with a declared counter is a loop over its list, left by the first element that meets a condition."""
    script = """for (let i = 0; i < j.list.length; i++) {
        if (j.list[i].kind === 'b') { pm.environment.set('id', j.list[i].id); break; }
    }"""
    body = {"list": [{"kind": "a", "id": 1}, {"kind": "b", "id": 2}, {"kind": "b", "id": 3}]}
    assert captured(J + script, body) == {"id": 2}


def test_unrolled_loop() -> None:
    """A loop over a known count is unrolled."""
    assert captured("for (let i = 0; i < 3; i++) pm.environment.set('a' + i, i);") == {"a0": 0, "a1": 1, "a2": 2}


def test_check_before_leaving() -> None:
    """An assertion that a loop makes until it is left is none of ours: it would judge what comes later, too."""
    script = "for (const x of j.list) { pm.expect(x.n).to.eql(1); if (x.last) break; }"
    assert lost(J + script) == ["it is done until the loop is left"]


def test_check_of_the_first() -> None:
    """An assertion on the element by which a loop is left looks at the first of these alone."""
    found, machine = read(J + "for (const x of j.list) { if (x.id === 5) { pm.expect(x.n).to.eql(1); break; } }")
    (item,) = drafts.assertions(found.exchange(0), 0, machine.lose)
    wanted = [({"id": 5, "n": 1}, True), ({"id": 5, "n": 2}, False), ({"id": 6, "n": 9}, True)]
    for first, expected in wanted:
        document = {"body": {"list": [first, {"id": 5, "n": 3 if first["id"] == 5 else 1}]}}
        assert query.compile(item).evaluate(document) is expected


LOOK_UP = """function find(list, id) {
    for (let i = 0; i < list.length; i++) { if (list[i].id == id) { return list[i].name; } }
    return 'none';
}
"""


@pytest.mark.parametrize(("number", "name"), [(7, "ada"), (8, "none")])
def test_returns_from_a_loop(number: int, name: str) -> None:
    """A function that returns from a loop gives what the first element that meets the condition gives."""
    script = f"{J}{LOOK_UP}pm.environment.set('name', find(j.list, {number}));"
    assert captured(script, {"list": [{"id": 7, "name": "ada"}, {"id": 7, "name": "eve"}]}) == {"name": name}


def test_either_value_in_a_loop() -> None:
    """A name that each turn gives one of two values has the last one's."""
    script = "let r; j.forEach(e => { e.kind === 'a' ? r = e.v : r = 0 }); pm.environment.set('r', r);"
    assert captured(J + script, [{"kind": "a", "v": 4}, {"kind": "a", "v": 5}]) == {"r": 5}


# --- loops that look for a place -----------------------------------------------------------------------------------

SEARCH = """let parts = pm.environment.get('parts').toString().split(',');
let names = JSON.parse(pm.environment.get('names'));
let place = pm.environment.get('place');
while (place < parts.length) {
    if (parts[place] == 0) {
        switch (place) {
            case 0: case 1: pm.environment.set('name', names[place]); pm.environment.set('kind', 'early'); break;
            case 2: pm.environment.set('name', names[place - 1]); break;
            case 3: pm.environment.set('kind', 'late'); break;
        }
        pm.environment.set('place', place);
        place++;
        break;
    }
    place++;
}
"""
NAMES = '["ada", "eve", "bob"]'


@pytest.mark.parametrize(
    ("parts", "start", "expected"),
    [
        ([0, "x", 0, 0], 0, ("ada", "early", 0)),
        ("x,0,0,0", 0, ("eve", "early", 1)),
        (["x", 0, 0, 0], 2, ("eve", "old", 2)),
        ("x,y,z,0", 1, ("old", "late", 3)),
        (["x", "10", "z"], 0, ("old", "old", 0)),
    ],
)
def test_search_for_a_place(parts: Any, start: int, expected: tuple[Any, ...]) -> None:
    """A loop that looks for a place sets what its `switch` says of the place, from where it starts; else nothing."""
    before = {"parts": parts, "names": NAMES, "place": start, "name": "old", "kind": "old"}
    after = before | set_before(SEARCH, before)
    assert (after["name"], after["kind"], after["place"]) == expected


def test_splice_and_search() -> None:
    """Another value at a computed place of a list, and the search for what is left."""
    script = f"""{J}let parts = pm.environment.get('parts').toString().split(',');
let place = pm.environment.get('place');
if (j.id) {{ parts.splice(place, 1, j.id); pm.environment.set('parts', parts); }}
for (let i = 0; i < parts.length; i++) {{
    if (parts[i] == 0) {{ pm.environment.set('place', i); break; }}
}}"""
    before = {"parts": [0, 0, 0], "place": 0}
    assert captured(script, {"id": "a,b"}, before).items() >= {"parts": ["a,b", "0", "0"], "place": 1}.items()
    assert captured(script, {}, before).items() >= {"parts": [0, 0, 0], "place": 0}.items()


def test_place_in_another_list() -> None:
    """The place is only looked for in a text that was taken apart; JMESPath cannot count to it in a list."""
    script = (
        """for (let i = 0; i < j.list.length; i++) { if (j.list[i] == 0) { pm.environment.set('p', i); break; } }"""
    )
    assert lost(J + script) == ["the number of a turn cannot be named here"]


# --- what changes in its place -------------------------------------------------------------------------------------


def test_changed_under_a_condition() -> None:
    """A list that a lost part of the script changes is not what it was before."""
    script = """let done = [0, 0]; let i = 0;
while (i < j.more) { done[i] = 1; i = i + j.step; }
pm.environment.set('done', done);"""
    assert len(lost(J + script)) == 2


def test_changed_after_it_was_set() -> None:
    """A variable holds the list itself: it has what the script puts into it later."""
    script = "let list = []; pm.environment.set('list', list); list.push(1); list.push(2);"
    assert captured(script) == {"list": [1, 2]}


def test_changed_by_a_function_that_is_lost() -> None:
    """A list that a function changes, of which nobody knows how often it is called, is lost wherever it was set."""
    script = """let list = [0]; pm.environment.set('list', list);
function add(x) { list.splice(0, 1, x); }
for (const x of j.items) { if (x.ok) { add(x.id); } }"""
    assert "it is changed later: its items are moved" in lost(J + script)


def test_known_list_that_changes() -> None:
    """Lists that the script knows are followed: what is taken from their front is the next value."""
    script = """let left = pm.environment.get('left');
if (!left) { left = []; for (let i = 0; i < 2; i++) { left.push(['a', 'b'][i]); } }
pm.environment.set('now', left.shift()); pm.environment.set('left', left);"""
    assert set_before(script, {"left": None}) == {"now": "a", "left": ["b"]}
    assert set_before(script, {"left": ["x", "y", "z"]}) == {"now": "x", "left": ["y", "z"]}


def test_dates_of_one_moment() -> None:
    """Two dates of the same moment are two: moving one leaves the other."""
    script = """const from = new Date(j.at), to = new Date(j.at); to.setDate(to.getDate() + 7);
const later = moment(j.at); later.add(12, 'hours');
pm.environment.set('from', from.toISOString()); pm.environment.set('to', to.toISOString());
pm.environment.set('later', later.toISOString());"""
    taken = captured(J + script, {"at": "2030-01-01T00:00:00Z"})
    assert taken["from"] == "2030-01-01T00:00:00Z"
    assert taken["to"].startswith("2030-01-08")
    assert taken["later"].startswith("2030-01-01T12")


def test_random_value_is_one() -> None:
    """Something random that is set twice is one value, also after the request."""
    taken = captured("const r = _.random(1, 9); pm.environment.set('a', r); pm.environment.set('b', r + 1);")
    assert taken["b"] == taken["a"] + 1


def test_after_a_lost_setting() -> None:
    """What reads a variable whose setting was lost is lost, too."""
    script = "pm.environment.set('a', unknown()); pm.environment.set('b', pm.environment.get('a'));"
    assert len(lost(script)) == 2


def test_condition_about_a_part() -> None:
    """A value that is made around what may be missing is only taken where it is there."""
    script = J + "if (j.token) { pm.environment.set('header', 'Bearer ' + j.token); }"
    assert captured(script, {"token": "x"}, {"header": "old"}) == {"header": "Bearer x"}
    assert captured(script, {}, {"header": "old"}) == {"header": "old"}


# --- cases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "number"), [("a", 1), ("b", 2), ("c", 2), ("d", 3)])
def test_switch(kind: str, number: int) -> None:
    """Each case of a `switch` sets its own value."""
    script = """switch (j.kind) {
        case 'a': pm.environment.set('n', 1); break;
        case 'b': case 'c': pm.environment.set('n', 2); break;
        default: pm.environment.set('n', 3);
    }"""
    assert captured(J + script, {"kind": kind}, {"n": 0}) == {"n": number}


def test_return_in_a_case() -> None:
    """A `return` in a case leaves its function, not the `switch` alone."""
    script = """function f() { switch (j.kind) { case 'a': pm.environment.set('n', 1); return; } pm.environment.set('n', 2); }
f();"""
    assert captured(J + script, {"kind": "a"}, {"n": 0}) == {"n": 1}
    assert captured(J + script, {"kind": "b"}, {"n": 0}) == {"n": 2}


# --- texts ---------------------------------------------------------------------------------------------------------

TEXTS = [
    ("let h = j.h, a = h.indexOf('\"', h.indexOf('realm')) + 1, e = h.indexOf('\"', a); {} h.slice(a, e)", "b c"),
    ("let h = j.h; {} h.substring(0, h.indexOf(' '))", "Digest"),
    ("let h = j.path; {} h.substring(h.lastIndexOf('/') + 1)", "42"),
    ("let h = 'x' + j.n; {} h.substring(h.lastIndexOf('/') + 1)", "x7"),
    ("const url = require('url'); {} url.parse(j.path).pathname", "/a/42"),
    ("const q = require('querystring'), u = require('url'); {} q.parse(u.parse(j.path).query).code", "a b"),
    ("{} Buffer.from(j.b, 'base64').toString()", "hi"),
    ("{} j.n + j.n", 14),
    ("{} j.h + j.n", 'Digest q="1", realm="b c"7'),
]
BODY = {"h": 'Digest q="1", realm="b c"', "path": "https://h.test/a/42", "n": 7, "b": "aGk="}


@pytest.mark.parametrize(("script", "expected"), TEXTS)
def test_texts(script: str, expected: Any) -> None:
    """Texts that are cut at places which are searched for, URLs and buffers."""
    before, _, value = script.partition("{}")
    body = BODY | ({"path": "https://h.test/a/42?x=1&code=a+b#y"} if "url" in script else {})
    assert captured(f"{J}{before} pm.environment.set('it', {value});", body) == {"it": expected}


def test_cookies_of_a_sent_request() -> None:
    """The third argument of a callback has the cookies of the response."""
    found, machine = read(
        "pm.sendRequest('http://a.test', (e, r, {cookies}) => { pm.environment.set('x', cookies.get('X-A')); });"
    )
    assert drafts.captures(found.exchange(1), 1, machine.lose) == {"x": 'cookies."X-A"'}


def test_visualization_is_lost() -> None:
    """A visualization is a loss, and no variable."""
    assert lost("pm.visualizer.set('<b>1</b>', {});") == ["there is no window to draw in"]


def test_set_twice() -> None:
    """A variable that is set, looked at and set again before the request is made of its first value, not of itself."""
    script = """if (!pm.environment.has('n')) { pm.environment.set('n', Number(pm.environment.get('start')) * 2); }
if (Number(pm.environment.get('n')) > 5) { pm.environment.set('n', Number(pm.environment.get('n')) + 100); }"""
    assert set_before(script, {"n": None, "start": 4})["n"] == 108
    assert set_before(script, {"n": None, "start": 1})["n"] == 2
    assert set_before(script, {"n": 7, "start": 1})["n"] == 107
