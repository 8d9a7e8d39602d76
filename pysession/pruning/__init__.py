"""Which messages of a history may go: units that belong together, strategies, and a plan. What a plan does is done above."""

from pysession.pruning.account import Pruned, PrunedHistory, Reason, Removed
from pysession.pruning.asking import Work, awaited, done
from pysession.pruning.planning import Plan, planned, timelines_of
from pysession.pruning.strategies import (
    NAMES,
    KeepImportant,
    KeepLast,
    Options,
    OptionsAtOnce,
    PruningError,
    Scorer,
    Strategy,
    Summariser,
    SummarizeOld,
    most_left,
    strategy_named,
    with_deciders,
)
from pysession.pruning.summaries import MARK, is_summary
from pysession.pruning.units import Kept, Unit, units_of

__all__ = [
    "MARK",
    "NAMES",
    "KeepImportant",
    "KeepLast",
    "Kept",
    "Options",
    "OptionsAtOnce",
    "Plan",
    "Pruned",
    "PrunedHistory",
    "PruningError",
    "Reason",
    "Removed",
    "Scorer",
    "Strategy",
    "Summariser",
    "SummarizeOld",
    "Unit",
    "Work",
    "awaited",
    "done",
    "is_summary",
    "most_left",
    "planned",
    "strategy_named",
    "timelines_of",
    "units_of",
    "with_deciders",
]
