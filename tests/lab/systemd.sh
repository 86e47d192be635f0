#!/bin/bash
# The units under systemd itself: a Debian root, booted by systemd-nspawn in the lab's namespace gw. There is no
# configuration file at first: the gateway's one address is shared, as on a machine that was just installed.
# The root is that of $G64_DEBIAN_ROOT and stays as it is; `make check-long` makes it.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
command -v systemd-nspawn >/dev/null || t_skip_all "no systemd-nspawn (Debian: systemd-container)"
[ -x "${G64_DEBIAN_ROOT:-}/lib/systemd/systemd" ] || t_skip_all "no Debian root with systemd in G64_DEBIAN_ROOT"
UNITS="gate64-host.service nat64d.service dns64.service"
GROUPS_AT="/sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd"
nspawn= leader=

leave() {
    local at
    [ -z "$leader" ] || kill -9 "$leader" # all that it has started goes with it
    [ -z "$nspawn" ] || lab_end "$nspawn"
    umount -R -l "$LAB_DIR/tree" 2>/dev/null
    for at in $GROUPS_AT; do
        lab_wait 5 drop_groups "$at/$LAB"
    done
    lab_down
}
trap leave EXIT
mkdir -p "$LAB_DIR/tree"
chmod 755 "$LAB_DIR"
BIG=30000000
LIMIT=6M

# The build installed over the root, both left untouched.
lay() {
    mount -t tmpfs -o mode=755 tmpfs "$LAB_DIR/tree" && cd "$LAB_DIR/tree" && mkdir up work root &&
        mount -t overlay -o "lowerdir=$G64_DEBIAN_ROOT,upperdir=$PWD/up,workdir=$PWD/work" overlay root &&
        cd - && make -C "$G64_BUILD" install DESTDIR="$LAB_DIR/tree/root" &&
        echo "nameserver 192.52.193.53" >"$LAB_DIR/tree/root/etc/resolv.conf"
}
drop_groups() { [ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} +; }
# nspawn makes its control groups below the one that it is in: so it gets one that nobody shares.
own_groups() { # PID
    local at
    for at in $GROUPS_AT; do
        [ ! -e "$at/cgroup.procs" ] || { mkdir "$at/$LAB" && echo "$1" >"$at/$LAB/cgroup.procs"; } || return 1
    done
}
in_root() { nsenter -t "$leader" -a env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin "$@"; }
boot() {
    mount -t tmpfs tmpfs /run/systemd || return 1 # what nspawn writes there is not for the host
    (
        own_groups "$BASHPID" || exit 1
        export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
        exec systemd-nspawn -b --register=no --keep-unit -D "$LAB_DIR/tree/root" \
            --network-namespace-path="/run/netns/$LAB-gw" --bind=/dev/net/tun --capability=CAP_NET_ADMIN,CAP_NET_RAW \
            --machine="$LAB" --link-journal=no --resolv-conf=off --console=pipe
    ) >"$LAB_DIR/nspawn.log" 2>&1 </dev/null &
    nspawn=$!
    lab_wait 30 has_leader && lab_wait 30 in_root systemctl is-active multi-user.target
}
has_leader() {
    leader=$(pgrep -P "$nspawn" | head -1)
    [ -n "$leader" ]
}

