# The manual, in mdoc.
dist_man_MANS += man/dns64.8 man/gate64.1 man/gate64-sizing.7 man/gate64.conf.5 man/nat64d.8
