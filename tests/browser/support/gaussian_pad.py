"""The plane of means and spreads that the figures of chapter 6 share."""

from __future__ import annotations

from tests.browser.support.figure import Figure, Plane

HANDLE = "Mean and spread of q"

Place = tuple[float, float]  # μ, σ


def plane_of(figure: Figure) -> Plane:
    """The pad, brought into view as a whole: a mouse beyond the window does nothing."""
    plane = figure.plane(HANDLE)
    plane.svg.scroll_into_view_if_needed()
    return plane


def drag(figure: Figure, *places: Place) -> None:
    """With the mouse, over all places."""
    plane = plane_of(figure)
    figure.mouse_drag([plane.spot(place) for place in places])


def drag_with_finger(figure: Figure, *places: Place) -> None:
    plane = plane_of(figure)
    figure.finger().drag([plane.spot(place) for place in places])
