"""The two networks. Only layers that OpenCV 4.6 dnn knows."""
import torch
import torch.nn as nn


def cbr(i, o, k=3, s=1, p=None, d=1):
    p = (k // 2 if isinstance(k, int) else tuple(x // 2 for x in k)) if p is None else p
    return nn.Sequential(nn.Conv2d(i, o, k, s, p, dilation=d, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class Reader(nn.Module):
    """[B,1,32,160] grey to [B,C,40] scores of classes."""

    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(
            cbr(1, 32, 3, 2),  # 16 x 80
            cbr(32, 64),
            nn.MaxPool2d((2, 1)),  # 8 x 80
            cbr(64, 64),
            cbr(64, 96),
            nn.MaxPool2d((2, 2)),  # 4 x 40
            cbr(96, 160),
            cbr(160, 160),
            nn.MaxPool2d((2, 1)),  # 2 x 40
            cbr(160, 160),
            cbr(160, 160, (2, 1), 1, (0, 0)),  # 1 x 40
            cbr(160, 160, (1, 5)),
        )
        self.drop = nn.Dropout(0.1)
        self.head = nn.Conv2d(160, classes, 1)

    def forward(self, x):
        return self.head(self.drop(self.body(x))).squeeze(2)


class Told(nn.Module):
    """The reader as it is exported: [1,T,C] probabilities."""

    def __init__(self, reader):
        super().__init__()
        self.reader = reader

    def forward(self, x):
        y = self.reader.head(self.reader.body(x))  # 1,C,1,T
        y = y.reshape(1, y.shape[1], y.shape[3]).permute(0, 2, 1)
        return torch.softmax(y, 2)


class Finder(nn.Module):
    """[B,1,H,W] grey to [B,1,H/4,W/4]: the score that a pixel lies in the core of a plate."""

    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(cbr(1, 16, 5, 2), cbr(16, 32, 3, 2), cbr(32, 32))  # 1/4
        self.b = nn.Sequential(nn.MaxPool2d(2), cbr(32, 48), cbr(48, 48))  # 1/8
        self.c = nn.Sequential(nn.MaxPool2d(2), cbr(48, 64), cbr(64, 64, 3, 1, 2, 2), cbr(64, 64, 3, 1, 4, 4))  # 1/16
        self.cb = nn.Conv2d(64, 48, 1)
        self.bb = nn.Sequential(cbr(48, 48))
        self.ba = nn.Conv2d(48, 32, 1)
        self.out = nn.Sequential(cbr(32, 32), nn.Conv2d(32, 1, 1))
        self.up = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        b = self.bb(b + self.up(self.cb(c)))
        return self.out(a + self.up(self.ba(b)))
