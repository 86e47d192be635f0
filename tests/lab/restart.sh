#!/bin/bash
# A restart that nobody notices: HTTPS downloads run on while translator and keeper are killed, reloaded, stopped and
# started, and replaced by a version with another layout of the state. Each download is one TCP connection, which the
# server sees from one port from first to last. LAB_FULL=yes: 200 downloads, ten times each.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR/bin"
: >"$LAB_DIR/figures"
chmod 755 "$LAB_DIR" "$LAB_DIR/bin"
source=${G64_SOURCE:-$PWD}
shared=${LAB_SHARED:-}
downloads=60 rounds=3 seconds=6
[ -z "${LAB_FULL:-}" ] || downloads=200 rounds=10 seconds=60
rate=50000 # bytes a second, of one download

config() { # UDP-TIMEOUT
    lab_config
    sed -i "/^static/d; s/^nat64:.*/nat64: { timeouts: { udp = $1; }; };/" "$LAB_DIR/gate64.conf"
    [ -z "$shared" ] || sed -i "s/^pools.*/pools = ( { name = \"own\"; address = \"$LAB_GW4\"; shared = true; } );/" "$LAB_DIR/gate64.conf"
}
service() { # what is downloaded, and one line a request about who did
    mkdir -p "$LAB_DIR/www"
    head -c $((rate * (seconds + 3 + downloads / 40))) /dev/urandom >"$LAB_DIR/www/slow"
    sha256sum <"$LAB_DIR/www/slow" >"$LAB_DIR/slow.sum"
    LAB_NGINX="
    log_format slow '\$remote_addr \$remote_port \$connection \$connection_requests \$status \$body_bytes_sent \$msec';
    server {
        listen 8443 ssl backlog=4096; root $LAB_DIR/www; limit_rate $rate; access_log $LAB_DIR/slow.log slow;
        ssl_certificate $LAB_DIR/tls/api.pem; ssl_certificate_key $LAB_DIR/tls/api.key;
    }"
    lab_certificates && lab_nginx
}
newer() { # the program with another layout of the state, built as the first was
    local folder=$LAB_DIR/newer
    mkdir "$folder" && (
        cd "$source" && cp -r configure configure.ac aclocal.m4 build-aux config.h.in Makefile.am Makefile.in README.md \
            common dns64 doc gate64 man nat64d packaging pool scripts tests "$folder"
    ) && patch -s -d "$folder" -p1 <"$source/tests/lab/session_field.patch" &&
        (cd "$folder" && eval "./configure -q $("$G64_BUILD/config.status" --config)" && make -j2 nat64d/nat64d) >"$LAB_DIR/newer.log" 2>&1 ||
        { tail -20 "$LAB_DIR/newer.log"; return 1; }
}
up() {
    cp "$G64_BUILD/nat64d/nat64d" "$LAB_DIR/bin/nat64d"
    lab_state && config 300
    lab_spawn gw nat64d "$source/tests/lab/supervise" "$LAB_DIR" "$LAB_DIR/bin/nat64d" -c "$LAB_DIR/gate64.conf" -f --keep
    lab_wait 20 lab_translates
}

keeper() { cat "$LAB_DIR/keeper"; }
translator() { pgrep -P "$(keeper)" -f -- --translator; }
another_keeper() { [ "$(keeper)" != "$1" ]; }
kill_translator() { kill -9 "$(translator)"; }
kill_keeper() { kill -9 "$(keeper)"; }
kill_both() { kill -9 "$(keeper)" "$(translator)"; }
reload() { # ROUND
    config $((300 + $1))
    gate64 reload nat64d
}
stop_and_start() { kill -TERM "$(keeper)"; }
upgrade() {
    cp "$LAB_DIR/newer/nat64d/nat64d" "$LAB_DIR/bin/nat64d.new" && mv "$LAB_DIR/bin/nat64d.new" "$LAB_DIR/bin/nat64d" &&
        gate64 upgrade
}
# What shows that the round happened: another process, or the configuration in force.
mark() { # WHAT
    case $1 in
    reload) lab_in gw curl -s --unix-socket "$LAB_DIR/state/nat64d/control" http://gate64/v1/settings | cksum ;;
    *) translator ;;
    esac
}
happened() { # WHAT MARK
    lab_translates && [ "$(mark "$1")" != "$2" ]
}

