"""The lab's design, corrected for pipelining: a thread for each client, which keeps
received bytes until a request is complete.
"""
import io
import pickle
import socket
import sys
import threading

roster = {}
write_lock = threading.Lock()
ACKNOWLEDGED = pickle.dumps(1)


def handle(client, addr):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(pickle.dumps({"clientid": addr[1]}))
    kept = b""
    while True:
        data = client.recv(65536)
        if not data:
            return
        kept += data
        stream = io.BytesIO(kept)
        whole = 0
        requests = []
        try:
            while whole < len(kept):
                requests.append(pickle.load(stream))
                whole = stream.tell()
        except (EOFError, pickle.UnpicklingError):
            pass  # the rest has not arrived yet
        kept = kept[whole:]
        if requests:
            with write_lock:
                for request in requests:
                    roster[request["sid"]] = request
            client.sendall(ACKNOWLEDGED * len(requests))


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(4096)
while True:
    accepted, address = server.accept()
    threading.Thread(
        target=handle, args=(accepted, address), daemon=True).start()