show() { in_root systemctl show --value -p "$2" "$1"; }
keeper() { show nat64d MainPID; }
translator() { in_root pgrep -P "$(keeper)" -f -- --translator; }
translates() { in_root curl -sf -m 2 -o /dev/null --unix-socket /run/gate64/nat64d/control http://gate64/v1/status; }
active() { in_root systemctl is-active nat64d dns64; }
journal() { in_root journalctl --no-pager -q -o cat "$@"; }
state() { # what nat64d changes; a table of iptables that was used once stays, and forwarding brings anycast routes
    lab_in gw ip -o link | sed 's/^[0-9]*: //' | cut -d' ' -f1
    lab_in gw ip addr | sed 's/^[0-9]*: //' | grep -v valid_lft
    lab_in gw ip -4 route show table all
    lab_in gw ip -6 route show table all | grep -v 'fe80\|expires\|^anycast' | sort
    lab_in gw ip neigh show proxy
    in_root iptables-save | grep '^-A'
    in_root ip6tables-save | grep '^-A'
    lab_in gw sysctl net.ipv4.ip_local_reserved_ports
}

verified() {
    in_root systemd-analyze verify --man=no $UNITS 2>&1 | tee "$LAB_DIR/verify"
    [ ! -s "$LAB_DIR/verify" ]
}
started() {
    in_root systemctl start nat64d dns64 || { journal -n 40; return 1; }
    active && lab_in gw ip link show nat64 && journal -u nat64d -u gate64-host &&
        [ "$(show gate64-host ActiveState)" = active ]
}
works() {
    lab_in pi2 curl -sS -m 10 --cacert "$LAB_DIR/tls/ca.pem" https://api.legacy.example/ | grep "hello from" &&
        lab_in pi2 curl -sS -m 10 http://api.legacy.example/from | grep "^$LAB_GW4 " && point_ping pi2
}
privileges() { # NET_RAW 13 for iptables-legacy; NET_ADMIN 12, SETUID 7, SETGID 6, KILL 5; NET_BIND_SERVICE 10
    local dns64 child kept=00000000000010e0
    ! in_root iptables --version | grep legacy || kept=00000000000030e0
    dns64=$(show dns64 MainPID) child=$(translator)
    in_root grep -E '^(Uid|CapPrm|CapBnd|NoNewPrivs|Seccomp):' "/proc/$(keeper)/status" "/proc/$child/status" "/proc/$dns64/status"
    in_root grep -q "CapPrm:.$kept" "/proc/$(keeper)/status" &&
        in_root grep -q 'CapPrm:.0000000000001000' "/proc/$child/status" &&
        in_root grep -q 'CapPrm:.0000000000000400' "/proc/$dns64/status" &&
        [ "$(in_root ps -o user= -p "$child")" = gate64 ] && [ "$(in_root ps -o user= -p "$dns64" | cut -c1-7)" = gate64- ]
}
store() { # each worker's device queue and two packet queues, the counters, and the rings of events
    local workers stored
    workers=$(in_root nproc) stored=$(show nat64d NFileDescriptorStore)
    echo "$stored descriptors, $workers workers"
    [ "$stored" = $((3 * workers + 2)) ]
}

# A download over TLS, disturbed in the middle; the device's queues are the same ones unless told otherwise.
appears_as() { in_root gate64 sessions | awk '$NF != "" && /#443/ && /established/ {print $4; exit}'; }
survives() { # CMD...
    local before after opened status
    opened=$(journal -u nat64d | grep -c 'device nat64 with')
    lab_in pi2 curl -sS -m 60 --limit-rate $LIMIT --cacert "$LAB_DIR/tls/ca.pem" https://api.legacy.example/big \
        >"$LAB_DIR/got" &
    local curl=$!
    sleep 1
    before=$(appears_as)
    "$@" || { kill $curl; echo "$* failed"; journal -n 20; return 1; }
    lab_wait 20 translates || { kill $curl; journal -n 20; return 1; }
    after=$(appears_as)
    wait $curl
    status=$?
    echo "curl: $status; was $before, is $after; NRestarts $(show nat64d NRestarts)"
    journal -u nat64d -n 12
    cmp "$LAB_DIR/got" "$LAB_DIR/www/big" && [ $status = 0 ] && [ -n "$before" ] && [ "$before" = "$after" ] || return 1
    [ -n "${ANEW:-}" ] || [ "$(journal -u nat64d | grep -c 'device nat64 with')" = "$opened" ]
}
restart() { in_root systemctl restart nat64d; }
kill_keeper() {
    local old
    old=$(keeper)
    [ "$old" -gt 1 ] && in_root kill -9 "$old" && lab_wait 10 is_other "$old"
}
is_other() { local now; now=$(keeper) && [ "$now" != 0 ] && [ "$now" != "$1" ]; }
kill_translator() {
    local old
    old=$(translator)
    in_root kill -9 "$old" && lab_wait 10 other_translator "$old"
}
other_translator() { local now; now=$(translator) && [ -n "$now" ] && [ "$now" != "$1" ]; }
stop_start() {
    in_root systemctl stop nat64d && lab_in gw ip link show nat64 && in_root iptables-save | grep -q G64-nat64 &&
        in_root systemctl start nat64d
}
hang() { # longer than the watchdog waits
    local old
    old=$(keeper)
    in_root kill -STOP "$(translator)" && lab_wait 15 is_other "$old" && journal -u nat64d | grep -i 'watchdog timeout'
}
watchdog() {
    in_root mkdir -p /run/systemd/system/nat64d.service.d
    in_root sh -c 'printf "[Service]\nWatchdogSec=3\n" >/run/systemd/system/nat64d.service.d/test.conf'
    in_root systemctl daemon-reload && in_root systemctl restart nat64d && lab_wait 20 translates || return 1
    sleep 5
    active && ! journal -u nat64d | grep -i 'watchdog timeout' && survives hang
}
many_kills() {
    local i
    for i in $(seq 1 12); do
        kill_keeper || { journal -n 20; return 1; }
        sleep 0.$((RANDOM % 5))
    done
    lab_wait 10 translates && active && works
}

conf() { printf '%s\n' "$1" | in_root tee "$config" >/dev/null; }
reload() {
    local old old_dns
    old=$(keeper) old_dns=$(show dns64 MainPID)
    in_root mkdir -p "$(dirname "$config")"
    conf 'static = ( { name = "shop"; protocol = "tcp"; ipv4 = "uplink#8080"; ipv6 = "2001:db8:2::2#80"; } );
dns64: { reverse = "off"; };'
    in_root systemctl reload nat64d dns64 || return 1
    lab_wait 10 has_shop || { journal -n 20; return 1; }
    in_root gate64 status
    active && [ "$(keeper)" = "$old" ] && [ "$(show dns64 MainPID)" = "$old_dns" ] && works
}
has_shop() { in_root gate64 bindings | grep shop; }
bad_reload() {
    conf 'pools = nonsense'
    in_root systemctl reload nat64d dns64
    lab_wait 5 sh -c "true; nsenter -t $leader -a journalctl -q -o cat -u nat64d | grep 'nothing was changed'" || return 1
    conf ''
    active && works
}
# The event log, in the journal and in a file that logrotate turns.
binding_of_pi2() { in_root gate64 sessions | awk '/established|fin|closing/ && /2001:db8:2::2#/ {print $4; exit}'; }
events_in_journal() {
    local had
    conf 'log: { events = "journal"; };'
    in_root systemctl reload nat64d && works || return 1
    had=$(binding_of_pi2)
    lab_wait 5 who_says "$had" && in_root journalctl -q -o json -u nat64d | grep '"GATE64_AREA":"events"' | head -2
}
who_says() { # ADDRESS#PORT
    in_root gate64 who "$1" --protocol tcp
    in_root gate64 who "$1" --protocol tcp | grep '2001:db8:2::2#'
}
events_rotated() {
    local had file=/var/log/gate64/events.json
    conf 'log: { events = "/var/log/gate64/events.json"; };'
    in_root systemctl reload nat64d && works || return 1
    had=$(binding_of_pi2)
    lab_wait 5 in_root grep -q bib-create $file || return 1
    in_root logrotate -f -s /run/logrotate.state "$rotate" || return 1
    lab_wait 5 in_root test -s $file && in_root ls -l /var/log/gate64 &&
        in_root sh -c "ls $file.1* >/dev/null" && in_root sh -c "[ \"\$(stat -c '%a %U %G' $file)\" = '640 root gate64' ]" &&
        who_says "$had"
}
# The query log of dns64, and the names that it hands to the user of nat64d.
queries_rotated() {
    local file=/var/log/gate64-dns/queries.json
    conf "dns64: { query-log = \"$file\"; };"
    in_root systemctl reload dns64 && works || return 1
    lab_wait 5 in_root grep -q api.legacy.example $file && in_root logrotate -f -s /run/logrotate.state "$rotate" && works || return 1
    lab_wait 5 in_root grep -q api.legacy.example $file && in_root sh -c "ls $file.1* >/dev/null" || { in_root ls -l /var/log/gate64-dns; journal -u dns64 -n 20; return 1; }
    in_root sh -c "[ \"\$(stat -c '%a %U %G' $file)\" = '640 gate64-dns gate64-dns' ]"
}
names_for_nat64d() {
    in_root ls -l /run/gate64/dns64
    in_root sh -c "[ \"\$(stat -c '%a %U %G' /run/gate64/dns64/names)\" = '660 gate64-dns gate64' ]" || { journal -u dns64 -n 20; return 1; }
    in_root setpriv --reuid=gate64 --regid=gate64 --clear-groups gate64 names | grep api.legacy.example
}
stop_takes_away() { # UNIT...
    in_root systemctl stop "$@" || return 1
    state >"$LAB_DIR/after"
    journal -u nat64d -u gate64-host -n 20
    diff "$LAB_DIR/before" "$LAB_DIR/after" && [ "$(show nat64d ActiveState)" = inactive ] &&
        [ "$(show gate64-host Result)" = success ] && ! in_root ls /run/gate64/nat64d/state
}
host_alone() { # takes nat64d along, before it takes anything away
    in_root systemctl start nat64d && lab_wait 10 translates && stop_takes_away gate64-host
}

lab_network && lab_services && lay >"$LAB_DIR/lay.log" 2>&1 || { tail -20 "$LAB_DIR/lay.log"; echo "Bail out! no lab"; exit 1; }
head -c $BIG /dev/urandom >"$LAB_DIR/www/big"
boot || { cat "$LAB_DIR/nspawn.log"; echo "Bail out! it does not boot"; exit 1; }
config=$(in_root nat64d -h | sed -n 's/.*(default \(.*\)).*/\1/p')
rotate=$(dirname "$(dirname "$config")")/logrotate.d/gate64
state >"$LAB_DIR/before"

t_plan 19
t "systemd-analyze verify finds nothing" verified
t "the units start without a configuration file" started
t "IPv4 is reached by a name, from the shared address" works
t "SEC-60 the users and capabilities" privileges
t "the service manager holds the descriptors" store
t "a download survives systemctl restart" survives restart
t "a download survives kill -9 of the keeper" survives kill_keeper
t "a download survives kill -9 of the translator" survives kill_translator
ANEW=yes t "a download survives systemctl stop and start, and the host stays set up" survives stop_start
t "a translator that hangs is ended by the watchdog, and the download goes on" watchdog
t "twelve kills in a row do not end the service" many_kills
t "systemctl reload brings the file into force" reload
t "systemctl reload with a bad file changes nothing" bad_reload
t "the event log in the journal, and gate64 who from it" events_in_journal
t "SEC-63 the event log in a file, turned by logrotate, and gate64 who from both" events_rotated
t "SEC-63 the query log of dns64, turned by logrotate" queries_rotated
t "SEC-61 the names of dns64 are for the user of nat64d" names_for_nat64d
t "systemctl stop nat64d gate64-host leaves no device, rule, route" stop_takes_away nat64d gate64-host
t "systemctl stop gate64-host alone does too" host_alone
exit $t_failed
