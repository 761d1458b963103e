// Shows figures as a table with bars on the terminal, and writes them as JSON and SVG.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

const BAR = 30

/** How far a figure is on the way to its target: 1 is there, more is better. */
function shareOf({ value, target = value, isUpperLimit }) {
  if (!isUpperLimit) return value / target
  return value > 0 ? target / value : Infinity
}

function limitOf({ target, isUpperLimit }) {
  return `${isUpperLimit ? '≤' : '≥'} ${target}`
}

export function printReport(rows) {
  const width = Math.max(...rows.map(({ what }) => what.length))
  for (const row of rows) {
    if (row.skipped) {
      console.log(`${row.what.padEnd(width)}  skipped: ${row.skipped}`)
      continue
    }
    const bar = '█'.repeat(Math.max(1, Math.round(Math.min(1, shareOf(row)) * BAR))).padEnd(BAR, '·')
    const verdict =
      row.target === undefined ? 'for comparison' : `${limitOf(row)}: ${shareOf(row) >= 1 ? 'reached' : 'missed'}`
    const spread = row.low === undefined ? '' : `(${row.low} to ${row.high})`
    console.log(`${row.what.padEnd(width)}  ${bar}  ${row.value} ${row.unit} ${spread} ${verdict}`)
  }
}

export function writeReport(rows, folder) {
  const date = new Date().toISOString().slice(0, 10)
  const machine = {
    cpu: cpus()[0].model,
    cpus: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
  writeFileSync(new URL(`${date}.json`, folder), `${JSON.stringify({ date, machine, rows }, null, 2)}\n`)
  writeFileSync(new URL(`${date}.svg`, folder), toSvg(rows, machine))
  console.log(`written to bench/results/${date}.json and .svg`)
}

function toSvg(rows, machine) {
  const shown = rows.filter(({ skipped, target }) => !skipped && target !== undefined)
  const bars = shown.map((row, index) => {
    const y = 60 + index * 34
    const share = Math.min(2, shareOf(row))
    const text = `${row.value} ${row.unit} ${row.target === undefined ? '' : `(target ${limitOf(row)})`}`
    return `<text x="10" y="${y}">${escape(row.what)}</text>
<rect x="10" y="${y + 5}" width="${(share * 200).toFixed(0)}" height="10" fill="${share >= 1 ? '#2a9d5c' : '#c9822b'}"/>
<text x="420" y="${y + 14}">${escape(text)}</text>`
  })
  const height = 80 + shown.length * 34
  return `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${height}" font-family="sans-serif" font-size="12">
<rect width="760" height="${height}" fill="white"/>
<text x="10" y="20" font-size="15">onnx-serve: how far each figure is; the line is the target</text>
<text x="10" y="38" fill="#666">${escape(`${machine.cpus} × ${machine.cpu}, Node ${machine.node}`)}</text>
${bars.join('\n')}
<line x1="210" y1="46" x2="210" y2="${height - 20}" stroke="#444" stroke-dasharray="3 3"/>
</svg>
`
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
