"""Servers with one fault each, for the grader to find.

    bad_servers.py FAULT PORT
    bad_servers.py --list

Each is the server of server.py with one wrong part, or an unusual one. Above it
are the checks that it fails, each with the cause that the grader must name. The
first check decides. `passes` names checks that it passes in spite of its fault.
`--list` prints them as JSON, one per line.
"""
import json
import os
import pickle
import queue
import re
import select
import selectors
import signal
import socket
import sys
import threading
import time
from io import BytesIO

from server import (
    MAX_REQUEST_BYTES, ClientHandler, RequestUnpickler, Server)

FAULTS = {}


def fails(checks, passes=()):
    """Registers a server under the name of its class, such as `no-banner`."""

    def note(server):
        name = re.sub(r"(?<!^)([A-Z])", r"-\1", server.__name__).lower()
        FAULTS[name] = (server, {"fails": checks, "passes": passes})
        return server

    return note


# How it starts, and ends.


@fails({"banner": "listens-not"})
class HangsAtStart(Server):
    def bind(self):
        time.sleep(3600)


@fails({"banner": "banner"})
class NoBanner(Server):
    def listen(self):
        self.serversocket.listen(self.MAX_NUM_CONN)


@fails({"banner": "banner"})
class OtherBanner(Server):
    def banner(self):
        return "Server is listening on port %d" % self.port


@fails({"banner": "waits-for-input"})
class AsksForPort(Server):
    def bind(self):
        self.port = int(input("At which port? "))
        super().bind()


class At(Server):
    host = "127.0.0.1"

    def bind(self):
        self.serversocket.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.serversocket.bind((self.host, self.port))

    def banner(self):
        return "Listening at %s/%d" % (self.host, self.port)


AT = ["banner", "greeting", "acknowledge"]


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
class AtAnyAddress(At):
    host = "0.0.0.0"


@fails({}, passes=AT)
class AtIpv6(At):
    host = "::1"

    def __init__(self, port):
        super().__init__(port)
        self.serversocket = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


@fails({}, passes=AT)
class SaysLocalhostAtDebianName(At):
    host = "127.0.1.1"

    def banner(self):
        return "Listening at localhost/%d" % self.port


