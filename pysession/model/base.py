"""What every object of the typed view has in common: it keeps unknown members, and the order it was read in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from pysession.model.plain import JsonObject, copied, same

AS_STORED: JsonObject = {"as_stored": True}
"""Validation context of a stored value: what it lacks stays absent, and the order of its members is remembered.

Without it a value is one that a program makes, which gets the members that every writer writes.
"""


class Value(BaseModel):
    """An object of a canonical session.

    Known members are attributes; where the object lacks one, the attribute is ``None`` or empty. Unknown members are
    attributes too where their names allow it, and always in ``model_extra``. Setting an attribute adds or replaces the
    member, ``del`` removes it. Assignments are not checked; ``load(dump(session))`` checks.

    Two objects are equal when they are of one class and are the same JSON value: an explicit ``null`` differs from an
    absent member and ``1`` from ``1.0``, the order of members does not count.
    """

    model_config = ConfigDict(strict=True, extra="allow", protected_namespaces=())

    always: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    """Members that every writer writes, and what they hold in an object that a program makes."""

    _order: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Value], info: ValidationInfo) -> Value:
        if type(data) is not dict:
            return handler(data)
        if info.context is AS_STORED:
            value = handler(data)
            value._order = tuple(data)
            return value
        return handler(data | {name: make() for name, make in cls.always.items() if name not in data})

    @model_serializer(mode="plain")
    def _write(self) -> JsonObject:
        return self.to_plain()

    def members(self) -> JsonObject:
        """The members that this object has, in the order they were read in, later ones after them as declared.

        A new dict of the values themselves: objects of the typed view are not written out. A member that was absent
        counts as had once something was put into it (``session.state["key"] = 1``).
        """
        values, given = self.__dict__, self.model_fields_set
        present = {name: values[name] for name in _declared(type(self)) if name in given or values[name]}
        present |= self.__pydantic_extra__ or {}
        return {name: present.pop(name) for name in self._order if name in present} | present

    def to_plain(self) -> JsonObject:
        """This object as a plain JSON value of its own.

        Raises:
            ModelError: a member holds what is no JSON value, or nests too deeply (:class:`DepthError`).
        """
        plain: JsonObject = copied(self)
        return plain

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            return NotImplemented
        return type(self) is type(other) and same(self.to_plain(), other.to_plain())

    def __delattr__(self, name: str) -> None:
        field = type(self).model_fields.get(name)
        if field is None:
            super().__delattr__(name)
        else:
            self.__dict__[name] = None if field.is_required() else field.get_default(call_default_factory=True)
            self.model_fields_set.discard(name)


def _declared(cls: type[Value]) -> list[str]:
    """The members of ``cls`` in the order in which the framework writes them: its own, then the inherited ones."""
    own = cls.__annotations__
    return sorted(cls.model_fields, key=lambda name: name not in own)
