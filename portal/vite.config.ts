import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2023',
    // Files of their own, whatever their size: the content security policy lets no `data:` font or script in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Says which files a page needs, for the size gate.
    manifest: true,
  },
});
