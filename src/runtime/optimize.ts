import { saveOptimized } from './ort.ts'

// This runs in a process of its own, so its memory is given back: node optimize.js <model file> <folder>
const [file, folder] = process.argv.slice(2)
if (!file || !folder) throw new Error('usage: optimize.js <model file> <folder>')
await saveOptimized(file, folder)
