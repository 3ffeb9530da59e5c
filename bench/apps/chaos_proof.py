"""What a request of the chaos test must be answered with: both sides derive it from the request's number."""

import hashlib

# Every so many requests have a body that does not fit into one frame of the link.
LARGE_EVERY = 101


def size_of(number: int) -> int:
    """Bytes of the body that belongs to a request: up to 3,000, now and then up to 200,000."""
    spread = number * 2654435761 % 2**32
    return 150_000 + spread % 50_000 if number % LARGE_EVERY == 0 else spread % 3000


def body_of(number: int) -> bytes:
    """The body that belongs to a request; a part of another request's body would be found in it."""
    size = size_of(number)
    unit = hashlib.sha256(b"%d" % number).digest()
    return (unit * (size // len(unit) + 1))[:size]


def proof_of(number: int, received: bytes) -> str:
    """What the application says of a request that it has read: its number, and length and hash of its body."""
    return f"{number} {len(received)} {hashlib.sha256(received).hexdigest()[:32]}"
