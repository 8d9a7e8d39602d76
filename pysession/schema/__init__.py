"""The normative JSON Schemas of all dialects (Draft 2020-12), and a validator for each. Nothing is ever fetched.

``open`` is what a tolerant reader should accept, ``closed`` what a correct writer may produce; both come from
``schema/source/<dialect>.toml``.
"""

from pysession.schema.errors import Error, errors
from pysession.schema.shipped import shipped
from pysession.schema.tables import belongs_to, read_table
from pysession.schema.texts import FORMS, UnknownSchemaError, dialects, schema_text
from pysession.schema.validators import Validator, validator

__all__ = [
    "FORMS",
    "Error",
    "UnknownSchemaError",
    "Validator",
    "belongs_to",
    "dialects",
    "errors",
    "read_table",
    "schema_text",
    "shipped",
    "validator",
]
