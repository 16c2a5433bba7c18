"""Texts and layouts of number plates.

plate(r) gives a Plate: groups of characters with what stands between them, and how the whole
looks. Half of the Latin plates follow no national syntax, so that the networks read what they
see and do not guess from the pattern; patterns are the decoder's work.
"""
from dataclasses import dataclass, field

from glyphs import CYRILLIC, HAN, PROVINCES, TWINS

D = "0123456789"
L = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
R = "ABEKMHOPCTYX"
CN = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass
class Plate:
    groups: list            # strings; the text is their concatenation
    gaps: list              # between groups, in character pitches
    stickers: list = field(default_factory=list)  # indexes of gaps that hold a sticker or coat of arms
    dots: list = field(default_factory=list)      # indexes of gaps that hold a dot or hyphen
    aspect: float = 4.6
    high: float = .7        # of the characters, of the plate
    middle: float = .5      # height of their middle
    fill: float = .86       # of the characters, of their pitch
    left: str = ""          # country band: its letters; " " an empty one
    right: str = ""
    band_dark: bool = True
    small: int = 0          # so many groups at the end are a field of their own, boxed and smaller
    small_high: float = .75
    small_word: bool = False
    light_on_dark: float = .04
    word_above: float = 0   # probabilities
    word_below: float = 0
    picture: float = 0
    border: float = .6
    han: bool = False
    green: bool = False
    font: str = ""          # "din" prefers narrow road lettering

    @property
    def text(self):
        return "".join(self.groups)


def fill(r, pattern, letters=L, prov=None):
    out = []
    for c in pattern:
        out.append(r.choice(D) if c == "d" else r.choice(letters) if c == "l" else r.choice(R) if c == "r"
                   else r.choice(CYRILLIC + "AEKMHOPCTYXB") if c == "y" else c)
    return "".join(out)


def groups(r, pattern, letters=L):
    return [fill(r, g, letters) for g in pattern.split()]


def region(r, last):
    return "%02d" % r.randint(1, last)


def kz(r):
    x = r.random()
    if x < .65:
        p = Plate(groups(r, r.choice(["ddd lll", "ddd ll", "ddd lll", "ddd ll"])) + [region(r, 20)], [.35, .5], left=r.choice(["KZ", "KZ", " "]),
                  small=1, small_high=r.uniform(.75, 1), band_dark=r.random() < .4, high=r.uniform(.62, .8))
    elif x < .75:
        p = Plate(groups(r, r.choice(["dd lll", "ll dddd"])) + [region(r, 20)], [.3, .5], left="KZ", small=1, small_high=.9, band_dark=r.random() < .4)
    elif x < .82:
        p = Plate(groups(r, "l dddd") + [region(r, 20)], [.3, .5], left="KZ", small=1, small_high=.9)
    else:
        p = Plate(groups(r, r.choice(["l ddd lll", "l ddd ll"])), [.35, .35], left=r.choice(["", "KZ"]), high=r.uniform(.6, .8))
    p.stickers = [0] if r.random() < .1 else []
    return p


def kg(r):
    x = r.random()
    if x < .7:
        return Plate([region(r, 9)] + groups(r, r.choice(["ddd lll", "ddd ll", "ddd lll", "ddd pt".replace("pt", "PT")])), [.6, .35],
                     left=r.choice(["KG", "KG", " "]), band_dark=r.random() < .5, stickers=[0] if r.random() < .3 else [])
    return Plate(groups(r, r.choice(["l dddd l", "l dddd ll"])), [.3, .3], left=r.choice(["", "KG"]))


def uz(r):
    p = Plate(["%02d" % r.choice([1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95])] + groups(r, r.choice(["l ddd ll", "ddd lll"])),
              [.6, .3, .3][:3], right=r.choice(["UZ", " ", "UZ"]), band_dark=r.random() < .3)
    p.gaps = p.gaps[:len(p.groups) - 1]
    if r.random() < .3:
        p.border = 1
    return p


def ru(r):
    area = r.choice(["%02d" % r.randint(1, 99), "%d%02d" % (r.choice([1, 1, 7, 2, 9]), r.randint(0, 99))])
    x = r.random()
    g = groups(r, "r ddd rr") if x < .75 else groups(r, "rr dddd") if x < .88 else groups(r, "rr ddd") if x < .95 else groups(r, "r dddd")
    p = Plate(g + [area], [.08 if len(g) == 3 else .2] * (len(g) - 1) + [.55], small=1, small_high=r.uniform(.68, .85), small_word=True,
              high=r.uniform(.6, .78), light_on_dark=.05, border=.9)
    return p


