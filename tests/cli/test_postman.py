"""Postman collections from the command line: imported and run, split, exported, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer

GRAPH = Path(__file__).parents[1] / "golden/import/postman/graph"
SECRET = "demo-secret~this-opens-nothing-real"


@pytest.fixture
def place(tmp_path: Path, server: DemoServer) -> Path:
    """A folder with a collection of Microsoft Graph whose pre-request script fetches the token, and its environment."""
    (tmp_path / "graph.json").write_text((GRAPH / "input.json").read_text())
    local = (GRAPH / "local.json").read_text().replace("http://127.0.0.1:8765", server.url)
    (tmp_path / "local.json").write_text(local)
    return tmp_path


def test_imported_and_run(command: Any, place: Path) -> None:
    """The script's token call is an `auth` block, and the file runs as it was imported: one token for all requests."""
    done = command("import", "postman", "graph.json", "-e", "local.json", "-o", "graph.yaml", cwd=place)
    assert (done.code, done.out) == (0, "graph.json → graph.yaml: 2 requests, nothing lost\n")
    assert "type: oauth2" in (place / "graph.yaml").read_text()
    (place / ".env").write_text(f"CLIENT_SECRET={SECRET}\n")
    ran = command("run", "graph.yaml", "-e", "local", cwd=place)
    assert ran.code == 0, ran.out + ran.err
    assert SECRET not in ran.out + ran.err
    assert ran.out.count("/oauth2/v2.0/token") <= 1


def test_there_and_back(command: Any, place: Path) -> None:
    """What was imported, exported and imported again is the same file."""
    command("import", "postman", "graph.json", "-e", "local.json", "-o", "graph.yaml", cwd=place)
    done = command("export", "postman", "graph.yaml", "-o", "again.json", cwd=place)
    assert done.code == 0, done.err
    environment = "local.postman_environment.json"
    again = command("import", "postman", "again.json", "-e", environment, "-o", "again.yaml", cwd=place)
    assert again.code == 0, again.out
    assert (place / "again.yaml").read_text() == (place / "graph.yaml").read_text()


def test_split(command: Any, place: Path) -> None:
    """--split makes a file of each top folder, and all of them extend a base; each passes `check`."""
    request = {"name": "a", "request": {"method": "GET", "url": "{{base}}/a"}}
    collection = {
        "info": {"name": "Shop"},
        "variable": [{"key": "base", "value": "http://x.test"}],
        "item": [{"name": "Orders", "item": [request]}, {"name": "Users / all", "item": [request]}, request],
    }
    (place / "shop.json").write_text(json.dumps(collection))
    done = command("import", "postman", "shop.json", "--split", "-o", "requests", cwd=place)
    assert done.code == 0, done.out + done.err
    names = sorted(path.name for path in (place / "requests").iterdir())
    assert names == ["_base.yaml", "orders.yaml", "shop.yaml", "users-all.yaml"]
    assert "extends: _base.yaml" in (place / "requests/orders.yaml").read_text()
    assert command("check", "requests", cwd=place).code == 0


def test_examples(command: Any, place: Path, server: DemoServer) -> None:
    """--examples keeps saved answers as snapshots, without their credentials; a run compares with them."""
    saved = {"name": "ok", "code": 200, "body": '{"token": "abcdef-123456", "n": 1}'}
    item = {"name": "a", "request": {"method": "GET", "url": "http://x.test/a"}, "response": [saved]}
    (place / "x.json").write_text(json.dumps({"info": {"name": "x"}, "item": [{"name": "F", "item": [item]}]}))
    done = command("import", "postman", "x.json", "--examples", "-o", "kept.yaml", cwd=place)
    assert done.code == 0, done.out + done.err
    assert "snapshot: true" in (place / "kept.yaml").read_text()
    kept = json.loads((place / "kept.snap.json").read_text())
    assert kept == {"F / a": {"status": 200, "body": {"token": "***", "n": 1}}}
    assert command("check", "kept.yaml", cwd=place).code == 0


def test_large(command: Any, place: Path) -> None:
    """A collection of 5 MB is imported."""
    body = {
        "mode": "raw",
        "raw": json.dumps({f"field {n}": "a text of some length" for n in range(20)}),
        "options": {"raw": {"language": "json"}},
    }
    script = {"listen": "test", "script": {"exec": ["pm.response.to.have.status(200);"]}}
    items = [
        {"name": f"r{n}", "event": [script], "request": {"method": "POST", "url": "http://x.test/a", "body": body}}
        for n in range(4_900)
    ]
    (place / "large.json").write_text(json.dumps({"info": {"name": "large"}, "item": items}))
    assert (place / "large.json").stat().st_size > 5_000_000
    done = command("import", "postman", "large.json", "-o", "large.yaml", cwd=place)
    assert (done.code, done.err) == (0, "")
    assert done.out == "large.json → large.yaml: 4,900 requests, nothing lost\n"


def test_old_format(command: Any, place: Path) -> None:
    """A collection of format v1 is refused with words that say what to do."""
    (place / "old.json").write_text('{"id": "1", "name": "Old", "order": [], "requests": []}')
    done = command("import", "postman", "old.json", cwd=place)
    assert done.code == 3
    assert "format v1, which Postman gave up in 2018" in done.err
    assert "export it as Collection v2.1" in done.err
    assert "Traceback" not in done.err


def test_secrets_of_an_included_file_stay_here(command: Any, place: Path) -> None:
    """The secret of a file that is included has no value in the collection that an export writes."""
    (place / "inner.yaml").write_text(
        "secrets: {pw: sentinel-of-a-secret}\nrequests: [{name: a, url: 'http://x.test/', headers: {X: '{{pw}}'}}]\n"
    )
    (place / "outer.yaml").write_text("requests:\n  - {name: Sign in, include: inner.yaml}\n")
    done = command("export", "postman", "outer.yaml", cwd=place)
    assert "sentinel" not in done.out
    assert "the value of the secret 'pw'" in done.err
    assert json.loads(done.out)["item"][0]["variable"] == [{"key": "pw", "value": "", "type": "secret"}]
