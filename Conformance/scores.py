"""Prints the scores as a table: scores.py FOLDER WRONG-TESTS SUITE…; failures by name go to FOLDER/failures.txt."""
import json
import os
import sys


def results(folder, suite):
    path = f"{folder}/{suite}.jsonl"
    if not os.path.exists(path):
        return []
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def finished(folder, suite):
    with open(f"{folder}/{suite}.log", errors="replace") as log:
        return any(line.startswith(("OK(", "--- Test report")) for line in log)


def main(folder, wrong_tests, *suites):
    wrong = {}
    with open(wrong_tests) as lines:
        for line in lines:
            if not line.startswith("#"):
                path, _, clause = line.strip().partition("\t")
                wrong[path.replace("/", "_")] = clause
    bad, failures = 0, []
    print(f"{'OpenFlow':10}{'tests':>7}{'passed':>8}{'failed':>8}{'wrong tests':>13}{'of these, pass corrected':>27}")
    for suite in suites:
        version = f"{suite[2]}.{suite[3]}"
        records = results(folder, suite)
        if not records or not finished(folder, suite):
            print(f"{version:10}  the tester did not finish: {folder}/{suite}.log")
            bad += 1
            if not records:
                continue
        failed = [record for record in records if not record["passed"] and record["file"] not in wrong]
        mistaken = [record for record in records if not record["passed"] and record["file"] in wrong]
        corrected = results(folder, f"{suite}-corrected")
        accepted = sum(record["passed"] for record in corrected)
        passed = len(records) - len(failed) - len(mistaken)
        again = f"{accepted} of {len(corrected)}" if corrected else "–"
        print(f"{version:10}{len(records):7}{passed:8}{len(failed):8}{len(mistaken):13}{again:>27}")
        failures += [(suite, record) for record in failed]
        failures += [(f"{suite}-corrected", record) for record in corrected if not record["passed"]]
        bad += len(failed) + len(corrected) - accepted
    with open(f"{folder}/failures.txt", "w") as out:
        for suite, record in failures:
            out.write(f"{suite} {record['file']}: {record['test']}\n    {record.get('reason', 'no reason given')}\n")
            if "received" in record:
                out.write(f"    expected {record['expected']}\n    received {record['received']}\n")
    if failures:
        print(f"Failures by name: {folder}/failures.txt")
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
