/** Tables as CSV files (RFC 4180). */

/**
 * `rows` as CSV. A value that a spreadsheet could take for a formula is preceded by an apostrophe (OWASP, "CSV Injection"):
 * also one behind spaces, or in full-width characters, which some of them read alike.
 */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(field).join(',') + '\r\n').join('');
}

function field(value: string): string {
  const text = /^[\t\r\n]|^\s*[=+\-@＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Has the browser save `text` as a file. */
export function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
