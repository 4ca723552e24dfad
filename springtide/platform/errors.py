"""The error tree every refusal hangs on.

    SpringtideError
    ├── Refusal                      a final answer: nothing was changed, asking again gives the same answer
    │   ├── BadInput          400    the request cannot be understood or breaks a documented limit
    │   ├── Unauthenticated   401    nobody is signed in, or the token is not valid
    │   ├── Forbidden         403    signed in, but not allowed
    │   ├── NotFound          404    no such thing, or not yours to see
    │   ├── Conflict          409    true when sent, not any more: the state has moved on
    │   ├── Unprocessable     422    understood, but against a rule of the business
    │   │   └── KeyReused     422    the idempotency key was used before with another body
    │   └── TooMany           429    throttled; `retry_after_s` says when to come back
    └── Unavailable           503    no answer now; nothing is known to have changed; `retry_after_s`: when to ask again
        └── DeadlineExceeded  503    the work may still be going on: repeat with the same key

Contexts subclass the leaf that fits and set `code`. Codes are public: they never change their meaning.
"""

from typing import Any, ClassVar

Facts = dict[str, Any]

_by_code: dict[str, type["Refusal"]] = {}
_unavailable_by_code: dict[str, type["Unavailable"]] = {}


class SpringtideError(Exception):
    """Base of everything Springtide raises on purpose."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", **facts: Any) -> None:  # noqa: ANN401 - facts are JSON values of any kind
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts: Facts = facts


class Refusal(SpringtideError):
    """A final, typed no. `detail` is for people, `code` for programs, `facts` name what is wrong (JSON values only)."""

    code = "refused"
    status = 422
    title = "The request was refused"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            known = _by_code.setdefault(cls.code, cls)
            if known is not cls and known.__qualname__ != cls.__qualname__:
                msg = f"code {cls.code!r} belongs to {known.__qualname__} already"
                raise TypeError(msg)
            _by_code[cls.code] = cls


class BadInput(Refusal):
    """The request cannot be understood, or breaks a documented limit."""

    code = "bad_input"
    status = 400
    title = "The request is not valid"


class Unauthenticated(Refusal):
    """Nobody is signed in, or the token is not valid."""

    code = "unauthenticated"
    status = 401
    title = "Sign in first"


class Forbidden(Refusal):
    """Signed in, but not allowed to do this."""

    code = "forbidden"
    status = 403
    title = "Not allowed"


class NotFound(Refusal):
    """No such thing, or not yours to see: the two are not told apart."""

    code = "not_found"
    status = 404
    title = "Not found"


class Conflict(Refusal):
    """The state has moved on since the caller looked."""

    code = "conflict"
    status = 409
    title = "The state has changed"


class Unprocessable(Refusal):
    """Understood, but against a rule of the business."""

    code = "unprocessable"
    status = 422
    title = "Not possible"


class KeyReused(Unprocessable):
    """The idempotency key was used before with another body."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class TooMany(Refusal):
    """Throttled. `retry_after_s` (whole seconds) says when to come back."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        super().__init__(detail, retry_after_s=retry_after_s, **facts)
        self.retry_after_s = retry_after_s


class Unavailable(SpringtideError):
    """No answer now; nothing is known to have changed. Repeat with the same key after `retry_after_s` seconds."""

    code = "unavailable"
    status = 503
    title = "Not available right now"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            _unavailable_by_code[cls.code] = cls

    def __init__(self, detail: str = "", *, retry_after_s: int = 2, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        super().__init__(detail, **facts)
        self.retry_after_s = retry_after_s


class DeadlineExceeded(Unavailable):
    """The work may still be going on: repeat with the same key to learn the outcome."""

    code = "deadline_exceeded"
    title = "This takes longer than expected"


def unavailable_from(code: str, detail: str, facts: Facts, retry_after_s: int) -> Unavailable:
    """Rebuild an `Unavailable` that crossed a wire; a class that this process does not know keeps its code."""
    error = _unavailable_by_code.get(code, Unavailable)(detail, retry_after_s=retry_after_s, **facts)
    error.code = code  # type: ignore[misc]  # as with refusals: the code is public, the class may not be here
    return error


def refusal_from(code: str, detail: str, facts: Facts) -> Refusal:
    """Rebuild a refusal that crossed a wire. An unknown code (a newer neighbour) keeps its code, detail and facts."""
    cls = _by_code.get(code)
    if cls is None:
        unknown = Refusal(detail, **facts)
        unknown.code = code  # type: ignore[misc]  # a newer neighbour's code must survive on this instance
        return unknown
    if issubclass(cls, TooMany):
        return cls(detail, **facts)
    refusal = cls.__new__(cls)
    Refusal.__init__(refusal, detail, **facts)
    return refusal
