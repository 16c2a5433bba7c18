"""Writes the trained networks as ONNX files that OpenCV 4.6 dnn loads, and compares both.

    python3 export.py reader.pt ../own/plates.onnx     (and alphabet.txt beside it)
    python3 export.py finder.pt ../own/finder.onnx
"""
import os
import sys
import time

import cv2
import numpy as np
import torch

from glyphs import ALPHABET
from networks import Finder, Reader, Told


def main(checkpoint, out):
    saved = torch.load(checkpoint, map_location="cpu")
    if "finder" in os.path.basename(out):
        net = Finder()
        net.load_state_dict(saved["net"])
        net, x = torch.nn.Sequential(net, torch.nn.Sigmoid()), torch.rand(1, 1, 384, 512) * 2 - 1
    else:
        net = Reader(len(ALPHABET) + 1)
        net.load_state_dict(saved["net"], strict=False)  # without the counters of batches
        net, x = Told(net), torch.rand(1, 1, 32, 160) * 2 - 1
        with open(os.path.join(os.path.dirname(out), "alphabet.txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(ALPHABET) + "\n")
    net.eval()
    torch.onnx.export(net, x, out + ".new", opset_version=11, input_names=["input"], output_names=["output"])
    os.replace(out + ".new", out)
    with torch.no_grad():
        want = net(x).numpy()
    cv2.setNumThreads(1)
    loaded = cv2.dnn.readNetFromONNX(out)
    times = []
    for _ in range(20):
        t = time.process_time()
        loaded.setInput(x.numpy())
        got = loaded.forward()
        times.append(time.process_time() - t)
    print("%s: %d bytes, output %s, largest difference to torch %.2g, %.1f ms of one core (median of 20; OpenCV %s)" % (
        out, os.path.getsize(out), got.shape, np.abs(got - want).max(), np.median(times) * 1000, cv2.__version__))
    if got.shape != want.shape or np.abs(got - want).max() > 1e-3:
        sys.exit("OpenCV computes something else")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
