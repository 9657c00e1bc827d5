"""Clients with one fault each, for the grader to find.

    bad_clients.py FAULT PORT
    bad_clients.py --list

Like bad_servers.py, but with the client of client.py.
"""
import json
import pickle
import re
import signal
import socket
import sys
import time
from io import BytesIO

from client import AnswerUnpickler, Client, main

FAULTS = {}


def fails(checks, passes=()):
    """Registers a client under the name of its class, such as `asks-not`."""

    def note(client):
        name = re.sub(r"(?<!^)([A-Z])", r"-\1", client.__name__).lower()
        FAULTS[name] = (client, {"fails": checks, "passes": passes})
        return client

    return note


@fails({"connects": "connects-not"})
class OtherPort(Client):
    def connect(self):
        self.clientsocket.connect(("127.0.0.1", 1))


class At(Client):
    host = "127.0.0.1"

    def connect(self):
        self.clientsocket.connect((self.host, self.port))

    def greeted(self, greeting):
        print("%s has successfully connected to %s/%d" %
              (greeting, self.host, self.port))


AT = ["connects", "right-keys", "passed", "no-server"]


@fails({}, passes=AT)
class AtLocalhost(At):
    host = "localhost"


@fails({}, passes=AT)
class AtHostname(At):
    host = socket.gethostname()


@fails({}, passes=AT)
class AtDebianName(At):
    # What a host's name stands for on Debian.
    host = "127.0.1.1"


@fails({}, passes=AT)
class AtIpv6(At):
    host = "::1"

    def __init__(self, port):
        super().__init__(port)
        self.clientsocket = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


@fails({"connects": "waits-for-input"})
class AsksForServer(At):
    def connect(self):
        self.host = input("Enter the server's address: ")
        super().connect()


@fails({"right-keys": "waits-for-input"}, passes=["connects"])
class AsksForName(Client):
    def request(self):
        return dict(super().request(), student_name=input("Your name: "))


@fails({}, passes=["connects", "passed", "patience", "only-a-real-ack"])
class PrintsAllAtTheEnd(Client):
    def greeted(self, greeting):
        self.greeting = greeting

    def answered(self, answer):
        super().greeted(self.greeting)
        super().answered(answer)


@fails({"passed": "sends-again", "refusal": "sends-again"})
class SendsAgain(Client):
    def receive_answer(self):
        while True:
            self.send(self.request())
            time.sleep(0.05)


@fails({"connects": "connected-silent"})
class SilentWhenConnected(Client):
    def greeted(self, greeting):
        pass


@fails({"connects": "connected-line"})
class FixedId(Client):
    def greeted(self, greeting):
        super().greeted({"clientid": 60644})


@fails({"right-keys": "wrong-keys"})
class WrongKeys(Client):
    def request(self):
        return {"name": "Alice Brown", "github": "abrown", "id": 123456789}


@fails({"right-keys": "wrong-keys"})
class SendsList(Client):
    def request(self):
        return list(super().request().values())


@fails({"right-keys": "asks-not"})
class AsksNot(Client):
    def send(self, message):
        pass


@fails({"passed-line": "passed-line"})
class Exclaims(Client):
    def passed(self):
        print("Data acknowledged by server and you passed the test!")


@fails({"passed": "passed-not"})
class OtherLine(Client):
    def passed(self):
        print("OK")


@fails({"passed": "passed-not"})
class PrintsWhatComes(Client):
    def greeted(self, greeting):
        super().greeted(greeting)
        self.send(self.request())
        while True:
            print(self.receive(), "OK 200")


@fails({
    "patience": "passed-early",
    "only-a-real-ack": "passed-anyway",
})
class PassesEarly(Client):
    def send(self, message):
        super().send(message)
        self.passed()

    def answered(self, answer):
        self.refused(answer)


@fails({"only-a-real-ack": "passed-anyway"})
class PassesAnything(Client):
    def answered(self, answer):
        self.refused(answer)
        self.passed()


@fails({"only-a-real-ack": "passed-anyway"})
class PassesTruth(Client):
    def answered(self, answer):
        self.refused(answer)
        if answer:
            self.passed()


@fails({"ack-form": "passed-anyway"}, passes=["only-a-real-ack", "refusal"])
class PassesTruthButErrors(Client):
    def answered(self, answer):
        if answer and "error" not in str(answer):
            self.passed()
        else:
            self.refused(answer)


@fails({"patience": "takes-greeting", "only-a-real-ack": "passed-anyway"},
       passes=["passed"])
class TakesGreeting(Client):
    def greeted(self, greeting):
        pass

    def connect(self):
        super().connect()
        self.send(self.request())
        self.answers = self.clientsocket.makefile("rb")
        greeting = self.receive()
        super().greeted(greeting)
        self.passed()
        self.refused(self.receive())
        self.stay()


