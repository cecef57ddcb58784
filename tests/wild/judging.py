"""What a check of one file says, without a process of its own."""

from backproof.check.job import program


def judged(target):
    """The reports on a file, or on `file::Name`, as the child process sends them."""
    messages = []
    program({"target": str(target), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    return [message["report"] for message in messages if "report" in message]
