# What zsh completes: types a line and a tab into a zsh on a terminal of its own, and prints what that shows, and the line then.
#   zsh -f complete.zsh FOLDER_OF_COMPLETIONS LINE
zmodload zsh/zpty
zpty shell "TERM=vt100 zsh -f -i"
zpty -w shell "PS1= PS2= LISTMAX=1000; stty -echo cols 200 rows 200; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "setopt nobeep autolist noautomenu nolistambiguous; zstyle ':completion:*' list-colors ''"
zpty -w shell 'report() { zle complete-word; zle -R; print -r -- "line: <$BUFFER>"; print do''ne }; zle -N report; bindkey "^I" report; echo re''ady'
zpty -r -m shell shown '*ready*' || exit 1
zpty -w -n shell "$2"$'\t'
zpty -r -m shell shown $'*done*' || exit 1
print -r -- "$shown" | tr -d '\r'
zpty -d shell
