-- Diffie-Hellman groups that are none of RFC 7919, by their bits, in PEM: two that `openssl dhparam` made, and RFC
-- 3526's of 3072 bits.
return {
   [1024] = [[
-----BEGIN DH PARAMETERS-----
MIGHAoGBAPzI0pbOSomR1FRyfa8sEhvziGWcfXBSQJxh+mF89to4uElzcC+k6H1u
7rE2Ssm2Vxx1ETUOeZilWz5gamyU4X7Th9wb4XASyyJYBi2KvFv3MXzsmWE24LjC
YV4vOaMqtVLZeawDSa7ZvScI1eS/wt6mYNnviXa3xQS4oL/qS7pnAgEC
-----END DH PARAMETERS-----
]],
   [2048] = [[
-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEAuxN5BIJlIllsRN6jhA42SV0k6a9KZ7xqq3qOT+xQSrXoQbxQrzu3
jMFCxyY+PcXwjPMgYWQFoS9MyLkzzBMfnaCxniIblN7RpUq8oFWbDaGq8DMBbvX+
rncylG1uBt/UIzLbzIIKHQYlJ5cpSzffHP9JRLCHJMmpu/yB+MYwPpO9HWMe2sS5
FDAtZiBQJUsUJdTFOGBYR6+iYHITpya9c3sr5zQvdnzQHsQxvYbNCOOFMvRlg7Cm
5kjB8siIz1GkqtnutoFrxG3pACksx/YszbD7o1o79s66vT4qD0wamH1kQM0iGY+t
y5TpDyCEH3w5h4VSEmXrVAsdo0rIyvoN5wIBAg==
-----END DH PARAMETERS-----
]],
   [3072] = [[
-----BEGIN DH PARAMETERS-----
MIIBiAKCAYEA///////////JD9qiIWjCNMTGYouA3BzRKQJOCIpnzHQCC76mOxOb
IlFKCHmONATd75UZs806QxswKwpt8l8UN0/hNW1tUcJF5IW1dmJefsb0TELppjft
awv/XLb0Brft7jhr+1qJn6WunyQRfEsf5kkoZlHs5Fs9wgB8uKFjvwWY2kg2HFXT
mmkWP6j9JM9fg2VdI9yjrZYcYvNWIIVSu57VKQdwlpZtZww1Tkq8mATxdGwIyhgh
fDKQXkYuNs474553LBgOhgObJ4Oi7Aeij7XFXfBvTFLJ3ivL9pVYFxg5lUl86pVq
5RXSJhiY+gUQFXKOWoqqxC2tMxcNBFB6M6hVIavfHLpk7PuFBFjb7wqK6nFXXQYM
fbOXD4Wm4eTHq/WujNsJM9cejJTgSiVhnc7j0iYa0u5r8S/6BtmKCGTYdgJzPshq
ZFIfKxgXeyAMu+EXV3phXWx3CYjAutlG4gjiT6B05asxQ9tb/OD9EI5LgtEgqTrS
yv//////////AgEC
-----END DH PARAMETERS-----
]],
}
