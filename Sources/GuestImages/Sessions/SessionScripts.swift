/// The guest's end of commands, behind `rookery-agent`, as scripts for busybox or a Debian system with socat. The host's
/// end: `GuestSession`.
///
/// All connections are to one port. The first line says what one is; ID are hexadecimal digits of the host's choice.
///
///     run ID plain|terminal ROWS COLUMNS COUNT [SETTING…]     a command: COUNT bytes of a shell's script follow
///         guest: "ready", then "exit STATUS" when it has ended
///         host: "signal NUMBER" for the command's process group; "size ROWS COLUMNS" of its terminal
///         the host's end of the connection is a hang-up
///     data ID         what it reads and writes; the host's half-close is the end of its input
///     error ID        its standard error; not with a terminal, where all is one
///
/// The settings are stty's, of the new terminal.
enum SessionScripts {
    /// agent_port in rookery-agent.
    static let port = 1024

    /// Serves one connection.
    static let session = #"""
        #!/bin/sh
        folder=${SESSIONS:-/run/sessions}
        command=${0%/*}/command
        read -r word id mode rows columns count settings
        case $id in '' | *[!0-9a-f]*) exit 1 ;; esac
        session=$folder/$id
        case $word in
        data)
            [ -p "$session/status" ] || exit 1
            cd /root
            if [ -f "$session/terminal" ]; then
                exec socat -t 0.1 - "EXEC:sh $command $session,pty,ctty,setsid,stderr,sane"
            fi
            # Pipes: programs may open /dev/stdout and its like where it is a pipe, and not where it is a socket.
            cat | { setsid sh "$command" "$session" 2> "$session/error"; echo $? > "$session/status"; } | cat
            exit
            ;;
        error) exec cat "$session/error" ;;
        run) ;;
        *) exit 1 ;;
        esac

        umask 077
        mkdir -p "$folder" && mkdir "$session" || exit 1
        head -c "$count" > "$session/script"
        mkfifo "$session/status" "$session/error"
        [ "$mode" = terminal ] && echo "rows $rows cols $columns $settings" > "$session/terminal"
        echo ready
        {
            read -r status < "$session/status"
            : > "$session/ended"
            echo "exit $status"
        } &
        waiter=$!
        # The command's process, which leads its group; it may not be there yet.
        leader() {
            for try in 1 2 3 4 5 6 7 8 9 10; do
                [ -s "$session/process" ] && break
                sleep 0.02
            done
            cat "$session/process"
        }
        while read -r word first second; do
            case $word in
            signal) kill "-$first" "-$(leader)" ;;
            size) stty -F "$(cat "$session/line")" rows "$first" cols "$second" ;;
            esac
        done 2> /dev/null
        # The other end is gone: with a command that has not ended, that is hanging up.
        if [ ! -e "$session/ended" ]; then
            kill "$waiter"
            group=$(leader)
            kill -HUP "-$group"
            kill -CONT "-$group"
        fi 2> /dev/null
        rm -rf "$session"
        """#

    /// The first process of a session's command.
    static let command = #"""
        #!/bin/sh
        if [ -f "$1/terminal" ]; then
            # This shell stays to tell the status: what the terminal signals is for the command.
            trap : HUP INT QUIT TERM USR1 USR2
            stty $(cat "$1/terminal")
            tty > "$1/line"
            echo $$ > "$1/process"
            sh -c "$(cat "$1/script")"
            status=$?
            [ -p "$1/status" ] && echo $status > "$1/status"
            exit
        fi
        echo $$ > "$1/process"
        exec sh -c "$(cat "$1/script")"
        """#
}
