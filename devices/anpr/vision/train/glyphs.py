"""Characters for synthetic plates: bitmaps of installed fonts, and a stroke font of our own.

No free font has the lettering of the national plate standards, so half of the plates are
lettered with randomly shaped strokes: every family is drawn anew from the skeletons below with
its own width, squareness, thickness and details.
"""
import glob
import math
import os

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
HAN = PROVINCES + "挂警学港澳临"
CYRILLIC = "БГДЖЗИЙЛӨПҮФЦЧШЩЪЫЬЭЮЯ"
ALPHABET = LATIN + HAN + CYRILLIC  # class i of the networks is ALPHABET[i-1], class 0 the blank
TWINS = dict(zip("АВЕКМНОРСТУХ", "ABEKMHOPCTYX"))  # Cyrillic letters that are told as Latin ones

TALL = 64  # height of every glyph bitmap

FONTS = """
opendin/*.ttf roadgeek/*.ttf liberation*/LiberationSans*.ttf dejavu/DejaVuSans*.ttf
roboto/unhinted/*/*.ttf roboto/unhinted/*.ttf urw-base35/NimbusSans*.otf urw-base35/NimbusMono*-Bold.otf
urw-base35/URWGothic*.otf lato/*.ttf open-sans/*.ttf freefont/FreeSans*.ttf freefont/FreeMonoBold.ttf b612/*.ttf bebas-neue/*.otf
play/*.ttf yanone-kaffeesatz/*.otf paratype/PTS*.ttf paratype/PTN*.ttf paratype/PTC*.ttf paratype/PTM75F.ttf inter/*.otf
inter/*.ttf clear-sans/*.ttf dosis/*.otf dosis/*.ttf karla/*.ttf cabin/*.otf tuffy/*.ttf osifont/*.ttf ocr-b/OCRB.otf
routed-gothic/*.ttf national-park/NationalPark-[HR]*.otf tiresias/tiresias_sign*.ttf tiresias/tiresias_lp*.ttf
adf/Gillius*.otf adf/Universalis*.otf adf/SwitzeraADF*.otf adf/LibrisADF*.otf jetbrains-mono/*.ttf hack/*.ttf
noto/NotoSans-*.ttf noto/NotoSansMono-*.ttf noto/NotoSansDisplay-*.ttf go/Go-*.ttf oxygen/*.ttf croscore/Arimo*.ttf texgyre/texgyreheros*.otf
allerta/allerta_medium.otf quicksand/*.otf jura/*.ttf babelstone/BabelStoneModern.ttf league-spartan/*.otf
""".split()
HANFONTS = """wqy/wqy-zenhei.ttc wqy/wqy-microhei.ttc opentype/noto/NotoSansCJK-Bold.ttc
opentype/noto/NotoSansCJK-Regular.ttc truetype/droid/DroidSansFallbackFull.ttf""".split()
SLANTED = ("italic", "oblique", "outline", "thin", "hairline", "extralight", "blacki", "boldi", "mediumi", "lighti", "regulari",
           "-it.", "-bi.", "-ri.", "symbol", "bolditalic", "light", "book.", "-book")


def font_files():
    found = set()
    for pattern in FONTS:
        for kind in ("truetype", "opentype"):
            found.update(glob.glob("/usr/share/fonts/%s/%s" % (kind, pattern)))
    return sorted(f for f in found if not any(s in os.path.basename(f).lower() for s in SLANTED))


def han_files():
    found = set()
    for pattern in HANFONTS:
        found.update(glob.glob("/usr/share/fonts/" + pattern) + glob.glob("/usr/share/fonts/truetype/" + pattern))
    return sorted(found)


