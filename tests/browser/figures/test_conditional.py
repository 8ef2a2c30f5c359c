"""F24: one style drawn as all classes, what the code says of them, and the plain tools."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Code, Figure, number
from tests.browser.support.site import Array
from tests.browser.support.waiting import eventually

NAME = "conditional"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits


def ten(figure: Figure) -> Array:
    """What is shown of the ten digits, `[10, 8, 8]`, without the paper between them."""
    shown = figure.snapshot().raster("All ten digits")
    tiles = shown.reshape(2, 10, 5, 10).swapaxes(1, 2).reshape(10, 10, 10)
    return tiles[:, 1:-1, 1:-1]


def decoded(figure: Figure, code: Code, beta: str) -> Array:
    model = figure.placed.model("vae")
    member = [f"{value:g}" for value in model.card["options"]["betas"]].index(beta)
    x = model.run(
        "decoder",
        z=np.tile(np.array(code, np.float32), (10, 1)),
        c=np.eye(10, dtype=np.float32),
        member=np.full(10, member, np.int32),
    )["x_hat"]
    return x.reshape(10, 8, 8)


def style(figure: Figure) -> Code:
    text = figure.slider("Style").get_attribute("aria-valuetext") or ""
    first, second = text.split(", ")
    return number(first.removeprefix("z₁")), number(second.removeprefix("z₂"))


def expect_ten(figure: Figure, expected: Array) -> None:
    def agrees() -> None:
        assert np.abs(ten(figure) - expected).max() <= TOLERANCE

    eventually(figure.page, agrees)


def expect_rows(figure: Figure, expected: dict[str, Array]) -> None:
    """Rows of the table by name, as shares."""
    rows = {row[0]: row[1:-1] for row in figure.table()[1:]}
    for name, values in expected.items():
        told = [number(cell) / 100 for cell in rows[name] if cell != "–"]
        assert told == pytest.approx(list(values.astype(float)), abs=6e-4)


@HTTP_AND_FILE
def test_a_style_is_drawn_as_all_ten_digits(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"z1": "1", "z2": "-0.5", "beta": "0.1"})
    expect_ten(figure, decoded(figure, (1, -0.5), "0.1"))
    figure.choice("3").and_(figure.root.get_by_role("radio", name="3", exact=True)).last.click()
    expect_ten(figure, decoded(figure, (1, -0.5), "3"))


def test_the_style_is_dragged_and_stepped(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"beta": "0.3"})
    plane = figure.plane("Style")
    plane.svg.scroll_into_view_if_needed()
    figure.mouse_drag([plane.spot((0, 0)), plane.spot((-1.5, 1))])
    at = style(figure)
    assert at == pytest.approx((-1.5, 1), abs=0.05)
    figure.slider("Style").focus()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowDown")
    expect(figure.slider("Style")).not_to_have_attribute("aria-valuetext", "")
    figure.settle()
    moved = style(figure)
    assert moved == pytest.approx((at[0] + 0.1, at[1] - 0.1), abs=0.011)
    state = figure.address()
    other = Figure(reader.visit(state), figure.placed).wait_live()
    expect_ten(other, ten(figure))


def test_a_finger_moves_the_style(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    plane = figure.plane("Style")
    plane.svg.scroll_into_view_if_needed()
    figure.finger().tap(plane.spot((2, 2)))

    def there() -> None:
        assert style(figure) == pytest.approx((2, 2), abs=0.1)

    eventually(figure.page, there)


@pytest.mark.parametrize(("label", "name"), [("own", "own"), ("shared", "shared")])
def test_the_rival_draws_its_mean_and_directions(reader: Reader, label: str, name: str) -> None:
    figure = reader.live_figure(NAME, {"by": name, "z1": "0.5", "z2": "-1"})
    model = figure.placed.model("vae")
    directions = model.array(f"{name}_directions").astype(float).reshape(-1, 2, 64)
    offsets = 0.5 * directions[:, 0] - directions[:, 1]
    expected = np.clip(model.array("class_means") + offsets, 0, 1).reshape(10, 8, 8)
    expect_ten(figure, expected)
    expect(figure.root.get_by_role("combobox", name="drawn by")).to_have_value(label)


def test_the_digit_that_is_asked_for_is_judged(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"digit": "4", "z1": "0", "z2": "0", "beta": "1"})
    figure.expect_readout("judge", "accepted")
    drawing = figure.snapshot().raster("The 4 in this style")
    assert np.abs(drawing - decoded(figure, (0, 0), "1")[4]).max() <= TOLERANCE
    figure.root.get_by_role("radio", name="4", exact=True).focus()
    figure.page.keyboard.press("ArrowRight")
    expect(figure.root.get_by_role("img", name="The 5 in this style")).to_be_visible()
    figure.reset()
    expect(figure.root.get_by_role("radio", name="7", exact=True)).to_be_checked()


def test_the_class_that_the_page_reads_is_the_published_one(reader: Reader) -> None:
    for beta in ("0.1", "1"):
        figure = reader.live_figure(NAME, {"beta": beta})
        model = figure.placed.model("vae")
        options, published = model.card["options"], model.array("accuracies")
        place = [f"{value:g}" for value in options["betas"]].index(beta)
        told = published[0, place, 0, options["probes"].index("neighbours")]
        # codes in whole steps lie equally far: which of them votes is anyone's choice
        figure.expect_number(f"class read at β = {beta}, this model", 100 * float(told), 2)


def test_the_table_holds_what_was_measured(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"beta": "0.1", "trait": "width", "more": "true"})
    model = figure.placed.model("vae")
    options = model.card["options"]
    accepted = model.array("accepted").mean(2) / options["throws"]
    probe = options["probes"].index("neighbours")
    width = options["traits"].index("width")
    expected = {
        "accepted, conditional VAE": accepted[0],
        "accepted, own directions": accepted[4],
        "accepted, plain VAE, by luck": accepted[6],
        "class read, not told, β = 0.1": model.array("accuracies")[1, 0, :, probe],
        "hand kept, conditional VAE": model.array("kept")[0, :, width],
        "hand kept, nearest real digit": model.array("rivals_kept")[2:, width],
    }

    eventually(figure.page, lambda: expect_rows(figure, expected))


def windows(figure: Figure, fault: int, z: Code, machine: int | None, beta: int) -> Array:
    """The decoder's window of a fault less that of a whole machine, and the former, `[2, 96]`."""
    model = figure.placed.model("currents")
    if machine is not None:
        steps = model.card["options"]["machine_steps"]
        z = tuple(model.array("machine_codes")[beta, machine] / steps)
    drawn = model.run(
        "decoder",
        z=np.tile(np.array(z, np.float32), (2, 1)),
        c=np.eye(6, dtype=np.float32)[[0, fault]],
        member=np.full(2, beta, np.int32),
    )["x_hat"].astype(float)
    return np.stack([drawn[1] - drawn[0], drawn[1]])


