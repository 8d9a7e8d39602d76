"""Tools: functions that the model may call, and how a call is carried out."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from pysession.sessions.errors import SessionError
from pysession.sessions.messages import Content, function_result

if TYPE_CHECKING:
    from pysession.sessions.session import Session

Approval = Literal["never_require", "always_require"]

_REFUSED = "Error: Tool call invocation was rejected by user."
_NOT_FOUND = 'Error: Requested function "{}" not found.'
_BAD_ARGUMENTS = "Error: Argument parsing failed."
_FAILED = "Error: Function failed."
"""The framework's own words (agent-framework-core 1.23.0): they are in the stored sessions."""


class ToolError(SessionError, ValueError):
    """A function cannot be a tool, or two tools have one name."""


class ToolContext(msgspec.Struct, frozen=True):
    """What a tool may ask for by a parameter of this type: the session of the run, and the call it answers."""

    session: Session
    call: Content


class Tool:
    """A function with what the model is told of it. ``approval_mode="always_require"``: a person is asked first."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        approval_mode: Approval = "never_require",
    ) -> None:
        """
        Raises:
            ToolError: ``function`` is not callable, or has a parameter that cannot be told of.
        """
        if not callable(function):
            raise ToolError(f"a tool is a function; this is {type(function).__name__}")
        self.function = function
        self.name: str = name or getattr(function, "__name__", None) or type(function).__name__
        self.description = description if description is not None else inspect.getdoc(function) or ""
        self.approval_mode: Approval = approval_mode
        self._context, self._model = _arguments(function, self.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def takes_context(self) -> bool:
        """Whether it asks for the session."""
        return self._context is not None

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        return self._model.model_json_schema()  # type: ignore[no-any-return]

    async def invoke(self, call: Content, session: Session) -> Content:
        """The result of ``call``; what goes wrong is a result too, since the model has to be told."""
        from pydantic import ValidationError

        try:
            given = self._model.model_validate(_given(call.get("arguments")))
        except (ValidationError, ValueError, TypeError):
            return function_result(call, _BAD_ARGUMENTS, failed=True)
        arguments = {name: getattr(given, name) for name in self._model.model_fields}
        if self._context is not None:
            arguments[self._context] = ToolContext(session, call)
        try:
            if inspect.iscoroutinefunction(self.function):
                found = await self.function(**arguments)
            else:
                found = await asyncio.to_thread(self.function, **arguments)
                if inspect.isawaitable(found):
                    found = await found
            return function_result(call, _as_text(found))
        except Exception:  # the tool is the application's, and may raise anything
            return function_result(call, _FAILED, failed=True)


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...


@overload
def tool(
    *, name: str | None = None, description: str | None = None, approval_mode: Approval = "never_require"
) -> Callable[[Callable[..., Any]], Tool]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    approval_mode: Approval = "never_require",
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function, as a decorator with or without arguments."""
    if function is not None:
        return Tool(function)
    return lambda found: Tool(found, name=name, description=description, approval_mode=approval_mode)


def as_tool(found: Any) -> Tool:
    """A tool of a tool or of a plain function."""
    return found if isinstance(found, Tool) else Tool(found)


def by_name(tools: list[Tool]) -> dict[str, Tool]:
    """Raises ToolError: two have the same name."""
    found: dict[str, Tool] = {}
    for one in tools:
        if one.name in found:
            raise ToolError(f"two tools have the name {one.name!r}, and the model could not say which it calls")
        found[one.name] = one
    return found


def refused(call: Content) -> Content:
    """The result of a call that a person did not allow."""
    return function_result(call, _REFUSED)


def not_found(call: Content) -> Content:
    """The result of a call of a tool that the agent has not."""
    # The one result that the framework gives no id of its own.
    found = function_result(call, _NOT_FOUND.format(call.get("name")), failed=True)
    found.pop("id", None)
    return found


def _arguments(function: Callable[..., Any], name: str) -> tuple[str | None, Any]:
    """The parameter for the context, if there is one, and the model of the others."""
    from pydantic import create_model
    from pydantic.errors import PydanticUserError

    context: str | None = None
    fields: dict[str, Any] = {}
    try:
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            if parameter.annotation is ToolContext:
                context = parameter.name
            elif parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                kind = Any if parameter.annotation is parameter.empty else parameter.annotation
                fields[parameter.name] = (kind, ... if parameter.default is parameter.empty else parameter.default)
        return context, create_model(f"{name}_input", **fields)
    except (NameError, TypeError, ValueError, PydanticUserError) as error:
        raise ToolError(f"the parameters of {name} cannot be told to a model: {error}") from error


def _given(arguments: Any) -> dict[str, Any]:
    found = json.loads(arguments) if isinstance(arguments, str) and arguments else arguments
    if found is None or found == "":
        return {}
    if not isinstance(found, Mapping):
        raise TypeError("arguments are not an object")
    return dict(found)


def _as_text(found: Any) -> str:
    if found is None or isinstance(found, str):
        return found or ""
    from pydantic_core import to_jsonable_python

    # What has no JSON form raises, and so is a failure: it is never stored as str() of it.
    return json.dumps(to_jsonable_python(found))
