"""Numbers of the command pages that no code of ours holds: exit codes, examples, years, pages and what was measured."""

from __future__ import annotations

NOT_OURS: dict[str, set[str]] = {
    "explain": {"0", "4", "5", "10", "20"},  # the baseline in µV, an example of a verdict, a rhythm and its square
    # exit code, example, AUC of a constant, windows of the curve, published vote; level and error rate of a test (benchmarks/permutation.py)
    "evaluate": {"3", "0.9", "0.5", "1", "2", "4", "40", "5", "8", "ten"},  # one in ten fails in a simulation
    "predict": {"1989"},
    "train": {
        "2020",
        "2025",
        "2021",
        "1574",
        "197",
        "492",
        "885",
        "5",
        "129",
        "787",
        "4",
        "0",
        "136:238-253",
        "2022",
    },  # 4 million values: `train/strongest.py`; a dropped channel; pages
    "preprocess": {
        *("0", "2", "8", "1e-6", "1e-4", "3e-5", "129", "10", "1e-3", "2e-4", "6.6", "24", "22", "19", "128", "20", "5"),
        *("1e-5", "0.0003", "49", "3", "4"),  # measured with PhysioNet's S001
        *(
            "50",
            "45",
            "2015",
            "9:16",
            "1989",
            "2020",
            "2.11",
            "1e-10",
            "12-28",
            "64",
            "10-20",
            "10-10",
            "10-05",
            "five",
            *("29", "40", "60", "1985", "2007"),  # recordings measured; a minute; years of papers
        ),  # five of 19 electrodes were measured
    },
    # A code of an event; the tilt of MNE's template in head coordinates; releases of HBN; the definition of the decibel; halves of a spectrum;
    # a system of electrodes; years.
    "epoch": {"1", "10", "2", "10-20", "2025", "2021", "202", "7"},
    "fetch": {"256", "1", "429", "503"},  # SHA-256, SHA-1; two of the codes of a busy server
    "models": {
        *("six", "1-45", "1-25", "10", "2010"),  # summaries of bands; how far pyriemann agrees
        *(
            "16",
            "2018",
            "2021",
            "8,2",
            "0",
            "1",
            "2",
            "four",
        ),  # VGG-16, EEGNet-8,2; of a batch norm's biases; classes; blocks of the sources
        *("32", "99", "64", "67", "50", "1.00", "43", "56", "62", "75", "78", "79"),  # of the reports and questions, beside their sizes
        *(
            "77.1",
            "79.0",
            "80.6",
            "81.02",
            "81.11",
            "81.3",
            "83.1",
            "83.2",
            "83.43",
            "85.1",
            "86.94",
            "87.0",
            "87.31",
            "197",
        ),  # published accuracies
        *("0.5", "0.9"),  # betas of Adam
    },
}
