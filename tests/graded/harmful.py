"""Programs that could harm the machine that grades them, but do not.

    harmful.py KIND PORT TOKEN

The processes that they start have the token in their command lines, so that
tests can find them.
"""
import os
import shutil
import signal
import socket
import sys
import tempfile
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


def keeps_port():
    """As `hides_child`, but the child also leaves the folder, and listens at the port."""
    leaves(KEEP_PORT, sys.argv[2])


def connects():
    """Connects to the port as soon as someone listens there, again and again, and says so."""
    kept = []
    while True:
        try:
            address = ("127.0.0.1", int(sys.argv[2]))
            kept = [*kept[-9:], socket.create_connection(address)]
            print("connected", flush=True)
        except OSError:
            pass
        time.sleep(0.02)


def leaves(code, *args):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3):
                os.close(descriptor)
            os.chdir("/")
            all_args = [sys.executable, "-c", code, sys.argv[3], *args]
            os.execve(sys.executable, all_args, {})
        os._exit(0)
    os.wait()


def fills_file():
    fill("log.txt", 3 * 2 ** 30)


def fills_folder():
    for number in range(30):
        fill("log%d.txt" % number, 10 ** 8)


def fill(name, size):
    chunk = b"x" * 2 ** 20
    with open(name, "wb") as file:
        for _ in range(size // len(chunk)):
            file.write(chunk)


def fills_temporary():
    os.chdir(tempfile.gettempdir())
    fills_folder()


def makes_files():
    for number in range(10 ** 6):
        open("file%d" % number, "w").close()


def makes_folders():
    for _ in range(10 ** 5):
        os.mkdir("folder")
        os.chdir("folder")


def shuts_folder():
    os.mkdir("inside")
    open("inside/file", "w").close()
    os.chmod("inside", 0)
    os.chmod(".", 0)


def removes_folder():
    shutil.rmtree(os.getcwd())


def writes_long_lines():
    for _ in range(10):
        print(("Traceback: " + "a:" * 80) * 1000, file=sys.stderr)


def stops_itself():
    os.kill(os.getpid(), signal.SIGSTOP)


def kills_group():
    os.kill(0, signal.SIGKILL)


def kills_parent():
    """Ends the grader, unless it has a process-id namespace of its own."""
    os.kill(os.getppid(), signal.SIGKILL)


def kills_all():
    """Ends all processes of the user, or of the process-id namespace. Only there it does so."""
    with open("/proc/1/cmdline") as file:
        if "grade" in file.read():
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                pass  # there is only the grader, which cannot be killed


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
KEEP_PORT = """
import socket, sys, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
while True:
    try:
        listener.bind(("127.0.0.1", int(sys.argv[2])))
        listener.listen()
        time.sleep(600)
    except OSError:
        time.sleep(0.01)
"""
KINDS = {
    "floods": floods,
    "spins": spins,
    "is-deaf": is_deaf,
    "leaves-child": leaves_child,
    "hides-child": hides_child,
    "breeds": breeds,
    "grows": grows,
    "keeps-port": keeps_port,
    "connects": connects,
    "fills-file": fills_file,
    "fills-folder": fills_folder,
    "fills-temporary": fills_temporary,
    "makes-files": makes_files,
    "makes-folders": makes_folders,
    "shuts-folder": shuts_folder,
    "removes-folder": removes_folder,
    "writes-long-lines": writes_long_lines,
    "stops-itself": stops_itself,
    "kills-group": kills_group,
    "kills-parent": kills_parent,
    "kills-all": kills_all,
}

if __name__ == "__main__":
    kind, port, token = sys.argv[1:]
    KINDS[kind]()
    Server(int(port)).run()
