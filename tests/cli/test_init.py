"""`runner init`: a project that works at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.demo import DemoServer, credentials

ROOT = Path(__file__).parent.parent.parent
FILES = {"requests/example.yaml", "schema/collection.json", ".env.example", ".gitignore"}


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(command: Any, tmp_path: Path) -> Path:
    """A new project."""
    done = command("init", "my api", cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    return tmp_path / "my api"


def test_what_is_made(command: Any, tmp_path: Path) -> None:
    """The files are named with their purpose, and what to do next can be copied."""
    done = command("init", "my api", cwd=tmp_path)
    assert files_in(tmp_path / "my api") == FILES
    head, *lines = done.out.splitlines()
    assert head == "made my api"
    assert {line.split()[0] for line in lines[: len(FILES)]} == FILES
    assert [line.split("#")[0].strip() for line in lines[len(FILES) :]] == [
        "next:", "cd 'my api'", "runner demo --serve", "runner run",
    ]  # fmt: skip


def test_check(command: Any, project: Path) -> None:
    """What it makes is good, holds no credential to warn of, and wants the credentials of the other environment."""
    done = command("check", cwd=project)
    assert (done.code, done.err) == (0, ""), done.said
    done = command("run", "-e", "prod", cwd=project)
    assert done.code == 3
    wanted = [line.partition("=")[0] for line in (project / ".env.example").read_text("utf-8").splitlines()[1:]]
    assert wanted
    assert all(f"environment variable '{name}' is not set" in done.err for name in wanted)


def test_run(command: Any, project: Path, fresh_server: DemoServer) -> None:
    """It passes against the demo server with one token."""
    token_url = f"{fresh_server.url}/contoso.onmicrosoft.com/oauth2/v2.0/token"
    done = command("run", "-v", f"api={fresh_server.url}/v1.0", "-v", f"token_url={token_url}", cwd=project)
    assert (done.code, done.err) == (0, ""), done.said
    assert "3 passed" in done.out
    assert fresh_server.token_requests == 1


def test_addresses_of_the_demo_server(project: Path) -> None:
    """The collection knows the port and the credentials of `runner demo --serve`."""
    example = yaml.safe_load((project / "requests/example.yaml").read_text("utf-8"))
    server = f"http://127.0.0.1:{credentials.DEFAULT_PORT}"
    assert example["variables"]["api"] == f"{server}/v1.0"
    assert example["variables"]["token_url"] == f"{server}/{credentials.TENANT}/oauth2/v2.0/token"
    assert example["variables"]["client_id"] == credentials.CLIENT_ID
    assert credentials.CLIENT_SECRET in example["secrets"]["client_secret"]


def test_the_schema_is_found(project: Path) -> None:
    """The first line leads editors to the schema, which is that of this version."""
    place = (project / "requests/example.yaml").read_text("utf-8").splitlines()[0].partition("$schema=")[2]
    assert (project / "requests" / place).read_bytes() == (ROOT / "schema/collection.json").read_bytes()


def test_nothing_is_overwritten(command: Any, project: Path) -> None:
    """Where one of the files is there already it is named, and nothing at all is written."""
    (project / "schema/collection.json").unlink()
    (project / "requests/example.yaml").write_text("mine")
    done = command("init", ".", cwd=project)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "error: requests/example.yaml, .env.example are there already, and init overwrites nothing"
    )
    assert (project / "requests/example.yaml").read_text() == "mine"
    assert files_in(project) == FILES - {"schema/collection.json"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("node_modules\n", "node_modules\n.env\n"),
        ("node_modules", "node_modules\n.env\n"),
        ("/.env\n", "/.env\n"),
        (".env\nx\n", ".env\nx\n"),
        ("caf\udce9\n", "caf\udce9\n.env\n"),
        ("", ".env\n"),
    ],
)
def test_into_a_repository(command: Any, tmp_path: Path, before: str, after: str) -> None:
    """In this folder no `cd` is wanted; a .gitignore that is there gets the line that it lacks."""
    ignored = tmp_path / ".gitignore"
    ignored.write_text(before, "utf-8", "surrogateescape")
    done = command("init", ".", cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert ignored.read_text("utf-8", "surrogateescape") == after
    assert (".gitignore" in done.out) == (before != after)
    assert "cd " not in done.out


def test_a_file_in_the_way(command: Any, tmp_path: Path) -> None:
    """A file where the folder should be is a usage error, as is one within its path."""
    (tmp_path / "f").touch()
    done = command("init", "f", cwd=tmp_path)
    assert (done.code, done.err) == (2, "error: f is a file, and init wants a folder\n")
    done = command("init", "f/g", cwd=tmp_path)
    assert done.code == 2
    assert done.err == "error: cannot write f/g/requests: Not a directory\n"


def test_without_a_folder(command: Any) -> None:
    """The folder must be named."""
    assert command("init").code == 2
