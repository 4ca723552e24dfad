"""Full text in memory (tantivy): one document per product with fields per language, one writer thread.

Per language: `name` (folded words), `stem` (their stems), `more` (stems of compound parts, synonyms, the category) and
`body` (stems of description and attributes). Words are cut, stemmed and split by `words.Speech` on both sides; tantivy
only sees words between blanks. Facets, prices and bands are not in the index: they change often and are counted on the
shelf, so a price change needs no commit.

A query is asked strictly first (every word, exact, stem, part or synonym; the last word also as a beginning). Only when
that finds too little, words within one letter (two for long words) and infixes are asked, and listed behind.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import msgspec
import tantivy
from tantivy import Occur, Query

from springtide.channels.browse.words import Lexicon, Speech, words

HITS_LIMIT = 2_000
TEXT_LIMIT = 200
WORDS_LIMIT = 8
ENOUGH_HITS = 3
_WRITER_HEAP_BYTES = 15_000_000
_NAME, _STEM, _MORE, _BODY, _PREFIX = 6.0, 4.0, 2.0, 1.0, 1.5
_FUZZY_FROM, _FUZZY_TWICE_FROM = 4, 8
_EDGE_FROM, _INFIX_FROM = 3, 4
_INFIX_LIMIT = 12


class Text(msgspec.Struct, frozen=True):
    """What is searched of a product in one language."""

    name: str
    category: str
    body: str


class Indexed(msgspec.Struct, frozen=True):
    """A product for the index: `texts` per language, English always."""

    id: UUID
    skus: tuple[str, ...]
    popularity: int
    texts: dict[str, Text]


class Hits(msgspec.Struct, frozen=True):
    """Products, best first. `corrected`: no product matched the words as they were typed."""

    products: tuple[UUID, ...]
    corrected: bool


class SearchIndex:
    """The index of one process. Writes happen in one thread of their own; queries read the last commit."""

    def __init__(self, languages: Sequence[str], lexicons: Mapping[str, Lexicon] | None = None) -> None:
        self.languages = tuple(languages)
        self._speech = {language: Speech(language, (lexicons or {}).get(language)) for language in languages}
        self._schema = _schema(languages)
        self._index = tantivy.Index(self._schema)
        self._index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._writer: Any = self._index.writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search-writer")
        self._ordinals: dict[UUID, int] = {}
        self._products: list[UUID | None] = []
        self._popularity: list[int] = []

    async def apply(self, changed: Sequence[Indexed], gone: Iterable[UUID] = ()) -> None:
        """Index a batch in the writer thread; searches see it when this returns."""
        for language in self.languages:
            await self.learn(
                language, [product.texts[language].name for product in changed if language in product.texts]
            )
        await self.write(changed, gone)
        await self.show()

    async def learn(self, language: str, names: Iterable[str]) -> None:
        """Teach names to the vocabulary of a language: all of a batch before any word of it is split."""
        await self._in_thread(self._learn, language, names)

    async def write(self, changed: Sequence[Indexed], gone: Iterable[UUID] = ()) -> None:
        """Write a part of a batch in the writer thread; searches see it after `show`."""
        await self._in_thread(self._write, changed, tuple(gone))

    async def show(self) -> None:
        """Let searches see what was written."""
        await self._in_thread(self._show)

    async def _in_thread(self, act: Callable[..., None], *given: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, act, *given)

    def close(self) -> None:
        """Stop the writer thread."""
        self._thread.shutdown(wait=True)

    def _write(self, changed: Sequence[Indexed], gone: Sequence[UUID]) -> None:
        for product_id in gone:
            ordinal = self._ordinals.pop(product_id, None)
            if ordinal is not None:
                self._delete(ordinal)
                self._products[ordinal] = None
        for product in changed:
            ordinal = self._ordinal(product)
            self._delete(ordinal)
            self._writer.add_document(self._document(product, ordinal))

    def _show(self) -> None:
        self._writer.commit()
        self._index.reload()

    def _learn(self, language: str, names: Iterable[str]) -> None:
        for name in names:
            self._speech[language].learn(words(name))

    def _delete(self, ordinal: int) -> None:
        """Delete by query: tantivy's deletion by term takes the number for a signed one and finds nothing."""
        self._writer.delete_documents_by_query(Query.term_query(self._schema, "ordinal", ordinal))

    def _ordinal(self, product: Indexed) -> int:
        """Return the product's place in the lists that hits are looked up in; new products get the next one."""
        ordinal = self._ordinals.get(product.id)
        if ordinal is None:
            ordinal = self._ordinals[product.id] = len(self._products)
            self._products.append(product.id)
            self._popularity.append(product.popularity)
        self._popularity[ordinal] = product.popularity
        return ordinal

    def _document(self, product: Indexed, ordinal: int) -> tantivy.Document:
        document = tantivy.Document()
        document.add_unsigned("ordinal", ordinal)
        document.add_text("sku", " ".join(word for sku in product.skus for word in {"".join(words(sku)), *words(sku)}))
        for language in self.languages:
            speech, text = self._speech[language], _text(product, language)
            name, category, body = words(text.name), words(text.category), words(text.body)
            more = speech.related(name) | {speech.stem(word) for word in category}
            document.add_text(f"name_{language}", " ".join(name))
            document.add_text(f"stem_{language}", " ".join(speech.stem(word) for word in name))
            document.add_text(f"more_{language}", " ".join(sorted(more)))
            document.add_text(f"body_{language}", " ".join(speech.stem(word) for word in body))
        return document

    async def search(self, text: str, language: str, *, limit: int = HITS_LIMIT) -> Hits:
        """Return matching products, best first. Strict queries run here, loose ones in a thread of the pool."""
        asked = words(text[:TEXT_LIMIT])[:WORDS_LIMIT]
        if not asked:
            return Hits((), corrected=False)
        language = language if language in self._speech else self.languages[0]
        strict = self._run(_all(self._strict(asked, language)), limit)
        if len(strict) >= ENOUGH_HITS:
            return Hits(tuple(strict), corrected=False)
        loose = await asyncio.to_thread(self._loose, asked, language, limit)
        seen = set(strict)
        return Hits(
            (*strict, *(product for product in loose if product not in seen)), corrected=not strict and bool(loose)
        )

    def _loose(self, asked: list[str], language: str, limit: int) -> list[UUID]:
        wide = [
            _any([strict, *self._similar(word, language)])
            for word, strict in zip(asked, self._strict(asked, language), strict=True)
        ]
        found = self._run(_all(wide), limit)
        if not found and len(wide) > 1:
            most = (len(wide) + 1) // 2
            some = Query.boolean_query([(Occur.Should, query) for query in wide], minimum_number_should_match=most)
            found = self._run(some, limit)
        return found

    def _strict(self, asked: list[str], language: str) -> list[Query]:
        """Return one query per word; two neighbours written apart also match the word they make together."""
        queries = []
        for place, word in enumerate(asked):
            choices = self._exactly(word, language)
            for start in (place - 1, place):
                joined = "".join(asked[start : start + 2]) if start >= 0 else ""
                if joined != word and joined in self._speech[language].vocabulary:
                    choices.append(self._term("name", language, joined, _STEM))
            if place == len(asked) - 1 and len(word) > 1:
                prefix = Query.fuzzy_term_query(self._schema, f"name_{language}", word, distance=0, prefix=True)
                choices.append(Query.boost_query(prefix, _PREFIX))
            queries.append(_any(choices))
        return queries

    def _exactly(self, word: str, language: str) -> list[Query]:
        root = self._speech[language].stem(word)
        return [
            self._term("name", language, word, _NAME),
            self._term("stem", language, root, _STEM),
            self._term("more", language, root, _MORE),
            self._term("body", language, root, _BODY),
            Query.boost_query(Query.term_query(self._schema, "sku", word), _NAME),
        ]

    def _similar(self, word: str, language: str) -> list[Query]:
        queries: list[Query] = []
        if len(word) >= _FUZZY_FROM and not word.isdigit():
            distance = 2 if len(word) >= _FUZZY_TWICE_FROM else 1
            for field, boost in (("name", 1.0), ("stem", 0.8), ("more", 0.6)):
                text = word if field == "name" else self._speech[language].stem(word)
                fuzzy = Query.fuzzy_term_query(self._schema, f"{field}_{language}", text, distance=1)
                queries.append(Query.boost_query(fuzzy, boost))
            if distance > 1:
                twice = Query.fuzzy_term_query(self._schema, f"name_{language}", word, distance=2)
                queries.append(Query.boost_query(twice, 0.3))
        queries.extend(self._term("name", language, known, 0.7) for known in self._containing(word, language))
        if language != self.languages[0]:
            queries.extend(self._exactly(word, self.languages[0])[:2])
        return queries

    def _containing(self, word: str, language: str) -> list[str]:
        """Return words of names that contain the word (short ones only at either end), the shortest first."""
        root = self._speech[language].stem(word)
        if len(root) < _EDGE_FROM:
            return []
        found = (
            known
            for known in tuple(self._speech[language].vocabulary)  # a copy: the writer thread may be adding words
            if root in known and (len(root) >= _INFIX_FROM or known.startswith(root) or known.endswith(root))
        )
        return sorted(found, key=lambda known: (len(known), known))[:_INFIX_LIMIT]

    def _term(self, field: str, language: str, word: str, boost: float) -> Query:
        return Query.boost_query(Query.term_query(self._schema, f"{field}_{language}", word), boost)

    def _run(self, query: Query, limit: int) -> list[UUID]:
        searcher = self._index.searcher()
        hits = searcher.search(query, limit=limit, count=False).hits
        ordinals = searcher.fast_field_values("ordinal", [address for _, address in hits])
        ranked = sorted(
            ((score * self._liked(int(ordinal)), int(ordinal)) for (score, _), ordinal in _pairs(hits, ordinals)),
            key=lambda pair: (-pair[0], pair[1]),
        )
        return [product for _, ordinal in ranked if (product := self._products[ordinal]) is not None]

    def _liked(self, ordinal: int) -> float:
        """Return what popularity adds to a score: at most a quarter, so that words decide first."""
        return 1 + 0.025 * min(self._popularity[ordinal], 100_000).bit_length() / 1.7


def _pairs(hits: list[tuple[Any, Any]], ordinals: list[Any]) -> Iterable[tuple[tuple[float, Any], Any]]:
    return zip(hits, ordinals, strict=True)


def _text(product: Indexed, language: str) -> Text:
    return product.texts.get(language) or next(iter(product.texts.values()))


def _any(queries: list[Query]) -> Query:
    return Query.disjunction_max_query(queries, 0.1)


def _all(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _schema(languages: Iterable[str]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("ordinal", indexed=True, fast=True)
    builder.add_text_field("sku", tokenizer_name="words", index_option="basic")
    for language in languages:
        for field in ("name", "stem", "more", "body"):
            builder.add_text_field(f"{field}_{language}", tokenizer_name="words", index_option="freq")
    return builder.build()