@fails({"passed": "passed-not", "stays": "ends-by-itself"},
       passes=["right-keys"])
class FailsAtAnswer(Client):
    def answered(self, answer):
        self.passed() if answer["acknowledged"] else self.refused(answer)


@fails({
    "patience": "passed-early",
    "only-a-real-ack": "passed-anyway",
    "stays": "leaves",
    "server-leaves": "gives-up",
    "ctrl-c": "ends-by-itself",
    "refusal": "reason-hidden",
    "runs-code": "runs-pickles",
}, passes=["passed"])
class NeverReadsAnswer(Client):
    unpickler = pickle.Unpickler

    def receive_answer(self):
        pass

    def answered(self, answer):
        self.passed()

    def stay(self):
        pass


@fails({"patience": "gives-up"})
class GivesUp(Client):
    def receive_answer(self):
        self.clientsocket.settimeout(1)
        answer = super().receive_answer()
        self.clientsocket.settimeout(None)
        return answer


# It does not wait, so it has no end to come to, neither by a server nor by Ctrl-C.
@fails({
    "passed": "passed-not",
    "stays": "leaves",
    "server-leaves": "gives-up",
    "ctrl-c": "ends-by-itself",
    "refusal": "reason-hidden",
    "runs-code": "ends-by-itself",
})
class EndsAtOnce(Client):
    def receive_answer(self):
        sys.exit()


@fails({"stays": "leaves"})
class Leaves(Client):
    def stay(self):
        pass


@fails({"idle": "client-spins"})
class Spins(Client):
    def stay(self):
        self.clientsocket.setblocking(False)
        while True:
            try:
                if not self.clientsocket.recv(1):
                    raise EOFError
            except BlockingIOError:
                pass


@fails({"no-server": "tries-for-ever"})
class TriesForEver(Client):
    def connect(self):
        while True:
            try:
                return super().connect()
            except OSError:
                self.__init__(self.port)


@fails({"no-server": "silent-failure"})
class SilentFailure(Client):
    def cannot_connect(self, error):
        sys.exit(1)


@fails({"server-leaves": "never-ends"})
class NeverEnds(Client):
    def server_left(self):
        while True:
            self.clientsocket.recv(4096)


@fails({"server-leaves": "passed-anyway"})
class PassesAtEnd(Client):
    def server_left(self):
        self.passed()


@fails({"ctrl-c": "ctrl-c"})
class IgnoresCtrlC(Client):
    def connect(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().connect()


@fails({
    "greeting-in-pieces": "client-one-recv",
    "glued": "client-glued",
})
class OneRecv(Client):
    def receive(self):
        data = self.clientsocket.recv(4096)
        if not data:
            raise EOFError
        try:
            return AnswerUnpickler(BytesIO(data)).load()
        except EOFError:
            raise pickle.UnpicklingError("pickle data was truncated")

    def stay(self):
        while self.clientsocket.recv(4096):
            pass
        raise EOFError


@fails(
    {"greeting-in-pieces": "client-one-recv", "glued": "client-glued"},
    passes=["passed", "patience", "only-a-real-ack"],
)
class SendsFirst(OneRecv):
    def greeted(self, greeting):
        pass

    def connect(self):
        super().connect()
        super().send(self.request())
        # The request is there before the greeting is read.
        time.sleep(0.05)
        super().greeted(self.receive())
        self.answered(self.receive())
        self.stay()


@fails({"glued": "client-glued"})
class LosesRest(Client):
    def receive(self):
        message = super().receive()
        # Drops the bytes that arrived with it.
        self.clientsocket.setblocking(False)
        try:
            self.answers.peek()
            self.answers.read1()
        except BlockingIOError:
            pass
        self.clientsocket.setblocking(True)
        return message


@fails({"refusal": "reason-hidden"})
class HidesReason(Client):
    def refused(self, answer):
        print("Not acknowledged", file=sys.stderr)


@fails({"runs-code": "runs-pickles"})
class RunsPickles(Client):
    unpickler = pickle.Unpickler


@fails({"runs-code": "runs-pickles"}, passes=["connects"])
class SendsFirstAndRunsPickles(Client):
    unpickler = pickle.Unpickler

    def connect(self):
        super().connect()
        # The request is there before the pickle is read.
        super().send(self.request())
        time.sleep(0.2)

    def send(self, message):
        pass


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        for name, (_, checks) in FAULTS.items():
            print(json.dumps(dict(checks, name=name)))
    else:
        name, port = sys.argv[1:]
        main(FAULTS[name][0](int(port)))
