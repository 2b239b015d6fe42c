import './styles/fonts.css';
import './styles/tokens.css';
import './styles/elements.css';

import { mount } from 'svelte';

import { connect } from './api/client.ts';
import { loadConfig } from './config.ts';
import { t } from './messages/index.ts';
import { router } from './router/router.svelte.ts';
import { session } from './session/session.svelte.ts';
import { settings } from './shell/settings.svelte.ts';
import Shell from './shell/Shell.svelte';

document.documentElement.lang = t.language;
try {
  const config = await loadConfig();
  settings.config = config;
  connect(config, session);
  const returnTo = await session.start(config);
  if (returnTo !== null) router.go(returnTo, 'replace');
  mount(Shell, { target: document.body });
} catch {
  // Nothing is known yet, not even where the API is: all there is to do is to try again.
  const note = document.createElement('p');
  note.className = 'standstill';
  note.role = 'alert';
  note.textContent = t.app.cannotStart;
  document.body.append(note);
}
