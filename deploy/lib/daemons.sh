# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The four daemons of a stack: their settings, their units, their readiness, and what the stack
# tells others (.run/env, .run/bin).

daemon_names() {
    local i
    for ((i = 1; i <= profiles; i++)); do echo "profile-$i"; done
    for ((i = 1; i <= economies; i++)); do echo "economy-$i"; done
    echo simulation-0
    for ((i = 1; i <= gateways; i++)); do echo "gateway-$i"; done
}

# Secrets that are made of others, once the ports are known.
write_daemon_secrets() {
    local at=127.0.0.1:$pg_port/startrader
    write_secret owner-url "postgresql://st_owner:$(secret postgres-owner)@$at"
    write_secret profile-url "postgresql://st_profile:$(secret profile-db)@$at"
    write_secret economy-url "postgresql://st_economy:$(secret economy-db)@$at"
    write_secret redis-url "redis://:$(secret redis)@127.0.0.1:$redis_port/0"
}

# The public half of the ticket key, in hex.
ticket_public_key() {
    {
        printf '\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20'
        secret ticket-seed | sed 's/../\\x&/g' | xargs -0 printf '%b' | head -c 32
    } | openssl pkey -inform DER -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n'
}

# Settings of every daemon NAME of KIND, as lines of shell; secrets go by file.
common_settings() {
    local kind=$1 name=$2
    cat <<END
export ST_INSTANCE=$name ST_SYSTEM=$ST_SYSTEM ST_LOG_LEVEL=${ST_LOG_LEVEL:-info}
export ST_INTERNAL_LISTEN=127.0.0.1:$port
export ST_NATS_URL=nats://127.0.0.1:$nats_port
export ST_NATS_PASSWORD_FILE='$run/secrets/nats-$kind'
END
}

# The gateway reads the web client once, at its start: another one makes another unit.
gateway_settings() {
    cat <<END
# web client $(find "$top/.build/web" -type f -exec cksum {} + 2>/dev/null | sort | cksum)
export ST_LISTEN=$listen_address:$public_port ST_WEB_ROOT='$top/.build/web'
export ST_ALLOWED_ORIGINS='$origins'
export ST_TICKET_PUBLIC_KEYS=k1:$ticket_key
export ST_OPERATOR_TOKEN_FILE='$run/secrets/operator-token'
END
}

profile_settings() {
    cat <<END
export ST_POSTGRES_URL_FILE='$run/secrets/profile-url'
export ST_REDIS_URL_FILE='$run/secrets/redis-url'
export ST_TICKET_KEY_ID=k1 ST_TICKET_SECRET_KEY_FILE='$run/secrets/ticket-seed'
END
}

economy_settings() {
    echo "export ST_POSTGRES_URL_FILE='$run/secrets/economy-url'"
}

simulation_settings() {
    mkdir -p "$run/data/simulation-0"
    echo "export ST_SHARD=0 ST_STATE_DIR='$run/data/simulation-0'"
}

# Settings given by --set, and the sanitizers' options of the caller.
extra_settings() {
    local item name
    for item in "${extra[@]}"; do
        [[ ${item%%:*} != "$1" ]] || printf 'export %s=%q\n' "${item%%=*}" "${item#*=}" |
            sed "s/^export $1:/export /"
    done
    for name in ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS; do
        [[ -z ${!name-} ]] || printf 'export %s=%q\n' "$name" "${!name}"
    done
}

declare -A stage_of=([profile]=2 [economy]=2 [simulation]=3 [gateway]=4)

write_daemon() {
    local name=$1 kind=${1%-*}
    if [[ $kind == gateway ]]; then
        port_of "$name-public" "$([[ $name != gateway-1 ]] || echo "$preferred_port")" "$name"
        public_port=$port
        origins=http://127.0.0.1:$public_port,http://localhost:$public_port
        origins+=${ST_ORIGINS:+,$ST_ORIGINS}
    fi
    port_of "$name"
    write_unit "$name" "${stage_of[$kind]}" TERM < <(
        common_settings "$kind" "$name"
        "${kind}_settings"
        extra_settings "$kind"
        echo "exec setpriv --pdeathsig TERM -- '$build/bin/startrader-$kind'"
    )
}

# The units of daemons whose program exists.
write_daemons() {
    local name
    ticket_key=$(ticket_public_key)
    [[ $ticket_key =~ ^[0-9a-f]{64}$ ]] || die "cannot derive the ticket key"
    for name in $(daemon_names); do
        if [[ -x $build/bin/startrader-${name%-*} ]]; then
            write_daemon "$name"
        else
            say "  no program startrader-${name%-*}: $name is left out"
        fi
    done
}

