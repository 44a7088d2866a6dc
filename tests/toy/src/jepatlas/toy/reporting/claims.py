"""What is said of the toy."""

from jepatlas.common.reporting.rules import Claim, Measure, Section, Threshold

SMALL = Threshold(0.5, "half of the toy's unit")


def claims() -> list[Claim]:
    error = Measure("toy", "line", "error.*", "error of the line at {}", "noise")
    return [Section("toy", "Results").claim("toy-exact", "The line is exact", error < SMALL)]
