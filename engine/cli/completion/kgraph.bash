# Completion of kgraph for bash. kgraph itself knows what could come next: commands, options, targets and nodes of the graph.

_kgraph() {
    local words=() word previous='' prefix='' line i

    # Bash cuts words at "="; kgraph gets them as they were typed.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && ($word == '=' || $previous == '=') ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        previous=$word
    done
    word=${words[${#words[@]} - 1]}
    [[ $word != --*=* ]] || prefix=${word%%=*}=

    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "${word#"$prefix"}")
            ;;
        :folders)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "${word#"$prefix"}")
            ;;
        :command)
            for ((i = 1; i < COMP_CWORD; i++)); do
                [[ ${COMP_WORDS[i]} != -- ]] || break
            done
            if declare -F _command_offset >/dev/null; then
                _command_offset $((i + 1))
            elif ((i + 1 == COMP_CWORD)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$word")
            else
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
            fi
            ;;
        *)
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$prefix"}")
            ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
}

complete -F _kgraph kgraph
