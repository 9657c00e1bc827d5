"""Checks the two readers of messages that docs/lab.md shows.

    readers_check.py

cuts requests at every byte, and tries a pickle that imports a function. Runs on
every Python from 3.6 up.
"""
import os
import pickle
import socket
import threading

import file_reader
import message_reader


def check_file(sent, cut, expected):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = file_reader.FileReader(ours)
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
                reader = message_reader.MessageReader(ours)
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
        reader = message_reader.MessageReader(None)
        reader.received = bad
        try:
            reader.receive()
            raise AssertionError("%r was read" % bad[:20])
        except message_reader.Refused as error:
            assert str(error).startswith(why), error


if __name__ == "__main__":
    check()
