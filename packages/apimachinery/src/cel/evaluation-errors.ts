const rewordings: readonly [RegExp, string][] = [
  [/^No such key: (.*)$/s, 'no such key: $1'],
  [/^(?:found )?no (?:matching|such) overload(.*)$/is, 'no such overload$1'],
  [/^Division by zero.*$/is, 'division by zero'],
  [/^Modulo by zero.*$/is, 'modulus by zero'],
  [/^.*integer overflow.*$/is, 'integer overflow'],
  [/^No such key: index out of bounds, index (-?\d+).*$/is, 'index out of bounds: $1'],
]

/** What is wrong, in the words of upstream's evaluator as far as it has some. */
export function messageOf(error: unknown): string {
  const { summary, message = String(error) } = error as { summary?: string; message?: string }
  const text = summary ?? message.split('\n')[0] ?? ''
  for (const [pattern, words] of rewordings.toReversed()) if (pattern.test(text)) return text.replace(pattern, words)
  return text
}
