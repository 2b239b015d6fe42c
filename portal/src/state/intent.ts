/**
 * The `Idempotency-Key` of what a person means to do.
 *
 * Whoever presses a button twice, or again after the network broke down, means one thing: it keeps its key, and the
 * API does it once. Something else gets another key; so does the same thing, once it is done.
 */
export class IntentKey {
  #intent: string | undefined;
  #key = '';

  of(intent: unknown): string {
    const text = JSON.stringify(intent) ?? '';
    if (this.#intent !== text) {
      this.#intent = text;
      this.#key = crypto.randomUUID();
    }
    return this.#key;
  }

  done(): void {
    this.#intent = undefined;
  }
}
