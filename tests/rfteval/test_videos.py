"""Frames of videos: the evenly spaced ones, as decoding all of them gives them; and files that are none or damaged."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from PIL import Image as Picture

from rfteval import videos
from rfteval.asking import digest_of, ready
from rfteval.controls import blank_images
from rfteval.errors import ImageError, UsageError
from rfteval.generation import generate_chunks
from rfteval.images import decode, encode, header, pixels
from rfteval.models.asked import pictures_of
from rfteval.types import Image, ImagePart, Message, Prompt, Sampling
from tests.moving_pictures import SIZE, number_of, write_video


def prompt_of(path: Path, frames: int) -> Prompt:
    parts = tuple(ImagePart(image=Image(path=str(path), frame=(number, frames))) for number in range(frames))
    return Prompt(sample_id="1", messages=(Message(role="user", parts=parts),))


@pytest.mark.parametrize(
    ("frames", "wanted", "which"),
    [(100, 4, [20, 40, 60, 80]), (10, 1, [5]), (7, 3, [1, 3, 5]), (2, 4, [0, 0, 1, 1]), (1, 3, [0, 0, 0])],
)
def test_which_frames_are_taken(frames: int, wanted: int, which: list[int]) -> None:
    """step = frames / (wanted + 1), and int(step * i) from 1 on, as VLMEvalKit's video_base.py."""
    assert videos.chosen(frames, wanted) == which


@pytest.mark.parametrize(
    ("codec", "ending"),
    [("mpeg4", "mp4"), ("libx264", "mp4"), ("libx264", "mkv"), ("libvpx-vp9", "webm"), ("mpeg4", "avi")],
)
def test_frames_are_those_of_a_video_decoded_as_a_whole(tmp_path: Path, codec: str, ending: str) -> None:
    """H.264 has frames that are decoded in another order than they are shown in."""
    path = str(write_video(tmp_path / f"video.{ending}", 31, codec, key_every=7))
    with av.open(path) as container:
        every = [frame.to_image() for frame in container.decode(video=0)]
    assert len(every) == 31
    for wanted in (1, 3, 16, 64):
        expected = [every[place].tobytes() for place in videos.chosen(31, wanted)]
        found = [Picture.open(io.BytesIO(videos.frame(path, number, wanted))).tobytes() for number in range(wanted)]
        assert found == expected, wanted
    assert [number_of(every[place]) for place in (0, 10, 30)] == [0, 10, 30]


def test_a_prompts_pictures_are_the_frames_in_order(tmp_path: Path) -> None:
    pictures = pictures_of(prompt_of(write_video(tmp_path / "v.mp4", 30), 4), None)
    assert [number_of(picture) for picture in pictures] == [6, 12, 18, 24]
    assert {picture.size for picture in pictures} == {SIZE}


def test_a_server_gets_a_lossless_frame_and_a_header_costs_no_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image(path=str(write_video(tmp_path / "v.mp4", 9)), frame=(1, 2))
    monkeypatch.setattr(videos, "_frames", lambda *_: pytest.fail("decoded"))
    assert header(image) == ("PNG", *SIZE) and pixels(image) == SIZE[0] * SIZE[1]
    monkeypatch.undo()
    kind, data = encode(image)
    assert kind == "image/png" and Picture.open(io.BytesIO(data)).tobytes() == decode(image).tobytes()


def test_a_digest_covers_the_video_and_which_frame_it_is(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", 9)
    first, second = (Image(path=str(path), frame=(number, 2)) for number in (0, 1))
    digests = {digest_of(first, {}), digest_of(second, {}), digest_of(Image(path=str(path), frame=(0, 3)), {})}
    assert len(digests) == 3
    write_video(path, 8)
    assert digest_of(first, {}) not in digests


def test_a_file_that_was_written_anew_is_decoded_anew(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", 10)
    image = Image(path=str(path), frame=(0, 1))
    assert number_of(decode(image)) == 5
    write_video(path, 30)
    assert number_of(decode(image)) == 15


@pytest.fixture
def bad(tmp_path: Path) -> dict[str, Path]:
    """Files that are no whole video, by what is wrong with them."""
    whole = write_video(tmp_path / "whole.mp4", 60).read_bytes()
    long = write_video(tmp_path / "long.mkv", 300, "libx264").read_bytes()
    contents = {
        "empty.mp4": b"",
        "text.mp4": b"no video at all " * 99,
        "cut.mp4": whole[: len(whole) // 2],
        "cut.mkv": long[: len(long) // 2],
        "list.m3u8": f"#EXTM3U\n#EXTINF:1,\n{tmp_path / 'whole.mp4'}\n".encode(),
        "list.mp4": b"ffconcat version 1.0\nfile whole.mp4\n",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    Picture.new("RGB", SIZE).save(tmp_path / "picture.png")
    return {name: tmp_path / name for name in (*contents, "picture.png", "absent.mp4")}


def test_what_is_no_whole_video_is_an_image_error_that_names_it(bad: dict[str, Path]) -> None:
    """Lists of other files too, which a decoder would follow."""
    for name, path in bad.items():
        with pytest.raises(ImageError, match=name.replace(".", r"\.")):
            decode(Image(path=str(path), frame=(0, 4)))
    with pytest.raises(ImageError, match=r"frames for 1\d of its 30 seconds; is it whole"):
        decode(Image(path=str(bad["cut.mkv"]), frame=(0, 4)))
    with pytest.raises(ImageError, match="No such file"):
        decode(Image(path=str(bad["absent.mp4"]), frame=(0, 4)))
    assert pixels(Image(path=str(bad["text.mp4"]), frame=(0, 4))) == 0


def test_without_the_decoder_a_run_ends_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = prompt_of(write_video(tmp_path / "v.mp4", 3), 2)
    monkeypatch.setattr(videos, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"need the package av.*pip install '.*\[video\]'"):
        next(generate_chunks(None, [prompt], Sampling()))  # type: ignore[arg-type]  # it is not even asked


def test_grey_frames_stand_for_frames(tmp_path: Path) -> None:
    prompt = blank_images(prompt_of(write_video(tmp_path / "v.mp4", 3), 2))
    assert {picture.size for picture in pictures_of(prompt, None)} == {SIZE}
    gone = prompt_of(tmp_path / "absent.mp4", 2)
    assert blank_images(gone) == gone


@pytest.mark.parametrize("frame", [(2, 2), (-1, 2), (0, 0)])
def test_a_frame_is_one_of_so_many(frame: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a frame is one of a video's"):
        Image(path="v.mp4", frame=frame)
    with pytest.raises(ValueError, match="a frame is one of a video's"):
        Image(data=b"x", frame=(0, 1))


def test_prompts_with_frames_are_made_ready_without_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = prompt_of(write_video(tmp_path / "v.mp4", 3), 4)
    monkeypatch.setattr(videos, "_opened", lambda *_: pytest.fail("opened"))
    from reward_service.types import Reference
    from rfteval.types import Sample

    (asked,) = ready([(Sample(id="1", question="?", reference=Reference(answer="1")), prompt)])
    assert len(set(asked.pictures.values())) == 4
