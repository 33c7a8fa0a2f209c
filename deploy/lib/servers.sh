# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The private Postgres, Redis and NATS of a stack: on 127.0.0.1 and ports of their own, with
# passwords that only this stack knows; before use each proves to be the one that was started.

pg_bin=/usr/lib/postgresql/15/bin

# Postgres refuses to run as root: as root it runs in a user namespace of its own, or, where that is
# forbidden, as the user postgres. Sets $as_postgres, the words to put before its commands.
choose_postgres_user() {
    as_postgres=()
    pg_data=$run/data/pg15
    ((EUID == 0)) || return 0
    if unshare --user --map-user=1000 --map-group=1000 true 2>/dev/null; then
        as_postgres=(unshare --user --map-user=1000 --map-group=1000 --)
        return 0
    fi
    as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups --)
    # That user must reach the data through every folder above it, which a home folder may forbid.
    local aside
    aside=/var/tmp/startrader-$(printf '%s' "$run" | cksum | cut -d' ' -f1)/pg15
    if [[ ! -L $pg_data ]]; then
        [[ ! -e $pg_data ]] || die "$pg_data belongs to another user setup; see --reset"
        mkdir -p "${aside%/*}"
        chmod 755 "${aside%/*}"
        ln -s "$aside" "$pg_data"
    fi
    pg_data=$(readlink "$pg_data")
    mkdir -p "$pg_data"
    chown postgres:postgres "$pg_data"
    chmod 700 "$pg_data"
}

init_postgres() {
    [[ ! -e $pg_data/PG_VERSION ]] || return 0
    say "  creating the database cluster"
    local log=$run/log/initdb.log
    # The password comes by a pipe that the shell, not initdb, has opened.
    (cd / && "${as_postgres[@]}" "$pg_bin/initdb" -D "$pg_data" -U postgres -A scram-sha-256 \
        --pwfile=<(secret postgres) -E UTF8 --locale=C.UTF-8 >"$log" 2>&1) ||
        init_postgres_by_file "$log" || { cat "$log" >&2; die "initdb failed"; }
}

# Where a pipe of ours is closed to the other user.
init_postgres_by_file() {
    local file
    file=$(mktemp /tmp/st-pw.XXXXXX)
    secret postgres >"$file"
    ((EUID != 0)) || chown postgres "$file"
    local status=0
    (cd / && "${as_postgres[@]}" "$pg_bin/initdb" -D "$pg_data" -U postgres -A scram-sha-256 \
        --pwfile="$file" -E UTF8 --locale=C.UTF-8 >"$1" 2>&1) || status=$?
    rm -f "$file"
    return "$status"
}

write_postgres() {
    port_of postgres && pg_port=$port
    write_unit postgres 1 INT <<END
cd /
exec ${as_postgres[*]} setpriv --pdeathsig INT -- $pg_bin/postgres -D '$pg_data' \\
  -c listen_addresses=127.0.0.1 -p $pg_port -c unix_socket_directories= -c max_connections=60 \\
  -c shared_buffers=128MB -c synchronous_commit=on -c wal_compression=lz4 -c max_wal_size=1GB \\
  -c checkpoint_completion_target=0.9 -c random_page_cost=1.1 -c jit=off \\
  -c idle_in_transaction_session_timeout=10s -c log_min_duration_statement=500ms \\
  -c log_line_prefix='%m [%p] %a ' -c timezone=UTC
END
}

write_redis() {
    port_of redis && redis_port=$port
    mkdir -p "$run/data/redis"
    cat >"$run/conf/redis.conf" <<END
bind 127.0.0.1
port $redis_port
dir $run/data/redis
requirepass $(secret redis)
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
END
    write_unit redis 1 TERM <<END
# configuration $(cksum <"$run/conf/redis.conf")
exec setpriv --pdeathsig TERM -- redis-server '$run/conf/redis.conf'
END
}

write_nats() {
    port_of nats && nats_port=$port
    cp "$top/deploy/nats/nats.conf" "$run/conf/nats.conf"
    "$top/deploy/nats/render" "$run/secrets" "$run/conf/users.conf" "$ST_SYSTEM"
    write_unit nats 1 TERM <<END
# configuration $(cat "$run/conf/nats.conf" "$run/conf/users.conf" | cksum)
exec setpriv --pdeathsig TERM -- nats-server -a 127.0.0.1 -p $nats_port -n '$(secret nats-name)' \\
  -sd '$run/data/nats' -c '$run/conf/nats.conf'
END
}

# psql as superuser in database $1; the rest are psql's arguments.
superuser_psql() {
    local database=$1
    shift
    PGPASSWORD=$(secret postgres) PGCONNECT_TIMEOUT=2 psql -X -q -A -t -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$pg_port" -U postgres -d "$database" "$@"
}

postgres_answers() {
    local pid
    live_pid postgres pid || { echo "not running"; return 1; }
    local folder
    folder=$(superuser_psql postgres -c 'SHOW data_directory') || { echo "$folder"; return 1; }
    [[ $folder == "$pg_data" ]] || { echo "port $pg_port is not ours"; return 1; }
}

redis_answers() {
    local pid answer
    live_pid redis pid || { echo "not running"; return 1; }
    answer=$(REDISCLI_AUTH=$(secret redis) timeout 2 redis-cli -h 127.0.0.1 -p "$redis_port" \
        INFO server 2>&1) || { echo "$answer"; return 1; }
    [[ $answer == *"process_id:$pid"* ]] || { echo "port $redis_port is not ours"; return 1; }
}

# Reads the greeting, signs in as the reader and exchanges a ping.
nats_answers() {
    local pid greeting line fd
    live_pid nats pid || { echo "not running"; return 1; }
    { exec {fd}<>"/dev/tcp/127.0.0.1/$nats_port"; } 2>/dev/null || { echo "no answer"; return 1; }
    read -r -t 2 -u "$fd" greeting || { echo "no greeting"; return 1; }
    [[ $greeting == *"\"server_name\":\"$(secret nats-name)\""* ]] ||
        { echo "port $nats_port is not ours"; return 1; }
    printf 'CONNECT {"verbose":false,"user":"reader","pass":"%s"}\r\nPING\r\n' \
        "$(secret nats-reader)" >&"$fd"
    while read -r -t 2 -u "$fd" line; do
        [[ $line != PONG* ]] || { exec {fd}>&-; return 0; }
        [[ $line != -ERR* ]] || break
    done
    exec {fd}>&-
    echo "refused: ${line-}"
    return 1
}

# The owner of the database; the roles of the services come with the migrations.
make_database() {
    local owner_password
    owner_password=$(secret postgres-owner)
    superuser_psql postgres <<SQL
DO \$\$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'st_owner') THEN
    CREATE ROLE st_owner LOGIN CREATEROLE;
  END IF;
END \$\$;
ALTER ROLE st_owner PASSWORD '$owner_password';
SELECT 'CREATE DATABASE startrader OWNER st_owner'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'startrader') \gexec
SQL
}
