"""A Faust agent that does nothing: how many events a second Faust alone can bring."""

import os
import sys
import tempfile
import time
from typing import Any

import faust


def main(topic: str, size: int) -> None:
    """Print events a second from the first to the last of `size`."""
    app = faust.App(
        f"{topic}-idle",
        broker=f"kafka://{os.environ['ZONELEDGER_KAFKA']}",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        broker_session_timeout=float(os.environ["ZONELEDGER_KAFKA_SESSION_SECONDS"]),
        broker_heartbeat_interval=0.5,
        broker_max_poll_records=5_000,
        datadir=tempfile.gettempdir(),
    )
    source = app.topic(
        topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    @app.agent(source)
    async def hear(stream: Any) -> None:
        count, began = 0, 0.0
        async for _ in stream:
            began = began or time.perf_counter()
            count += 1
            if count == size:
                print((size - 1) / (time.perf_counter() - began), flush=True)

    worker = faust.Worker(app, loglevel="error", redirect_stdouts=False, quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
