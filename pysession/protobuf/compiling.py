"""Functions that are made for one kind of object, or for one sequence of member names.

A loop that asks at every member what it is takes twice as long as a function in which the answers are written down, so such
functions are put together as text and compiled, as ``dataclasses`` does it. No data of a document gets into the text: names
are bound to variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from pysession.protobuf.varints import LENGTHS, WORDS, read_varint

_SPAN = """\
        length = data[at + 1]
        start = at + 2
        if length > 127:
            length += (data[start] << 7) - 128
            start += 1
            if length > 16383:
                length, start = read_varint(data, start - 2)
        stop = start + length\
"""
"""Where the value begins and ends whose tag stands at ``at``. A length takes one byte or two; a longer one is rare."""

_NEXT = ["    if at == end:", "        return found", "    key = data[at]"]
"""What field comes next. Where a length led beyond ``end``, ``at`` never gets there, and what is read is refused."""


def compiled_writer(
    names: Sequence[str],
    fields: Sequence[tuple[bytes, str, Callable[..., bytes], Callable[..., bool] | None]],
    end: bytes,
    unfit: type[Exception],
) -> Callable[..., bytes]:
    """A function that writes objects with these members, in the order of their fields: the tag, the form, what writes any
    value, and where that goes on into other objects, what tells whether it fits, of each; ``end`` stands behind them.

    Those are written last, when it is certain that everything fits its field; otherwise ``unfit`` is raised.
    """
    bound: dict[str, Any] = {
        "encode": str.encode,
        "lengths": LENGTHS,
        "words": WORDS,
        "join": b"".join,
        "end": end,
        "Unfit": unfit,
    }
    lines = ["def write(value, room, lists):"]
    late: list[str] = []
    pieces: list[str] = []
    if names:
        bound["values"] = itemgetter(*names)
        lines.append(f"    {', '.join(f'value{index}' for index in range(len(names)))} = values(value)")
    for index, (tag, form, write, fits) in enumerate(fields):
        bound |= {f"tag{index}": tag, f"write{index}": write, f"fits{index}": fits}
        value = f"value{index}"
        written = f"write{index}({value}, room, lists)"
        pieces.append(f"tag{index}")
        if form == "word":
            pieces.append(f"words[{value}]")
        elif form == "string":
            lines.append(f"    {value} = encode({value})")
            pieces += f"lengths[len({value})]", value
        elif form == "bool":
            bound |= {f"yes{index}": b"\1", f"no{index}": b"\0"}
            choice = f"yes{index} if {value} is True else no{index} if {value} is False else {written}"
            lines.append(f"    {value} = {choice}")
            pieces.append(value)
        else:
            nothing = f"b'\\0' if not {value} and {value}.__class__ is dict else " if form == "Object" else ""
            (lines if fits is None else late).append(f"    {value} = {nothing}{written}")
            pieces.append(value)
    if len(late) > 1:
        checks = [
            f"fits{index}(value{index}, room, lists)" for index, field in enumerate(fields) if field[3] is not None
        ]
        lines.append(f"    if not ({' and '.join(checks)}): raise Unfit")
    lines += [*late, f"    return join(({', '.join([*pieces, 'end'])},))"]
    return _function("write", lines, bound)


def compiled_reader(
    start: dict[str, Any],
    fields: Sequence[tuple[int, str, str, Callable[..., Any] | None]],
    layout: int,
    arranged: Callable[[dict[str, Any], bytes], dict[str, Any]],
    rest: Callable[[bytes, int, int, dict[str, Any]], dict[str, Any]],
) -> Callable[[bytes, int, int], dict[str, Any]]:
    """A function that reads objects which begin as ``start`` and have some of these fields in order: the key, the
    member's name, the form and what reads it, of each.

    ``arranged`` puts the members where the field with the key ``layout`` says. Where another field stands, ``rest`` goes on.
    """
    bound: dict[str, Any] = {"begun": start.copy, "read_varint": read_varint, "arranged": arranged, "rest": rest}
    lines = ["def read(data, at, end):", "    found = begun()", *_NEXT]
    for index, (key, name, form, read) in enumerate(fields):
        bound |= {f"name{index}": name, f"read{index}": read}
        lines.append(f"    if key == {key}:")
        if form == "scalar":
            lines.append(f"        found[name{index}], at = read{index}(data, at + 1, end)")
        else:
            value = {
                "string": "data[start:stop].decode()",
                "Object": f"read{index}(data, start, stop) if length else {{}}",
            }.get(form, f"read{index}(data, start, stop)")
            lines += [_SPAN, f"        found[name{index}] = {value}", "        at = stop"]
        lines += [f"    {line}" for line in _NEXT]
    lines += [f"    if key == {layout}:", _SPAN, "        if stop == end:"]
    lines.append("            return arranged(found, data[start:stop])")
    lines.append("    return rest(data, at, end, found)")
    return _function("read", lines, bound)


def _function(name: str, lines: list[str], bound: dict[str, Any]) -> Callable[..., Any]:
    exec("\n".join(lines), bound)  # noqa: S102 (the text is made above)
    made: Callable[..., Any] = bound[name]
    return made
