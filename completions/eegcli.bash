# Completion of eegcli for bash. Made by completions/generate.py from the command tree: change that, not this.
# shellcheck shell=bash

# Say what may stand in a place: the value of option $2 of command $1, or without $2 its arguments.
# Sets the caller's `options`, `valued` (those that take a value), `words`, `paths`, `suffix`, `subjects`, `several`, and `more` where
# a command takes several arguments.
# shellcheck disable=SC2034
_eegcli_place() {
    options='' valued='' words='' paths='' suffix='' subjects='' several='' more=''
    case $1 in
    '')
        options='-V --version -h --help'
        words='fetch preprocess epoch import train evaluate explain predict compare report doctor info models'
        ;;
    fetch)
        options='--subject --session --task --run --suffix --release --include --exclude --where --max-subjects --exclude-known-bad --endpoint-url --pattern --participants --task-label --metadata-only --subjects --blocks --with-faults --full-size --artifacts --confounds --effect --recipe -j --jobs --seed -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--subject --session --task --run --suffix --release --include --exclude --where --max-subjects --endpoint-url --pattern --participants --task-label --subjects --blocks --confounds --effect --recipe -j --jobs --seed -o --output --log-file'
        case ${2-} in
            --subject) subjects=yes several=yes ;;
            --participants) paths=files suffix=.tsv ;;
            --confounds) words='movement length' several=yes ;;
            --effect) words='band region latency amplitude connectivity suppressor nothing' ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words='demo hbn hbn:R1 hbn:R2 hbn:R3 hbn:R4 hbn:R5 hbn:R6 hbn:R7 hbn:R8 hbn:R9 hbn:R10 hbn:R11 hbn:NC' paths=folders ;;
        esac
        ;;
    preprocess)
        options='--subject --session --task --run --suffix --release --include --exclude --where --max-subjects --exclude-known-bad --desc --eeg-channels --not-eeg --unit --endpoint-url --recipe --l-freq --h-freq --notch --sfreq --asr-cutoff --reference --channels --missing-channels --montage --shard --executor --scheduler --slurm-workers --slurm-cpus --slurm-memory --slurm-walltime --slurm-partition --slurm-account --slurm-interface --slurm-options --stream --scratch --scratch-gb --wait --seed -j --jobs --max-failures -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--subject --session --task --run --suffix --release --include --exclude --where --max-subjects --desc --eeg-channels --not-eeg --unit --endpoint-url --recipe --l-freq --h-freq --notch --sfreq --asr-cutoff --reference --channels --missing-channels --montage --shard --executor --scheduler --slurm-workers --slurm-cpus --slurm-memory --slurm-walltime --slurm-partition --slurm-account --slurm-interface --slurm-options --scratch --scratch-gb --seed -j --jobs --max-failures -o --output --log-file'
        case ${2-} in
            --subject) subjects=yes several=yes ;;
            --unit) words='V mV uV nV' ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --reference) words=average several=yes ;;
            --channels) words=hbn-24 several=yes ;;
            --missing-channels) words='error interpolate drop' ;;
            --montage) words='auto 10-05 hydrocel-128 data' ;;
            --shard) words=1/1 ;;
            --executor) words='joblib dask slurm' ;;
            --scheduler) paths=files suffix=.json ;;
            --scratch) paths=files ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    epoch)
        options='--subject --session --task --run --suffix --release --include --exclude --where --max-subjects --exclude-known-bad --labels --recipe --segment --hed --annotation --event-column --until --channels --length --overlap --baseline --reject --keep-dead --representation --bands --montage --segment-samples --stats-normalise --wait --seed -j --jobs --max-failures -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--subject --session --task --run --suffix --release --include --exclude --where --max-subjects --labels --recipe --segment --hed --annotation --event-column --until --channels --length --overlap --baseline --reject --representation --bands --montage --segment-samples --stats-normalise --seed -j --jobs --max-failures -o --output --log-file'
        more=yes
        case ${2-} in
            --subject) subjects=yes several=yes ;;
            --labels) paths=files suffix=.tsv ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --until) words='auto next-event same-name boundary' several=yes ;;
            --channels) words=common several=yes ;;
            --representation) words='raw bands topomap fft stats99' ;;
            --bands) words='theta=4-7 alpha=7-13 beta=14-25' several=yes ;;
            --montage) words='auto 10-05 hydrocel-128 data' ;;
            --stats-normalise) words='trial channel none' ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    import)
        options='--array --labels-key --labels --label-columns --label-offset --subjects-key --trial-key --pattern --recipe --axes --reshape --sfreq --length --channels --channel-type --unit --nan --drop-baseline --representation --bands --montage --segment-samples --stats-normalise --wait --seed -j --jobs -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--array --labels-key --labels --label-columns --label-offset --subjects-key --trial-key --pattern --recipe --axes --reshape --sfreq --length --channels --channel-type --unit --nan --drop-baseline --representation --bands --montage --segment-samples --stats-normalise --seed -j --jobs -o --output --log-file'
        more=yes
        case ${2-} in
            --labels) paths=files several=yes ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --axes) words='trials channels samples 1' several=yes ;;
            --channel-type) words='eeg ecg emg eog misc' ;;
            --unit) words='V mV uV nV arbitrary' ;;
            --nan) words='error mean drop' ;;
            --representation) words='raw bands topomap fft stats99' ;;
            --bands) words='theta=4-7 alpha=7-13 beta=14-25' several=yes ;;
            --montage) words='auto 10-05 hydrocel-128 data' ;;
            --stats-normalise) words='trial channel none' ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=files ;;
        esac
        ;;
    train)
        options='--target --kind --classes --threshold --labels --split --cv --split-order --split-file --holdout --validation --split-unit --persons --train-subjects --recipe --seeds --arch --epochs --batch-size --set --activation --dropout --fit-window --normalise --align --optimizer --momentum --nesterov --lr --weight-decay --report-epoch --refit --class-weights --precision --clip-norm --accumulate --schedule --warmup --augment --label-smoothing --ema --patience --validate-every --init-from --init-network --freeze --allow-differences --shuffle-buffer --shuffle-labels --shuffle-within --no-baseline --eager --stream --cache-gb -j --jobs --at-once --shard --checkpoint-minutes --ranks --device --threads --profile --wait --seed -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--target --kind --classes --threshold --labels --split --cv --split-order --split-file --holdout --validation --split-unit --persons --train-subjects --recipe --seeds --arch --epochs --batch-size --set --activation --dropout --normalise --align --optimizer --momentum --lr --weight-decay --report-epoch --class-weights --precision --clip-norm --accumulate --schedule --warmup --augment --label-smoothing --ema --patience --validate-every --init-from --init-network --freeze --shuffle-buffer --shuffle-labels --shuffle-within --cache-gb -j --jobs --at-once --shard --checkpoint-minutes --ranks --device --threads --seed -o --output --log-file'
        case ${2-} in
            --target) words='sex age task segment' ;;
            --kind) words='classification regression' ;;
            --labels) paths=files suffix=.tsv ;;
            --split) words='provided truong2021' ;;
            --split-order) words='shuffled file' ;;
            --split-file) paths=files suffix=.tsv ;;
            --split-unit) words='subject session run task recording trial window' ;;
            --persons) paths=files suffix=.tsv ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --arch) words='vgg scnn eegnet eegnet-lab deepconvnet shallow ctnet deap-dnn deap-cnn conv1d-ecg lasagne-cnn mlp lstm cnn-lstm covwave logistic tangent-space filter-bank-tangent-space tangent-space-band-power majority' paths=files suffix=.py ;;
            --batch-size) words=auto ;;
            --activation) words='relu leaky-relu elu gelu' ;;
            --normalise) words='none train window channel-window' ;;
            --align) words='none subject subject-riemannian' ;;
            --optimizer) words='adamax adam adamw sgd rmsprop' ;;
            --report-epoch) words='validation published' ;;
            --class-weights) words='auto none balanced' ;;
            --precision) words='fp32 tf32 bf16 fp16' ;;
            --schedule) words='constant cosine onecycle' ;;
            --augment) words='none time-shift channel-dropout amplitude noise sign-flip band-stop mixup' ;;
            --init-from) paths=folders ;;
            --shuffle-within) words='cohort subject' ;;
            --at-once) words=auto ;;
            --shard) words=1/1 ;;
            --ranks) words='auto slurm none' ;;
            --device) words='auto cpu cuda mps' ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    evaluate)
        options='--windows --labels --persons --allow-differences --by --interpolate-missing --recipe --vote --vote-windows --positive --conformal --embeddings --probe --resamples --permutations --retrain --audit --nested-cv --trust --arch --device --threads --wait --seed -j --jobs -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--windows --labels --persons --by --recipe --vote --vote-windows --positive --conformal --probe --resamples --permutations --nested-cv --arch --device --threads --seed -j --jobs -o --output --log-file'
        case ${2-} in
            --windows) paths=folders ;;
            --labels) paths=files suffix=.tsv ;;
            --persons) paths=files suffix=.tsv ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --vote) words='mean majority log-odds weighted' ;;
            --arch) paths=files suffix=.py ;;
            --device) words='auto cpu cuda mps' ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    explain)
        options='--windows --split --n-windows --recipe --method --thorough --replacement --layer --unit --objective --positive --trust --arch --device --threads --wait --seed -j --jobs -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--windows --split --n-windows --recipe --method --replacement --layer --unit --objective --positive --arch --device --threads --seed -j --jobs -o --output --log-file'
        case ${2-} in
            --windows) paths=folders ;;
            --split) words='train validation test' ;;
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --method) words='saliency input-x-gradient smoothgrad integrated-gradients deeplift occlusion-channel occlusion-band occlusion-time activation-maximisation best-samples saliency-replacement patterns filters' several=yes ;;
            --replacement) words='other zeros interpolate' ;;
            --objective) words='channel neuron' ;;
            --arch) paths=files suffix=.py ;;
            --device) words='auto cpu cuda mps' ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    predict)
        options='--interpolate-missing --allow-differences --recipe --ensemble --unit --vote-windows --each-network --embeddings --trust --arch --device --threads --wait --seed -j --jobs -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--recipe --ensemble --unit --vote-windows --arch --device --threads --seed -j --jobs -o --output --log-file'
        case ${2-} in
            --recipe) words='default minimal hbn truong2021 bci-iiib deap-dnn deap-cnn' paths=files suffix=.toml ;;
            --ensemble) paths=folders ;;
            --unit) words='subject recording segment trial window' ;;
            --arch) paths=files suffix=.py ;;
            --device) words='auto cpu cuda mps' ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
            '') words=- paths=folders ;;
        esac
        ;;
    compare)
        options='-o --output -f --force --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='-o --output --log-file'
        more=yes
        case ${2-} in
            -o | --output) paths=files suffix=.png ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    report)
        options='-o --output --methods --figures -f --force --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='-o --output --figures --log-file'
        more=yes
        case ${2-} in
            -o | --output) paths=files suffix=.html ;;
            --figures) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    doctor)
        options='--target --kind --classes --threshold --labels --split --cv --split-order --split-file --holdout --validation --split-unit --persons --train-subjects --shuffle-labels --shuffle-within --no-baseline --seeds --arch --epochs --batch-size --set --activation --dropout --fit-window --normalise --align --optimizer --momentum --nesterov --lr --weight-decay --report-epoch --refit --class-weights --precision --clip-norm --accumulate --schedule --warmup --augment --label-smoothing --ema --patience --validate-every --init-from --init-network --freeze --allow-differences --shuffle-buffer --trust --profile --wait --eager --stream --cache-gb -j --jobs --at-once --shard --checkpoint-minutes --ranks --device --threads --thorough --seconds --fix --seed --page -o --output -f --force -n --dry-run --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--target --kind --classes --threshold --labels --split --cv --split-order --split-file --holdout --validation --split-unit --persons --train-subjects --shuffle-labels --shuffle-within --seeds --arch --epochs --batch-size --set --activation --dropout --normalise --align --optimizer --momentum --lr --weight-decay --report-epoch --class-weights --precision --clip-norm --accumulate --schedule --warmup --augment --label-smoothing --ema --patience --validate-every --init-from --init-network --freeze --shuffle-buffer --cache-gb -j --jobs --at-once --shard --checkpoint-minutes --ranks --device --threads --seconds --seed --page -o --output --log-file'
        case ${2-} in
            --target) words='sex age task segment' ;;
            --kind) words='classification regression' ;;
            --labels) paths=files suffix=.tsv ;;
            --split) words='provided truong2021' ;;
            --split-order) words='shuffled file' ;;
            --split-file) paths=files suffix=.tsv ;;
            --split-unit) words='subject session run task recording trial window' ;;
            --persons) paths=files suffix=.tsv ;;
            --shuffle-within) words='cohort subject' ;;
            --arch) words='vgg scnn eegnet eegnet-lab deepconvnet shallow ctnet deap-dnn deap-cnn conv1d-ecg lasagne-cnn mlp lstm cnn-lstm covwave logistic tangent-space filter-bank-tangent-space tangent-space-band-power majority' paths=files suffix=.py ;;
            --batch-size) words=auto ;;
            --activation) words='relu leaky-relu elu gelu' ;;
            --normalise) words='none train window channel-window' ;;
            --align) words='none subject subject-riemannian' ;;
            --optimizer) words='adamax adam adamw sgd rmsprop' ;;
            --report-epoch) words='validation published' ;;
            --class-weights) words='auto none balanced' ;;
            --precision) words='fp32 tf32 bf16 fp16' ;;
            --schedule) words='constant cosine onecycle' ;;
            --augment) words='none time-shift channel-dropout amplitude noise sign-flip band-stop mixup' ;;
            --init-from) paths=folders ;;
            --at-once) words=auto ;;
            --shard) words=1/1 ;;
            --ranks) words='auto slurm none' ;;
            --device) words='auto cpu cuda mps' ;;
            --page) paths=files suffix=.html ;;
            -o | --output) paths=folders ;;
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    info)
        options='--verify --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued=--log-file
        case ${2-} in
            --log-file) paths=files ;;
            '') words=- paths=folders ;;
        esac
        ;;
    models)
        options='--shape --representation --outputs --set --fit-window --sfreq --json -v --verbose -q --quiet --log-file --no-color --debug -V --version -h --help'
        valued='--shape --representation --outputs --set --sfreq --log-file'
        case ${2-} in
            --representation) words='raw bands topomap fft stats99' ;;
            --log-file) paths=files ;;
            '') words='vgg scnn eegnet eegnet-lab deepconvnet shallow ctnet deap-dnn deap-cnn conv1d-ecg lasagne-cnn mlp lstm cnn-lstm covwave logistic tangent-space filter-bank-tangent-space tangent-space-band-power majority' paths=files suffix=.py ;;
        esac
        ;;
    esac
}

