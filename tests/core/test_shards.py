"""Which shards are read, and from where."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.shards import Shard, ShardPlan, ShardStart


def closed(id: str, *parents: str) -> Shard:
    return Shard(id, parents, open=False)


def named(starts: Iterable[ShardStart]) -> set[str]:
    return {start.shard for start in starts}


def test_at_first_what_is_open_is_read_from_now_on() -> None:
    plan = ShardPlan()
    starts = plan.update([closed("a"), Shard("b", ("a",)), Shard("c")])
    assert starts == [ShardStart("b", newest=True), ShardStart("c", newest=True)]
    assert plan.update([closed("a"), Shard("b", ("a",)), Shard("c")]) == []


def test_at_a_checkpoint_a_shard_is_read_on() -> None:
    assert ShardPlan().update([Shard("a"), Shard("b")], {"a": "17"}) == [
        ShardStart("a", "17"),
        ShardStart("b", newest=True),
    ]


def test_children_begin_at_their_oldest_record_once_the_parent_is_read() -> None:
    plan = ShardPlan()
    plan.update([Shard("a")])
    split = [closed("a"), Shard("b", ("a",)), Shard("c", ("a",))]
    assert plan.update(split) == []
    assert plan.end("a") == [ShardStart("b"), ShardStart("c")]
    assert plan.update(split) == []


def test_a_child_that_is_listed_after_its_parent_s_end_begins_then() -> None:
    plan = ShardPlan()
    plan.update([Shard("a")])
    assert plan.end("a") == []
    assert plan.update([closed("a"), Shard("b", ("a",))]) == [ShardStart("b")]


def test_a_merged_shard_waits_for_both_parents() -> None:
    plan = ShardPlan()
    plan.update([Shard("a"), Shard("b")])
    plan.update([closed("a"), closed("b"), Shard("c", ("a", "b"))])
    assert plan.end("b") == []
    assert plan.end("a") == [ShardStart("c")]


def test_what_a_checkpoint_leaves_unread_comes_before_the_children() -> None:
    plan = ShardPlan()
    listed = [closed("a"), closed("b", "a"), Shard("c", ("b",)), Shard("d")]
    assert plan.update(listed, {"a": "5"}) == [ShardStart("a", "5"), ShardStart("d", newest=True)]
    assert plan.end("a") == [ShardStart("b")]
    assert plan.end("b") == [ShardStart("c")]


def test_a_parent_that_is_kept_no_longer_holds_nobody_back() -> None:
    plan = ShardPlan()
    plan.update([Shard("a")])
    assert plan.update([Shard("a"), Shard("b", ("gone",))]) == [ShardStart("b")]


def test_a_stream_without_shards_yet_is_as_if_it_wasn_t_listed() -> None:
    plan = ShardPlan()
    assert plan.update([]) == []
    assert plan.update([Shard("a")]) == [ShardStart("a", newest=True)]


class Resharded:
    """A stream that is resharded while a plan reads it."""

    def __init__(self) -> None:
        self.shards = [Shard("0"), Shard("1")]
        self.plan = ShardPlan()
        self.begun = [start.shard for start in self.plan.update(self.shards)]
        self.ended = set[str]()

    @property
    def open(self) -> list[str]:
        return [shard.id for shard in self.shards if shard.open]

    @property
    def over(self) -> list[str]:
        """What is being read and has an end."""
        return sorted(set(self.begun) - self.ended - set(self.open))

    def reshard(self, parents: Sequence[str], into: int) -> None:
        kept = [closed(s.id, *s.parents) if s.id in parents else s for s in self.shards]
        self.shards = kept + [Shard(str(len(kept) + n), tuple(parents)) for n in range(into)]

    def list(self) -> None:
        self._begin(self.plan.update(self.shards))

    def end(self, id: str) -> None:
        self.ended.add(id)
        self._begin(self.plan.end(id))

    def _begin(self, starts: Sequence[ShardStart]) -> None:
        for start in starts:
            parents = next(shard.parents for shard in self.shards if shard.id == start.shard)
            assert self.ended.issuperset(parents)
            assert (start.after, start.newest) == (None, False)
            self.begun.append(start.shard)


@given(st.data())
def test_every_shard_is_begun_once_and_after_its_parents(data: st.DataObject) -> None:
    """However a stream is resharded, and whenever it is listed."""
    stream = Resharded()
    for _ in range(data.draw(st.integers(0, 12))):
        match data.draw(st.sampled_from(["split", "merge", "list", "end"])):
            case "split":
                stream.reshard([data.draw(st.sampled_from(stream.open))], 2)
            case "merge" if len(stream.open) > 1:
                stream.reshard(data.draw(st.permutations(stream.open))[:2], 1)
            case "end" if stream.over:
                stream.end(stream.over[0])
            case _:
                stream.list()
    stream.list()
    while stream.over:
        stream.end(stream.over[0])
    assert sorted(stream.begun) == sorted(shard.id for shard in stream.shards)
