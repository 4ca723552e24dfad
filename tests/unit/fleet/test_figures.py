"""Figures of a process: what its metrics say, also after it was started again."""

from pathlib import Path

from springtide.platform.fleet.figures import Figures, figures_of, memory_mib, read

TEXT = """
# TYPE springtide_http_request_seconds histogram
springtide_http_request_seconds_bucket{channel="storefront",le="0.1",method="GET",status="200"} 7.0
springtide_http_request_seconds_count{channel="storefront",method="GET",status="200"} 8.0
springtide_http_request_seconds_sum{channel="storefront",method="GET",status="200"} 0.4
springtide_http_request_seconds_count{channel="shop_api",method="POST",status="503"} 2.0
springtide_http_request_seconds_sum{channel="shop_api",method="POST",status="503"} 0.6
# TYPE springtide_contract_call_seconds histogram
springtide_contract_call_seconds_count{context="orders",method="place",outcome="ok"} 5.0
springtide_contract_call_seconds_sum{context="orders",method="place",outcome="ok"} 0.1
springtide_contract_call_seconds_count{context="orders",method="place",outcome="refused"} 3.0
springtide_contract_call_seconds_sum{context="orders",method="place",outcome="refused"} 0.1
springtide_contract_call_seconds_count{context="orders",method="place",outcome="unavailable"} 2.0
springtide_contract_call_seconds_sum{context="orders",method="place",outcome="unavailable"} 0.2
"""


def test_requests_and_failures_of_a_channel():
    figures = read(TEXT, of_http=True)
    assert figures == Figures(answered=10.0, failed=2.0, seconds=1.0)
    assert (figures.failed_share, figures.mean_s) == (0.2, 0.1)


def test_contract_calls_and_a_refusal_is_no_failure():
    assert read(TEXT, of_http=False) == Figures(answered=10.0, failed=2.0, seconds=0.4)


def test_what_was_added_also_after_a_new_start():
    before = Figures(100.0, 1.0, 9.0)
    assert Figures(110.0, 3.0, 10.0).since(before) == Figures(10.0, 2.0, 1.0)
    assert Figures(5.0, 0.0, 1.0).since(before) == Figures(5.0, 0.0, 1.0)
    assert (Figures().failed_share, Figures().mean_s) == (0.0, 0.0)


async def test_nobody_answers():
    assert await figures_of("127.0.0.1", 1, of_http=True) is None


def test_memory_of_ourselves_and_of_nobody():
    assert memory_mib(int(Path("/proc/self").readlink().name)) > 1
    assert memory_mib(2**22 + 1) == 0.0
