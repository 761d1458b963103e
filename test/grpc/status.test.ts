import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { ServingError } from '../../src/core/errors.ts'
import { toStatus } from '../../src/grpc/status.ts'

function detailsOf(message: string): string {
  const answered = toStatus(new ServingError('INVALID_INPUT', message), 'id', () => undefined)
  expect(answered.code).toBe(status.INVALID_ARGUMENT)
  return answered.details
}

test('a short error text becomes the gRPC status unchanged', () => {
  expect(detailsOf('outputs.ä: 100 % wrong')).toBe('outputs.ä: 100 % wrong')
})

test.each([
  ['ASCII', 'x'],
  ['letters that are percent-encoded', 'ä'],
  ['characters beyond 16 bits', '😀'],
  ['percent signs', '%'],
])('a long error text of %s takes at most 1000 bytes in the header of gRPC', (_what, character) => {
  const details = detailsOf(character.repeat(100_000))
  expect(encodeURI(details).length).toBeLessThanOrEqual(1000)
  expect(encodeURI(details).length).toBeGreaterThan(980)
  expect(details).toMatch(new RegExp(`^(${character})+…$`, 'u'))
})

test('half of a surrogate pair in an error text does not break the header of gRPC', () => {
  expect(() => encodeURI(detailsOf('cut \uD83D'))).not.toThrow()
})
