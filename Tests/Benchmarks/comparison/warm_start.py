"""How fast sessiond starts with all sessions, and what it then needs of memory for each."""

from __future__ import annotations

from typing import NamedTuple

from comparison.cores import LOADING, SERVING
from comparison.pairs import Compared, pairs
from comparison.servers import Redis
from comparison.stage import Stage
from comparison.table import Row

#: What is kept: nothing but who is behind a session, or all data as well.
KEPT = {"identities": ("--max-data-memory", "0"), "data": ("--max-data-memory", "1000000")}
EMPTY_DATABASE = 1


class Start(NamedTuple):
    per_second: float
    bytes_per_session: float


def started(stage: Stage, kept: str) -> Start:
    """Start sessiond without sessions and with all, one after the other, and return what it took."""
    count, options = stage.dataset.count, KEPT[kept]
    empty_state = stage.folder("empty") / "state"
    with stage.daemon("empty", stage.bare, empty_state, *options, database=EMPTY_DATABASE) as daemon:
        daemon.settle()
        without = daemon.resident_bytes()
    with stage.daemon("warm", stage.bare, stage.state, *options) as daemon:
        daemon.settle()
        found = daemon.call("server.status")["sessions"]["authenticated"]
        if found != count:
            raise SystemExit(f"sessiond found {found} of {count} sessions")
        return Start(count / daemon.start_seconds, (daemon.resident_bytes() - without) / count)


def scanned(stage: Stage) -> Start:
    """Have the program in C read all sessions, and Redis say what it needs for each."""
    read = stage.programs.run("scanner", stage.bare.path, 0, core=SERVING)
    if read["sessions"] != stage.dataset.count:
        raise SystemExit(f"the scanner found {read['sessions']} of {stage.dataset.count} sessions")
    with Redis(stage.folder("empty-redis"), LOADING) as empty:
        used = int(stage.bare.info("used_memory")) - int(empty.info("used_memory"))
    return Start(read["sessions"] / read["seconds"], used / stage.dataset.count)


def warm_start(stage: Stage) -> list[Row]:
    rows = []
    for kept in KEPT:
        taken = pairs(stage.options.pairs, lambda kept=kept: started(stage, kept), lambda: scanned(stage))
        for key, figure in (("memory", "bytes_per_session"), ("warm_start", "per_second")):
            compared = Compared.of([(getattr(ours, figure), getattr(peer, figure)) for ours, peer in taken])
            rows.append(Row(f"{key}.{kept}", compared))
    return rows
