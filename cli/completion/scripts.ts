/** The shells that a completion script can be written for. */
export type Shell = 'bash' | 'zsh' | 'fish'

/**
 * What a shell is told: it asks `kubewalk __complete -- WORD…` for candidates, a line each (`word<TAB>description`);
 * the last line says what else may stand there: `:files` or `:none`.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# kubewalk completion for bash: source <(kubewalk completion bash)
_kubewalk() {
    local line=\${COMP_LINE:0:COMP_POINT} words=() cur candidates=() last prefix word
    read -ra words <<<"$line"
    [[ $line == *' ' ]] && words+=('')
    cur=\${words[\${#words[@]} - 1]}
    mapfile -t candidates < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
    last=\${#candidates[@]}
    ((last == 0)) && return
    if [[ \${candidates[last - 1]} == :files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    fi
    # readline replaces only what stands after the last colon or equals sign.
    prefix=\${cur%"\${cur##*[:=]}"}
    COMPREPLY=()
    for word in "\${candidates[@]:0:last-1}"; do
        word=\${word%%$'\\t'*}
        COMPREPLY+=("\${word#"$prefix"}")
    done
    [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[/:,] ]] && compopt -o nospace 2>/dev/null
}
complete -F _kubewalk kubewalk kubectl-walk
`,
  zsh: `#compdef kubewalk kubectl-walk
# kubewalk completion for zsh: source <(kubewalk completion zsh)
_kubewalk() {
    local -a candidates entries
    local candidate word
    candidates=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ \${candidates[-1]} == :files ]]; then
        _files
        return
    fi
    for candidate in "\${(@)candidates[1,-2]}"; do
        word=\${candidate%%$'\\t'*}
        entries+=("\${word//:/\\\\:}\${\${candidate#"$word"}/$'\\t'/:}")
    done
    _describe -V kubewalk entries
}
if [[ \${funcstack[1]} == _kubewalk ]]; then
    _kubewalk "$@"
else
    compdef _kubewalk kubewalk kubectl-walk
fi
`,
  fish: `# kubewalk completion for fish: kubewalk completion fish | source
function __kubewalk_candidates
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l candidates ($words[1] __complete -- $words[2..-1] "$token" 2>/dev/null)
    if test "$candidates[-1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $candidates[1..-2]
    end
end
complete -c kubewalk -f -a '(__kubewalk_candidates)'
complete -c kubectl-walk -f -a '(__kubewalk_candidates)'
`,
}
