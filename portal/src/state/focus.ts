import { tick } from 'svelte';

/** Puts the focus on what takes the place of something that had it and went away. */
export async function focusOn(id: string): Promise<void> {
  await tick();
  document.getElementById(id)?.focus();
}
