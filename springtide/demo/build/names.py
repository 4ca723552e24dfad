"""Turn the shouted names of the source ("SET/20 RED SPOTTY PAPER NAPKINS") into readable ones.

The rules, in the order in which they run:

1. Blanks are collapsed; stray stars, leading commas and trailing punctuation go.
2. Joined words and short forms are written out ("S/3", "SET OF4" -> "set of 3"; "B'FLY" -> "butterfly"; "W/" ->
   "with").
3. "+" and "&" become "and"; a comma is followed by one blank; "60CM" becomes "60 cm".
4. Everything is lower case except names, nationalities, feasts and acronyms, and the first letter.
5. Misspellings that occur in the source are corrected ("STRAWBERY", "FUSCHIA", "PANNETONE").

The same source name always gives the same result, and a tidied name stays as it is when tidied again.
"""

import re

# Rule 2 and 3: replacements on the lower-case text, in this order.
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"\s+", " "),
    (r"^[\s*,.\-]+|[\s*,.\-]+$", ""),
    (r"\bcharlie ?\+ ?lola\b", "charlie and lola"),
    (r"\bm\.o\.p\b\.?|\bmop\b", "mother-of-pearl"),
    (r"\bd\.o\.f\.?", "double old-fashioned"),
    (r"\bf\.fairy\b", "flower fairy"),
    (r"\bl\.blue\b|\blt\.blue\b", "light blue"),
    (r"\bc/cover\b", "cushion cover"),
    (r"\bp/frame\b", "photo frame"),
    (r"\bm/colour\b", "multicolour"),
    (r"\bblk/whit\b", "black/white"),
    (r"\bp'weight\b", "paperweight"),
    (r"\bb'fly\b", "butterfly"),
    (r"\bb'draw\b", "bottom drawer"),
    (r"\bmidn't\b", "midnight"),
    (r"\bsil't\b", "silhouette"),
    (r"\bneckl(?:ace?|\.)?(?=[\d\s]|$)", "necklace "),
    (r"\bblackchristmas\b", "black Christmas"),
    (r"\bredwhite\b", "red/white"),
    (r"\b(scent|paper)(candle|lanterns)\b", r"\1 \2"),
    (r"\bf fairy\b", "flower fairy"),
    (r"\bace? ?$", ""),
    (r"\b(?:s|set|set of)\s?/\s?(\d+)\b", r"set of \1"),
    (r"\bset (?:of)?(\d+)\b(?![- ](?:pc|piece|drawer))", r"set of \1"),
    (r"\bset of (\d+)/", r"set of \1 "),
    (r"\bset(\d+)\b", r"set of \1"),
    (r"\b(pack|box|tube|bag) ?/ ?(\d+)\b", r"\1 of \2"),
    (r"\bpack (\d+)\b", r"pack of \1"),
    (r"\bw/ ?(?=[a-z])", "with "),
    (r"\bw (?=[a-z0-9])", "with "),
    (r"\b(\d+) ?pcs?\b", r"\1-piece"),
    (r"\b(\d+) (piece|tier|drawer|hook)\b", r"\1-\2"),
    (r"\b(\d+) ?w\b(?! \d)", r"\1 W"),
    (r"\b(\d+(?:\.\d+)?) ?(cm|g|m)\b", r"\1 \2"),
    (r"(\d)\"(?=[a-z])", r'\1" '),
    (r"\s*[+&]\s*", " and "),
    (r"\s*,\s*", ", "),
    (r"(?<=[a-z])\.(?= |[a-z]{3})", " "),
    (r"\bt-?li(?:gh)?te?(s?)\b|\bt light(s?)\b", r"T-light\1\2"),
    (r"\bt-?shirt", "T-shirt"),
    (r"\bant (?=white|silver|cream|gold|bronze|copper)", "antique "),
    (r"\bpolkadot", "polka dot"),
    (r"\bretro ?spots?\b", "retrospot"),
    (r"\bcakestand\b", "cake stand"),
    (r"\bcandleholder\b", "candle holder"),
    (r"\bcandle stick\b", "candlestick"),
    (r"\bcoathanger\b", "coat hanger"),
    (r"\bmemoboard\b", "memo board"),
    (r"\bdoor mat\b", "doormat"),
    (r"\bcard holder\b|\bcardholder\b", "card holder"),
    (r"\bfolkart\b", "folk art"),
    (r"\bflash ?light", "flashlight"),
    (r"\bstopmetal\b", "stop metal"),
    (r"\bchocolatecandle\b", "chocolate candle"),
    (r"\blivingroom\b", "living room"),
    (r"\bphotoframe\b", "photo frame"),
    (r"\blaundry 15 ?c\b", "laundry 15c"),
    (r"\bset of 3 piece\b", "set of 3-piece"),
    (r"\s+", " "),
    (r"^[\s*,.\-]+|[\s*,.\-]+$", ""),
)
_COMPILED = tuple((re.compile(pattern), text) for pattern, text in _PHRASES)

