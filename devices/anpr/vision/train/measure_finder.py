"""Counts how many labelled plates of photographs the finder finds, through OpenCV.

    python3 measure_finder.py ../own/finder.onnx FOLDER_OF_PHOTOS
    python3 measure_finder.py ../own/finder.onnx synthetic

A plate is found if the box of one region above 0.5, grown back from the core, covers at least
half of the middle of the labelled box (on synthetic scenes: if a region meets the core at all) and is not six times as large. other: regions per picture
that do so for no label; photographs label one plate only, so these need not be mistakes.
"""
import collections
import csv
import os
import sys
import time

import cv2
import numpy as np

W, H = 512, 384


def regions(net, grey):
    """Boxes x0, y0, x1, y1 in pixels of the picture."""
    k = min(W / grey.shape[1], H / grey.shape[0])
    small = cv2.resize(grey, (round(grey.shape[1] * k), round(grey.shape[0] * k)), interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    x = np.zeros((H, W), np.float32)
    x[:small.shape[0], :small.shape[1]] = (small.astype(np.float32) / 255 - .5) / .5
    net.setInput(x.reshape(1, 1, H, W))
    p = net.forward()[0, 0]
    n, _, stats, _ = cv2.connectedComponentsWithStats((p > .5).astype(np.uint8))
    out = []
    for left, top, w, h, area in stats[1:]:
        if area < 8:
            continue
        grow = h / .6 * .2
        out.append(tuple(v * 4 / k for v in (left - grow, top - grow, left + w + grow, top + h + grow)))
    return out, p


def cover(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0, w) * max(0, h) / ((b[2] - b[0]) * (b[3] - b[1]))


def size(a):
    return (a[2] - a[0]) * (a[3] - a[1])


def synthetic(net):
    from scenes import Scenes
    s = Scenes(77)
    plates = found = other = 0
    for _ in range(200):
        img, cores = s.scene()
        boxes, p = regions(net, cv2.copyMakeBorder(img, 0, H - img.shape[0], 0, W - img.shape[1], cv2.BORDER_CONSTANT, value=128))
        n, marks = cv2.connectedComponents((cores > 127).astype(np.uint8))
        hit = (p > .5)[:cores.shape[0], :cores.shape[1]]
        for i in range(1, n):
            if (marks == i).sum() >= 6:
                plates += 1
                found += bool(hit[marks == i].mean() > .3)
        m, regs = cv2.connectedComponents(hit.astype(np.uint8))
        other += sum(not cores[regs == i].any() for i in range(1, m))
    print("synthetic: %d of %d rows found, %d regions elsewhere in 200 scenes" % (found, plates, other))


def main(model, folder):
    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(model)
    if folder == "synthetic":
        return synthetic(net)
    sums = collections.defaultdict(lambda: [0, 0, 0])
    took = []
    for r in csv.DictReader(open(os.path.join(folder, "ground_truth.csv"), encoding="utf-8")):
        x, y, w, h = (int(float(r[k])) for k in "xywh")
        img = cv2.imread(os.path.join(folder, r["file"]), cv2.IMREAD_GRAYSCALE) if w else None
        if img is None:
            continue
        t = time.process_time()
        boxes, _ = regions(net, img)
        took.append(time.process_time() - t)
        label = (x, y, x + w, y + h)
        middle = (x, y + h / 4, x + w, y + h * 3 / 4)  # words stand above and below on some plates
        good = [cover(b, middle) >= .5 and size(b) < 6 * size(label) for b in boxes]
        s = sums[r["file"].split("/")[0]]
        s[0] += 1
        s[1] += any(good)
        s[2] += len(good) - sum(good)
    for k, (n, found, other) in sums.items():
        print("%-14s %4d of %4d found (%.1f %%), other regions %.2f a picture" % (k, found, n, 100 * found / n, other / n))
    print("%.1f ms a picture of one core (median)" % (np.median(took) * 1000))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
