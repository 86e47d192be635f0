#!/usr/bin/env python3
"""The files of nat64d_reload.sh: one for each key that a reload may change, and wrong ones.

reload_files.py keys NAT64D        whether each key of the schema is covered here
reload_files.py write N FILE STATE writes file N; prints "good" or "bad LINE TEXT-OF-THE-ERROR"
reload_files.py restart-keys       the keys that need a restart
reload_files.py restart NAME FILE STATE writes the base with another value of such a key; prints its line
reload_files.py base FILE STATE [KEY=VALUE...]
"""
import re
import subprocess
import sys
import tempfile

A, B, C = "192.31.196.16/31", "192.31.196.18", "192.31.196.19"
SHOP = '{ name = "shop"; protocol = "tcp"; ipv4 = "192.31.196.17#8080"; ipv6 = "2001:db8:2::2#80"; }'
BASE = {
    "backends": '["2001:db8:2::/64", "2001:db8:3:0:1::/80"]',
    "pref64": '( { prefix = "64:ff9b::/96"; } )',
    "pools": '( { name = "main"; address = "%s"; } )' % A,
    "static": "( %s )" % SHOP,
    "dns64.upstream": '["192.52.193.53"]',
    "nat64.workers": "2",
}
TWO_POOLS = '( { name = "main"; address = "%s"; }, { name = "more"; address = "%s"; %%s } )' % (A, C)
SECOND = '( %s, { name = "%%s"; protocol = "%%s"; ipv4 = "%%s"; ipv6 = "%%s"; } )' % SHOP
SECOND_IS = ("second", "tcp", "192.31.196.16#8081", "2001:db8:2::2#81")


def second(index, value):
    return SECOND % (SECOND_IS[:index] + (value,) + SECOND_IS[index + 1:])


# Key: the settings that show it, other than BASE; traffic from pi2 and pi3 to the service goes on under each.
KEYS = {
    "backends": {"backends": '["2001:db8:2::/64"]'},
    "log.level": {"log.level": '"debug"'},
    "log.events": {"log.events": '"journal"'},
    "log.event-destinations": {"log.events": '"/tmp/gate64-events"', "log.event-destinations": "true"},
    "log.event-addresses": {"log.event-addresses": "true"},
    "log.event-rate": {"log.event-rate": "7"},
    "pref64[].prefix": {"pref64": '( { prefix = "64:ff9b::/96"; }, { prefix = "2001:db8:64::/96"; } )'},
    "pref64[].allow-ipv4": {"pref64": '( { prefix = "64:ff9b::/96"; allow-ipv4 = ["10.0.0.0/8"]; } )'},
    "pref64[].for-ipv4": {"pref64": '( { prefix = "64:ff9b::/96"; }, '
                                    '{ prefix = "2001:db8:64::/96"; for-ipv4 = ["198.51.100.0/24"]; } )'},
    "deny-ipv4": {"deny-ipv4": '["198.51.100.0/24"]'},
    "pools[].name": {"pools": '( { name = "another name"; address = "%s"; } )' % A},
    "pools[].address": {"pools": '( { name = "other"; address = "%s"; } )' % B, "static": "()"},
    "pools[].ports": {"pools": TWO_POOLS % 'ports = ["2000-2999", "4000-4999"];'},
    "pools[].shared": {"pools": '( { name = "main"; address = "%s"; }, '
                                '{ name = "uplink"; address = "uplink"; shared = true; } )' % A},
    "pools[].for": {"pools": TWO_POOLS % 'for = ["2001:db8:9::/48"];'},
    "static[].name": {"static": second(0, "third")},
    "static[].protocol": {"static": second(1, "udp")},
    "static[].ipv4": {"static": second(2, "192.31.196.16#8082")},
    "static[].ipv6": {"static": second(3, "2001:db8:2::2#82")},
    "static[].from": {"static": "( %s, { name = \"second\"; protocol = \"tcp\"; ipv4 = \"192.31.196.16#8081\"; "
                                "ipv6 = \"2001:db8:2::2#81\"; from = [\"192.52.193.0/24\"]; } )" % SHOP},
    "eam": {"eam": '( { ipv4 = "192.31.197.0/30"; ipv6 = "2001:db8:7::/126"; } )'},
    "nat64.keep": {"nat64.keep": "true"},
    "nat64.conntrack": {"nat64.conntrack": "true"},
    "nat64.snapshot": {"nat64.snapshot": '"/tmp/gate64-snapshot"'},
    "nat64.snapshot-minutes": {"nat64.snapshot": '"/tmp/gate64-snapshot"', "nat64.snapshot-minutes": "7"},
    "nat64.ipv4-mtu": {"nat64.ipv4-mtu": "1400"},
    "nat64.ipv6-mtu": {"nat64.ipv6-mtu": "1400"},
    "nat64.lowest-ipv6-mtu": {"nat64.lowest-ipv6-mtu": "1300"},
}
for name, value in {
    "filtering.tcp": '"endpoint-independent"', "filtering.udp": '"endpoint-independent"',
    "filtering.icmp": '"endpoint-independent"', "timeouts.udp": 130, "timeouts.udp-dns": 9,
    "timeouts.tcp-established": 7300, "timeouts.tcp-opening": 33, "timeouts.tcp-closing": 34,
    "timeouts.tcp-closing-full": 12, "timeouts.tcp-incoming-syn": 7, "timeouts.icmp": 61, "timeouts.fragment": 3,
    "timeouts.hold-down": 0, "limits.fragments": 128, "limits.backend-port-block": 256,
    "limits.backend-prefix": 64, "limits.network-prefix": 48, "limits.ports-per-backend": 900,
    "limits.sessions-per-backend": 901, "limits.new-sessions-per-second": 902,
    "limits.new-sessions-per-second-per-network": 903, "limits.ports-per-network": 904,
    "limits.sessions-per-network": '"31%"', "limits.unanswered-per-network": 906, "icmp-errors.send": "false",
    "pings": "false", "icmp-errors.relayed-per-second": 778, "icmp-errors.relayed-per-second-per-network": 779,
    "translation.ipv4-tos": 32, "translation.ipv6-traffic-class": 0,
    "translation.icmp-source-ipv4": '["192.31.196.24/29"]', "icmp-errors.refusals-per-second": 777, "icmp-errors.per-second": 77, "icmp-errors.per-second-per-network": 7,
    "translation.zero-traffic-class": "true", "translation.udp-zero-checksum": '"drop"',
    "translation.mss-clamp": "false", "translation.eam-hairpin": '"simple"', "refresh": '"outbound"',
    "tcp.check-window": "false", "tcp.reset-after-fin": "true", "tcp.reset-while-opening": "false",
    "tcp.probe": '"both"',
}.items():
    KEYS["nat64." + name] = {"nat64." + name: str(value)}

