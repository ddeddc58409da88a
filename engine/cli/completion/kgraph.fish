# Completion of kgraph for fish. kgraph itself knows what could come next: commands, options, targets and nodes of the graph.

function __kgraph_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)

    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path $current
            case :folders
                __fish_complete_directories $current
            case :command
                set -l dashes (contains -i -- -- $words)
                complete -C (string join ' ' -- (string escape -- $words[(math $dashes + 1)..-1]) $current)
            case '*'
                echo $line
        end
    end
end

complete -c kgraph -f -a '(__kgraph_complete)'
