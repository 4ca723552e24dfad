"""Contract calls: local when the context lives in this process, NATS request/reply otherwise. Callers cannot tell.

A contract is a Protocol whose methods are `async def verb(self, *, caller: Caller, ...) -> Reply`, every argument
keyword-only and a msgspec type. Refusals cross the wire by code and come out as the same class.
"""

import asyncio
import inspect
import time
from collections.abc import Callable, Hashable, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any, Generic, TypeVar, cast, get_type_hints

import msgspec

from springtide.platform import tracing
from springtide.platform.bus import MAX_PAYLOAD_BYTES, Bus, PayloadTooLarge
from springtide.platform.db import transaction_is_open
from springtide.platform.errors import (
    BadInput,
    DeadlineExceeded,
    Facts,
    Refusal,
    Unavailable,
    refusal_from,
    unavailable_from,
)
from springtide.platform.failpoints import failpoint
from springtide.platform.gate import Gate
from springtide.platform.promise import is_always_answered
from springtide.platform.telemetry import RPC_SECONDS, current_trace, logger, observe, set_trace

DEFAULT_TIMEOUT_S = 12.0  # the setting call_timeout_s has the last word

Api = TypeVar("Api")
log = logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_deadline: ContextVar[float | None] = ContextVar("springtide_deadline", default=None)


class CalledInsideTransaction(RuntimeError):
    """A contract was called while a transaction was open: locks would be held across a call to the outside."""


class MethodUnknown(Unavailable):
    """The process that answered is of a release without this method: a newer one may answer later; facts: method."""

    code = "method_unknown"
    title = "Not available in this release yet"


class NotUnderstood(Unavailable):
    """A message of another release cannot be read here: once both sides are of one release it can; facts: method."""

    code = "not_understood"
    title = "Not available in this release yet"


class _Failure(msgspec.Struct, frozen=True):
    """How a refusal or an unavailability travels."""

    code: str
    detail: str
    facts: Facts
    retry_after_s: int = 0


