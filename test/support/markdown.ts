import { expect } from 'vitest'

/** A fenced block of a Markdown file. */
export interface Block {
  readonly language: string
  readonly text: string
}

export function codeBlocks(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return [...fences].map(([, language, text]) => ({ language: language!, text: text!.trim() }))
}

/** What a command printed must be what stands in the block behind it, where that shows an answer. */
export function expectAnswer(printed: string, block: Block | undefined): void {
  // What changes from run to run, such as durations, is left out of the page.
  if (block?.language === 'json') expect(JSON.parse(printed)).toMatchObject(JSON.parse(block.text))
  if (block?.language === 'text') expect(printed.trim()).toBe(block.text)
}