def rendered(path, chars, index=0):
    """The bitmaps of one font, scaled so that H is TALL high; characters that it lacks are left out."""
    font = ImageFont.truetype(path, 84, index=index)
    missing = font.getmask("\U0010fffd").getbbox(), bytes(font.getmask("\U0010fffd"))
    box = font.getbbox("H" if "H" in chars else chars[0])
    top, bottom = box[1], box[3]
    if bottom - top < 20:
        return {}
    out = {}
    for c in chars:
        mask = font.getmask(c)
        if mask.getbbox() is None or (mask.getbbox(), bytes(mask)) == missing:
            continue
        b = font.getbbox(c)
        pad = 40
        image = Image.new("L", (b[2] - b[0] + 2 * pad, 260))
        ImageDraw.Draw(image).text((pad - b[0], 60), c, 255, font)
        a = np.asarray(image)
        cols = np.flatnonzero(a.max(0) > 60)
        if len(cols) == 0:
            continue
        a = a[:, cols[0]:cols[-1] + 1]
        rows = np.flatnonzero(a.max(1) > 60)
        t, e = 60 + top, 60 + bottom
        if c in HAN or rows[0] > t + 8 or rows[-1] > e + 5 or rows[0] < t - 5:  # Han, descenders, accents: as high as the rest
            t, e = rows[0], rows[-1] + 1
        a = a[max(0, t - 1):e + 1]
        out[c] = cv2.resize(a, (max(4, round(a.shape[1] * TALL / a.shape[0])), TALL), interpolation=cv2.INTER_AREA)
    return out


# --- the stroke font -------------------------------------------------------------------------

def oval(cx, cy, rx, ry, a0, a1, n):
    """A part of a superellipse; angles in degrees, clockwise from the right, n = 2 is an ellipse."""
    k = max(3, int(abs(a1 - a0) / 9))
    out = []
    for i in range(k + 1):
        a = math.radians(a0 + (a1 - a0) * i / k)
        c, s = math.cos(a), math.sin(a)
        out.append((cx + rx * math.copysign(abs(c) ** (2 / n), c), cy + ry * math.copysign(abs(s) ** (2 / n), s)))
    return out


