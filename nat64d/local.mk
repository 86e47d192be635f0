# nat64d
