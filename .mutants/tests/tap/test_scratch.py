"""Temporary tables go without a sound, whichever thread collects them."""

import gc
import threading

from tap_seoshop.scratch import scratch


def test_another_thread_may_close_it() -> None:
    made = [scratch("CREATE TABLE one (id INTEGER)")]
    made[0].execute("INSERT INTO one VALUES (1)")

    def drop() -> None:
        made.clear()
        gc.collect()

    thread = threading.Thread(target=drop)
    thread.start()
    thread.join()  # an error in it would be a warning, and warnings are errors
    assert made == []
