"""Small videos for tests, written by the decoder's own package: each frame is of a colour that tells its number."""

from __future__ import annotations

from pathlib import Path

import av
from PIL import Image

SIZE = (64, 48)
STEP = 8  # of brightness from one frame to the next, which no codec blurs away


def write_video(path: Path, frames: int, codec: str = "mpeg4", key_every: int = 5) -> Path:
    """A video of grey frames at 10 a second, brighter from one to the next (and dark again after 31)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *SIZE, "yuv420p", key_every
        for number in range(frames):
            level = number * STEP % 256
            picture = av.VideoFrame.from_image(Image.new("RGB", SIZE, (level, level, level)))
            for packet in stream.encode(picture):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def number_of(picture: Image.Image) -> int:
    """Which of the first 32 frames a picture is."""
    level = picture.convert("L").resize((1, 1)).getpixel((0, 0))
    assert isinstance(level, int)
    return round(level / STEP)
