"""GoogleTest programs of which some must run whole.

lit divides the tests of a program among processes. A program whose last test
judges what the others have executed cannot be divided."""
import os

import lit.formats


class GoogleTest(lit.formats.GoogleTest):
    """As lit's, but each program in `whole` runs in one process."""

    def __init__(self, *arguments, whole):
        super().__init__(*arguments)
        self.whole = whole

    def get_num_tests(self, path, litConfig, localConfig):
        if os.path.basename(path) in self.whole:
            return 1
        return super().get_num_tests(path, litConfig, localConfig)
