"""Bringing the schemas of several contexts up to date. Apart from `engines`: it imports all contexts and Alembic."""

from springtide.bootstrap.specs import spec_of
from springtide.platform.migrate import migrate, prepare_schema
from springtide.settings import CONTEXTS, Settings


def migrate_all(
    settings: Settings, contexts: tuple[str, ...] = CONTEXTS, *, phases: tuple[str, ...] = ("pre", "post")
) -> list[str]:
    """Bring schemas up to date; return the revisions applied. `MigrationFailed`."""
    applied: list[str] = []
    for context in contexts:
        url = settings.direct_url_of(context)
        prepare_schema(url, settings.secret_key, context)
        applied += migrate(url, context, spec_of(context).migrations, phases=phases)
    return applied
