#!/usr/bin/env python3
"""Writes tests/replay/dns64/made-*.replay; --check: exit 1 if a file is not what would be written.

Families of scenarios, with what must be answered as RFC 6147 5.1, 5.4 and 6604 say it; shares nothing with the product.
README.md in that folder has the language.
"""
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dns64")
HEAD = "# Made by tests/replay/dns64.py: change that.\n"
A, SYNTHETIC, REAL = "192.52.193.10", "64:ff9b::c034:c10a", "2001:db8:5::80"
A_TTL, SOA_TTL, NO_SOA_TTL, EXCLUDED_TTL, REAL_TTL = 3600, 300, 600, 200, 100
SOA = "example {} SOA ns.example. host.example. 1 3600 600 86400 {}"


def soa(ttl=SOA_TTL):
    return f"soa example {ttl} {ttl}"


def block(upstream, rules):
    return f"upstream {upstream} {{\n" + "".join(f"  {name} {kind} -> {items}\n" for name, kind, items in rules) + "}\n"


def expect(words, answer=(), authority=()):
    lines = [f"  answer {record}" for record in answer] + [f"  authority {record}" for record in authority]
    return "\n".join([f"expect {words}"] + lines) + "\n"


def scenario(title, *parts):
    return f"\nscenario {title}\n" + "".join(part if part.endswith("\n") else part + "\n" for part in parts)


# What an upstream says to AAAA and to A.
AAAA = {
    "data": f"answer @ {REAL_TTL} AAAA {REAL}",
    "mixed": f"answer @ {REAL_TTL} AAAA ::ffff:192.0.2.1; answer @ {REAL_TTL} AAAA {REAL}",
    "nodata": soa(),
    "nodata without SOA": "noerror",
    "excluded": f"answer @ {EXCLUDED_TTL} AAAA ::ffff:192.0.2.1",
    "nxdomain": "nxdomain; " + soa(),
    "servfail": "servfail", "refused": "refused", "formerr": "formerr", "notimp": "notimp", "silent": "silent",
}
A_SAYS = {
    "data": f"answer @ {A_TTL} A {A}",
    "nodata": soa(),
    "nxdomain": "nxdomain; " + soa(),
    "servfail": "servfail",
    "silent": "silent",
}
FAILED = ("servfail", "refused", "formerr", "notimp", "silent")
RCODES = {"nxdomain": "nxdomain", "servfail": "servfail", "refused": "refused"}


def synthetic_ttl(aaaa):
    return {"nodata": SOA_TTL, "excluded": EXCLUDED_TTL}.get(aaaa, NO_SOA_TTL)


def ids(aaaa, a):
    if aaaa in ("data", "mixed"):
        return "D64-5.1.1-01" if aaaa == "data" else "D64-5.1.4-02 D64-5.1.4-03"
    if aaaa == "nxdomain":
        return "D64-5.1.2-01 FAIL-03 LES-D-20"
    if a != "data":
        return "D64-5.1.6-02"
    return {"nodata": "D64-SYN-03", "nodata without SOA": "D64-SYN-04", "excluded": "D64-5.1.4-01 D64-SYN-06",
            "silent": "D64-5.1.3-01 D64-SYN-05 FAIL-01 LES-D-28"}.get(aaaa, "D64-5.1.2-02 D64-SYN-05")


def outcome(aaaa, a):
    """What the client gets: words, answer, authority (5.1.1 to 5.1.7, 5.4)."""
    name = "host.example"
    if aaaa in ("data", "mixed"):
        return "noerror in 0ms", [f"{name} {REAL_TTL} AAAA {REAL}"], []
    if aaaa == "nxdomain":
        return "nxdomain in 0ms", [], [SOA.format(SOA_TTL, SOA_TTL)]
    if a == "data":
        when = "within 2s" if aaaa == "silent" else "in 0ms"
        return f"noerror {when} ede 29", [f"{name} {synthetic_ttl(aaaa)} AAAA {SYNTHETIC}"], []
    if a == "nxdomain":
        return "nxdomain within 10s", [], [SOA.format(SOA_TTL, SOA_TTL)]
    if a == "nodata" and aaaa not in FAILED:  # 5.4: what the AAAA query gave
        return "noerror within 10s", [], [SOA.format(SOA_TTL, SOA_TTL)] if aaaa == "nodata" else []
    # RFC 8914 4.23: nobody could be reached only if nobody answered
    return "servfail within 10s" + (" ede 22" if a == "silent" or (aaaa, a) == ("silent", "nodata") else ""), [], []


def table():
    text = HEAD
    for aaaa, aaaa_says in AAAA.items():
        final = aaaa in ("data", "mixed", "nxdomain")
        for a, a_says in A_SAYS.items():
            words, answer, authority = outcome(aaaa, a)
            asked = "AAAA host.example" if final else "AAAA host.example, A host.example"
            parts = [block(1, [("host.example", "AAAA", aaaa_says), ("host.example", "A", a_says)]),
                     "ask AAAA host.example", expect(words, answer, authority)]
            if "silent" not in (aaaa, a):
                parts.append(f"expect upstream 1: {asked}")
            text += scenario(f"{ids(aaaa, a)} AAAA {aaaa}, A {a}", *parts)
    return text


def cname_chain(links):
    return [f"c{i}.example {50 + i} CNAME c{i + 1}.example" for i in range(links)], f"c{links}.example"


