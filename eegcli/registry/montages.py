"""Tables of montages and of channel sets."""

from __future__ import annotations

MONTAGES: dict[str, str] = {  # where electrodes are, for interpolation and for maps of the scalp
    "auto": "digitised positions where there are any, else hydrocel-128 for channels E1 to E128 and 10-05 for others",
    "10-05": "the 10-20, 10-10 and 10-05 systems by the channels' names",
    "hydrocel-128": "EGI's net of 128 electrodes; 10-20 names mean its electrodes",
    "data": "positions that the recording's own files state, and no others",
}
CHANNEL_SETS: dict[str, str] = {"hbn-24": "the 24 channels of the hbn recipe"}
