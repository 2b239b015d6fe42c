/** Tokens as the issuer gave them. */
export interface Tokens {
  access: string;
  /** Renews the others; an issuer need not give one. */
  refresh: string | null;
  /** Until when `access` is good, by this browser's clock, in milliseconds. */
  until: number;
}

/** Shared by all tabs of this browser (docs/adr/0006). */
const KEY = 'gatepass.tokens';

/** What is stored; `null` when nobody is signed in. */
export function stored(): Tokens | null {
  const text = localStorage.getItem(KEY);
  return text === null ? null : (JSON.parse(text) as Tokens);
}

/** Stores `tokens`; `null` forgets them. */
export function store(tokens: Tokens | null): void {
  if (tokens === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(tokens));
}

/** Calls `listener` when another tab has signed in or out. */
export function onOtherTab(listener: () => void): void {
  window.addEventListener('storage', (event) => {
    if (event.key === KEY) listener();
  });
}
