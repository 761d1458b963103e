/** A fenced block of a Markdown file. */
export interface Block {
  readonly language: string
  readonly text: string
}

export function codeBlocks(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return [...fences].map(([, language, text]) => ({ language: language!, text: text!.trim() }))
}
