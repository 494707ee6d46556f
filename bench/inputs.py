"""The same requests in every tool's own language: `count` GETs with two assertions each."""

from __future__ import annotations

import json
from pathlib import Path

NAMES = "Request {:05d}"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def collection(path: Path, url: str, count: int, method: str = "GET") -> Path:
    """Our own format."""
    head = f"name: {path.stem}\nbase_url: {url}\nrequests:\n"
    each = "  - name: {name}\n    url: /items/{number}\n    assert:\n      - status: 200\n      - body.id: 7\n"
    if method != "GET":
        each = each.replace("    url:", f"    method: {method}\n    url:")
    items = (each.format(name=NAMES.format(number), number=number) for number in range(count))
    return write(path, head + "".join(items))


def collections(folder: Path, url: str, files: int, count: int) -> Path:
    """A folder of collections."""
    for number in range(files):
        collection(folder / f"file{number:03d}.yaml", url, count)
    return folder


def postman(path: Path, url: str, count: int) -> Path:
    """Newman's."""
    tests = [
        "pm.test('status', () => pm.response.to.have.status(200));",
        "pm.test('id', () => pm.expect(pm.response.json().id).to.eql(7));",
    ]
    event = [{"listen": "test", "script": {"type": "text/javascript", "exec": tests}}]
    items = [
        {"name": NAMES.format(n), "event": event, "request": {"method": "GET", "url": f"{url}/items/{n}"}}
        for n in range(count)
    ]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    return write(path, json.dumps({"info": {"name": path.stem, "schema": schema}, "item": items}))


def bruno(folder: Path, url: str, count: int) -> Path:
    """Bruno's: a folder with a file a request."""
    write(folder / "bruno.json", json.dumps({"version": "1", "name": folder.name, "type": "collection"}))
    each = (
        "meta {{\n  name: {name}\n  type: http\n  seq: {seq}\n}}\n\n"
        "get {{\n  url: {url}/items/{number}\n  body: none\n  auth: none\n}}\n\n"
        "assert {{\n  res.status: eq 200\n  res.body.id: eq 7\n}}\n"
    )
    for number in range(count):
        name = NAMES.format(number)
        write(folder / f"{name}.bru", each.format(name=name, seq=number + 1, url=url, number=number))
    return folder


def httpyac(path: Path, url: str, count: int) -> Path:
    """httpYac's."""
    each = "### {name}\nGET {url}/items/{number}\n?? status == 200\n?? body id == 7\n\n"
    items = (each.format(name=NAMES.format(n), url=url, number=n) for n in range(count))
    return write(path, "".join(items))


def hurl(path: Path, url: str, count: int) -> Path:
    """Hurl's."""
    each = 'GET {url}/items/{number}\nHTTP 200\n[Asserts]\njsonpath "$.id" == 7\n\n'
    return write(path, "".join(each.format(url=url, number=number) for number in range(count)))