# Needs a restart: another value.
RESTART = {
    "log.sink": '"stderr"', "user": '"nobody"', "state-dir": '"/tmp/elsewhere"', "nat64.tun": '"other"',
    "nat64.workers": "1", "nat64.max-sessions": "5000",
}
# Wrong: the key, its value, a part of the error.
WRONG = [
    ("nat64.timeouts.udp", "119", "wrong value 119"),
    ("nat64.timeouts.udpp", "300", "unknown"),
    ("nat64.limits.sessions-per-backend", '"101%"', "wrong value"),
    ("pools", '( { address = "192.31.196.16/31"; }, { address = "192.31.196.17"; } )', "pool overlaps"),
    ("static", '( { protocol = "tcp"; ipv4 = "203.0.113.1#80"; ipv6 = "2001:db8:2::2#80"; } )', "in no pool"),
    ("nat64.filtering.udp", '"sideways"', "wrong value"),
    ("nat64.workers", "1", "nat64.workers cannot change without a restart"),
    ("deny-ipv4", '["192.0.2.0/33"]', "wrong value"),
    ("dns64.edns-size", "1", "wrong value"),
]


def lines_of(values):
    """One setting a line, in the order of its groups; (path, text)."""
    depth = []
    for path in sorted(values, key=lambda p: (p.count(".") > 0, p)):
        groups = path.split(".")[:-1]
        while depth != groups[:len(depth)]:
            depth.pop()
            yield None, "};"
        while len(depth) < len(groups):
            depth.append(groups[len(depth)])
            yield None, depth[-1] + ": {"
        yield path, "%s = %s;" % (path.split(".")[-1], values[path])
    for _ in depth:
        yield None, "};"


def write(values, name, state):
    values = {"state-dir": '"%s"' % state, **values}
    lines = list(lines_of(values))
    with open(name, "w") as out:
        out.write("\n".join(text for _, text in lines) + "\n")
    return {path: number + 1 for number, (path, _) in enumerate(lines)}


def file_number(number):
    """Every third is wrong; the others go through the keys."""
    if number % 3 == 2:
        key, value, text = WRONG[number // 3 % len(WRONG)]
        return {**BASE, key: value}, key, text
    names = list(KEYS)
    return {**BASE, **KEYS[names[(number - number // 3) % len(names)]]}, None, None


def keys_of(nat64d):
    depth = []
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("static = ( %s ); pools = ( { address = \"%s\"; } );" % (SHOP, A))
        file.flush()
        text = subprocess.run([nat64d, "-T", "-c", file.name], capture_output=True, text=True, check=True).stdout
    group = None
    for line in text.splitlines():
        if line.strip() in ("};",):
            depth.pop()
        elif (match := re.fullmatch(r"\s*(\S+): {", line)):
            depth.append(match[1])
        elif (match := re.fullmatch(r"(\S+) = \(", line)):
            group = match[1]
        elif line.startswith("    {"):
            yield from ("%s[].%s" % (group, key) for key in re.findall(r"(\S+) = ", line))
        elif (match := re.match(r"\s*(\S+) = ", line)):
            yield ".".join(depth + [match[1]])


def main():
    what = sys.argv[1]
    if what == "keys":
        keys = [key for key in keys_of(sys.argv[2]) if not key.startswith("dns64.")]
        missing = [key for key in keys if key not in KEYS and key not in RESTART]
        print(len(keys), "keys;", "missing:" if missing else "all covered", *missing)
        return len(missing)
    if what == "restart-keys":
        print(*RESTART)
    elif what == "restart":
        values = {**BASE, sys.argv[2]: RESTART[sys.argv[2]]}
        state = values.pop("state-dir", '"%s"' % sys.argv[4]).strip('"')
        print(write(values, sys.argv[3], state)[sys.argv[2]])
    elif what == "base":
        values = dict(BASE)
        for setting in sys.argv[4:]:
            key, _, value = setting.partition("=")
            values[key] = value
        write(values, sys.argv[2], sys.argv[3])
    else:
        values, key, text = file_number(int(sys.argv[2]))
        where = write(values, sys.argv[3], sys.argv[4])
        print("good" if key is None else "bad %d %s" % (where[key], text))
    return 0


sys.exit(main())
