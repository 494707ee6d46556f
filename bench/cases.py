"""The rows of the table: what is run, against what, and what ratio is good enough."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import inputs, servers
from bench.harness import Command, Pair, once, paired

PYTHON = sys.executable
COMPOSE = "import sys, yaml; yaml.compose(open(sys.argv[1], encoding='utf-8').read(), Loader=yaml.CSafeLoader)"
FORMATS = ("json", "ndjson", "junit", "tap", "github", "markdown", "har", "curl")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `ratio` is ours by theirs (for memory: megabytes above theirs)."""

    work: str
    ours: str
    against: str
    theirs: str
    ratio: float
    target: float
    spread: tuple[float, float] | None = None
    cpu: float | None = None
    unit: str = ""

    @property
    def good(self) -> bool:
        return self.ratio <= self.target


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that could not be measured, and why."""

    work: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What every case is given."""

    folder: Path
    target: servers.Target
    rounds: int
    options: str

    def runner(self, *words: str, folder: Path | None = None) -> Command:
        """The command as it is installed beside this interpreter, else the module."""
        script = Path(PYTHON).with_name("runner")
        start = [str(script)] if script.exists() else [PYTHON, "-m", "runner"]
        return Command(f"runner {words[0]}", [*start, *words], folder or self.folder)

    def offers(self, option: str) -> bool:
        """True when `runner run --help` names the option."""
        return option in self.options

    def rounds_of(self, fewer: int) -> int:
        """The rounds of a case that takes long."""
        return max(1, self.rounds // fewer)


Case = Callable[[Bench], Iterator[Row | Skipped]]


def seconds(value: float) -> str:
    """`61 ms`, `1.23 s`."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def row(work: str, against: str, pair: Pair, target: float) -> Row:
    """A line on wall time, with the CPU's ratio beside it."""
    ours, theirs = pair.medians("wall")
    our_cpu, their_cpu = pair.medians("cpu")
    ratios = sorted(pair.ratios("wall"))
    spread = (ratios[0], ratios[-1])
    cpu = our_cpu / their_cpu if their_cpu else None
    return Row(work, seconds(ours), against, seconds(theirs), ours / theirs, target, spread, cpu)


def start(bench: Bench) -> Iterator[Row | Skipped]:
    """A whole run of one request, and the help, against the imports that they cannot avoid."""
    one = inputs.collection(bench.folder / "one.yaml", bench.target.url, 1)
    imports = Command("import httpx", [PYTHON, "-c", "import httpx"])
    pair = paired(bench.runner("run", one.name), imports, bench.rounds * 3)
    yield row("cold start: run of one request", imports.name, pair, 1.6)
    imports = Command("import click", [PYTHON, "-c", "import click"])
    yield row("runner --help", imports.name, paired(bench.runner("--help"), imports, bench.rounds * 3), 1.3)


def requests(bench: Bench) -> Iterator[Row | Skipped]:
    """A thousand requests one after the other, against a loop without a runner."""
    file = inputs.collection(bench.folder / "thousand.yaml", bench.target.url, 1000)
    bare = Command("bare httpx", [PYTHON, str(Path(__file__).with_name("bare.py")), bench.target.url, "1000"])
    yield row(
        "1,000 requests in one file",
        bare.name,
        paired(bench.runner("run", file.name), bare, bench.rounds),
        1.3,
    )


def check(bench: Bench) -> Iterator[Row | Skipped]:
    """Reading and judging a large file, against composing it alone."""
    file = inputs.collection(bench.folder / "large.yaml", bench.target.url, 10_000)
    compose = Command("yaml.compose (C)", [PYTHON, "-c", COMPOSE, str(file)])
    pair = paired(bench.runner("check", file.name), compose, bench.rounds)
    yield row("check of 10,000 requests", compose.name, pair, 3)


def memory(bench: Bench) -> Iterator[Row | Skipped]:
    """Peak memory of a long run, against a short one, and against reading the file alone."""
    few = inputs.collection(bench.folder / "few.yaml", bench.target.url, 100)
    many = inputs.collection(bench.folder / "many.yaml", bench.target.url, 20_000)
    small = once(bench.runner("run", few.name)).rss
    large = once(bench.runner("run", many.name)).rss
    read = once(bench.runner("check", many.name)).rss
    work, shown = "memory: run of 20,000 requests", f"{large:.0f} MB"
    yield Row(work, shown, "run of 100", f"{small:.0f} MB", large - small, 40, unit=" MB")
    yield Row(work, shown, "check of the same", f"{read:.0f} MB", large - read, 10, unit=" MB")


#: Of each large body, in bytes.
BULK = 1_000_000_000
#: A request → what is measured with it; `big.bin` is what the first one saved.
LARGE = {
    "save_to": f"{{name: Down, url: /{BULK}, save_to: big.bin, assert: [size: {BULK}]}}",
    "file": f"{{name: Up, url: /, file: big.bin, assert: [body.size: {BULK}]}}",
    "multipart": f"{{name: Part, url: /, multipart: {{f: {{file: big.bin}}}}, assert: [body.size > `{BULK}`]}}",
}


def bodies(bench: Bench) -> Iterator[Row | Skipped]:
    """Peak memory of a gigabyte down and up."""
    with servers.bulk() as bulk:
        for name, request in LARGE.items():
            file = inputs.write(bench.folder / f"bulk/{name}.yaml", f"base_url: {bulk.url}\nrequests: [{request}]\n")
            peak = once(bench.runner("run", file.name, folder=file.parent)).rss
            yield Row(f"memory: 1 GB by {name}", f"{peak:.0f} MB", "the limit", "90 MB", peak, 90, unit=" MB")
    (bench.folder / "bulk/big.bin").unlink()


def jobs(bench: Bench) -> Iterator[Row | Skipped]:
    """Sixteen at a time, 50 ms an answer, less a run of one request, against the physical limit."""
    with servers.slow(50) as slow:
        one = inputs.collection(bench.folder / "slow/one.yaml", slow.url, 1)
        limit = 1000 / 16 * 0.05
        work = "100 files of 10 requests, -j 16"
        if bench.offers("--jobs"):
            folder = inputs.collections(bench.folder / "slow/files", slow.url, 100, 10)
            words = ["run", folder.name, "-j", "16"]
            yield against_limit(bench, work, words, one, limit)
        else:
            yield Skipped(work, "run has no --jobs")
        limit = 200 / 16 * 0.05
        work = "200 requests of one file, --overlap -j 16"
        if bench.offers("--overlap"):
            file = inputs.collection(bench.folder / "slow/safe.yaml", slow.url, 200)
            yield against_limit(bench, work, ["run", file.name, "--overlap", "-j", "16"], one, limit)
        else:
            yield Skipped(work, "run has no --overlap")


def against_limit(bench: Bench, work: str, words: list[str], one: Path, limit: float) -> Row:
    """Time above a run of one request, by the time that the waiting alone must take."""
    many = bench.runner(*words, folder=one.parent)
    single = bench.runner("run", one.name, folder=one.parent)
    pair = paired(many, single, bench.rounds_of(1))
    whole, base = pair.medians("wall")
    taken = whole - base
    return Row(work, seconds(taken), "the limit", seconds(limit), taken / limit, 1.25)


def reporters(bench: Bench) -> Iterator[Row | Skipped]:
    """Each reporter on 10,000 results, against the run without it."""
    if not bench.offers("--report"):
        yield Skipped("each reporter on 10,000 results", "run has no --report")
        return
    file = inputs.collection(bench.folder / "reported.yaml", bench.target.url, 10_000)
    plain = bench.runner("run", file.name)
    for name in FORMATS:
        reported = bench.runner("run", file.name, "--report", f"{name}=report.{name}")
        pair = paired(reported, plain, bench.rounds_of(3), warm_up=0)
        yield row(f"--report {name}, 10,000 results", "without it", pair, 1.15)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another runner: how it is called on the same thousand requests, and how much faster ours is to be."""

    program: str
    target: float
    words: Callable[[Path, str], tuple[list[str], Path]]


def _newman(folder: Path, url: str) -> tuple[list[str], Path]:
    return ["newman", "run", str(inputs.postman(folder / "newman.json", url, 1000))], folder


def _bruno(folder: Path, url: str) -> tuple[list[str], Path]:
    return ["bru", "run"], inputs.bruno(folder / "bruno", url, 1000)


def _httpyac(folder: Path, url: str) -> tuple[list[str], Path]:
    return ["httpyac", "send", str(inputs.httpyac(folder / "thousand.http", url, 1000)), "--all"], folder


def _hurl(folder: Path, url: str) -> tuple[list[str], Path]:
    return ["hurl", "--test", str(inputs.hurl(folder / "thousand.hurl", url, 1000))], folder


PEERS = (
    Peer("newman", 1 / 15, _newman),
    Peer("bru", 1 / 10, _bruno),
    Peer("httpyac", 1 / 6, _httpyac),
    Peer("hurl", 2, _hurl),
)


def peers(bench: Bench) -> Iterator[Row | Skipped]:
    """The thousand requests in other runners, as far as they are on PATH."""
    file = inputs.collection(bench.folder / "peers.yaml", bench.target.url, 1000)
    ours = bench.runner("run", file.name)
    for peer in PEERS:
        work = "1,000 requests in one file"
        if shutil.which(peer.program) is None:
            yield Skipped(f"{work}, against {peer.program}", "not on PATH")
            continue
        words, folder = peer.words(bench.folder, bench.target.url)
        pair = paired(ours, Command(peer.program, words, folder), bench.rounds_of(2))
        yield row(work, peer.program, pair, peer.target)


CASES: dict[str, Case] = {
    "start": start,
    "requests": requests,
    "check": check,
    "memory": memory,
    "bodies": bodies,
    "jobs": jobs,
    "reporters": reporters,
    "peers": peers,
}


def options_of_run() -> str:
    """What `runner run --help` says."""
    words = [PYTHON, "-m", "runner", "run", "--help"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout
