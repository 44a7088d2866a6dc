"""A `python` for stages that has their libraries already: importing them takes a stage of the small
project most of its seconds, and the tests of what is rerun start dozens of stages.

    python warm.py serve SOCKET
    python warm.py run SOCKET -m MODULE [ARGUMENT ...]

The first imports the libraries, none of our own code, says so in a line, and makes a fork of itself
for each call of the second: the fork runs the module in the folder, with the variables and the open
files of the call, and the call ends with the fork's exit status.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path

LIBRARIES = (
    *("torch", "torch._dynamo", "safetensors.torch", "dvclive", "dvc.repo", "pydantic", "yaml"),
    *("scipy.linalg", "scipy.signal", "scipy.spatial", "scipy.stats", "skimage.metrics"),
    *("sklearn.linear_model", "sklearn.manifold", "sklearn.metrics", "sklearn.pipeline"),
    *("pandas", "matplotlib.figure", "altair"),
)


def serve(address: str) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        gc.freeze()  # a fork that looked for garbage among all that would copy it
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks that have ended are not waited for
        while True:
            call, _ = listener.accept()
            if os.fork() == 0:
                break
            call.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    answer(call)


def answer(call: socket.socket) -> None:
    """In a fork: run what is asked for in another, and pass on how that ended."""
    message, files, _, _ = socket.recv_fds(call, 1 << 16, 3)
    while more := call.recv(1 << 16):
        message += more
    folder, variables, (module, *arguments) = json.loads(message)
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        call.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    call.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[0] = folder
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def run(address: str, dash_m: str, *words: str) -> None:
    assert dash_m == "-m", dash_m
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        message = json.dumps([str(Path.cwd()), dict(os.environ), words]).encode()
        socket.send_fds(server, [message], [0, 1, 2])
        server.shutdown(socket.SHUT_WR)
        sys.exit(abs(int(server.recv(16))))


if __name__ == "__main__":
    {"serve": serve, "run": run}[sys.argv[1]](*sys.argv[2:])
