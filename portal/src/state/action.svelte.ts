/** Something that a person has the API do, by a button. */
import { failed, type Problem } from '../api/problem.ts';
import { IntentKey } from './intent.ts';

export class Action<Input, Output> {
  busy = $state(false);
  problem = $state.raw<Problem | undefined>();

  readonly #act: (input: Input, key: string) => Promise<Output>;
  readonly #keys = new IntentKey();

  /** `act` gets an `Idempotency-Key`: the same one as long as the same thing is tried. */
  constructor(act: (input: Input, key: string) => Promise<Output>) {
    this.#act = act;
  }

  /** Does it, unless it is being done. `undefined` when it is, or failed: then `problem` says why. */
  run = async (input: Input): Promise<Output | undefined> => {
    if (this.busy) return undefined;
    this.busy = true;
    this.problem = undefined;
    try {
      const output = await this.#act(input, this.#keys.of(input));
      this.#keys.done();
      return output;
    } catch (cause) {
      this.problem = failed(cause);
      return undefined;
    } finally {
      this.busy = false;
    }
  };
}
