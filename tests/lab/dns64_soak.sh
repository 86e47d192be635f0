#!/bin/bash
# dns64 for a long time with four upstreams of which one is killed and one goes silent in the middle: two million
# queries in ten minutes, each asked once, of names by Zipf's law, 5 % of which are not and 2 % of which fail. No query
# of a healthy name may fail, what is stale must be marked, and memory stays within cache-size and a constant.
# G64_SOAK_S: seconds, G64_SOAK_SEED: the seed of a run before.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
seconds=${G64_SOAK_S:-600} rate=${G64_SOAK_RATE:-3334} names=200000
seed=${G64_SOAK_SEED:-$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}
cache_mib=64
rest_mib=40 # of memory besides the cache: 16 of dns64.names; programs, threads, buffers, queries under way
echo "# seed $seed, $seconds s, $rate queries a second"

for i in 1 2 3 4; do
    lab_in legacy ip addr add 192.52.193.5$i/32 dev wide
done
cat >"$LAB_DIR/gate64.conf" <<END
state-dir = "$LAB_DIR/state";
dns64: { cache-size = "${cache_mib}M"; upstream = ["192.52.193.51", "192.52.193.52", "192.52.193.53", "192.52.193.54"]; };
END
start=$(python3 -c 'import time; print(time.monotonic_ns())')
breaks=$((seconds * 300000000)) # the names that break do so at 0.3 of the time
for i in 1 2 3 4; do
    lab_spawn legacy upstream$i "$G64_BUILD/tests/lab/soak_authority" 192.52.193.5$i 53 "$seed" "$start" $breaks $((i * i))
    upstream_pid[i]=$LAB_PID
done
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

lab_spawn pi2 load "$G64_BUILD/tests/lab/soak_load" 2001:db8:2::1 53 "$seed" "$start" $breaks $names $rate $((seconds * rate))
load_pid=$LAB_PID
pss() { awk '/^Pss:/ {print $2}' "/proc/$DNS64_PID/smaps_rollup"; } # KiB
allocated() { # bytes, as the allocator counts them
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/metrics | awk '$1 == "dns64_allocated_bytes" {print $2}'
}
highest=0 most_allocated=0 second=0
killed=$((seconds * 35 / 100)) silenced=$((seconds / 2)) healed=$((seconds * 8 / 10))
begin=$SECONDS
while kill -0 "$load_pid" 2>/dev/null && [ $((SECONDS - begin)) -lt $((seconds + 30)) ]; do
    sleep 1
    at=$((SECONDS - begin))
    now=$(pss)
    [ "${now:-0}" -gt $highest ] && highest=$now
    now_allocated=$(allocated)
    [ "${now_allocated:-0}" -gt $most_allocated ] && most_allocated=$now_allocated
    if [ $second -lt $killed ] && [ $at -ge $killed ]; then
        { kill -9 "${upstream_pid[1]}" && wait "${upstream_pid[1]}"; } 2>/dev/null
        echo "# at $at s an upstream was killed; memory $now KiB"
    fi
    if [ $second -lt $silenced ] && [ $at -ge $silenced ]; then
        lab_in legacy iptables -A INPUT -d 192.52.193.52 -j DROP
        echo "# at $at s another became a black hole; memory $now KiB"
    fi
    if [ $second -lt $healed ] && [ $at -ge $healed ]; then
        lab_in legacy iptables -D INPUT -d 192.52.193.52 -j DROP
        echo "# at $at s the black hole was gone; memory $now KiB"
    fi
    second=$at
done
wait "$load_pid"
load_status=$?
sed 's/^/# /' "$LAB_DIR/load.log" "$LAB_DIR/dns64.log"
cat "$LAB_DIR"/upstream*.log | sort | uniq -c | head -5 | sed 's/^/# upstreams: /'
lab_in gw curl -s --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/status | tr ',' '\n' |
    grep -E '"(address|state|latency[^"]*)"' | tr '\n' ' ' | sed 's/^/# /'
echo
lab_in gw curl -s --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/cache | sed 's/^/# cache: /'
echo
echo "# most that was allocated: $most_allocated bytes; allowed: $(((cache_mib + rest_mib) * 1048576))"
echo "# highest memory: $highest KiB; allowed: $(((cache_mib + rest_mib) * 1024)) KiB"

within() { [ "$highest" -le $(((cache_mib + rest_mib) * 1024)) ]; }
within_allocated() { # the cache is in it from the start
    [ "$most_allocated" -gt $((cache_mib * 1048576)) ] && [ "$most_allocated" -le $(((cache_mib + rest_mib) * 1048576)) ]
}
said() { grep -q -- "$1" "$LAB_DIR/load.log"; }
kept_running() { kill -0 "$DNS64_PID"; }
t_plan 6
t "FWD-02 no query of a healthy name failed, with one upstream killed and one silent" [ $load_status = 0 ]
t "none was lost and none was wrong" said '^wrong 0 .* lost 0 '
t "STL-OURS-01 what is stale is marked" said ' stale-not-marked 0 '
t "CCH-OURS-01 memory stays within the cache's size and a constant" within
t "CCH-OURS-01 what the allocator gives out stays within the cache's size and a constant" within_allocated
t "dns64 is the process that was started" kept_running
exit $t_failed
