"""Variables at run time: precedence, types, once for each run, and what stays secret."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.exchange import Request
from runner.engine.scope import EnvironmentVariables, Scope, Shared, Values
from runner.redaction import Redactor

Built = Callable[..., Request]
Run = Callable[..., Any]
Answer = Callable[..., Any]

LAYERS = """
base_url: http://h
variables: {x: collection}
environments: {local: {%s}}
requests:
  - {name: Capture, url: /, when: "%s", capture: {x: body.x}}
  - name: G
    variables: {%s}
    requests:
      - {name: R, url: "/{{x}}", variables: {%s}}
"""


@pytest.mark.parametrize(
    ("environment", "captured", "group", "request_", "given", "url"),
    [
        ("", False, "", "", {}, "collection"),
        ("x: environment", False, "", "", {}, "environment"),
        ("x: environment", False, "x: group", "", {}, "group"),
        ("x: environment", True, "x: group", "", {}, "capture"),
        ("x: environment", True, "x: group", "x: request", {}, "request"),
        ("x: environment", True, "x: group", "x: request", {"x": "given"}, "given"),
    ],
)
def test_precedence(
    environment: str,
    captured: bool,
    group: str,
    request_: str,
    given: dict[str, str],
    url: str,
    run: Run,
    answer: Answer,
) -> None:
    """--var, then request, capture, group, environment, collection: the first that has the name gives the value."""
    text = LAYERS % (environment, "`true`" if captured else "`false`", group, request_)
    ran = run(text, lambda _: answer(200, {"x": "capture"}), environment="local", given=given)
    assert ran.urls[-1] == f"http://h/{url}"


def test_an_environment_is_used_only_when_chosen(run: Run) -> None:
    """Without --env the variables of environments have no say."""
    assert run(LAYERS % ("x: environment", "`false`", "", "")).urls == ["http://h/collection"]


def test_a_collections_variable_sees_captures_and_given_ones(run: Run, answer: Answer) -> None:
    """A variable that is built on another one uses whatever value that has in the run."""
    text = """
    base_url: http://h
    variables: {host: a, path: "/{{host}}/{{id}}"}
    environments: {local: {host: b}}
    requests:
      - {name: A, url: /, capture: {id: body.id}}
      - {name: B, url: "{{path}}"}
    """
    assert run(text, [answer(200, {"id": 7})], environment="local").urls[-1] == "http://h/b/7"
    assert run(text, [answer(200, {"id": 7})], given={"host": "c"}).urls[-1] == "http://h/c/7"


def test_a_variable_is_evaluated_once_for_each_run_of_its_collection(run: Run) -> None:
    """An uuid() in `variables`, of the collection or a group, is one id for all requests; in a request a new one."""
    text = """
    base_url: http://h
    variables: {id: "{{uuid()}}", same: "{{id}}"}
    requests:
      - name: G
        variables: {gid: "{{uuid()}}"}
        requests:
          - {name: A, url: "/{{id}}/{{gid}}/{{rid}}/{{rid}}", variables: {rid: "{{uuid()}}"}}
          - {name: B, url: "/{{same}}/{{gid}}/{{rid}}/{{uuid()}}", variables: {rid: "{{uuid()}}"}}
    """
    first, second = ([*url.split("/")[3:]] for url in run(text).urls)
    assert first[:2] == second[:2]
    assert first[2] == first[3]
    assert len({first[2], second[2], second[3]}) == 3
    assert run(text).urls[0].split("/")[3] != first[0]


def test_types_are_kept_by_whole_placeholders(built: Built) -> None:
    """Alone in its string a placeholder gives the value itself, through any number of variables."""
    variables = "variables: {n: 5, v: 1.10, list: [1, {k: '{{n}}'}], on: true, none: null, a: '{{list}}', b: '{{a}}'}"
    request = built("url: http://h\njson: {n: '{{n}}', b: '{{b}}', on: '{{on}}', none: '{{none}}'}", variables)
    assert request.body == b'{"n":5,"b":[1,{"k":5}],"on":true,"none":null}'
    assert built("url: 'http://h/v{{w}}'", "variables: {v: 1.10, w: '{{v}}'}").url == "http://h/v1.10"


def test_what_comes_from_outside_is_text(built: Built) -> None:
    """A value of `env` is text, and `to_number` makes it typed."""
    request = built("url: http://h\njson: ['{{env.N}}', '{{to_number(env.N)}}']", env={"N": "5"})
    assert request.body == b'["5",5]'


def test_the_process_environment_goes_before_env_files(built: Built) -> None:
    """`env.NAME` reads the process environment, then `.env`."""
    request = built("url: 'http://h/{{env.A}}/{{env.B}}'", env={"A": "1"}, files={"A": "2", "B": "3"})
    assert request.url == "http://h/1/3"


def test_vars_is_all_variables(built: Built) -> None:
    """`vars.name` is the same as `name` in a template."""
    assert built("url: 'http://h/{{vars.x}}/{{vars.env.A}}'", "variables: {x: 1}", env={"A": "b"}).url == "http://h/1/b"


def test_templates_stand_anywhere_in_structures(built: Built) -> None:
    """Lists and mappings of a variable may hold templates at any depth, also in keys of json."""
    assert (
        built("url: http://h\njson: '{{all}}'", "variables: {n: a, all: [{x: ['{{n}}!']}]}").body == b'[{"x":["a!"]}]'
    )


# --- secrets -------------------------------------------------------------------------------------------------------

SECRETS = {
    "the collection": ("secrets: {pw: sentinel-1}", {}),
    "an environment": ("secrets: {pw: other}\nenvironments: {local: {pw: sentinel-1}}", {"environment": "local"}),
    "--var": ("secrets: {pw: other}", {"given": {"pw": "sentinel-1"}}),
    "the process environment": ("secrets: {pw: '{{env.PW}}'}", {"env": {"PW": "sentinel-1"}}),
    "a variable": ("secrets: {pw: '{{plain}}'}\nvariables: {plain: sentinel-1}", {}),
    "within a structure": ("secrets: {pw: {a: [sentinel-1]}}", {}),
}


@pytest.mark.parametrize(("collection", "options"), SECRETS.values(), ids=SECRETS)
def test_a_secret_is_secret_wherever_its_value_comes_from(collection: str, options: Any, run: Run, one: Any) -> None:
    """The name makes the secret, not the place that gives the value."""
    ran = run(one("url: http://h\njson: '{{pw}}'", collection), **options)
    assert b"sentinel-1" in ran.sent[0].body
    assert b"sentinel" not in ran.redactor.bytes(ran.sent[0].body)


def test_a_request_or_group_variable_of_a_secrets_name_is_secret(run: Run, one: Any) -> None:
    """Also a nearer layer's value of a secret name is hidden."""
    ran = run(one("url: 'http://h/{{pw}}'\nvariables: {pw: sentinel-1}", "secrets: {pw: other}"))
    assert ran.redactor.text("it is sentinel-1") == "it is ***"


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        ("{{base64(pw)}}", ""),
        ("{{upper(pw)}}", ""),
        ("{{derived}}", "variables: {derived: 'Basic {{base64(pw)}}'}"),
        ("{{second}}", "variables: {first: '{{sha256(pw)}}', second: '{{first}}!'}"),
        ("{{vars.pw}}-{{base64(vars.pw)}}", ""),
    ],
)
def test_what_a_template_computes_from_a_secret_is_secret(template: str, variables: str, run: Run, one: Any) -> None:
    """Derived values are hidden too, also through variables."""
    ran = run(one(f"url: http://h\ntext: '{template}'", f"secrets: {{pw: sentinel-1}}\n{variables}"))
    sent = ran.sent[0].body
    assert ran.redactor.bytes(sent).strip(b"-*!") in (b"", b"Basic")
    assert base64.b64encode(b"sentinel-1") not in ran.redactor.bytes(sent)


def test_what_is_no_secret_is_shown(run: Run, one: Any) -> None:
    """A value beside a secret, and one computed before a secret was read, stays readable."""
    ran = run(
        one("url: 'http://h/{{open}}'\nheaders: {A: '{{pw}}'}", "secrets: {pw: sentinel-1}\nvariables: {open: visible}")
    )
    assert ran.redactor.text(ran.urls[0]) == "http://h/visible"


def test_a_secret_stays_secret_when_it_is_read_again(run: Run) -> None:
    """What is computed from a variable that was evaluated before is secret as well."""
    text = """
    secrets: {pw: sentinel-1}
    variables: {derived: "x-{{pw}}"}
    requests:
      - {name: A, url: "http://h/{{derived}}"}
      - {name: B, url: "http://h/{{base64(derived)}}"}
    """
    ran = run(text)
    assert ran.urls[1].endswith("/" + base64.b64encode(b"x-sentinel-1").decode())
    assert ran.redactor.text(f"{ran['A'].path} {ran['B'].path}") == "/*** /***"


def test_a_secret_capture_is_hidden(run: Run, answer: Answer) -> None:
    """`secret: true` hides a captured value, and what is computed from it."""
    text = """
    base_url: http://h
    requests:
      - {name: A, url: /, capture: {t: {from: body.t, secret: true}, open: body.open}}
      - {name: B, url: "/{{t}}/{{upper(t)}}/{{open}}"}
    """
    ran = run(text, [answer(200, {"t": "sentinel-1", "open": "visible"})])
    assert ran.urls[1] == "http://h/sentinel-1/SENTINEL-1/visible"
    assert ran.redactor.text("sentinel-1 SENTINEL-1 visible") == "*** *** visible"


def test_the_words_around_a_secret_stay_readable(run: Run) -> None:
    """Within a text only what comes from a secret is hidden, so that one sees which URL it was; short parts hide it all."""
    text = """
    base_url: http://h
    secrets: {pw: sentinel-1, pin: x7}
    requests:
      - {name: A, url: "/bot{{pw}}/{{upper(pw)}}/getMe"}
      - {name: B, url: "/pin-{{pin}}-of-one"}
    """
    ran = run(text)
    assert ran.redactor.text(ran["A"].path) == "/bot***/***/getMe"
    assert ran.redactor.text(ran["B"].path) == "***"


# --- the mapping itself --------------------------------------------------------------------------------------------


def test_a_scope_says_where_a_value_comes_from() -> None:
    """`where` names the layer of a name; the names of all layers are listed once."""
    shared = Shared(EnvironmentVariables({}, {}), set(), Redactor())
    scope = Scope((Values({"a": 1}, "--var"), Values({"a": 2, "b": 3}, "captured")), shared)
    assert [scope.where("a"), scope.where("b")] == ["--var", "captured"]
    assert (list(scope), len(scope), scope["a"]) == (["a", "b"], 2, 1)
    assert "env" in scope
    with pytest.raises(KeyError):
        scope["nope"]
    with pytest.raises(KeyError):
        scope.where("nope")


def test_env_is_a_mapping_of_both_sources() -> None:
    """`env` has every name once and says which source it came from."""
    env = EnvironmentVariables({"A": "1"}, {"A": "2", "B": "3"})
    assert dict(env) == {"A": "1", "B": "3"}
    assert len(env) == 2
    assert [env.where("A"), env.where("B")] == ["environment", ".env"]
