# The lab: network namespaces with real programs, for tests, the demo and benchmarks. Source it.
#
#   pi2 --- 2001:db8:2::/64 ---------.                                         .-- 192.52.193.0/24 ---.
#                                     gw --- 192.31.196.0/28 --- r4 (router) --|                       legacy
#   pi3 --- (1280) --- r6 (router) --'  pool 192.31.196.16/30                  '-- 192.175.48.0/24 ---'
#   2001:db8:3:0:1::2   2001:db8:3::/64                                            (MTU 1300)
#
#   out: a host of a network that is not in `backends`: 2001:db8:66::/64, behind r6
#
# Everything is named $LAB-something and lives in files under $LAB_DIR; lab_down ends the processes that lab_up
# started, by their numbers, and removes both.

LAB=${LAB:-g64-$$}
LAB_DIR=${LAB_DIR:-${TMPDIR:-/tmp}/$LAB}
G64_BUILD=${G64_BUILD:-$PWD}
LAB_NAMES="pi2 pi3 r6 out gw r4 legacy"
LAB_POOL=192.31.196.16/30
LAB_SERVICE=192.52.193.10
LAB_NARROW=192.175.48.10
LAB_GW4=192.31.196.1

lab_in() { # NAME CMD...: runs CMD in a namespace, with its own resolv.conf
    local name=$1
    shift
    ip netns exec "$LAB-$name" "$@"
}

lab_spawn() { # NAME LOG CMD...: starts CMD in the background and remembers it
    local name=$1 log=$2
    shift 2
    ip netns exec "$LAB-$name" "$@" >"$LAB_DIR/$log.log" 2>&1 &
    echo $! >>"$LAB_DIR/pids"
    LAB_PID=$!
}

lab_wait() { # SECONDS CMD...: until CMD succeeds, bounded
    local tries=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.1
    done
}

