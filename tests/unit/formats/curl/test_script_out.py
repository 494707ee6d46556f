"""A plan as a script of curl commands: what it says, and that its import sends the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.engine.exchange import Request
from runner.engine.payload import BodyFile, BodyPart, Multipart, chunks
from runner.formats import finishing
from runner.formats.curl import dump, load
from runner.formats.draft import Choices, Foreign, texts
from runner.language.writer import write

# --- what it says --------------------------------------------------------------------------------------------------


@pytest.fixture
def script(plan: Callable[..., Any]) -> Callable[..., str]:
    """`script(text)`: the commands of a file, without the head."""

    def of(text: str, **options: Any) -> str:
        return dump(plan(text, any_environment=True, **options)).text

    return of


def test_secrets_are_variables_of_the_shell(script: Callable[..., str]) -> None:
    """No secret's value stands in the script; the reader is told which variables to set."""
    made = script(
        """
        secrets: {token: hush-hush, other: "{{env.OTHER}}"}
        requests:
          - name: A
            url: https://x.test/
            headers: {X-Token: "{{token}}", X-Other: "{{other}}", X-Both: "{{base64(token)}}"}
            auth: {type: basic, username: ada, password: in-the-file}
        """
    )
    assert "hush" not in made
    assert "in-the-file" not in made
    assert ': "${TOKEN:?a secret}"' in made
    assert ': "${OTHER:?from the environment}"' in made
    assert '-H "X-Token: $TOKEN"' in made
    assert "$(printf '%s' \"$TOKEN\" | base64 | tr -d '\\n')" in made
    assert '-u "ada:$PASSWORD"' in made


def test_a_secret_of_the_command_line(script: Callable[..., str]) -> None:
    """A secret that --var gives does not stand in the script either."""
    made = script(
        "{secrets: {pin: ''}, requests: [{name: A, url: 'https://x.test/{{pin}}'}]}", overrides={"pin": "1234"}
    )
    assert "1234" not in made
    assert "https://x.test/$PIN" in made


def test_captures(script: Callable[..., str]) -> None:
    """A captured value is taken with jq, and is a variable in the commands after it."""
    made = script(
        """
        requests:
          - {name: A, url: "https://x.test/", capture: {id: 'body.items[0]."the-id"'}}
          - {name: B, url: "https://x.test/{{id}}/x"}
        """
    )
    assert "id=$(printf '%s' \"$response\" | jq -er '.items[0].\"the-id\"')" in made
    assert '"https://x.test/$id/x"' in made


def test_rows(script: Callable[..., str]) -> None:
    """Rows of texts are a loop; their number is counted where it is used."""
    made = script(
        "requests: [{name: A, for_each: [a b, c], url: 'https://x.test/{{index}}', headers: {X-I: '{{item}}'}}]"
    )
    assert "index=0\nfor item in 'a b' c\ndo\n  curl" in made
    assert "\n  index=$((index + 1))\ndone\n" in made


def test_a_quoted_text_of_several_lines_is_not_indented(script: Callable[..., str]) -> None:
    """In a loop a text of several lines is sent as it is."""
    made = script(r'requests: [{name: A, for_each: [a], url: "https://x.test/{{item}}", text: "one\ntwo"}]')
    assert "'one\ntwo'" in made


def test_skipped(script: Callable[..., str]) -> None:
    """A skipped request is a comment with the reason."""
    made = script(
        "requests: [{name: A, url: 'https://x.test/', skip: 'not yet\u2028'}, {name: B, url: 'https://y.test'}]"
    )
    assert "# A\n# not sent: not yet\n" in made


def test_losses(plan: Callable[..., Any]) -> None:
    """What a script of commands has no words for is told with the name of its request."""
    made = dump(
        plan(
            """
            requests:
              - {name: A, url: "https://x.test", poll: {until: "body.done"}, assert: [status: 200], when: "env.X == 'y'"}
              - {name: B, url: "https://x.test", when: "`true`"}
              - {name: C, url: "https://x.test", when: "`false`"}
            """
        )
    )
    assert "# C\n# not sent: its `when` is false\n" in made.text
    assert [(loss.path, loss.what) for loss in made.losses] == [
        ("A", "an assertion"),
        ("A", "'when'"),
        ("A", "'poll'"),
    ]


def test_names_are_no_code(script: Callable[..., str]) -> None:
    """Names of files and requests stand in comments of one line."""
    made = script('{name: "x\\nrm -rf ~", requests: [{name: "a $(b) `c`", url: "https://x.test/$(d)`e`"}]}')
    assert not any(line.startswith("rm") for line in made.splitlines())
    assert "'https://x.test/$(d)%60e%60'" in made


