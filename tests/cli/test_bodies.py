"""Files out and in, as a user runs them: exit codes, what is shown, what is left on the disk, and how much memory."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from runner.demo import DemoServer

ROOT = Path(__file__).parent.parent.parent
Write = Callable[[str, str], Path]
MB = 1_000_000
BLOCK = bytes(range(250)) * 4000


class Handler(BaseHTTPRequestHandler):
    """`GET /N` gives N bytes; `/drip/N` keeps the last one until the test is content; a body is counted and hashed."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    content: ClassVar[threading.Event]

    def do_GET(self) -> None:
        left = int(self.path.rpartition("/")[2])
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(left))
        self.end_headers()
        if self.path.startswith("/drip"):
            while not self.content.wait(0.02) and left > 1:
                left -= self.wfile.write(b"x")
        while left:
            left -= self.wfile.write(BLOCK[:left])

    def do_POST(self) -> None:
        length = left = int(self.headers["Content-Length"])
        digest = hashlib.sha256()
        while left and (data := self.rfile.read(min(left, MB))):
            left -= len(data)
            digest.update(data)
        body = f'{{"size": {length - left}, "sha256": "{digest.hexdigest()}"}}'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


@pytest.fixture
def bulk() -> Iterator[ThreadingHTTPServer]:
    """A server of large bodies; `server.content` lets a drip end."""
    content = threading.Event()
    handler = type("Bulk", (Handler,), {"content": content})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.content = content  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    content.set()
    server.shutdown()
    thread.join()
    server.server_close()


def at(server: Any) -> tuple[str, str]:
    url = server.url if isinstance(server, DemoServer) else f"http://127.0.0.1:{server.server_port}"
    return "-v", f"api={url}"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def collection(write: Write, requests: str, name: str = "a.yaml") -> None:
    lines = "\n".join(f"  - {line.strip()}" for line in requests.strip().splitlines())
    write(name, f'base_url: "{{{{api}}}}"\nrequests:\n{lines}\n')


# --- what happens --------------------------------------------------------------------------------------------------


