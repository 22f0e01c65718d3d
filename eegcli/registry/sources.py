"""Table of named sources of `fetch`."""

from __future__ import annotations

# Of `fetch`, beside local paths, OpenNeuro's and NEMAR's numbers, s3:// and https:// addresses.
SOURCES: dict[str, str] = {
    "demo": "a simulated HBN data set with a planted effect of sex",
    "hbn": "releases R1 to R11 of the Healthy Brain Network's EEG",
    **{f"hbn:R{number}": f"release {number} of HBN" for number in range(1, 12)},
    "hbn:NC": "HBN's recordings that are not for commercial use",
}
