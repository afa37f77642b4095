import type { Device } from '@tandem/api/resource/v1/types'
import t from 'tap'
import { selects } from '../../src/dynamic-resources/device-selector.ts'

const driver = 'gpu.example.com'
const device: Device = {
  name: 'gpu-0',
  attributes: {
    model: { string: 'LATEST-8X' },
    slots: { int: 5 },
    healthy: { bool: true },
    'other.example.com/firmware': { version: '1.10.0-rc.1' },
  },
  capacity: { memory: { value: '80Gi' } },
}

const rows: [expression: string, answer: boolean][] = [
  ['device.driver == "gpu.example.com"', true],
  ['device.attributes["gpu.example.com"].model == "LATEST-8X"', true],
  ['device.attributes["gpu.example.com"].slots > 5', false],
  ['device.attributes["gpu.example.com"].slots >= 5 && device.attributes["gpu.example.com"].healthy', true],
  ['device.attributes["gpu.example.com"].healthy', true],
  ['device.attributes["gpu.example.com"].model.matches("^LATEST-[0-9]+X$")', true],
  ['device.attributes["gpu.example.com"].model in ["OLD", "LATEST-8X"]', true],
  ['"model" in device.attributes["gpu.example.com"]', true],
  ['"gpu.example.com" in device.attributes', true],
  ['"none.example.com" in device.attributes', false],
  ['!("none.example.com" in device.capacity)', true],
  ['"model" in device.attributes["none.example.com"]', false],
  ['has(device.attributes["gpu.example.com"].model)', true],
  ['has(device.attributes["none.example.com"].model)', false],
  ['device.attributes["none.example.com"].?healthy.orValue(false)', false],
  ['device.attributes["other.example.com"].firmware.isGreaterThan(semver("1.9.9"))', true],
  ['device.attributes["other.example.com"].firmware.isLessThan(semver("1.10.0"))', true],
  ['device.attributes["other.example.com"].firmware == semver("1.10.0-rc.1")', true],
  ['device.attributes["other.example.com"].firmware.major() == 1', true],
  ['semver("v1.02", true) == semver("1.2.0")', true],
  ['semver("1.0.0-alpha.2").isLessThan(semver("1.0.0-alpha.10"))', true],
  ['device.capacity["gpu.example.com"].memory.compareTo(quantity("80Gi")) == 0', true],
  ['device.capacity["gpu.example.com"].memory.isLessThan(quantity("100G"))', true],
  ['device.capacity["gpu.example.com"].memory == quantity("81920Mi")', true],
  ['device.capacity["gpu.example.com"].memory.sub(quantity("40Gi")).add(1).asInteger() == 42949672961', true],
  ['isQuantity("1Gx")', false],
  ['cel.bind(gpu, device.attributes["gpu.example.com"], gpu.healthy && gpu.slots == 5)', true],
  ['device.attributes["gpu.example.com"].exists(name, name.startsWith("mod"))', true],
  ['sets.contains(["LATEST-8X", "OLD"], [device.attributes["gpu.example.com"].model])', true],
  ['device.allowMultipleAllocations == false', true],
]
for (const [expression, answer] of rows)
  t.test(expression, async (t) => t.equal(selects(expression, { device, driver }), answer))

const problems: [expression: string, problem: RegExp][] = [
  ['device.attributes["gpu.example.com"].none', /^CEL runtime error: No such key: none/],
  [
    'device.attributes["gpu.example.com"].model',
    /^CEL runtime error: CEL result of type string could not be converted to bool/,
  ],
  ['device.', /^CEL compile error: /],
]
for (const [expression, problem] of problems)
  t.test(`not good: ${expression}`, async (t) =>
    t.throws(() => selects(expression, { device, driver }), { message: problem }),
  )

t.test('a pattern takes linear time', async (t) => {
  const name = `${'a'.repeat(60)}!`
  const slow = 'device.attributes["gpu.example.com"].model.matches("^(a+)+$")'
  t.notOk(selects(slow, { device: { name, attributes: { model: { string: name } } }, driver }))
})
