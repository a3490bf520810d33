"""Decodes a PNG of 8-bit RGB pixels: FILE X,Y... prints its size and the colours there."""
import struct
import sys
import zlib

data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, chunks = 8, {}
while at < len(data):
    (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
    body = data[at + 4 : at + 8 + size]
    assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(body)
    chunks[kind] = body[4:]
    at += 12 + size
assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
assert form == [8, 2, 0, 0, 0]
packed = zlib.decompress(chunks[b"IDAT"])
assert len(packed) == height * (3 * width + 1)
rows, above = [], bytes(3 * width)
for y in range(height):
    line = packed[y * (3 * width + 1) : (y + 1) * (3 * width + 1)]
    assert line[0] == 2  # each byte is the difference from the one above
    above = bytes((a + b) % 256 for a, b in zip(above, line[1:]))
    rows.append(above)
print(width, "x", height)
for place in sys.argv[2:]:
    x, y = map(int, place.split(","))
    print(place, "#" + rows[y][3 * x : 3 * x + 3].hex())
