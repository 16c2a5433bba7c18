"""A ring of samples in shared memory between one generator and the training.

    python3 ring.py SEED     generates until it is ended

The generator keeps ahead so far that every sample is used REUSE times on average.
"""
import os
import sys
import time

import numpy as np

PATH = os.environ.get("PLATES_RING", "/dev/shm/plates")
SIZE, REUSE, MOST = 40960, 2.0, 10


class Ring:
    def __init__(self, create=False):
        mode = "w+" if create and not os.path.exists(PATH + ".image") else "r+"
        self.image = np.memmap(PATH + ".image", np.uint8, mode, shape=(SIZE, 32, 160))
        self.label = np.memmap(PATH + ".label", np.uint8, mode, shape=(SIZE, MOST))
        self.head = np.memmap(PATH + ".head", np.int64, mode, shape=(8,))  # made, used by worker 0, 1, ...

    def made(self):
        return int(self.head[0])

    def used(self):
        return int(self.head[1:].sum())


def main():
    import cv2
    from plates import Painter, label
    cv2.setNumThreads(1)
    painter = Painter(int(sys.argv[1]))
    ring = Ring(create=True)
    while True:
        made = ring.made()
        if made > SIZE and made * REUSE > ring.used() + SIZE * REUSE:
            time.sleep(0.2)
            continue
        for i in range(made, made + 64):
            img, text = painter.sample()
            row = label(text)
            ring.image[i % SIZE] = img
            ring.label[i % SIZE] = row + [0] * (MOST - len(row))
        ring.head[0] = made + 64


if __name__ == "__main__":
    main()
