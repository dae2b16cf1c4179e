"""What schemathesis cannot know of the API by itself, and the count of its answers."""

import atexit
import collections
import io
import json
import os
import re
import zipfile
import zlib

import schemathesis

answers = collections.Counter()
INSIDE = re.compile(r"node_modules|\.[tj]s:\d|\bat \w+ \(|ECONN|violates|duplicate key|syntax error|invalid input syntax")


def small_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("users.csv", "sourcedId\n1\n")
    return file.getvalue()


@schemathesis.serializer("application/zip")
def zip_bytes(ctx, value):
    """Where schemathesis wants a real file, one; of other text half begins as a zip does, since the rest is refused by its first bytes."""
    if hasattr(value, "data"):
        return small_zip()
    data = value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
    return b"PK\x03\x04" + data if zlib.crc32(data) % 2 else data


@schemathesis.hook
def after_call(context, case, response):
    asked = case.operation.method.upper() == response.request.method.upper()
    answers[f"{case.operation.label if asked else 'other methods'} {response.status_code}"] += 1


@schemathesis.check
def tells_nothing_of_the_inside(ctx, response, case):
    """No refusal quotes a driver's words, a path or a line of ours."""
    if response.status_code < 400:
        return None
    found = INSIDE.search(response.content.decode(errors="replace"))
    if found:
        raise AssertionError(f"The answer tells of the inside: {found.group()}")
    return None


@atexit.register
def write_answers():
    with open(os.environ["FUZZ_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(answers, file)
