"""A client that the grader must give full marks.

    client.py PORT

Each part is a method of its own, so that a client in bad_clients.py can replace
one part by a wrong one.
"""
import pickle
import socket
import sys

STUDENT = {
    "student_name": "Alice Brown",
    "github_username": "abrown",
    "sid": 123456789,
}


class AnswerUnpickler(pickle.Unpickler):
    """Reads data only, and refuses all imports."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError("%s.%s is not data" % (module, name))


class Client:
    unpickler = AnswerUnpickler

    def __init__(self, port):
        self.port = port
        self.clientsocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def run(self):
        try:
            try:
                self.connect()
            except OSError as error:
                self.cannot_connect(error)
            self.answers = self.clientsocket.makefile("rb")
            self.greeted(self.receive())
            self.send(self.request())
            self.answered(self.receive_answer())
            self.stay()
        except EOFError:
            self.server_left()
        except (OSError, pickle.UnpicklingError) as error:
            sys.exit("The connection failed: %s" % error)
        except KeyboardInterrupt:
            self.interrupted()

    def connect(self):
        self.clientsocket.connect(("127.0.0.1", self.port))

    def cannot_connect(self, error):
        sys.exit("Cannot connect to 127.0.0.1/%d: %s" % (self.port, error))

    def greeted(self, greeting):
        print("%s has successfully connected to 127.0.0.1/%d" %
              (greeting, self.port))

    def request(self):
        return STUDENT

    def answered(self, answer):
        # True equals 1 in Python, but is not an acknowledgement.
        if type(answer) is int and answer == 1:
            self.passed()
        else:
            self.refused(answer)

    def passed(self):
        print("Data acknowledged by server and you passed the test")

    def refused(self, answer):
        print("Not acknowledged: %s" % (answer,), file=sys.stderr)

    def stay(self):
        while self.answers.read(1):
            pass
        raise EOFError

    def server_left(self):
        print("The server closed the connection", file=sys.stderr)

    def interrupted(self):
        pass

    def send(self, message):
        self.clientsocket.sendall(pickle.dumps(message))

    def receive(self):
        return self.unpickler(self.answers).load()

    def receive_answer(self):
        return self.receive()


def main(client):
    try:
        client.run()
    finally:
        client.clientsocket.close()


if __name__ == "__main__":
    main(Client(int(sys.argv[1])))
