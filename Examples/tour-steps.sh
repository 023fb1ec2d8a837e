# The steps of a tour, for the tours to source: sections that can be chosen, commands shown with what they answer.
# A tour sets `wanted` to the numbers asked for, between blanks, and may define its own way to `perform` a command.
failures=0 skipped=""

perform() { eval "$1"; }

section() {
    skipped=""
    [ "$wanted" = "  " ] || case "$wanted" in *" ${1%% *} "*) ;; *) skipped=yes; return ;; esac
    printf '\n== %s\n' "$1"
}

# show COMMAND EXPECTED: does a command, shows its answer, and says so where the answer is not as expected (a regular
# expression over all of it).
show() {
    [ "$skipped" = "" ] || return 0
    printf '\n$ %s\n' "$1"
    answer=$(perform "$1" 2>&1)
    printf '%s\n' "$answer" | "${shorten[@]}"
    if ! printf '%s\n' "$(printf '%s' "$answer" | tr '\n' ' ')" | grep -qE -- "$2"; then
        echo "^^^ expected: $2"
        failures=$((failures + 1))
    fi
}

quietly() { [ "$skipped" = "" ] || return 0; perform "$1" >/dev/null 2>&1; }