lab_end() { # PID: ends a process of ours and waits for it
    local tries=100
    kill "$1" 2>/dev/null || return 0
    while kill -0 "$1" 2>/dev/null && [ $tries -gt 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
    kill -9 "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    return 0
}

lab_link() { # NAME-A IF-A NAME-B IF-B [MTU]
    ip link add "$2" netns "$LAB-$1" type veth peer name "$4" netns "$LAB-$3"
    if [ -n "${5:-}" ]; then
        lab_in "$1" ip link set "$2" mtu "$5"
        lab_in "$3" ip link set "$4" mtu "$5"
    fi
    lab_in "$1" ip link set "$2" up
    lab_in "$3" ip link set "$4" up
}

lab_network() {
    local name
    for name in $LAB_NAMES; do
        ip netns add "$LAB-$name"
        lab_in "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
        lab_in "$name" ip link set lo up
        mkdir -p "/etc/netns/$LAB-$name"
    done
    lab_link pi2 eth0 gw pi2
    lab_link r6 wan gw r6
    lab_link pi3 eth0 r6 pi3
    lab_link out eth0 r6 out
    lab_link gw wan r4 gw
    lab_link r4 wide legacy wide
    lab_link r4 narrow legacy narrow 1300

    lab_in gw ip -6 addr add 2001:db8:2::1/64 dev pi2 nodad
    lab_in gw ip -6 addr add 2001:db8:3::1/64 dev r6 nodad
    lab_in gw ip -6 route add 2001:db8:3:0:1::/80 via 2001:db8:3::2
    lab_in gw ip -6 route add 2001:db8:66::/64 via 2001:db8:3::2
    lab_in gw ip addr add $LAB_GW4/28 dev wan
    lab_in gw ip route add default via 192.31.196.2

    lab_in pi2 ip -6 addr add 2001:db8:2::2/64 dev eth0 nodad
    lab_in pi2 ip -6 route add default via 2001:db8:2::1
    lab_in pi3 ip -6 addr add 2001:db8:3:0:1::2/80 dev eth0 nodad
    lab_in pi3 ip -6 route add default via 2001:db8:3:0:1::1
    lab_in out ip -6 addr add 2001:db8:66::2/64 dev eth0 nodad
    lab_in out ip -6 route add default via 2001:db8:66::1
    lab_in r6 sysctl -qw net.ipv6.conf.all.forwarding=1
    lab_in r6 ip -6 addr add 2001:db8:3::2/64 dev wan nodad
    lab_in r6 ip -6 addr add 2001:db8:3:0:1::1/80 dev pi3 nodad
    lab_in r6 ip -6 addr add 2001:db8:66::1/64 dev out nodad
    lab_in r6 ip -6 route add default via 2001:db8:3::1
    # pi3 thinks that its link carries 1500 bytes; r6 passes 1280 and says so.
    lab_in r6 ip -6 route replace 2001:db8:3:0:1::2/128 dev pi3 mtu lock 1280

    lab_in r4 sysctl -qw net.ipv4.ip_forward=1
    lab_in r4 ip addr add 192.31.196.2/28 dev gw
    lab_in r4 ip addr add 192.52.193.1/24 dev wide
    lab_in r4 ip addr add 192.175.48.1/24 dev narrow
    lab_in r4 ip route add $LAB_POOL via $LAB_GW4
    lab_in legacy ip addr add $LAB_SERVICE/24 dev wide
    lab_in legacy ip addr add 192.52.193.53/24 dev wide
    lab_in legacy ip addr add $LAB_NARROW/24 dev narrow
    lab_in legacy ip route add 192.31.196.0/24 via 192.52.193.1
    # Answers from the narrow address leave by the narrow link.
    lab_in legacy ip rule add from $LAB_NARROW table 48
    lab_in legacy ip route add default via 192.175.48.1 table 48
    for name in pi2 pi3 out; do
        echo "nameserver 2001:db8:2::1" >"/etc/netns/$LAB-$name/resolv.conf"
    done
    echo "nameserver 2001:db8:2::1" >"/etc/netns/$LAB-gw/resolv.conf"
    echo "nameserver 192.52.193.53" >"/etc/netns/$LAB-legacy/resolv.conf"
}

lab_certificates() {
    local dir=$LAB_DIR/tls
    mkdir -p "$dir"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=lab authority" \
        -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=api.legacy.example" \
        -keyout "$dir/api.key" -out "$dir/api.csr" 2>/dev/null
    printf 'subjectAltName=DNS:api.legacy.example,DNS:*.legacy.example\n' >"$dir/san"
    openssl x509 -req -in "$dir/api.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
        -extfile "$dir/san" -out "$dir/api.pem" 2>/dev/null
}

lab_nginx() {
    mkdir -p "$LAB_DIR/www" "$LAB_DIR/nginx" "$LAB_DIR/www/put"
    chmod 777 "$LAB_DIR/www/put"
    echo "hello from the IPv4-only service" >"$LAB_DIR/www/index.html"
    cat >"$LAB_DIR/nginx.conf" <<END
daemon off; master_process off; worker_processes 1; user root;
pid $LAB_DIR/nginx.pid; error_log $LAB_DIR/nginx-error.log;
events { worker_connections 4096; }
http {
    access_log off; sendfile on; client_max_body_size 0; client_body_temp_path $LAB_DIR/nginx/body;
    proxy_temp_path $LAB_DIR/nginx/proxy; fastcgi_temp_path $LAB_DIR/nginx/f; uwsgi_temp_path $LAB_DIR/nginx/u;
    scgi_temp_path $LAB_DIR/nginx/s;
    log_format messages '\$remote_addr \$remote_port \$request_body';
    server {
        listen 80 backlog=4096; listen 443 ssl backlog=4096; root $LAB_DIR/www;
        ssl_certificate $LAB_DIR/tls/api.pem; ssl_certificate_key $LAB_DIR/tls/api.key;
        location / { }
        location /put/ { dav_methods PUT; client_body_in_file_only off; }
        location = /from { return 200 "\$remote_addr \$remote_port\n"; }
        location = /message {
            access_log $LAB_DIR/messages.log messages;
            proxy_set_header X-From "\$remote_addr"; proxy_pass http://127.0.0.1:8081/;
        }
    }
    server { listen 127.0.0.1:8081; location / { return 200 "received from \$http_x_from\n"; } }
    ${LAB_NGINX:-}
}
END
    lab_spawn legacy nginx nginx -c "$LAB_DIR/nginx.conf"
}

lab_unbound() {
    cat >"$LAB_DIR/unbound.conf" <<END
server:
    interface: 192.52.193.53
    access-control: 0.0.0.0/0 allow
    username: ""
    chroot: ""
    directory: "$LAB_DIR"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    module-config: "iterator"
    root-hints: "$LAB_DIR/hints"
auth-zone:
    name: "legacy.example."
    zonefile: "$LAB_DIR/legacy.zone"
    for-downstream: no
    for-upstream: yes
    fallback-enabled: no
auth-zone:
    name: "193.52.192.in-addr.arpa."
    zonefile: "$LAB_DIR/reverse.zone"
    for-downstream: no
    for-upstream: yes
    fallback-enabled: no
END
    echo ". 3600 IN NS ns.root.invalid." >"$LAB_DIR/hints"
    cat >"$LAB_DIR/legacy.zone" <<END
\$ORIGIN legacy.example.
\$TTL 300
@ IN SOA ns host 1 3600 900 86400 60
@ IN NS ns
ns IN A 192.52.193.53
api IN A $LAB_SERVICE
narrow IN A $LAB_NARROW
dual IN A $LAB_SERVICE
dual IN AAAA 2001:db8:99::10
six IN AAAA 2001:db8:99::6
mapped IN AAAA ::ffff:192.52.193.10
mapped IN A $LAB_SERVICE
www IN CNAME site
site IN CNAME api
lost IN CNAME nowhere
private IN A 10.1.2.3
text IN TXT hello
*.wild IN A $LAB_SERVICE
END
    for i in $(seq 1 40); do
        echo "large IN A 192.175.48.$((i + 100))"
        echo "large IN TXT \"line $i of a long answer that does not fit a datagram\""
    done >>"$LAB_DIR/legacy.zone"
    cat >"$LAB_DIR/reverse.zone" <<END
\$ORIGIN 193.52.192.in-addr.arpa.
\$TTL 300
@ IN SOA ns.legacy.example. host.legacy.example. 1 3600 900 86400 60
@ IN NS ns.legacy.example.
10 IN PTR api.legacy.example.
END
    lab_spawn legacy unbound unbound -c "$LAB_DIR/unbound.conf"
}

lab_services() {
    lab_certificates
    lab_nginx
    lab_unbound
    lab_spawn legacy udp-echo socat -b 9000 UDP4-RECVFROM:7777,fork,reuseaddr PIPE
    lab_spawn legacy tcp-echo socat TCP4-LISTEN:7778,fork,reuseaddr,backlog=1024 PIPE
    lab_spawn legacy iperf3 iperf3 -s
    lab_wait 20 lab_in legacy curl -s -o /dev/null http://127.0.0.1/ || return 1
    lab_wait 20 lab_in legacy dig +time=1 +tries=1 +short @192.52.193.53 api.legacy.example A || return 1
}

# Where backends appear, and where IPv4 finds the one that publishes a service: LAB_SHARED=yes leaves the pools out
# of the file, so that the gateway's own address is shared.
if [ -n "${LAB_SHARED:-}" ]; then
    LAB_ADDRESSES=$LAB_GW4 LAB_SHOP=$LAB_GW4
else
    LAB_ADDRESSES="192.31.196.16 192.31.196.17 192.31.196.18 192.31.196.19" LAB_SHOP=192.31.196.17
fi

lab_config() { # the file: pool, static bindings (LAB_STATIC: more), upstream, what a test adds in LAB_CONFIG, LAB_NAT64, LAB_DNS64
    {
        echo "state-dir = \"$LAB_DIR/state\";"
        [ -n "${LAB_SHARED:-}" ] || echo "pools = ( { name = \"main\"; address = \"$LAB_POOL\"; } );"
        echo "static = ( { name = \"shop\"; protocol = \"tcp\"; ipv4 = \"$LAB_SHOP#8080\"; ipv6 = \"2001:db8:2::2#80\"; }${LAB_STATIC:+, $LAB_STATIC} );"
        echo "${LAB_CONFIG:-}"
        echo "dns64: { upstream = [\"192.52.193.53\"]; ${LAB_DNS64:-} };"
        echo "nat64: { ${LAB_NAT64:-} };"
    } >"$LAB_DIR/gate64.conf"
}

lab_state() { # a tmpfs, as /run is on a real host
    mkdir -p "$LAB_DIR/state"
    mount -t tmpfs -o size=${LAB_STATE_SIZE:-1g},mode=755 tmpfs "$LAB_DIR/state"
}

lab_translates() { # the translator answers, not the keeper in its place
    lab_in gw curl -sf -m 2 -o /dev/null --unix-socket "$LAB_DIR/state/nat64d/control" http://gate64/v1/status
}

lab_translator() { pgrep -P "$NAT64D_PID" -f -- --translator; } # its process number

lab_nat64d() {
    mountpoint -q "$LAB_DIR/state" || lab_state || return 1
    lab_spawn gw nat64d ${LAB_WRAP:-} "${LAB_NAT64D:-$G64_BUILD/nat64d/nat64d}" -c "$LAB_DIR/gate64.conf" -f
    NAT64D_PID=$LAB_PID
    lab_wait 20 lab_translates
}

lab_dns64() {
    lab_spawn gw dns64 "$G64_BUILD/dns64/dns64" -c "$LAB_DIR/gate64.conf" -f
    DNS64_PID=$LAB_PID
    lab_wait 20 test -S "$LAB_DIR/state/dns64/control"
}

lab_up() { # network, services, both daemons
    mkdir -p "$LAB_DIR"
    chmod 755 "$LAB_DIR"
    lab_network && lab_services || return 1
    lab_config
    lab_nat64d || { cat "$LAB_DIR/nat64d.log" >&2; return 1; }
    lab_dns64 || { cat "$LAB_DIR/dns64.log" >&2; return 1; }
}

lab_down() {
    local pid name
    [ -f "$LAB_DIR/pids" ] && for pid in $(tac "$LAB_DIR/pids"); do
        lab_end "$pid"
    done
    for name in $LAB_NAMES; do
        ip netns del "$LAB-$name" 2>/dev/null
        rm -rf "/etc/netns/$LAB-$name"
    done
    mountpoint -q "$LAB_DIR/state" && umount "$LAB_DIR/state"
    rm -rf "$LAB_DIR"
}

gate64() { lab_in gw "$G64_BUILD/gate64/gate64" -c "$LAB_DIR/gate64.conf" "$@"; }

# TAP: t_plan N, then t ID-AND-TEXT CMD... for each test.
t_number=0
t_failed=0
t_plan() { echo "1..$1"; }
t_skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}
t() { # NAME CMD...
    local name=$1
    shift
    t_number=$((t_number + 1))
    if "$@" >"$LAB_DIR/t.out" 2>&1; then
        echo "ok $t_number - $name"
    else
        echo "not ok $t_number - $name"
        t_failed=1
        sed 's/^/# /' "$LAB_DIR/t.out" | tail -30
    fi
}
