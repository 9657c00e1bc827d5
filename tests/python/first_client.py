"""The smallest client of the lab: it sends one student, and prints what it gets.

    first_client.py PORT

Runs on every Python from 2.7 up.
"""
import pickle
import socket
import sys

port = int(sys.argv[1])

sock = socket.create_connection(("127.0.0.1", port))
print(pickle.loads(sock.recv(4096)))  # {'clientid': 60644}
student = {
    "student_name": "Alice Brown",
    "github_username": "abrown",
    "sid": 123456789,
}
sock.send(pickle.dumps(student))
print(pickle.loads(sock.recv(4096)))  # 1: the server has recorded the student
