"""A `python` that has its libraries already: importing them takes a stage of the small project, or
`dvc`, most of its seconds, and the tests start hundreds.

    python warm.py serve SOCKET
    python warm.py run SOCKET (-m MODULE | SCRIPT) [ARGUMENT ...]

The first imports the libraries, none of our own code, says so in a line, and makes a fork of itself
for each call of the second: the fork runs the module or script in the folder, with the variables
and the open files of the call. The call ends with the fork's exit status, and the fork when the
call is killed.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from pathlib import Path

LIBRARIES = (
    *("torch", "torch._dynamo", "safetensors.torch", "dvclive", "pydantic.json_schema"),
    *("pydantic.main", "pydantic.functional_validators", "pydantic.plugin._loader"),
    *("scipy.linalg", "scipy.signal", "scipy.spatial", "scipy.stats", "skimage.metrics"),
    *("sklearn.linear_model", "sklearn.manifold", "sklearn.metrics", "sklearn.pipeline"),
    *("pandas", "pandas.io.formats.csvs", "matplotlib.figure", "altair"),
    *("dvc.cli.parser", "dvc.data_cloud", "dvc.repo.open_repo", "networkx"),
)


def serve(address: str) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    yaml = importlib.import_module("yaml")
    yaml.SafeLoader = yaml.CSafeLoader  # a stage reads params.yaml a dozen times
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
    while not message.endswith(b"\n"):
        if not (more := call.recv(1 << 16)):
            os._exit(1)
        message += more
    if child := os.fork():
        for file in files:
            os.close(file)
        ended = os.pidfd_open(child)
        ready, _, _ = select.select([ended, call], [], [])
        if ended not in ready:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if ended in ready:
            call.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    call.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    folder, variables, arguments = json.loads(message)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[1:1] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    if arguments[0] == "-m":
        sys.path[0] = folder
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(arguments[0]).resolve().parent)
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def run(address: str, *arguments: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        message = json.dumps([str(Path.cwd()), dict(os.environ), arguments]) + "\n"
        socket.send_fds(server, [message.encode()], [0, 1, 2])
        sys.exit(abs(int(server.recv(16))))


if __name__ == "__main__":
    {"serve": serve, "run": run}[sys.argv[1]](*sys.argv[2:])
