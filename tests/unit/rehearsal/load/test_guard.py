"""Load goes to this machine and private networks only, unless somebody allows a host by name."""

import pytest

from springtide.platform.errors import BadInput
from springtide.rehearsal.load.guard import require_ours
from springtide.rehearsal.load.problems import DeploymentAway, HostRefused

ANYWHERE = "0.0.0.0"  # noqa: S104 - an address that is nobody's


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "::1", "fd00::1", "fe80::1%eth0"]
)
def test_our_own_addresses_are_allowed(address: str) -> None:
    assert require_ours("http://shop:8000/", resolve=lambda _: [address]) == "http://shop:8000"


@pytest.mark.parametrize(
    "addresses", [["93.184.216.34"], ["10.0.0.1", "93.184.216.34"], ["2606:2800::1"], [ANYWHERE], []]
)
def test_others_are_refused_by_name(addresses: list[str]) -> None:
    with pytest.raises(HostRefused) as refused:
        require_ours("https://shop.example.org", resolve=lambda _: addresses)
    assert refused.value.facts == {"host": "shop.example.org", "addresses": addresses}
    assert "--allow-host shop.example.org" in refused.value.detail


def test_a_host_that_somebody_allowed_is_not_even_looked_up() -> None:
    def resolve(_: str) -> list[str]:
        raise AssertionError

    assert require_ours("https://shop.example.org", allowed=["shop.example.org"], resolve=resolve)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8000", "http://", "http://me@127.0.0.1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        require_ours(url)


def test_a_name_that_leads_nowhere_is_said() -> None:
    with pytest.raises(DeploymentAway):
        require_ours("http://no-such-host.invalid")
