#!/bin/bash
# What reads bytes from outside: pure, and with a fuzz target that reaches it. A header names its own by `Fuzz: NAME`.
cd "${G64_SOURCE:-$PWD}" || exit 1
G64_BUILD=${G64_BUILD:-$PWD}
FOLDERS="common pool nat64d dns64 gate64"

tagged() { # prints HEADER TARGET for each header that names one
    grep -rHoE --include='*.h' '^ \* Fuzz: [a-z0-9_]+$' $FOLDERS | sed 's/:.*Fuzz: / /' | grep .
}
head_of() { # the first comment
    sed '/\*\//q' "$1"
}

# Code that takes bytes or text apart and nothing else: by its name, or by where it is.
untagged() {
    local header
    { grep -rlE --include='*.h' '\b[a-z0-9]+_parse[a-z0-9_]*\(' $FOLDERS; grep -lE "uint8_t \*|struct message" dns64/wire/*.h; ls nat64d/packet/parse.h; } | sort -u |
        while read -r header; do
            head_of "$header" | grep -q '^ \* Layer: pure' || continue
            head_of "$header" | grep -q '^ \* Fuzz: ' || echo "$header"
        done
}
all_tagged() {
    tagged && ! untagged | grep .
}
impure() {
    tagged | while read -r header target; do
        case $header in
        nat64d/packet/* | nat64d/rfc7915/* | dns64/wire/*) head_of "$header" | grep -q '^ \* Layer: pure' || echo "$header" ;;
        esac
    done
}
pure() {
    ! impure | grep .
}
# A module's functions begin with its name; of an archive only what is called is linked.
unreached() {
    tagged | while read -r header target; do
        nm --defined-only "$G64_BUILD/tests/fuzz/$target" | grep -qE " T $(basename "$header" .h)_" ||
            echo "$target does not reach $header"
    done
}
reached() {
    ! unreached | grep .
}
idle() {
    local source target
    for source in tests/fuzz/fuzz_*.c; do
        target=$(basename "$source" .c)
        tagged | grep -q " $target\$" || echo "$target is no header's"
        [ -n "$(ls "tests/fuzz/$target.in")" ] || echo "$target has nothing to begin with"
        sed -n '/^fuzz_programs/,/[^\\]$/p' tests/fuzz/local.mk | grep -qwF "tests/fuzz/$target" || echo "$target is not run"
    done
}
run() {
    ! idle | grep .
}

number=0
t() { # NAME CMD...
    local name=$1 out
    shift
    number=$((number + 1))
    if out=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        printf 'not ok %d - %s\n' "$number" "$name"
        sed 's/^/# /' <<<"$out"
    fi
}
echo 1..4
t "SEC-62 whatever parses names a fuzz target" all_tagged
t "SEC-62 parsers of packets and messages are pure" pure
t "SEC-62 each target reaches what it is for" reached
t "SEC-62 each target is run and has inputs" run
