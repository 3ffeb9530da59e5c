"""Which files the front may read in the place of the application's iterable."""

import gzip
import io
import os
import tempfile
import unittest

from hydra_worker.wsgi.files import FileWrapper


class Limited:
    """As of an application that serves ranges."""

    def __init__(self, file):
        self.file = file

    def read(self, size=-1):
        return self.file.read(min(size, 3))

    def fileno(self):
        return self.file.fileno()


class PlainTests(unittest.TestCase):
    def test_only_files_of_the_disk_are_plain(self):
        with tempfile.TemporaryDirectory() as directory:
            name = os.path.join(directory, "a")
            with gzip.open(name, "wb") as packed:
                packed.write(b"hello")
            with open(name, "rb") as file, open(name, "rb", buffering=0) as raw, gzip.open(name) as unpacked:
                self.assertIs(FileWrapper(file).plain(), file)
                self.assertIs(FileWrapper(raw).plain(), raw)
                for other in (unpacked, io.BufferedReader(unpacked), Limited(file), io.BytesIO(b"hello"), object()):
                    self.assertIsNone(FileWrapper(other).plain(), other)

    def test_what_was_written_to_a_temporary_file_is_in_it(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"hello")
            plain = FileWrapper(file).plain()
            self.assertIsNotNone(plain)
            self.assertEqual(os.fstat(plain.fileno()).st_size, 5)


if __name__ == "__main__":
    unittest.main()
