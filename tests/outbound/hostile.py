"""Addresses that must never be connected to, in every spelling that somebody thought of."""

FORBIDDEN_ADDRESSES = [
    # This machine and this network.
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::"),
    # Private, a carrier's own, link-local.
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255"),
    *("100.64.0.1", "100.127.255.254", "169.254.0.1", "fc00::1", "fd12:3456:789a::1", "fe80::1", "fec0::1"),
    # Where clouds keep credentials.
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    *("fd20:ce::254", "fe80::a9fe:a9fe"),
    # For protocols, documents, measurements; multicast, reserved, broadcast.
    *("192.0.0.8", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.254", "198.51.100.7", "203.0.113.9"),
    *("192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "ff02::1", "ff05::2", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "2620:4f:8000::1"),
    # Addresses that hold another one.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1"),
]
HOSTILE_SPELLINGS = [
    *("http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://0177.0.0.1/", "http://0x7f.0.0.1/"),
    *("http://127.1/", "http://127.0.1/", "http://0/", "http://127.0.0.1./", "http://10.0.0.1%2f/", "http://0x/"),
    *("http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://127.0.0.1\u200b/"),
    *("http://localhost/", "http://LOCALHOST./", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://intranet/", "http://metadata/"),
    *("http://user@127.0.0.1/", "http://example.com@127.0.0.1/", "http://example.com:80@10.0.0.1/"),
    *("http://example.com\\@127.0.0.1/", "http:\\\\127.0.0.1\\", "http:///127.0.0.1/", "http:127.0.0.1"),
    *("http://[::1]/", "http://[::1%25lo]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::1"),
    *("http://::1/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.com/", "http://127.0.0.1 .example.com/"),
    *("http://example.com:22/", "http://example.com:6379/", "https://example.com:8443/", "http://example.com:0/"),
    *("http://example.com:99999/", "http://example.com:+80/", "http://example.com:８0/"),
    *("file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/", "//127.0.0.1/"),
    *("jar:http://127.0.0.1!/", "data:text/html,hello", "javascript:alert(1)", "unix:///run/docker.sock", ""),
    *("http://", "http://./", "http://../", "http://-a.example/", "http://a..example/", "http://a_.exa mple/"),
    *("http://127.0.0.1\r\nHost: example.com/", "http://\t127.0.0.1/", "http://999.1.1.1/", "http://1.2.3.4.5/"),
]  # fmt: skip
