import { describe, expect, test } from 'vitest'
import { WIRE, WireReader, eachElement, eachField } from '../../../src/protocols/v2/wire-reader.ts'

function readerOf(...bytes: number[]): WireReader {
  return new WireReader(Buffer.from(bytes))
}

describe('a reader of protocol buffers', () => {
  test('a protobuf reader refuses a varint that the message cuts off, at every length', () => {
    for (let length = 0; length < 10; length++) {
      expect(() => readerOf(...Array<number>(length).fill(0x80)).varint()).toThrow('ends within a number')
    }
  })

  test('a protobuf reader refuses a varint with more than ten bytes', () => {
    expect(() => readerOf(...Array<number>(11).fill(0x80)).varint()).toThrow('more than ten bytes')
    expect(() => readerOf(...Array<number>(11).fill(0x80)).skip(WIRE.varint)).toThrow('more than ten bytes')
  })

  test('a protobuf reader reads all 64 bits of a length, so that 2^32 + 1 is not taken for 1', () => {
    expect(() => readerOf(0x81, 0x80, 0x80, 0x80, 0x10, 7, 8).bytes()).toThrow('ends within a field')
    expect(() => readerOf(0x81, 0x80, 0x80, 0x80, 0x90, 0x80, 0, 7, 8).bytes()).toThrow('ends within a field')
  })

  test('a protobuf reader reads all 64 bits of a number, so that 2^32 is not taken for 0', () => {
    expect(readerOf(0x80, 0x80, 0x80, 0x80, 0x10).integer(false)).toBe(2 ** 32)
  })

  test('a protobuf reader refuses bytes and fixed numbers that the message cuts off', () => {
    expect(() => readerOf(5, 65).bytes()).toThrow('ends within a field')
    expect(() => readerOf(1, 2, 3).float()).toThrow('ends within a field')
    expect(() => readerOf(1, 2, 3, 4, 5, 6, 7).double()).toThrow('ends within a field')
  })

  test.each([3, 4, 6, 7])('a protobuf reader refuses the wire type %i', (wire) => {
    expect(() => readerOf(1, 2, 3, 4).skip(wire)).toThrow(`no wire type ${wire}`)
  })

  test('a protobuf reader returns bytes as a view, without a copy', () => {
    const message = Buffer.from([3, 7, 8, 9])
    expect(new WireReader(message).bytes().buffer).toBe(message.buffer)
  })

  test('a protobuf reader refuses a field with the number 0, and packed numbers in another wire type', () => {
    expect(() => eachField(Buffer.from([2, 0]), () => {})).toThrow('a field has the number 0')
    expect(() => eachElement(readerOf(0), WIRE.varint, () => {})).toThrow('expected wire type 2, got 0')
  })
})