# --- the property --------------------------------------------------------------------------------------------------

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=12)
_LINES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\ufeff"), max_size=12)
_NAME = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
_HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12).map(str.strip)
_SCALAR = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXT
_JSON = st.recursive(
    _SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=8
)
_ENTRIES = st.dictionaries(_TEXT.filter(bool), _TEXT | st.lists(_TEXT, min_size=1, max_size=2), max_size=3)
_PART = (
    _TEXT | st.fixed_dictionaries({"value": _TEXT, "content_type": st.just("text/csv")}) | st.just({"file": "a.bin"})
)
_BODY = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"json": _JSON}),
    st.fixed_dictionaries({"text": _LINES}),
    st.fixed_dictionaries({"form": _ENTRIES}),
    st.fixed_dictionaries({"multipart": st.dictionaries(_NAME, _PART, min_size=1, max_size=3)}),
    st.just({"file": "a.bin"}),
    st.fixed_dictionaries(
        {"graphql": st.fixed_dictionaries({"query": _TEXT.map("{{ {}".format), "variables": st.just({"a": 1})})}
    ),
)
_AUTH = st.sampled_from(
    [
        {},
        {"auth": {"type": "bearer", "token": "{{env.TOKEN}}"}},
        {"auth": {"type": "basic", "username": "ada", "password": "{{env.PASSWORD}}"}},
        {"auth": {"type": "api_key", "name": "X-Api-Key", "value": "{{env.API_KEY}}"}},
        {"auth": {"type": "api_key", "name": "key", "value": "{{env.API_KEY}}", "in": "query"}},
    ]
)
_OWN = frozenset(
    {"content-type", "authorization", "cookie", "x-api-key", "content-length", "transfer-encoding", "host"}
)
_REQUEST = st.builds(
    lambda fixed, body, auth, extra: {"name": "A", **fixed, **extra, **body, **auth},
    st.fixed_dictionaries(
        {
            "url": st.lists(_TEXT.map(lambda text: text.replace("$", "")), max_size=3).map(
                lambda steps: "/".join(["https://x.test", *steps])
            ),
            "headers": st.dictionaries(_NAME.filter(lambda name: name.lower() not in _OWN), _HEADER, max_size=2),
        },
        optional={
            "query": _ENTRIES,
            "method": st.sampled_from(["GET", "PUT", "DELETE", "PURGE"]),
            "timeout": st.sampled_from(["1s", 2.5]),
            "follow_redirects": st.sampled_from([True, False, 3]),
            "max_body": st.just(1000),
            "cookies": st.dictionaries(_NAME, _NAME, min_size=1, max_size=2),
        },
    ),
    _BODY,
    _AUTH,
    st.just({}),
)
_ENVIRONMENT = {"TOKEN": "t0ken", "PASSWORD": "pass word", "API_KEY": "k3y"}


class _Files:
    """Files that are all there, and hold their own names."""

    def locate(self, file: str, path: str) -> str:
        return path

    def upload(self, file: str, path: str, span: object) -> BodyFile:
        return BodyFile(path, len(path), lambda: iter([path.encode()]))


def _escaped(data: Any) -> Any:
    """Data in which a brace is a brace."""
    if isinstance(data, str) and "{{env." not in data:
        return data.replace("{{", "\\{{")
    if isinstance(data, Mapping):
        return {_escaped(key): _escaped(value) for key, value in data.items()}
    return [_escaped(value) for value in data] if isinstance(data, list) else data


def _meaning(request: Request) -> Any:
    body = request.body
    if isinstance(body, Multipart):
        content: Any = [_part(part) for part in body.parts]
        headers = [pair for pair in request.headers if pair[0] != "Content-Type"]
    else:
        content, headers = b"".join(chunks(body or b"")), list(request.headers)
    return {
        "method": request.method,
        "url": request.url.replace("%24", "$"),  # a shell may take `$A` for a variable
        "headers": sorted((name.lower(), value) for name, value in headers),
        "body": content,
        "timeout": request.timeout,
        "max_redirects": request.max_redirects,
        "max_body": request.max_body,
    }


def _part(part: BodyPart) -> BodyPart:
    content = part.content.name if isinstance(part.content, BodyFile) else part.content
    return part._replace(content=content)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=_REQUEST)
def test_its_import_sends_the_same(data: dict[str, Any], plan: Callable[..., Any], run: Callable[..., Any]) -> None:
    """load(dump(r)) == r: the request that a script stands for is the one that it was made from."""
    text = write({"requests": [_escaped(data)]})
    first = run(text, env=_ENVIRONMENT, disk=_Files())
    if not first.sent:  # a URL that cannot be
        return
    made = dump(plan(text))
    with pytest.MonkeyPatch.context() as patch:  # a name such as `secret` would take its value out of the file
        patch.setattr(finishing, "seal", lambda *_: None)
        imported = load(Foreign("requests", made.text, (), lambda path: path, str.encode), Choices())
    again = texts(imported, "requests.yaml")["requests.yaml"]
    second = run(again, env=_ENVIRONMENT, disk=_Files())
    assert second.sent, again
    assert _meaning(second.sent[0]) == _meaning(first.sent[0]), f"{made.text}\n{again}"
    assert not imported.losses
