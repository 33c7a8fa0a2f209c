# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2317
# What the parts of deploy/up share: messages, waiting with a deadline, secrets, ports, units.

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'deploy/up: %s\n' "$*" >&2
    exit 1
}

# wait_for LABEL SECONDS COMMAND...: repeats COMMAND until it succeeds; its last line is the reason
# shown while waiting. Fails after SECONDS.
wait_for() {
    local label=$1 seconds=$2 begin now reason shown=-1
    shift 2
    now_ms begin
    until reason=$("$@" 2>&1); do
        now_ms now
        if ((now - begin > seconds * 1000)); then
            say "  $label: not ready after $seconds s: ${reason##*$'\n'}" >&2
            return 1
        fi
        if (((now - begin) / 2000 != shown)); then
            shown=$(((now - begin) / 2000))
            ((shown == 0)) || say "  $label: waiting, $((shown * 2)) s (${reason##*$'\n'})"
        fi
        pause 0.1
    done
}

# The last lines of a log, for a failure message.
show_log() {
    [[ -s $run/log/$1.log ]] || return 0
    say "--- last lines of $run/log/$1.log" >&2
    tail -n 20 "$run/log/$1.log" >&2
}

# Makes the secret NAME (hex, 32 bytes) once.
make_secret() {
    [[ -s $run/secrets/$1 ]] || openssl rand -hex 32 >"$run/secrets/$1"
}

secret() {
    cat "$run/secrets/$1"
}

# Writes a secret made of others, such as a URL with a password.
write_secret() {
    printf '%s\n' "$2" >"$run/secrets/$1.new"
    mv "$run/secrets/$1.new" "$run/secrets/$1"
}

# Somebody listens on TCP port $1, of any address.
port_taken() {
    local hex
    printf -v hex ':%04X ' "$1"
    grep -qsE "^ *[0-9]+: [0-9A-F]+${hex}[0-9A-F]+:[0-9A-F]{4} 0A " /proc/net/tcp /proc/net/tcp6
}

# port_of NAME [PREFERRED [OWNER]]: the port of NAME, on which the process OWNER listens, into
# $port. It stays the same from run to run unless another took it while OWNER was down.
port_of() {
    local preferred=${2-} file=$run/ports/$1 owner=${3-$1} pid
    port=
    [[ -s $file ]] && port=$(<"$file")
    if [[ -n $port ]] && { live_pid "$owner" pid || ! port_taken "$port"; }; then return 0; fi
    port=$preferred
    while [[ -z $port ]] || port_taken "$port" || grep -qsx "$port" "$run"/ports/*; do
        port=$((20000 + SRANDOM % 10000))
    done
    echo "$port" >"$file"
}

# write_unit NAME STAGE SIGNAL < script: what the supervisor runs as NAME, and its stack line.
# Changed scripts are noted in $changed.
write_unit() {
    local file=$run/units/$1
    { echo '#!/bin/sh'; cat; } >"$file.new"
    chmod 700 "$file.new"
    if [[ -e $file ]] && ! cmp -s "$file.new" "$file"; then changed+=("$1"); fi
    mv "$file.new" "$file"
    stack+=("$1 $2 $3")
}

# Publishes the stack and has the supervisor, started when there is none, take it over.
apply_stack() {
    local pid
    printf '%s\n' "${stack[@]}" >"$run/stack.new"
    mv "$run/stack.new" "$run/stack"
    if live_pid supervisor pid; then
        : >"$run/reload"
    else
        # With an environment of its own: the caller's may hold settings of another stack.
        setsid env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 "$top/deploy/supervise" "$run" \
            </dev/null >>"$run/log/supervisor.log" 2>&1 9<&- &
        wait_for supervisor 10 live_pid supervisor pid
    fi
}

# Ends NAME and waits until the supervisor has started it anew.
restart_unit() {
    local old new
    live_pid "$1" old || return 0
    say "  restarting $1"
    signal_name "$1" TERM
    is_another() { live_pid "$1" new && [[ $new != "$old" ]]; }
    wait_for "$1" 15 is_another "$1"
}
