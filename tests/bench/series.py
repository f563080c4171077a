"""The measurements of rounds."""

import statistics


class Series:
    """The measurement of each round, by server and point."""

    def __init__(self):
        self.values = {}

    def add(self, key, point, value):
        self.values.setdefault(key, {}).setdefault(str(point), []).append(value)

    def summary(self):
        """(median, minimum, maximum) of each."""
        return {
            key: {point: (statistics.median(v), min(v), max(v)) for point, v in points.items()}
            for key, points in self.values.items()
        }
