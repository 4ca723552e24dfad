"""A history handed in by a browser, over HTTP and its own socket: read, refused by its row, or cut short."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import polars as pl
import pytest
import uvicorn

from springtide.bootstrap import Node
from springtide.channels.backoffice import create_app
from springtide.contracts.peak.api import PeakApi, QuestionKind
from springtide.contracts.peak.source import KEPT_FILES
from springtide.platform.uploads import MOST_BYTES, uploads_folder
from tests.conftest import NodeWith
from tests.context.peak.conftest import READER
from tests.context.peak.test_peak_history import csv
from tests.unit.backoffice.browser import Answer, form_of
from tests.unit.backoffice.office_fakes import Api, FakeShop
from tests.unit.backoffice.readable import texts_of

PAGE = "/peak/history"
_LOOKED_WITHIN_S = 140.0
SHOPIFY = (
    "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Currency\n"
    "#1001,,2026-03-02 09:30:00 +0100,2,Mug,5.00,mug,EUR\n"
    "#1002,,2026-03-03 10:30:00 +0100,1,Mug,5.00,mug,EUR\n"
)


class Office:
    """A member of staff at a browser, and the desk behind it."""

    def __init__(self, node: Node, client: httpx2.AsyncClient, port: int) -> None:
        self.node, self.client, self.port = node, client, port

    async def read(self, address: str) -> str:
        answer = await self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def fields(self, lang: str = "") -> dict[str, str]:
        address = f"{PAGE}?lang={lang}" if lang else PAGE
        page = Answer(200, {}, await self.read(address), ())
        found = {name: value for name, value in form_of(page, address).items() if name not in KEPT_FILES}
        return {**found, "from": "file", "timezone": "Europe/Amsterdam"}

    async def hand_in(self, name: str, body: bytes, lang: str = "") -> httpx2.Response:
        address = f"{PAGE}?lang={lang}" if lang else PAGE
        return await self.client.post(address, data=await self.fields(lang), files={"file": (name, body)})

    async def said(self, name: str, body: bytes, lang: str = "") -> str:
        """Hand a file in and return what the page says once it was looked over."""
        answer = await self.hand_in(name, body, lang)
        assert answer.status_code == 303, answer.text
        until = asyncio.get_running_loop().time() + _LOOKED_WITHIN_S
        page = await self.read(answer.headers["location"])
        while 'http-equiv="refresh"' in page:
            assert asyncio.get_running_loop().time() < until, "the file is still being looked over"
            await asyncio.sleep(1.0)  # the page looks again by itself, every two seconds
            page = await self.read(answer.headers["location"])
        return " ".join(texts_of(page))

    def kept(self) -> list[str]:
        folder = uploads_folder(Path(self.node.settings.data_dir))
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    async def asked(self) -> int:
        return len(await self.node.ask(PeakApi).list_questions(caller=READER, kind=QuestionKind.HISTORY))


@asynccontextmanager
async def office_of(node: Node) -> AsyncIterator[Office]:
    """Serve the back office of this desk on a port of its own, with somebody signed in."""
    shop = FakeShop()

    def ask(api: type[Api]) -> Api:
        return node.ask(api) if api is PeakApi else shop.ask(api)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        app = create_app(ask, secret_key="s" * 40, office_url=url, shop_url=url, data_dir=Path(node.settings.data_dir))
        config = uvicorn.Config(app, log_level="error", lifespan="off", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        cookies = {"springtide_staff": shop.signed_in("peak.*")}
        async with httpx2.AsyncClient(
            base_url=url, cookies=cookies, headers={"origin": url}, trust_env=False, timeout=60
        ) as client:
            try:
                yield Office(node, client, port)
            finally:
                server.should_exit = True
                await serving


@pytest.mark.soak  # every file is looked over by the numerics, in a process that gives way to everything else
@pytest.mark.timeout(600)
async def test_files_are_read_or_refused_by_row_and_rule(node_with: NodeWith, tmp_path: Path) -> None:
    async with office_of(await node_with("peak", background=True)) as office:
        wrong = await office.said("orders.csv", csv(40, wrong=17), "nl")
        assert "orders.csv, rij 17: een aantal is een getal anders dan 0, niet two" in wrong, wrong
        columns = await office.said("orders.csv", b"time,article\n2026-03-02,mug\n", "sv")
        assert "orders.csv, rad 1: rubrikraden är okänd: orderrader behöver" in columns
        parquet = tmp_path / "orders.parquet"
        pl.read_csv(csv(30), infer_schema=False).write_parquet(parquet)
        assert "30 lines, 30 orders of 1 product" in await office.said("orders.parquet", parquet.read_bytes())
        assert "2 lines, 2 orders of 1 product" in await office.said("export.csv", SHOPIFY.encode())
        assert await office.node.ask(PeakApi).list_inputs(caller=READER) == (), "nothing is saved by looking"


async def test_what_cannot_be_taken_in_is_refused_and_nothing_is_kept(node_with: NodeWith) -> None:
    async with office_of(await node_with("peak")) as office:
        empty = await office.hand_in("orders.csv", b"", "nl")
        assert (empty.status_code, "Het bestand is leeg." in empty.text) == (413, True)
        none = await office.client.post(PAGE, data=await office.fields(), files={"file": ("", b"")})
        assert (none.status_code, "choose a file, or take the shop" in none.text) == (400, True)
        assert await declared(office, MOST_BYTES * 2) == 413
        foreign = await office.client.post(
            PAGE,
            data=await office.fields(),
            files={"file": ("a.csv", csv(2))},
            headers={"origin": "http://evil.example"},
        )
        assert foreign.status_code == 403
        assert (office.kept(), await office.asked()) == ([], 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Litestar's parser closes no file then
async def test_an_upload_that_is_cut_short_leaves_nothing_and_the_next_one_is_taken(node_with: NodeWith) -> None:
    async with office_of(await node_with("peak")) as office:
        _, writer = await asyncio.open_connection("127.0.0.1", office.port)
        request = await whole_request(office, csv(5_000))
        writer.write(request[: len(request) // 2])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        answer = await office.hand_in("orders.csv", csv(3))
        assert answer.status_code == 303
        assert (len(office.kept()), await office.asked()) == (1, 1), "only the whole file is there"


async def whole_request(office: Office, body: bytes, length: int = 0) -> bytes:
    """Return the bytes of a request that hands a file in; `length`: another one than it says it has."""
    request = office.client.build_request("POST", PAGE, data=await office.fields(), files={"file": ("o.csv", body)})
    sent = await request.aread()
    headers = {**dict(request.headers), **({"content-length": str(length)} if length else {})}
    lines = [f"POST {PAGE} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + sent


async def declared(office: Office, length: int) -> int:
    """Begin to send more than is taken in; return the status that comes at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
    writer.write(await whole_request(office, b"a,b\n", length))
    async with asyncio.timeout(10):
        status = int((await reader.readline()).split()[1])
    writer.close()
    return status
