"""Ryu's switch tester as it is, with its results in a file: a line of JSON for each test (RESULTS names the file).

Only the tests of rates send by the clock: ryu's sender counts its sleeps, which last longer than it asks for, and so
sends six percent too little or worse, of which the tests forgive ten.

With CORRECTED=yes, the two mistakes that wrong-tests.txt describes are corrected first.
"""
import json
import os
import time
import traceback

from ryu.lib import addrconv
from ryu.lib.packet import sctp
from ryu.tests.switch import tester


class RecordingTester(tester.OfTester):
    def __init__(self):
        self.results = open(os.environ["RESULTS"], "w", buffering=1)
        self.record = {}
        super().__init__()

    def _test_sequential_execute(self, folder):
        try:
            super()._test_sequential_execute(folder)
        except Exception:
            traceback.print_exc()
            self._test_end()

    def _test_file_execute(self, testfile):
        self.file = testfile.path
        return super()._test_file_execute(testfile)

    def _test_execute(self, test, description):
        self.record = record = {"file": self.file, "test": test.description}
        result = super()._test_execute(test, description)
        record["passed"] = result == tester.TEST_OK
        self.results.write(json.dumps(record) + "\n")
        return result

    def _test(self, state, *arguments):
        try:
            return super()._test(state, *arguments)
        except (tester.TestFailure, tester.TestError, tester.TestTimeout, tester.TestReceiveError) as failure:
            self.record["reason"] = str(failure)
            raise

    def _send_packet_thread(self, arg):
        interval = tester.CONTINUOUS_THREAD_INTVL
        rate = arg.setdefault("rate", arg["packet_counter_inc"] / interval)
        now = time.monotonic()
        # Who cannot keep up does not send ever longer bursts.
        elapsed = min(now - arg.get("sent", now - interval), 10 * interval)
        arg["sent"], arg["packet_counter_inc"] = now, rate * elapsed
        super()._send_packet_thread(arg)

    def _diff_packets(self, expected, received):
        self.record["expected"], self.record["received"] = bytes(expected.data).hex(), bytes(received.data).hex()
        return super()._diff_packets(expected, received)


def load(file, path, logger, original=tester.TestFile.__init__):
    # Two files may share a title, which is all that ryu keeps.
    file.path = os.path.basename(path)
    original(file, path, logger)


def normalize(file, value, original=tester.TestFile._normalize_test_json):
    if CORRECTED:
        canonical(value)
    original(file, value)


def canonical(value):
    """IPv6 addresses of matches in the text that ryu prints."""
    if isinstance(value, dict):
        if str(value.get("field")).startswith("ipv6_"):
            for part in ("value", "mask"):
                if ":" in str(value.get(part)):
                    value[part] = addrconv.ipv6.bin_to_text(addrconv.ipv6.text_to_bin(value[part]))
        for each in value.values():
            canonical(each)
    elif isinstance(value, list):
        for each in value:
            canonical(each)


def crc32c(data):
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    # ryu writes it big-endian, and the packet holds it little-endian.
    return int.from_bytes((register ^ 0xFFFFFFFF).to_bytes(4, "little"), "big")


CORRECTED = os.environ.get("CORRECTED") == "yes"
tester.TestFile.__init__ = load
tester.TestFile._normalize_test_json = normalize
if CORRECTED:
    sctp.sctp._checksum = lambda self, data: crc32c(data)
