"""Makes the synthetic check samples: python3 check.py 99 2000 check.npz"""
import sys

import numpy as np

from plates import MOST, Painter, label

if __name__ == "__main__":
    p = Painter(int(sys.argv[1]))
    made = [p.sample() for _ in range(int(sys.argv[2]))]
    rows = [label(t) for _, t in made]
    np.savez(sys.argv[3], image=np.stack([i for i, _ in made]), label=np.array([r + [0] * (MOST - len(r)) for r in rows], np.uint8))
