"""A client as a student of the lab writes it: it takes one recv for one message.

    lab_client.py PORT [--early] [--requests N] [--protocol P]

With --early it sends its first request before it has read the greeting, as
some do. Runs on every Python from 2.7 up.
"""
from __future__ import print_function

import argparse
import pickle
import socket

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--early", action="store_true")
parser.add_argument("--requests", type=int, default=1)
parser.add_argument("--protocol", type=int)
options = parser.parse_args()

MAX_BYTES = 4096


def create_request():
    return {
        "student_name": "Alice Brown",
        "github_username": "abrown",
        "sid": 123456789,
    }


def send(sock, data):
    if options.protocol is None:
        sock.send(pickle.dumps(data))
    else:
        sock.send(pickle.dumps(data, options.protocol))


def receive(sock):
    return pickle.loads(sock.recv(MAX_BYTES))


client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.settimeout(10)
client.connect(("127.0.0.1", options.port))
if options.early:
    send(client, create_request())
print("%s has successfully connected to %s/%d" %
      (receive(client), "127.0.0.1", options.port))
for number in range(options.requests):
    if number > 0 or not options.early:
        send(client, create_request())
    response = receive(client)
    if response == 1:
        print("Data acknowledged by server and you passed the test")
    else:
        print("The server answered %r" % (response,))
client.close()