def dname_chain(links):
    """x.d0.example, where each d0, d1, ... is a DNAME for the next (RFC 6672 3)."""
    records = []
    for i in range(links):
        records += [f"d{i}.example {50 + i} DNAME d{i + 1}.example", f"x.d{i}.example {50 + i} CNAME x.d{i + 1}.example"]
    return records, f"x.d{links}.example"


def aliases(records):
    return "; ".join(f"answer {record}" for record in records)


def chain_scenarios(kind, links, make, start):
    records, end = make(links)
    alias = aliases(records)
    whole = links <= 16
    many = f"{links} {kind} link{'s' if links > 1 else ''}"
    ask = f"ask AAAA {start} +tcp"
    limit = "D64-5.1.5-01" if whole else "D64-5.4-06 LIM-06"
    broken = expect("servfail ede 0")

    def one(title, aaaa, a, answer, asked):
        rules = [(start, "AAAA", alias + "; " + aaaa)] + ([(start, "A", alias + "; " + a)] if a else [])
        return scenario(f"{title}", block(1, rules), ask, answer if whole else broken,
                        f"expect upstream 1: {asked if whole else 'AAAA ' + start}")

    both = f"AAAA {start}, A {start}"
    once = "LES-D-23 LES-D-24" if kind == "DNAME" else "LES-D-23"
    text = one(f"{limit} D64-5.1.6-03 {once} {many} to a name with A alone", soa(), f"answer {end} {A_TTL} A {A}",
               expect("noerror in 0ms ede 29", records + [f"{end} {SOA_TTL} AAAA {SYNTHETIC}"]), both)
    text += one(f"{limit} {many} to a name with AAAA", f"answer {end} {REAL_TTL} AAAA {REAL}", None,
                expect("noerror in 0ms", records + [f"{end} {REAL_TTL} AAAA {REAL}"]), f"AAAA {start}")
    text += one(f"{limit} D64-5.4-04 LES-D-20 {many} to a name that does not exist", "nxdomain; " + soa(), None,
                expect("nxdomain in 0ms", records, [SOA.format(SOA_TTL, SOA_TTL)]), f"AAAA {start}")
    text += one(f"{limit} D64-5.1.6-02 {many} to a name with neither", soa(), soa(),
                expect("noerror in 0ms", records, [SOA.format(SOA_TTL, SOA_TTL)]), both)
    return text


def chains():
    text = HEAD
    for links in list(range(1, 17)) + [17, 20, 40]:
        text += chain_scenarios("CNAME", links, cname_chain, "c0.example")
        text += chain_scenarios("DNAME", links, dname_chain, "x.d0.example")
    return text


WRONG = {"wrong-id": "SPF-5452-01", "wrong-port": "SPF-5452-01", "wrong-address": "SPF-5452-01",
         "wrong-name": "SPF-5452-01", "wrong-type": "SPF-5452-01", "wrong-class": "SPF-5452-01 TRAP-01",
         "no-reply": "TRAP-01", "wrong-opcode": "TRAP-01", "junk": "", "cut": "", "loop": "LIM-01", "forward": "LIM-01",
         "rdlength": "", "counts": "", "wrong-case": "SPF-OURS-01"}


def wrong():
    text = HEAD
    for kind, more in WRONG.items():
        # Letters that are not ours: whoever guesses shall not go on by UDP, so TCP is tried beside it.
        case = kind == "wrong-case"
        for name, aaaa, a, asked in (
                ("AAAA", f"first {kind}; delay 50ms; {soa()}", f"answer @ {A_TTL} A {A}", "in 50ms"),
                ("A", soa(), f"first {kind}; delay 50ms; answer @ {A_TTL} A {A}", "in 50ms")):
            text += scenario(
                f"LIM-04 LES-D-42 {more + ' ' if more else ''}{kind} before the right reply to {name}",
                "config case-randomisation = true;\n" if case else "",
                block(1, [("host.example", "AAAA", aaaa), ("host.example", "A", a)]), "ask AAAA host.example",
                expect(f"noerror {asked} ede 29", [f"host.example {SOA_TTL} AAAA {SYNTHETIC}"]),
                "expect upstream 1: AAAA host.example, " + ("tcp AAAA host.example, " if case and name == "AAAA" else "")
                + "A host.example" + (", tcp A host.example" if case and name == "A" else ""))
    return text


def delays():
    """An upstream whose delay grows, and falls again: no question fails, each comes when the upstream answers it."""
    growing = [1, 2, 5, 10, 20, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700]
    text = HEAD
    for title, steps in (("grows from 1 ms to 0.7 s", growing), ("falls from 0.7 s to 1 ms", growing[::-1]),
                         ("is 1 ms or 0.7 s in turn", [1, 700] * 8)):
        rules = [(f"n{i}.example", "TXT", f'delay {ms}ms; answer @ 60 TXT "{ms} ms"') for i, ms in enumerate(steps)]
        parts = [block(1, rules)]
        for i, ms in enumerate(steps):
            parts += [f"ask TXT n{i}.example", expect(f"noerror in {ms}ms", [f'n{i}.example 60 TXT "{ms} ms"'])]
        text += scenario(f"TRAP-02 the delay of an upstream {title}: each question is answered in that time", *parts)
    return text


FILES = {"made-table.replay": table, "made-chains.replay": chains, "made-wrong.replay": wrong,
         "made-delays.replay": delays}


def main():
    different = 0
    for name, make in FILES.items():
        path, text = os.path.join(FOLDER, name), make()
        if sys.argv[1:] == ["--check"]:
            with open(path, encoding="utf-8") as file:
                if file.read() != text:
                    print(f"{path}: not what tests/replay/dns64.py writes")
                    different = 1
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    sys.exit(different)


main()
