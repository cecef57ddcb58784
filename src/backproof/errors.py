"""What Backproof raises: every error meant for a person is a BackproofError and says what to do."""


class BackproofError(Exception):
    """One clear message: the value received, what was expected, the likely mend."""


class ShapeError(BackproofError, ValueError):
    """An array of a shape that this layer, network or function cannot take."""


class LabelError(BackproofError, ValueError):
    """Labels that are neither class indices nor one row per sample, or that name no class."""


class OrderError(BackproofError, RuntimeError):
    """`backward` was called before `forward`."""


class DtypeError(BackproofError, TypeError):
    """An array of a number type that this operation cannot use."""
