"""Compares what our runner sends for an imported Postman collection with what Newman sends for the collection itself.

    python tests/live/agreement/compare.py FOLDER…                  the table, as it stands in docs/import-export.md
    python tests/live/agreement/compare.py --json --most 40 FOLDER   for the test

Both go through a recording proxy that answers everything. Before that, each collection is made comparable: `https` is
`http` (a proxy sees what is inside), scripts are taken out (they set random values and wait for answers that nobody
gives), grants that ask a person too, every variable without a value gets one, and each request gets a header that names it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT), str(HERE)]

from recorder import Recorder, Seen, recording  # noqa: E402

from runner.diagnostics import Source  # noqa: E402
from runner.engine import plan as planning  # noqa: E402
from runner.errors import InvalidError  # noqa: E402
from runner.formats import postman  # noqa: E402
from runner.formats.draft import Choices, Foreign, ForeignFault, texts  # noqa: E402
from runner.formats.postman import variables as importing  # noqa: E402
from runner.language import document  # noqa: E402

_ITEM = "X-Item"
_PLACEHOLDER = re.compile(r"\{\{([^{}]*?)\}\}")


class Job(NamedTuple):
    """A collection made comparable: its file, its environment, and the values that stood in it as secrets."""

    name: str
    folder: Path
    secrets: dict[str, str]


# --- making them comparable ----------------------------------------------------------------------------------------


def prepared(path: Path, folder: Path, number: int) -> Job | str:
    """A collection with its import beside it; or why it is left out."""
    try:
        text = path.read_text("utf-8-sig").replace("https", "http")
        data = json.loads(re.sub(r"\{\{\$random\w+\}\}", "{{$guid}}", text))
    except ValueError:
        return "not JSON"
    data = data.get("collection", data) if isinstance(data, dict) else data
    if not isinstance(data, dict) or "item" not in data:
        return "no collection"
    count = _mark(data, f"{number}-", Counter())
    if not count:
        return "no requests"
    values = _values(data)
    environment = {"name": "given", "values": [{"key": n, "value": v, "enabled": True} for n, v in values.items()]}
    folder.mkdir()
    (folder / "collection.json").write_text(json.dumps(data))
    (folder / "environment.json").write_text(json.dumps(environment))
    secrets: dict[str, str] = {}
    with _noted(secrets):
        try:
            choices = Choices(environments=(("given", json.dumps(environment)),))
            imported = postman.load(Foreign(path.stem, json.dumps(data)), choices)
        except ForeignFault as fault:
            return f"refused: {fault.message}"
    written = texts(imported, "collection.yaml")["collection.yaml"]
    (folder / "collection.yaml").write_text(str(written))
    try:
        planning.make(document.load(Source(str(folder / "collection.yaml"), str(written))), environment="given")
    except InvalidError as error:
        return f"invalid: {error.diagnostics[0].message}"
    return Job(path.name, folder, secrets)


def _mark(data: Any, prefix: str, seen: Counter[str]) -> int:
    """Names each request by a header, and takes scripts out."""
    data.pop("event", None)
    for holder in (data, data.get("request")):
        if isinstance(holder, dict) and '"authorization_code' in json.dumps(holder.get("auth")):
            holder["auth"] = {"type": "noauth"}
    if isinstance(data.get("item"), list):
        return sum(_mark(item, prefix, seen) for item in data["item"] if isinstance(item, dict))
    if isinstance(data.get("request"), str):
        data["request"] = {"url": data["request"], "method": "GET"}
    if not isinstance(data.get("request"), dict):
        return 0
    headers = data["request"].get("header")
    if isinstance(headers, str):
        pairs = [line.partition(":") for line in headers.splitlines() if ":" in line]
        headers = [{"key": name.strip(), "value": value.strip()} for name, _, value in pairs]
    seen["all"] += 1
    data["request"]["header"] = [*(headers or []), {"key": _ITEM, "value": f"{prefix}{seen['all']}"}]
    return 1


def _values(data: Any) -> dict[str, str]:
    """A value for every variable that the collection gives none."""
    given = {
        str(e.get("key") or e.get("id")) for e in data.get("variable") or [] if isinstance(e, dict) and e.get("value")
    }
    text = json.dumps(data)
    names = {name.strip() for name in _PLACEHOLDER.findall(text)} - given
    within = r'(?:://|\}\}|"protocol": "http", "host": \["|"host": \["(?:[^"\]]*", ")+)\{\{([^{}]*?)\}\}'
    hosts = {name.strip() for name in re.findall(within, text)}
    bare = {name.strip() for name in re.findall(r"(?:[:\[,]|\\n)\s*\{\{([^{}]*?)\}\}\s*(?:[,}\]]|\\n|\\r)", text)}
    return {
        name: "7" if name in bare else _value(name).removeprefix("http://" if name in hosts else "")
        for name in sorted(names)
        if name and not name.startswith("$") and name.isprintable()
    }


def _value(name: str) -> str:
    plain = re.sub(r"\W", "", name).lower()
    if re.search(r"url|host|endpoint|base|server|domain|root|api$", plain):
        return f"http://{plain[:40]}.example"
    return "7" if re.search(r"id$|count|number|page|limit|size|port|amount", plain) else f"value-of-{plain[:40]}"


class _noted:
    """Notes which value each secret had."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self.secrets = secrets
        self.original = importing.Variables.secret, importing.Variables.declare

    def __enter__(self) -> None:
        secret, declare = self.original
        noted = self.secrets

        def secret_noted(self: Any, value: str, name: str) -> str:
            made = secret(self, value, name)
            if value and "{{" not in value:
                noted[made[2:-2]] = value
            return made

        def declare_noted(self: Any, entries: Any, environment: str = "") -> None:
            found = list(entries)
            declare(self, found, environment)
            for entry in found:
                noted[self.names(entry.name.strip() or "x")] = entry.value or ""

        importing.Variables.secret, importing.Variables.declare = secret_noted, declare_noted  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        importing.Variables.secret, importing.Variables.declare = self.original  # type: ignore[method-assign]


