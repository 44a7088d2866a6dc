"""The tests compute as the stages do, on one thread each: the cores are filled by tests side by
side (`make test`)."""

import stages  # noqa: F401