class Method:
    """One verb of a contract: how its arguments and reply are encoded, and whether no limit or switch may refuse it."""

    def __init__(
        self,
        name: str,
        arguments: type[msgspec.Struct],
        reply: Any,  # noqa: ANN401 - any type a contract may answer with
        *,
        always_answered: bool = False,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.reply = reply
        self.always_answered = always_answered
        self.read_arguments = msgspec.msgpack.Decoder(arguments).decode  # made once: a decoder works out its type
        self.read_reply = msgspec.msgpack.Decoder(reply).decode


class Contract(Generic[Api]):
    """A Protocol seen as a table of methods."""

    def __init__(self, context: str, api: type[Api]) -> None:
        self.context = context
        self.api = api
        self.methods = dict(_methods(cast("Hashable", api)))


@cache  # a process builds the same contract for each side of a call, and working out its types takes a millisecond
def _methods(api: type[Any]) -> Mapping[str, Method]:
    return {
        name: _method(name, function)
        for name, function in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_")
    }


def _method(name: str, function: Callable[..., Any]) -> Method:
    hints = get_type_hints(function)
    parameters = [
        parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != "self"
    ]
    if any(parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters):
        msg = f"{name}: every argument of a contract method is keyword-only"
        raise TypeError(msg)
    fields = [
        (parameter.name, hints[parameter.name])
        if parameter.default is parameter.empty
        else (parameter.name, hints[parameter.name], parameter.default)
        for parameter in parameters
    ]
    arguments = msgspec.defstruct(f"{name}_arguments", fields, kw_only=True, frozen=True)
    return Method(name, arguments, hints["return"], always_answered=is_always_answered(function))


class _Proxy:
    """Base of both ways to call: turns `proxy.verb(...)` into `_call(method, arguments)`."""

    _verb = ""
    _kind: tracing.Kind = "internal"

    def __init__(self, contract: Contract[Any], gate: Gate | None) -> None:
        self._context = contract.context
        self._side = (gate or Gate()).making
        for method in contract.methods.values():
            setattr(self, method.name, self._bound(contract.context, method))

    def _bound(self, context: str, method: Method) -> Callable[..., Any]:
        name, always, side = f"{context}.{method.name}", method.always_answered, self._side

        async def call(**arguments: Any) -> Any:  # noqa: ANN401 - typed by the Protocol the proxy is cast to
            if transaction_is_open():
                msg = f"{method.name} was called while a transaction is open"
                raise CalledInsideTransaction(msg)
            counts = not always and side.enter(name)  # spelled out: `with` costs more than all the rest
            try:
                if not tracing.is_picked(current_trace()):
                    return await self._call(method, arguments)
                with tracing.span(self._verb + name, kind=self._kind):
                    return await self._call(method, arguments)
            finally:
                if counts:
                    side.leave(name)

        return call

    async def _call(self, method: Method, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - see above
        raise NotImplementedError


class _Local(_Proxy):
    def __init__(
        self, contract: Contract[Any], implementation: object, *, through_wire: bool, gate: Gate | None
    ) -> None:
        super().__init__(contract, gate)
        self._implementation = implementation
        self._through_wire = through_wire

    async def _call(self, method: Method, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - see above
        verb = getattr(self._implementation, method.name)
        failpoint(f"{self._context}.{method.name}.before")
        started = time.perf_counter()
        outcome = "ok"
        try:
            if not self._through_wire:
                reply = await verb(**arguments)
                failpoint(f"{self._context}.{method.name}.after")
                return reply
            sent = _limited(method.name, _sendable(method, arguments))
            received = method.read_arguments(sent)
            reply = await verb(**_as_keywords(received))
            failpoint(f"{self._context}.{method.name}.after")
            return method.read_reply(_limited(method.name, _encode(reply)))
        except Refusal as error:
            outcome = error.code
            if not self._through_wire:
                raise
            failure = msgspec.msgpack.decode(_failure(error.code, error.detail, error.facts), type=_Failure)
            raise refusal_from(failure.code, failure.detail, failure.facts) from error
        except Unavailable as error:
            outcome = error.code
            raise
        finally:
            observe(RPC_SECONDS, time.perf_counter() - started, self._context, method.name, outcome)


class _Remote(_Proxy):
    _verb = "ask "
    _kind: tracing.Kind = "client"

    def __init__(self, contract: Contract[Any], bus: Bus, *, timeout_s: float, gate: Gate | None) -> None:
        super().__init__(contract, gate)
        self._bus = bus
        self._timeout_s = timeout_s

    async def _call(self, method: Method, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - see above
        timeout_s = _time_left(self._timeout_s)
        headers = {"deadline-ms": str(int(timeout_s * 1000)), "traceparent": current_trace() or "-"}
        body = _sendable(method, arguments)
        answer = await self._bus.call(self._context, method.name, body, headers, timeout_s=timeout_s)
        failpoint(f"{self._context}.{method.name}.answered")
        status = answer.headers.get("status", "")
        if status == "ok":
            return self._read(method, answer.data)
        failure = msgspec.msgpack.decode(answer.data, type=_Failure)
        if status == "refused":
            raise refusal_from(failure.code, failure.detail, failure.facts)
        raise unavailable_from(failure.code, failure.detail, failure.facts, failure.retry_after_s or 2)

    def _read(self, method: Method, answer: bytes) -> Any:  # noqa: ANN401 - see above
        try:
            return method.read_reply(answer)
        except msgspec.DecodeError as error:
            name = f"{self._context}.{method.name}"
            log.warning("rpc.answer_not_understood", method=name, error=str(error))
            msg = f"The answer of {name}: {error}"
            raise NotUnderstood(msg, method=name) from error


def _time_left(timeout_s: float) -> float:
    deadline = _deadline.get()
    if deadline is None:
        return timeout_s
    left = deadline - time.monotonic()
    if left <= 0:
        msg = "The deadline of the whole request has passed."
        raise DeadlineExceeded(msg)
    return min(left, timeout_s)


def local(contract: Contract[Api], implementation: Api, *, through_wire: bool = False, gate: Gate | None = None) -> Api:
    """Return a caller for a context in this process. `through_wire` encodes and decodes every call (tests)."""
    return cast("Api", _Local(contract, implementation, through_wire=through_wire, gate=gate))


def remote(contract: Contract[Api], bus: Bus, *, timeout_s: float = DEFAULT_TIMEOUT_S, gate: Gate | None = None) -> Api:
    """Return a caller for a context elsewhere; each call waits at most `timeout_s` seconds."""
    return cast("Api", _Remote(contract, bus, timeout_s=timeout_s, gate=gate))


class Server:
    """Answers the calls of one contract; hand `handle` to `Bus.serving`."""

    def __init__(self, contract: Contract[Any], implementation: object, *, gate: Gate | None = None) -> None:
        self._contract = contract
        self._implementation = implementation
        self._passing = (gate or Gate()).answering.passing

    async def handle(self, method_name: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """Decode, call, encode. Never raises: whatever happens becomes an answer."""
        started = time.perf_counter()
        status, outcome, answer = await self._answer(method_name, body, headers)
        known = method_name if method_name in self._contract.methods else "unknown"
        observe(RPC_SECONDS, time.perf_counter() - started, self._contract.context, known, outcome)
        return answer, {"status": status}

    async def _answer(self, method_name: str, body: bytes, headers: dict[str, str]) -> tuple[str, str, bytes]:
        """Return status and outcome (the code of a refusal) and the encoded answer."""
        try:
            method = self._method(method_name)
            with self._passing(f"{self._contract.context}.{method_name}", always=method.always_answered):
                reply = await self._run(method, body, headers)
            encoded = _limited(method_name, _encode(reply))
        except Refusal as refusal:
            return "refused", refusal.code, _failure(refusal.code, refusal.detail, refusal.facts)
        except Unavailable as error:
            return "unavailable", error.code, _failure(error.code, error.detail, error.facts, error.retry_after_s)
        except PayloadTooLarge as error:
            log.error("rpc.too_large", context=self._contract.context, method=method_name)  # noqa: TRY400 - no trace
            return "unavailable", "too_large", _failure("too_large", f"{error}: the answer is too large to travel.", {})
        except Exception:
            log.exception("rpc.failed", context=self._contract.context, method=method_name)
            return "unavailable", "internal", _failure("internal", f"{self._contract.context} failed.", {}, 2)
        return "ok", "ok", encoded

    def _method(self, name: str) -> Method:
        method = self._contract.methods.get(name)
        if method is None:
            msg = f"{self._contract.context} has no method {name}."
            raise MethodUnknown(msg, method=f"{self._contract.context}.{name}")
        return method

    def _not_understood(self, method: Method, error: Exception) -> NotUnderstood:
        name = f"{self._contract.context}.{method.name}"
        log.warning("rpc.not_understood", method=name, error=str(error))
        return NotUnderstood(f"{name}: {error}", method=name)

    async def _run(self, method: Method, body: bytes, headers: dict[str, str]) -> Any:  # noqa: ANN401 - any reply
        try:
            arguments = method.read_arguments(body)
        except msgspec.DecodeError as error:
            raise self._not_understood(method, error) from error
        timeout_s = int(headers.get("deadline-ms", "8000")) / 1000
        set_trace(headers.get("traceparent", "").strip("-"))
        _deadline.set(time.monotonic() + timeout_s)
        name = f"{self._contract.context}.{method.name}" if tracing.is_on() else ""
        try:
            with tracing.span(name, kind="server"):
                return await self._in_time(method, arguments, timeout_s)
        except TimeoutError as error:
            raise DeadlineExceeded from error

    async def _in_time(self, method: Method, arguments: msgspec.Struct, timeout_s: float) -> Any:  # noqa: ANN401 - any reply
        async with asyncio.timeout(timeout_s):
            failpoint(f"{self._contract.context}.{method.name}.before")
            reply = await getattr(self._implementation, method.name)(**_as_keywords(arguments))
            failpoint(f"{self._contract.context}.{method.name}.after")
            return reply


def _sendable(method: Method, arguments: dict[str, Any]) -> bytes:
    try:
        return _encode(method.arguments(**arguments))
    except OverflowError as error:
        msg = "A number in it is too large."
        raise BadInput(msg) from error


def _limited(what: str, encoded: bytes) -> bytes:
    if len(encoded) > MAX_PAYLOAD_BYTES:
        raise PayloadTooLarge(what)
    return encoded


def _failure(code: str, detail: str, facts: Facts, retry_after_s: int = 0) -> bytes:
    return msgspec.msgpack.encode(_Failure(code, detail, facts, retry_after_s))


def _as_keywords(arguments: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in arguments.__struct_fields__}
