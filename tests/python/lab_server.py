"""A server as a student of the lab writes it: a thread for each client, and one
recv is taken for one message.

    lab_server.py

It listens at a free port, which its first line tells. Runs on every Python
from 2.7 up.
"""
from __future__ import print_function

import pickle
import socket
import sys
import threading

MAX_BYTES = 4096
MAX_NUM_CONN = 10
write_lock = threading.Lock()


def say(line):
    with write_lock:
        print(line)
        sys.stdout.flush()


def handler(client, addr):
    client.send(pickle.dumps({"clientid": addr[1]}))
    while True:
        data = client.recv(MAX_BYTES)
        if not data:
            break
        request = pickle.loads(data)
        say("Connected: Student: %s, Github Username: %s, sid: %s" % (
            request["student_name"], request["github_username"], request["sid"]))
        client.send(pickle.dumps(1))
    client.close()


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 0))
server.listen(MAX_NUM_CONN)
say("Listening at %s/%d" % server.getsockname())
while True:
    accepted, address = server.accept()
    thread = threading.Thread(target=handler, args=(accepted, address))
    thread.daemon = True
    thread.start()
