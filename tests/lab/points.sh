# The points that hold in every arrangement; source it after lab.sh.
SERVICE6=64:ff9b::c034:c10a # 192.52.193.10
NARROW6=64:ff9b::c0af:300a  # 192.175.48.10, behind a link of 1300 bytes
BIG=${LAB_BIG:-1000000000}

in_pool() { # ADDRESS...: as the service wrote it down
    local address
    for address in $LAB_ADDRESSES; do
        [ "$1" != "$address" ] || return 0
    done
    echo "not in the pool: $1"
    return 1
}

point_https() { # NAME
    lab_in "$1" curl -sS -m 10 --cacert "$LAB_DIR/tls/ca.pem" https://api.legacy.example/ | grep -q "hello from" &&
        in_pool $(lab_in "$1" curl -sS -m 10 http://api.legacy.example/from)
}

big_file() {
    [ -f "$LAB_DIR/www/big" ] && return
    # A megabyte that no compression and no repetition within it helps, many times over.
    head -c 1000000 /dev/urandom >"$LAB_DIR/megabyte"
    local i
    for i in $(seq 1 $((BIG / 1000000))); do cat "$LAB_DIR/megabyte"; done >"$LAB_DIR/www/big"
    sha256sum <"$LAB_DIR/www/big" >"$LAB_DIR/big.sum"
}

point_download() {
    big_file
    lab_in pi2 curl -sS -m 120 http://api.legacy.example/big | sha256sum | cmp - "$LAB_DIR/big.sum"
}

point_upload() {
    big_file
    lab_in pi2 curl -sS -m 120 -T "$LAB_DIR/www/big" http://api.legacy.example/put/big || return 1
    sha256sum <"$LAB_DIR/www/put/big" | cmp - "$LAB_DIR/big.sum" || return 1
    rm -f "$LAB_DIR/www/put/big"
}

point_udp_echo() { # NAME SIZE...: the same bytes back
    lab_in "$1" python3 "${G64_SOURCE:-$PWD}/tests/lab/udp_ask.py" $SERVICE6 7777 "${@:2}"
}

point_ping() { lab_in "$1" ping -c 5 -i 0.2 -W 2 $SERVICE6 | tee /dev/stderr | grep -q " 0% packet loss"; }

counter() { # NAME [DAEMON]: its value
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/${2:-nat64d}/control" http://gate64/v1/counters |
        sed -n "s/.*\"name\":\"$1\",\"value\":\([0-9]*\).*/\1/p"
}
