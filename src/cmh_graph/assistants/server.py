"""The tools, texts and prompts, spoken by the official protocol package over the standard streams."""

from __future__ import annotations

import inspect
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import anyio.to_thread
import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from cmh_graph import __version__
from cmh_graph.api.problems import from_error
from cmh_graph.assistants import asking, catalogue, reading, titles, ways
from cmh_graph.assistants.envelope import enclose, output_schema
from cmh_graph.assistants.tool import Found, Tool
from cmh_graph.errors import CmhGraphError, NoSnapshot, TooMany
from cmh_graph.framework import Framework
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool
from cmh_graph.versions import Releases
from cmh_graph.versions.places import FOLDER

NAME: Final = "cmh-graph"
INSTRUCTIONS: Final = """\
Roles, skills, values, pay bands, qualifications and career pathways of community mental health work in
England, as an open graph. Begin with search to find keys; then show_thing, show_gap, list_progressions,
compare_roles or ask_question. Use sparql only where none of these fits. Every answer says who says each
statement: status seed, public, inferred or confirmed, with sources beside it. When you repeat an inferred
statement, say that it is this project's judgement. Pass on remarks that are doubts. If left_out is not
empty, the answer is not whole. What no tool gave is not in the graph: say so instead of guessing. Never ask
people about their health or lived experience."""
#: Calls that may be open at the same time.
MOST_AT_ONCE: Final = 16
#: An answer larger than this is no use to an assistant.
_MOST_BYTES: Final = 4_000_000
_READ_ONLY: Final = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

_log = logging.getLogger(__name__)


def tools_over(framework: Framework, pool: Any) -> dict[str, Tool]:
    """Every tool by name. pool: gives the query processes, once they run."""
    made = [
        *catalogue.tools(framework),
        *ways.tools(framework),
        *titles.tools(framework),
        *asking.tools(framework, pool),
    ]
    return {one.name: one for one in made}


class Assistants:
    """One conversation over a framework: its tools, its query processes, and how many calls it may have open."""

    def __init__(self, framework: Framework, settings: Settings) -> None:
        self._framework = framework
        self._settings = settings.model_copy(
            update={"query_workers": 1, "query_bytes": min(settings.query_bytes, _MOST_BYTES)}
        )
        releases = Releases(settings.home / FOLDER)
        self._release = releases.name_of(framework.version, framework.snapshot)
        self._pool: QueryPool | None = None
        self._open = 0
        self.tools: Final = tools_over(framework, self._running_pool)

    def _running_pool(self) -> QueryPool:
        if self._pool is None:
            raise NoSnapshot("the query processes are not running", mend="start cmh-graph mcp again")
        return self._pool

    def server(self) -> Server[Any]:
        """The server of the protocol package over all this."""
        return Server(
            NAME,
            version=__version__,
            title="Community mental health roles, skills and careers",
            instructions=INSTRUCTIONS,
            lifespan=self._lifespan,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Server[Any]) -> AsyncIterator[None]:
        pool = open_pool(self._framework.path, self._settings)
        await pool.start()
        self._pool, self._threads = pool, anyio.CapacityLimiter(1)
        try:
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """End the query processes; calls that still run are refused."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _list_tools(self, *_: Any) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=one.name,
                    title=one.title,
                    description=one.description,
                    input_schema=one.input_schema,
                    output_schema=output_schema(one.gives),
                    annotations=_READ_ONLY,
                )
                for one in self.tools.values()
            ]
        )

    async def _call_tool(
        self, _: ServerRequestContext[Any], asked: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = self.tools.get(asked.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool called {asked.name[:50]!r}")
        try:
            answer = await self.call(tool, asked.arguments or {})
        except CmhGraphError as error:
            return _refused(error)
        except Exception:
            # The traceback is for the log; the caller learns only that it was not their fault.
            _log.exception("%s failed", tool.name)
            return _refused(
                CmhGraphError("something went wrong on our side", mend="try again, or ask otherwise")
            )
        written = json.dumps(answer, ensure_ascii=False)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=written)], structured_content=answer
        )

    async def call(self, tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer of a tool. Raises CmhGraphError and its kinds."""
        if self._open >= MOST_AT_ONCE:
            error = TooMany(f"{MOST_AT_ONCE} calls wait already", mend="wait for their answers")
            raise error
        self._open += 1
        try:
            found = await self._run(tool, tool.read(given))
            return await anyio.to_thread.run_sync(
                enclose, self._framework, self._release, found, limiter=self._threads
            )
        finally:
            self._open -= 1

    async def _run(self, tool: Tool, arguments: Any) -> Found:
        if inspect.iscoroutinefunction(tool.run):
            found: Found = await tool.run(arguments)
            return found
        # One at a time: these compute, and two would only take turns.
        made: Any = await anyio.to_thread.run_sync(tool.run, arguments, limiter=self._threads)
        result: Found = made
        return result

    async def _list_resources(self, *_: Any) -> types.ListResourcesResult:
        found = reading.texts(self._framework)
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=one.uri, name=one.name, description=one.description, mime_type=one.media_type
                )
                for one in found
            ]
        )

    async def _list_templates(self, *_: Any) -> types.ListResourceTemplatesResult:
        role = types.ResourceTemplate(
            uri_template=reading.ROLE + "{key}",
            name="A role",
            description="what a role is and asks for, by its key, with sources",
            mime_type=reading.MARKDOWN,
        )
        return types.ListResourceTemplatesResult(resource_templates=[role])

    async def _read_resource(
        self, _: ServerRequestContext[Any], asked: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(asked.uri)
        try:
            written, media_type = await anyio.to_thread.run_sync(
                reading.read_text, self._framework, uri, limiter=self._threads
            )
        except CmhGraphError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=uri, mime_type=media_type, text=written)]
        )

    async def _list_prompts(self, *_: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(
                    name=one.name,
                    title=one.title,
                    description=one.description,
                    arguments=[
                        types.PromptArgument(name=name, description=about, required=True)
                        for name, about in one.arguments.items()
                    ],
                )
                for one in reading.PROMPTS.values()
            ]
        )

    async def _get_prompt(
        self, _: ServerRequestContext[Any], asked: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        try:
            written = reading.write_prompt(asked.name, asked.arguments or {})
        except CmhGraphError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=written))
        return types.GetPromptResult(description=reading.PROMPTS[asked.name].title, messages=[message])


def _refused(error: CmhGraphError) -> types.CallToolResult:
    """An error as the API tells it, for the model to mend its call."""
    body = bytes(from_error(error).body).decode()
    return types.CallToolResult(content=[types.TextContent(type="text", text=body)], is_error=True)


async def _end_on_interrupt(made: Assistants) -> None:
    with anyio.open_signal_receiver(signal.SIGINT) as signals:
        async for number in signals:
            await made.close()
            # The thread that reads waits for a line that may never come, and would keep the process from ending.
            os._exit(128 + number)


def serve(framework: Framework, settings: Settings) -> None:
    """Speak over the standard streams until the other side closes them."""

    async def speak() -> None:
        made = Assistants(framework, settings)
        server = made.server()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_end_on_interrupt, made)
            async with stdio_server() as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())
            tasks.cancel_scope.cancel()

    anyio.run(speak)
