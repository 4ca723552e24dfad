"""The list of personal data against the schemas, and against where the data of a made-up buyer is really found."""

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from springtide.bootstrap import Node
from springtide.contracts.common import Address
from springtide.contracts.customers.api import CustomersApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import database_url, scratch_database
from springtide.settings import CONTEXTS
from tests.conftest import NodeWith, template_database
from tests.context.customers.customers_builders import sign_in, sign_up
from tests.context.orders.orders_builders import OFFICE, FakePricing, placed, placement
from tests.context.orders.orders_events import take_own

LIST = Path(__file__).parents[2] / "docs" / "personal-data.md"
CARRIERS = {"jsonb", "json", "bytea", "tsvector"}
WORDS = re.compile(
    r"e_?mail|name$|phone|address|contact|delivery|buyer|customer_ref|external_id|street|postcode|birth|iban|card|ip$|html"
)
MARKERS = ("Quentin", "Xylophone", "quentin@example.org", "9911AA", "+31 6 9876")


def listed() -> tuple[set[str], set[str]]:
    """(personal, looked at) as context.table.column; "*" stands for every context."""
    personal, _, looked_at = LIST.read_text(encoding="utf-8").partition("## Looked at")
    row = re.compile(r"^\| ([\w*]+\.\w+\.\w+) \|", re.MULTILINE)
    return set(row.findall(personal)), set(row.findall(looked_at))


def built_contexts() -> list[str]:
    return [name for name in CONTEXTS if importlib.util.find_spec(f"springtide.contexts.{name}.wiring")]


def columns(connection: psycopg.Connection[tuple[str, ...]], contexts: Iterable[str]) -> dict[str, str]:
    """Type by context.table.column; partitions are their parents."""
    rows = connection.execute(
        "select c.table_schema, c.table_name, c.column_name, c.data_type from information_schema.columns c"
        " join pg_class on pg_class.oid = format('%%I.%%I', c.table_schema, c.table_name)::regclass"
        " where c.table_schema = any(%s) and not relispartition and relkind in ('r', 'p')",
        [list(contexts)],
    )
    return {f"{schema}.{table}.{column}": kind for schema, table, column, kind in rows}


def unlisted(found: dict[str, str]) -> set[str]:
    """Columns that could hold personal data and are in neither table."""
    personal, looked_at = listed()
    suspicious = {
        name
        for name, kind in found.items()
        if kind in CARRIERS or (kind == "text" and WORDS.search(name.split(".")[2]))
    }
    known = personal | looked_at
    return {name for name in suspicious if name not in known and f"*.{name.partition('.')[2]}" not in known}


@pytest.fixture(scope="module")
def schemas(engines: Engines) -> dict[str, str]:
    with psycopg.connect(database_url(engines, template_database(engines, built_contexts()))) as connection:
        return columns(connection, built_contexts())


def test_every_column_that_could_hold_personal_data_is_listed(schemas: dict[str, str]) -> None:
    assert sorted(unlisted(schemas)) == []


def test_every_listed_column_exists(schemas: dict[str, str]) -> None:
    personal, looked_at = listed()
    ends = {name.partition(".")[2] for name in schemas}
    missing = {
        name
        for name in personal | looked_at
        if (name.startswith("*.") and name[2:] not in ends)
        or (name.partition(".")[0] in built_contexts() and name not in schemas)
    }
    assert missing == set()
    assert len(personal) > 20


def test_a_planted_column_is_reported(engines: Engines) -> None:
    template = template_database(engines, ["customers"])
    with scratch_database(engines, template=template) as url, psycopg.connect(url) as connection:
        connection.execute("create table customers.planted (birth_date text, extras jsonb, harmless int)")
        found = unlisted(columns(connection, ["customers"]))
    assert found == {"customers.planted.birth_date", "customers.planted.extras"}


def where_found(node: Node, contexts: Iterable[str]) -> set[str]:
    """Every column of these schemas in which a marker is found, also inside bytea and JSON."""
    found = set()
    with psycopg.connect(node.settings.database_url) as connection:
        for name, kind in columns(connection, contexts).items():
            schema, table, column = name.split(".")
            field = sql.SQL("encode({}, 'escape')" if kind == "bytea" else "{}::text").format(sql.Identifier(column))
            pattern = sql.SQL("select exists (select from {} where {} ~* %s)").format(
                sql.Identifier(schema, table), field
            )
            (is_there,) = connection.execute(pattern, ["|".join(re.escape(word) for word in MARKERS)]).fetchone() or (
                False,
            )
            if is_there:
                found.add(name)
    return found


async def test_a_buyers_data_is_where_the_list_says_and_nowhere_else(node_with: NodeWith) -> None:
    node = await node_with("customers", "orders", fakes={PricingApi: FakePricing()})
    customers, orders = node.ask(CustomersApi), node.ask(OrdersApi)
    customer = await sign_up(customers, "quentin@example.org")
    me = (await sign_in(customers, "quentin@example.org")).caller
    home = Address(name="Quentin", line1="Xylophone Lane 1", city="Leiden", postcode="9911AA", country="NL")
    await customers.put_address(caller=me, key="address-1", address_id=None, address=home, is_default=True)
    await customers.change_me(caller=me, key="change-me", name="Quentin", locale="nl")
    await customers.request_reset(caller=me, email="quentin@example.org", source="10.0.0.1")
    sold, _ = await placed(orders, placement(customer_id=customer.id, name="Quentin", email="quentin@example.org"))
    await orders.cancel(caller=OFFICE, key="cancel-1", order_id=sold.order_id, lines={}, reason="asked")
    await take_own(node)
    found = where_found(node, ("customers", "orders"))
    personal, _ = listed()
    assert found <= personal
    assert {"customers.customers.email", "customers.addresses.address", "orders.orders.buyer_name"} <= found
    assert {"orders.document_pages.html", "orders.orders.shipping_address"} <= found
