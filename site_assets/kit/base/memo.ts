/** What a figure has made lately: a knob turned back costs nothing, one turned for an hour fills no memory. */

/** No figure asks for so much in one state, so what it asks for in every state never falls out. */
const CAPACITY = 16;

/** Results by key, the least recently asked for falling out first. */
export class Memo {
  private readonly made = new Map<string, Promise<unknown>>(); // the least recently asked for comes first

  private readonly capacity: number;

  constructor(capacity = CAPACITY) {
    this.capacity = capacity;
  }

  /** `make()`'s result, or what it was when this key was asked for before. A failure is not kept. */
  get<T>(key: string, make: () => Promise<T> | T): Promise<T> {
    const value = (this.made.get(key) as Promise<T> | undefined) ?? this.make(key, make);
    this.made.delete(key);
    this.made.set(key, value);
    if (this.made.size > this.capacity) this.made.delete(this.made.keys().next().value as string);
    return value;
  }

  private make<T>(key: string, make: () => Promise<T> | T): Promise<T> {
    const value = Promise.resolve(make());
    value.catch(() => {
      if (this.made.get(key) === value) this.made.delete(key);
    });
    return value;
  }
}
