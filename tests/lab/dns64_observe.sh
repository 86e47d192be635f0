#!/bin/bash
# What dns64 tells of its work: names for nat64d, counters, histograms, the query log, who asks for what.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf
write() { # DNS64-KEYS [LINES]
    printf 'state-dir = "%s";\n%s\ndns64: {\n workers = 2; upstream = ["192.52.193.53"];\n %s\n};\n' \
        "$LAB_DIR/state" "${2:-}" "$1" >"$file"
}
write ''
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }
ask() { lab_in pi2 dig +time=4 +tries=1 @2001:db8:2::1 "$@"; }
ask3() { lab_in pi3 dig +time=4 +tries=1 @2001:db8:2::1 "$@"; }

noted_before() { # the name stands there as soon as the answer has come: each of many, asked and looked up at once
    local i
    for i in $(seq 1 20); do
        ask +short "n$i.wild.legacy.example" AAAA >/dev/null
    done
    ask +short api.legacy.example AAAA | grep -q 64:ff9b::c034:c10a || return 1
    gate64 names --backend 2001:db8:2::2 --address 192.52.193.10 | tee "$LAB_DIR/names"
    grep -qE '^2001:db8:2::2 +192\.52\.193\.10 .*api\.legacy\.example$' "$LAB_DIR/names"
}
by_backend() {
    ask3 +short narrow.legacy.example AAAA
    gate64 names --json | tee "$LAB_DIR/names"
    grep -q '"backend":"2001:db8:3:0:1::2","address":"192.175.48.10".*"name":"narrow.legacy.example"' "$LAB_DIR/names" || return 1
    gate64 names --backend 2001:db8:3:0:1::2 --json | tee "$LAB_DIR/names"
    [ "$(wc -l <"$LAB_DIR/names")" = 1 ]
}
chains() { # the name that was asked, not where the alias leads
    ask +short WWW.legacy.example AAAA
    gate64 names --backend 2001:db8:2::2 --json | grep -q '"name":"www.legacy.example"' && ! gate64 names | grep -q site
}
from_the_cache() { # the other backend is answered by a copy, and noted as well
    ask3 +short api.legacy.example AAAA
    gate64 names --address 192.52.193.10 | tee "$LAB_DIR/names" | grep -q '2001:db8:3:0:1::2 .*api\.legacy\.example'
}
real_are_not() {
    ask +short six.legacy.example AAAA
    ! gate64 names | grep -q six
}
outlives_reload() {
    local before
    before=$(gate64 names --json | wc -l)
    write 'edns-size = 1300;'
    gate64 reload dns64 && [ "$(gate64 names --json | wc -l)" = "$before" ]
}
for_few() {
    [ "$(stat -c %a "$LAB_DIR/state/dns64/names")" = 660 ] && [ "$(stat -c %G "$LAB_DIR/state/dns64/names")" = gate64 ] || return 1
    ! setpriv --reuid=65534 --regid=65534 --clear-groups "$G64_BUILD/gate64/gate64" -c "$file" names || return 1
    setpriv --reuid=65534 --regid=gate64 --clear-groups "$G64_BUILD/gate64/gate64" -c "$file" names | grep -q legacy
}
actions() { # for root alone, and each is logged
    [ "$(stat -c %a "$LAB_DIR/state/dns64/control")" = 660 ] || return 1
    setpriv --reuid=65534 --regid="$(stat -c %g "$LAB_DIR/state/dns64/control")" --clear-groups "$G64_BUILD/gate64/gate64" -c "$file" dns flush example
    [ $? = 1 ] && lab_wait 5 grep -q '/v1/cache/flush is refused to process [0-9]* of user 65534' "$LAB_DIR/dns64.log" || return 1
    gate64 dns flush legacy.example && lab_wait 5 grep -q '/v1/cache/flush is asked for by process [0-9]* of user 0' "$LAB_DIR/dns64.log"
}
restarted() { # another table, and the old one is noticed to be over
    python3 - "$LAB_DIR/state/dns64/names" >"$LAB_DIR/reader" <<'END' &
import array, fcntl, mmap, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
data, rights, _, _ = s.recvmsg(64, socket.CMSG_SPACE(4))
fd = array.array("i", rights[0][2])[0]
print("seals", fcntl.fcntl(fd, 1034) & 0x17 == 0x17)  # F_GET_SEALS: seal, shrink, grow, future write
try:
    mmap.mmap(fd, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    print("writable")
except PermissionError:
    print("read-only")
m = mmap.mmap(fd, 4096, prot=mmap.PROT_READ)
print("magic", m[:8], flush=True)
s.settimeout(20)
print("end", s.recv(1), m[:8], flush=True)
END
    local reader=$!
    lab_wait 5 grep -q magic "$LAB_DIR/reader"
    lab_end "$DNS64_PID"
    wait $reader
    cat "$LAB_DIR/reader"
    grep -q 'seals True' "$LAB_DIR/reader" && grep -q read-only "$LAB_DIR/reader" &&
        grep -q "end b'' b'G64NAMES'" "$LAB_DIR/reader" || return 1
    gate64 names
    [ $? = 3 ] || return 1
    gate64 dns selftest
    [ $? = 3 ] || return 1
    write 'names = "0";'
    lab_dns64 || return 1
    ask +short api.legacy.example AAAA && ! gate64 names 2>"$LAB_DIR/said" && grep -q 'notes no names' "$LAB_DIR/said" || return 1
    lab_end "$DNS64_PID"
    write ''
    lab_dns64 && gate64 names --json >"$LAB_DIR/names" && [ ! -s "$LAB_DIR/names" ]
}

metrics() { lab_in gw curl -s -m 10 --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/metrics; }
value() { metrics | awk -v key="$1" 'index($0, key " ") == 1 {print $2}'; } # SAMPLE
man_names() { # of metrics, as the manual has them
    sed -n '/^.Sh METRICS/,/^.Sh FILES/p' "$G64_SOURCE/man/dns64.8" | grep -o 'dns64_[a-z_]*' | sort -u
}
documented() { # each family stands in the manual, and the other way round
    metrics | awk '/^# TYPE/ {print $3 ($4 == "counter" ? "_total" : "")}' | sort -u >"$LAB_DIR/families"
    man_names | diff "$LAB_DIR/families" -
}
well_formed() { # a sample belongs to the family above it, families come once, counts rise, +Inf is the count
    metrics >"$LAB_DIR/metrics"
    python3 - "$LAB_DIR/metrics" <<'END'
import re, sys
text = open(sys.argv[1]).read()
assert text.endswith("# EOF\n")
family, kind, seen, last = None, None, set(), {}
for line in text.splitlines()[:-1]:
    if line.startswith("# TYPE"):
        _, _, family, kind = line.split()
        assert family not in seen, family
        seen.add(family)
    elif not line.startswith("# HELP"):
        name, labels, value = re.fullmatch(r'([a-z0-9_]+)(\{[^}]*\})? ([0-9.]+)', line).groups()
        suffixes = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}[kind]
        assert name in [family + s for s in suffixes], line
        key = re.sub(r',?le="[^"]*"', "", labels or "")
        if name.endswith("_bucket"):
            assert float(value) >= last.get((family, key), 0), line
            last[family, key] = float(value)
        if name.endswith("_count"):
            assert float(value) == last[family, key], line
print(len(seen), "families")
END
}
counted() {
    local aaaa nx cache upstream
    aaaa=$(value 'dns64_queries_total{type="AAAA"}') nx=$(value 'dns64_answers_total{rcode="NXDOMAIN"}')
    cache=$(value 'dns64_answer_seconds_count{from="cache"}') upstream=$(value 'dns64_answer_seconds_count{from="upstream"}')
    ask none1.legacy.example AAAA && ask none2.legacy.example AAAA && ask +tcp api.legacy.example HTTPS && ask ipv4only.arpa AAAA
    lab_wait 5 test "$(value 'dns64_queries_total{type="HTTPS"}')" -ge 1 || return 1
    echo "$aaaa $nx $cache $upstream"
    metrics | grep -v '_bucket\|events'
    [ "$(value 'dns64_queries_total{type="AAAA"}')" = $((aaaa + 3)) ] && [ "$(value 'dns64_answers_total{rcode="NXDOMAIN"}')" = $((nx + 2)) ] &&
        [ "$(value 'dns64_answer_seconds_count{from="upstream"}')" -ge $((upstream + 3)) ] &&
        [ "$(value 'dns64_answer_seconds_count{from="local"}')" -ge 1 ] || return 1
    ask api.legacy.example AAAA && ask api.legacy.example AAAA && ask api.legacy.example AAAA
    [ "$(value 'dns64_answer_seconds_count{from="cache"}')" -gt "$cache" ] && gate64 counters dns64 >"$LAB_DIR/counters" && cat "$LAB_DIR/counters" && grep -qE 'type_HTTPS +1 ' "$LAB_DIR/counters"
}
top_names() {
    gate64 dns top --reset
    local i
    for i in $(seq 1 30); do
        ask +short api.legacy.example AAAA
        [ $((i % 3)) = 0 ] && ask3 +short "t$i.wild.legacy.example" AAAA
    done >/dev/null
    gate64 dns top | tee "$LAB_DIR/top"
    grep -qE '^ +30 +0 +75\.0% +api\.legacy\.example$' "$LAB_DIR/top" && head -1 "$LAB_DIR/top" | grep -q '^40 queries' || return 1
    gate64 dns top clients --limit 1 | tee "$LAB_DIR/top"
    tail -1 "$LAB_DIR/top" | grep -qE '^ +30 +0 +75\.0% +2001:db8:2::2$' || return 1
    gate64 dns top --json | grep -q '"queries":40,"top":\[{"name":"api.legacy.example","queries":30'
}

