"""Reads pickled messages from a socket, of a limited length: as data only. Python 3.6 up."""
import io
import pickle


class Refused(Exception):
    """The client sent something that is not a message."""


class DataUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        raise Refused("the pickle imports %s.%s" % (module, name))


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
