"""Every refusal a route may give, for the document: problem+json with an example."""

from collections.abc import Mapping

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from springtide.platform.http import PROBLEM_JSON, PROBLEM_TYPES, Problem

_WORDS: Mapping[int, tuple[str, str, str]] = {
    400: ("bad_input", "The request is not valid", "The request cannot be understood or breaks a documented limit."),
    401: ("unauthenticated", "Sign in first", "Nobody is signed in, or the session or password is not valid."),
    403: ("forbidden", "Not allowed", "Signed in, but not allowed to do this."),
    404: ("not_found", "Not found", "There is no such thing, or it is not yours to see."),
    409: ("conflict", "The state has changed", "The state has moved on since you looked; facts say how."),
    413: ("too_large", "The body is too large", "A body has at most 64 KB."),
    415: ("unsupported_media_type", "The body has the wrong media type", "Bodies are application/json."),
    422: ("unprocessable", "Not possible", "Understood, but against a rule of the shop; code and facts say which."),
    429: ("too_many_requests", "Too many requests", "Throttled: come back after Retry-After seconds."),
    503: ("unavailable", "Not available right now", "No answer now. Repeat after Retry-After seconds."),
}
READING = (400, 404, 503)
WRITING = (400, 401, 404, 409, 413, 415, 422, 429, 503)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the documented refusals of a route."""
    return {status: _spec(status) for status in statuses}


def _spec(status: int) -> ResponseSpec:
    code, title, detail = _WORDS[status]
    example = Problem(type=PROBLEM_TYPES + code, title=title, status=status, detail=detail, code=code)
    return ResponseSpec(
        data_container=Problem,
        generate_examples=False,
        description=detail,
        media_type=PROBLEM_JSON,
        examples=[Example(id=code, summary=title, value=example)],
    )


def example(value: object, summary: str = "Example") -> list[Example]:
    """Return one example for a body or an answer."""
    return [Example(id="example", summary=summary, value=value)]
