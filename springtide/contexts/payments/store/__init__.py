"""Rows of payments, a module for each kind; the statements are `queries.sql` beside this folder.

Lock order: attempts that are new, by checkout; attempts, by id; then operations; then messages.
"""

from pathlib import Path

from springtide.platform.db import Statements

STATEMENTS = Statements.load(Path(__file__).parents[1] / "queries.sql")
