"""A TCP server that registers students, with asyncio streams.

Start it with the port: python3 asyncio_server.py 12000
It greets each client with a pickled {'clientid': port}, prints one line for
each pickled request and answers it with a pickled 1, or with {'error': why}.
"""
import asyncio
import io
import os
import pickle
import pickletools
import re
import signal
import sys

HOST = '127.0.0.1'
BACKLOG = 128
LIMIT = 65536  # bytes in one message
LINGER = 1  # seconds for a refused client to stop sending
ANSWER_PROTOCOL = 2  # every client can read it
TEXT = (str, type(None))
FIELDS = {'student_name': TEXT, 'github_username': TEXT, 'sid': TEXT + (int,)}

# What pickle.dumps writes for dicts, lists, texts, numbers, bools and None.
# None of these imports, calls or builds an object. Tuples and sets are left
# out: hashing nested tuples that are shared can take forever.
ALLOWED = '''
    PROTO FRAME STOP MARK MEMOIZE BINPUT LONG_BINPUT BINGET LONG_BINGET
    NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT
    BINUNICODE SHORT_BINUNICODE EMPTY_LIST APPEND APPENDS
    EMPTY_DICT SETITEM SETITEMS
'''.split()
OPCODES = {op.code.encode('latin-1'): op
           for op in pickletools.opcodes if op.name in ALLOWED}

# Characters that end a line or steer a terminal.
CONTROL = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029]')


class BadMessage(Exception):
    """The bytes are not a pickle that this server accepts."""


class DataUnpickler(pickle.Unpickler):
    """Makes plain data only: a second safeguard, besides ALLOWED."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError('imports are not allowed')


async def read_message(reader):
    """Return the bytes of the next pickle, up to and including its STOP.

    Reading opcode by opcode tells STOP from a 0x2e in a text, and an incomplete
    message (this waits for more) from a broken one (this raises).
    """
    message = bytearray()

    async def take(size):
        # Checks first, so that it never waits for a false length.
        if len(message) + size > LIMIT:
            raise BadMessage(f'the message is longer than {LIMIT} bytes')
        piece = await reader.readexactly(size)
        message.extend(piece)
        return piece

    while True:
        code = await take(1)
        # Other bytes may look like opcodes for a while, and their sender
        # would get no answer.
        if len(message) == 1 and code != pickle.PROTO:
            raise BadMessage('this is no pickle of protocol 2 or later')
        if code not in OPCODES:
            raise BadMessage(f'pickle opcode 0x{code.hex()} is not allowed')
        op = OPCODES[code]
        size = op.arg.n if op.arg else 0
        if size == pickletools.TAKEN_FROM_ARGUMENT1:
            size = (await take(1))[0]
        elif size == pickletools.TAKEN_FROM_ARGUMENT4U:
            size = int.from_bytes(await take(4), 'little')
        argument = await take(size)
        # The unpickler would allocate as much as these numbers say.
        if op.name in ('FRAME', 'LONG_BINPUT'):
            if int.from_bytes(argument, 'little') > LIMIT:
                raise BadMessage(f'{op.name} goes beyond {LIMIT}')
        if op.name == 'STOP':
            return bytes(message)


def load_request(message):
    """Return the dict in a pickle."""
    try:
        request = DataUnpickler(io.BytesIO(message)).load()
    except Exception as error:  # a broken pickle can raise nearly anything
        raise BadMessage(f'this is no sound pickle: {error}')
    if isinstance(request, dict):
        return request
    raise BadMessage('the request is no dict')


def find_fault(request):
    """Return what is wrong with the fields of a request, or None."""
    for field, kinds in FIELDS.items():
        if field not in request:
            return f'{field} is missing'
        if type(request[field]) not in kinds:  # type(): a bool is not an int
            return f'{field} is of a wrong kind'
    return None


def print_request(request):
    name, github, sid = (
        CONTROL.sub(lambda found: f'\\u{ord(found[0]):04x}', str(request[key]))
        for key in FIELDS)
    sys.stdout.write(f'Connected: Student: {name}, '
                     f'Github Username: {github}, sid: {sid}\n')
    sys.stdout.flush()


async def send(writer, value):
    writer.write(pickle.dumps(value, ANSWER_PROTOCOL))
    await writer.drain()  # waits while the client does not read


async def refuse(reader, writer, reason):
    """Answer with an error and end our half of the connection."""
    await send(writer, {'error': reason})
    writer.write_eof()
    # Closing with bytes unread would reset the connection, and the client
    # might lose the answer, so read and drop further input for a while.
    await asyncio.wait_for(discard(reader), LINGER)


async def discard(reader):
    while await reader.read(LIMIT):
        pass


async def talk(reader, writer):
    await send(writer, {'clientid': writer.get_extra_info('peername')[1]})
    while True:
        try:
            request = load_request(await read_message(reader))
        except BadMessage as error:
            return await refuse(reader, writer, str(error))
        fault = find_fault(request)
        if fault is None:
            print_request(request)
        await send(writer, {'error': fault} if fault else 1)
        await asyncio.sleep(0)  # a full buffer must not hold up the others


async def serve(reader, writer):
    """Serve one client, from its greeting to its end."""
    try:
        await talk(reader, writer)
    except (OSError, EOFError, asyncio.TimeoutError):
        pass  # it closed, reset, or never stopped sending: all ordinary
    except asyncio.CancelledError:
        writer.transport.abort()  # Ctrl-C; the task ends here anyhow
    finally:
        writer.close()


async def main(port):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    try:
        # asyncio itself sets TCP_NODELAY on each connection it accepts.
        server = await asyncio.start_server(
            serve, HOST, port, backlog=BACKLOG, reuse_address=True)
    except OSError as error:
        return f'Cannot listen at {HOST}/{port}: {os.strerror(error.errno)}'
    print(f'Listening at {HOST}/{port}', flush=True)
    await stop.wait()
    server.close()
    return 0  # asyncio.run() now cancels the tasks of the clients


if __name__ == '__main__':
    # A text may hold characters that the terminal's encoding cannot express.
    sys.stdout.reconfigure(encoding='utf-8', errors='backslashreplace')
    sys.exit(asyncio.run(main(int(sys.argv[1]))))
