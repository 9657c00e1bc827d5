"""Programs that do nothing of what the lab asks for, or only its beginning.

    empty.py KIND PORT

A check passes only a program that has done what the check is about: these pass
none but those that end before they crash.
"""
import pickle
import socket
import sys
import time


def crash():
    # The word that a careless check would take for an explanation.
    raise ValueError("error: refused, cannot connect, already in use")


def nothing():
    time.sleep(3600)


def listening():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", PORT))
    server.listen()
    print("Listening at 127.0.0.1/%d" % PORT)
    return server


def accepted():
    return listening().accept()


def greeted():
    client, addr = accepted()
    client.sendall(pickle.dumps({"clientid": addr[1]}))


def connected():
    client = socket.socket()
    client.connect(("127.0.0.1", PORT))
    return client


def was_greeted():
    client = connected()
    pickle.loads(client.recv(4096))
    return client


def asked():
    was_greeted().sendall(pickle.dumps({
        "student_name": "Alice Brown", "github_username": "abrown", "sid": 1}))


KINDS = {
    "does-nothing": nothing,
    "crashes-at-once": lambda: None,
    "crashes-when-it-listens": listening,
    "crashes-when-it-accepted": accepted,
    "crashes-when-it-greeted": greeted,
    "crashes-when-connected": connected,
    "crashes-when-greeted": was_greeted,
    "crashes-when-it-asked": asked,
}

if __name__ == "__main__":
    PORT = int(sys.argv[2])
    kept = KINDS[sys.argv[1]]()
    crash()
