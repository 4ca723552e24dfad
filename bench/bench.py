"""What a row is given: the options, and the shop, started when the first row wants it."""

from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.layouts import Layout
from bench.options import Options
from bench.shop import Say, Shop, loaded_engines, place_of, running_shop
from springtide.platform.embedded.folders import DataFolder
from springtide.settings import Settings


class Bench:
    """Keeps engines and shop for all rows of a run; both end with the block."""

    def __init__(self, options: Options, say: Say) -> None:
        self.options = options
        self.say = say
        self._place_stack = AsyncExitStack()
        self._engines_stack = AsyncExitStack()
        self._shop_stack = AsyncExitStack()
        self._place: Path | None = None
        self._engines: tuple[Settings, DataFolder] | None = None
        self._shop: Shop | None = None
        self._layout: Layout = ()
        self.notes: list[str] = []

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the shop, then the engines, and remove the folder if it was one to throw away."""
        await self.stop()
        await self._place_stack.aclose()

    def note(self, text: str) -> None:
        """Keep a text to print below the table."""
        self.notes.append(text)

    async def engines(self) -> tuple[Settings, DataFolder]:
        """Return the loaded engines' settings and folder."""
        if self._engines is None:
            if self._place is None:
                self._place = self._place_stack.enter_context(place_of(self.options.data))
            loading = loaded_engines(self._place, products=self.options.products, say=self.say)
            self._engines = await self._engines_stack.enter_async_context(loading)
        return self._engines

    async def shop(self, layout: Layout | None = None) -> Shop:
        """Return the running shop; another layout than the running one stops that first."""
        wanted = layout or self.options.layout
        if self._shop is None or self._layout != wanted:
            await self.rest()
            self.say(f"Starting {' | '.join('+'.join(group) for group in wanted)}")
            settings, folder = await self.engines()
            starting = running_shop(settings, folder, wanted, products=self.options.products)
            self._shop = await self._shop_stack.enter_async_context(starting)
            self._layout = wanted
        return self._shop

    async def stop(self) -> None:
        """Stop the shop and the engines; what is stored stays, and the next row that asks starts them again."""
        await self.rest()
        await self._engines_stack.aclose()
        self._engines = None

    async def rest(self) -> None:
        """Stop the shop's processes; the engines go on."""
        await self._shop_stack.aclose()
        self._shop = None
