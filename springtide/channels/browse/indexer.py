"""Keeps the search index and the suggestions up with the shelf: batches of changes, written beside the requests."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from uuid import UUID

from springtide.channels.browse.documents import FALLBACK, decode_document, text_in
from springtide.channels.browse.follower import Changes
from springtide.channels.browse.listing import in_language, whole_in_language
from springtide.channels.browse.search import Indexed, SearchIndex, Text
from springtide.channels.browse.shelf import Entry, Shelf
from springtide.channels.browse.suggest import Named, Suggester
from springtide.channels.browse.words import Lexicon
from springtide.platform.telemetry import logger

_BATCH_PAUSE_S = 0.05
_BETWEEN_SUGGESTERS_S = 2.0
_CHUNK = 250

log = logger(__name__)


class Indexer:
    """Owns the index. `ready` is set when everything on the shelf has been indexed once; `revision` counts commits."""

    def __init__(self, shelf: Shelf, changes: Changes, lexicons: Mapping[str, Lexicon]) -> None:
        self._shelf = shelf
        self._changes = changes
        self._lexicons = lexicons
        self.index: SearchIndex | None = None
        self.suggesters: dict[str, Suggester] = {}
        self.ready = asyncio.Event()
        self.revision = 0
        self.on_change: Callable[[], None] = _nobody
        """Called when searches find something else than before."""

        self._names_changed = False
        self._suggested_at = float("-inf")

    async def run(self) -> None:
        """Index for ever: wait for changes, take them together, write, start anew."""
        while True:
            await self._wait()
            try:
                await self.catch_up()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("browse.index_failed")
                self._discard()
                await asyncio.sleep(1)

    async def _wait(self) -> None:
        """Wait for something to do: changes to index, or suggestions that have been stale for long enough."""
        happened = self._changes.happened
        while not happened.is_set() or self._shelf.front is None:
            if self._shelf.front is None:
                happened.clear()
            stale_for_s = self._suggested_at + _BETWEEN_SUGGESTERS_S - asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(max(0.0, stale_for_s) if self._names_changed else None):
                    await happened.wait()
            except TimeoutError:
                return
        await asyncio.sleep(_BATCH_PAUSE_S)  # what arrives meanwhile shares the commit

    async def catch_up(self) -> None:
        """Bring index and suggestions to the shelf's state."""
        languages = self._languages()
        if self.index is None or self.index.languages != languages:
            self._discard()
            self.index = SearchIndex(languages, self._lexicons)
        changed, gone = self._changes.take()
        if changed or gone:
            await self._write(self.index, changed, gone)
            self.revision += 1
            self._names_changed = True
            self.on_change()
        await self._suggest(languages)
        self.ready.set()

    async def _write(self, index: SearchIndex, changed: Iterable[UUID], gone: Iterable[UUID]) -> None:
        """Write the changes in chunks, for one commit: a chunk is some milliseconds of work, requests come in between.

        All texts of a catalogue at once would leave holes in the memory of this process that nothing fills again.
        """
        there = [known for one in changed if (known := self._shelf.products.get(one))]
        chunks = [there[start : start + _CHUNK] for start in range(0, len(there), _CHUNK)]
        for entries, language in product(chunks, index.languages):
            await index.learn(language, _names_in(entries, language))
        await index.write((), gone)
        for entries in chunks:
            await index.write([indexed(self._shelf, entry, index.languages) for entry in entries])
        await index.show()

    async def _suggest(self, languages: Iterable[str]) -> None:
        """Build the suggestions anew: all of them, so not more often than every `_BETWEEN_SUGGESTERS_S`."""
        now = asyncio.get_running_loop().time()
        if self._names_changed and now >= self._suggested_at + _BETWEEN_SUGGESTERS_S:
            self._names_changed = False
            self._suggested_at = now
            self.suggesters = await asyncio.to_thread(_suggesters, self._names(languages))

    def close(self) -> None:
        """Let the writer thread go."""
        if self.index is not None:
            self.index.close()

    def _discard(self) -> None:
        """Begin an index anew (other languages, or a failed write): everything counts as changed."""
        self.close()
        self.index = None
        self._changes.note_everything(self._shelf)

    def _languages(self) -> tuple[str, ...]:
        spoken = {language for market in self._shelf.markets.values() for language in market.languages}
        return (FALLBACK, *sorted(spoken - {FALLBACK}))

    def _names(self, languages: Iterable[str]) -> dict[str, list[tuple[UUID, bytes, int]]]:
        entries = list(self._shelf.products.values())
        return {
            language: [(entry.id, in_language(entry, language), entry.popularity) for entry in entries]
            for language in languages
        }


def _nobody() -> None:
    pass


def _suggesters(names: Mapping[str, list[tuple[UUID, bytes, int]]]) -> dict[str, Suggester]:
    return {
        language: Suggester(
            Named(product_id, decode_document(document).name, popularity)
            for product_id, document, popularity in entries
        )
        for language, entries in names.items()
    }


def _names_in(entries: Iterable[Entry], language: str) -> list[str]:
    return [decode_document(entry.documents[language]).name for entry in entries if language in entry.documents]


def indexed(shelf: Shelf, entry: Entry, languages: Iterable[str]) -> Indexed:
    """Return what of a product is searched, per language that has a document of its own (English always)."""
    texts = {}
    for language in languages:
        if language not in entry.documents:
            continue
        read = decode_document(whole_in_language(entry, language))
        options = [value for variant in read.variants for value in variant.options.values()]
        body = " ".join([read.description, *read.attributes.values(), *dict.fromkeys(options)])
        texts[language] = Text(read.name, " ".join(_category_names(shelf, entry.category, language)), body)
    return Indexed(entry.id, entry.skus, entry.popularity, texts)


def _category_names(shelf: Shelf, key: str, language: str) -> Iterable[str]:
    """Yield the names from a category up to the top; a tree that loops ends where it began."""
    seen: set[str] = set()
    while key in shelf.categories and key not in seen:
        seen.add(key)
        yield text_in(shelf.categories[key].names, language)
        key = shelf.categories[key].parent
