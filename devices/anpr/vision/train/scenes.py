"""Draws synthetic scenes for the finder: grey pictures with plates in them, and where these are.

    python3 scenes.py sheet.png
"""
import glob
import math
import os
import random
import sys
import time

import cv2
import numpy as np

import syntax
from plates import Painter, blend

W, H = 320, 224  # a part of the 512 x 384 that the finder sees
PHOTOS = ("/usr/share/wallpapers", "/usr/share/backgrounds")


def photographs(most=120):
    """Photographic backgrounds of Debian's wallpaper packages, small and grey."""
    found = []
    for root in PHOTOS:
        for kind in ("jpg", "jpeg", "png"):
            found += glob.glob(root + "/**/*." + kind, recursive=True)
    best = {}
    for f in sorted(found):  # one size of each
        try:
            if os.path.getsize(f) > 60_000:
                best.setdefault(os.path.dirname(f) if "images" in f else f, f)
        except OSError:
            continue
    out = []
    for f in sorted(best.values())[:most]:
        a = cv2.imread(f, cv2.IMREAD_REDUCED_GRAYSCALE_2)
        if a is not None and min(a.shape) > 200:
            k = 700 / min(a.shape)
            out.append(cv2.resize(a, None, fx=k, fy=k, interpolation=cv2.INTER_AREA))
    return out


