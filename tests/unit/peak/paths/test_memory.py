"""Draws are made again when they are asked for: memory grows with what is known of a product, never with its draws."""

import subprocess
import sys

DRAWN = """
import resource
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, spread_of
from springtide.contexts.peak.domain.paths.joint import draw_paths

def draw(products):
    joint = draw_paths(forecast_of(products, 100), spread_of(products), edits=NO_EDITS, paths=200)
    for block in joint.products.blocks(size=64):
        assert block.units.shape[1:] == (200, 100)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(draw(300), draw(1_800))
"""
KEPT_DRAWS_KB_PER_1000 = 1_000 * 200 * 100 * 4 / 1024
"""What 1,000 products would take if their draws were kept: 78,125 KB."""


def test_a_thousand_products_more_take_a_tenth_of_what_their_draws_would() -> None:
    done = subprocess.run([sys.executable, "-c", DRAWN], check=True, capture_output=True, text=True, timeout=120)
    few, many = (int(word) for word in done.stdout.split())
    assert (many - few) / 1.5 < KEPT_DRAWS_KB_PER_1000 / 10
