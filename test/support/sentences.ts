/** A sentence, and whether it stands in running text: a paragraph or a list, not a cell of a table. */
export interface Sentence {
  readonly text: string
  readonly words: number
  readonly isRunning: boolean
}

interface TextBlock {
  readonly text: string
  readonly isRunning: boolean
}

/** The sentences of a Markdown page. Code, headings and folded lists are left out; each cell of a table is read on its own. */
export function sentencesOfPage(markdown: string): Sentence[] {
  const prose = markdown
    .replace(/^```.*?^```$/gms, '')
    .replace(/<!--.*?-->/gs, '')
    .replace(/<details>.*?<\/details>/gs, '')
  return prose
    .split(/\n(?:[ \t]*\n)+/)
    .flatMap(blocksOf)
    .flatMap(sentencesOf)
}

/** The sentences of the comments of a source file that have a line of their own. */
export function sentencesOfComments(source: string): Sentence[] {
  return commentsOf(source).flatMap(sentencesOf)
}

/** @param paragraph Lines without an empty one between them. */
function blocksOf(paragraph: string): TextBlock[] {
  const lines = paragraph.split('\n').filter((line) => !/^#+ /.test(line))
  if (lines.some((line) => /^\s*\|.*\|\s*$/.test(line))) return lines.flatMap(cellsOf)
  const items = lines.join('\n').split(/^\s*(?:[-*]|\d+\.)\s+/m)
  return items.map((text) => ({ text, isRunning: true }))
}

function cellsOf(line: string): TextBlock[] {
  const cells = withoutMarkup(line).split('|')
  return cells.map((text) => ({ text, isRunning: false }))
}

/** Lines that follow each other are one text, and so is each tag of a docstring. */
function commentsOf(source: string): TextBlock[] {
  const lines = source
    .split('\n')
    .map((line) => /^\s*(?:\/\*\*?|\*\/|\*|\/\/)(.*)$/.exec(line)?.[1]?.replace(/\*\/$/, ''))
  const text = lines.map((line) => (line === undefined ? '\n' : line.trim())).join('\n')
  // A source is no sentence.
  const marked = text.replace(/^@see .*$/gm, '').replace(/^@(?:param [\w.]+|\w+)/gm, '\n')
  return marked.split(/\n(?:[ \t]*\n)+/).map((block) => ({ text: block, isRunning: true }))
}

function sentencesOf({ text, isRunning }: TextBlock): Sentence[] {
  const parts = withoutMarkup(text)
    .replace(/\s+/g, ' ')
    .split(/(?<=(?<!\b(?:e\.g|i\.e|vs|etc))[.!?]["')]?) /)
  const sentences = parts.map((part) => ({ text: part.trim(), words: countWords(part), isRunning }))
  return sentences.filter(({ words }) => words > 0)
}

/** Inline code and addresses count as one word, and a link as its text. */
function withoutMarkup(text: string): string {
  return text
    .replace(/`[^`]*`/g, 'CODE')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<https?:[^>]*>|https?:\S+/g, 'ADDRESS')
    .replace(/<[^>\n]*>|\*\*/g, '')
}

function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}
