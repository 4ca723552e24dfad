import pytest

from springtide.platform.caller import Caller, Kind, guest, system
from springtide.platform.errors import Forbidden


@pytest.mark.parametrize("scopes", [{"orders.refund"}, {"orders.*"}, {"*"}])
def test_scope_its_family_or_everything_allows(scopes: set[str]) -> None:
    Caller(actor="a", kind=Kind.STAFF, scopes=frozenset(scopes)).require("orders.refund")


@pytest.mark.parametrize("scopes", [set(), {"orders.ship"}, {"payments.*"}, {"orders"}, {"order.*"}])
def test_anything_else_forbids_by_name(scopes: set[str]) -> None:
    with pytest.raises(Forbidden) as refused:
        Caller(actor="a", kind=Kind.STAFF, scopes=frozenset(scopes)).require("orders.refund")
    assert refused.value.facts == {"scope": "orders.refund"}


def test_principals_of_different_kinds_never_meet() -> None:
    kinds = [Caller(actor="a", kind=kind).principal for kind in Kind]
    assert len(set(kinds)) == len(Kind)


def test_system_may_everything_and_a_guest_nothing() -> None:
    system("orders").require("anything.at_all")
    with pytest.raises(Forbidden):
        guest().require("anything.at_all")