# Rule 2 and 5: single words.
_WORDS: dict[str, str] = {
    "ass": "assorted", "asst": "assorted", "asstd": "assorted", "assort": "assorted", "asscol": "assorted colour",
    "des": "design", "col": "colour", "cols": "colours", "dec": "decoration", "deco": "decoration",
    "hldr": "holder", "squ": "square", "sml": "small", "lrg": "large", "flwr": "flower", "turq": "turquoise",
    "turquois": "turquoise", "choc": "chocolate", "rect": "rectangular", "vint": "vintage", "blk": "black",
    "floc": "flock", "montan": "montana", "garld": "garland", "raspberr": "raspberry", "diamon": "diamante",
    "cd": "CD", "cds": "CDs", "crysta": "crystal", "candl": "candle", "cand": "candle", "nat": "natural",
    "strawbery": "strawberry", "fuschia": "fuchsia", "pannetone": "panettone", "doiley": "doily",
    "tassle": "tassel", "cinammon": "cinnamon", "sandlewood": "sandalwood", "artiifcial": "artificial",
    "filigris": "filigree", "foldin": "folding", "diamente": "diamante", "jewelery": "jewellery",
    "potpourri": "pot pourri", "marakesh": "Marrakesh", "columbian": "Colombian", "expresso": "espresso",
    "vally": "valley", "wht": "white", "childrens": "children's", "childs": "child's", "kids": "kids'",
    "gardeners": "gardener's", "kings": "king's", "babys": "baby's", "mums": "mum's", "boys": "boys'",
    "girls": "girls'", "dads": "dad's", "womans": "woman's",
}  # fmt: skip

# Rule 4: what keeps a capital, wherever it stands.
_CAPITAL_WORDS = """
English French London Paris Scandinavian Russian Moroccan Danish Kashmiri Swiss Chinese Hawaiian Japanese Indian
Indians Persian Egyptian Italian Spanish Dutch Swedish Parisienne Parisian England Britain British Scottish Scottie
Scotty Tokyo Vegas Las Acapulco Montana Savannah Riviera Monte Carlo Marrakesh Nile Murano Colombian Victorian
Edwardian Georgian Regency Christmas Easter Halloween Valentine Valentines Xmas Santa Charlie Lola Charlotte Rosie
Molly Emily Poppy's Suki Spaceboy Morris George Bertie Boudicca Babushka Rex Elvis Jean-Paul Willie Winkie Fanny's
Pop's Union Jack Eskimo I I'm LED USB TV VIP UFO DIY CD CDs A4 A5 A6 A7 3D UK USA iPod T-light T-lights T-shirt
T-shirts Provencal Roman Gothic Bakelike Dotcomgiftshop Tuscan Alpine Mexican African Asian Greek Cuban Havana
Venetian Venice Dr Monday Sunday Mother's Father's Geisha Kashmir Bombay Shanghai Rasta Hawaii
"""
_CAPITALS: dict[str, str] = {word.lower(): word for word in _CAPITAL_WORDS.split()}

_PROPER_PHRASES: tuple[tuple[str, str], ...] = (
    ("dolly girl", "Dolly Girl"),
    ("new england", "New England"),
    ("union flag", "Union Flag"),
    ("ma campagne", "Ma Campagne"),
    ("king's choice", "King's Choice"),
    ("world war", "World War"),
    ("le jardin", "Le Jardin"),
)
_PROPER = tuple((re.compile(rf"\b{phrase}\b", re.IGNORECASE), proper) for phrase, proper in _PROPER_PHRASES)

_QUOTED_LETTER = re.compile(r'"[a-z]"')
_PART = re.compile(r"[A-Za-z0-9£.]+(?:['-][A-Za-z0-9]+)*'?|\W|_")


def tidy(name: str) -> str:
    """Return the readable form of one source name; an empty name stays empty."""
    text = name.lower()
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    text = "".join(_word(part) for part in _PART.findall(text))
    text = _QUOTED_LETTER.sub(lambda match: match[0].upper(), text)
    for pattern, proper in _PROPER:
        text = pattern.sub(proper, text)
    return _first_upper(text)


def _word(part: str) -> str:
    lower = part.lower()
    fixed = _WORDS.get(lower, part)
    return _CAPITALS.get(fixed.lower(), fixed)


def _first_upper(text: str) -> str:
    """Raise the first letter, also behind an opening number or quotation mark ("6 ribbons" stays as it is)."""
    for index, char in enumerate(text):
        if char.isalpha():
            return text[:index] + char.upper() + text[index + 1 :]
        if char.isdigit():
            return text
    return text
