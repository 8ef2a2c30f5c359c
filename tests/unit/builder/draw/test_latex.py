"""Bad LaTeX by the real typesetter: the caret stands at the character that is wrong."""

from collections.abc import Iterator

import pytest

from builder.build import Builder
from builder.node.service import NodeService
from builder.store.effects import MemoryEffects
from tests.browser.conftest import ROOT
from tests.unit.builder.fakes import FakeService, small_book


class RealMath(FakeService):
    """The fake service, with formulas by Temml."""

    def __init__(self, effects: MemoryEffects, service: NodeService) -> None:
        super().__init__(effects)
        self._math = lambda params: service.ask("math", params).result(60)  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def service() -> Iterator[NodeService]:
    service = NodeService(ROOT / "site_assets", print)
    yield service
    service.close()


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        (r"So $\z + \fraq{1}{2}$ it is.", 10, r"Unsupported function name: \fraq"),
        (r"So $\frac{1}{\oops}$ it is.", 14, r"Unsupported function name: \oops"),
        (r"So $a + } b$ it is.", 9, "Expected 'EOF', got '}'"),
        (r"So $\hat{x$ it is.", 10, "Unexpected end of input in a macro argument, expected '}'"),
        (r"So $x^2^3$ it is.", 8, "Double superscript"),
        (r"So $\mean \left( x$ it is.", 18, "Expected '\\right', got 'EOF'"),
    ],
)
def test_position(service: NodeService, text: str, column: int, message: str) -> None:
    effects = small_book(**{"content__01-a-case.md": f"---\ntitle: A\nlead: b\n---\n{text}\n"})
    outcome = Builder(effects, RealMath(effects, service)).build()
    found = [(i.rule, i.line, i.column, i.message) for i in outcome.issues]
    assert found == [("math", 5, column, message)]
