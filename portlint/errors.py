"""What goes wrong before or inside a run, as one sentence for a person."""


class UsageError(Exception):
    """The user's input cannot be used: exit code 2. The text says what, where and what to do."""


class RuleError(UsageError):
    """A rule or table file is malformed: the text names file and key."""


class Unreadable(Exception):
    """A file that cannot be analysed; the text completes "FILE …"."""