log=$LAB_DIR/queries.json
last() { tail -1 "$log"; }
log_has() { lab_wait 5 grep -q "$1" "$log" || { cat "$log"; return 1; }; } # PATTERN
logged() { # off until it is asked for; then a line for each query, with what became of it
    write "query-log = \"$log\";"
    gate64 reload dns64 && [ -f "$log" ] || return 1
    for _ in 1 2 3; do ask +short l1.wild.legacy.example AAAA; done # two threads: each may ask the upstream once
    ask3 +tcp lost.legacy.example A && ask ipv4only.arpa AAAA
    log_has ipv4only && cat "$log"
    python3 - "$log" <<'END'
import json, sys, time, calendar
lines = [json.loads(line) for line in open(sys.argv[1])]
def one(most=1, **what):
    found = [l for l in lines if all(l.get(k) == v for k, v in what.items())]
    assert 1 <= len(found) <= most, (what, found)
    return found[0]
first = one(2, client="2001:db8:2::2", name="l1.wild.legacy.example", type="AAAA", rcode="NOERROR", outcome="aaaa_synthesised",
            **{"from": "upstream", "class": "IN"}, upstream="192.52.193.53#53", transport="udp")
assert first["ms"] > 0 and first["size"] > 50, first
assert abs(calendar.timegm(time.strptime(first["time"], "%Y-%m-%dT%H:%M:%S." + first["time"][20:])) - time.time()) < 60, first
assert "upstream" not in one(2, name="l1.wild.legacy.example", **{"from": "cache"})
one(client="2001:db8:3:0:1::2", name="lost.legacy.example", rcode="NXDOMAIN", transport="tcp")
one(name="ipv4only.arpa", **{"from": "local"})
assert len(lines) == 5
END
}
in_view() { # by the view's name, and names noted by its own prefix
    write "query-log = \"$log\"; views = ( { name = \"vpn\"; clients = [\"2001:db8:3::/48\"]; pref64 = ( { prefix = \"2001:db8:64::/96\"; } ); } );"
    gate64 reload dns64 && ask3 +short l4.wild.legacy.example AAAA | grep -q 2001:db8:64:: || return 1
    log_has '"l4.wild.legacy.example".*"view":"vpn"' && gate64 names --backend 2001:db8:3:0:1::2 | grep -q l4.wild || return 1
    ask +short l5.wild.legacy.example AAAA
    log_has 'l5.wild' && ! grep 'l5.wild.*"view"' "$log" || return 1
    write "query-log = \"$log\";"
    gate64 reload dns64
}
mode() { [ "$(stat -c %a "$log")" = 640 ]; }
rotated() { # as logrotate does, by signal and by request
    mv "$log" "$log.1"
    kill -HUP "$DNS64_PID"
    lab_wait 5 test -f "$log" && ask +short l2.wild.legacy.example AAAA && log_has l2.wild && ! grep -q l2.wild "$log.1" || return 1
    rm "$log"
    gate64 reload dns64 && ask +short l3.wild.legacy.example AAAA && log_has l3.wild && mode
}
stands_still() { # nobody reads: answers come as fast, records are lost and counted; then it goes on
    mkfifo "$LAB_DIR/pipe"
    write "query-log = \"$LAB_DIR/pipe\";"
    gate64 reload dns64 || return 1
    lab_in pi2 python3 - <<'END' || return 1
import socket, struct, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.connect(("2001:db8:2::1", 53))
s.settimeout(3)
question = b"\1\0\0\1\0\0\0\0\0\0\3api\6legacy\7example\0\0\x1c\0\1"
begin, answers = time.time(), 0
for i in range(30000):
    s.send(struct.pack("!H", i) + question)
    answers += len(s.recv(4096)) > 0
print(answers, "answers in", time.time() - begin, "s")
END
    gate64 counters dns64 | tee "$LAB_DIR/counters" | grep -E 'log_lost'
    lab_wait 5 grep -q 'cannot write to .*pipe: nobody reads from it' "$LAB_DIR/dns64.log" && grep -q 'log_lost' "$LAB_DIR/counters" || return 1
    timeout 20 head -c 2000000 "$LAB_DIR/pipe" >"$LAB_DIR/read" &
    local reader=$!
    lab_wait 15 grep -q '"event":"lost","count":' "$LAB_DIR/read"
    local r=$?
    kill $reader 2>/dev/null
    wait $reader 2>/dev/null
    write ''
    gate64 reload dns64
    return $r
}
opener() { pgrep -P "$DNS64_PID"; }
few_rights() { # dns64 and the process beside it: the first can only listen, the other only open
    local pid
    grep -q 'CapEff:.0000000000000400' "/proc/$DNS64_PID/status" && grep -q 'CapEff:.0000000000000000' "/proc/$(opener)/status" || return 1
    for pid in "$DNS64_PID" $(opener); do
        grep -H 'Seccomp:\|NoNewPrivs' "/proc/$pid"/task/*/status
        [ "$(cat "/proc/$pid"/task/*/status | grep -c 'Seccomp:.2')" = "$(ls "/proc/$pid/task" | wc -l)" ] &&
            grep -q 'NoNewPrivs:.1' "/proc/$pid/status" || return 1
    done
    ls -l "/proc/$(opener)/fd"
    [ "$(ls "/proc/$(opener)/fd" | wc -l)" = 4 ] && ! ls -l "/proc/$DNS64_PID/fd" | grep queries.json
}
killed() { # what opens the log ends with dns64, however that ends
    local beside
    beside=$(opener)
    kill -9 "$DNS64_PID"
    wait "$DNS64_PID" 2>/dev/null
    lab_wait 5 eval "! kill -0 $beside" && lab_dns64
}
wrong_log() { # a folder that is not there: said, and answers go on
    write 'query-log = "/nonexistent/queries";'
    gate64 reload dns64
    lab_wait 5 grep -q 'cannot open /nonexistent/queries: No such file' "$LAB_DIR/dns64.log" && ask +short api.legacy.example AAAA | grep -q 64:ff9b || return 1
    write 'query-log = "relative";'
    ! gate64 reload dns64 && write '' && gate64 reload dns64
}

