# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Processes of one state folder ($run), shared by deploy/up and deploy/supervise. A process is ours
# only while the pid and its start time are those written when it was started; nothing else is ever
# signalled. $run/stack lists what should run: NAME STAGE SIGNAL, in the order of starting.

# Results go into the variable whose name is given, so that no subshell is needed.

# Monotonic time in ms into $1.
now_ms() {
    local _up
    read -r _up _ </proc/uptime
    printf -v "$1" '%d' "$((10#${_up/./} * 10))"
}

# Start time of pid $1 (clock ticks since boot) into $2; fails if it is gone or a zombie.
start_time() {
    local _stat _fields
    { read -r _stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r -a _fields <<<"${_stat##*) }"
    [[ ${_fields[0]} != Z && ${_fields[0]} != X ]] || return 1
    printf -v "$2" '%s' "${_fields[19]}"
}

# Remembers that pid $2 is the process called $1.
remember_pid() {
    local since
    start_time "$2" since || since=0
    echo "$2 $since" >"$run/pids/$1"
    echo "$2" >"$run/$1.pid.new" && mv "$run/$1.pid.new" "$run/$1.pid"
}

forget_pid() {
    rm -f "$run/pids/$1" "$run/$1.pid"
}

# Live pid of the process called $1 into $2, or fails.
live_pid() {
    local _pid _since _now
    { read -r _pid _since <"$run/pids/$1"; } 2>/dev/null || return 1
    start_time "$_pid" _now && [[ $_now == "$_since" ]] || return 1
    printf -v "$2" '%s' "$_pid"
}

# Signals the process called $1 with $2 if it lives.
signal_name() {
    local pid
    live_pid "$1" pid || return 0
    kill "-$2" "$pid" 2>/dev/null || true
}

# A pause without a child process; $1 in seconds.
pause() {
    [[ -n ${pause_fd-} ]] || exec {pause_fd}<> <(:)
    read -r -t "$1" -u "$pause_fd" _ || true
}

# Ends everything of the stack, stage by stage from the last: each gets its signal, and KILL when
# it has not ended after 8 s (daemons promise 5).
stop_stages() {
    local stage stages name at signal deadline now pid left
    mapfile -t stages < <(awk '{ print $2 }' "$run/stack" 2>/dev/null | sort -rnu)
    for stage in "${stages[@]}"; do
        while read -r name at signal; do
            [[ $at != "$stage" ]] || signal_name "$name" "$signal"
        done <"$run/stack"
        now_ms deadline
        deadline=$((deadline + 8000))
        while :; do
            left=()
            while read -r name at signal; do
                [[ $at == "$stage" ]] || continue
                if live_pid "$name" pid; then left+=("$name"); else forget_pid "$name"; fi
            done <"$run/stack"
            ((${#left[@]})) || break
            now_ms now
            if ((now > deadline)); then
                echo "had to be killed: ${left[*]}"
                for name in "${left[@]}"; do signal_name "$name" KILL; done
            fi
            pause 0.05
        done
    done
}
