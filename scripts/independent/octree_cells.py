"""Cells of the world frame and what an octree's rows derive from each other.

Written from the format's definition alone, with plain integers and no native code.

A row's cell is known by its preorder number: the first level-26 cell in it, times 32, plus its
level.  In ascending order of it every cell stands directly before the cells inside it.
"""

from __future__ import annotations

import math
import struct

MAX_LEVEL = 26

# Minimum and size, in metres.
FRAMES = {
    "centred": ((-20e6, -10e6, -10e6), (40e6, 20e6, 20e6)),
    "bluemarble": ((0.0, 0.0, 0.0), (40075020.0, 20037510.0, 20000000.0)),
}

# A number of nine bits with two zeros put between them.
_SPREAD = [sum((number >> bit & 1) << 3 * bit for bit in range(9)) for number in range(512)]


def axis_index(value, low, extent, level):
    """The index of a coordinate's cell on one axis; None outside the frame."""
    share = (value - low) / extent
    if not 0.0 <= share <= 1.0:  # nor is NaN
        return None
    # The far face belongs to the last cell.
    return min(math.floor(share * (1 << level)), (1 << level) - 1)


def spread(index):
    """An index of up to 27 bits with two zeros put between its bits."""
    return (_SPREAD[index & 511] | _SPREAD[index >> 9 & 511] << 27 | _SPREAD[index >> 18] << 54)


def morton_code(point, level, frame):
    """The code of the cell that holds a point; None outside the frame."""
    low, extent = frame
    code = 0
    for axis in range(3):
        index = axis_index(point[axis], low[axis], extent[axis], level)
        if index is None:
            return None
        code |= spread(index) << axis
    return code


def preorder(level, code):
    """The preorder number of a cell."""
    return code << 3 * (MAX_LEVEL - level) + 5 | level


def cell_of(number):
    """Level and code of a preorder number."""
    level = number & 31
    return level, number >> 3 * (MAX_LEVEL - level) + 5


def volume(level):
    """Of a cell, in cells of level 26."""
    return 1 << 3 * (MAX_LEVEL - level)


def children_masks(order):
    """The mask of each of the cells: bit i is set where its child in octant i is one of them.

    `order` has their preorder numbers, each once, ascending.  The result is in the same order.
    """
    place = {number: at for at, number in enumerate(order)}
    masks = bytearray(len(order))
    for number in order:
        level, code = cell_of(number)
        if level > 0:
            parent = place.get(preorder(level - 1, code >> 3))
            if parent is not None:
                masks[parent] |= 1 << (code & 7)
    return masks


class _Open:
    """A cell whose inner cells are being met."""

    __slots__ = ("at", "end", "level", "material", "volumes")

    def __init__(self, at, number, material):
        self.at = at
        self.level = number & 31
        self.end = (number >> 5) + volume(self.level)
        self.material = material
        self.volumes = {}  # of the leaves strictly inside, by material


def homogeneities(order, materials):
    """The homogeneity of each cell, as the double that equals its float32.

    Of a leaf (a cell with none of the others strictly inside) it is 1.  Else it is, over the
    leaves strictly inside, the largest summed volume of one material by the sum of all: exact
    integers, each made a double, their quotient a float32.  A material that is None is the
    nearest ancestor's; where none has one, it is a class of its own.
    """
    result = [1.0] * len(order)
    stack = []
    for at, number in enumerate(order):
        while stack and stack[-1].end <= number >> 5:
            _close(stack, result)
        material = materials[at]
        if material is None and stack:
            material = stack[-1].material
        stack.append(_Open(at, number, material))
    while stack:
        _close(stack, result)
    return result


def _close(stack, result):
    """Takes the innermost cell off, and adds its leaves to those of the cell around it."""
    cell = stack.pop()
    inner = cell.volumes
    if inner:
        result[cell.at] = float32(float(max(inner.values())) / float(sum(inner.values())))
    else:
        inner = {cell.material: volume(cell.level)}
    if stack:
        outer = stack[-1].volumes
        for material, size in inner.items():
            outer[material] = outer.get(material, 0) + size


def float32(number):
    """The double that equals the nearest float32."""
    return struct.unpack("<f", struct.pack("<f", number))[0]
