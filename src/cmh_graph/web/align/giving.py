"""Pages on which a list is given, watched, and removed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from cmh_graph.api.representations import choose, refuse_unknown
from cmh_graph.errors import BadParameter, BodyTooLarge, CmhGraphError, NotAllowed, TooMany
from cmh_graph.visits.tokens import VisitId
from cmh_graph.visits.upload import receive, stored_name
from cmh_graph.web.align.door import KEEP_NOTHING, Door, see
from cmh_graph.web.align.lists import ListOf
from cmh_graph.web.assets import STATIC
from cmh_graph.web.pages.align import (
    SAMPLE,
    column_values,
    employer_types,
    progress_json,
    progress_values,
    start_values,
)
from cmh_graph.web.site import HTML

#: Lists that may be on their way at the same moment.
_MOST_UPLOADS: Final = 16
#: What is read and thrown away of a file that is too large, so that browsers wait for the answer.
_DRAINED: Final = 100_000_000  # bytes


class Giving:
    """What these addresses answer."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._uploads = 0

    async def start(self, request: Request) -> Response:
        refuse_unknown(request, ["removed", "over"])
        choose(request, (HTML,))
        if onward := self._door.onward(request):
            return onward
        visit = self._door.visit(request)
        held = self._door.tasks.list_of(visit) if visit else ListOf("none")
        values = start_values(self._door.framework, self._door.settings, held)
        values["removed"] = "removed" in request.query_params
        values["over"] = "over" in request.query_params and not visit
        return self._door.page(request, "align.html", values)

    async def give(self, request: Request) -> Response:
        refuse_unknown(request, [])
        self._door.gate.check_origin(request)
        placed: list[Path] = []
        known: list[VisitId] = []

        def place(fields: dict[str, str], name: str) -> Path:
            known.append(self._door.gate.check_token(request, fields.get("token", "")))
            placed.append(self._door.tasks.place(known[0], stored_name(name)))
            return placed[0]

        chosen = ""
        try:
            self._uploads += 1
            if self._uploads > _MOST_UPLOADS:
                raise TooMany("too many lists are being sent at this moment", mend="try again in a minute")
            found = await receive(request, place, most=self._door.settings.visit_bytes)
            # A form without a file was not looked at yet.
            visit_id = (
                known[0] if known else self._door.gate.check_token(request, found.fields.get("token", ""))
            )
            chosen = self._employer_type(found.fields)
            if found.path is None or not found.size:
                what = "the file is empty" if found.path else "no file was chosen"
                raise BadParameter(what, mend="choose a list of job titles, such as a workbook or a CSV file")
            await self._door.tasks.take(
                self._door.tasks.visits.begin(visit_id), found.path, found.name, chosen
            )
        except NotAllowed:
            raise
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except CmhGraphError as error:
            if isinstance(error, BodyTooLarge):
                await _drain(request)
            return self._told(request, error, chosen)
        finally:
            self._uploads -= 1
            for path in placed:
                shutil.rmtree(path.parent, ignore_errors=True)
        return see("/align/progress")

    async def give_sample(self, request: Request) -> Response:
        fields = await self._door.form(request)
        visit_id = self._door.gate.check_token(request, fields.get("token", ""))
        try:
            path = self._door.tasks.place(visit_id, SAMPLE)
            path.write_bytes((STATIC / SAMPLE).read_bytes())
            await self._door.tasks.take(self._door.tasks.visits.begin(visit_id), path, SAMPLE, "nhs-trust")
        except CmhGraphError as error:
            return self._told(request, error, "")
        finally:
            shutil.rmtree(path.parent, ignore_errors=True)
        return see("/align/progress")

    async def remove(self, request: Request) -> Response:
        fields = await self._door.form(request)
        visit_id = self._door.gate.check_token(request, fields.get("token", ""))
        visit = self._door.tasks.visits.find(visit_id)
        if visit is not None:
            await self._door.desk.run(lambda: self._door.tasks.visits.remove(visit))
        answer = see("/align?removed")
        self._door.gate.take(request, answer)
        return answer

    async def progress(self, request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        visit, held, away = self._door.held(request)
        if away:
            return away
        assert visit is not None
        if held.step not in ("waiting", "running", "broken-off"):
            return see({"asking": "/align/column", "done": "/align/review"}.get(held.step, "/align"))
        return self._door.page(request, "align_progress.html", progress_values(self._door.settings, held))

    async def progress_json(self, request: Request) -> Response:
        refuse_unknown(request, [])
        visit = self._door.visit(request)
        held = self._door.tasks.list_of(visit) if visit else ListOf("none")
        return Response(json.dumps(progress_json(held)), headers=KEEP_NOTHING, media_type="application/json")

    async def again(self, request: Request) -> Response:
        _, visit = await self._door.own(request)
        await self._door.tasks.again(visit)
        return see("/align/progress")

    async def column(self, request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        _, held, away = self._door.held(request)
        if away:
            return away
        if not held.outcome.get("choices"):
            return see("/align/progress")
        return self._door.page(request, "align_column.html", column_values(self._door.settings, held))

    async def choose_column(self, request: Request) -> Response:
        fields, visit = await self._door.own(request)
        sheet, _, column = fields.get("column", "").partition("-")
        if not (sheet.isascii() and sheet.isdigit() and column.isascii() and column.isdigit()):
            held = self._door.tasks.list_of(visit)
            if not held.outcome.get("choices"):
                return see("/align/progress")
            values = column_values(self._door.settings, held, "Choose the column that holds the job titles")
            return self._door.page(request, "align_column.html", values, 422)
        await self._door.tasks.choose_column(visit, int(sheet[:9]), int(column[:9]))
        return see("/align/progress")

    def _told(self, request: Request, error: CmhGraphError, chosen: str) -> Response:
        """What went wrong with a list, above the form to try again."""
        visit = self._door.visit(request)
        held = self._door.tasks.list_of(visit) if visit else ListOf("none")
        problem = {"what": error.what, "where": error.where, "mend": error.mend}
        values = start_values(self._door.framework, self._door.settings, held, chosen, problem)
        answer = self._door.page(request, "align.html", values, error.status)
        if seconds := getattr(error, "seconds", None):
            answer.headers["Retry-After"] = str(seconds)
        return answer

    def _employer_type(self, fields: Mapping[str, str]) -> str:
        chosen = fields.get("employer_type", "")
        if chosen and chosen not in employer_types(self._door.framework):
            raise BadParameter("this type of employer is not offered", mend="choose one from the list")
        return chosen


async def _drain(request: Request) -> None:
    """Read what is left of a body that is refused, as far as that is bearable: browsers show no answer before."""
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > _DRAINED:
                return
    except (RuntimeError, ClientDisconnect):
        return  # it was read to its end, or nobody sends any more
