"""Tables of montages and of channel sets."""

from __future__ import annotations

MONTAGES: dict[str, str] = {  # where electrodes are, for maps of the scalp
    "auto": "hydrocel-128 for channels E1 to E128, else 10-05",
    "10-05": "the 10-20, 10-10 and 10-05 systems on a sphere",
    "hydrocel-128": "EGI's net of 128 electrodes; 10-20 names mean its electrodes",
}
CHANNEL_SETS: dict[str, str] = {"hbn-24": "the 24 channels of the hbn recipe"}
