"""What a check of one file says, without a process of its own; as it lies, and with one piece gone wrong."""

from backproof.check.job import program


def judged(target):
    """The reports on a file, or on `file::Name`, as the child process sends them."""
    messages = []
    program({"target": str(target), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    return [message["report"] for message in messages if "report" in message]


def faults(target):
    """All that is wrong in it; notes are none of it."""
    return [finding for report in judged(target) for finding in report["findings"] if finding["kind"] != "note"]


def named(path, name):
    """The target: a file, or what it defines under a name."""
    return f"{path}::{name}" if name else str(path)


def assert_right(target, words=""):
    """Everything in it was compared and nothing is wrong; one line says how it was understood."""
    reports = judged(target)
    assert [report["findings"] for report in reports if not report["ok"]] == []
    assert all(report["verdicts"] for report in reports)
    assert any(words in report["understood"] or words in report["subject"] for report in reports)


def gone_wrong(path, right, wrong, folder):
    """A copy of the file in the folder, with one piece of its source exchanged."""
    source = path.read_text(encoding="utf-8")
    assert source.count(right) == 1
    copy = folder / path.name
    copy.write_text(source.replace(right, wrong), encoding="utf-8")
    return copy
