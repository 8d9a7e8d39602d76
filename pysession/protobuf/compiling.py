"""Functions that are made for one kind of object, or for one sequence of member names.

A loop that asks at every member what it is takes twice as long as a function in which the answers are written down, so such
functions are put together as text and compiled, as ``dataclasses`` does it. No data of a document gets into the text: names
are bound to variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from pysession.protobuf.varints import LENGTHS, read_varint

_SPAN = """\
        length = data[at + 1]
        at += 2
        if length > 127:
            length += (data[at] << 7) - 128
            at += 1
            if length > 16383:
                length, at = read_varint(data, at - 2)
        stop = at + length
"""
"""Where the value begins and ends whose tag stands at ``at``. A length takes one byte or two; a longer one is rare."""


def compiled_writer(
    names: Sequence[str], fields: Sequence[tuple[bytes, str, Callable[..., bytes]]], end: bytes
) -> Callable[..., bytes]:
    """A function that writes objects with these members, in the order of their fields: the tag, the form and what writes
    any value, of each; ``end`` stands behind them."""
    bound: dict[str, Any] = {"encode": str.encode, "lengths": LENGTHS, "join": b"".join, "end": end}
    lines = ["def write(value, room, lists):"]
    pieces: list[str] = []
    if names:
        bound["values"] = itemgetter(*names)
        lines.append(f"    {', '.join(f'value{index}' for index in range(len(names)))} = values(value)")
    for index, (tag, form, write) in enumerate(fields):
        bound |= {f"tag{index}": tag, f"write{index}": write}
        value = f"value{index}"
        written = f"write{index}({value}, room, lists)"
        if form == "string":
            lines.append(f"    {value} = encode({value})")
            pieces += f"tag{index}", f"lengths[len({value})]", value
        elif form == "Object":
            bound[f"none{index}"] = tag + b"\0"
            pieces.append(f"none{index} if {value} == {{}} else tag{index} + {written}")
        elif form == "bool":
            bound |= {f"yes{index}": tag + b"\1", f"no{index}": tag + b"\0"}
            pieces.append(f"yes{index} if {value} is True else no{index} if {value} is False else {written}")
        else:
            pieces += f"tag{index}", written
    lines.append(f"    return join(({', '.join([*pieces, 'end'])},))")
    return _function("write", lines, bound)


def compiled_reader(
    start: dict[str, Any],
    fields: Sequence[tuple[int, str, str, Callable[..., Any] | None]],
    layout: int,
    arranged: Callable[[dict[str, Any], bytes], dict[str, Any]],
    otherwise: Callable[[bytes, int, int], dict[str, Any]],
) -> Callable[[bytes, int, int], dict[str, Any]]:
    """A function that reads objects which begin as ``start`` and have some of these fields in order: the key, the
    member's name, the form and what reads it, of each.

    ``arranged`` puts the members where the field with the key ``layout`` says. Whatever is not as expected is left to
    ``otherwise``.
    """
    bound: dict[str, Any] = {"start": start, "read_varint": read_varint, "arranged": arranged, "otherwise": otherwise}
    lines = ["def read(data, at, end):", "    begin = at", "    found = start.copy()"]
    lines.append("    key = data[at] if at < end else 0")
    for index, (key, name, form, read) in enumerate(fields):
        bound |= {f"name{index}": name, f"read{index}": read}
        lines.append(f"    if key == {key}:")
        if form == "scalar":
            lines.append(f"        found[name{index}], at = read{index}(data, at + 1, end)")
        else:
            lines.append(_SPAN.rstrip("\n"))
            value = {
                "string": "data[at:stop].decode()",
                "Object": f"{{}} if at == stop else read{index}(data, at, stop)",
            }.get(form, f"read{index}(data, at, stop)")
            lines += [f"        found[name{index}] = {value}", "        at = stop"]
        lines.append("        key = data[at] if at < end else 0")
    lines += ["    if at == end:", "        return found"]
    lines += [f"    if key == {layout}:", _SPAN.rstrip("\n")]
    lines += ["        if stop == end:", "            return arranged(found, data[at:stop])"]
    lines.append("    return otherwise(data, begin, end)")
    return _function("read", lines, bound)


def _function(name: str, lines: list[str], bound: dict[str, Any]) -> Callable[..., Any]:
    exec("\n".join(lines), bound)  # noqa: S102 (the text is made above)
    made: Callable[..., Any] = bound[name]
    return made
