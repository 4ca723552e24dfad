"""Where the desk's files lie, and how a past that somebody asks about gets there."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from springtide.contexts.peak.providers.kept_files import keep_file
from springtide.contexts.peak.providers.question_messages import HistoryRequest
from springtide.contexts.peak.service.shop_history import write_shop
from springtide.contexts.peak.store import newest_inputs
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.company import COMPANY_DOCUMENT, currency_of
from springtide.contracts.peak.documents import toml_of
from springtide.contracts.peak.source import HistoryAsk, decode_draft
from springtide.platform.db import Database
from springtide.platform.uploads import Uploads
from springtide.platform.wiring import Ask

OWN = "the shop's own orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """`kept`: histories by content. `frozen`: files of plans, laid out. `uploads`: what staff handed in."""

    db: Database
    ask: Ask
    kept: Path
    frozen: Path
    uploads: Uploads

    async def history(self, asked: HistoryAsk) -> tuple[HistoryAsk, HistoryRequest]:
        """Keep the files of a past; return the question naming them, and what the numerics are asked.

        Raises InvalidPeakInput, `UploadGone`.
        """
        source = decode_draft(asked.document.encode())
        names = {field: await self._handed_in(file.sha256, file.name) for field, file in asked.files.items()}
        about = asked.files["file"].name if "file" in asked.files else source.about
        async with self.db.read() as read:
            documents = await newest_inputs(read)
        events = documents.get(CALENDAR_DOCUMENT)
        currency = currency_of(documents[COMPANY_DOCUMENT].text) if COMPANY_DOCUMENT in documents else source.currency
        if asked.from_shop:
            own, currency = await self._own()
            names, about = own | names, OWN
        document = toml_of(replace(source, **names, about=about, currency=currency))
        request = HistoryRequest(folder=str(self.kept), document=document, events=events.text if events else "")
        return HistoryAsk(document=document), request

    async def _handed_in(self, sha256: str, name: str) -> str:
        return await asyncio.to_thread(lambda: keep_file(self.kept, self.uploads.path(sha256), called=name))

    async def _own(self) -> tuple[dict[str, str], str]:
        """Keep the shop's own past; return the names of its files, and its currency."""
        async with self.db.read() as read:
            today = (await read.value("kernel_now")).date()
        with TemporaryDirectory(prefix="springtide-shop-") as folder:
            shop = await write_shop(self.ask, Path(folder), today=today)
            kept = {field: await asyncio.to_thread(keep_file, self.kept, path) for field, path in shop.files.items()}
            return kept, shop.currency
