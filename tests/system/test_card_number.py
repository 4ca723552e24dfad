"""Card numbers never reach our servers: after a purchase by card the number and its code are nowhere to be found."""

import re
from collections.abc import AsyncIterator, Iterator

import nats
import psycopg
from nats.js.errors import NotFoundError
from system.buyer import Buyer
from system.shop import RunningShop
from system.test_first_order import mail_to

NUMBER, CODE = "5555555555554444", "0917"
SPELLINGS = tuple(gap.join(NUMBER[at : at + 4] for at in (0, 4, 8, 12)) for gap in ("", " ", "-", "+", "%20"))
_CODE_ALONE = re.compile(rb"(?<![\w.:-])" + CODE.encode() + rb"(?![\w.:-])")
_HEX = re.compile(rb"\\\\?x([0-9a-f]{8,})")


def card_in(text: bytes) -> str:
    """Return what of the card is in a text; also inside bytes that a dump shows as hexadecimal."""
    everything = [text, *(bytes.fromhex(found.decode()[: len(found) // 2 * 2]) for found in _HEX.findall(text))]
    for part in everything:
        for spelling in SPELLINGS:
            if spelling.encode() in part:
                return spelling
        if _CODE_ALONE.search(part):
            return f"the code {CODE}"
    return ""


def tables(shop: RunningShop) -> Iterator[tuple[str, bytes]]:
    """Yield every row of every table of every schema as text."""
    with psycopg.connect(shop.settings.database_url) as connection:
        names = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (name,) in names:
            with connection.cursor(name="rows") as rows:
                rows.execute(f"select kept::text from {name} as kept")  # noqa: S608 - the name is quoted
                for (row,) in rows:
                    yield name, row.encode()


def files(shop: RunningShop) -> Iterator[tuple[str, bytes]]:
    """Yield every file: logs, mails, the read model, and the sandbox's own books with their journal."""
    for path in sorted(shop.folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(shop.folder)), path.read_bytes()


async def events(shop: RunningShop) -> AsyncIterator[tuple[str, bytes]]:
    """Yield every message of the shop's stream, headers included."""
    client = await nats.connect(shop.settings.nats_url)
    try:
        stream = f"SPRINGTIDE_{shop.settings.bus_namespace}"
        manager = client.jetstream()
        state = (await manager.stream_info(stream)).state
        for sequence in range(state.first_seq, state.last_seq + 1):
            try:
                message = await manager.get_msg(stream, sequence)
            except NotFoundError:
                continue  # gone by age or size
            yield f"event {message.subject}", f"{message.headers}".encode() + (message.data or b"")
    finally:
        await client.close()


async def test_the_card_is_nowhere(shop: RunningShop, buyer: Buyer):
    buyer.email = f"nowhere-{shop.layout}@example.com"
    waiting = await buyer.buy("card", ("84879", 1))
    card = {"number": SPELLINGS[1], "expiry": "12/30", "cvc": CODE, "act": "pay"}
    expired = await buyer.client.post(waiting["redirect_url"], data={**card, "expiry": "12/20"})
    assert expired.status_code < 500
    await buyer.pay_at_the_bank(waiting["redirect_url"], card)
    done = await buyer.standing(waiting["checkout_id"])
    assert done["step"] == "completed"
    await mail_to(shop, buyer.email, done["order_number"])

    places = [*tables(shop), *files(shop), *[event async for event in events(shop)]]
    assert {where: found for where, text in places if (found := card_in(text))} == {}
    # The search sees into each place: what has to be there is found.
    attempt = re.compile(done["order_id"].encode())
    assert {"payments.attempt", "checkout.process", "orders.orders"} <= {
        where.removesuffix("_default") for where, text in places if attempt.search(text)
    }
    assert any(where.startswith("event ") and "payments" in where for where, text in places if attempt.search(text))
    assert any(where.startswith("data/mail/") and buyer.email.encode() in text for where, text in places)
    assert any(where.startswith("sandbox/gateway.sqlite3") and NUMBER[-4:].encode() in text for where, text in places)


def test_the_search_can_find():
    hidden = f'{{"card": "{NUMBER}"}}'.encode()
    assert card_in(hidden) == NUMBER
    assert card_in(rf"(1,\x{hidden.hex()})".encode()) == NUMBER
    assert card_in(rf'(1,"\\x{hidden.hex()}")'.encode()) == NUMBER
    assert card_in(b"number=5555+5555+5555+4444&x") == SPELLINGS[3]
    assert card_in(f'"cvc": "{CODE}"'.encode()) == f"the code {CODE}"
    assert card_in(b"2026-11-22 09:17:00.0917 10917") == ""
