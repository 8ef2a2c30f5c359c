/** F24: one style drawn as all classes, what the style still says of the class, and the plain tool beside it. */

import { Controls, defineFigure, Select, Toggle, type Models } from "../../kit/index.ts";
import type { Role, State } from "../../generated/conditional.ts";
import {
  currentsFrame,
  currentsTable,
  CurrentsView,
  describeCurrents,
  named,
  type CurrentsFrame,
} from "./currents.tsx";
import { describeDigits, digitsFrame, digitsTable, DigitsView, type DigitsFrame } from "./digits.tsx";
import { NAMES } from "./measured.tsx";

type Frame = DigitsFrame | CurrentsFrame;

export default defineFigure<State, Frame, Role>({
  compute(state, models: Models<Role>): Promise<Frame> {
    return state.data === "digits" ? digitsFrame(state, models) : currentsFrame(state, models);
  },

  view(state, frame, set) {
    const { data, digit, fault, by, beta, pressure } = state;
    return (
      <>
        <Controls label="What is asked for">
          <Toggle label="data" value={data} of="data" onChange={(value) => set({ data: value })} />
          {data === "digits" ? (
            <Toggle
              label="digit"
              value={String(digit)}
              of="digit"
              onChange={(value) => set({ digit: Number(value) })}
            />
          ) : (
            <Select label="fault" value={fault} of="fault" format={named} onChange={(value) => set({ fault: value })} />
          )}
          <Select
            label="drawn by"
            value={by}
            of="by"
            format={(value) => (value === "conditional" ? NAMES[value] : `means, ${NAMES[value]}`)}
            onChange={(value) => set({ by: value })}
          />
          {by === "conditional" &&
            (data === "digits" ? (
              <Toggle label="β" value={beta} of="beta" onChange={(value) => set({ beta: value })} />
            ) : (
              <Toggle label="β" value={pressure} of="pressure" onChange={(value) => set({ pressure: value })} />
            ))}
        </Controls>
        {frame.of === "digits" ? (
          <DigitsView state={state} frame={frame} set={set} />
        ) : (
          <CurrentsView state={state} frame={frame} set={set} />
        )}
      </>
    );
  },

  describe(state, frame) {
    return frame.of === "digits" ? describeDigits(state, frame) : describeCurrents(state, frame);
  },

  table(_, frame) {
    return frame.of === "digits" ? digitsTable(frame) : currentsTable(frame);
  },
});
