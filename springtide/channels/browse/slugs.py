"""Addresses: which slug names what now, and where the slugs of before and of other languages lead."""

from collections.abc import Mapping

from springtide.channels.browse.documents import FALLBACK, text_in
from springtide.channels.browse.views import Found, Moved
from springtide.contracts.common import Texts


class Slugs:
    """Slug -> owner (an id or key as text) per language."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, str], str] = {}
        self._before: dict[tuple[str, str], str] = {}
        self._own: dict[str, Texts] = {}
        self._languages: list[str] = [FALLBACK]

    def put(self, owner: str, slugs: Texts, old: Mapping[str, tuple[str, ...]]) -> None:
        """Register an owner's slugs of now and of before."""
        self._own[owner] = slugs
        for language, slug in slugs.items():
            self._now[language, slug] = owner
        for language, gone in old.items():
            for slug in gone:
                self._before[language, slug] = owner
        self._languages.extend(sorted({*slugs, *old} - set(self._languages)))

    def drop(self, owner: str, slugs: Texts, old: Mapping[str, tuple[str, ...]]) -> None:
        """Forget an owner; a slug another owner has taken over stays with the other."""
        self._own.pop(owner, None)
        for key in slugs.items():
            if self._now.get(key) == owner:
                del self._now[key]
        for key in ((language, slug) for language, gone in old.items() for slug in gone):
            if self._before.get(key) == owner:
                del self._before[key]

    def find(self, language: str, slug: str) -> Found | Moved | None:
        """Look a slug up. One of before, or of another language, is `Moved` to the current slug in `language`."""
        for known in [language, *(other for other in self._languages if other != language)]:
            for where in (self._now, self._before):
                owner = where.get((known, slug))
                if owner is not None:
                    current = text_in(self._own[owner], language)
                    return Found(owner) if current == slug else Moved(current)
        return None
