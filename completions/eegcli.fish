# Completion of eegcli for fish. Made by completions/generate.py from the command tree: change that, not this.

function __eegcli_in --description 'Whether the command on the line is one of these; without any: whether there is none yet'
    for word in (commandline -opc)[2..-1]
        string match --quiet -- '-*' $word; and continue
        contains -- $word $argv
        return
    end
    test -z "$argv"
end

function __eegcli_list --description 'Offer words, each also after a comma'
    set --local typed (commandline -ct | string replace --regex -- '^-[^=]*=' '' | string replace --regex '[^,]*$' '')
    printf '%s\n' "$typed"$argv
end

function __eegcli_subjects --description 'The labels of the subjects of the data sets that stand on the command line'
    for word in (commandline -opc)[3..-1]
        set --local data (string replace --regex '^~' $HOME -- $word)
        set --local folders $data/sub-*/
        set --query folders[1]; and __eegcli_list (string replace --regex '.*/sub-([^/]*)/$' '$1\tsubject' -- $folders)
    end
end

complete -c eegcli -f
complete -c eegcli -n '__eegcli_in' -s V -l version -d 'Print the version and end (default: False)'
complete -c eegcli -n '__eegcli_in' -s h -l help -d 'Show this message and exit'
complete -c eegcli -n '__eegcli_in' -a fetch -d 'Bring a BIDS data set here: simulate the demo, or register a local tree (links, no copies)'
complete -c eegcli -n '__eegcli_in' -a preprocess -d 'Clean recordings: filter, resample, reference, pick channels'
complete -c eegcli -n '__eegcli_in' -a epoch -d 'Cut recordings into windows'
complete -c eegcli -n '__eegcli_in' -a train -d 'Train a network, or a baseline, on windows; subjects never stand on both sides of a split'
complete -c eegcli -n '__eegcli_in' -a evaluate -d 'Test a run: accuracy per window and per vote, with intervals over subjects and leak checks'
complete -c eegcli -n '__eegcli_in' -a explain -d 'Show what a network looks at: saliency, its spectrum and its channel profile'
complete -c eegcli -n '__eegcli_in' -a info -d 'Say what something is: shape, units, provenance; for a BIDS tree, tasks, events, channels, durations'
complete -c eegcli -n '__eegcli_in' -a models -d 'List the architectures, or describe one: input, parameters for a shape, source, defaults of training'
complete -c eegcli -n '__eegcli_in fetch' -k -a 'demo\\t\'a simulated HBN data set with a planted effect of sex\' (__fish_complete_directories)'
complete -c eegcli -n '__eegcli_in fetch' -l subjects -x -d 'demo: number of subjects (default: 40)'
complete -c eegcli -n '__eegcli_in fetch' -l blocks -x -d 'demo: eyes-closed blocks of 40 s; there is one more with eyes open (default: 5)'
complete -c eegcli -n '__eegcli_in fetch' -l with-faults -d 'demo: add a recording without cues, a truncated one, a flat one, and a subject missing from participants.tsv'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain' -s o -l output -x -k -a '(__fish_complete_directories)' -d 'Folder of the artifact. Left out: beside the input, named after it (evaluation and explanation: in the run)'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain' -s f -l force -d 'Replace an output of another configuration, or do finished work again'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -l json -d 'Print one JSON object on standard output instead of the path'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain' -s n -l dry-run -d 'Print the resolved settings, what would be done and what it takes; write nothing'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -s v -l verbose -d 'Say more on standard error'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -s q -l quiet -d 'Say only warnings and errors'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -l log-file -r -F -d 'Append everything that is said, and tracebacks, to this file'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -l no-color -d 'No colour (NO_COLOR works, too)'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -s V -l version -d 'Print the version and end'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -l debug -d 'Show the traceback of an error'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain' -l recipe -x -k -a 'default\\t\'shipped recipe\' hbn\\t\'shipped recipe\' (__fish_complete_suffix (commandline -ct) .toml recipe)' -d 'Settings from a shipped recipe (default, hbn) or a TOML file'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain' -l seed -x -d 'Seed of everything random (default: 0)'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain' -s j -l jobs -x -d 'Processes. Left out: one per core granted (SLURM_CPUS_PER_TASK, else the affinity)'
complete -c eegcli -n '__eegcli_in fetch preprocess epoch train evaluate explain info models' -s h -l help -d 'Show this message and exit'
complete -c eegcli -n '__eegcli_in preprocess epoch train evaluate explain info' -k -a '- (__fish_complete_directories)'
complete -c eegcli -n '__eegcli_in preprocess epoch' -l subject -x -k -a '(__eegcli_subjects)' -d 'Only these subjects (labels, comma-separated or repeated)'
complete -c eegcli -n '__eegcli_in preprocess epoch' -l session -x -d 'Only these sessions'
complete -c eegcli -n '__eegcli_in preprocess epoch' -l task -x -d 'Only these tasks'
complete -c eegcli -n '__eegcli_in preprocess epoch' -l run -x -d 'Only these runs'
complete -c eegcli -n '__eegcli_in preprocess' -l desc -x -d 'Read derivatives with this desc instead of raw files'
complete -c eegcli -n '__eegcli_in preprocess' -l l-freq -x -d 'High-pass edge (Hz) (default: recipe: 0.25)'
complete -c eegcli -n '__eegcli_in preprocess' -l h-freq -x -d 'Low-pass edge (Hz) (default: recipe: 25)'
complete -c eegcli -n '__eegcli_in preprocess' -l notch -x -d 'Notch filters at these frequencies (Hz)'
complete -c eegcli -n '__eegcli_in preprocess' -l sfreq -x -d 'Resample to this rate (Hz) (default: recipe: 128)'
complete -c eegcli -n '__eegcli_in preprocess' -l reference -x -k -a '(__eegcli_list average\\t\'mean of all channels\')' -d 'average, or channels whose mean is taken (they are dropped) (default: recipe: average)'
complete -c eegcli -n '__eegcli_in preprocess' -l channels -x -k -a '(__eegcli_list hbn-24\\t\'the 24 channels of the hbn recipe\')' -d 'Keep these channels, in this order: names, or a set such as hbn-24 (default: all EEG)'
complete -c eegcli -n '__eegcli_in preprocess' -l missing-channels -x -k -a 'error\\t\'missing channels\' interpolate\\t\'missing channels\' drop\\t\'missing channels\'' -d 'What to do where a wanted channel was not recorded (default: error)'
complete -c eegcli -n '__eegcli_in preprocess' -l shard -x -k -a '1/1\\t\'all recordings, in a Slurm array, too\'' -d 'Clean the I-th of N shares of the recordings, into the same output. Left out: the place in a Slurm array, else all (1/1)'
complete -c eegcli -n '__eegcli_in preprocess' -l executor -x -k -a 'joblib\\t\'executor\' dask\\t\'executor\' slurm\\t\'executor\'' -d 'Who does the work: processes here (joblib), a dask cluster, or Slurm jobs that this command starts (default: joblib)'
complete -c eegcli -n '__eegcli_in preprocess' -l scheduler -x -k -a '(__fish_complete_suffix (commandline -ct) .json scheduler file)' -d 'Scheduler of --executor dask: tcp://HOST:PORT, or a scheduler file (.json)'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-workers -x -d 'Jobs of --executor slurm (default: 4)'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-cpus -x -d 'Cores of each job, with a process each (default: 1)'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-memory -x -d 'Memory of each job (default: 4GB)'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-walltime -x -d 'Time limit of each job (default: 01:00:00)'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-partition -x -d 'Partition of the jobs'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-account -x -d 'Account of the jobs'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-interface -x -d 'Network interface on which the jobs reach this machine, such as ib0'
complete -c eegcli -n '__eegcli_in preprocess' -l slurm-options -x -d 'More for sbatch, as after #SBATCH (repeated), such as --slurm-options=--qos=short'
complete -c eegcli -n '__eegcli_in preprocess epoch' -l max-failures -x -d 'End with 0 although up to N (or P%) recordings failed'
complete -c eegcli -n '__eegcli_in epoch' -l segment -x -d 'Cut only NAME, from TMIN to TMAX seconds after each EVENT (repeatable). Left out: the whole recording'
complete -c eegcli -n '__eegcli_in epoch' -l length -x -d 'Length of a window (s) (default: 2.0)'
complete -c eegcli -n '__eegcli_in epoch' -l overlap -x -d 'Overlap of neighbouring windows (s) (default: 0)'
complete -c eegcli -n '__eegcli_in epoch' -l keep-dead -d 'Keep dead and clipped windows'
complete -c eegcli -n '__eegcli_in train' -l target -x -k -a 'sex\\t\'column\' age\\t\'column\' task\\t\'column\'' -d 'Column of windows.parquet to learn (default: sex)'
complete -c eegcli -n '__eegcli_in train' -l kind -x -k -a 'classification\\t\'kind\' regression\\t\'kind\'' -d 'Left out: the column\'s type decides'
complete -c eegcli -n '__eegcli_in train' -l classes -x -d 'Classes in this order, e.g. M,F; the first is class 0 and wins ties (default: sorted)'
complete -c eegcli -n '__eegcli_in train' -l threshold -x -d 'Make classes low and high of a number: high from VALUE on; COLUMN is then the target'
complete -c eegcli -n '__eegcli_in train' -l split -x -d 'Train, validation, test: shares, or counts of subjects (default: 0.6,0.2,0.2)'
complete -c eegcli -n '__eegcli_in train' -l cv -x -d 'Cross-validate in K folds; a quarter of the other subjects validates'
complete -c eegcli -n '__eegcli_in train' -l seeds -x -d 'Train N times, with seeds from --seed on (default: 1)'
complete -c eegcli -n '__eegcli_in train' -l split-file -x -k -a '(__fish_complete_suffix (commandline -ct) .tsv table)' -d 'TSV of the split: subject, split, and fold if there are several'
complete -c eegcli -n '__eegcli_in train' -l holdout -x -d 'Test on the subjects of this value, e.g. release_number=R5'
complete -c eegcli -n '__eegcli_in train' -l split-unit -x -k -a 'subject\\t\'split unit\' recording\\t\'split unit\' trial\\t\'split unit\'' -d 'Anything but subject puts participants on both sides: only to repeat published protocols; the run is marked (default: subject)'
complete -c eegcli -n '__eegcli_in train' -l arch -x -k -a 'vgg\\t\'R-VGG: VGG-16\\\'s first ten layers, channels divided by four\' scnn\\t\'R-SCNN: six convolutions after van Putten et al. 2018\' logistic\\t\'linear model of log band power per channel: the baseline to beat\' majority\\t\'the most frequent class (or the mean) of the training windows\'' -d 'Architecture: eegcli models lists them (default: vgg)'
complete -c eegcli -n '__eegcli_in train' -l epochs -x -d 'Epochs (default: the architecture\'s, see eegcli models)'
complete -c eegcli -n '__eegcli_in train' -l batch-size -x -d 'Windows per batch (default: the architecture\'s, see eegcli models)'
complete -c eegcli -n '__eegcli_in train' -l optimizer -x -k -a 'adamax\\t\'optimizer\' adam\\t\'optimizer\' adamw\\t\'optimizer\' sgd\\t\'optimizer\'' -d 'Optimiser (default: the architecture\'s, see eegcli models)'
complete -c eegcli -n '__eegcli_in train' -l lr -x -d 'Learning rate (default: the architecture\'s, see eegcli models)'
complete -c eegcli -n '__eegcli_in train' -l weight-decay -x -d 'Weight decay (default: the architecture\'s, see eegcli models)'
complete -c eegcli -n '__eegcli_in train' -l class-weights -x -k -a 'auto\\t\'class weights\' none\\t\'class weights\' balanced\\t\'class weights\'' -d 'auto balances from 60:40 on (default: auto)'
complete -c eegcli -n '__eegcli_in train' -l shuffle-labels -x -d 'A control: permute the labels over subjects with this seed. What is learnt then is a leak'
complete -c eegcli -n '__eegcli_in train evaluate explain' -l device -x -k -a 'auto\\t\'device\' cpu\\t\'device\' cuda\\t\'device\' mps\\t\'device\'' -d 'auto, cpu, cuda, cuda:N or mps (default: auto)'
complete -c eegcli -n '__eegcli_in train evaluate explain' -l threads -x -d 'Threads of one process. Left out: one per core granted'
complete -c eegcli -n '__eegcli_in evaluate' -l windows -x -k -a '(__fish_complete_directories)' -d 'Windows artifact: where the run\'s windows are now, or other ones (default: where they were)'
complete -c eegcli -n '__eegcli_in evaluate' -l vote-windows -x -d 'Only the first N windows of each unit vote (default: all)'
complete -c eegcli -n '__eegcli_in evaluate' -l resamples -x -d 'Resamples of the bootstrap over subjects (default: 2000)'
complete -c eegcli -n '__eegcli_in explain' -l windows -x -k -a '(__fish_complete_directories)' -d 'Windows artifact: where the run\'s windows are now (default: where they were)'
complete -c eegcli -n '__eegcli_in explain' -l method -x -k -a '(__eegcli_list saliency\\t\'method\')' -d 'Explanation methods (comma-separated or repeated) (default: saliency)'
complete -c eegcli -n '__eegcli_in explain' -l split -x -k -a 'train\\t\'split\' validation\\t\'split\' test\\t\'split\'' -d 'Choose windows of these subjects (default: validation)'
complete -c eegcli -n '__eegcli_in explain' -l n-windows -x -d 'Windows per class: those the network is surest of (default: 200)'
complete -c eegcli -n '__eegcli_in models' -k -a 'vgg\\t\'R-VGG: VGG-16\\\'s first ten layers, channels divided by four\' scnn\\t\'R-SCNN: six convolutions after van Putten et al. 2018\' logistic\\t\'linear model of log band power per channel: the baseline to beat\' majority\\t\'the most frequent class (or the mean) of the training windows\''
complete -c eegcli -n '__eegcli_in models' -l shape -x -d 'Channels x samples (default: 24x256)'
complete -c eegcli -n '__eegcli_in models' -l outputs -x -d 'Classes, or 1 for a number (default: 2)'
complete -c eegcli -n '__eegcli_in models' -l sfreq -x -d 'Sampling frequency (Hz) (default: 128.0)'
