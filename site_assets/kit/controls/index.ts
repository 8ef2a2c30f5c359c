/** What a hand works: sliders, toggles, pads, sketches. Knows marks, base and maths, and no model. */

export { CodeWalk } from "./code_walk.tsx";
export { Button, Checkbox, Controls, Panel, Panels, Readout, Select, Slider, Toggle, Unfold } from "./controls.tsx";
export { Draws, NextSeed } from "./draws.tsx";
export { GaussianPad } from "./gaussian_pad.tsx";
export { MarkPad } from "./mark_pad.tsx";
export { Pad } from "./pad.tsx";
export { PartPicker, type Part } from "./part_picker.tsx";
export { PathRecorder } from "./path_recorder.tsx";
export { Scatter } from "./scatter.tsx";
export { Sketch } from "./sketch.tsx";
