/** Whether single keys do something: whoever speaks to their computer, or types by accident, can turn that off. */

const KEY = 'gatepass.shortcuts';

class Shortcuts {
  #on = $state(localStorage.getItem(KEY) !== 'off');

  get on(): boolean {
    return this.#on;
  }

  set on(on: boolean) {
    this.#on = on;
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, 'off');
  }
}

export const shortcuts = new Shortcuts();

/** Whether a key was pressed for the page, and not within a field, a menu or a dialog. */
export function isKeyForPage(event: KeyboardEvent): boolean {
  const within = 'dialog, [role="menu"], textarea, select, input:not([type="checkbox"])';
  const elsewhere = !(event.target instanceof Element) || event.target.closest(within) !== null;
  return !elsewhere && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey;
}
