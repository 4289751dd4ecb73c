"""The records that the Python clients write, and the checks of what they read."""
import collections
import sys

RECORDS = 20


def value_of(i):
    return f"value {i} " + "x" * 100


def records(client, codec):
    """Key, value and headers of each record."""
    headers = [("client", client.encode()), ("codec", codec.encode()), ("empty", b"")]
    return [(f"k{i}".encode(), value_of(i).encode(), headers) for i in range(RECORDS)]


def check(read, count):
    """`read` is a list of (key, value, headers). The records of each writer must occur once and in order."""
    expect(len(read) == count, f"{len(read)} records instead of {count}")
    writers = collections.defaultdict(list)
    for key, value, headers in read:
        expect([name for name, _ in headers] == ["client", "codec", "empty"], f"headers {headers}")
        expect(headers[2][1] == b"", f"the empty header is {headers[2][1]}")
        writers[headers[0][1], headers[1][1]].append((key, value))
    for writer, written in writers.items():
        expected = [(f"k{i}".encode(), value_of(i).encode()) for i in range(RECORDS)]
        expect(written == expected, f"{writer} wrote {written}")


def expect(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def missing(why):
    print(why)
    sys.exit(77)