def test_currents_stand_beside_the_recorded_machine(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"z1": "0.5", "z2": "-0.4"})
    figure.choice("currents").click()
    model = figure.placed.model("currents")
    options = model.card["options"]
    figure.root.get_by_role("combobox", name="fault").select_option("phase-imbalance")
    figure.root.get_by_role("radio", name="30", exact=True).click()
    beta = options["betas"].index(30)
    recorded = model.array("machines") / options["fine"]
    codes = model.array("machine_codes")[beta, : recorded.shape[1]] / options["machine_steps"]
    nearest = int(np.linalg.norm(codes - (0.5, -0.4), axis=1).argmin())
    whole, faulty = recorded[0, nearest], recorded[2, nearest]
    _, drawn = windows(figure, 2, (0.5, -0.4), None, beta)
    change, _ = windows(figure, 2, (0, 0), nearest, beta)
    expected = {
        "drawing misses the fault by": drawn - faulty,
        "graft on that machine, by": whole + change - faulty,
        "its window as it is, by": whole - faulty,
    }
    for label, off in expected.items():
        figure.expect_number(label, 100 * float(np.sqrt(np.square(off).mean())), 0.06)
    place = figure.address()
    other = Figure(reader.visit(place), figure.placed).wait_live()
    other.expect_number(
        "its window as it is, by", 100 * np.sqrt(np.mean((whole - faulty) ** 2)), 0.06
    )


def test_the_table_holds_what_is_missed_of_faults(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"data": "currents", "pressure": "3", "by": "own"})
    model = figure.placed.model("currents")
    errors, rivals = model.array("errors"), model.array("rival_errors")
    offset = 2
    expected = {
        "missed, sensor offset, conditional VAE, grafted": errors[0, 0, :, offset],
        "missed, sensor offset, difference of class means": rivals[1:2, offset],
        "missed, bearing ripple, window left as it is": rivals[:1, 4],
        "accepted, own directions": model.array("accepted").mean(2)[3]
        / model.card["options"]["throws"],
    }

    eventually(figure.page, lambda: expect_rows(figure, expected))
