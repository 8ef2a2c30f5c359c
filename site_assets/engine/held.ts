/**
 * What never changes crosses to a worker once. The page's side says which place of the worker's memory a tensor has,
 * the worker's side keeps it there: both see the same calls in the same order.
 */

import type { Call } from "./lane.ts";
import type { Tensor, TensorData } from "./tensor.ts";

const PLACES = 8; // the samples and the validation of a few models

/** A held tensor on its way: with its numbers when it comes to its place, without them later. */
export interface Placed {
  readonly dims: readonly number[];
  readonly place: number;
  readonly data?: TensorData;
}

/** A call as it crosses to the worker. */
export interface SentCall extends Omit<Call, "feeds"> {
  readonly feeds: Readonly<Record<string, Tensor | Placed>>;
}

function mapped<A, B>(feeds: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, change(value)]));
}

/** The page's side. */
export class Holding {
  private readonly places: (TensorData | null)[] = new Array<null>(PLACES).fill(null);
  private next = 0;

  /** Calls as they are to be posted, now: the worker must see them in the order of these requests. */
  sent(calls: readonly Call[]): SentCall[] {
    return calls.map((call) => ({ ...call, feeds: mapped(call.feeds, (tensor) => this.placed(tensor)) }));
  }

  private placed(tensor: Tensor): Tensor | Placed {
    const { dims, data, held } = tensor;
    if (!held) return tensor;
    const known = this.places.indexOf(data);
    if (known >= 0) return { dims, place: known };
    const place = this.next; // what has lain longest makes room
    this.next = (place + 1) % PLACES;
    this.places[place] = data;
    return { dims, place, data };
  }
}

/** The worker's side. */
export class Held {
  private readonly places: TensorData[] = [];

  calls(sent: readonly SentCall[]): Call[] {
    // a later call of the row may take the place of an earlier one's tensor: all are looked up before any runs
    return sent.map((call) => ({ ...call, feeds: mapped(call.feeds, (tensor) => this.tensor(tensor)) }));
  }

  private tensor(tensor: Tensor | Placed): Tensor {
    if (!("place" in tensor)) return tensor;
    const { dims, place } = tensor;
    const data = tensor.data ?? this.places[place];
    if (!data) throw new Error(`nothing is held at place ${place}`);
    this.places[place] = data;
    return { dims, data };
  }
}
