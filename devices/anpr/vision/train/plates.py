"""Draws synthetic pictures of number plates for the recogniser: grey, 160 x 32.

    python3 plates.py sheet.png      a sheet of samples to look at, and the time for one
"""
import math
import random
import sys
import time

import cv2
import numpy as np

import syntax
from glyphs import ALPHABET, Lettering, TALL

WIDTH, HEIGHT = 160, 32
INDEX = {c: i + 1 for i, c in enumerate(ALPHABET)}
MOST = 10  # characters of a label


def blend(a, mask, value):
    """Lays value over a where mask (0..255) says so; in place."""
    m = mask.astype(np.float32) * np.float32(1 / 255)
    a += (value - a) * m


class Painter:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.n = np.random.default_rng(seed)
        self.letters = Lettering(self.r)
        self.easy = False
        self.like = None  # (family, back, ink) of the row above, for a plate of two rows

    # --- parts ---------------------------------------------------------------------------------

    def clouds(self, h, w, size, depth):
        """Smooth noise of an amplitude."""
        k = self.n.standard_normal((max(2, h // size + 1), max(2, w // size + 1))).astype(np.float32) * depth
        return cv2.resize(k, (w, h), interpolation=cv2.INTER_CUBIC)

    def put(self, layer, glyph, x, y, w, h):
        """A bitmap into a layer by maximum, clipped."""
        w, h = max(2, int(round(w))), max(3, int(round(h)))
        x, y = int(round(x)), int(round(y))
        g = cv2.resize(glyph, (w, h), interpolation=cv2.INTER_AREA if w < glyph.shape[1] else cv2.INTER_LINEAR)
        x0, y0, x1, y1 = max(0, x), max(0, y), min(layer.shape[1], x + w), min(layer.shape[0], y + h)
        if x0 < x1 and y0 < y1:
            part = layer[y0:y1, x0:x1]
            np.maximum(part, g[y0 - y:y1 - y, x0 - x:x1 - x], out=part)

    def word(self, layer, cx, cy, h, limit):
        g = self.r.choice(self.letters.words)
        w = min(limit, g.shape[1] * h / g.shape[0] * self.r.uniform(.7, 1.3))
        self.put(layer, g, cx - w / 2, cy - h / 2, w, h)

    def line(self, layer, family, han, text, x0, x1, top, high, fill):
        """Characters on equal pitches between x0 and x1."""
        if not text:
            return
        pitch = (x1 - x0) / len(text)
        usual = sum(family[c].shape[1] for c in "0358ABEKS") / 9 / TALL  # of its height
        scale = pitch * fill / (usual * high)
        scale = min(scale, self.limit)
        mono = self.mono
        widths = []
        for c in text:
            if c in syntax.HAN:
                widths.append(min(pitch * .97, high * self.r.uniform(.5, .9)))
            else:
                widths.append(min(family[c].shape[1] * high / TALL * scale, pitch * 1.02))
        if mono:
            at = [x0 + pitch * (i + .5) - w / 2 for i, w in enumerate(widths)]
        else:
            space = (x1 - x0 - sum(widths)) / len(text)
            at, x = [], x0 + space / 2
            for w in widths:
                at.append(x)
                x += w + space
        for c, x, w in zip(text, at, widths):
            g = han[c] if c in syntax.HAN else family[c]
            self.put(layer, g, x, top + self.r.uniform(-.01, .01) * high, w, high)

    # --- a plate -------------------------------------------------------------------------------

    def plate(self, p, h):
        """The plate p, h pixels high: a float picture, nothing around it."""
        r = self.r
        w = int(h * p.aspect)
        family = self.letters.pick(r, p.text)
        if p.font == "din" and r.random() < .5:
            family = r.choice(self.letters.din)
        han = r.choice(self.letters.han) if p.han else None
        dark = r.random() < p.light_on_dark
        if dark:
            back, ink = r.uniform(25, 125), r.uniform(175, 255)
        elif r.random() < .2:  # yellow, orange, red, grey: less contrast
            back, ink = r.uniform(100, 190), r.uniform(5, 60)
        else:
            back, ink = r.uniform(170, 250), r.uniform(5, 95)
        if r.random() < .08:  # worn, faded
            ink = back + (ink - back) * r.uniform(.3, .6)
        if self.like:
            other, back, ink = self.like
            family = other if all(c in other or c in syntax.HAN for c in p.text) else family
            dark = back < ink
        self.last = family, back, ink
        a = np.full((h, w), back, np.float32)
        if p.green:
            a += np.linspace(r.uniform(10, 60), -r.uniform(20, 70), h, dtype=np.float32)[:, None]
        if r.random() < p.picture:
            a += self.clouds(h, w, r.choice([8, 16, 24, 40]), r.uniform(5, 30))
            for _ in range(r.choice([0, 1, 2, 4])):
                c = (r.randrange(w), r.randrange(h))
                v = float(np.clip(back + r.uniform(-80, 50), 0, 255))
                if r.random() < .5:
                    cv2.ellipse(a, c, (r.randint(3, w // 3), r.randint(3, h // 2)), r.uniform(0, 180), 0, 360, v, -1)
                else:
                    cv2.fillPoly(a, [np.array([(r.randrange(w), r.randrange(h)) for _ in range(3)], np.int32)], v)
            if r.random() < .6:
                a = cv2.GaussianBlur(a, (0, 0), r.uniform(.8, 4))
            far = np.abs(a - ink) < 55
            if far.any():
                a[far] = back
        if r.random() < .06:  # bands of another colour above and below
            k = int(h * r.uniform(.12, .25))
            v = r.uniform(20, 240)
            a[:k] = v
            if r.random() < .5:
                a[-k:] = r.uniform(20, 240)
        # where the characters stand
        side = r.uniform(.01, .05) * h * 2
        xl, xr = side, w - side
        flat = np.zeros((h, w), np.uint8)  # ink of the plate's own colour
        bands = []
        for where, text in (("l", p.left), ("r", p.right)):
            if not text:
                continue
            b = h * r.uniform(.3, .52)
            bands.append((where, text, b))
            if where == "l":
                xl = b + r.uniform(.02, .12) * h
            else:
                xr = w - b - r.uniform(.02, .1) * h
        high, mid = p.high * h, p.middle * h
        if p.word_above == 0 and p.word_below == 0:
            mid += r.uniform(-.04, .04) * h
        high = min(high, h * .96)
        top = min(max(mid - high / 2, .01 * h), h * .99 - high)
        counts = [len(g) for g in p.groups]
        total = sum(counts) + sum(p.gaps)
        fill = min(.97, max(.6, p.fill + r.uniform(-.06, .06)))
        self.limit = r.uniform(1, 1.6) if r.random() < .7 else 3
        self.mono = r.random() < .6
        squeeze = 1.0
        if r.random() < .25:  # the characters stand closer than the plate allows
            squeeze = r.uniform(.75, 1)
        room = (xr - xl)
        x = xl + room * (1 - squeeze) * r.random()
        pitch = room * squeeze / total
        if r.random() < .35:  # close together, the rest of the row is empty
            pitch = min(pitch, high * r.uniform(.55, .85))
            x = xl + (room - pitch * total) * r.uniform(.25, .75)
        for i, g in enumerate(p.groups):
            field = p.small and i >= len(p.groups) - p.small
            gh, gt = high, top
            if field:
                gh = high * p.small_high
                gt = top if p.small_word or r.random() < .5 else top + (high - gh) / 2
                if r.random() < .8:  # the field's border
                    e = max(1, round(h * r.uniform(.012, .05)))
                    bx = int(x - pitch * p.gaps[i - 1] * r.uniform(.3, .6))
                    cv2.line(flat, (bx, 0), (bx, h), 255, e)
                if p.small_word and r.random() < .9:
                    gw = pitch * len(g)
                    self.word(flat, x + gw / 2, (gt + gh + h * .95) / 2, h * r.uniform(.12, .2), gw)
            self.line(flat, family, han, g, x, x + pitch * len(g), gt, gh, fill)
            x += pitch * len(g)
            if i < len(p.gaps):
                gx = x + pitch * p.gaps[i] / 2
                if i in p.stickers:
                    rad = min(pitch * p.gaps[i] * .5, h * .2) * r.uniform(.7, 1.05)
                    for k in ([0] if r.random() < .5 else [-1, 1]):
                        cy = int(h * .5 + k * h * r.uniform(.17, .24))
                        v = float(np.clip(back + r.uniform(-150, 20), 0, 255))
                        if r.random() < .75:
                            cv2.circle(a, (int(gx), cy), max(1, int(rad)), v, -1, cv2.LINE_AA)
                        else:
                            cv2.rectangle(a, (int(gx - rad), int(cy - rad * 1.2)), (int(gx + rad), int(cy + rad * 1.2)), v, -1)
                        for _ in range(r.randint(0, 3)):
                            q = (int(gx + r.uniform(-.6, .6) * rad), int(cy + r.uniform(-.6, .6) * rad))
                            cv2.circle(a, q, max(1, int(rad * r.uniform(.15, .5))), float(np.clip(v + r.uniform(-120, 120), 0, 255)), -1, cv2.LINE_AA)
                elif i in p.dots:
                    if p.han or r.random() < .4:
                        cv2.circle(flat, (int(gx), int(top + high * r.uniform(.45, .55))), max(1, int(h * r.uniform(.035, .06))), 255, -1, cv2.LINE_AA)
                    else:
                        k = min(pitch * p.gaps[i] * .35, h * .12)
                        cv2.line(flat, (int(gx - k), int(top + high * .5)), (int(gx + k), int(top + high * .5)), 255, max(1, int(h * .07)))
                x += pitch * p.gaps[i]
        weight = r.random()
        if weight < .12:
            flat = cv2.dilate(flat, np.ones((2, 2), np.uint8))
        elif weight < .2:
            flat = cv2.erode(flat, np.ones((2, 2), np.uint8))
        # words and lines
        if r.random() < p.word_above and top > h * .09:
            self.word(flat, w * r.uniform(.4, .6), top * r.uniform(.45, .6), top * r.uniform(.5, .85), w * .9)
        low = h - top - high
        if r.random() < p.word_below and low > h * .09:
            self.word(flat, w * r.uniform(.4, .6), h - low * r.uniform(.4, .55), low * r.uniform(.45, .8), w * .9)
        if p.word_above > .5 and r.random() < .3:  # validity stickers in the corners
            for _ in range(r.randint(1, 2)):
                sx, sy = r.choice([0, .85]) * w, r.choice([0, .74]) * h
                v = r.uniform(20, 230)
                cv2.rectangle(a, (int(sx + 3), int(sy + 3)), (int(sx + .13 * w), int(sy + .22 * h)), v, -1)
        if r.random() < p.border:
            e = max(1, int(h * r.uniform(.015, .05)))
            off = int(h * r.uniform(0, .04))
            cv2.rectangle(flat, (off, off), (w - 1 - off, h - 1 - off), 255, e)
        if r.random() < .35:  # embossed: light from one side
            k = r.choice([1, 1, 2])
            f = flat.astype(np.float32)
            relief = np.zeros_like(f)
            relief[k:, k:] = f[:-k, :-k]
            relief[:-k, :-k] -= f[k:, k:]
            a += relief * (r.uniform(-.25, .25))
        blend(a, flat, ink)
        for where, text, b in bands:
            v = r.uniform(20, 90) if p.band_dark or r.random() < .3 else r.uniform(90, 220)
            x0 = 0 if where == "l" else int(w - b)
            x1 = int(b) if where == "l" else w
            if not (dark and r.random() < .5):
                a[:, x0:x1] = v
            mark = np.zeros((h, w), np.uint8)
            cx = (x0 + x1) / 2
            if r.random() < .8:  # stars, flag, coat of arms
                cy = h * r.uniform(.24, .38)
                if r.random() < .5:
                    for t in range(0, 360, 36):
                        q = (int(cx + b * .3 * math.cos(math.radians(t))), int(cy + b * .3 * math.sin(math.radians(t))))
                        cv2.circle(mark, q, max(1, h // 50), 255, -1)
                else:
                    fh, fw = int(h * r.uniform(.08, .14)), int(b * r.uniform(.25, .4))
                    n = r.choice([1, 2, 3])
                    for t in range(n):
                        cv2.rectangle(a, (int(cx - fw), int(cy - fh + t * 2 * fh / n)), (int(cx + fw), int(cy - fh + (t + 1) * 2 * fh / n)), r.uniform(10, 250), -1)
                    if r.random() < .4:
                        cv2.circle(a, (int(cx), int(cy)), max(1, fh // 2), r.uniform(10, 250), -1)
            tw = text.strip()
            if tw:
                f = r.choice(self.letters.fonts)
                ch = h * r.uniform(.17, .28)
                cw = min(b * .85 / len(tw), ch * .75)
                for t, c in enumerate(tw):
                    self.put(mark, f[c], cx + (t - len(tw) / 2) * cw, h * r.uniform(.64, .68), cw * .88, ch)
            blend(a, mark, float(np.clip(v + r.choice([1, 1, 1, -1]) * r.uniform(90, 200), 0, 255)))
        if r.random() < .35:  # screws
            for _ in range(r.randint(1, 4)):
                c = (int(r.choice([r.uniform(.03, .3), r.uniform(.7, .97)]) * w), int(r.choice([.5, r.uniform(.06, .2), r.uniform(.8, .94)]) * h))
                v = r.uniform(0, 255)
                cv2.circle(a, c, max(1, int(h * r.uniform(.02, .06))), v, -1, cv2.LINE_AA)
                if r.random() < .5:
                    cv2.circle(a, (c[0] - 1, c[1] - 1), 1, float(min(255, v + 80)), -1)
        return a

    def around(self, a, p, neighbour):
        """The plate a in its frame before a part of a vehicle; gives the picture and the plate's corner in it."""
        r = self.r
        h, w = a.shape
        mx, my = int(.30 * h + .06 * w), int(.42 * h)
        base = r.uniform(10, 230) if r.random() < .6 else r.uniform(10, 80)
        big = np.full((h + 2 * my, w + 2 * mx), base, np.float32)
        if r.random() < .6:
            big += np.linspace(r.uniform(-60, 60), r.uniform(-60, 60), big.shape[0], dtype=np.float32)[:, None]
        if r.random() < .5:
            big += self.clouds(big.shape[0], big.shape[1], r.choice([12, 24, 48]), r.uniform(4, 30))
        for _ in range(r.choice([0, 0, 1, 2, 3])):  # edges of bumper and boot lid
            y = r.randrange(big.shape[0])
            cv2.line(big, (0, y), (big.shape[1], y + r.randint(-8, 8)), r.uniform(0, 255), r.randint(1, 9))
        if r.random() < .5:  # frame
            e = r.uniform(.02, .1) * h
            lo = e * r.uniform(1, 3.5)
            v = r.uniform(0, 70) if r.random() < .75 else r.uniform(120, 240)
            cv2.rectangle(big, (int(mx - e), int(my - e)), (int(mx + w + e), int(my + h + lo)), v, -1)
            if r.random() < .5 and lo > .1 * h:
                mark = np.zeros(big.shape, np.uint8)
                self.word(mark, mx + w / 2, my + h + lo / 2, lo * .75, w * .8)
                blend(big, mark, float(np.clip(v + r.choice([-1, 1, 1]) * 150, 0, 255)))
        elif r.random() < .3:  # shadow beneath
            big[my + h:my + h + int(.1 * h), mx:mx + w] *= .5
        big[my:my + h, mx:mx + w] = a
        if neighbour:  # the other row of a plate of two rows
            up = r.random() < .5
            f = self.letters.pick(r)
            strip = np.zeros((my, w), np.uint8)
            text = syntax.fill(r, "llll", syntax.L + syntax.D)
            hh = h * r.uniform(.7, .9)
            gap = h * r.uniform(.08, .25)
            self.mono, self.limit = True, 3
            self.line(strip, f, None, text, w * .08, w * .92, my - gap - hh if up else gap, hh, .8)
            y0 = 0 if up else my + h
            edge = a[:1] if up else a[-1:]
            part = big[y0:y0 + my, mx:mx + w]
            part[:] = np.median(a)
            ink = a.min() if np.median(a) > a.mean() - 5 else a.max()
            blend(part, strip, float(ink))
            del edge
        return big, mx, my

    # --- the picture ---------------------------------------------------------------------------

    def sample(self):
        """A picture (uint8) and its text."""
        r = self.r
        while True:
            p = syntax.plate(r)
            two = r.random() < .1 and p.aspect > 2.2
            if two:
                p = syntax.row(r, p)
            if len(p.text) <= MOST:
                break
        h = 60 if p.aspect > 2.5 else 84
        a = self.plate(p, h)
        h, w = a.shape
        big, mx, my = self.around(a, p, two and r.random() < .7)
        # what is cut out: the plate, or only its row of characters where words stand above and below
        t, b = 0.0, float(h)
        if p.aspect < 3.4 and p.high < .66:
            tall = p.high * h
            t0, b0 = p.middle * h - tall / 2, p.middle * h + tall / 2
            if r.random() < .55:
                k = r.uniform(0, 1)
                t, b = t0 * k - 0.0, h - (h - b0) * k
                t, b = min(t, t0 - .02 * h), max(b, b0 + .02 * h)
        rh = b - t
        src = np.array([[0, t], [w, t], [w, b], [0, b]], np.float32) + np.array([mx, my], np.float32)
        # tilt and perspective
        angle = r.gauss(0, 2.2) if r.random() < .75 else r.uniform(-9, 9)
        angle = max(-10, min(10, angle))
        c = src.mean(0)
        rot = cv2.getRotationMatrix2D((float(c[0]), float(c[1])), angle, 1)
        shear = math.tan(math.radians(r.gauss(0, 4) if r.random() < .8 else r.uniform(-16, 16)))
        q = src @ rot[:, :2].T + rot[:, 2]
        q[:, 0] += (c[1] - q[:, 1]) * shear
        q += self.n.normal(0, .018, (4, 2)).astype(np.float32) * np.array([rh * 1.5, rh], np.float32)
        x0, y0, x1, y1 = q[:, 0].min(), q[:, 1].min(), q[:, 0].max(), q[:, 1].max()
        if r.random() < .5:  # straightened by the finder: the quadrangle itself with little error
            keep = r.uniform(.0, .5)
            mid = (src - src.mean(0))
            box = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
            target = mid + c
            q = target + (q - target) * keep
            x0, y0, x1, y1 = q[:, 0].min(), q[:, 1].min(), q[:, 0].max(), q[:, 1].max()
            del box
        loose = r.choice([.02, .05, .12])
        def margin(size):
            return r.uniform(-.012, loose) * size
        x0, x1 = x0 - margin(w) * .8, x1 + margin(w) * .8
        y0, y1 = y0 - margin(rh) * 1.1, y1 + margin(rh) * 1.1
        # the captured size
        self.easy = r.random() < .4  # near, sharp, clean: as most cameras see most plates
        cap_h = r.uniform(20, 46) if self.easy else r.choice([r.uniform(9, 17), r.uniform(14, 26), r.uniform(18, 36), r.uniform(26, 46)])
        cap_w = max(34, min(220, cap_h * (x1 - x0) / (y1 - y0) * r.uniform(.85, 1.15)))
        cap_w = max(cap_w, 6.2 * len(p.text))
        cap_h, cap_w = int(round(cap_h)), int(round(cap_w))
        over = 2 if cap_h < 30 else 1
        cw, ch = cap_w * over, cap_h * over
        dst = np.array([[(qx - x0) / (x1 - x0) * cw, (qy - y0) / (y1 - y0) * ch] for qx, qy in q], np.float32)
        m = cv2.getPerspectiveTransform(src.astype(np.float32), dst)
        down = (x1 - x0) / cw
        if down > 1.6:
            big = cv2.blur(big, (int(down + .5), int(down + .5)))
        img = cv2.warpPerspective(big, m, (cw, ch), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return self.degrade(img, cap_w, cap_h), p.text

    def degrade(self, img, cap_w, cap_h):
        r, n = self.r, self.n
        ch, cw = img.shape
        # dirt, shadow, light
        hard = not self.easy
        if hard and r.random() < .2:
            d = self.clouds(ch, cw, r.choice([4, 8, 16]), 1)
            m = np.clip((d - r.uniform(.3, 1.2)) * r.uniform(.5, 2), 0, r.uniform(.2, .7))
            img += (r.uniform(30, 160) - img) * m
        if hard and r.random() < .12:
            for _ in range(r.randint(1, 5)):
                cv2.circle(img, (r.randrange(cw), r.randrange(ch)), r.randint(1, max(1, ch // 12)), r.uniform(0, 255), -1)
        if r.random() < .3:
            x, y = np.linspace(-1, 1, cw, dtype=np.float32)[None], np.linspace(-1, 1, ch, dtype=np.float32)[:, None]
            img *= 1 + r.uniform(-.35, .35) * x + r.uniform(-.35, .35) * y
        if r.random() < .18:  # edge of a shadow
            a, b, c = r.uniform(-1, 1), r.uniform(-1, 1), r.uniform(-.5, .5)
            x, y = np.linspace(-1, 1, cw, dtype=np.float32)[None], np.linspace(-1, 1, ch, dtype=np.float32)[:, None]
            s = np.clip((a * x + b * y + c) * r.uniform(4, 30), 0, 1)
            img *= 1 - s * r.uniform(.25, .65)
        if hard and r.random() < .05:  # glare
            cx, cy, s = r.uniform(0, cw), r.uniform(0, ch), r.uniform(.2, 1.0) * ch
            x, y = np.arange(cw, dtype=np.float32)[None], np.arange(ch, dtype=np.float32)[:, None]
            img += r.uniform(50, 170) * np.exp(-((x - cx) ** 2 / (4 * s * s) + (y - cy) ** 2 / (s * s)))
        # blur: out of focus, moved
        k = ch / cap_h
        x = r.random()
        if x < .5:
            img = cv2.GaussianBlur(img, (0, 0), max(.3, r.uniform(.2, .6 if cap_h < 14 else .8 if cap_h < 22 or self.easy else 1.5) * k))
        elif hard and x < .62:
            size = max(2, int(r.uniform(1.5, 4 if cap_h > 20 else 2.2) * k))
            kern = np.zeros((size, size), np.float32)
            ang = r.choice([0, 0, 90, r.uniform(0, 180)])
            cx = (size - 1) / 2
            dx, dy = math.cos(math.radians(ang)) * cx, math.sin(math.radians(ang)) * cx
            cv2.line(kern, (int(round(cx - dx)), int(round(cx - dy))), (int(round(cx + dx)), int(round(cx + dy))), 1, 1)
            img = cv2.filter2D(img, -1, kern / kern.sum())
        if (cw, ch) != (cap_w, cap_h):
            img = cv2.resize(img, (cap_w, cap_h), interpolation=cv2.INTER_AREA)
        # exposure
        x = r.random()
        if x < .5:
            img = (img - 128) * r.uniform(.6, 1.3) + 128 + r.uniform(-40, 40)
        elif x < .58:  # night
            img = img * r.uniform(.2, .6) + r.uniform(0, 25)
        elif x < .65:  # overexposed, infra-red
            img = img * r.uniform(1.1, 1.5) + r.uniform(0, 50)
        if r.random() < .2:
            img = 255 * np.clip(img / 255, 0, 1) ** r.uniform(.6, 1.7)
        inner = img[cap_h // 4:-cap_h // 4, cap_w // 8:-cap_w // 8]
        lo, hi = np.percentile(np.clip(inner[::2, ::2], 0, 255), (8, 92))
        if hi - lo < 28:  # nobody could read it
            want = r.uniform(28, 90)
            img = (img - (lo + hi) / 2) * (want / max(4, hi - lo)) + r.uniform(60, 190)
            hi, lo = want, 0
        if r.random() < .7:
            img = img + n.standard_normal((cap_h, cap_w), np.float32) * min(r.choice([1, 3, 5, 8, 12] if hard else [1, 2, 4]), (hi - lo) / 8)
        img = np.clip(img, 0, 255).astype(np.uint8)
        if r.random() < .15:
            img = cv2.addWeighted(img, 2, cv2.GaussianBlur(img, (0, 0), 1.2), -1, 0)  # sharpened by the camera
        if r.random() < .65:
            ok, j = cv2.imencode(".jpg", img, [cv2.IMWRITE_JPEG_QUALITY, r.randint(25, 92)])
            img = cv2.imdecode(j, cv2.IMREAD_GRAYSCALE)
        how = r.choice([cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA])
        return cv2.resize(img, (WIDTH, HEIGHT), interpolation=how)


def label(text):
    return [INDEX[c] for c in text]


def main():
    p = Painter(7)
    t = time.time()
    count = 14 * 30
    made = [p.sample() for _ in range(count)]
    print("%.2f ms a sample" % ((time.time() - t) / count * 1000))
    rows = []
    for i in range(0, count, 14):
        cells = []
        for img, text in made[i:i + 14]:
            cell = np.full((HEIGHT + 14, WIDTH + 4), 255, np.uint8)
            cell[:HEIGHT, :WIDTH] = img
            cv2.putText(cell, "".join(c if c.isascii() else "*" for c in text), (0, HEIGHT + 11), cv2.FONT_HERSHEY_SIMPLEX, .4, 0, 1, cv2.LINE_AA)
            cells.append(cell)
        rows.append(np.hstack(cells))
    cv2.imwrite(sys.argv[1], np.vstack(rows))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
