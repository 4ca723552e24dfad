"""Documents with versions: saved together or not at all."""

import asyncio

import pytest

from springtide.contracts.peak.api import InputChanged, InputEdit, PeakApi, PeakNotFound
from springtide.contracts.peak.company import COMPANY_DOCUMENTS
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.platform.errors import Forbidden, KeyReused
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER, company_edits

LEVERS = "size = 1.0\nmarketing = 1.2\n"


def levers(text: str = LEVERS, version: int = 0) -> tuple[InputEdit, ...]:
    return (InputEdit(name="levers.toml", text=text, expected_version=version),)


async def test_a_document_is_saved_read_and_saved_again(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    (first,) = await peak.put_inputs(caller=PLANNER, key=new_key(), edits=levers())
    assert (first.name, first.version, first.author, first.reason) == (
        "levers.toml",
        1,
        "staff:ada",
        "the first plan",
    )
    (second,) = await peak.put_inputs(caller=PLANNER, key=new_key(), edits=levers("size = 10.0\n", 1))
    assert second.version == 2
    newest = await peak.get_input(caller=READER, name="levers.toml")
    assert (newest.info, newest.text) == (second, "size = 10.0\n")
    assert (await peak.get_input(caller=READER, name="levers.toml", version=1)).text == LEVERS
    assert await peak.list_inputs(caller=READER) == (second,)
    assert await peak.list_input_versions(caller=READER, name="levers.toml") == (second, first)


async def test_the_same_text_makes_no_new_version(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    first = await peak.put_inputs(caller=PLANNER, key=new_key(), edits=levers())
    assert await peak.put_inputs(caller=PLANNER, key=new_key(), edits=levers(version=1)) == first


async def test_a_repeat_is_answered_as_before_and_another_request_under_its_key_is_refused(node_with: NodeWith) -> None:
    peak, key = (await node_with("peak")).ask(PeakApi), new_key()
    first = await peak.put_inputs(caller=PLANNER, key=key, edits=levers())
    assert await peak.put_inputs(caller=PLANNER, key=key, edits=levers()) == first
    with pytest.raises(KeyReused):
        await peak.put_inputs(caller=PLANNER, key=key, edits=levers("size = 2.0\n"))
    assert [info.version for info in await peak.list_input_versions(caller=READER, name="levers.toml")] == [1]


async def test_of_two_who_edit_the_same_version_one_is_told(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    texts = [f"size = {size}.0\n" for size in range(1, 6)]
    answers = await asyncio.gather(
        *(peak.put_inputs(caller=PLANNER, key=new_key(), edits=levers(text)) for text in texts), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, InputChanged)]
    assert len(refused) == 4
    assert all(answer.facts == {"name": "levers.toml", "version": 1} for answer in refused)
    assert len(await peak.list_input_versions(caller=READER, name="levers.toml")) == 1


async def test_the_company_is_saved_whole_and_checked_across_its_documents(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    assert len(await peak.put_inputs(caller=PLANNER, key=new_key(), edits=company_edits())) == len(COMPANY_DOCUMENTS)
    people = (await peak.get_input(caller=READER, name="people.toml")).text
    strange = people.replace('role = "', 'role = "no-such-', 1)
    edit = InputEdit(name="people.toml", text=strange, expected_version=1)
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.put_inputs(caller=PLANNER, key=new_key(), edits=(edit, *levers()))
    assert [mistake.rule for mistake in refused.value.mistakes] == ["unknown_role"]
    assert (await peak.get_input(caller=READER, name="people.toml")).info.version == 1
    with pytest.raises(PeakNotFound):
        await peak.get_input(caller=READER, name="levers.toml")


async def test_every_mistake_of_every_document_is_named_and_nothing_is_saved(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    edits = (
        *levers("size = 0.0\n"),
        InputEdit(name="events.toml", text='regions = []\nclosed_weekdays = ["caturday"]\n', expected_version=0),
        InputEdit(name="weather.toml", text="sun = true\n", expected_version=0),
        InputEdit(name="history.toml", text='file = "/etc/passwd"\ntimezone = "Mars"\n', expected_version=0),
        InputEdit(name="people.toml", text="people = []\n", expected_version=0),
    )
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.put_inputs(caller=PLANNER, key=new_key(), edits=edits)
    rules = {(mistake.where.partition(":")[0], mistake.rule) for mistake in refused.value.mistakes}
    assert {
        ("levers.toml", "lever"),
        ("events.toml", "region_missing"),
        ("events.toml", "unknown_weekday"),
        ("weather.toml", "unknown_document"),
        ("history.toml", "unknown_file"),
        ("history.toml", "unknown_timezone"),
        ("company.toml", "document_missing"),
    } <= rules
    assert await peak.list_inputs(caller=READER) == ()
    assert await peak.list_audit(caller=PLANNER) == ()


async def test_a_document_has_a_limit_and_is_given_once(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    large = levers("# " + "x" * 262_144)
    for edits, rule in ((large, "too_large"), ((*levers(), *levers()), "used_twice")):
        with pytest.raises(InvalidPeakInput) as refused:
            await peak.put_inputs(caller=PLANNER, key=new_key(), edits=edits)
        assert [mistake.rule for mistake in refused.value.mistakes] == [rule]


async def test_who_may_only_look_changes_nothing(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    with pytest.raises(Forbidden):
        await peak.put_inputs(caller=READER, key=new_key(), edits=levers())
    assert await peak.list_inputs(caller=READER) == ()
