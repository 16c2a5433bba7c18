"""Trains the recogniser for a given time on the samples of ring.py.

    python3 ring.py 1 &
    python3 train.py --minutes 80 --workers 2 --out reader.pt

Each worker is a process of one thread with its own optimiser; every few steps it averages its
weights with the common ones. So a core that is busy with something else slows one worker only.
With a CUDA device one worker uses it. bfloat16 in the forward pass where the processor has it.
"""
import argparse
import math
import os
import random
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
import torch.multiprocessing as mp

from glyphs import ALPHABET
from networks import Reader
from ring import Ring, SIZE

BATCH, EVERY, PEAK = 64, 16, 1.6e-3


def greedy(scores):
    """[B,C,T] to lists of classes."""
    best = scores.argmax(1).tolist()
    out = []
    for line in best:
        text, last = [], 0
        for c in line:
            if c != last and c:
                text.append(c)
            last = c
        out.append(text)
    return out


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        diag, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            diag, row[j + 1] = row[j + 1], min(row[j] + 1, row[j + 1] + 1, diag + (x != y))
    return row[-1]


def scaled(images):
    return (torch.from_numpy(images).unsqueeze(1).float() - 127.5) / 127.5


def cheap(x, r):
    """Other light and another cut for a sample that has been seen."""
    b = x.shape[0]
    x = x * (0.8 + 0.4 * torch.rand(b, 1, 1, 1)) + 0.3 * (torch.rand(b, 1, 1, 1) - 0.5)
    p = torch.nn.functional.pad(x, (4, 4, 2, 2), mode="replicate")
    return torch.stack([p[i, :, dy:dy + 32, dx:dx + 160] for i, (dy, dx) in
                        enumerate((r.randint(0, 4), r.randint(0, 8)) for _ in range(b))]).clamp_(-1, 1)


def state(net):
    return [t for t in net.state_dict().values() if t.is_floating_point()]


def validate(net, images, labels):
    net.eval()
    exact = errors = chars = 0
    with torch.no_grad():
        for i in range(0, len(images), 128):
            for got, want in zip(greedy(net(scaled(images[i:i + 128]))), labels[i:i + 128]):
                want = [c for c in want.tolist() if c]
                exact += got == want
                errors += distance(got, want)
                chars += len(want)
    net.train()
    return exact / len(images), errors / chars


def work(k, args, common, lock, start, steps):
    os.setsid()  # a scheduling group of its own, where the kernel groups by session
    torch.set_num_threads(1)
    torch.manual_seed(args.seed + k)
    r, pick = random.Random(args.seed + k), np.random.default_rng(args.seed + k)
    ring = Ring()
    net = Reader(len(ALPHABET) + 1).to(memory_format=torch.channels_last)
    mine = state(net)
    with torch.no_grad():
        for t, c in zip(mine, common):
            t.copy_(c)
    opt = torch.optim.AdamW(net.parameters(), lr=args.peak, weight_decay=0.01)
    ctc = torch.nn.CTCLoss(zero_infinity=True)
    seconds, step, total, told = args.minutes * 60, 0, 0.0, time.time()
    check = np.load(args.check) if k == 0 and os.path.exists(args.check) else None
    while True:
        done = (time.time() - start) / seconds
        if done >= 1:
            break
        made, used = ring.made(), ring.used()
        if made < min(args.fill, SIZE):
            time.sleep(0.5)
            continue
        at = np.sort(pick.integers(0, min(made, SIZE), BATCH))
        labels = ring.label[at]
        x = cheap(scaled(ring.image[at]), r).contiguous(memory_format=torch.channels_last)
        lengths = torch.from_numpy((labels > 0).sum(1).astype(np.int64))
        targets = torch.from_numpy(labels[labels > 0].astype(np.int64))
        for g in opt.param_groups:
            g["lr"] = max(1e-6, args.peak * min(1, (steps[k] + 1) / (100 if args.start else 300)) * 0.5 * (1 + math.cos(math.pi * done)))
        opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
            y = net(x)
        loss = ctc(torch.log_softmax(y.float(), 1).permute(2, 0, 1), targets, torch.full((BATCH,), y.shape[2], dtype=torch.long), lengths)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        ring.head[1 + k] += BATCH
        steps[k] += 1
        step += 1
        total += float(loss)
        if step % EVERY == 0:
            with torch.no_grad(), lock:
                for t, c in zip(mine, common):
                    c.lerp_(t, 1 / args.workers)
                    t.copy_(c)
        if k == 0 and step % 100 == 0:
            print("%5.1f min  samples %d  made %d  loss %.3f" % ((time.time() - start) / 60, ring.used(), made, total / 100), flush=True)
            total = 0.0
            if time.time() - told > args.save * 60:
                told = time.time()
                save(args, net, common, lock, start, steps)
                if check is not None:
                    print("      synthetic check: exact %.4f  CER %.4f" % validate(net, check["image"], check["label"]), flush=True)


def save(args, net, common, lock, start, steps):
    with lock:
        whole = dict(zip([k for k, t in net.state_dict().items() if t.is_floating_point()], [c.clone() for c in common]))
    torch.save({"net": whole, "start": start, "minutes": args.minutes, "steps": list(steps)}, args.out + ".new")
    os.replace(args.out + ".new", args.out)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--minutes", type=float, default=80)
    a.add_argument("--workers", type=int, default=2)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--fill", type=int, default=6000, help="samples to wait for")
    a.add_argument("--save", type=float, default=4, help="minutes between checkpoints")
    a.add_argument("--check", default="check.npz", help="samples of another seed, see check.py")
    a.add_argument("--peak", type=float, default=PEAK, help="learning rate at its highest")
    a.add_argument("--start", default="", help="checkpoint to start from")
    a.add_argument("--no-bf16", dest="bf16", action="store_false")
    a.add_argument("--out", default="reader.pt")
    args = a.parse_args()
    torch.manual_seed(args.seed)
    net = Reader(len(ALPHABET) + 1)
    if args.start:
        net.load_state_dict(torch.load(args.start)["net"], strict=False)
    common = [t.clone().share_memory_() for t in state(net)]
    context = mp.get_context("spawn")
    lock, steps, start = context.Lock(), context.Array("q", args.workers), time.time()
    workers = [context.Process(target=work, args=(k, args, common, lock, start, steps)) for k in range(args.workers)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    save(args, net, common, lock, start, steps)


if __name__ == "__main__":
    main()
