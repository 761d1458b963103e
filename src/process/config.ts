import type { Platform } from '../http/platform-paths.ts'
import { SETTINGS, SETTING_LIST } from './settings.ts'
import type { SettingKey, Settings } from './settings.ts'

/** The whole configuration: the settings, and the routes that the environment of a platform asks for. */
export interface Config extends Settings {
  readonly grpcPort: number
  readonly platform: Platform
}

export interface SettingProblem {
  readonly key: SettingKey
  readonly message: string
}

const GRPC_PORT = 8001

/**
 * Checks and converts the texts of settings. A setting without a text takes its default.
 *
 * @returns All settings, or every problem that was found.
 */
export function readSettings(
  texts: Readonly<Partial<Record<SettingKey, string>>>,
): Omit<Config, 'platform'> | readonly SettingProblem[] {
  const values: Partial<Record<SettingKey, unknown>> = {}
  const problems: SettingProblem[] = []
  for (const [key, { schema, default: fallback }] of SETTING_LIST) {
    const { data, error } = schema.safeParse(texts[key] ?? fallback)
    values[key] = data
    for (const { message } of error?.issues ?? []) problems.push({ key, message })
  }
  if (problems.length > 0) return problems
  const settings = values as Settings
  const conflicts = findConflicts(settings)
  if (conflicts.length > 0) return conflicts
  const otherPort = settings.port === GRPC_PORT ? GRPC_PORT + 1 : GRPC_PORT
  return { ...settings, grpcPort: settings.grpcPort ?? otherPort }
}

/** Finds settings that contradict each other. */
function findConflicts({ port, grpcPort, shutdownDelayMs, shutdownDeadlineMs }: Settings): SettingProblem[] {
  const problems: SettingProblem[] = []
  if (shutdownDelayMs >= shutdownDeadlineMs) {
    problems.push({ key: 'shutdownDeadlineMs', message: 'expected more than the shutdown delay' })
  }
  if (port !== 0 && port === grpcPort) {
    problems.push({ key: 'grpcPort', message: `expected another port than --${SETTINGS.port.flag}` })
  }
  return problems
}
