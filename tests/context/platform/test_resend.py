"""After a restore outboxes are the truth: what a listener has not taken is sent again, and nothing else."""

from conftest import NodeWith

from springtide.bootstrap import Node
from springtide.platform.caller import system
from springtide.platform.events import Event
from springtide.platform.ids import uuid7
from springtide.platform.resend import send_again


class Happened(Event, frozen=True, tag_field=None):
    TYPE = "catalog.happened"


async def emit(node: Node, count: int) -> list[object]:
    async with node.databases["catalog"].tx(system("catalog")) as tx:
        for number in range(count):
            tx.emit(Happened(), aggregate_id=uuid7(), aggregate_version=number + 1)
    return [event_id for (event_id,) in await rows(node, "catalog", "select id from outbox order by seq")]


async def rows(node: Node, context: str, statement: str, *params: object) -> list[tuple[object, ...]]:
    async with node.databases[context].tx(system(context)) as tx:
        cursor = await tx.connection.execute(statement, params or None)
        return await cursor.fetchall() if cursor.description else []


async def test_what_a_listener_has_not_taken_is_sent_again(node_with: NodeWith):
    node = await node_with("catalog", "pricing")
    ids = await emit(node, 5)
    await rows(node, "catalog", "update outbox set sent_at = clock_timestamp()")
    for taken in ids[:3]:
        await rows(node, "pricing", "insert into inbox values ('pricing', %s, now() - interval '30 days')", taken)
    heard = {"pricing": [Happened.TYPE, "orders.placed"]}
    assert await send_again(node.databases, heard) == {"catalog": 2}
    unsent = [row[0] for row in await rows(node, "catalog", "select id from outbox where sent_at is null order by seq")]
    assert ids[3:] == unsent
    assert await send_again(node.databases, {"pricing": []}) == {}


async def test_who_took_it_already_does_not_forget_it_before_it_comes_again(node_with: NodeWith):
    node = await node_with("catalog", "pricing", "inventory")
    (event_id,) = await emit(node, 1)
    await rows(node, "catalog", "update outbox set sent_at = clock_timestamp()")
    await rows(node, "pricing", "insert into inbox values ('pricing', %s, now() - interval '30 days')", event_id)
    heard = {"pricing": [Happened.TYPE], "inventory": [Happened.TYPE]}
    assert await send_again(node.databases, heard) == {"catalog": 1}
    ((age_days,),) = await rows(node, "pricing", "select extract(day from now() - at)::int from inbox")
    assert age_days == 0


async def test_events_older_than_the_stream_keeps_are_left_alone(node_with: NodeWith):
    node = await node_with("catalog", "pricing")
    ids = await emit(node, 2)
    await rows(node, "catalog", "update outbox set sent_at = now() - interval '7 days 1 hour' where id = %s", ids[0])
    await rows(node, "catalog", "update outbox set sent_at = now() where id = %s", ids[1])
    assert await send_again(node.databases, {"pricing": [Happened.TYPE]}) == {"catalog": 1}
