"""A server as a student of the lab writes it: it has a thread for each client, and
takes one recv for one message.

    lab_server.py

It listens at a free port, which its first line names. Runs on every Python
from 2.7 up.
"""
from __future__ import print_function

import pickle
import socket
import sys
import threading


class Server(object):
    MAX_NUM_CONN = 10

    def __init__(self):
        self.write_lock = threading.Lock()
        self.serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def listen(self):
        self.serversocket.bind(("127.0.0.1", 0))
        self.serversocket.listen(self.MAX_NUM_CONN)
        self.say("Listening at %s/%d" % self.serversocket.getsockname())

    def accept_clients(self):
        while True:
            clientsocket, addr = self.serversocket.accept()
            thread = threading.Thread(
                target=self.handler, args=(clientsocket, addr))
            thread.daemon = True
            thread.start()

    def handler(self, clientsocket, addr):
        clienthandler = ClientHandler(self, clientsocket, addr)
        clienthandler.run()

    def say(self, line):
        print(line)
        sys.stdout.flush()


class ClientHandler(object):
    MAX_BYTES = 4096

    def __init__(self, server, clientsocket, addr):
        self.server_ip = addr[0]
        self.client_id = addr[1]
        self.server = server
        self.handler = clientsocket
        self.write_lock = server.write_lock

    def run(self):
        self.send({"clientid": self.client_id})
        self.process_requests()
        self.handler.close()

    def process_requests(self):
        while True:
            request = self.receive()
            if request is None:
                break
            self.process_request(request)
            self.send(1)

    def process_request(self, request):
        line = "Connected: Student: %s, Github Username: %s, sid: %s" % (
            request["student_name"], request["github_username"],
            request["sid"])
        self.write_lock.acquire()
        self.server.say(line)
        self.write_lock.release()

    def send(self, data):
        self.handler.send(pickle.dumps(data))

    def receive(self):
        data = self.handler.recv(self.MAX_BYTES)
        return pickle.loads(data) if data else None


if __name__ == "__main__":
    server = Server()
    server.listen()
    server.accept_clients()