def test_there_and_back(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """What one request saves the next one sends, byte for byte; nothing else is left beside it."""
    requests = """
        {name: Down, url: /download/100000, save_to: out/x.bin, assert: [status: 200, size: 100000]}
        {name: Up, url: /files/x, method: PUT, file: out/x.bin, capture: {sum: body.sha256}, assert: [body.size: 100000]}
        {name: Part, url: /upload, multipart: {f: {file: out/x.bin}}, assert: ["body.parts[0].sha256 == vars.sum"]}
    """
    collection(write, requests)
    done = command("run", "a.yaml", *at(server), cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert files(tmp_path) == ["a.yaml", "out/x.bin"]
    assert len((tmp_path / "out/x.bin").read_bytes()) == 100_000


def test_an_error_leaves_the_old_file(bulk: Any, write: Write, command: Any, tmp_path: Path) -> None:
    """A 404 is no download: its body is shown as usual, and what was there stays."""
    write("x.bin", "old")
    collection(write, "{name: Gone, url: /missing/20, save_to: x.bin}")
    done = command("run", "a.yaml", *at(bulk), cwd=tmp_path)
    assert done.code == 1, done.said
    assert "response body:\n    (20 bytes of application/octet-stream)" in done.out
    assert (tmp_path / "x.bin").read_text() == "old"


@pytest.mark.parametrize("flag", ["--show-body", "--verbose"])
def test_a_saved_body_is_told_by_size_and_place(
    bulk: Any, write: Write, command: Any, tmp_path: Path, flag: str
) -> None:
    """What went to a file is not printed."""
    collection(write, "{name: Down, url: /1000, save_to: x.bin}")
    done = command("run", "a.yaml", flag, *at(bulk), cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert "(1,000 bytes saved to x.bin)" in done.out


def test_a_binary_body_is_told_by_size_and_type(bulk: Any, write: Write, command: Any, tmp_path: Path) -> None:
    """--show-body prints what can be read, and of the rest how much it is."""
    collection(write, "{name: Binary, url: /1000}\n{name: Large, url: /5000000}")
    done = command("run", "a.yaml", "--show-body", *at(bulk), cwd=tmp_path)
    assert "\n    (1,000 bytes of application/octet-stream)\n" in done.out
    assert "\n    (5,000,000 bytes of application/octet-stream)\n" in done.out


def test_verbose_lists_parts(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A multipart body is shown as it is sent, with files by name and size."""
    write("x.csv", "a,b\n")
    collection(write, "{name: Up, url: /upload, multipart: {title: Hi, f: {file: x.csv}}}")
    out = command("run", "a.yaml", "--verbose", *at(server), cwd=tmp_path).out
    shown = [line.strip() for line in out.splitlines() if line.strip().startswith(">")]
    boundary = out.partition("boundary=")[2].split()[0]
    assert shown[-10:] == [
        f"> --{boundary}",
        '> Content-Disposition: form-data; name="title"',
        ">",
        "> Hi",
        f"> --{boundary}",
        '> Content-Disposition: form-data; name="f"; filename="x.csv"',
        "> Content-Type: text/csv",
        ">",
        "> (x.csv, 4 bytes)",
        f"> --{boundary}--",
    ]


def test_plan_names_files_and_parts(write: Write, command: Any, tmp_path: Path) -> None:
    """plan shows what is read and what is written, and gives the same output each time."""
    write("x.csv", "a,b\n")
    requests = """
        {name: Up, url: /upload, multipart: {title: Hi, f: {file: x.csv, filename: y.csv}}}
        {name: File, url: /x, file: "{{path}}", variables: {path: x.csv}}
        {name: Down, url: /x, save_to: "out/{{n}}.bin", variables: {n: 1}}
    """
    collection(write, requests)
    plans = [command("plan", "a.yaml", "-v", "api=http://h", cwd=tmp_path) for _ in range(2)]
    assert plans[0].code == 0, plans[0].said
    assert plans[0].out == plans[1].out
    for line in (
        "  files      x.csv",
        "  writes     out/1.bin",
        "    header     Content-Type: multipart/form-data; boundary=…",
        "    part       title = Hi",
        "    part       f = (x.csv, 4 bytes) as y.csv, text/csv",
        "    body       (x.csv, 4 bytes)",
        "    save_to    out/1.bin",
    ):
        assert f"{line}\n" in plans[0].out
    assert files(tmp_path) == ["a.yaml", "x.csv"]


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_paths_outside_the_root(bulk: Any, write: Write, command: Any, tmp_path: Path) -> None:
    """Literal paths, and links that lead away, are found before anything is sent; those of templates when used."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.txt").touch()
    (root / "link").symlink_to(tmp_path)
    literal = """
        {name: A, url: /1, file: ../secret.txt}
        {name: B, url: /1, multipart: {f: {file: link/secret.txt}}}
        {name: C, url: /1, save_to: link/new.txt}
        {name: D, url: /1, graphql: {query: {file: link/secret.txt}}}
    """
    collection(write, literal, "root/a.yaml")
    done = command("run", "a.yaml", *at(bulk), cwd=root)
    assert (done.code, done.out) == (3, ""), done.said
    assert done.err.count("lies outside the project root") == 4
    templated = """
        {name: A, url: /1, file: "{{up}}/secret.txt", variables: {up: ..}}
        {name: B, url: /1, save_to: "{{up}}/new.txt", variables: {up: link}}
        {name: Goes on, url: /1}
    """
    collection(write, templated, "root/a.yaml")
    done = command("run", "a.yaml", *at(bulk), cwd=root)
    assert done.code == 4, done.said
    assert done.out.count("lies outside the project root") == 2
    assert "a.yaml:3:" in done.out
    assert "✓ Goes on" in done.out
    assert files(tmp_path) == ["root/a.yaml", "secret.txt"]


def test_a_file_that_only_a_later_request_saves(bulk: Any, write: Write, command: Any, tmp_path: Path) -> None:
    """A file need not be there only where an earlier request of the run saves it."""
    collection(write, "{name: Up, url: /x, file: x.bin}\n{name: Down, url: /1, save_to: x.bin}")
    done = command("run", "a.yaml", *at(bulk), cwd=tmp_path)
    assert (done.code, done.out) == (3, ""), done.said
    assert "'file': no such file: 'x.bin'" in done.err


def test_a_body_over_the_limit(bulk: Any, write: Write, command: Any, tmp_path: Path) -> None:
    """The line of the limit is shown, and the run goes on."""
    collection(write, "{name: Large, url: /2000, max_body: 1KB}\n{name: Goes on, url: /1}")
    done = command("run", "a.yaml", *at(bulk), cwd=tmp_path)
    assert done.code == 4, done.said
    assert "a.yaml:3:" in done.out
    assert "^^^ raise `max_body`" in done.out
    assert "✓ Goes on" in done.out


def test_a_disk_that_takes_no_more(bulk: Any, write: Write, tmp_path: Path) -> None:
    """The download fails at its line, nothing half is left, and the run goes on."""
    collection(write, "{name: Down, url: /3000000, save_to: x.bin}\n{name: Goes on, url: /1, save_to: y.bin}")
    done = subprocess.run(
        [sys.executable, "-m", "runner", "run", "a.yaml", *at(bulk)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MB, MB)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (4, ""), done.stdout
    assert "cannot write 'x.bin': file too large\n    a.yaml:3:" in done.stdout
    assert "✓ Goes on" in done.stdout
    assert files(tmp_path) == ["a.yaml", "y.bin"]


@pytest.mark.parametrize("names", [["a.yaml"], ["a.yaml", "b.yaml"]], ids=["alone", "side by side"])
def test_ctrl_c_leaves_nothing_half(bulk: Any, write: Write, tmp_path: Path, until: Any, names: list[str]) -> None:
    """Whichever thread was writing: what was there stays, and no temporary file is left."""
    write("x-0.bin", "old")
    for number, name in enumerate(names):
        collection(write, f"{{name: Down, url: /drip/3000000, save_to: x-{number}.bin}}", name)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", "run", *names, *at(bulk)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    until(lambda: sum(name.endswith(".part") for name in files(tmp_path)) == len(names))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out
    assert files(tmp_path) == [*names, "x-0.bin"]
    assert (tmp_path / "x-0.bin").read_text() == "old"


def test_no_secret_leaves(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Secrets in parts, names, paths and GraphQL are masked, in what passes and in what fails."""
    secret = "S-pa'ss/wörd&1"
    write("S-path/x.csv", "a,b\n")
    requests = """
        {name: Parts, url: /upload, multipart: {"{{s}}": "{{s}}", j: {value: {k: "{{s}}"}}, f: {file: "{{p}}/x.csv", filename: "{{s}}.csv"}}}
        {name: Query, url: /graphql, graphql: {query: "query Q($id: ID!) { user(id: $id) { name } }", variables: {id: "{{s}}"}}}
        {name: Judged, url: /upload, multipart: {a: "{{s}}"}, assert: ["body.parts[0].value == 'x'", "request.body[0].value == 'y'"]}
        {name: Missing, url: /x, file: "{{p}}/none.csv"}
        {name: Saved, url: /download/10, save_to: "{{p}}/y.bin", assert: [size: 11]}
    """
    collection(write, requests)
    text = (tmp_path / "a.yaml").read_text()
    write("a.yaml", f'secrets: {{s: "{{{{env.WORD}}}}", p: "{{{{env.PLACE}}}}"}}\n{text}')
    for words in (["run", "--verbose"], ["run"], ["run", "--show-body"], ["plan"]):
        done = command(
            words[0], "a.yaml", *words[1:], *at(server), cwd=tmp_path, env={"WORD": secret, "PLACE": "S-path"}
        )
        for form in (secret, "S-path", "wörd&1", "w%C3%B6rd", "w\\u00f6rd"):
            assert form not in done.out + done.err, (form, done.said)
        assert "***" in done.out


# --- progress ------------------------------------------------------------------------------------------------------


def test_a_slow_download_shows_how_far_it_is(bulk: Any, write: Write, tmp_path: Path) -> None:
    """On a terminal a bar stands in the line of the request that is under way, and is wiped when it is done."""
    collection(write, "{name: Slow, url: /drip/4000, save_to: x.bin, timeout: 20s}")
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "run", "a.yaml", *at(bulk)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "TERM": "xterm", "NO_COLOR": "1"},
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
    )
    os.close(secondary)
    written = b""
    while True:
        try:
            written += os.read(primary, 65_536)
        except OSError:  # Linux says EIO when the other end is closed
            break
        if b" of 4.0 kB" in written:
            bulk.content.set()
    os.close(primary)
    assert process.wait(20) == 0
    rows = written.decode().split("\r\x1b[2K")
    assert [row for row in rows if re.fullmatch(r"  ⋯ Slow …  █*░+ +\d+%  \d+ bytes of 4\.0 kB", row)], rows
    assert rows[-1].startswith("  ✓ Slow")


def test_nothing_of_it_in_a_pipe(bulk: Any, write: Write, command: Any, tmp_path: Path) -> None:
    """Elsewhere a download is one line, as any request."""
    collection(write, "{name: Down, url: /3000000, save_to: x.bin}")
    done = command("run", "a.yaml", *at(bulk), cwd=tmp_path)
    assert re.sub(r"[0-9.]+ m?s", "N", done.out) == (
        "a  a.yaml\n  ✓ Down           GET   /3000000  200  N\n\n1 passed in N\n"
    )


# --- memory --------------------------------------------------------------------------------------------------------

PEAK = """
import atexit, re, sys
peak = lambda: re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
atexit.register(lambda: print(peak(), file=sys.stderr))
from runner.cli import main
main()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    "request_",
    [
        "{name: Down, url: /200000000, save_to: x.bin, assert: [size: 200000000]}",
        "{name: Up, url: /, file: y.bin, assert: [body.size: 200000000]}",
        "{name: Part, url: /, multipart: {a: b, f: {file: y.bin}}, assert: [body.size > `200000000`]}",
        "{name: Signed, url: /, file: y.bin, auth: {type: aws_sigv4, access_key: k, secret_key: k, region: r, service: s3}}",
    ],
    ids=["save_to", "file", "multipart", "signed"],
)
def test_large_bodies_take_no_memory(bulk: Any, write: Write, tmp_path: Path, request_: str) -> None:
    """200 MB go through a process that never has more than 90."""
    with (tmp_path / "y.bin").open("wb") as file:
        file.truncate(200 * MB)
    collection(write, request_)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "run", "a.yaml", *at(bulk)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stderr.splitlines()[-1]) * 1024 < 90 * MB


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_bomb_takes_no_memory(write: Write, tmp_path: Path, coding: str) -> None:
    """What grows beyond max_body while it is decoded is left, long before memory notices."""
    import brotli
    import zstandard

    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "br": lambda data: brotli.compress(data, quality=2),
        "zstd": zstandard.ZstdCompressor().compress,
    }
    body = packers[coding](bytes(300 * MB))
    answer = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    class Bomb(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    collection(write, "{name: Bomb, url: /}")
    with ThreadingHTTPServer(("127.0.0.1", 0), Bomb) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            done = subprocess.run(
                [sys.executable, "-c", PEAK, "run", "a.yaml", *at(server)],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            server.shutdown()
    assert done.returncode == 4, done.stdout + done.stderr
    assert "the body is too large: more than 10,000,000 bytes came" in done.stdout
    assert int(done.stderr.splitlines()[-1]) * 1024 < 90 * MB
