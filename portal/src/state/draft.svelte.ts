/** What somebody has typed and not sent: kept in this tab, so that signing in again does not lose it. */

const PREFIX = 'gatepass.draft.';

/** A draft by `name`, `initial` to begin with. Call within a component. */
export function draft<T extends object>(name: string, initial: T): T {
  const value = $state<T>({ ...initial, ...kept<T>(name) });
  $effect(() => keep(name, value));
  return value;
}

/** Keeps something for a form that somebody will come to. */
export function keep(name: string, value: object): void {
  sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
}

/** What was kept, as far as anything was. */
export function kept<T extends object>(name: string): Partial<T> {
  const text = sessionStorage.getItem(PREFIX + name);
  return text === null ? {} : (JSON.parse(text) as Partial<T>);
}

/** Forgets a draft, because it was sent. */
export function discard(name: string): void {
  sessionStorage.removeItem(PREFIX + name);
}