# A wrapper, so that the tool finds this stack's servers from anywhere.
write_ctl() {
    local file=$run/bin/startraderctl name kind
    {
        echo '#!/bin/sh'
        echo '# startraderctl with the settings of this stack.'
        echo 'for name in $(env | sed -n "s/^\(ST_[A-Z0-9_]*\)=.*/\1/p"); do unset "$name"; done'
        echo "export ST_SYSTEM=$ST_SYSTEM ST_NATS_URL=nats://127.0.0.1:$nats_port ST_NATS_USER=ctl"
        echo "export ST_NATS_PASSWORD_FILE='$run/secrets/nats-ctl'"
        echo "export ST_POSTGRES_URL_FILE='$run/secrets/owner-url'"
        echo "export ST_SQL_DIR='$top/deploy/sql'"
        echo "export ST_PROFILE_DB_PASSWORD_FILE='$run/secrets/profile-db'"
        echo "export ST_ECONOMY_DB_PASSWORD_FILE='$run/secrets/economy-db'"
        echo "export ST_OPERATOR_TOKEN_FILE='$run/secrets/operator-token'"
        for name in profile-1 economy-1 simulation-0 gateway-1; do
            kind=${name%-*}
            [[ -s $run/ports/$name ]] || continue
            echo "export ST_${kind^^}_INTERNAL=http://127.0.0.1:$(<"$run/ports/$name")"
        done
        echo "exec '$build/bin/startraderctl' \"\$@\""
    } >"$file.new"
    chmod 700 "$file.new"
    mv "$file.new" "$file"
}

# .run/env: plain names are the first instance of a kind; _2, _3 ... are the others.
write_env() {
    local name kind suffix pg_at=127.0.0.1:$pg_port/startrader
    {
        for name in $(daemon_names); do
            kind=${name%-*}
            [[ -e $run/units/$name ]] || continue
            suffix=_${name##*-}
            [[ $kind != simulation && $suffix != _1 ]] || suffix=
            [[ $kind != gateway ]] ||
                echo "ST_URL$suffix=http://127.0.0.1:$(<"$run/ports/$name-public")"
            echo "ST_${kind^^}_INTERNAL$suffix=http://127.0.0.1:$(<"$run/ports/$name")"
        done
        echo "ST_OPERATOR_TOKEN=$(secret operator-token)"
        echo "ST_POSTGRES_URL=postgresql://postgres:$(secret postgres)@$pg_at"
        echo "ST_REDIS_URL=redis://:$(secret redis)@127.0.0.1:$redis_port/0"
        echo "ST_NATS_URL=nats://reader:$(secret nats-reader)@127.0.0.1:$nats_port"
    } >"$run/env.new"
    mv "$run/env.new" "$run/env"
}

daemon_ready() {
    local answer pid at
    live_pid "$1" pid || { echo "not running"; return 1; }
    at=http://127.0.0.1:$(<"$run/ports/$1")
    answer=$(curl -sS -m 2 -w '\n%{http_code}' "$at/readyz" 2>&1) || { echo "$answer"; return 1; }
    [[ ${answer##*$'\n'} == 200 ]] || { missing_parts "${answer%$'\n'*}"; return 1; }
}

# What is missing, from the JSON of /readyz: "economy: away, world: not open".
missing_parts() {
    grep -oE '"[a-z_-]+":\{"ready":false,"reason":"([^"\\]|\\.)*"' <<<"$1" |
        sed -E 's/"([a-z_-]+)":\{"ready":false,"reason":"(.*)"$/\1: \2/' | paste -sd, |
        sed 's/,/, /g'
}

all_ready() {
    local name
    for name in $(daemon_names); do
        [[ -e $run/units/$name ]] || continue
        daemon_ready "$name" >/dev/null && continue
        echo "$name"
        return 1
    done
}

# One after the other, then all at the same moment: one that dies young is not ready.
wait_daemons() {
    local name failed=0
    for name in $(daemon_names); do
        [[ -e $run/units/$name ]] || continue
        wait_for "$name" "$((failed ? 5 : 60))" daemon_ready "$name" && continue
        failed=1
        show_log "$name"
    done
    ((failed)) || wait_for "all of them" 30 all_ready || failed=1
    return "$failed"
}

# Units that run a program which has been built anew since, or whose settings have changed.
restart_changed() {
    local name pid
    for name in $(daemon_names); do
        live_pid "$name" pid || continue
        if [[ " ${changed[*]-} " == *" $name "* ]] ||
            ! cmp -s "/proc/$pid/exe" "$build/bin/startrader-${name%-*}"; then
            restart_unit "$name"
        fi
    done
}

migrate() {
    if [[ ! -x $build/bin/startraderctl ]]; then
        say "  no program startraderctl: the database stays empty"
        return 0
    fi
    "$run/bin/startraderctl" migrate >"$run/log/migrate.log" 2>&1 || {
        show_log migrate
        die "startraderctl migrate failed"
    }
}
