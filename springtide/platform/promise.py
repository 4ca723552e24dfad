"""What the published language says of a verb besides its signature."""

from collections.abc import Callable
from typing import Any, TypeVar

Verb = TypeVar("Verb", bound=Callable[..., Any])
_MARK = "__springtide_always_answered__"


def always_answered(verb: Verb) -> Verb:
    """Mark a verb that no limit and no kill switch may ever refuse: when it is called, money or goods may hang on it.

    The rule: a payment may have been taken or promised before the call, and the call is what ties it to an order, gives
    it back, or learns of it. Whoever may refuse it could charge for nothing.
    """
    setattr(verb, _MARK, True)
    return verb


def is_always_answered(verb: Callable[..., Any]) -> bool:
    """Tell whether a verb is marked."""
    return bool(getattr(verb, _MARK, False))
