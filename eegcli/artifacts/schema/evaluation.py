"""Schema of evaluations."""

from __future__ import annotations

from eegcli.artifacts.schema.entry import ENTITIES, EVERYWHERE, Entry, File
from eegcli.artifacts.schema.predictions import OUTPUTS, PROBE, embedding_files

NETWORK = (
    Entry("fold", "int64", "which network of the run, from 0"),
    Entry("seed", "int64", "which network of the run, from 0"),
    Entry("split", "text", "`train`, `validation` or `test`"),
    Entry("truth", "text or float64", "class, or value of a continuous target"),
)
EMBEDDED = NETWORK[2:]  # beside fold and seed

EVALUATION = (
    File(
        "evaluation/predictions.parquet",
        "a row per window and network of the run",
        (
            Entry("dataset", "text", "name of the data set"),
            Entry("recording", "text", "BIDS stem"),
            *ENTITIES,
            Entry("segment", "text", "name of the segment"),
            Entry("onset", "float64", "of the window, from the recording's first sample", unit="s"),
            Entry("window", "int64", "row of windows.parquet"),
            *NETWORK,
            *OUTPUTS,
        ),
    ),
    File(
        "evaluation/votes.parquet",
        "a row per unit, set and network of the run",
        (
            Entry("unit", "text", "subject, recording, recording and segment, or these and the onset of the trial's event"),
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            *NETWORK,
            Entry("n_windows", "int64", "windows that voted"),
            Entry("probability", "float64", "that of the class voted for"),
            Entry("vote", "text", "class of the highest probability by the rule of `--vote`; of equal ones the first"),
            Entry("hard_vote", "text", "class that most windows predict; of equal ones the first"),
            *OUTPUTS,
        ),
    ),
    File(
        "evaluation/metrics.json",
        "the same names for one network and for several; metrics and intervals are those of the table below",
        (
            Entry("unit", "text", "what votes: `subject`, `recording`, `segment` or `window`"),
            Entry("target", "text", "column that is predicted"),
            Entry("kind", "text", "`classification` or `regression`"),
            Entry(
                "splits.<set>.window",
                "object",
                "per window: `n`, `n_subjects` (0 where nobody knows them), metrics, intervals, and of classes `confusion`",
            ),
            Entry("splits.<set>.vote", "object", "the same per vote, with `wilson95` where every subject has one"),
            Entry(
                "splits.<set>.….intervals",
                "object",
                "of each interval `method`; `coverage` (percent of simulated cohorts whose interval of 95 % held the truth) and `simulated`, which "
                "cohorts; of pooled folds `given`",
            ),
            Entry(
                "splits.test.vote.vote_gain",
                "object",
                "of classes: `value`, accuracy of votes less that of windows, `ci95`, `method`, and `coverage` as above",
            ),
            Entry("splits.<set>.vote.hard", "object", "the same for the class that most windows predict"),
            Entry("splits.<set>.….n_repeats, .sd", "object", "with seeds: how many, and the standard deviation over them (ddof 1)"),
            Entry("vote, positive", "text", "voting rule, and the class of `--positive`"),
            Entry(
                "voting",
                "object",
                "of classes: test votes by every rule (`rules`), the `curve` of voting.parquet, and learned `weights`",
            ),
            Entry(
                "calibration",
                "object",
                "of classes, per `window` and `vote` of the test set: `before` and `after` the `temperatures` of validation subjects, `ece` with `ece_ci95`, `brier`, `log_loss`; `why_not` there is no temperature",
            ),
            Entry(
                "over_seeds",
                "object",
                "with seeds: per level `mean`, `sd` (ddof 0), `over_seeds95` and `over_subjects95` of the test set's headline metric",
            ),
            Entry(
                "conformal",
                "object",
                "with `--conformal`: `coverage` asked for, `n_calibration` and `thresholds` of each network, and of `plain` and `randomised` sets how many were `covered`, and their `sizes`",
            ),
            Entry("folds", "object", "`fold`, `seed` and `splits` of each network", "(n_networks,)"),
            Entry(
                "nested_cv",
                "object",
                "with `--nested-cv`: `metric`, `value` and `ci95` corrected by nested cross-validation, `uncorrected`, `inflation` of the standard error, "
                "`n_folds`, `n_repeats`, `coverage`",
            ),
            Entry("pooled", "object", "with several networks: `unit` and `splits` again, for scripts of before"),
            Entry(
                "permutation",
                "object",
                "`exchanged`, `retrained`, `n`, `statistic`, and per level `p` (votes: mid-p, and `p_whole`); or `refused`: why there is no test",
            ),
            Entry(
                "seeds_and_subjects",
                "object",
                "with seeds: standard deviations between `subjects`, between `seeds` and of the `rest`, and the errors of the mean that come of them",
            ),
            Entry(
                "confounds",
                "object",
                "`columns`, ranked: `name`, `value` (AUC or r of the column alone, out of fold), `p`, `p_holm`, `verdict`, `beyond`, `n_missing`; `not_asked`, `network`, "
                "`metric`, `n_units`, `n_subjects`, `n_folds`; `refused`, why it is not asked of so few",
            ),
            Entry("strata", "object", "with `--by`: by column and stratum, `window` and `vote` of the test set"),
            Entry(
                "audit",
                "object",
                "with `--audit`: `clean`, `leaky` (windows shuffled over the sets), `inflation` with `ci95` over the test subjects, `n_subjects`",
            ),
            Entry(
                "leak_checks",
                "object",
                "`name`, `passed`, `value` of each check, `found`, and `compared`: what was held against what, with numbers and digests (xxh3-128 of the "
                "JSON of the sorted keys, or hashes)",
                "(n_checks,)",
            ),
            Entry(
                "cleaned_otherwise",
                "text",
                "of other windows, with `--allow-differences`: how their recordings were cleaned otherwise",
                "(n_differences,)",
            ),
            Entry("fitted", "object", "of other windows whose channels are others: `reordered`, `left_out` and `interpolated` channels"),
            Entry(
                "embeddings",
                "object",
                "with `--embeddings` or `--probe`: `n_values` of a vector, and `probes`: of each column `kind`, `unit`, `n`, `n_subjects`, metrics and "
                "intervals as of a vote, `baseline_accuracy` of the most frequent class, and to whom it was `fitted_to`; or why it was `not_probed`",
            ),
            Entry("marked, control", "text", "what has to stand beside every figure; else null"),
        ),
    ),
    File("evaluation/confusion.png", "the test set, windows beside votes; of a number `scatter.png`: predicted against true"),
    File("evaluation/folds.png", "with several folds: accuracy (of a number the mean absolute error) of each fold's test windows"),
    File(
        "evaluation/learning_curve.parquet",
        "with `train --train-subjects` of several sizes: a row per size and level; the figure is `learning_curve.png`, and `learning_curve` of metrics.json says "
        "what the last step gained",
        (
            Entry("n_subjects", "float64", "training subjects: mean over folds"),
            Entry("level", "text", "`window` or `vote`, of the test set"),
            Entry("accuracy", "float64", "of a number `mae`"),
            Entry("low", "float64", "of its interval; `high` likewise"),
        ),
    ),
    File(
        "evaluation/confounds.parquet",
        "how well each column alone tells the target, a row each, the best first; the figure is `confounds.png`",
        (
            Entry("name", "text", "of the column"),
            Entry("value", "float64", "AUC out of fold, of a number r"),
            Entry("low, high", "float64", "of its 95 % interval over subjects; NaN of more than two classes"),
            Entry("p, p_holm", "float64", "by permuted labels; adjusted for the number of columns"),
            Entry("verdict", "text", "`confound`, `shared with the effect` or `none`"),
            Entry("beyond", "float64", "AUC (r) of the networks' test scores without what the column explains of them"),
            Entry("n_missing", "int64", "units without a value"),
        ),
    ),
    *embedding_files("evaluation/", EMBEDDED),
    PROBE,
    File(
        "evaluation/voting.parquet",
        "of classes, where units have several windows: accuracy of test votes against seconds of EEG; the figure is `voting.png`",
        (
            Entry("n_windows", "int64", "of each unit vote so many, the first in time (1, 2, 4 ...)"),
            Entry("seconds", "float64", "of EEG in them, mean over units; NaN where nobody knows", unit="s"),
            Entry(
                "accuracy",
                "float64",
                "of the votes by the rule of `--vote`; `low` and `high` of its interval, and `balanced_accuracy`, likewise",
            ),
            Entry(
                "coverage", "float64", "percent of such intervals that held the truth in simulation, where that is less than 93.5; else NaN"
            ),
            Entry("n, n_subjects", "int64", "votes, and subjects that they are of"),
        ),
    ),
    File(
        "evaluation/calibration.parquet",
        "of classes: reliability of the test set, a row per level, state and bin; the figure is `calibration.png`",
        (
            Entry("level", "text", "`window` or `vote`"),
            Entry("state", "text", "`before` or `after` the temperature of the validation subjects"),
            Entry("low, high", "float64", "edges of the bin of confidence; the upper one belongs to it"),
            Entry("n, n_subjects", "int64", "cases in it, and subjects that they are of"),
            Entry("confidence, accuracy", "float64", "mean probability of the predicted class, and share that is right"),
        ),
    ),
    File(
        "evaluation/conformal.parquet",
        "with `--conformal`: a row per test subject and network",
        (
            Entry("unit", "text", "subject"),
            Entry("dataset", "text", "name of the data set"),
            Entry("subject", "text", "label without `sub-`"),
            Entry("fold", "int64", "which network of the run, from 0"),
            Entry("seed", "int64", "which network of the run, from 0"),
            Entry("truth", "text or float64", "class, or value of a continuous target"),
            Entry("p_value_<class>", "float64", "conformal p-value of each class"),
            Entry("in_set_<class>, in_randomised_set_<class>", "bool", "whether the class is in the plain, and in the randomised set"),
            Entry("prediction, low, high", "float64", "instead of them, for a continuous target: the predicted number, and its interval"),
        ),
    ),
    File("evaluation-<windows>/…", "the same for other windows"),
    *EVERYWHERE,
)
