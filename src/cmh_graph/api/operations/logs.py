"""Log lines, as text or JSON: one for each request and for what goes wrong, without what visitors sent.

Nothing here writes a query string, a body, a header or a path that was asked. Errors that nobody expected are told by
their type and the places they went through: their messages may quote what was being read."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Literal, TextIO

from cmh_graph.api.operations.requests import current

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]
#: Lines about requests are told by this name.
REQUESTS: Final = "cmh_graph.requests"
#: Longest message, in characters.
_LONGEST: Final = 2000
#: Frames of an unexpected error that are told, the innermost ones.
_MOST_FRAMES: Final = 30
#: Made once: json.dumps would make one for each line.
_encode: Final = json.JSONEncoder(default=str).encode
_Exception = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up(form: Format, level: Level, stream: TextIO | None = None) -> None:
    """Send what all loggers tell to the stream (stderr): ours from the level on, those of libraries from warning on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("cmh_graph").setLevel(level.upper())
    logging.captureWarnings(True)
    # What our lines do not tell need not be found out for each (the logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    """A second as it is written: many lines are of the same one."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class _Lines(logging.Formatter):
    """What both forms share. A record may carry values of its own in the attribute `told`."""

    def values(self, record: logging.LogRecord) -> dict[str, Any]:
        noted = current()
        own: dict[str, Any] = getattr(record, "told", {})
        values = {
            "time": f"{_second(int(record.created))}.{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
        }
        if noted is not None:
            values["request_id"] = noted.id
        values.update(own)
        if record.exc_info and record.exc_info[0] is not None:
            values["error"] = record.exc_info[0].__name__
            values["at"] = self.formatException(record.exc_info)
        return values

    def formatException(self, ei: _Exception) -> str:
        """The places that an error went through, outermost first; not its message, which may quote a visitor."""
        frames = traceback.extract_tb(ei[2])[-_MOST_FRAMES:]
        return " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)


class JsonLines(_Lines):
    """Each record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return _encode(self.values(record))


class TextLines(_Lines):
    """Each record as one line of text; what could begin another line is shown and not obeyed."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        values = self.values(record)
        time_, level, _, message, *rest = values.items()
        line = " ".join((time_[1], level[1], message[1], *[f"{name}={value}" for name, value in rest]))
        if line.isprintable():
            return line
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
