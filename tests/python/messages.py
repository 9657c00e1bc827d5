"""Reads pickled messages from a socket: one at a time, as data only.

    messages.py

checks itself: it cuts requests at every byte, and tries a pickle that imports a
function. Runs on every Python from 3.6 up.
"""
import io
import os
import pickle
import socket
import threading


class Refused(Exception):
    """The client sent something that is not a message."""


class DataUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        raise Refused("the pickle imports %s.%s" % (module, name))


class FileReader:
    def __init__(self, clientsocket):
        self.stream = clientsocket.makefile("rb")

    def receive(self):
        try:
            return DataUnpickler(self.stream).load()
        except EOFError:
            return None


class MessageReader:
    MAX_BYTES = 65536

    def __init__(self, clientsocket):
        self.clientsocket = clientsocket
        self.received = b""

    def receive(self):
        while True:
            stream = io.BytesIO(self.received)
            try:
                message = DataUnpickler(stream).load()
            except (EOFError, pickle.UnpicklingError) as error:
                if not self.is_cut(error):
                    raise Refused(str(error))
            else:
                self.received = self.received[stream.tell():]
                return message
            if len(self.received) > self.MAX_BYTES:
                raise Refused("the message is too long")
            part = self.clientsocket.recv(4096)
            if not part:
                return None
            self.received += part

    def is_cut(self, error):
        return isinstance(error, EOFError) or "truncated" in str(error)


def check_file(sent, cut, expected):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = FileReader(ours)
        theirs.sendall(sent[:cut])
        rest = threading.Timer(0.001, theirs.sendall, [sent[cut:]])
        rest.start()
        got = [reader.receive(), reader.receive()]
        rest.join()
        theirs.shutdown(socket.SHUT_WR)
        got.append(reader.receive())
        assert got == expected, (cut, got)


class Hostile:
    def __reduce__(self):
        return os.getpid, ()


def check():
    alice = {"student_name": "Alice Brown", "github_username": "abrown",
             "sid": 123456789}
    bob = {"student_name": "Bob Ch\u00e9n", "github_username": None,
           "sid": "0917292550"}
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        sent = pickle.dumps(alice, protocol) + pickle.dumps(bob, protocol)
        for cut in range(1, len(sent)):
            ours, theirs = socket.socketpair()
            with ours, theirs:
                reader = MessageReader(ours)
                reader.received = sent[:cut]  # one recv returned this
                theirs.sendall(sent[cut:])
                theirs.shutdown(socket.SHUT_WR)
                got = [reader.receive(), reader.receive(), reader.receive()]
                assert got == [alice, bob, None], (protocol, cut, got)
            check_file(sent, cut, [alice, bob, None])
    for bad, why in [
            (pickle.dumps(Hostile()), "the pickle imports "),
            (b"tea", ""),
            (pickle.dumps("a" * 100000)[:-1], "the message is too long")]:
        reader = MessageReader(None)
        reader.received = bad
        try:
            reader.receive()
            raise AssertionError("%r was read" % bad[:20])
        except Refused as error:
            assert str(error).startswith(why), error


if __name__ == "__main__":
    check()