class Scenes(Painter):
    def __init__(self, seed):
        super().__init__(seed)
        self.photos = photographs()

    def background(self):
        r = self.r
        if self.photos and r.random() < .6:
            a = r.choice(self.photos)
            k = r.uniform(.35, 1.6)
            w, h = int(W / k), int(H / k)
            w, h = min(w, a.shape[1]), min(h, a.shape[0])
            x, y = r.randint(0, a.shape[1] - w), r.randint(0, a.shape[0] - h)
            b = cv2.resize(a[y:y + h, x:x + w], (W, H), interpolation=cv2.INTER_AREA).astype(np.float32)
            return b * r.uniform(.5, 1.2) + r.uniform(-30, 30)
        b = np.full((H, W), r.uniform(20, 230), np.float32)
        b += self.clouds(H, W, r.choice([8, 20, 60]), r.uniform(3, 30)) + self.clouds(H, W, 4, r.uniform(0, 8))
        for _ in range(r.randint(0, 8)):
            v = r.uniform(0, 255)
            if r.random() < .5:
                x, y = r.randrange(W), r.randrange(H)
                cv2.rectangle(b, (x, y), (x + r.randint(10, 200), y + r.randint(5, 120)), v, -1)
            else:
                cv2.line(b, (r.randrange(W), r.randrange(H)), (r.randrange(W), r.randrange(H)), v, r.randint(1, 12))
        return b

    def vehicle(self, a):
        """Parts of a vehicle: panels, grilles, lamps, bumpers."""
        r = self.r
        x0, y0 = r.randint(-80, 60), r.randint(-80, 80)
        x1, y1 = r.randint(W - 60, W + 80), r.randint(H - 70, H + 80)
        v = r.choice([r.uniform(10, 60), r.uniform(60, 170), r.uniform(180, 250)])
        panel = np.full((H, W), v, np.float32) + np.linspace(r.uniform(-40, 40), r.uniform(-40, 40), H, dtype=np.float32)[:, None]
        m = np.zeros((H, W), np.uint8)
        cv2.rectangle(m, (x0, y0), (x1, y1), 255, -1)
        a[m > 0] = panel[m > 0]
        for _ in range(r.randint(1, 6)):
            gx, gy, gw, gh = r.randint(-20, W), r.randint(-20, H), r.randint(30, 200), r.randint(12, 80)
            what = r.random()
            t = float(np.clip(v + r.uniform(-120, 120), 0, 255))
            if what < .35:  # grille
                step, thick = r.randint(4, 14), r.randint(1, 5)
                cv2.rectangle(a, (gx, gy), (gx + gw, gy + gh), r.uniform(5, 60), -1)
                for k in range(0, gh if r.random() < .6 else gw, step):
                    if r.random() < .95:
                        cv2.line(a, (gx, gy + k) if gh < gw * 2 else (gx + k, gy), (gx + gw, gy + k) if gh < gw * 2 else (gx + k, gy + gh), t, thick)
            elif what < .6:  # lamp
                cv2.ellipse(a, (gx, gy), (gw // 4, gh // 3), r.uniform(-20, 20), 0, 360, t, -1, cv2.LINE_AA)
                cv2.ellipse(a, (gx, gy), (gw // 8 + 1, gh // 6 + 1), 0, 0, 360, r.uniform(100, 255), -1, cv2.LINE_AA)
            elif what < .85:  # edge of a panel, a bumper
                cv2.line(a, (0, gy), (W, gy + r.randint(-10, 10)), t, r.randint(1, 14))
            else:
                cv2.rectangle(a, (gx, gy), (gx + gw, gy + gh), t, -1)

    def writing(self, a):
        """Texts that are no plates: words, numbers on walls and lorries."""
        r = self.r
        layer = np.zeros((H, W), np.uint8)
        for _ in range(r.randint(1, 5)):
            if r.random() < .6:
                self.word(layer, r.randrange(W), r.randrange(H), r.uniform(7, 40), r.uniform(60, 300))
            else:
                text = syntax.fill(r, "l" * r.randint(2, 10), r.choice([syntax.D, syntax.L]))
                h = r.uniform(8, 34)
                self.mono, self.limit = False, 2
                x, w = r.uniform(-20, W - 60), h * len(text) * r.uniform(.6, .9)
                self.line(layer, self.letters.pick(r, text), None, text, x, x + w, r.uniform(0, H - h), h, .85)
        if r.random() < .3:
            m = cv2.getRotationMatrix2D((W / 2, H / 2), r.uniform(-40, 40), 1)
            layer = cv2.warpAffine(layer, m, (W, H))
        blend(a, layer, r.choice([r.uniform(0, 60), r.uniform(190, 255)]))

    def whole(self):
        """A plate with a strip around it, and the boxes of its rows: (picture, corner, size, rows)."""
        r = self.r
        while True:
            p = syntax.plate(r)
            if len(p.text) > 3:
                break
        self.like = None
        h = 48 if p.aspect > 2.5 else 72
        if r.random() < .16 and len(p.groups) > 1 and p.aspect > 2.6:  # two rows
            cut = r.randint(1, len(p.groups) - 1)
            wide = 40 * r.uniform(2.2, 3.6)
            parts = []
            for g, gaps in ((p.groups[:cut], p.gaps[:cut - 1]), (p.groups[cut:], p.gaps[cut:])):
                tall = r.choice([40, 40, 48, 30]) if not parts else 40
                q = syntax.Plate(g, gaps, aspect=wide / tall + .001, high=r.uniform(.7, .9), border=0, han=p.han, light_on_dark=p.light_on_dark)
                parts.append(self.plate(q, tall))
                self.like = self.last
            self.like = None
            n = min(x.shape[1] for x in parts)
            a = np.vstack([x[:, :n] for x in parts])
            if r.random() < .6:
                cv2.rectangle(a, (0, 0), (a.shape[1] - 1, a.shape[0] - 1), self.last[2], 2)
            first = parts[0].shape[0]
            rows = [(0, 0, n, first), (0, first, n, first + 40)]
            p = None
        else:
            a = self.plate(p, h)
            h, w = a.shape
            rows = [(0, 0, w, h)]
            if p.aspect < 3.4 and p.high < .66:
                tall = p.high * h
                rows = [(0, max(0, p.middle * h - tall * .62), w, min(h, p.middle * h + tall * .62))]
        big, mx, my = a, 0, 0
        if r.random() < .7:
            e = int(r.uniform(.03, .12) * a.shape[0]) + 1
            lo = int(e * r.uniform(1, 3))
            v = r.uniform(0, 90) if r.random() < .75 else r.uniform(90, 240)
            big = np.full((a.shape[0] + e + lo, a.shape[1] + 2 * e), v, np.float32)
            big[e:e + a.shape[0], e:e + a.shape[1]] = a
            mx = my = e
            if lo > .1 * a.shape[0] and r.random() < .5:
                mark = np.zeros(big.shape, np.uint8)
                self.word(mark, big.shape[1] / 2, big.shape[0] - lo / 2, lo * .75, a.shape[1] * .8)
                blend(big, mark, float(np.clip(v + 150, 0, 255)))
        return big, [(x0 + mx, y0 + my, x1 + mx, y1 + my) for x0, y0, x1, y1 in rows]

    def scene(self):
        """A grey picture H x W and the cores, both uint8; the cores are a quarter as large."""
        r = self.r
        a = self.background()
        for _ in range(r.choice([0, 1, 1, 2])):
            self.vehicle(a)
        if r.random() < .7:
            self.writing(a)
        target = np.zeros((H, W), np.uint8)
        taken = np.zeros((H, W), np.uint8)
        for _ in range(r.choice([0, 1, 1, 1, 1, 2, 2, 3])):
            big, rows = self.whole()
            bh, bw = big.shape
            width = math.exp(r.uniform(math.log(34), math.log(400)))
            k = width / bw
            angle = r.gauss(0, 4) if r.random() < .7 else r.uniform(-25, 25)
            src = np.array([[0, 0], [bw, 0], [bw, bh], [0, bh]], np.float32)
            q = (src - [bw / 2, bh / 2]) * k * np.array([r.uniform(.75, 1.05), r.uniform(.85, 1.15)])
            q[:, 0] += q[:, 1] * math.tan(math.radians(r.gauss(0, 6)))
            c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            q = q @ np.array([[c, s], [-s, c]])
            q += self.n.normal(0, .03, (4, 2)) * bh * k
            q += [r.uniform(.05 * W, .95 * W), r.uniform(.08 * H, .92 * H)]
            m = cv2.getPerspectiveTransform(src, q.astype(np.float32))
            if k < .6:
                big = cv2.blur(big, (max(1, int(.9 / k)),) * 2)
            mask = cv2.warpPerspective(np.full((bh, bw), 255, np.uint8), m, (W, H), flags=cv2.INTER_LINEAR)
            if (taken[mask > 0] > 0).any():
                continue
            taken |= mask
            img = cv2.warpPerspective(big, m, (W, H), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            blend(a, mask, img)
            for x0, y0, x1, y1 in rows:
                d = .2 * (y1 - y0)
                core = np.array([[[x0 + d, y0 + d], [x1 - d, y0 + d], [x1 - d, y1 - d], [x0 + d, y1 - d]]], np.float32)
                pts = cv2.perspectiveTransform(core, m)[0]
                cv2.fillPoly(target, [np.round(pts * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        if r.random() < .25:
            x, y = np.linspace(-1, 1, W, dtype=np.float32)[None], np.linspace(-1, 1, H, dtype=np.float32)[:, None]
            a *= 1 + r.uniform(-.4, .4) * x + r.uniform(-.4, .4) * y
        if r.random() < .6:
            a = cv2.GaussianBlur(a, (0, 0), r.uniform(.3, 1.2))
        x = r.random()
        if x < .5:
            a = (a - 128) * r.uniform(.5, 1.3) + 128 + r.uniform(-45, 45)
        elif x < .6:
            a = a * r.uniform(.15, .5)
        a += self.n.standard_normal((H, W), np.float32) * r.choice([1, 3, 6, 12])
        a = np.clip(a, 0, 255).astype(np.uint8)
        if r.random() < .5:
            a = cv2.imdecode(cv2.imencode(".jpg", a, [cv2.IMWRITE_JPEG_QUALITY, r.randint(30, 90)])[1], cv2.IMREAD_GRAYSCALE)
        return a, cv2.resize(target, (W // 4, H // 4), interpolation=cv2.INTER_AREA)


def main():
    s = Scenes(7)
    print(len(s.photos), "photographs")
    t = time.time()
    made = [s.scene() for _ in range(36)]
    print("%.1f ms a scene" % ((time.time() - t) / 36 * 1000))
    cells = []
    for a, m in made:
        a = cv2.cvtColor(a, cv2.COLOR_GRAY2BGR)
        big = cv2.resize(m, (W, H))
        a[:, :, 2] = np.maximum(a[:, :, 2], big)
        cells.append(np.pad(a, ((0, 2), (0, 2), (0, 0))))
    cv2.imwrite(sys.argv[1], np.vstack([np.hstack(cells[i:i + 6]) for i in range(0, 36, 6)]))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
