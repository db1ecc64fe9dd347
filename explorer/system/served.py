"""That the program runs for a visitor in a browser, and what may be opened there.

`attn-explore serve` makes it and hands it to the app of each visitor; on a person's own terminal there is none.
"""

from __future__ import annotations

from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True)
class Served:
    """What a visitor may open.

    `allowed` has bundled names, names of models and absolute paths of files, as `find_source` takes them, in the order
    in which they were named. Where nothing was named it is empty: then the bundled course may be opened, and no model.
    """

    allowed: tuple[str, ...] = ()