# --- running -------------------------------------------------------------------------------------------------------


def _without_proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def run_newman(jobs: list[Job], recorder: Recorder, modules: Path, work: Path) -> None:
    listed = [
        {
            "collection": str(job.folder / "collection.json"),
            "environment": str(job.folder / "environment.json"),
            "folder": str(job.folder),
        }
        for job in jobs
    ]
    (work / "jobs.json").write_text(json.dumps(listed))
    environment = {**_without_proxies(), "HTTP_PROXY": recorder.url, "http_proxy": recorder.url}
    command = ["node", str(HERE / "newman.cjs"), str(work / "jobs.json"), str(modules)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        sys.exit(f"newman failed: {done.stderr[-2000:]}")


def run_ours(jobs: list[Job], recorder: Recorder) -> None:
    for job in jobs:
        environment = {**_without_proxies(), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        text = (job.folder / "collection.yaml").read_text()
        for name, asked in re.findall(r'^  (?:# )?(\w+): "\{\{env\.(\w+)\}\}"', text, re.MULTILINE):
            environment[asked] = job.secrets.get(name, "")
        command = [sys.executable, "-m", "runner", "run", "collection.yaml", "-e", "given", "--proxy", recorder.url]
        command += ["--quiet", "--timeout", "5s"]
        done = subprocess.run(
            command, cwd=job.folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode == 3:
            print(f"{job.name}: {done.stderr[:400]}", file=sys.stderr)


# --- comparing -----------------------------------------------------------------------------------------------------

#: Headers that say which client it is, and how it holds its connection.
_CLIENT = frozenset(
    {"user-agent", "accept", "accept-encoding", "connection", "postman-token", "cache-control", "content-length", "host",
     "x-item", "proxy-connection", "transfer-encoding", "cookie", "referer"}
)  # fmt: skip
_RANDOM = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b\d{8}T\d{6}Z"), "<time>"),
    (re.compile(r"\b1[6-9]\d{8}(?:\d{3})?\b"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "<time>"),
)


def differences(theirs: Seen, ours: Seen) -> list[str]:
    """What differs between two requests, in words that are the same for the same reason."""
    found: list[str] = []
    if theirs.method != ours.method:
        found.append("method")
    found += _url_differences(theirs.url, ours.url)
    found += _header_differences(theirs, ours)
    if not _same_body(theirs, ours):
        found.append("body")
    return found


def _plain(text: str) -> str:
    for pattern, word in _RANDOM:
        text = pattern.sub(word, text)
    return text


def _url_differences(theirs: str, ours: str) -> list[str]:
    left, right = urlsplit(theirs), urlsplit(ours)
    found = []
    if left.netloc.lower().removesuffix(":80") != right.netloc.lower().removesuffix(":80"):
        found.append("host")
    if _plain(unquote(left.path) or "/") != _plain(unquote(right.path) or "/"):
        found.append("path")
    first, second = (sorted(parse_qsl(part.query, keep_blank_values=True)) for part in (left, right))
    if [tuple(map(_plain, pair)) for pair in first] != [tuple(map(_plain, pair)) for pair in second]:
        found.append("query")
    return found


def _header_differences(theirs: Seen, ours: Seen) -> Iterator[str]:
    for name in sorted(theirs.headers.keys() | ours.headers.keys() - _CLIENT):
        if name in _CLIENT:
            continue
        first, second = theirs.headers.get(name, []), ours.headers.get(name, [])
        if _header(name, first) != _header(name, second) and _plain(name) == name:
            yield f"header {name}" if name in _KNOWN else "another header"


_KNOWN = ("authorization", "content-type")


def _header(name: str, values: list[str]) -> str:
    text = _plain(", ".join(value.strip() for value in values))
    if name == "content-type":
        text = re.sub(r";\s*charset=utf-8|boundary=\S+", "", text, flags=re.IGNORECASE).strip("; ")
    if name == "authorization" and text.startswith("AWS4"):
        text = re.sub(r"Signature=\w+|/\d{8}/|SignedHeaders=[^,]+,\s*", "", text)
    return text


def _same_body(theirs: Seen, ours: Seen) -> bool:
    if theirs.body == ours.body:
        return True
    first, second = (_plain(seen.body.decode("utf-8", "replace")) for seen in (theirs, ours))
    kind = theirs.headers.get("content-type", [""])[0]
    if "multipart/" in kind:
        return _parts(first) == _parts(second)
    if "urlencoded" in kind:
        return sorted(parse_qsl(first, keep_blank_values=True)) == sorted(parse_qsl(second, keep_blank_values=True))
    try:
        documents = [json.dumps(json.loads(seen.body), sort_keys=True) for seen in (theirs, ours)]
    except ValueError:
        return first.strip() == second.strip()
    return _plain(documents[0]) == _plain(documents[1])


def _parts(body: str) -> list[str]:
    boundary = body.split("\r\n", 1)[0]
    parts = [part.strip("\r\n-") for part in body.split(boundary)]
    return sorted(re.sub(r"(?i)content-type: [^\r\n]+|content-length: \d+", "", part).strip() for part in parts if part)


# --- the table -----------------------------------------------------------------------------------------------------


class Outcome(NamedTuple):
    same: int
    compared: int
    reasons: Counter[str]
    unsent: Counter[str]
    left_out: Counter[str]
    examples: dict[str, str]


def by_item(seen: list[Seen]) -> dict[str, Seen]:
    """The first request of each item; redirects and repeats come later."""
    found: dict[str, Seen] = {}
    for each in seen:
        for item in each.headers.get("x-item", []):
            found.setdefault(item, each)
    return found


def compared(theirs: dict[str, Seen], ours: dict[str, Seen], left_out: Counter[str]) -> Outcome:
    reasons: Counter[str] = Counter()
    unsent: Counter[str] = Counter()
    examples: dict[str, str] = {}
    same = both = 0
    for item in sorted(theirs.keys() | ours.keys()):
        if item not in theirs or item not in ours:
            who = "by Newman alone" if item in theirs else "by runner alone"
            unsent[who] += 1
            examples[who] = examples.get(who, "") + f"{item}\n  {theirs.get(item) or ours.get(item)}\n"
            continue
        both += 1
        found = differences(theirs[item], ours[item])
        same += not found
        if found:
            reason = " and ".join(found)
            reasons[reason] += 1
            shown = f"{item}\n  newman {theirs[item]}\n  runner {ours[item]}\n"
            examples[reason] = examples.get(reason, "") + shown
    return Outcome(same, both, reasons, unsent, left_out, examples)


def run(paths: list[Path], modules: Path) -> Outcome:
    """The comparison of all collections in these files."""
    left_out: Counter[str] = Counter()
    jobs: list[Job] = []
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        for number, path in enumerate(paths):
            job = prepared(path, work / str(number), number)
            if isinstance(job, str):
                left_out[job] += 1
            else:
                jobs.append(job)
        with recording() as recorder:
            run_newman(jobs, recorder, modules, work)
            theirs = by_item(recorder.seen)
        with recording() as recorder:
            run_ours(jobs, recorder)
            ours = by_item(recorder.seen)
    return compared(theirs, ours, left_out)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument(
        "--modules", type=Path, default=Path.home() / ".cache/request-runner-live/newman/node_modules"
    )
    arguments.add_argument("--most", type=int, default=0, help="no more than so many files, evenly chosen")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--examples", action="store_true", help="show one request for each difference")
    given = arguments.parse_args()
    paths = sorted(
        path for folder in given.folders for path in (folder.rglob("*.json") if folder.is_dir() else [folder])
    )
    if given.most and len(paths) > given.most:
        paths = paths[:: len(paths) // given.most][: given.most]
    outcome = run(paths, given.modules)
    if given.json:
        print(
            json.dumps(
                {
                    "same": outcome.same,
                    "compared": outcome.compared,
                    "unsent": outcome.unsent,
                    "reasons": outcome.reasons,
                }
            )
        )
        return
    print(f"{outcome.compared} requests compared, {outcome.same} agree ({outcome.same / max(outcome.compared, 1):.1%})")
    for title, counted in (("differ in", outcome.reasons), ("sent", outcome.unsent), ("left out", outcome.left_out)):
        for reason, times in counted.most_common():
            print(f"  {times:5} {title} {reason}")
            if given.examples and reason in outcome.examples:
                print(outcome.examples[reason])


if __name__ == "__main__":
    main()
