import { execFile } from 'node:child_process'

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs?: number
}

/** Runs a program to its end; a program that is missing or is cut off ends with code -1. */
export function tryCommand(file: string, args: readonly string[], options: CommandOptions): Promise<Output> {
  const { env, timeoutMs = 60_000 } = options
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      if (!error) return resolve({ code: 0, stdout, stderr })
      const code = typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr: stderr || error.message })
    })
  })
}

/**
 * Runs a program that has to succeed; its standard output, trimmed.
 *
 * @throws Error with the end of what it wrote.
 */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(file, args, options)
  if (code === 0) return stdout.trim()
  throw new Error(`${file} ${args.join(' ')} ended with code ${code}:\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`)
}
