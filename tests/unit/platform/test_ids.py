import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.platform.ids import capability, is_capability, random_token, token_hash, uuid7, uuid7_at

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SECRETS = st.text(min_size=32, max_size=40)


def moment_of(identifier: UUID) -> datetime:
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def test_uuid7_has_the_version_and_variant_of_rfc_9562() -> None:
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_uuid7_begins_with_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7().int >> 80
    assert before <= made <= time.time_ns() // 1_000_000 + 1


def test_uuid7_rises_strictly_within_a_process_even_across_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [uuid7() for _ in range(2_000)], range(4)))
    assert all(batch == sorted(batch) for batch in batches)
    assert len({made for batch in batches for made in batch}) == 8_000


def test_a_forked_process_draws_its_own_random_bits() -> None:
    """Two processes that begin alike must not make the same ids in the same millisecond."""
    uuid7()  # there are bits in stock now
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, b"".join(uuid7().bytes[8:] for _ in range(20)))
        os._exit(0)
    os.wait()
    theirs = os.read(reading, 200)
    os.close(reading)
    os.close(writing)
    ours = [uuid7().bytes[8:] for _ in range(20)]
    assert not set(ours) & {theirs[start : start + 8] for start in range(0, 160, 8)}


@given(MOMENTS, st.text(max_size=20))
def test_id_of_the_past_is_repeatable_and_sorts_by_time(at: datetime, seed: str) -> None:
    made = uuid7_at(at, seed)
    assert made == uuid7_at(at, seed)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs(moment_of(made) - at) <= timedelta(milliseconds=1)
    assert made < uuid7_at(at + timedelta(milliseconds=2), seed)


@given(MOMENTS, st.text(max_size=20), st.text(max_size=20))
def test_two_things_of_one_moment_have_two_ids(at: datetime, seed: str, other: str) -> None:
    assert (uuid7_at(at, seed) == uuid7_at(at, other)) == (seed == other)


def test_a_time_without_a_zone_names_no_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        uuid7_at(datetime(2011, 1, 1), "a")  # noqa: DTZ001 - what is refused


@given(SECRETS, st.sampled_from(["cart", "order"]), st.uuids())
def test_capability_opens_what_it_was_made_for(secret: str, purpose: str, of: UUID) -> None:
    token = capability(secret, purpose, of)
    assert len(token) == 32
    assert token == capability(secret, purpose, of)
    assert is_capability(token, secret, purpose, of)


@given(SECRETS, SECRETS, st.uuids(), st.uuids())
def test_capability_opens_nothing_else(secret: str, other: str, of: UUID, another: UUID) -> None:
    token = capability(secret, "cart", of)
    assert not is_capability(token, secret, "order", of)
    assert is_capability(token, other, "cart", of) == (secret == other)
    assert is_capability(token, secret, "cart", another) == (of == another)


@given(st.text(max_size=40), st.uuids())
def test_nonsense_opens_nothing(token: str, of: UUID) -> None:
    assert not is_capability(token, "a-secret-key-of-at-least-32-letters", "cart", of)


def test_random_tokens_differ_and_only_their_hash_is_stored() -> None:
    first, second = random_token(), random_token()
    assert first != second
    assert len(first) >= 43
    assert len(token_hash(first)) == 32
    assert token_hash(first) != token_hash(second)
