#!/usr/bin/env bash
# The completions, in the shells themselves, and the manual pages, as man and mandoc see them. That both tell what the
# agent knows is held by the golden tests.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

completed_by_bash() {
  bash --norc -c '. deploy/completion/efa-agent.bash
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _efa_agent
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | xargs
}

say "bash: every flag of --help"
flags=$("$agent" --help | grep -oE '^  --.*|, --no-[a-z_.]+' | grep -oE '\-\-[a-z_.-]+=?' | sort -u)
[ "$(wc -l <<<"$flags")" -gt 30 ] || fail "too few flags: $flags"
for command in serve once doctor config; do completed_by_bash efa-agent "$command" -- | tr ' ' '\n'; done |
  sort -u >"$dir/completed"
equal "flags" "$(cat "$dir/completed")" "$flags"

say "bash: commands, flags and values"
touch "$dir/one.yaml"
equal "commands" "$(completed_by_bash efa-agent "")" "serve once doctor config"
equal "a command" "$(completed_by_bash efa-agent o)" "once"
equal "of config" "$(completed_by_bash efa-agent config "")" "check print"
equal "a file to check" "$(completed_by_bash efa-agent config check "$dir/o")" "$dir/one.yaml"
equal "a command behind flags" "$(completed_by_bash efa-agent --log.level = debug --simulate p5.48xlarge d)" "doctor"
equal "a flag" "$(completed_by_bash efa-agent --log.l)" "--log.level="
equal "a flag of doctor" "$(completed_by_bash efa-agent doctor --wa)" "--watch="
equal "a flag of doctor with once" "$(completed_by_bash efa-agent once --wa)" ""
equal "levels behind =" "$(completed_by_bash efa-agent --log.level =)" "debug info warning error"
equal "a level behind =" "$(completed_by_bash efa-agent --log.level = d)" "debug"
equal "a level as a word" "$(completed_by_bash efa-agent --log.level w)" "warning"
equal "a level where = breaks no words" "$(completed_by_bash efa-agent --log.level=w)" "--log.level=warning"
contains "types" "$(completed_by_bash efa-agent once --simulate = p5.)" '(^| )p5\.48xlarge( |$)'
contains "checks" "$(completed_by_bash efa-agent doctor --only = EFA-3)" '(^| )EFA-301( |$)'
equal "a file" "$(completed_by_bash efa-agent --config.file = "$dir/o")" "$dir/one.yaml"
equal "nothing known" "$(completed_by_bash efa-agent --web.max-requests = "")" ""

if command -v zsh >/dev/null; then
  say "zsh"
  zsh -n deploy/completion/_efa-agent
  # Types a line and a tab into a zsh on a terminal of its own; what it lists comes back.
  completed_by_zsh() {
    timeout 60 zsh -f tests/package/complete.zsh "$PWD/deploy/completion" "$1" |
      tr -d '\0' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'
  }
  contains "commands" "$(completed_by_zsh 'efa-agent ')" 'serve .*-- answer scrapes'
  contains "of config" "$(completed_by_zsh 'efa-agent config ')" 'check +print'
  contains "levels" "$(completed_by_zsh 'efa-agent --log.level=')" 'debug +error +info +warning'
  contains "a flag of doctor" "$(completed_by_zsh 'efa-agent doctor --wat')" '--watch='
  once=$(completed_by_zsh 'efa-agent once --')
  contains "flags of once" "$once" '--output'
  ! grep -e --watch <<<"$once" || fail "a flag of doctor, with once"
fi

say "manual pages"
for page in deploy/man/*; do
  equal "$page, by groff" "$(LC_ALL=C.UTF-8 groff -ww -man -Tutf8 -z "$page" 2>&1)" ""
  if command -v man >/dev/null; then
    equal "$page, by man" "$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >"$dir/page")" ""
  fi
  if command -v mandoc >/dev/null; then
    equal "$page, by mandoc" "$(mandoc -Tlint -W warning "$page" 2>&1)" ""
  fi
done
