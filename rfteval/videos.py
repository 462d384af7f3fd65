"""Frames of videos: evenly spaced ones, decoded when they are wanted, each as a lossless picture.

A video comes from the internet, so a file may be hostile: only the containers below are opened, none of which names
other files, the size is checked before anything is decoded, and whatever the decoder says becomes an ImageError. The
frames are those that VLMEvalKit takes, vlmeval/dataset/video_base.py `save_video_frames`: of N frames, with n wanted,
the frames int(i * N / (n + 1)) for i from 1 to n. `av` (PyAV), an extra, is imported by the first video.
"""

from __future__ import annotations

import io
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rfteval.errors import ImageError, UsageError
from rfteval.installation import install_command

EXTRA = "video"
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"
MAX_PIXELS = 1 << 24  # of a frame: 4096 x 4096
MAX_FRAMES = 1 << 20  # nearly ten hours at 30 a second
_COVERED = 0.75  # of the stated length must have frames, but for so many seconds
_TAIL_S = 2.0
_VIDEOS = 3  # whose frames are kept: as many as are asked about at a time, more or less

_ONE_AT_A_TIME = threading.Lock()  # the decoder has threads of its own; who waits finds the frames made


def require_decoder() -> None:
    """Raises UsageError with the command that installs the decoder, where there is none."""
    if find_spec("av") is None:
        raise UsageError(
            f"frames of videos need the package av, not installed here; install with: {install_command(EXTRA)}"
        )


def frame(path: str, number: int, of: int) -> bytes:
    """Frame `number`, from 0, of `of` evenly spaced ones of the video, as PNG.

    Raises ImageError for a file that is missing, damaged, cut off or no video, and UsageError without a decoder.
    """
    with _ONE_AT_A_TIME:
        return _frames(path, _stamp(path), of)[number]


def size(path: str) -> tuple[int, int]:
    """(width, height) of the video from its header; nothing is decoded. Raises as `frame`."""
    return _size(path, _stamp(path))


def chosen(frames: int, wanted: int) -> list[int]:
    """Which of `frames` frames are taken where `wanted` are; the same one several times where there are fewer."""
    return [int(place * (frames / (wanted + 1))) for place in range(1, wanted + 1)]


def _stamp(path: str) -> tuple[int, int]:
    """What tells a file that was changed from what it was before."""
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise ImageError(f"the video {Path(path).name!r} cannot be read: {error.strerror}") from None
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=1 << 12)
def _size(path: str, stamp: tuple[int, int]) -> tuple[int, int]:
    with _opened(path) as (_, stream):
        return int(stream.width), int(stream.height)


@lru_cache(maxsize=_VIDEOS)
def _frames(path: str, stamp: tuple[int, int], wanted: int) -> tuple[bytes, ...]:
    with _opened(path) as (container, stream):
        times, keys = _times(container, stream, path)
        places = [times[place] for place in chosen(len(times), wanted)]
        return tuple(_decoded(container, stream, places, keys, path))


@contextmanager
def _opened(path: str) -> Iterator[tuple[Any, Any]]:
    """(the container, its stream of pictures). Whatever the decoder raises inside becomes an ImageError."""
    require_decoder()
    import av

    name = Path(path).name
    safe = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    try:
        with av.open(str(Path(path)), options=safe) as container:
            stream: Any = container.streams.best("video")  # not a picture of its cover
            if stream is None:
                raise ImageError(f"the video {name!r} has no pictures in it")
            if not 0 < stream.width * stream.height <= MAX_PIXELS:
                raise ImageError(
                    f"the video {name!r} has frames of {stream.width} x {stream.height} pixels, not 1 to {MAX_PIXELS}"
                )
            stream.thread_type = "AUTO"  # frames side by side too
            # The header binds no frame: each may come in a size of its own.
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            yield container, stream
    except ImageError:
        raise
    except Exception as error:  # a decoder given hostile bytes may raise anything
        reason = " ".join(str(error).replace(str(path), name).split())[:120]
        raise ImageError(f"the video {name!r} cannot be decoded ({type(error).__name__}: {reason})") from None


def _times(container: Any, stream: Any, path: str) -> tuple[list[int], list[int]]:
    """(the times of all frames, those of frames that can be decoded alone), ascending; no frame is decoded."""
    times, keys = [], []
    for packet in container.demux(stream):
        if packet.pts is None or packet.is_discard:
            continue
        times.append(packet.pts)
        if packet.is_keyframe:
            keys.append(packet.pts)
        if len(times) > MAX_FRAMES:
            raise ImageError(f"the video {Path(path).name!r} has more than {MAX_FRAMES} frames, the limit")
    if not times:
        raise ImageError(f"the video {Path(path).name!r} has no frames")
    covered_s = float((max(times) - (stream.start_time or 0)) * stream.time_base)
    stated_s = (container.duration or 0) / 1_000_000  # of its longest stream, which may be a sound that goes on
    if covered_s < _COVERED * stated_s - _TAIL_S:
        raise ImageError(
            f"the video {Path(path).name!r} has frames for {covered_s:.0f} of its {stated_s:.0f} seconds; is it whole?"
        )
    return sorted(times), sorted(keys)


def _decoded(container: Any, stream: Any, places: Sequence[int], keys: Sequence[int], path: str) -> Iterator[bytes]:
    """The frames at the times `places`, ascending, as PNG: from one to the next, or from the key frame before it."""
    reached: int | None = None
    frames: Iterator[Any] = iter(())
    shown = b""
    for place in places:
        if place == reached:  # a video of fewer frames than are wanted
            yield shown
            continue
        before = keys[max(bisect_right(keys, place) - 1, 0)] if keys else place
        if reached is None or before > reached:
            container.seek(before, stream=stream)
            frames = container.decode(stream)
        found = next((one for one in frames if one.pts is not None and one.pts >= place), None)
        if found is None:
            raise ImageError(f"the video {Path(path).name!r} ends before it should; is it whole?")
        reached = place
        buffer = io.BytesIO()
        found.to_image().save(buffer, "PNG", compress_level=1)
        shown = buffer.getvalue()
        yield shown
