"""The server of threads.py with asyncio: a task for each client."""
import asyncio
import io
import pickle
import sys

roster = {}
ACKNOWLEDGED = pickle.dumps(1)


async def handle(reader, writer):
    writer.write(pickle.dumps({"clientid": writer.get_extra_info("peername")[1]}))
    kept = b""
    while data := await reader.read(65536):
        kept += data
        stream = io.BytesIO(kept)
        whole = 0
        count = 0
        try:
            while whole < len(kept):
                request = pickle.load(stream)
                roster[request["sid"]] = request
                whole = stream.tell()
                count += 1
        except (EOFError, pickle.UnpicklingError):
            pass  # the rest has not arrived yet
        kept = kept[whole:]
        writer.write(ACKNOWLEDGED * count)
        await writer.drain()


async def main():
    server = await asyncio.start_server(
        handle, "127.0.0.1", int(sys.argv[1]), backlog=4096, limit=65536)
    await server.serve_forever()


asyncio.run(main())
