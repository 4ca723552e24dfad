"""Every promise is kept by somebody, in the same words, and every message survives the wire."""

import inspect
from importlib import import_module
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from springtide.bootstrap.specs import contract_of, spec_of
from springtide.platform.caller import Caller
from springtide.platform.rpc import Method
from springtide.settings import CONTEXTS
from tests.contract.examples import values_of, verbs

CONTRACTS = [spec_of(context).contract for context in CONTEXTS]
VERBS = verbs(CONTRACTS)


def service_of(context: str) -> type[Any]:
    """Return the class in `service/__init__.py` that has all the verbs."""
    module = import_module(f"springtide.contexts.{context}.service")
    wanted = spec_of(context).contract.methods.keys()
    (found,) = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and wanted <= {name for name in dir(value) if not name.startswith("_")}
    ]
    return found


@pytest.mark.parametrize("context", CONTEXTS)
def test_contract_is_the_one_published_under_the_context_name(context: str) -> None:
    contract = spec_of(context).contract
    assert contract.api.__module__ == f"springtide.contracts.{context}.api"
    assert contract_of(contract.api).context == contract.context == spec_of(context).name == context


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_method_is_implemented_with_the_same_signature(context: str) -> None:
    api, service = spec_of(context).contract.api, service_of(context)
    for name in spec_of(context).contract.methods:
        promised, kept = getattr(api, name), getattr(service, name)
        assert inspect.iscoroutinefunction(kept), name
        assert _shape(kept) == _shape(promised), name
        assert get_type_hints(kept) == get_type_hints(promised), name


@pytest.mark.parametrize("context", CONTEXTS)
def test_implementation_promises_nothing_beside_its_contract(context: str) -> None:
    public = {name for name in vars(service_of(context)) if not name.startswith("_")}
    assert public - spec_of(context).contract.methods.keys() == set()


@pytest.mark.parametrize(("name", "method"), VERBS, ids=[name for name, _ in VERBS])
def test_every_call_says_who_calls(name: str, method: Method) -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(method.arguments)}
    assert fields["caller"] is Caller, name


@pytest.mark.parametrize(("name", "method"), VERBS, ids=[name for name, _ in VERBS])
@settings(max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_arguments_and_reply_survive_the_wire(name: str, method: Method, data: st.DataObject) -> None:
    arguments = data.draw(values_of(method.arguments))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(arguments), type=method.arguments) == arguments, name
    reply = data.draw(values_of(method.reply))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(reply), type=method.reply) == reply, name


def _shape(function: Any) -> list[tuple[str, Any, Any]]:
    return [
        (parameter.name, parameter.kind, parameter.default)
        for parameter in inspect.signature(function).parameters.values()
    ]
