#compdef kgraph
# Completion of kgraph for zsh. kgraph itself knows what could come next: commands, options, targets and nodes of the graph.

_kgraph() {
    local -a candidates
    local line value dashes

    for line in "${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        case $line in
            '') ;;
            :files) compset -P '--*='; _files; return ;;
            :folders) compset -P '--*='; _files -/; return ;;
            :command)
                dashes=${words[(i)--]}
                shift $dashes words
                (( CURRENT -= dashes ))
                _normal
                return
                ;;
            *)
                value=${line%%$'\t'*}
                candidates+=("${value//:/\\:}:${line#*$'\t'}")
                ;;
        esac
    done
    (( $#candidates )) && _describe -V 'kgraph' candidates
}

if [[ $funcstack[1] == _kgraph ]]; then
    _kgraph "$@"
else
    compdef _kgraph kgraph
fi
