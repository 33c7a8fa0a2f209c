# SPDX-License-Identifier: Apache-2.0
# The rules of tests/tidy that look at one line of C: FILE:LINE:code, comments taken out. The tables
# say which file may do what is otherwise forbidden.
function complain(rule, text) { print file ":" line ": " rule ": " text }
function base(path) { sub(/.*\//, "", path); return path }
function foreign(header, allowed, library) {
    if (include ~ header && file !~ allowed)
        complain("foreign", library " is not for this file (" include ")")
}
BEGIN {
    pure = "^services/[a-z]+/(world|ledger)/"
    # Where each service meets the schemas; what is not named here speaks plain structs.
    edge = "^services/(" \
        "gateway/(admit|board|call|door|main|news|session|uplink)|" \
        "simulation/(door|emit|frame|intake|main|opening|put|wire)|" \
        "profile/(door|request|store_value)|economy/(door|wire)|ctl/wire" \
        ")[a-z_]*[.][ch]$"
    io = "(malloc|calloc|realloc|free|strdup|fopen|open|read|write|printf|fprintf|puts|time|" \
        "clock|clock_gettime|getenv|rand|random|sleep|usleep|socket|send|recv|pthread_[a-z_]+)"
    banned = "(strcpy|strcat|sprintf|vsprintf|gets|system|popen|alloca|atoi|atol|strtok|rand|" \
        "srand|tmpnam|mktemp)"
}
{
    file = $0; sub(/:.*/, "", file)
    rest = substr($0, length(file) + 2)
    line = rest; sub(/:.*/, "", line)
    code = substr(rest, length(line) + 2)
    bare = code; gsub(/"([^"\\]|\\.)*"/, "\"\"", bare)
    product = file ~ /^(services|libcommon)\//
}
product && code ~ /^[ \t]*#[ \t]*include/ {
    include = code; sub(/^[^"<]*["<]/, "", include); sub(/[">].*/, "", include)
    angle = code ~ /</
    foreign("^(nats/)?nats[.]h$", "^libcommon/st/bus[a-z_]*[.][ch]$", "nats.c")
    foreign("^(postgresql/)?libpq-(fe|events)[.]h$", "^libcommon/st/pg[a-z_]*[.][ch]$", "libpq")
    foreign("^hiredis", "^libcommon/st/kv[a-z_]*[.][ch]$", "hiredis")
    foreign("^microhttpd", "^libcommon/st/http[a-z_]*[.][ch]$", "libmicrohttpd")
    foreign("^wslay", "(^libcommon/st/websocket|^services/gateway/conn)[a-z_]*[.][ch]$", "wslay")
    foreign("^liburing", "^services/gateway/burst[a-z_]*[.][ch]$", "liburing")
    foreign("^sodium", "^libcommon/st/secret[a-z_]*[.][ch]$", "libsodium")
    foreign("^jansson", "^libcommon/st/json[a-z_]*[.][ch]$", "jansson")
    foreign("^uv[.]h$", "^libcommon/st/loop[a-z_]*[.][ch]$", "libuv")
    foreign("^check[.]h$", "^tests/", "check")
    if (file ~ /^libcommon\// && include ~ /^(startrader\/|world\/|ledger\/|services\/|[.][.]\/)/)
        complain("layer", "libcommon knows no service and no schema (" include ")")
    if (file ~ /^services\// && include ~ /[.]pb-c[.]h$/ && file !~ edge)
        complain("layer", "generated protobuf only at the edges of a service (" include ")")
    if (file ~ pure && include !~ /^(std(int|bool|def|arg)|string|limits|inttypes)[.]h$/ &&
        include !~ /^st\/(assert|base)[.]h$/ &&
        include !~ /^(world|ledger)\/[a-z_0-9]+[.](h|inc)$/ &&
        (angle || include !~ /^[a-z_0-9]+[.](h|inc)$/))
        complain("pure", "a pure folder includes itself, st/base.h, st/assert.h (" include ")")
    if (include ~ /(^|\/)[.][.]\//)
        complain("layer", "no include goes up the tree (" include ")")
    if (file ~ /^services\// && file !~ /^services\/(simulation|gateway\/web\/kernel)\// &&
        include ~ /^world\// && include !~ /^world\/(config[a-z_]*|route|blockade)[.]h$/)
        complain("layer", "of the kernel only what follows from its configuration is known here (" include ")")
    if (file !~ /^services\/economy\// && include ~ /^ledger\//)
        complain("layer", "only the economy knows the ledger (" include ")")
    next
}
product && file ~ pure && bare ~ ("(^|[^a-zA-Z0-9_.>])" io "[ \t]*[(]") {
    complain("pure", "a pure folder does no I/O, reads no clock, allocates nothing")
}
product && bare ~ ("(^|[^a-zA-Z0-9_.>])" banned "[ \t]*[(]") {
    complain("banned", "a call that the house forbids")
}
bare ~ /(^|[^a-zA-Z0-9_])assert[ \t]*[(]/ { complain("banned", "st_assert, not assert") }
product && bare ~ /(^|[^a-zA-Z0-9_.>])_?exit[ \t]*[(]/ &&
    base(file) !~ /^(main|daemon)[a-z_]*[.]c$/ {
    complain("banned", "only main and daemon end a process")
}
product && bare ~ /(CLOCK_REALTIME|gettimeofday|(^|[^a-zA-Z0-9_.>])time[ \t]*[(])/ &&
    file !~ /^libcommon\/st\/clock[.]c$/ { complain("clock", "wall time only through st/clock.h") }
# Fixtures may pause between two looks at a condition; the tests themselves have no business to.
file ~ /^tests\// && file !~ /(^tests\/load\/|(fixture|kit|server)[.]c$)/ &&
    bare ~ /(^|[^a-zA-Z0-9_])(u|nano)?sleep[ \t]*[(]/ {
    complain("sleep", "a test waits for a condition, not for time")
}
product && code ~ /"[ \t(]*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER) [a-zA-Z_$]/ &&
    base(file) !~ /^(store|pg)[a-z_]*[.]c$/ {
    complain("sql", "SQL only in store.c and deploy/sql")
}
product && code ~ /"(world|own|req|ev|baton|sess)[.][a-z%*>]/ &&
    file !~ /^libcommon\/st\/subject[.][ch]$/ {
    complain("subject", "subjects only in st/subject.h")
}
