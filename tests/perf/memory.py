"""Whether memory grows with a data set's pictures: one run over tables of more and more pictures, a peak for each.

The pictures are inside a Parquet file, as on the hub, each another one, not compressed: drawing them costs nothing.
What a run holds of a question and its response still grows with their number, so the growth is set beside the bytes of
the pictures that were added. A page shows 1200 pictures, made small, so both numbers should be larger.
"""

from __future__ import annotations

import argparse
import json
import random
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import measured

SIDE = 180  # pixels; as BMP that is 97 KB
HELD_BAR = 0.1  # of the bytes of the pictures added: far less than if each were held, more than texts need


def bitmap(drawn: random.Random) -> bytes:
    """A file of noise."""
    pixels = drawn.randbytes(SIDE * SIDE * 3)
    head = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + head + pixels


def make(folder: Path, count: int) -> int:
    """A snapshot of MATH-Vision's form with `count` questions, and their responses; the bytes of its pictures."""
    import pyarrow
    import pyarrow.parquet

    drawn, total = random.Random(5), 0
    folder.mkdir()
    schema = pyarrow.schema(
        [(name, pyarrow.string()) for name in ("id", "question", "answer", "level", "subject", "image")]
        + [("options", pyarrow.list_(pyarrow.string()))]
        + [("decoded_image", pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())]))]
    )
    with (
        pyarrow.parquet.ParquetWriter(folder / "test.parquet", schema, compression="none") as table,
        (folder / "replayed.jsonl").open("w") as answered,
    ):
        for number in range(count):
            data, answer = bitmap(drawn), str(number % 7)
            total += len(data)
            row = {"id": str(number), "question": f"How many are there in picture {number}?", "answer": answer}
            row |= {"level": "1", "subject": "counting", "image": f"{number}.bmp", "options": []}
            table.write(pyarrow.Table.from_pylist([row | {"decoded_image": {"bytes": data, "path": None}}], schema))
            answered.write(json.dumps({"id": str(number), "response": f"There are \\boxed{{{answer}}}."}) + "\n")
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs=2, default=(1500, 4500), help="two numbers of pictures")
    options = parser.parse_args()
    peaks, sizes = [], []
    with tempfile.TemporaryDirectory(prefix="rfteval-perf-") as name:
        for count in options.rows:
            folder = Path(name) / str(count)
            sizes.append(make(folder, count) / (1 << 20))
            command = ["run", "--bench", "mathvision", "--split", "test", "--data", str(folder), "--profile", "rules"]
            command += ["--model", f"replay:{folder / 'replayed.jsonl'}", "--out", str(folder / "run")]
            _, peak_mib, processor_s = measured(command)
            peaks.append(peak_mib)
            print(f"{count} pictures, {sizes[-1]:.0f} MiB: peak {peak_mib:.0f} MiB, {processor_s:.1f} s of CPU time")
    growth, added = peaks[1] - peaks[0], sizes[1] - sizes[0]
    met = growth <= HELD_BAR * added
    print(f"growth {growth:.0f} MiB for {added:.0f} MiB of pictures; bar a tenth: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
