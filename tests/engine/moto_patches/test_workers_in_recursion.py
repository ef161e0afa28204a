"""Thousands of items."""

from functools import partialmethod

from handrail.engine.moto_patches.workers_in_recursion import run_items_in_turn


async def test_a_worker_goes_on_however_many_items_are_left() -> None:
    class Worker:
        def go_on(self, *, item: int) -> None:
            done.append(item)
            if item < 200_000:
                self.go_on(item=item + 1)

    done: list[int] = []
    step = Worker.go_on
    patched = partialmethod(lambda self, **item: run_items_in_turn(step, self, **item))
    Worker.go_on = patched  # type: ignore[method-assign, assignment] # as a patch
    Worker().go_on(item=1)
    assert done == list(range(1, 200_001))
