/** Lists as people type them: one a line. */
export function toLines(items: readonly string[]): string {
  return items.join('\n');
}

export function fromLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}
