"""One walk over a document, and everything the rules need to know from it."""

from pysession.survey.acts import Act
from pysession.survey.checks import Checks, Look, Trigger
from pysession.survey.fault import Fault, Rule
from pysession.survey.object_shape import ObjectShape
from pysession.survey.outline import outline_errors, shape_errors
from pysession.survey.shapes import Shape
from pysession.survey.sizes import largest
from pysession.survey.survey import DEPTH_BUDGET, Survey
from pysession.survey.timeline import Event, Timeline
from pysession.survey.values import walk_values
from pysession.survey.walk import Memory, survey

__all__ = [
    "DEPTH_BUDGET",
    "Act",
    "Checks",
    "Event",
    "Fault",
    "Look",
    "Memory",
    "ObjectShape",
    "Rule",
    "Shape",
    "Survey",
    "Timeline",
    "Trigger",
    "largest",
    "outline_errors",
    "shape_errors",
    "survey",
    "walk_values",
]
