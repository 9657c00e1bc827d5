"""Reads pickled messages from a socket as from a file: as data only. Python 3.6 up."""
import pickle


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
