# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
# Completion of rungs in bash; printed by: rungs completion bash
_rungs() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'evaluate allocate estimate measure test completion --help --version' -- "$current"))
    return
  fi
  case $previous in
    --format) COMPREPLY=($(compgen -W 'table csv json' -- "$current")); return ;;
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$current")); return ;;
    --gap) COMPREPLY=($(compgen -W 'drop skip em refuse' -- "$current")); return ;;
    --method) COMPREPLY=($(compgen -W 'proportions dirichlet: bootstrap pooled mover-stayer mixture: logit second-order second-order:' -- "$current")); return ;;
    --unleft) COMPREPLY=($(compgen -W 'absorbing prior refuse' -- "$current")); return ;;
    --ends) COMPREPLY=($(compgen -W 'included excluded' -- "$current")); return ;;
    --lonely) COMPREPLY=($(compgen -W 'refuse centre certain' -- "$current")); return ;;
    --interval) COMPREPLY=($(compgen -W 'exact wilson jeffreys' -- "$current")); return ;;
    --unit) COMPREPLY=($(compgen -W 'heads shares percent' -- "$current")); return ;;
    --shares-of) COMPREPLY=($(compgen -W 'panel cross-sections' -- "$current")); return ;;
    --weighting) COMPREPLY=($(compgen -W 'plain multinomial' -- "$current")); return ;;
    --missing-covariate) COMPREPLY=($(compgen -W 'refuse drop' -- "$current")); return ;;
    --slopes) COMPREPLY=($(compgen -W 'by-stratum common' -- "$current")); return ;;
    --variance) COMPREPLY=($(compgen -W 'by-person model' -- "$current")); return ;;
    --average-over) COMPREPLY=($(compgen -W 'stratum everybody' -- "$current")); return ;;
    --unseen-past) COMPREPLY=($(compgen -W 'first-order absorbing prior' -- "$current")); return ;;
    --family) COMPREPLY=($(compgen -W 'poisson negative-binomial' -- "$current")); return ;;
    --errors) COMPREPLY=($(compgen -W 'model robust quasi' -- "$current")); return ;;
    --weights) COMPREPLY=($(compgen -W 'stationary origin uniform' -- "$current")); return ;;
    --pasts) COMPREPLY=($(compgen -W 'all-moves last-move' -- "$current")); return ;;
    --association|--correlations|--fit|--ladder|--levels|--matrix|--model|--nearest-to|--output|--panel|--rates|--recode|--shares|--table|--worlds|-o) compopt -o default; return ;;
  esac
  case ${COMP_WORDS[1]} in
    evaluate) words='-h --help --model --format -o --output --force --level --draws --seed --threads -q --quiet --color --worlds' ;;
    allocate) words='-h --help --model --format -o --output --force --level --draws --seed --threads -q --quiet --color' ;;
    estimate) words='-h --help --panel --table --matrix --encoding --ladder --id --time --state --weight --missing --gap --constant --recode --by-period --period --pool --origin --destination --count --weight-squares --people-behind --renormalise --step --step-years --method --starts --unleft --wide --times --spells --begin --end --ends --open --since --until --grid --group --pool-groups --survey-strata --cluster --nest --lonely --replicates --replicate-method --replicate-factor --degrees-of-freedom --interval --shares --unit --shares-of --people --weighting --nearest-to --covariate --at --missing-covariate --slopes --variance --average-over --unseen-past --rates --events --exposure --by --interaction --family --errors --format -o --output --force --level --draws --seed --threads -q --quiet --color' ;;
    measure) words='-h --help --from --reach --within --start --people --weights --panel --table --matrix --model --encoding --ladder --id --time --state --weight --missing --gap --constant --recode --by-period --period --pool --origin --destination --count --weight-squares --people-behind --renormalise --step --step-years --method --starts --unleft --wide --times --spells --begin --end --ends --open --since --until --grid --group --pool-groups --survey-strata --cluster --nest --lonely --replicates --replicate-method --replicate-factor --degrees-of-freedom --covariate --at --missing-covariate --slopes --variance --average-over --unseen-past --pasts --association --x --y --rows --columns --correlations --format -o --output --force --level --draws --seed --threads -q --quiet --color' ;;
    test) words='-h --help --from --reach --within --fit --levels --block --panel --table --matrix --encoding --ladder --id --time --state --weight --missing --gap --constant --recode --by-period --period --pool --origin --destination --count --weight-squares --people-behind --renormalise --step --step-years --method --unleft --wide --times --spells --begin --end --ends --open --since --until --grid --group --survey-strata --cluster --nest --lonely --replicates --replicate-method --replicate-factor --degrees-of-freedom --format -o --output --force --level --draws --seed --threads -q --quiet --color' ;;
    completion) words='-h --help bash' ;;
    *) words='' ;;
  esac
  if [[ $current == -* || ${COMP_WORDS[1]} == completion ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    compopt -o default
  fi
}
complete -F _rungs rungs
