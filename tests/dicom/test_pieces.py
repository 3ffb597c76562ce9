"""Messages that are sent in pieces: what arrives is what a single write would have sent."""

from __future__ import annotations

import socket
import threading

from simlab.dicom import dimse
from simlab.dicom.association import Association, Context
from simlab.dicom.dimse import SERVICES, Message
from simlab.dicom.upper_layer import Connection

COMMAND: dimse.Command = {"CommandField": SERVICES["C-STORE"], "MessageID": 1}


def test_pieces_arrive_whole_and_in_order():
    """Far more pieces than one call takes, and more bytes than the kernel has room for."""
    pieces: list[bytes | memoryview] = []
    for number in range(3000):
        pieces += [number.to_bytes(4, "big"), memoryview(bytes([number % 251]) * 2000)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    connection = Connection(here)
    got = bytearray()

    def read() -> None:
        while chunk := there.recv(50_000):
            got.extend(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    connection.send_all(pieces)
    connection.close()
    reader.join(10)
    there.close()
    assert bytes(got) == b"".join(pieces)


def test_head_and_pixels_make_one_data_set():
    """Kept in two places, sent as one data set that ends with the pixels."""
    head, pixels = b"h" * 1000, memoryview(b"p" * 40_000)
    pdus = b"".join(dimse.encode_message(Message(1, COMMAND, head), 4096, None, pixels))
    assembly, done, at = dimse.Assembly(), [], 0
    while at < len(pdus):
        length = int.from_bytes(pdus[at + 2 : at + 6], "big")
        assert length <= 4096
        done += assembly.take(memoryview(pdus)[at + 6 : at + 6 + length])
        at += 6 + length
    assert [message.data for message in done] == [head + bytes(pixels)]


def test_no_pixels_leave_the_head_the_end():
    """Pixel data of no length ends the data set with its head."""
    pdus = b"".join(dimse.encode_message(Message(1, COMMAND, b"head"), 4096, None, b""))
    assert pdus.endswith(b"\x02head")


def test_a_data_set_larger_than_the_receive_buffer_is_whole():
    """Fragments stay as they came while the buffer is filled anew behind them, through several of its blocks."""
    data = bytes(n * n % 251 for n in range(50_000)) * 120
    asked = Message(1, COMMAND, data)
    pieces = [*dimse.encode_message(asked, 30_000), *dimse.encode_message(asked, 0x20000)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = Connection(socket.create_connection(server.getsockname()))
        there, _ = server.accept()
    writer = threading.Thread(target=there.sendall, args=(b"".join(pieces),))
    writer.start()
    association = Association(here, {1: Context(1, "1.2.3", "1.2.840.10008.1.2", True, True)}, 0)
    for _ in range(2):
        message = association.receive(10)
        assert message is not None
        assert message.data == data
    writer.join(10)
    here.close()
    there.close()
