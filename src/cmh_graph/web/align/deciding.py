"""Pages on which titles are decided, and the results taken away."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from cmh_graph.api.bodies import read_form
from cmh_graph.api.parameters import one_value
from cmh_graph.api.representations import choose, refuse_unknown
from cmh_graph.errors import BadParameter, Conflict
from cmh_graph.web.align.door import KEEP_NOTHING, LONGEST_FORM, Door, see
from cmh_graph.web.align.results import saved_name, write_result
from cmh_graph.web.align.reviewing import Review, Which
from cmh_graph.web.pages.align import results_values
from cmh_graph.web.pages.align_review import PER_PAGE, SHOWS, review_values, sure_values
from cmh_graph.web.site import HTML

#: What came of the last form, told once.
_NOTICE: Final = "notice.json"


class Deciding:
    """What these addresses answer."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def review(self, request: Request) -> Response:
        refuse_unknown(request, ["show", "page"])
        choose(request, (HTML,))
        visit, held, away = self._door.held(request)
        if away:
            return away
        if held.step != "done" or visit is None:
            return see("/align/progress")
        show, page = _show(one_value(request, "show") or ""), _page(one_value(request, "page") or "")
        notice = visit.read(_NOTICE)
        visit.drop(_NOTICE)

        def values(review: Review) -> dict[str, Any]:
            return review_values(self._door.settings, held, review, show, page, notice)

        return self._door.page(request, "align_review.html", await self._door.reviewed(visit, values))

    async def decide(self, request: Request) -> Response:
        fields, visit = await self._door.own(request)
        show, name = _show(fields.get("show", "")), fields.get("group", "")
        do, _, role = fields.get("do", "").partition(":")
        relation, reason = fields.get("relation", ""), fields.get("reason", "")

        def act(review: Review) -> tuple[dict[str, Any], int]:
            before = [one.name for one in review.groups(show)] if show not in ("decided", "none") else []
            index = before.index(name) if name in before else 0
            try:
                said = _act(review, do, name, role, relation, reason, fields.get("other", ""))
            except (BadParameter, Conflict) as error:
                kind = "gone" if isinstance(error, Conflict) else "problem"
                told = {"kind": kind, "said": error.what, "mend": error.mend}
                told["group"] = name if kind == "problem" else ""
                return {**told, "other": fields.get("other", "")[:200]}, index
            after = review.groups(show)
            following = after[min(index, len(after) - 1)].name if after else ""
            return {"kind": "done", "said": said, "group": following}, min(index, max(0, len(after) - 1))

        notice, index = await self._door.reviewed(visit, act)
        visit.write(_NOTICE, notice)
        anchor = f"#g-{notice['group']}" if notice["group"] and notice["kind"] != "problem" else ""
        return see(f"/align/review?show={show}&page={index // PER_PAGE + 1}{anchor}")

    async def undo(self, request: Request) -> Response:
        _, visit = await self._door.own(request)

        def act(review: Review) -> dict[str, Any]:
            title = review.undo()
            if not title:
                return {"kind": "gone", "said": "there is nothing to undo", "mend": "", "group": ""}
            place = next(
                (one.name for one in review.groups() if any(title == said for _, said in one.waiting.titles)),
                "",
            )
            return {"kind": "done", "said": f"Undone: {title}", "group": place}

        notice = await self._door.reviewed(visit, act)
        visit.write(_NOTICE, notice)
        page = await self._door.reviewed(visit, lambda review: _page_of(review, notice["group"]))
        return see(f"/align/review?page={page}" + (f"#g-{notice['group']}" if notice["group"] else ""))

    async def ask_again(self, request: Request) -> Response:
        fields, visit = await self._door.own(request)
        show = _show(fields.get("show", ""))

        def act(review: Review) -> dict[str, Any]:
            try:
                found = review.ask_again(fields.get("group", ""))
            except Conflict:
                said = "these titles are not decided, or were decided otherwise in another window"
                return {"kind": "gone", "said": said, "mend": "", "group": ""}
            return {"kind": "done", "said": f"Asked again: {_titles(found.titles)}", "group": ""}

        visit.write(_NOTICE, await self._door.reviewed(visit, act))
        return see(f"/align/review?show={show}")

    async def take_up(self, request: Request) -> Response:
        _, visit = await self._door.own(request)
        await self._door.reviewed(visit, lambda review: review.take_up())
        return see("/align/review")

    async def sure(self, request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        visit, held, away = self._door.held(request)
        if away:
            return away
        if held.step != "done" or visit is None:
            return see("/align/progress")
        values = await self._door.reviewed(
            visit, lambda review: sure_values(self._door.settings, held, review)
        )
        return (
            self._door.page(request, "align_sure.html", values) if values["groups"] else see("/align/review")
        )

    async def accept_sure(self, request: Request) -> Response:
        refuse_unknown(request, [])
        self._door.gate.check_origin(request)
        pairs = await read_form(request, LONGEST_FORM)
        visit = self._door.own_visit(request, dict(pairs))
        names = [value for name, value in pairs if name == "group"]

        def act(review: Review) -> dict[str, Any]:
            groups, titles = review.accept_sure(names)
            if not groups:
                return {
                    "kind": "gone",
                    "said": "nothing was accepted",
                    "mend": "tick at least one",
                    "group": "",
                }
            said = f"Accepted together: {groups:,} question{_s(groups)}, {titles:,} title{_s(titles)}"
            return {"kind": "done", "said": said, "group": ""}

        visit.write(_NOTICE, await self._door.reviewed(visit, act))
        return see("/align/review")

    async def results(self, request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        visit, held, away = self._door.held(request)
        if away:
            return away
        if held.step != "done" or visit is None:
            return see("/align/progress")
        counts = await self._door.reviewed(visit, lambda review: review.counts())
        return self._door.page(
            request, "align_results.html", results_values(self._door.settings, held, counts)
        )

    async def result(self, request: Request, name: str) -> Response:
        refuse_unknown(request, [])
        visit, held, away = self._door.held(request)
        if away:
            return away
        assert visit is not None

        # A decision puts a whole file in the place of the old one, so nobody need wait for anybody.
        result, data = await self._door.desk.run(
            lambda: write_result(visit, held, name, self._door.tasks.targets)
        )
        headers = {
            **KEEP_NOTHING,
            "Content-Disposition": f'attachment; filename="{saved_name(held, result)}"',
            # Opened from the disk or here: nothing in it may run or load.
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "X-Frame-Options": "DENY",
        }
        return Response(data, headers=headers, media_type=result.media_type)


def _act(review: Review, do: str, name: str, role: str, relation: str, reason: str, other: str) -> str:
    """Do what a button says; gives what was done, in words."""
    if do == "other":
        group, label = review.accept_other(name, other, relation, reason)
        return f"Accepted: {_titles(group.waiting.titles)} is {label}"
    if do in ("accept", "reject") and role:
        group = review.decide(name, "accept" if do == "accept" else "reject", role, relation, reason)
        label = next((one.name for one in group.waiting.choices if one.target.endswith(f"/{role}")), role)
        verb = "Accepted: {} is {}" if do == "accept" else "Rejected: {} is not {}"
        return verb.format(_titles(group.waiting.titles), label)
    if do == "none":
        return f"No role fits: {_titles(review.decide(name, 'none', reason=reason).waiting.titles)}"
    if do == "later":
        return f"For later: {_titles(review.put_off(name).waiting.titles)}"
    if do == "part":
        count = len(review.part(name).waiting.titles)
        return f"Parted: {count} title{_s(count)}, each asked by itself now"
    raise BadParameter("the form asks for nothing that can be done", mend="use the buttons of the page")


def _titles(titles: tuple[tuple[str, str], ...]) -> str:
    more = len(titles) - 1
    return f"“{titles[0][1]}”" + (f" and {more:,} more" if more else "")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _show(text: str) -> Which:
    found: Which = next((key for key in SHOWS if key == text), "waiting")
    return found


def _page(text: str) -> int:
    return int(text[:6]) if text.isascii() and text.isdigit() else 1


def _page_of(review: Review, name: str) -> int:
    names = [one.name for one in review.groups()]
    return (names.index(name) if name in names else 0) // PER_PAGE + 1
