"""Vendure from npm: installed, seeded and run beside our shop, and a guest who buys from it over its shop API."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg

from bench.buyer import COMPLETED
from bench.wire import Wire, request
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.ports import HOST, choose_port
from springtide.platform.embedded.supervisor import Child, Supervisor

_FILES = Path(__file__).parent / "vendure_shop"
_DATABASE = "bench_vendure"
_READY_WITHIN_S = 120.0
_POLL_S = 0.5
_ADDRESS = {
    "fullName": "Anna de Vries",
    "streetLine1": "Oudegracht 1",
    "city": "Utrecht",
    "postalCode": "3511 AB",
    "countryCode": "NL",
}
_PRODUCT = """query ($slug: String!) { product(slug: $slug) { id name slug description
  variants { id name sku priceWithTax currencyCode stockLevel } } }"""
_ADD = """mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) {
  __typename ... on Order { id totalWithTax } ... on ErrorResult { errorCode message } } }"""
_CUSTOMER = """mutation ($input: CreateCustomerInput!) { setCustomerForOrder(input: $input) {
  __typename ... on Order { id } ... on ErrorResult { errorCode message } } }"""
_SHIPPING = """mutation ($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) {
  __typename ... on Order { id } ... on ErrorResult { errorCode message } } }"""
_METHODS = "query { eligibleShippingMethods { id priceWithTax } }"
_METHOD = """mutation ($ids: [ID!]!) { setOrderShippingMethod(shippingMethodId: $ids) {
  __typename ... on Order { id totalWithTax } ... on ErrorResult { errorCode message } } }"""
_ARRANGE = """mutation { transitionOrderToState(state: "ArrangingPayment") {
  __typename ... on Order { id state } ... on OrderStateTransitionError { errorCode message transitionError } } }"""
_PAY = """mutation ($input: PaymentInput!) { addPaymentToOrder(input: $input) {
  __typename ... on Order { id code state } ... on ErrorResult { errorCode message } } }"""
_PAID = "PaymentSettled"


@dataclass(frozen=True, slots=True)
class Vendure:
    """A running Vendure: where it is, what it sells (variant ids), its processes."""

    address: tuple[str, int]
    url: str
    variants: tuple[str, ...]
    flash: str
    pids: Callable[[], dict[str, int]]

    def product_requests(self) -> list[bytes]:
        """Return the requests for 1,000 products as JSON."""
        return [_query(_PRODUCT, {"slug": f"product-{number}"}) for number in range(1, 1_001)]

    async def rested(self, patience_s: float) -> bool:
        """Wait until no job of its queue is left (an index job follows every order); False when it takes longer."""
        deadline = time.monotonic() + patience_s
        while await asyncio.to_thread(self.jobs):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    def jobs(self) -> int:
        """Return how many jobs are waiting or being done."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute("select count(*) from job_record where state in ('PENDING', 'RUNNING')").fetchone()
        return int(row[0]) if row else 0

    def reset_flash(self, units: int) -> None:
        """Put so many units of the flash product on hand, none of them allotted."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                'update stock_level set "stockOnHand" = %s, "stockAllocated" = 0 where "productVariantId" = %s',
                [units, self.flash],
            )


class Guest:
    """One buyer's session."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._wire = Wire(*address)
        self._token = ""

    async def buy(self, variant: str, *, number: int) -> str:
        """Buy one unit; return "completed", or the step and code that ended it."""
        email = {"firstName": "Anna", "lastName": "de Vries", "emailAddress": f"guest-{number}@example.com"}
        steps: Sequence[tuple[str, str, dict[str, Any]]] = (
            ("add", _ADD, {"id": variant}),
            ("customer", _CUSTOMER, {"input": email}),
            ("address", _SHIPPING, {"input": _ADDRESS}),
        )
        for name, text, variables in steps:
            if refused := _refusal(name, await self._ask(text, variables)):
                return refused
        methods = await self._ask(_METHODS, {})
        if not isinstance(methods, list) or not methods:
            return f"methods {methods}"
        last: Sequence[tuple[str, str, dict[str, Any]]] = (
            ("method", _METHOD, {"ids": [methods[0]["id"]]}),
            ("arrange", _ARRANGE, {}),
            ("pay", _PAY, {"input": {"method": "standard-payment", "metadata": {}}}),
        )
        answer: Any = None
        for name, text, variables in last:
            answer = await self._ask(text, variables)
            if refused := _refusal(name, answer):
                return refused
        return COMPLETED if answer.get("state") == _PAID else f"pay {answer.get('state')}"

    async def _ask(self, text: str, variables: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the field holds
        status, body = await self._wire.send(_query(text, variables, self._token))
        self._token = self._wire.header("vendure-auth-token") or self._token
        if status != 200:
            return {"errorCode": f"HTTP {status}"}
        answer = msgspec.json.decode(body)
        if answer.get("errors"):
            return {"errorCode": answer["errors"][0].get("message", "error")[:60]}
        return next(iter(answer["data"].values()))

    def close(self) -> None:
        """Leave."""
        self._wire.close()


def _refusal(step: str, answer: Any) -> str:  # noqa: ANN401 - whatever the field holds
    """Return step and code when the answer is an error result; empty otherwise."""
    if not isinstance(answer, dict):
        return f"{step} {answer}"
    return f"{step} {answer['errorCode']}" if "errorCode" in answer else ""


def _query(text: str, variables: dict[str, Any], token: str = "") -> bytes:
    body = msgspec.json.encode({"query": " ".join(text.split()), "variables": variables})
    return request("POST", "/shop-api", {"Authorization": f"Bearer {token}"} if token else {}, body)


async def install(home: Path, *, say: Callable[[str], None]) -> Path:
    """Install from npm into a folder, once; return the folder. RuntimeError with npm's words when it fails."""
    folder = home / "vendure"
    folder.mkdir(parents=True, exist_ok=True)
    for file in _FILES.iterdir():
        shutil.copy(file, folder / file.name)
    if not (folder / "node_modules" / "@vendure" / "core").exists():
        say("Installing Vendure from npm")
        await _run(folder, {}, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
    return folder


@asynccontextmanager
async def running_vendure(
    folder: Path, data: DataFolder, database_url: str, *, say: Callable[[str], None]
) -> AsyncIterator[Vendure]:
    """Seed a database of its own in the same PostgreSQL and run two server processes and a worker."""
    url = urlunsplit(urlsplit(database_url)._replace(path=f"/{_DATABASE}"))
    port = choose_port()
    environ = {"BENCH_DATABASE_URL": url, "BENCH_PORT": str(port), "NODE_ENV": "production"}
    environ["VENDURE_DISABLE_TELEMETRY"] = "true"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {_DATABASE} with (force)".encode())
        connection.execute(f"create database {_DATABASE}".encode())
    say("Seeding Vendure")
    await _run(folder, {**environ, "BENCH_SEEDING": "1"}, "node", "seed.js")
    node = shutil.which("node") or "node"
    children = [
        Child(
            name=f"vendure-{name}",
            command=(node, f"{name}.js"),
            environ={**_environment(), **environ},
            is_ready=(lambda: _answers(port)) if name == "server" else None,
            ready_within_s=_READY_WITHIN_S,
            cwd=folder,
        )
        for name in ("server", "worker")
    ]
    async with Supervisor(children, logs=data.logs, run=data.run, say=lambda _: None) as supervisor:
        variants, flash = _variants(url)
        yield Vendure((HOST, port), url, variants, flash, supervisor.process_ids)


def _variants(url: str) -> tuple[tuple[str, ...], str]:
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("select id::text, sku from product_variant order by id").fetchall()
    ordinary = tuple(identity for identity, sku in rows if sku != "BENCH-FLASH")
    return ordinary, next(identity for identity, sku in rows if sku == "BENCH-FLASH")


async def _answers(port: int) -> bool:
    wire = Wire(HOST, port)
    try:
        async with asyncio.timeout(2):
            status, body = await wire.send(_query(_PRODUCT, {"slug": "product-1"}))
    except (OSError, TimeoutError):
        return False
    finally:
        wire.close()
    return status == 200 and b'"errors"' not in body


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


async def _run(folder: Path, environ: dict[str, str], *command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**_environment(), **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    if process.returncode:
        msg = f"{' '.join(command)} failed: {told.decode(errors='replace')[-2000:]}"
        raise RuntimeError(msg)