def skeletons(r):
    """Polylines of each character in the unit square, y down, with r deciding about details."""
    n = r.choice([2, 2.3, 2.7, 3.2, 4, 6])
    mid = r.uniform(0.44, 0.54)  # height of middle bars
    u = lambda a, b: r.uniform(a, b)
    yes = lambda p: r.random() < p
    g = {}
    full = oval(.5, .5, .5, .5, -90, 270, n)
    g["0"] = [full]
    if yes(.06):
        g["0"] = [full, [(.25, .75), (.75, .25)]]
    elif yes(.12):  # cut open, as on plates that are hard to forge
        g["0"] = [oval(.5, .5, .5, .5, -50, 285, n)]
    g["O"] = [oval(.5, .5, .5, .5, -90, 270, n if yes(.5) else u(2, 3))]
    q = u(.55, .72)
    g["Q"] = [g["O"][0], [(q - .1, q), (1, 1)]]
    f = u(.12, .34)
    x1 = u(.5, .75)
    g["1"] = [[(x1 - u(.25, .5), f), (x1, 0), (x1, 1)]]
    if yes(.25):
        g["1"].append([(.1, 1), (1, 1)])
    m = u(.27, .33)
    g["2"] = [oval(.5, m, .5, m, 200, 360, n) + ([(0, 1)] if yes(.5) else [(.9, m + .15), (u(.1, .3), u(.72, .85)), (0, 1)]) + [(1, 1)]]
    if yes(.25):
        g["3"] = [[(0, 0), (1, 0), (u(.35, .5), .42)] + oval(.5, .7, .5, .3, -90, 160, n)]
    else:
        lo = u(.5, .56)
        g["3"] = [oval(.5, mid / 2, u(.44, .5), mid / 2, 200, 450, n), oval(.5, (1 + mid) / 2, .5, (1 - mid) / 2, -90, 160, n)]
        del lo
    bar = u(.62, .8)
    stem = u(.68, .85)
    g["4"] = [[(stem, 1), (stem, u(.3, .5))] if yes(.3) else [(stem, 1), (stem, 0)], [(u(.3, .75), 0), (0, bar), (1, bar)]]
    if len(g["4"][0]) and yes(.5):
        g["4"] = [[(stem, 1), (stem, 0), (0, bar), (1, bar)]]
    t = u(.36, .46)
    g["5"] = [[(.95, 0), (u(.05, .15), 0), (.04, t + .06)] + oval(.5, (t + 1) / 2 + .02, .5, (1 - t) / 2 - .02, 215, 510, n)]
    w = u(.3, .36)
    if yes(.4):
        g["6"] = [oval(.5, 1 - w, .5, w, -90, 270, n), [(u(.55, .85), 0), (.06, 1 - w - .08)]]
    else:
        g["6"] = [oval(.5, 1 - w, .5, w, -90, 270, n), oval(.5, .34, .5, .34, -25, -180, n) + [(0, 1 - w)]]
    g["9"] = [[(1 - x, 1 - y) for x, y in p] for p in g["6"]]
    g["7"] = [[(0, 0), (1, 0), (u(.25, .45), 1)] if yes(.7) else [(0, 0), (1, 0), (.95, .15), (.5, .6), (.4, 1)]]
    k = u(.42, .5)
    g["8"] = [oval(.5, k / 2, u(.42, .5), k / 2, -90, 270, n), oval(.5, (1 + k) / 2, .5, (1 - k) / 2, -90, 270, n)]
    ab = u(.6, .78)
    flat = u(0, .16) if yes(.4) else 0
    g["A"] = [[(0, 1), (.5 - flat, 0), (.5 + flat, 0), (1, 1)], [(.5 - .5 * ab, ab), (.5 + .5 * ab, ab)]]
    g["B"] = [[(0, 0), (.5, 0)] + oval(.5, mid / 2, u(.4, .5), mid / 2, -90, 90, n) + [(0, mid)],
              [(.5, mid)] + oval(.5, (1 + mid) / 2, .5, (1 - mid) / 2, -90, 90, n) + [(0, 1), (0, 0)]]
    e = u(35, 60)
    g["C"] = [oval(.5, .5, .5, .5, -e, -360 + e, n)]
    g["D"] = [[(0, 0), (.35, 0)] + oval(.35, .5, .65, .5, -90, 90, n) + [(0, 1), (0, 0)]]
    b = u(.7, .95)
    g["E"] = [[(1, 0), (0, 0), (0, 1), (1, 1)], [(0, mid), (b, mid)]]
    g["F"] = [[(1, 0), (0, 0), (0, 1)], [(0, mid), (b, mid)]]
    gm = u(.5, .6)
    g["G"] = [oval(.5, .5, .5, .5, -e, -350, n) + [(1, gm), (u(.5, .65), gm)]] if yes(.7) else \
        [oval(.5, .5, .5, .5, -e, -350, n), [(u(.5, .6), gm), (1, gm), (1, 1)]]
    g["H"] = [[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, mid), (1, mid)]]
    g["I"] = [[(.5, 0), (.5, 1)]] + ([[(0, 0), (1, 0)], [(0, 1), (1, 1)]] if yes(.35) else [])
    h = u(.25, .35)
    g["J"] = [[(1, 0), (1, 1 - h)] + oval(.5, 1 - h, .5, h, 0, 170, n)]
    if yes(.2):
        g["J"].append([(.4, 0), (1, 0)])
    kk = u(.5, .65)
    g["K"] = [[(0, 0), (0, 1)], [(.95, 0), (0, kk)], [(u(.2, .4), kk - .15), (1, 1)]]
    g["L"] = [[(0, 0), (0, 1), (1, 1)]]
    md = u(.45, 1) if yes(.8) else 1
    g["M"] = [[(0, 1), (0, 0), (.5, md), (1, 0), (1, 1)]]
    g["N"] = [[(0, 1), (0, 0), (1, 1), (1, 0)]]
    pm = u(.48, .6)
    g["P"] = [[(0, 1), (0, 0), (.5, 0)] + oval(.5, pm / 2, .5, pm / 2, -90, 90, n) + [(0, pm)]]
    g["R"] = g["P"] + [[(u(.35, .6), pm), (1, 1)]]
    g["S"] = [oval(.5, mid / 2, .48, mid / 2, -20, -270, n) + oval(.5, (1 + mid) / 2, .5, (1 - mid) / 2, -90, 160, n)]
    g["T"] = [[(0, 0), (1, 0)], [(.5, 0), (.5, 1)]]
    g["U"] = [[(0, 0), (0, .65)] + oval(.5, .65, .5, .35, 180, 0, n) + [(1, 0)]]
    g["V"] = [[(0, 0), (.5, 1), (1, 0)]]
    wm = u(0, .4)
    g["W"] = [[(0, 0), (.24, 1), (.5, wm), (.76, 1), (1, 0)]]
    g["X"] = [[(0, 0), (1, 1)], [(1, 0), (0, 1)]]
    ym = u(.42, .58)
    g["Y"] = [[(0, 0), (.5, ym), (1, 0)], [(.5, ym), (.5, 1)]]
    g["Z"] = [[(0, 0), (1, 0), (0, 1), (1, 1)]]
    return g


