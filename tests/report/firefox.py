"""A tab of the machine's own Firefox, by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/):
Playwright drives no Firefox but its own build, and everything else wants a driver beside it."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PATIENCE = 60  # seconds, for whatever is asked of it
Step = Mapping[str, Any]  # of what a hand does


class Tab:
    """said: what its console had to say; asked: addresses that it wanted from elsewhere."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.numbers = socket, count()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]
        size = {"width": 1440, "height": 1000}
        self.tell("browsingContext.setViewport", viewport=size)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a command; what happens meanwhile is noted."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            if message["type"] == "event":
                self.note(message["method"], message["params"])
            elif message["type"] == "error":
                raise RuntimeError(f"{method}: {message['message']}")
            elif message["id"] == number:
                return message["result"]

    def tell(self, method: str, **params: Any) -> Any:
        """A command to the tab."""
        return self.call(method, context=self.context, **params)

    def note(self, event: str, params: Any) -> None:
        if event == "log.entryAdded":
            self.said.append(str(params["text"]))
        elif not params["request"]["url"].startswith(("data:", "blob:", "file:")):
            self.asked.append(params["request"]["url"])

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, or what it promises."""
        found = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? 'null')()",
            target={"context": self.context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    def wait(self, condition: str) -> None:
        """Until the expression is true, which is looked at in every frame."""
        self.evaluate(
            "new Promise((done) => { const look = () =>"
            f" ({condition}) ? done() : requestAnimationFrame(look); look(); }})"
        )

    def open(self, address: str) -> None:
        self.tell("browsingContext.navigate", url=address, wait="complete")

    def reload(self) -> None:
        self.tell("browsingContext.reload", wait="complete")

    def act(self, kind: str, steps: Sequence[Step]) -> None:
        """Steps of a `pointer` or of the `key`s, one after the other."""
        self.tell("input.performActions", actions=[{"type": kind, "id": kind, "actions": steps}])

    def show(self, selector: str) -> None:
        """Scroll it into the middle of the window, at once."""
        place = "{block: 'center', behavior: 'instant'}"
        self.evaluate(f"document.querySelector('{selector}').scrollIntoView({place})")

    def click(self, selector: str) -> None:
        self.show(selector)
        x, y = self.evaluate(
            f"(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])"
            f"(document.querySelector('{selector}').getBoundingClientRect())"
        )
        self.drag((x, y))

    def drag(self, *places: tuple[float, float]) -> None:
        """Press at the first place, let go at the last; a click where there is one."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in places]
        press, release = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
        self.act("pointer", [moves[0], press, *moves[1:], release])


@contextmanager
def firefox(program: str, profile: Path) -> Iterator[Tab]:
    """It without a window, with an empty profile in that folder."""
    command = [program, "--headless", "--no-remote", "--profile", str(profile)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--remote-debugging-port=0", "about:blank"], **quiet) as run:
        try:
            with connect(address(profile, run), max_size=None) as socket:
                yield Tab(socket)
        finally:
            run.terminate()


def address(profile: Path, run: subprocess.Popen[bytes]) -> str:
    """Where it listens, which it writes into its profile when it does."""
    file = profile / "WebDriverBiDiServer.json"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and run.poll() is None:
        try:
            server = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):  # not yet, or half of it
            time.sleep(0.05)
        else:
            return f"ws://{server['ws_host']}:{server['ws_port']}/session"
    raise RuntimeError("Firefox does not listen.")
