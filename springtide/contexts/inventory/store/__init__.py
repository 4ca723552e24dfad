"""Rows of inventory, a module for each kind; the statements are `queries.sql` beside this folder.

Lock order, the same for everybody:

    1. turn      of the checkouts, by id (advisory locks: also a checkout without a row has one)
    2. promise   their rows, by id; the sweep takes no turn and skips rows that are locked
    3. sku       the SKUs concerned, by SKU. Who has a SKU's row has its `stock` rows too, all locations of them
    4. stock     by (sku, location); only under the lock of 3, so nobody ever waits here

Each of the first three is a statement of its own, so that what it reads was committed after the locks before it were
taken. Batches (`batches.locks_and_reads`) and single calls (`promises.lock_promise`, `shelves.lock_shelf`) keep the
same order and may meet.

Expiry of others' holds is judged after 3, by the clock of that moment (`lapsed_units`), not by the start of the
transaction: a transaction that waited for its locks would otherwise judge by a time older than the one the rows were
last judged by.
"""

from pathlib import Path

from springtide.platform.db import Statements

STATEMENTS = Statements.load(Path(__file__).parents[1] / "queries.sql")