WIDE = {"I": .5, "1": .6, "J": .85, "L": .9, "E": .92, "F": .92, "M": 1.2, "W": 1.35, "T": 1.02}


def strokes(r):
    """One family of the stroke font."""
    g = skeletons(r)
    width = r.uniform(.40, .78)  # of a usual character, of its height
    thick = r.uniform(.095, .2)
    even = r.random() < .5  # all characters equally wide
    big = 2 * TALL
    out = {}
    for c, lines in g.items():
        w = width * (1 if even and c not in "1I" else WIDE.get(c, 1)) * r.uniform(.96, 1.04)
        if c in "1I" and even:
            w *= .5
        if c == "I" and len(lines) == 1:
            w = 0
        t = max(4, round(thick * big))
        if w < .66 and c in "MW":
            t = max(4, round(t * .85))
        span_x, span_y = max(0, w * big - t), big - t
        a = np.zeros((big, round(span_x) + t), np.uint8)
        for line in lines:
            p = np.array([[(t / 2 + x * span_x) * 16, (t / 2 + y * span_y) * 16] for x, y in line], np.float32)
            cv2.polylines(a, [np.round(p).astype(np.int32)], False, 255, t, cv2.LINE_8, 4)
        out[c] = cv2.resize(a, (max(4, a.shape[1] // 2), TALL), interpolation=cv2.INTER_AREA)
    return out


# --- words that are not the number -------------------------------------------------------------

def words(r, count=500):
    """Bitmaps of state names, slogans, dealers: any font, slanted ones too."""
    files = [f for f in glob.glob("/usr/share/fonts/truetype/*/*.ttf") + glob.glob("/usr/share/fonts/opentype/*/*.otf")
             if not any(s in f.lower() for s in ("symbol", "emoji", "math", "dseg", "noto/notosans", "noto/notoserif", "train"))]
    con, vow = "bcdfghklmnprstvwyz", "aeiou"
    out = []
    while len(out) < count:
        text = " ".join("".join(r.choice(con if i % 2 else vow) if r.random() < .85 else r.choice(con)
                                for i in range(r.randint(2, 10))) for _ in range(r.choice([1, 1, 1, 2, 2, 3])))
        text = r.choice([text.upper(), text.upper(), text.title(), text])
        if r.random() < .15:
            text = "".join(r.choice("0123456789") for _ in range(r.randint(2, 4))) + r.choice(["", "-", " ", "."]) + text
        try:
            font = ImageFont.truetype(r.choice(files), 40)
            mask = font.getmask(text)
            a = np.array(mask, np.uint8).reshape(mask.size[1], mask.size[0])
        except Exception:  # a file that is no text font
            continue
        if a.size == 0 or a.max() < 200 or a.shape[1] < 20:
            continue
        out.append(cv2.resize(a, (min(480, max(8, a.shape[1] * 32 // a.shape[0])), 32), interpolation=cv2.INTER_AREA))
    return out


class Lettering:
    """All families; pick() gives one that has the characters asked for."""

    def __init__(self, r, stroke_families=150):
        self.fonts = []
        for path in font_files():
            try:
                family = rendered(path, LATIN + CYRILLIC)
            except OSError:
                continue
            if all(c in family for c in LATIN):
                family["name"] = os.path.basename(path)
                self.fonts.append(family)
        self.din = [f for f in self.fonts if any(s in f["name"] for s in
                    ("DIN", "RG2014", "Bebas", "osifont", "Condensed", "PTN", "routed-gothic", "Narrow", "NationalPark"))]
        self.cyrillic = [f for f in self.fonts if all(c in f for c in CYRILLIC)]
        self.han = [h for h in (rendered(p, HAN) for p in han_files()) if all(c in h for c in HAN)]
        self.strokes = [strokes(r) for _ in range(stroke_families)]
        self.words = words(r)

    def pick(self, r, need=""):
        if any(c in CYRILLIC for c in need):
            return r.choice(self.cyrillic)
        x = r.random()
        if x < .5:
            if r.random() < .01:  # families do not stay the same for the whole training
                self.strokes[r.randrange(len(self.strokes))] = strokes(r)
            return r.choice(self.strokes)
        return r.choice(self.din if x < .75 else self.fonts)
