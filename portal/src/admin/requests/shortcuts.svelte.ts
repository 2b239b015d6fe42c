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
