"""Reads plates cut out at their labelled boxes with the exported recogniser through OpenCV.

    python3 measure.py ../own/plates.onnx ../own/alphabet.txt FOLDER_OF_PHOTOS [wrong]

The folder holds ground_truth.csv (file, plate, box, country, kind). For measuring only: nothing
of it may decide what the networks are trained on. No plate syntax is used: greedy decoding,
with the Han and Cyrillic classes left out where the country has none. With wrong, every wrong
read is printed. folded: O, 0, Q, D taken as one, I and 1 as one.
"""
import collections
import csv
import os
import sys
import time

import cv2
import numpy as np

FOLD = str.maketrans("OQDI", "0001")
MARGIN = 0.03  # around a labelled box, of its width and height


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        diag, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            diag, row[j + 1] = row[j + 1], min(row[j] + 1, row[j + 1] + 1, diag + (x != y))
    return row[-1]


def main(model, alphabet, folder, wrong=False):
    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(model)
    letters = [""] + open(alphabet, encoding="utf-8").read().split()
    latin = np.array([i == 0 or (c.isascii()) for i, c in enumerate(letters)])
    sums = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    took = []
    for r in csv.DictReader(open(os.path.join(folder, "ground_truth.csv"), encoding="utf-8")):
        x, y, w, h = (int(float(r[k])) for k in "xywh")
        name = r["file"].split("/")[0]
        img = cv2.imread(os.path.join(folder, r["file"]), cv2.IMREAD_GRAYSCALE)
        if img is None:
            continue
        if w:
            img = img[max(0, int(y - MARGIN * h)):int(y + h * (1 + MARGIN)), max(0, int(x - MARGIN * w)):int(x + w * (1 + MARGIN))]
        elif "scene" in r["kind"] or "two-line" in r["kind"]:
            continue  # where its rows are is the finder's work
        t = time.process_time()
        small = cv2.resize(img, (160, 32), interpolation=cv2.INTER_AREA if img.shape[1] > 240 else cv2.INTER_LINEAR)
        net.setInput(((small.astype(np.float32) / 255 - .5) / .5).reshape(1, 1, 32, 160))
        p = net.forward()[0]
        took.append(time.process_time() - t)
        if name != "cn_crops":
            p = np.where(latin, p, 0)
        got, last = "", 0
        for c in p.argmax(1):
            if c != last and c:
                got += letters[c]
            last = c
        want = "".join(ch for ch in r["plate"].upper() if ch.isalnum())
        s = sums[name]
        s[0] += 1
        s[1] += got == want
        s[2] += got.translate(FOLD) == want.translate(FOLD)
        s[3] += distance(got, want)
        s[4] += len(want)
        if name == "cn_crops":
            s = sums["cn_crops without province"]
            s[0] += 1
            s[1] += got[1:] == want[1:]
            s[2] += got[1:].translate(FOLD) == want[1:].translate(FOLD)
            s[3] += distance(got[1:], want[1:])
            s[4] += len(want) - 1
        if wrong and got != want:
            print(r["file"], want, got)
    print("%-28s %5s %15s %15s %7s" % ("set", "n", "exact", "folded", "CER"))
    for k, s in sums.items():
        print("%-28s %5d %6d %6.1f %% %6d %6.1f %% %5.1f %%" % (k, s[0], s[1], 100 * s[1] / s[0], s[2], 100 * s[2] / s[0], 100 * s[3] / s[4]))
    print("%.1f ms a crop of one core (median)" % (np.median(took) * 1000))


if __name__ == "__main__":
    main(*sys.argv[1:4], wrong=len(sys.argv) > 4)