start_downloads() {
    : >"$LAB_DIR/slow.log"
    rm -rf "$LAB_DIR/got"
    mkdir "$LAB_DIR/got"
    local i
    for i in $(seq 1 $downloads); do
        # No --retry: a broken connection is an error.
        lab_in pi2 curl -sS -m $((seconds * 3 + 30)) --cacert "$LAB_DIR/tls/ca.pem" -o "$LAB_DIR/got/$i" \
            -w '%{http_code} %{num_connects} %{errormsg}\n' \
            --connect-to "::[$SERVICE6]:" https://api.legacy.example:8443/slow >"$LAB_DIR/got/$i.said" 2>&1 &
        clients+=($!)
    done
}
established() { [ "$(lab_in legacy ss -Htn state established 'sport = :8443' | wc -l)" -ge $downloads ]; }
one_port_each() { # the server's lines: whole, one a connection, none on a port of another
    local address='^192[.]31[.]196[.]1[6-9]$'
    [ -z "$shared" ] || address="^${LAB_GW4//./[.]}\$"
    awk -v address="$address" -v n=$downloads -v len="$(stat -c %s "$LAB_DIR/www/slow")" '
        $1 !~ address || $4 != 1 || $5 != 200 || $6 != len || ports[$2]++ || connections[$3]++ { print; bad = 1 }
        END { if (NR != n) print NR " requests"; exit bad || NR != n }' "$LAB_DIR/slow.log"
}
checked() { # every download is whole
    local i r=0
    for i in $(seq 1 $downloads); do
        [ "$(cat "$LAB_DIR/got/$i.said")" = "200 1 " ] && sha256sum <"$LAB_DIR/got/$i" | cmp -s - "$LAB_DIR/slow.sum" && continue
        echo "download $i: $(cat "$LAB_DIR/got/$i.said"), $(stat -c %s "$LAB_DIR/got/$i") bytes"
        r=1
    done
    return $r
}
unnoticed() { # WHAT...: rounds of it, spread over the time that the downloads take
    local what=$1 clients=() i pid begin now last before took longest=0 r=0
    start_downloads
    lab_wait 20 established || { echo "no $downloads connections"; cat "$LAB_DIR/got/1.said"; kill "${clients[@]}"; return 1; }
    begin=$(date +%s%N)
    for i in $(seq 1 $rounds); do
        before=$(mark "$what")
        now=$(date +%s%N)
        "$what" "$i" || { echo "round $i: $what failed"; r=1; break; }
        lab_wait 15 happened "$what" "$before" || { echo "round $i: nat64d does not come back"; r=1; break; }
        took=$((($(date +%s%N) - now) / 1000000))
        [ $took -le $longest ] || longest=$took
        last=$(date +%s.%N)
        while [ $(($(date +%s%N) - begin)) -lt $((i * seconds * 1000000000 / rounds)) ]; do sleep 0.05; done
    done
    for pid in "${clients[@]}"; do wait "$pid" || r=1; done
    echo "# $what: $rounds rounds beside $downloads downloads in $((($(date +%s%N) - begin) / 1000000000)) s; each back after at most $longest ms" >>"$LAB_DIR/figures"
    checked && one_port_each || r=1
    awk -v last="$last" '$7 < last { early++ } END { if (early) print early " downloads ended before the last round"; exit early > 0 }' "$LAB_DIR/slow.log" || r=1
    [ $r = 0 ] || tail -15 "$LAB_DIR/nat64d.log"
    return $r
}
told() { # WHAT, then its figure
    t "$2: $downloads downloads go on, $rounds times" unnoticed "$1"
    tail -n 1 "$LAB_DIR/figures"
}

lab_network && service || { echo "Bail out! no lab"; exit 1; }
t_plan 8
t "a version with one field more in each session is built" newer
t "nat64d starts" up
told kill_translator "SIGKILL of the translator"
told kill_keeper "SIGKILL of the keeper"
told kill_both "SIGKILL of both"
told reload "another configuration"
told stop_and_start "SIGTERM and start"
told upgrade "another version, with another layout"
exit $t_failed
