"""Rebuild the demo data from the published files: `python -m springtide.demo.build SOURCE`."""

import argparse
import sys
from pathlib import Path

from springtide.demo import categories as categories_module
from springtide.demo.build.catalogue import build_catalogue, report, write_catalogue
from springtide.demo.build.history import write_history
from springtide.demo.build.source import read_catalogue, read_lines
from springtide.demo.company import load_company
from springtide.demo.history import read_history
from springtide.demo.opening_stock import opening_stock, weekly_units, write_opening_stock


def main(arguments: list[str] | None = None) -> int:
    """Write catalogue, history and opening stock below `--target`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m springtide.demo.build", description=__doc__)
    parser.add_argument("source", type=Path, help="folder with catalogue.csv and the invoice lines (parquet or csv)")
    parser.add_argument(
        "--target", type=Path, default=categories_module.DATA, help="folder to write (the package's data)"
    )
    options = parser.parse_args(arguments)
    try:
        build(options.source, options.target)
    except (FileNotFoundError, ModuleNotFoundError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def build(source: Path, target: Path) -> None:
    """Build everything; prints one line per result."""
    target.mkdir(parents=True, exist_ok=True)
    tree = categories_module.load()
    categories_module.check_names(tree)
    rows = build_catalogue(read_catalogue(source), tree)
    write_catalogue(rows, target / "catalogue.csv.gz")
    sys.stdout.write(f"catalogue: {report(rows, tree)}\n")
    sizes = write_history(read_lines(source), {row.sku for row in rows}, target / "history")
    sys.stdout.write(f"history: {sum(sizes.values()):,} bytes in {len(sizes)} files\n")
    orders = read_history(folder=target / "history", known=frozenset(row.sku for row in rows))
    stock = opening_stock(rows, weekly_units(orders), load_company())
    write_opening_stock(stock, target / "opening_stock.csv")
    sys.stdout.write(f"opening stock: {sum(row.on_hand for row in stock):,} units in {len(stock):,} rows\n")


if __name__ == "__main__":
    sys.exit(main())