@fails({"ctrl-c": "ctrl-c"})
class IgnoresCtrlC(Server):
    def listen(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().listen()


@fails({"ctrl-c-connected": "threads-stay"})
class ThreadsStay(Server):
    def start(self, clientsocket, addr):
        threading.Thread(
            target=self.handler, args=(clientsocket, addr)).start()


@fails({"port-taken": "port-held"})
class TriesForEver(Server):
    def bind(self):
        while True:
            try:
                return super().bind()
            except OSError:
                pass


@fails({"port-taken": "port-held"})
class SharesPort(Server):
    def bind(self):
        self.serversocket.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().bind()


@fails({"port-taken": "bind-caught"})
class CatchesBindError(Server):
    def cannot_bind(self, error):
        print("Error: %s" % error)

    def accept_clients(self):
        while True:
            try:
                super().accept_clients()
            except OSError as error:
                pass

    def listen(self):
        try:
            super().listen()
        except OSError:
            pass


@fails({"port-taken": "bind-caught"})
class HidesBindError(CatchesBindError):
    def bind(self):
        try:
            super().bind()
        except OSError:
            self.serversocket.close()


@fails({"port-taken": "bind-caught"})
class WaitsWithoutPort(Server):
    def cannot_bind(self, error):
        print("Error: %s" % error)
        time.sleep(3600)


@fails({"port-taken": "port-silent"})
class SilentAboutPort(Server):
    def cannot_bind(self, error):
        sys.exit(1)


@fails({"restart": "no-reuse"})
class NoReuse(Server):
    def bind(self):
        self.serversocket.bind(("127.0.0.1", self.port))


# How it greets, and answers.


@fails({"greeting": "greeting-form"})
class GreetsWithNumber(Server):
    class Handler(ClientHandler):
        def send_id(self):
            self.send(self.client_id)


@fails({"greeting": "greeting-form"})
class GreetsAllAlike(Server):
    class Handler(ClientHandler):
        def send_id(self):
            self.send({"clientid": 60644})


@fails({"greeting": "greeting-silent"})
class GreetsLate(Server):
    class Handler(ClientHandler):
        def send_id(self):
            first = self.receive()
            super().send_id()
            self.process_request(first)


@fails({"greeting": "broken"})
class SpeaksJson(Server):
    class Handler(ClientHandler):
        def send(self, message):
            self.handler.sendall(json.dumps(message).encode() + b"\n")


ACK = ["acknowledge", "printed", "second-request", "validated"]


@fails({"ack-form": "ack-form"}, passes=ACK)
class AnswersText(Server):
    class Handler(ClientHandler):
        def acknowledge(self):
            self.send("acknowledged")

        def refuse(self, problem):
            self.send("not acknowledged: %s" % problem)


@fails({"ack-form": "ack-form"}, passes=ACK)
class AnswersTrueOrFalse(Server):
    class Handler(ClientHandler):
        def acknowledge(self):
            self.send({"acknowledged": True, "clientid": self.client_id})

        def refuse(self, problem):
            self.send({"acknowledged": False, "clientid": self.client_id})


@fails({"ack-form": "ack-form", "validated": "fields-unchecked"},
       passes=["acknowledge"])
class AnswersStudent(Server):
    class Handler(ClientHandler):
        # The request is repeated in the answer, complete or not.
        def process_request(self, request):
            student = [request.get(field) for field in (
                "student_name", "github_username", "sid")]
            self.record(dict(zip(request, student)))
            self.send("Hello %s, %s, %s" % tuple(student))

        def line(self, request):
            return super().line(
                dict(dict.fromkeys(["sid"]), **request))


@fails({"acknowledge": "refuses-right"})
class KnowsOtherKeys(Server):
    class Handler(ClientHandler):
        def problem_with(self, request):
            return None if "name" in request else "name is missing"


SILENT = ["printed", "second-request", "second-client", "leaving", "missing-field",
          "none-field", "sockets-closed", "come-and-go"]


@fails({"acknowledge": "ack-silent"}, passes=SILENT)
class AnswersNothing(Server):
    class Handler(ClientHandler):
        def acknowledge(self):
            pass


@fails({"acknowledge": "ack-silent", "whole-lines": "no-lock"},
       passes=["printed"])
class AnswersNothingWithoutLock(Server):
    class Handler(ClientHandler):
        def acknowledge(self):
            pass

        def record(self, request):
            print(self.line(request))


@fails({"acknowledge": "ack-silent", "printed": "line-form"})
class DoesNothing(Server):
    class Handler(ClientHandler):
        def process_request(self, request):
            pass


@fails({"acknowledge": "request-ends", "printed": "request-ends"})
class FailsAndStaysOpen(Server):
    kept = []

    class Handler(ClientHandler):
        def process_request(self, request):
            # Another reference keeps the socket open when the thread ends.
            FailsAndStaysOpen.kept.append(self.handler)
            request["student"]

        def close(self):
            pass


@fails({"acknowledge": "request-ends"})
class WrongKey(Server):
    class Handler(ClientHandler):
        def process_request(self, request):
            request["student"]


@fails({"second-request": "one-request"})
class OneRequest(Server):
    class Handler(ClientHandler):
        def process_requests(self):
            self.process_request(self.receive())


@fails({"validated": "acks-first"})
class AcksFirst(Server):
    class Handler(ClientHandler):
        def process_request(self, request):
            self.acknowledge()
            if not self.problem_with(request):
                self.record(request)


@fails({}, passes=["acknowledge", "printed", "validated"])
class PrintsAfterAck(Server):
    class Handler(ClientHandler):
        def process_request(self, request):
            problem = self.problem_with(request)
            if problem:
                return self.refuse(problem)
            self.acknowledge()
            time.sleep(0.2)
            self.record(request)


@fails({"validated": "fields-unchecked"})
class NeverLooksAtFields(Server):
    class Handler(ClientHandler):
        def problem_with(self, request):
            return None

        def line(self, request):
            return super().line({
                field: request.get(field)
                for field in ("student_name", "github_username", "sid")})


@fails({"printed": "line-form", "validated": "fields-unchecked"})
class NeverLooksAndNeverPrints(Server):
    class Handler(ClientHandler):
        def process_request(self, request):
            self.acknowledge()


@fails({"validated": "no-refusal"})
class NeverRefuses(Server):
    class Handler(ClientHandler):
        def refuse(self, problem):
            pass


@fails({"none-field": "none-refused"})
class RefusesNone(Server):
    class Handler(ClientHandler):
        def problem_with(self, request):
            if None in request.values():
                return "a field is None"
            return super().problem_with(request)


class AddsTexts(ClientHandler):
    def problem_with(self, request):
        return None

    def line(self, request):
        # As many write it: it fails for None.
        return ("Connected: Student: " + request["student_name"] +
                ", Github Username: " + request["github_username"] +
                ", sid: " + str(request["sid"]))

    def failed(self, error):
        raise error


@fails({"none-field": "none-computed"})
class AddsNone(Server):
    Handler = AddsTexts


@fails({"none-field": "none-computed", "validated": "acks-first"})
class AcksAndAddsNone(Server):
    class Handler(AddsTexts):
        def process_request(self, request):
            self.acknowledge()
            self.record(request)


@fails({"none-field": "none-computed"})
class PrintsErrorOfNone(Server):
    class Handler(AddsTexts):
        def process_request(self, request):
            try:
                self.record(request)
                self.acknowledge()
            except TypeError as error:
                print("Something went wrong: %s" % error, flush=True)
                self.refuse("it failed")
            except KeyError:
                self.refuse("a field is missing")


@fails({"none-field": "none-refused"})
class DiesOfNone(Server):
    class Handler(ClientHandler):
        def process_request(self, request):
            super().process_request(request)
            if None in request.values():
                end_server()


@fails({"half-close": "half-close"})
class DropsLastAnswer(Server):
    class Handler(ClientHandler):
        patience = 0.5

        def acknowledge(self):
            # Checks once, after a moment, whether the client is still there.
            if select.select([self.handler], [], [], self.patience)[0]:
                if not self.handler.recv(1, socket.MSG_PEEK):
                    return
            self.patience = 0
            super().acknowledge()


# What it prints.


@fails({"printed": "line-form"})
class PrintsNothing(Server):
    class Handler(ClientHandler):
        def record(self, request):
            pass


@fails({"printed": "line-form"})
class PrintsOtherLine(Server):
    class Handler(ClientHandler):
        def line(self, request):
            return "%s (%s, %s)" % tuple(map(str, request.values()))


@fails({"printed": "line-form"})
class PrintsAlice(Server):
    class Handler(ClientHandler):
        def line(self, request):
            return super().line({
                "student_name": "Alice Brown",
                "github_username": "abrown",
                "sid": 123456789,
            })


@fails({"whole-lines": "no-lock"})
class PrintsWithoutLock(Server):
    class Handler(ClientHandler):
        def record(self, request):
            print(self.line(request))


@fails({"whole-lines": "no-lock"})
class LockForEach(Server):
    class Handler(ClientHandler):
        def __init__(self, *args):
            super().__init__(*args)
            self.write_lock = threading.Lock()

        def record(self, request):
            with self.write_lock:
                print(self.line(request))


# How it serves many clients.


ONE_AT_A_TIME = ["leaving", "reset", "malformed", "missing-field",
                 "sockets-closed", "idle", "come-and-go", "ctrl-c-connected"]


@fails({"second-client": "one-client"}, passes=ONE_AT_A_TIME + ["runs-code"])
class OneClient(Server):
    def start(self, clientsocket, addr):
        self.handler(clientsocket, addr)


@fails({"second-client": "one-client", "runs-code": "runs-pickles"},
       passes=["leaving"])
class OneClientRunsPickles(OneClient):
    class Handler(ClientHandler):
        unpickler = pickle.Unpickler


@fails({"second-client": "one-client", "malformed": "bytes-end",
        "missing-field": "field-ends", "runs-code": "runs-pickles"},
       passes=["leaving", "reset", "idle"])
class OneClientCatchesNothing(OneClient):
    class Handler(ClientHandler):
        unpickler = pickle.Unpickler

        def is_malformed(self, error):
            end_server()

        def refuse(self, problem):
            end_server()


@fails({"second-client": "one-client", "second-request": "one-request",
        "runs-code": "runs-pickles"}, passes=["leaving", "printed"])
class OneClientOneRequest(OneClient):
    class Handler(ClientHandler):
        unpickler = pickle.Unpickler

        def process_requests(self):
            self.process_request(self.receive())

        def failed(self, error):
            pass


@fails({"second-client": "client-state"}, passes=["leaving", "come-and-go"])
class KeepsClientInServer(Server):
    current = None

    class Handler(ClientHandler):
        def send_id(self):
            # The next client takes its place.
            self.server.current = self.handler
            super().send_id()

        def send(self, message):
            self.server.current.sendall(pickle.dumps(message))


@fails({"second-client": "one-client", "malformed": "bytes-end"},
       passes=["leaving", "reset", "sockets-closed", "idle", "come-and-go"])
class OneClientEndsAtHalfRequest(OneClient):
    class Handler(ClientHandler):
        def __init__(self, *args):
            super().__init__(*args)
            # A request that is cut off is an error, and no end.
            self.requests.read = self.read

        def read(self, count):
            begins = self.requests.left == MAX_REQUEST_BYTES
            self.requests.take(count)
            data = self.requests.file.read(count)
            if len(data) < count and begins:
                raise EOFError
            if len(data) < count:
                end_server()
            return data


@fails({"crowd": "few-handlers"})
class EightThreads(Server):
    def accept_clients(self):
        self.accepted = queue.Queue()
        for _ in range(8):
            threading.Thread(target=self.work, daemon=True).start()
        super().accept_clients()

    def start(self, clientsocket, addr):
        self.accepted.put((clientsocket, addr))

    def work(self):
        while True:
            self.handler(*self.accepted.get())


@fails({"come-and-go": "room-kept"})
class HundredClients(Server):
    def __init__(self, port):
        super().__init__(port)
        self.room = 100

    def start(self, clientsocket, addr):
        self.room -= 1
        if self.room < 0:
            clientsocket.close()
        else:
            super().start(clientsocket, addr)



def end_server():
    os._exit(1)


@fails({"leaving": "leaving-ends"})
class LeavingEnds(Server):
    class Handler(ClientHandler):
        def has_left(self):
            end_server()


@fails({"reset": "reset-ends"})
class ResetEnds(Server):
    class Handler(ClientHandler):
        def was_reset(self):
            end_server()


@fails({"malformed": "bytes-end"})
class BytesEnd(Server):
    class Handler(ClientHandler):
        def is_malformed(self, error):
            end_server()


@fails({"missing-field": "field-ends"})
class FieldEnds(Server):
    class Handler(ClientHandler):
        def refuse(self, problem):
            end_server()

        def is_malformed(self, error):
            self.send({"error": str(error)})


@fails({"missing-field": "lock-kept"})
class KeepsLock(Server):
    class Handler(ClientHandler):
        def problem_with(self, request):
            return None

        def record(self, request):
            self.server.write_lock.acquire()
            self.server.say(self.line(request))
            self.server.write_lock.release()

        def failed(self, error):
            pass


@fails({"missing-field": "lock-kept", "validated": "acks-first"},
       passes=["acknowledge", "printed"])
class AcksAndKeepsLock(Server):
    class Handler(ClientHandler):
        # Requests are still acknowledged, but not printed any more.
        def process_request(self, request):
            self.acknowledge()
            self.server.write_lock.acquire()
            self.server.say(self.line(request))
            self.server.write_lock.release()

        def failed(self, error):
            pass


@fails({"malformed": "lock-kept"}, passes=["acknowledge", "missing-field"])
class AcksAndKeepsLockAtNumber(Server):
    class Handler(ClientHandler):
        def is_malformed(self, error):
            self.acknowledge()
            self.server.write_lock.acquire()


@fails({"sockets-closed": "not-closed"})
class NeverCloses(Server):
    kept = []

    class Handler(ClientHandler):
        def close(self):
            NeverCloses.kept.append(self)


@fails({"idle": "spins", "sockets-closed": "not-closed"})
class SpinsAtEnd(Server):
    first = None

    class Handler(ClientHandler):
        def has_left(self):
            # One is enough: hundreds would block the other clients, too.
            while SpinsAtEnd.first in (None, self):
                SpinsAtEnd.first = self
                self.handler.recv(4096)


@fails({"never-reads": "lock-while-sending"})
class LockWhileSending(Server):
    class Handler(ClientHandler):
        # A 1 in a thousand bytes: a few hundred fill the system's buffers.
        ONE = b"\x80\x02\x8b\xe8\x03\x00\x00\x01" + bytes(999) + b"."

        def acknowledge(self):
            with self.server.write_lock:
                self.handler.sendall(self.ONE)


@fails({"unfinished": "waits-for-rest"})
class OneThread(Server):
    def accept_clients(self):
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.serversocket, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.data:
                    key.data.process_one()
                else:
                    self.accept_one()

    def accept_one(self):
        clientsocket, addr = self.serversocket.accept()
        handler = self.Handler(self, clientsocket, addr)
        try:
            handler.send_id()
        except OSError:
            return handler.close()
        self.selector.register(clientsocket, selectors.EVENT_READ, handler)

    class Handler(ClientHandler):
        def __init__(self, *args):
            super().__init__(*args)
            # Without a buffer, all unread bytes wake the selector.
            self.requests.file = Exactly(self.handler)

        def process_one(self):
            try:
                request = self.receive()
                if isinstance(request, dict):
                    self.process_request(request)
                    return
            except Exception:
                pass  # it has left, or its message is not a request
            self.server.selector.unregister(self.handler)
            self.close()

        def send(self, message):
            # Closes a client that reads no answers.
            self.handler.send(pickle.dumps(message), socket.MSG_DONTWAIT)


class Exactly:
    """Reads from a socket exactly the bytes that are asked for."""

    def __init__(self, clientsocket):
        self.clientsocket = clientsocket

    def read(self, count):
        return self.clientsocket.recv(count, socket.MSG_WAITALL)

    def readline(self, most):
        line = b""
        while len(line) < most and not line.endswith(b"\n"):
            byte = self.clientsocket.recv(1)
            if not byte:
                break
            line += byte
        return line

    def close(self):
        pass


# How it splits bytes into messages.


@fails({
    "one-segment": "one-recv",
    "every-cut": "one-recv",
    "long-request": "recv-size",
})
class OneRecv(Server):
    class Handler(ClientHandler):
        size = 4096

        def receive(self):
            data = self.handler.recv(self.size)
            if not data:
                raise EOFError
            # Even a correct reader cannot help here.
            try:
                return RequestUnpickler(BytesIO(data)).load()
            except EOFError:
                raise pickle.UnpicklingError("data was truncated")


ONE_RECV = {
    "one-segment": "one-recv",
    "every-cut": "one-recv",
    "long-request": "recv-size",
}


@fails(ONE_RECV, passes=["whole-lines"])
class Recv512(Server):
    class Handler(OneRecv.Handler):
        size = 512


@fails(ONE_RECV, passes=["whole-lines"])
class Recv1024(Server):
    class Handler(OneRecv.Handler):
        size = 1024


@fails(ONE_RECV, passes=["whole-lines"])
class Recv2048(Server):
    class Handler(OneRecv.Handler):
        size = 2048


@fails(dict({"whole-lines": "no-lock"}, **ONE_RECV))
class Recv1024WithoutLock(Server):
    class Handler(OneRecv.Handler):
        size = 1024

        def record(self, request):
            print(self.line(request))


class Buffered(ClientHandler):
    """Keeps received bytes until a message is complete."""

    most = 65536

    def __init__(self, *args):
        super().__init__(*args)
        self.data = b""

    def receive(self):
        while True:
            found = self.find()
            if found:
                message, length = found
                self.data = self.rest(length)
                return message
            if len(self.data) > self.most:
                raise pickle.UnpicklingError("a request is too long")
            more = self.handler.recv(4096)
            if not more:
                raise EOFError
            self.data += more

    def find(self):
        """Returns the first message and its length, or None while it is incomplete."""
        file = BytesIO(self.data)
        try:
            return RequestUnpickler(file).load(), file.tell()
        except EOFError:
            return None
        except pickle.UnpicklingError as error:
            if "truncated" in str(error):
                return None
            raise

    def rest(self, length):
        return self.data[length:]


@fails({"one-segment": "one-recv"})
class LosesRest(Server):
    class Handler(Buffered):
        def rest(self, length):
            return b""


@fails({"long-request": "recv-size"})
class Most4096(Server):
    class Handler(Buffered):
        most = 4096

        def find(self):
            found = super().find()
            if found and found[1] > self.most:
                raise pickle.UnpicklingError("a request is too long")
            return found


@fails({"dots": "split-at-dot"})
class SplitsAtDot(Server):
    class Handler(Buffered):
        def find(self):
            length = self.data.find(b".") + 1
            if not length:
                return None
            file = BytesIO(self.data[:length])
            return RequestUnpickler(file).load(), length


@fails({"dots": "split-at-dot"})
class EndsAtDot(Server):
    class Handler(Buffered):
        def find(self):
            if not self.data.endswith(b"."):
                return None
            return super().find() or self.find_in_part()

        def find_in_part(self):
            raise pickle.UnpicklingError("data was truncated")


@fails({"order": "reordered"})
class LastFirst(Server):
    class Handler(Buffered):
        def receive(self):
            first = super().receive()
            waiting = [first]
            while self.find():
                waiting.append(super().receive())
            for request in reversed(waiting[1:]):
                self.process_request(request)
            return first


@fails({"runs-code": "runs-pickles"})
class RunsPickles(Server):
    class Handler(ClientHandler):
        unpickler = pickle.Unpickler


class AllButOs(pickle.Unpickler):
    def find_class(self, module, name):
        if module in ("os", "posix", "subprocess"):
            raise pickle.UnpicklingError("%s is forbidden" % module)
        return super().find_class(module, name)


@fails({"runs-code": "runs-pickles"})
class ForbidsOs(Server):
    class Handler(ClientHandler):
        unpickler = AllButOs


def main():
    if sys.argv[1:] == ["--list"]:
        for name, (_, checks) in FAULTS.items():
            print(json.dumps(dict(checks, name=name)))
        return
    name, port = sys.argv[1:]
    FAULTS[name][0](int(port)).run()


if __name__ == "__main__":
    main()
