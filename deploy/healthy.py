#!/usr/bin/env -S python -I -S
"""Whether the process in this container is ready: 0 if it says so, else 1 and what it says.

The container engine runs it every few seconds, so it loads little. It asks the HTTP address that
the process itself was told to answer on.
"""

import os
import sys
from http.client import HTTPConnection


def main() -> int:
    """Ask /ready once."""
    port = int(os.environ["ZONELEDGER_HTTP"].rpartition(":")[2])
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    except OSError as error:
        sys.stdout.write(f"nobody answers on port {port}: {error}\n")
        return 1
    sys.stdout.write(f"{answer.status} {said}\n")
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
