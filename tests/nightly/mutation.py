"""Damages bytes in the ways that wires, disks and careless programmers do; the same seed, the same damage."""

from __future__ import annotations

from random import Random

_LENGTHS = (0, 1, 2, 6, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def mutated(original: bytes, others: list[bytes], random: Random) -> bytes:
    """`original` after one to four accidents; `others` lend pieces."""
    found = bytearray(original)
    for _ in range(random.randint(1, 4)):
        if not found:
            break
        at = random.randrange(len(found))
        match random.randrange(8):
            case 0:
                found[at] ^= 1 << random.randrange(8)
            case 1:
                found[at] = random.randrange(256)
            case 2:
                del found[at:]
            case 3:
                del found[at : at + random.randint(1, 32)]
            case 4:
                found[at:at] = random.randbytes(random.randint(1, 32))
            case 5:
                size = random.choice((2, 4))
                order = random.choice(("little", "big"))
                length = random.choice(_LENGTHS) & ((1 << 8 * size) - 1)
                found[at : at + size] = length.to_bytes(size, order)  # type: ignore[arg-type]
            case 6:
                other = random.choice(others)
                start = random.randrange(len(other))
                found[at:at] = other[start : start + random.randint(1, 200)]
            case _:
                piece = found[at : at + random.randint(1, 64)]
                found[at:at] = piece * random.randint(1, 8)
    return bytes(found)
