/** Looking again, as long as something is to come: soon at first, then less and less often. */

const FIRST = 700;
const LAST = 15_000;
const GROWTH = 1.5;

/** How long to wait before the look after `looks` looks that showed nothing new, in milliseconds. */
export function pause(looks: number): number {
  return Math.min(LAST, FIRST * GROWTH ** looks);
}

/**
 * Calls `look`, which says whether it saw something new, again and again, as long as anybody sees this tab; until the
 * returned function is called.
 */
export function poll(look: () => Promise<boolean>): () => void {
  let looks = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const schedule = () => {
    clearTimeout(timer);
    if (!ended && document.visibilityState === 'visible') timer = setTimeout(() => void turn(), pause(looks));
  };
  const turn = async () => {
    looks = (await look()) ? 0 : looks + 1;
    schedule();
  };
  const seen = () => {
    looks = 0;
    schedule();
  };
  document.addEventListener('visibilitychange', seen);
  schedule();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}
