"""Programs that could harm the machine that grades them, but do not.

    harmful.py KIND PORT TOKEN

The processes that they start have the token in their command lines, so that
tests can find them.
"""
import os
import signal
import sys
import time

from server import Server


def floods():
    while True:
        print("x" * 1000)


def spins():
    while True:
        pass


def is_deaf():
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)


def leaves_child():
    """Starts a process like a daemon: orphaned, in a session of its own."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3):
                os.close(descriptor)
            os.execv(sys.executable, [sys.executable, "-c", SLEEP, sys.argv[3]])
        os._exit(0)
    os.wait()


def hides_child():
    """As `leaves_child`, but the child has an empty environment."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            args = [sys.executable, "-c", SLEEP, sys.argv[3]]
            os.execve(sys.executable, args, {})
        os._exit(0)
    os.wait()


def breeds():
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    time.sleep(600)


def grows():
    kept = []
    while True:
        kept.append(bytearray(2 ** 24))
        kept[-1][::4096] = b"x" * 4096


SLEEP = "import time; time.sleep(600)"
KINDS = {
    "floods": floods,
    "spins": spins,
    "is-deaf": is_deaf,
    "leaves-child": leaves_child,
    "hides-child": hides_child,
    "breeds": breeds,
    "grows": grows,
}

if __name__ == "__main__":
    kind, port, token = sys.argv[1:]
    KINDS[kind]()
    Server(int(port)).run()
