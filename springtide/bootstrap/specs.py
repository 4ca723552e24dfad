"""Contexts and their contracts by name. Only contexts that this process runs (or migrates) are ever imported."""

import importlib
from typing import Any, TypeVar, cast

from springtide.platform.rpc import Contract
from springtide.platform.wiring import ContextSpec
from springtide.settings import CONTEXTS

Api = TypeVar("Api")


def spec_of(context: str) -> ContextSpec:
    """Load one context; only contexts of this process (or its migrations) are ever imported."""
    return cast("ContextSpec", importlib.import_module(f"springtide.contexts.{context}.wiring").SPEC)


def contract_of(api: type[Api]) -> Contract[Api]:
    """Return the contract table of a Protocol; its context is the package it lives in."""
    return Contract(api.__module__.split(".")[-2], api)


def contracts() -> dict[str, Contract[Any]]:
    """Return the contract of every context, without its implementation."""
    found = {}
    for context in CONTEXTS:
        module = importlib.import_module(f"springtide.contracts.{context}.api")
        found[context] = contract_of(getattr(module, f"{context.title()}Api"))
    return found


def refusal_of(method: str) -> str:
    """Return why nobody may limit or switch off a method, "" when one may: money may hang on it, or it is none."""
    context, _, verb = method.partition(".")
    contract = contracts().get(context)
    known = None if contract is None else contract.methods.get(verb)
    if known is None:
        return f"{method} is no method of a contract"
    return f"{method} is never refused: a payment may hang on it" if known.always_answered else ""
