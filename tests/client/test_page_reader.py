import pytest

from handrail.client import Message
from handrail.client.page_reader import pages


class Lister:
    def __init__(self, *answers: Message) -> None:
        self.answers = [*answers]
        self.tokens: list[str | None] = []

    async def __call__(self, token: str | None) -> Message:
        self.tokens.append(token)
        return self.answers.pop(0)


PAGES: tuple[Message, ...] = (
    {"found": [1, 2], "next_page": "b", "unlisted": ["x"]},
    {"found": [], "next_page": "c"},
    {"found": [3, 4], "next_page": None},
)


@pytest.mark.parametrize(
    ("limit", "found", "tokens"),
    [
        (1, [1], [None]),
        (2, [1, 2], [None]),
        (3, [1, 2, 3], [None, "b", "c"]),
        (9, [1, 2, 3, 4], [None, "b", "c"]),
    ],
)
async def test_pages_are_asked_for_up_to_the_limit(
    limit: int, found: list[int], tokens: list[str | None]
) -> None:
    lister = Lister(*PAGES)
    assert [n async for page in pages(lister, "found", limit=limit) for n in page["found"]] == found
    assert lister.tokens == tokens


async def test_the_rest_of_a_page_comes_with_it() -> None:
    answers = [page async for page in pages(Lister(*PAGES), "found", limit=1)]
    assert answers == [{"found": [1], "next_page": "b", "unlisted": ["x"]}]