def cn(r):
    home = r.choice(PROVINCES + ("新" * 3 if r.random() < .5 else ""))
    x = r.random()
    if x < .62:  # blue
        tail = [fill(r, "lllll", CN if r.random() < .5 else D + D + CN)]
        p = Plate([home + r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ" if r.random() < .6 else "ABC")] + tail, [.35], light_on_dark=1, aspect=r.uniform(3, 3.6))
    elif x < .78:  # yellow
        tail = [fill(r, "lllll", D + CN)]
        p = Plate([home + r.choice("ABCDEFGHJK")] + tail, [.35], light_on_dark=0)
        if r.random() < .25:
            p.groups[1] = p.groups[1][:4] + r.choice("挂挂学")
    elif x < .9:  # green: six characters
        tail = [r.choice("DF") + fill(r, "ddddd")] if r.random() < .6 else [fill(r, "ddddd") + r.choice("DF")]
        p = Plate([home + r.choice("ABCDEFGHJK")] + tail, [.35], light_on_dark=0, green=True)
    elif x < .96:
        p = Plate([home + r.choice("ABCDEF"), fill(r, "dddd") + r.choice("警警警港澳临")], [.35], light_on_dark=r.choice([0, 1]))
    else:  # every character as often, for the classes' sake
        p = Plate([r.choice(HAN) + r.choice(L), fill(r, "dddd") + r.choice(HAN)], [.35], light_on_dark=.5)
    p.han, p.dots, p.font = True, [0] if r.random() < .9 else [], "din"
    p.aspect = r.uniform(2.9, 3.7)
    p.high, p.border = r.uniform(.62, .8), .8
    p.fill = r.uniform(.76, .86)
    return p


def mn(r):
    return Plate(groups(r, r.choice(["dddd yyy", "dd dd yyy"])), [.4, .4], left=r.choice(["MN", " ", ""]), band_dark=r.random() < .5)


def tr(r):
    return Plate(["%02d" % r.randint(1, 81)] + groups(r, r.choice(["l dddd", "l ddddd", "ll ddd", "ll dddd", "lll dd", "lll ddd"])), [.3, .3],
                 left=r.choice(["TR", "TR", " "]))


EU = [("D", "l* l ddd", 6), ("D", "l* ll dddd", 4), ("D", "ll ll ddd", 3), ("D", "lll l dd", 2), ("PL", "ll ddddd", 4), ("PL", "lll dddd", 3),
      ("PL", "lll ldd", 1), ("PL", "ll ddddl", 2), ("PL", "lll llddd", 1), ("CZ", "dld dddd", 7), ("CZ", "dl dddd", 2), ("SK", "ll* dddll", 9), ("LT", "lll ddd", 2),
      ("LV", "ll dddd", 1), ("EST", "ddd lll", 1), ("H", "lll ddd", 2), ("A", "l* dddd ll", 2), ("A", "ll* dddl", 1), ("NL", "ll ll dd", 1), ("NL", "dd lll d", 1),
      ("F", "ll ddd ll", 2), ("I", "ll dddll", 2), ("E", "dddd lll", 2), ("GB", "lldd lll", 2), ("B", "d lll ddd", 1), ("S", "lll ddd", 1),
      ("FIN", "lll ddd", 1), ("DK", "ll dd ddd", 1), ("RO", "ll dd lll", 1), ("BG", "ll dddd ll", 1), ("HR", "ll* dddd ll", 1), ("SLO", "ll* ll ddd", 1),
      ("UA", "ll dddd ll", 2), ("BY", "dddd ll d", 2), ("GE", "ll ddd ll", 1), ("AM", "dd ll ddd", 1), ("AZ", "dd ll ddd", 1), ("P", "dd ll dd", 1),
      ("TJ", "dddd ll dd", 1), ("MD", "lll ddd", 1), ("SRB", "ll* ddd ll", 1), ("L", "ll dddd", 1), ("IRL", "ddd l ddddd", 1), ("N", "ll ddddd", 1),
      ("D", "* ddd l dd", 1), ("CZ", "ddd dddd", 1), ("PL", "l ddddd", 1)]
EU_WEIGHTS = [w for _, _, w in EU]


def eu(r):
    band, pattern, _ = r.choices(EU, EU_WEIGHTS)[0]
    parts = pattern.split()
    stickers = [i for i, g in enumerate(parts) if g.endswith("*")][:1]
    g = [fill(r, x.replace("*", "")) for x in parts]
    if not g[0]:
        g, stickers = g[1:], []
    gaps = [(.75 if i in stickers else r.uniform(.25, .6)) for i in range(len(g) - 1)]
    if band in ("SK", "PL", "LT", "CZ") and r.random() < .7 and not stickers:
        stickers = [0]
        gaps[0] = r.uniform(.5, .85)
    p = Plate(g, gaps, stickers=stickers, left=r.choice([band, band, band, " ", ""]), high=r.uniform(.62, .8), border=.8, word_below=.04, word_above=.02)
    p.aspect = r.uniform(4.2, 4.9)
    if band in ("F", "I", "P") and r.random() < .5:
        p.right = " "
    if r.random() < .2:
        p.dots = [i for i in range(len(g) - 1) if i not in stickers][:1]
    return p


def us(r):
    pattern = r.choice(["lll dddd", "lll ddd", "dlll ddd", "dlllddd", "ddd lll", "llldddd", "lllddd", "ddd ddd", "dddddd", "ddd dlll", "lld ddd", "lddddd", "ldd ddl",
                        "dddd ll", "ll ddddd", "lll ddl", "ldd lll", "ddl lll", "dll ddd", "ddddd", "lddlll", "dlddd", "llldd", "ddllldd", "dd lddd", "llldl", "lllll", "llllll", "lllllll", "lll dldd"])
    g = groups(r, pattern)
    p = Plate(g, [r.uniform(.25, .7)] * (len(g) - 1), aspect=r.uniform(1.85, 2.15), high=r.uniform(.42, .62), middle=r.uniform(.46, .56),
              fill=r.uniform(.76, .9), word_above=.85, word_below=.6, picture=.6, border=.4, light_on_dark=.15)
    if len(g) > 1 and r.random() < .5:
        (p.stickers if r.random() < .4 else p.dots).append(0)
    return p


def br(r):
    p = Plate(groups(r, r.choice(["lll dddd", "lll dddd", "lll ddd", "llldldd"])), [r.uniform(.3, .6)], aspect=r.uniform(2.9, 3.3), high=r.uniform(.5, .62),
              middle=r.uniform(.56, .63), word_above=.95, light_on_dark=.15, border=.6, font="din" if r.random() < .3 else "")
    p.gaps = p.gaps[:len(p.groups) - 1]
    if p.gaps and r.random() < .85:
        p.dots = [0]
    return p


def free(r):
    """Any text in any cut: nothing can be guessed."""
    n = r.choice([3, 4, 5, 5, 6, 6, 7, 7, 7, 8, 8, 9])
    letters = r.choice([L + D, L + D, D, L])
    text = fill(r, "l" * n, letters)
    cuts = sorted(set(r.sample(range(1, n), min(n - 1, r.choice([0, 1, 1, 2, 3])))))
    g = [text[a:b] for a, b in zip([0] + cuts, cuts + [n])]
    p = Plate(g, [r.uniform(.1, .8) for _ in cuts], aspect=r.uniform(2, 5), high=r.uniform(.5, .85), fill=r.uniform(.72, .94),
              word_above=.15, word_below=.15, picture=.2, light_on_dark=.25, border=r.random(), left=r.choice(["", "", " ", fill(r, "ll")]))
    if cuts:
        if r.random() < .3:
            p.stickers = [r.randrange(len(cuts))]
        if r.random() < .3:
            p.dots = [r.randrange(len(cuts))]
    return p


MAKERS = [kz, kg, uz, ru, cn, mn, tr, eu, us, br, free]
WEIGHTS = [8, 4, 5, 6, 32, 4, 3, 17, 12, 3, 10]


def plate(r):
    p = r.choices(MAKERS, WEIGHTS)[0](r)
    if not p.han and r.random() < .12:  # the same layout with characters out of the pattern
        p.groups = [fill(r, "l" * len(g), L + D) if all(c in L + D for c in g) else g for g in p.groups]
    p.groups = ["".join(TWINS.get(c, c) for c in g) for g in p.groups]
    if p.aspect == 4.6:
        p.aspect = r.uniform(4.2, 5)
    return p


def row(r, p):
    """One row of a plate of two rows: some groups of p, large."""
    n = len(p.groups)
    if n == 1:
        return p
    cut = r.randint(1, n - 1)
    first = r.random() < .5
    keep = range(cut) if first else range(cut, n)
    g = [p.groups[i] for i in keep]
    if sum(map(len, g)) < 2:
        return p
    q = Plate(g, [p.gaps[i] for i in list(keep)[:-1]], aspect=r.uniform(2.2, 4.2) if p.han or sum(map(len, g)) > 4 else r.uniform(1.6, 3),
              high=r.uniform(.72, .92), fill=r.uniform(.7, .9), light_on_dark=p.light_on_dark, border=.5, han=p.han, green=p.green, font=p.font,
              left=p.left if r.random() < .2 and first else "", right=p.right if r.random() < .2 else "")
    q.dots = [0] if p.dots and len(g) > 1 else []
    return q
