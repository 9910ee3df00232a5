import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

_HEALTHY = Path(__file__).parents[2] / "deploy" / "healthy.py"


def test_a_process_that_says_it_is_ready_is_healthy() -> None:
    with answering(200, "ready") as port:
        assert asked(port).returncode == 0


def test_a_process_that_is_not_ready_is_not_healthy_and_says_why() -> None:
    with answering(503, "the database does not answer") as port:
        outcome = asked(port)
    assert outcome.returncode == 1
    assert outcome.stdout == "503 the database does not answer\n"


def test_a_process_that_does_not_answer_is_not_healthy() -> None:
    with answering(200, "gone by now") as port:
        pass
    outcome = asked(port)
    assert outcome.returncode == 1
    assert outcome.stdout.startswith(f"nobody answers on port {port}")


def asked(port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", _HEALTHY],
        env={**os.environ, "ZONELEDGER_HTTP": f"0.0.0.0:{port}"},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def answering(status: int, said: str) -> Iterator[int]:
    """A process that answers /ready so, and nothing else; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # The standard library names it.
            self.send_response(status if self.path == "/ready" else 404)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
