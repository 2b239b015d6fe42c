/** What the portal was told about this installation. */
import type { Config } from '../config.ts';

class Settings {
  config = $state.raw<Config | null>(null);
}

export const settings = new Settings();