top_upstreams() {
    gate64 dns top upstreams | tee "$LAB_DIR/top"
    grep -qE ' good +192\.52\.193\.53#53$' "$LAB_DIR/top" && [ "$(value 'dns64_upstream_sent_total{upstream="192.52.193.53#53"}')" -gt 5 ] &&
        [ "$(value 'dns64_upstream_seconds_count{upstream="192.52.193.53#53"}')" = "$(value 'dns64_upstream_answered_total{upstream="192.52.193.53#53"}')" ]
}

selftest() { # the daemon as it is; then what is wrong is told
    gate64 dns selftest --name api.legacy.example | tee "$LAB_DIR/selftest"
    [ "${PIPESTATUS[0]}" = 0 ] && [ "$(grep -c ' ok ' "$LAB_DIR/selftest")" = 12 ] && ! grep -q FAILED "$LAB_DIR/selftest" || return 1
    gate64 dns selftest --name dual.legacy.example >"$LAB_DIR/selftest"
    [ $? = 1 ] && grep -q '^synthesis .*FAILED .*IPv6 addresses of its own' "$LAB_DIR/selftest" || return 1
    gate64 dns selftest --name nowhere.legacy.example --json >"$LAB_DIR/selftest"
    [ $? = 1 ] && grep -q '"check":"synthesis","result":"FAILED".*no A records' "$LAB_DIR/selftest" || return 1
    write 'reverse = "off";' # what the resolver says of it is not what RFC 8880 asks for
    gate64 reload dns64 && ! gate64 dns selftest --name api.legacy.example >"$LAB_DIR/selftest" && cat "$LAB_DIR/selftest"
    grep -q '^reverse of 64:ff9b::c000:aa .*FAILED' "$LAB_DIR/selftest" && [ "$(grep -c FAILED "$LAB_DIR/selftest")" = 1 ] || return 1
    write ''
    gate64 reload dns64
}

t_plan 23
t "a name is noted before its answer leaves" noted_before
t "names by backend" by_backend
t "the name is the one that was asked" chains
t "an answer from the cache is noted for its client" from_the_cache
t "real AAAA records are not noted" real_are_not
t "names outlive a reload" outlives_reload
t "metrics are those of the manual" documented
t "metrics are OpenMetrics" well_formed
t "answers are counted by type and RCODE, and timed" counted
t "what is asked for most, and who asks most" top_names
t "how the upstreams do" top_upstreams
t "gate64 dns selftest" selftest
t "SEC-64 the query log has a line for each query, in UTC" logged
t "a client's view stands in the log" in_view
t "SEC-63 the query log is for root and the group" mode
t "the query log is opened anew" rotated
t "a log that stands still loses records, and no answers" stands_still
t "SEC-60 dns64 and what opens its log may do nothing else" few_rights
t "what opens the log is gone when dns64 is killed" killed
t "a log that cannot be opened" wrong_log
t "SEC-61 names are for root and the group" for_few
t "SEC-61 actions are for root, and logged" actions
t "a restarted dns64 is noticed, and names are off when they are" restarted
exit $t_failed
