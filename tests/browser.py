"""Debian's Chromium without a window, spoken to over a pipe: no port, no driver, no network.

The protocol is Chrome's DevTools protocol: JSON messages that end in a zero byte, read from descriptor 3 and written
to descriptor 4 (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

#: Longest wait for one answer of the browser; a busy machine starts it slowly.
_SECONDS = 60.0
#: Key -> its number, and the text that it gives.
_KEYS: Final = {
    "Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), "Space": (32, " "), "ArrowUp": (38, ""),
    "ArrowDown": (40, ""), "ArrowRight": (39, ""),
}  # fmt: skip


class Browser:
    """A running browser with one page. program: path of Chromium. folder: where it keeps its profile."""

    def __init__(self, program: str, folder: Path) -> None:
        # Descriptors from 10 upwards cannot be the 3 and 4 that they are moved to.
        pipes = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (*os.pipe(), *os.pipe())]
        theirs_in, self._out, self._in, theirs_out = pipes
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--remote-debugging-pipe",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={folder}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            ["bash", "-c", 'i=$1 o=$2; shift 2; exec "$@" 3<&"$i" 4>&"$o"', "browser", str(theirs_in), str(theirs_out),
             program, *flags],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._held = b""
        self._last = 0
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def open(self, page: Path | str, width: int = 1000) -> None:
        """Show a file, or an address of this machine, in a window of that many CSS pixels."""
        url = page if isinstance(page, str) else page.resolve().as_uri()
        self.resize(width)
        # The page that stands there may have the same address: its mark is gone when the new one is there.
        self.value("window.before = true")
        self._page("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && !window.before", f"{url} does not load")

    def resize(self, width: int, height: int = 900) -> None:
        """Make the window that many CSS pixels wide and high."""
        self._page(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def wait_for(self, script: str, what: str) -> None:
        """Wait until a script gives true; raises TimeoutError, which says what did not happen."""
        deadline = time.monotonic() + _SECONDS
        while not self._is_true(script):
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.02)

    def _is_true(self, script: str) -> bool:
        """Whether a script gives true; a page that is left at this moment gives nothing."""
        try:
            return self.value(script) is True
        except RuntimeError as error:
            if "navigated or closed" in str(error):
                return False
            raise

    def go(self, act: Callable[[], None]) -> None:
        """Do what leads to another page, and wait until that is there."""
        self.value("window.before = true")
        act()
        self.wait_for("document.readyState === 'complete' && !window.before", "no other page comes")

    def scripts(self, *, on: bool) -> None:
        """Whether the pages that are opened from now on may run their scripts; ours run in any case."""
        self._page("Emulation.setScriptExecutionDisabled", value=not on)

    def type(self, text: str) -> None:
        """Type a text into what has the focus, letter by letter."""
        for letter in text:
            self._page("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self._page("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key that is no letter: a name in _KEYS."""
        code, text = _KEYS[key]
        what = {"key": key if text != " " else " ", "code": key, "windowsVirtualKeyCode": code}
        self._page(
            "Input.dispatchKeyEvent",
            type="keyDown",
            modifiers=8 * shift,
            **what,
            **({"text": text} if text else {}),
        )
        self._page("Input.dispatchKeyEvent", type="keyUp", modifiers=8 * shift, **what)

    def media(self, name: str) -> None:
        """Show pages as on this medium: "print", or "" for the screen."""
        self._page("Emulation.setEmulatedMedia", media=name)

    def picture(self) -> bytes:
        """The whole page as it is shown, as PNG."""
        size = self._page("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        found = self._page("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(found["data"])

    def value(self, script: str) -> Any:
        """What a script in the page gives, once it is there; plain values only."""
        found = self._page("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"the page's script failed: {found['exceptionDetails']}")
        return found["result"].get("value")

    def close(self) -> None:
        """End the browser, which is ours alone."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def _page(self, method: str, **parameters: Any) -> Any:
        return self._call(method, self._session, **parameters)

    def _call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        sent = json.dumps(message).encode() + b"\0"
        while sent:
            sent = sent[os.write(self._out, sent) :]
        while True:
            answer = self._read()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._in], [], [], _SECONDS)
            part = os.read(self._in, 1 << 20) if ready else b""
            if not part:
                raise TimeoutError("the browser does not answer")
            self._held += part
        message, self._held = self._held.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found
