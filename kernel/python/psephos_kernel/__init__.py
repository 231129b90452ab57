"""Groups and proofs, over columns. What there is stands in `__init__.pyi`.

The same source was compiled for every processor and, on x86-64, once more for those with AVX-512 IFMA.
Both give the same results. `PSEPHOS_KERNEL=portable` takes the first in any case, for comparing.
"""

import os
from importlib.util import find_spec

from psephos_kernel.portable import _kernel

if (
    os.environ.get("PSEPHOS_KERNEL") != "portable"
    and _kernel.runs_avx512()
    and find_spec("psephos_kernel.avx512") is not None
):
    from psephos_kernel.avx512._kernel import *  # noqa: F403
else:
    from psephos_kernel.portable._kernel import *  # noqa: F403
