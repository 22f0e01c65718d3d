"""A line with latency: each request waits before it goes on to the server. Prints its port; ends with its standard input.

python benchmarks/_delay.py HOST PORT SECONDS
"""

from __future__ import annotations

import asyncio
import sys


async def main(host: str, port: int, seconds: float) -> None:
    """Listen until standard input ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_connection(host, port)
            await asyncio.gather(_copy(reader, ours, seconds), _copy(theirs, writer, 0.0))
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    try:
        while data := await reader.read(1 << 18):
            await asyncio.sleep(seconds)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
