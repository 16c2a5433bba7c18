"""Trains the finder for a given time: python3 train_finder.py --minutes 25 --out finder.pt

One process draws scenes, this one trains on a pool of them (mirrored, in other light).
"""
import argparse
import math
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
import torch.multiprocessing as mp

from networks import Finder
from scenes import H, W

POOL, BATCH, PEAK, AHEAD = 3000, 12, 2e-3, 5.0


def draw(seed, images, cores, head):
    os.setsid()
    import cv2
    from scenes import Scenes
    cv2.setNumThreads(1)
    s = Scenes(seed)
    images, cores = images.numpy(), cores.numpy()
    while True:
        if int(head[0]) * AHEAD > int(head[1]) + POOL * 2:
            time.sleep(.1)
            continue
        k = int(head[0]) % POOL
        images[k], cores[k] = s.scene()
        head[0] += 1


def losses(y, t):
    """Cross entropy with the plates weighted up, and the share of area missed."""
    w = 1 + 4 * (t > .3).float()
    bce = (torch.nn.functional.binary_cross_entropy_with_logits(y, t, reduction="none") * w).mean()
    p = torch.sigmoid(y)
    dice = 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)
    return bce, dice


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, default=25)
    a.add_argument("--seed", type=int, default=5)
    a.add_argument("--peak", type=float, default=PEAK, help="learning rate at its highest")
    a.add_argument("--start", default="", help="checkpoint to start from")
    a.add_argument("--out", default="finder.pt")
    a.add_argument("--no-bf16", dest="bf16", action="store_false")
    args = a.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    pick = np.random.default_rng(args.seed)
    images = torch.zeros(POOL, H, W, dtype=torch.uint8).share_memory_()
    cores = torch.zeros(POOL, H // 4, W // 4, dtype=torch.uint8).share_memory_()
    head = torch.zeros(2, dtype=torch.int64).share_memory_()
    p = mp.get_context("spawn").Process(target=draw, args=(args.seed, images, cores, head), daemon=True)
    p.start()
    net = Finder().to(memory_format=torch.channels_last)
    torch.nn.init.constant_(net.out[1].bias, -3.)
    if args.start:
        net.load_state_dict(torch.load(args.start)["net"])
    opt = torch.optim.AdamW(net.parameters(), lr=args.peak, weight_decay=0.01)
    while int(head[0]) < 250:
        time.sleep(1)
    start, step, sums, saved = time.time(), 0, [0, 0], time.time()
    while (done := (time.time() - start) / (args.minutes * 60)) < 1:
        at = torch.from_numpy(pick.integers(0, min(int(head[0]), POOL), BATCH))
        x, t = images[at].float().unsqueeze(1), cores[at].float().unsqueeze(1) / 255
        x = ((x - 127.5) / 127.5 * (.8 + .4 * torch.rand(BATCH, 1, 1, 1)) + .3 * (torch.rand(BATCH, 1, 1, 1) - .5)).clamp(-1, 1)
        if pick.random() < .5:
            x, t = x.flip(3), t.flip(3)
        for g in opt.param_groups:
            g["lr"] = max(1e-6, args.peak * min(1, (step + 1) / 200) * .5 * (1 + math.cos(math.pi * done)))
        opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
            y = net(x.contiguous(memory_format=torch.channels_last))
        bce, dice = losses(y.float(), t)
        (bce + .5 * dice).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.)
        opt.step()
        head[1] += BATCH
        step += 1
        sums[0] += float(bce)
        sums[1] += float(dice)
        if step % 50 == 0:
            print("%5.1f min  step %d  drawn %d  bce %.4f  dice loss %.4f" % ((time.time() - start) / 60, step, int(head[0]), sums[0] / 50, sums[1] / 50), flush=True)
            sums = [0, 0]
            if time.time() - saved > 240:
                saved = time.time()
                torch.save({"net": net.state_dict(), "step": step, "drawn": int(head[0])}, args.out)
    torch.save({"net": net.state_dict(), "step": step, "drawn": int(head[0])}, args.out)
    p.terminate()


if __name__ == "__main__":
    main()