# The labels of the subjects of the data sets that stand on the command line.
_eegcli_subjects() {
    local word folder
    for word in "${typed[@]:2}"; do
        _eegcli_plain "$word"
        [[ -d $plain ]] || continue
        for folder in "$plain"/sub-*/; do
            folder=${folder%/}
            words+=" ${folder##*/sub-}"
        done
    done
    words=${words//\*/}
}

# What the shell would make of a word as it is typed: without quotes, ~ replaced. Sets the caller's `plain`.
_eegcli_plain() {
    plain=${1//[\\\'\"]/}
    [[ $plain == \~ || $plain == \~/* ]] && plain=$HOME${plain#\~}
}

# Offer a word in place of the caller's `text`.
_eegcli_reply() {
    local whole=$before$1
    COMPREPLY+=("${whole#"$kept"}")
}

_eegcli() {
    local IFS=$' \t\n' options valued words paths suffix subjects several more
    local typed=() last=-1 line=${COMP_LINE:0:COMP_POINT} piece rest kept=''
    COMPREPLY=()

    # Bash cuts the line at = and : too. What no blank parts is one word: put it together again, and remember
    # how much of the last word bash keeps (it replaces only what stands behind the last cut).
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        rest=${line#"${line%%[![:blank:]]*}"}
        [[ $rest == "$piece"* ]] || piece=$rest # the cursor stands within this word
        if ((last < 0)) || [[ $rest != "$line" ]]; then
            typed[++last]='' kept=''
        else
            kept=${typed[last]}
        fi
        typed[last]+=$piece
        [[ $piece == [=:] ]] && kept=${typed[last]}
        line=${rest#"$piece"}
    done

    # Read what stands before the cursor: the command, how many arguments it has, an option that waits for its value.
    local word command='' arguments=0 option='' only_arguments=''
    _eegcli_place ''
    for word in "${typed[@]:1:last-1}"; do
        if [[ -n $option ]]; then
            option=''
        elif [[ $word == -- ]]; then
            only_arguments=yes
        elif [[ -z $only_arguments && $word == -?* ]]; then
            [[ " $valued " == *" $word "* ]] && option=$word
        elif [[ -z $command ]]; then
            command=$word
            _eegcli_place "$command"
        else
            arguments=$((arguments + 1))
        fi
    done

    # What stands at the cursor: an option, the value of an option, or an argument.
    local text=${typed[last]}
    compopt +o default 2>/dev/null # no paths, unless they are wanted
    if [[ -n $option ]]; then
        _eegcli_place "$command" "$option"
    elif [[ -z $only_arguments && $text == --*=* ]]; then
        _eegcli_place "$command" "${text%%=*}"
        text=${text#*=}
    elif [[ -z $only_arguments && $text == -* ]]; then
        words=$options paths=''
    elif [[ -z $more ]] && ((arguments > 0)); then
        return
    fi
    [[ -n $subjects ]] && _eegcli_subjects
    [[ -n $several ]] && text=${text##*,}

    local before=${typed[last]%"$text"}
    for word in $words; do
        [[ $word == "$text"* ]] && _eegcli_reply "$word"
    done

    # Bash finds paths best itself (~, quotes), but for files of one kind, and where a cut goes through the path.
    if [[ -n $paths && -z $suffix && ${#kept} -le ${#before} ]]; then
        compopt -o plusdirs 2>/dev/null
        [[ $paths == files ]] && compopt -o default 2>/dev/null
    elif [[ -n $paths ]]; then
        local plain slash=''
        _eegcli_plain "$text"
        compopt -o filenames 2>/dev/null
        if ((${#kept} > ${#before})); then # bash sees only what stands behind the cut, and cannot know that it is a folder
            slash=/
            compopt -o nospace 2>/dev/null
        fi
        for word in "$plain"*; do
            if [[ -d $word ]]; then
                word+=$slash
            elif [[ ! -f $word || $paths == folders || $word != *"$suffix" ]]; then
                continue
            fi
            [[ $text == \~* ]] && word="~${word#"$HOME"}"
            _eegcli_reply "$word"
        done
    fi
}

complete -o default -F _eegcli eegcli
