"""Everything that people copy works: examples, collections to use as they are, and the YAML in the documents."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer
from runner.language.model import AUTH_KEYS

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.yaml"))
BASE = ROOT / "examples" / "_base.yaml"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    if page.is_file()
    for number, block in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")), 1)
    if re.search(r"^requests:", block, re.MULTILINE)
]


def at(server: DemoServer, *paths: Path) -> tuple[str, ...]:
    """The flags that lead files to a server; a variable that no file has would be warned of."""
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    return tuple(word for name in ("api", "login") if f"  {name}:" in text for word in ("-v", f"{name}={server.url}"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(fresh_server: DemoServer, command: Any, path: Path) -> None:
    """An example passes against the demo server, as examples/README.md says."""
    done = command("run", path.relative_to(ROOT), *at(fresh_server, path, BASE))
    assert (done.code, done.err) == (0, ""), done.said


def test_all_examples_at_once(fresh_server: DemoServer, command: Any) -> None:
    """The folder as a whole passes, with a token for each of the five identities, three of 08 and two of 38."""
    done = command("run", "examples/", *at(fresh_server, *EXAMPLES))
    assert (done.code, done.err) == (0, ""), done.said
    assert fresh_server.token_requests == 5


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["03-environments.yaml", "-e", "staging"], "stage=staging"),
        (["03-environments.yaml", "-e", "production"], "retries=3"),
        (["09-captures.yaml", "-k", "Read it"], "✓ Create an order"),
        (["11-when-skip-tags.yaml", "-t", "smoke"], "1 passed"),
        (["11-when-skip-tags.yaml", "--exclude-tag", "slow"], "skipped"),
        (["11-when-skip-tags.yaml", "-k", "Only for admins", "-v", "role=admin"], "1 passed"),
        (["18-env-file.yaml", "--env-file", "examples/18-env-file.env"], "2 passed"),
        (["21-extends.yaml", "-e", "staging"], "/echo/staging/staging"),
        (["25-data-rows.yaml", "--data", "examples/25-users.csv"], "Data rows [1]"),
        (["25-data-rows.yaml", "--data", "examples/25-users.csv", "--repeat", "3"], "Data rows [5]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_variants(server: DemoServer, command: Any, words: list[str], expected: str) -> None:
    """The other commands that the heads of the examples name do what is said there."""
    done = command("run", f"examples/{words[0]}", *words[1:], *at(server, ROOT / "examples" / words[0], BASE))
    assert (done.code, done.err) == (0, ""), done.said
    assert expected in done.out


def test_sign_in(server: DemoServer, command: Any) -> None:
    """39 with a person: the browser comes back to the address that the example names."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = ROOT / "examples" / "39-sign-in.yaml"
    browser = f"{sys.executable} -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' %s"
    words = (*at(server, path), "-v", "person:=true", "-v", f"port={port}")
    done = command("run", path.relative_to(ROOT), *words, env={"BROWSER": browser, "no_proxy": "*"})
    assert done.code == 0, done.said
    assert f"redirect_uri=http://localhost:{port}/signed-in" in done.err
    assert "✓ As the person" in done.out


def test_every_key_of_auth_has_an_example() -> None:
    """Each key of each type of auth stands in a file of examples/ or requests/."""
    files = [*EXAMPLES, *(ROOT / "requests").rglob("*.yaml")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    names = {name for keys in AUTH_KEYS.values() for name in keys}
    assert [name for name in sorted(names) if not re.search(rf"[\s{{,]{name}:", text)] == []


def test_graph(fresh_server: DemoServer, command: Any) -> None:
    """requests/graph.yaml passes with the environment `local` and one token."""
    given = ("-v", f"login={fresh_server.url}", "-v", f"graph={fresh_server.url}/v1.0")
    done = command("run", "requests/graph.yaml", "-e", "local", *given)
    assert (done.code, done.err) == (0, ""), done.said
    assert fresh_server.token_requests == 1


@pytest.mark.parametrize("environment", ["prod", "local"])
def test_check_graph(command: Any, environment: str) -> None:
    """requests/graph.yaml is good with each of its environments."""
    done = command("check", "requests/graph.yaml", "-e", environment)
    assert done.code == 0, done.said


def test_check_everything(command: Any) -> None:
    """All files of examples/ and requests/ are good, and none holds a credential of its own to warn of."""
    done = command("check", "examples", "requests")
    assert (done.code, done.err) == (0, ""), done.said


def test_readme_names_every_example() -> None:
    """examples/README.md has a row for each file."""
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES if f"]({path.name})" not in text] == []


@pytest.mark.skipif(not BLOCKS, reason="the documents show no collection yet")
@pytest.mark.parametrize("block", BLOCKS)
def test_documents(command: Any, write: Callable[[str, str], Path], tmp_path: Path, block: str) -> None:
    """Every collection that the documents show is good, beside the files that they name."""
    write("_base.yaml", "base_url: http://127.0.0.1:8765\n")
    write("_login.yaml", "requests: [{name: Log in, url: /login, capture: {token: body.token}}]\n")
    write("shown.yaml", block)
    done = command("check", "shown.yaml", cwd=tmp_path)
    assert done.code == 0, done.said


SIDE_BY_SIDE = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted((ROOT / "docs").glob("from-*.md"))
    for number, block in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize("block", SIDE_BY_SIDE)
def test_what_other_tools_did(
    server: DemoServer, command: Any, write: Callable[[str, str], Path], tmp_path: Path, block: str
) -> None:
    """Every collection on the pages for those who come from another tool passes against the demo server."""
    write("shown.yaml", block)
    done = command("run", "shown.yaml", "-v", f"api={server.url}", cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
