"""`runner check`: judges files, sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer

Write = Callable[[str, str], Path]
GOOD = "requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n"


def test_good_files(write: Write, command: Any, tmp_path: Path) -> None:
    """Good files give 0 and one line that counts them."""
    write("a.yaml", GOOD)
    write("b.yaml", GOOD.replace("}]", "}, {name: B, url: 'http://127.0.0.1:1/'}]"))
    done = command("check", "a.yaml", "b.yaml", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "ok  2 files, 3 requests\n", ""), done.said


def test_nothing_is_sent(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Nothing is sent, not even for a token."""
    text = """
        base_url: "{{api}}"
        auth: {type: oauth2, token_url: "{{api}}/t/oauth2/v2.0/token", client_id: c, client_secret: "{{env.S}}"}
        requests: [{name: A, url: /health}]
    """
    write("a.yaml", text)
    assert command("check", "a.yaml", "-v", f"api={fresh_server.url}", cwd=tmp_path).code == 0
    assert fresh_server.requests == []


def test_all_faults_in_one_go(write: Write, command: Any, tmp_path: Path) -> None:
    """All faults of all files come at once, each with its place, on standard error; the exit code is 3."""
    write("a.yaml", "requests:\n  - {name: A, url: '{{x}}', assert: [boddy.id]}\n  - {name: B, url: '{{y}}', jsn: 1}\n")
    write("b.yaml", "requests:\n  - {name: A, url: '{{z}}'}\n")
    done = command("check", "a.yaml", "b.yaml", cwd=tmp_path)
    assert (done.code, done.out) == (3, ""), done.said
    assert "did you mean 'body'?" in done.err
    assert "unknown key 'jsn'" in done.err
    assert "undefined variable 'z'" in done.err
    assert "b.yaml:2:" in done.err


def test_process_environment_is_not_read(write: Write, command: Any, tmp_path: Path) -> None:
    """`env.NAME` is not asked for."""
    write("a.yaml", "requests: [{name: A, url: '{{env.NOT_SET_ANYWHERE}}'}]\n")
    assert command("check", "a.yaml", cwd=tmp_path).code == 0


def test_names_of_environments(write: Write, command: Any, tmp_path: Path) -> None:
    """Without -e a name that any environment declares counts as defined; with -e only those of that one."""
    write("a.yaml", "environments: {x: {host: a}, y: {}}\nrequests: [{name: A, url: 'http://{{host}}/'}]\n")
    assert command("check", "a.yaml", cwd=tmp_path).code == 0
    assert command("check", "a.yaml", "-e", "x", cwd=tmp_path).code == 0
    done = command("check", "a.yaml", "-e", "y", cwd=tmp_path)
    assert (done.code, "undefined variable 'host'" in done.err) == (3, True), done.said
    assert command("check", "a.yaml", "-e", "y", "-v", "host=b", cwd=tmp_path).code == 0


def test_literal_credentials(write: Write, command: Any, tmp_path: Path) -> None:
    """A credential that stands in a file is warned of, without showing it; the file is good all the same."""
    write(
        "a.yaml",
        "requests: [{name: A, url: /, auth: {type: bearer, token: literal-7f3a9}}]\n".replace("/", "http://h/", 1),
    )
    done = command("check", "a.yaml", cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.err.startswith("warning: ")
    assert "literal-7f3a9" not in done.said


def test_a_literal_credential_in_a_header_is_not_shown(write: Write, command: Any, tmp_path: Path) -> None:
    """The warning shows the line of a header without the credential in it."""
    write("a.yaml", "requests: [{name: A, url: http://h/, headers: {X-Api-Key: 'literal-7f3a9', X-Open: shown}}]\n")
    done = command("check", "a.yaml", cwd=tmp_path)
    assert "the header 'X-Api-Key' holds a literal credential" in done.err
    assert "X-Api-Key: '***', X-Open: shown" in done.err
    assert "literal-7f3a9" not in done.said


def test_root(write: Write, command: Any, tmp_path: Path) -> None:
    """A path that leaves the root is a fault; --root moves the root."""
    write("ca.pem", "")
    write("deep/a.yaml", "requests: [{name: A, url: 'http://h/', verify: ../ca.pem}]\n")
    assert command("check", "a.yaml", cwd=tmp_path / "deep").code == 3
    assert command("check", "a.yaml", "--root", "..", cwd=tmp_path / "deep").code == 0


def test_symbolic_links_do_not_leave_the_root(write: Write, command: Any, tmp_path: Path) -> None:
    """A symbolic link inside the root that leads out of it is refused."""
    write("ca.pem", "")
    write("deep/a.yaml", "requests: [{name: A, url: 'http://h/', verify: ca.pem}]\n")
    (tmp_path / "deep" / "ca.pem").symlink_to(tmp_path / "ca.pem")
    done = command("check", "a.yaml", cwd=tmp_path / "deep")
    assert (done.code, "outside the project root" in done.err) == (3, True), done.said


@pytest.mark.parametrize("words", [["--nope"], ["-k", "A"], ["--root", "missing"], ["-v", "x"]], ids=" ".join)
def test_usage(write: Write, command: Any, tmp_path: Path, words: list[str]) -> None:
    """A flag that check does not have, or that makes no sense, gives 2."""
    write("a.yaml", GOOD)
    done = command("check", "a.yaml", *words, cwd=tmp_path)
    assert (done.code, done.out) == (2, ""), done.said


def test_control_characters_in_paths(write: Write, command: Any, tmp_path: Path) -> None:
    """A path with control characters is shown escaped."""
    write("a\x1b[31m.yaml", "nope: 1\n")
    done = command("check", ".", cwd=tmp_path)
    assert (done.code, "\x1b" in done.err, "a\\x1b[31m.yaml:1:1" in done.err) == (3, False, True), done.said


def test_colour(write: Write, command: Any, tmp_path: Path) -> None:
    """FORCE_COLOR colours the verdict, --no-color does not."""
    write("a.yaml", GOOD)
    env = {"NO_COLOR": "", "FORCE_COLOR": "1"}
    assert "\x1b[32mok" in command("check", "a.yaml", cwd=tmp_path, env=env).out
    assert "\x1b" not in command("check", "a.yaml", "--no-color", cwd=tmp_path, env=env).out
