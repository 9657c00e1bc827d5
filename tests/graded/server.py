"""A server that the grader must give full marks: a thread for each client.

    server.py PORT

Each part is a method of its own, so that a server in bad_servers.py can replace
one part by a wrong one.
"""
import pickle
import socket
import sys
import threading

MAX_REQUEST_BYTES = 65536
FIELDS = {
    "student_name": (str, type(None)),
    "github_username": (str, type(None)),
    "sid": (int, str, type(None)),
}


class Server:
    MAX_NUM_CONN = 10  # the lab's

    def __init__(self, port):
        self.port = port
        self.write_lock = threading.Lock()
        self.serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def run(self):
        try:
            self.bind()
        except OSError as error:
            self.cannot_bind(error)
        self.listen()
        try:
            self.accept_clients()
        except KeyboardInterrupt:
            self.interrupted()

    def bind(self):
        # Otherwise the port stays in use for a minute after the server is killed.
        self.serversocket.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.serversocket.bind(("127.0.0.1", self.port))

    def cannot_bind(self, error):
        sys.exit("Cannot listen at 127.0.0.1/%d: %s" % (self.port, error))

    def listen(self):
        self.serversocket.listen(self.MAX_NUM_CONN)
        self.say(self.banner())

    def banner(self):
        return "Listening at 127.0.0.1/%d" % self.port

    def accept_clients(self):
        while True:
            clientsocket, addr = self.serversocket.accept()
            self.start(clientsocket, addr)

    def start(self, clientsocket, addr):
        # A daemon: it does not keep the program alive after Ctrl-C.
        threading.Thread(
            target=self.handler, args=(clientsocket, addr), daemon=True
        ).start()

    def handler(self, clientsocket, addr):
        ClientHandler.of(self)(self, clientsocket, addr).run()

    def interrupted(self):
        pass

    def say(self, line):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class RequestUnpickler(pickle.Unpickler):
    """Reads data only, and refuses all imports."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError("%s.%s is not data" % (module, name))


class RequestFile:
    """What a client sends. A request has MAX_REQUEST_BYTES at most."""

    def __init__(self, clientsocket):
        self.file = clientsocket.makefile("rb")
        self.left = 0

    def begin(self):
        self.left = MAX_REQUEST_BYTES

    def read(self, count):
        self.take(count)
        data = self.file.read(count)
        if len(data) < count:
            raise EOFError  # it left in the middle of a request
        return data

    def readline(self):
        line = self.file.readline(self.left + 1)
        self.take(len(line))
        return line

    def take(self, count):
        self.left -= count
        if self.left < 0:
            raise pickle.UnpicklingError("a request is too long")


class ClientHandler:
    unpickler = RequestUnpickler

    @staticmethod
    def of(server):
        """Returns the class of the server's handlers: its own, or this one."""
        return getattr(server, "Handler", ClientHandler)

    def __init__(self, server, clientsocket, addr):
        self.client_id = addr[1]
        self.server = server
        self.handler = clientsocket
        # If a client reads no answers, they fill this buffer, and then sending
        # blocks. It blocks forever only if small answers are joined, so this
        # server does not set TCP_NODELAY, which a server should set.
        clientsocket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        self.requests = RequestFile(clientsocket)

    # Whatever happens, only this client's handler ends.
    def run(self):
        try:
            self.send_id()
            self.process_requests()
        except ConnectionResetError:
            self.was_reset()
        except OSError:
            pass  # the client is gone in another way
        except Exception as error:
            self.failed(error)
        finally:
            self.close()

    def send_id(self):
        self.send({"clientid": self.client_id})

    def process_requests(self):
        while True:
            try:
                request = self.receive()
            except EOFError:
                self.has_left()
                return
            except OSError:
                raise
            except Exception as error:
                self.is_malformed(error)
                return
            if not isinstance(request, dict):
                self.is_malformed("a request is a map")
                return
            self.process_request(request)

    def process_request(self, request):
        problem = self.problem_with(request)
        if problem:
            self.refuse(problem)
            return
        self.record(request)
        self.acknowledge()

    def problem_with(self, request):
        for field, types in FIELDS.items():
            if field not in request:
                return "%s is missing" % field
            value = request[field]
            if not isinstance(value, types) or isinstance(value, bool):
                return "%s is of a wrong kind" % field
        return None

    def record(self, request):
        with self.server.write_lock:
            self.server.say(self.line(request))

    def line(self, request):
        return (
            "Connected: Student: %s, Github Username: %s, sid: %s" % tuple(
                self.shown(request[field]) for field in FIELDS))

    def shown(self, value):
        return "".join(c if c.isprintable() else "?" for c in str(value))

    def acknowledge(self):
        self.send(1)

    def refuse(self, problem):
        self.send({"error": problem})

    def is_malformed(self, error):
        self.refuse(str(error))

    def was_reset(self):
        pass

    def has_left(self):
        pass

    def failed(self, error):
        raise error

    def close(self):
        self.requests.file.close()
        self.handler.close()

    def send(self, message):
        self.handler.sendall(pickle.dumps(message))

    def receive(self):
        self.requests.begin()
        return self.unpickler(self.requests).load()


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
