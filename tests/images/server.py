"""A local web server with mirrors of every manner, each in a folder of its own name."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PIECE = 1000  # bytes that the mirrors that cut off send


class Server(ThreadingHTTPServer):
    """Serves `files`, name to content, as

    - good: the whole, or what a Range header asks for;
    - missing: 404;
    - silent: a header and then nothing;
    - cut: like good, but the connection ends after PIECE bytes;
    - cut_once: the same for the first request only, and Range headers are ignored;
    - stuck: always ends after the first PIECE bytes and ignores Range headers;
    - wrong: as many other bytes.

    `requests` holds the mirror and the Range header of each request.
    """

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.requests: list[tuple[str, str | None]] = []
        self.closing = threading.Event()

    def url(self, mirror: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{mirror}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        mirror, name = self.path.strip("/").split("/")
        wanted = self.headers.get("Range")
        first = mirror not in {mirror for mirror, _ in self.server.requests}
        self.server.requests.append((mirror, wanted))
        content = self.server.files.get(name)
        if mirror == "missing" or content is None:
            self.send_error(404)
            return
        if mirror == "wrong":
            content = bytes(255 - byte for byte in content)
        start = 0
        if wanted and mirror in {"good", "cut"}:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if mirror == "silent":
            self.server.closing.wait(10)
            return
        cut = mirror in {"cut", "stuck"} or (mirror == "cut_once" and first)
        self.wfile.write(content[start : start + PIECE] if cut else content[start:])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
