import pytest

from springtide.demo.build.names import tidy
from springtide.demo.catalogue import read_catalogue


@pytest.mark.parametrize(
    ("source", "tidied"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White hanging heart T-light holder"),
        ("SET/20 RED SPOTTY PAPER NAPKINS ", "Set of 20 red spotty paper napkins"),
        ("ROUND SNACK BOXES SET OF4 WOODLAND", "Round snack boxes set of 4 woodland"),
        ("LUNCH BAG  BLACK SKULL.", "Lunch bag black skull"),
        ("GIN + TONIC DIET METAL SIGN", "Gin and tonic diet metal sign"),
        ("CHARLIE+LOLA PINK HOT WATER BOTTLE", "Charlie and Lola pink hot water bottle"),
        ("REGENCY CAKESTAND 3 TIER", "Regency cake stand 3-tier"),
        ("LARGE CAKE STAND  HANGING STRAWBERY", "Large cake stand hanging strawberry"),
        ("KEY FOB , SHED", "Key fob, shed"),
        ("DOORMAT NEW ENGLAND", "Doormat New England"),
        ('LETTER "A" BLING KEY RING', 'Letter "A" bling key ring'),
        ('RECORD FRAME 7" SINGLE SIZE ', 'Record frame 7" single size'),
        ("WOOD BLACK BOARD ANT WHITE FINISH", "Wood black board antique white finish"),
        ("BAG 250g SWIRLY MARBLES", "Bag 250 g swirly marbles"),
        ("CHILDRENS APRON SPACEBOY DESIGN", "Children's apron Spaceboy design"),
        ("", ""),
    ],
)
def test_a_shouted_name_becomes_readable(source: str, tidied: str) -> None:
    assert tidied == tidy(source)


def test_a_tidied_name_stays_as_it_is() -> None:
    names = [row.name_en for row in read_catalogue()]
    assert names == [tidy(name) for name in names]


def test_no_shipped_name_shouts_or_is_empty() -> None:
    for row in read_catalogue():
        assert row.name_en == row.name_en.strip() != ""
        assert not any(len(word) > 4 and word.isupper() for word in row.name_en.split()), row
