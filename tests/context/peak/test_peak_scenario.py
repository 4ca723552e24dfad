"""Overrides and evidence."""

from datetime import date, timedelta

import pytest

from springtide.bootstrap import Node
from springtide.contracts.peak.api import NewEvidence, NewOverride, PeakApi, PeakNotFound
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.paths import Scope
from springtide.platform.caller import system
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER

FAR = date(2100, 1, 1)
GOOD = NewOverride(multiplier=1.3, scope=Scope.CATEGORY, key="toys", reason="a star wears it", expires_on=FAR)
DRILL = NewEvidence(item="backup_restored", passed=True, owner="it", document="minutes of 1 October")


async def today(node: Node) -> date:
    async with node.databases["peak"].read() as read:
        found: date = (await read.value("kernel_now")).date()
        return found


async def test_an_override_counts_until_it_is_ended(node_with: NodeWith) -> None:
    node = await node_with("peak")
    peak, key = node.ask(PeakApi), new_key()
    added = await peak.add_override(caller=PLANNER, key=key, override=GOOD)
    assert await peak.add_override(caller=PLANNER, key=key, override=GOOD) == added
    assert (added.author, added.multiplier, added.key) == ("staff:ada", 1.3, "toys")
    assert await peak.list_overrides(caller=READER) == (added,)
    ended = await peak.expire_override(caller=PLANNER, key=new_key(), override_id=added.id)
    assert ended.expires_on == await today(node) - timedelta(days=1)
    assert await peak.list_overrides(caller=READER) == ()
    assert await peak.list_overrides(caller=READER, with_expired=True) == (ended,)
    assert await peak.expire_override(caller=PLANNER, key=new_key(), override_id=added.id) == ended


@pytest.mark.parametrize(
    ("override", "rule"),
    [
        (NewOverride(multiplier=0, reason="why", expires_on=FAR), "multiplier"),
        (NewOverride(multiplier=float("nan"), reason="why", expires_on=FAR), "multiplier"),
        (NewOverride(multiplier=1e9, reason="why", expires_on=FAR), "multiplier"),
        (NewOverride(multiplier=1.1, reason="  ", expires_on=FAR), "reason"),
        (NewOverride(multiplier=1.1, reason="why", expires_on=date(2020, 1, 1)), "expires_on"),
        (NewOverride(multiplier=1.1, reason="why", expires_on=FAR, scope=Scope.SKU), "key"),
        (NewOverride(multiplier=1.1, reason="why", expires_on=FAR, key="toys"), "key"),
        (
            NewOverride(multiplier=1.1, reason="why", expires_on=FAR, first=FAR, last=FAR - timedelta(days=1)),
            "days",
        ),
    ],
)
async def test_an_override_that_makes_no_sense_is_refused(
    node_with: NodeWith, override: NewOverride, rule: str
) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.add_override(caller=PLANNER, key=new_key(), override=override)
    assert [mistake.rule for mistake in refused.value.mistakes] == [rule]
    assert await peak.list_overrides(caller=READER, with_expired=True) == ()


async def test_an_override_that_is_not_there_is_refused(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    for id_ in (str(uuid7()), "nonsense"):
        with pytest.raises(PeakNotFound):
            await peak.expire_override(caller=PLANNER, key=new_key(), override_id=id_)


async def test_evidence_of_staff_is_by_hand_and_that_of_the_system_is_the_products(node_with: NodeWith) -> None:
    node = await node_with("peak")
    peak = node.ask(PeakApi)
    by_hand = await peak.file_evidence(caller=PLANNER, key=new_key(), evidence=DRILL)
    seen = NewEvidence(item="rehearsed_p90", passed=False, owner="it")
    by_product = await peak.file_evidence(caller=system("rehearsal"), key=new_key(), evidence=seen)
    assert (by_hand.source, by_hand.author) == ("hand", "staff:ada")
    assert (by_product.source, by_product.filed_on) == ("product", await today(node))
    assert await peak.list_evidence(caller=READER) == (by_product, by_hand)
    assert await peak.list_evidence(caller=READER, item="backup_restored") == (by_hand,)


async def test_evidence_without_a_document_or_of_yesterday_is_refused(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    opinion = NewEvidence(item="", passed=True, owner=" ", expires_on=date(2020, 1, 1))
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.file_evidence(caller=PLANNER, key=new_key(), evidence=opinion)
    assert [mistake.rule for mistake in refused.value.mistakes] == [
        "item",
        "owner",
        "unknown_item",
        "document",
        "expires_on",
    ]
    with pytest.raises(Forbidden):
        await peak.file_evidence(caller=READER, key=new_key(), evidence=DRILL)
    assert await peak.list_evidence(caller=READER) == ()
